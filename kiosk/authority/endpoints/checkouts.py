"""``/v1/checkouts``: a page of ours on which the shopper pays, for merchants who take no codes on theirs.

Not responsible for the page (``kiosk.authority.portal``).
"""

from kiosk.authority.resources import MerchantCall, MerchantResource
from kiosk.authority.services.pay.repeats import Repeated
from kiosk.protocol.payments import CheckoutAnswer, CheckoutRequest

CHECKOUTS = "/v1/checkouts"


async def _create(call: MerchantCall) -> CheckoutAnswer | Repeated[CheckoutAnswer]:
    assert isinstance(call.message, CheckoutRequest), "decoded as this"
    return await call.checkouts.create(call.who.caller, call.key, call.message)


async def _look(call: MerchantCall) -> CheckoutAnswer:
    return await call.checkouts.find(call.who.caller, call.params["checkout_id"])


RESOURCES = (
    MerchantResource(
        name="checkout",
        method="POST",
        path=CHECKOUTS,
        summary="Make a page on which the shopper pays; it lives for half an hour and is paid once.",
        request=CheckoutRequest,
        answer=CheckoutAnswer,
        handler=_create,
        takes_money=True,
    ),
    MerchantResource(
        name="checkout_state",
        method="GET",
        path=f"{CHECKOUTS}/{{checkout_id}}",
        summary="How a checkout stands now, with its payment once it is paid.",
        answer=CheckoutAnswer,
        handler=_look,
    ),
)
