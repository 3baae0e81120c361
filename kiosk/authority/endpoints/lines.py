"""``/v1/lines/{line_id}``: reserve, extend, commit, cancel, status."""

from kiosk.authority.core import REQUESTS
from kiosk.authority.resources import Call, Handler, Resource
from kiosk.authority.services.activate import LineRequest
from kiosk.protocol import routes
from kiosk.protocol.messages import CancelRequest, CommitRequest, ExtendRequest, LineAnswer, ReserveRequest
from kiosk.protocol.routes import LINES, Route

_SUMMARIES = {
    "reserve": "Hold a card for a sale, for 120 seconds.",
    "extend": "Keep the hold while the basket is open, for 10 minutes in all.",
    "commit": "Make the card spendable: the money is in.",
    "cancel": "Withdraw a line that was not handed over, whatever is known of it. Leaves a tombstone.",
}


def _handler(verb: str) -> Handler:
    async def handle(call: Call) -> LineAnswer:
        message = call.message
        assert isinstance(message, ReserveRequest | ExtendRequest | CommitRequest | CancelRequest), "decoded as this"
        return await call.runner.write(
            call.authority.line_work(call.terminal_id, verb, call.params["line_id"], message)
        )

    return handle


async def _status(call: Call) -> LineAnswer:
    return await call.runner.read(call.authority.line_work(call.terminal_id, "status", call.params["line_id"], None))


def _post(verb: str, request: type[LineRequest]) -> Resource:
    def route(call: Call) -> Route:
        n = call.message.n if isinstance(call.message, ExtendRequest) else 0
        return routes.line(verb, call.params["line_id"], n=n)

    return Resource(
        name=verb,
        method="POST",
        path=f"{LINES}/{{line_id}}/{verb}",
        summary=_SUMMARIES[verb],
        request=request,
        answer=LineAnswer,
        handler=_handler(verb),
        route=route,
    )


RESOURCES = (
    *(_post(verb, request) for verb, request in REQUESTS.items()),
    Resource(
        name="status",
        method="GET",
        path=f"{LINES}/{{line_id}}",
        summary="What became of a line. An unseen line promises nothing.",
        answer=LineAnswer,
        handler=_status,
        route=lambda call: routes.line("status", call.params["line_id"]),
    ),
)
