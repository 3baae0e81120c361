"""``/v1/balances``: what a card is worth, by serial; a POST, so that no address or log line carries the serial."""

from kiosk.authority.resources import Call, Resource
from kiosk.protocol import routes
from kiosk.protocol.messages import BalanceAnswer, BalanceRequest
from kiosk.protocol.routes import BALANCES


async def _balance(call: Call) -> BalanceAnswer:
    assert isinstance(call.message, BalanceRequest), "decoded as this"
    return await call.runner.read(call.authority.balance_work(call.terminal_id, call.message))


RESOURCES = (
    Resource(
        name="balance",
        method="POST",
        path=BALANCES,
        summary="State and balance of a card. Unknown, of another currency and not yet received are one answer.",
        request=BalanceRequest,
        answer=BalanceAnswer,
        handler=_balance,
        route=lambda call: routes.balance("*"),
    ),
)
