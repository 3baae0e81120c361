"""``/v1/events``: everything that happened to a merchant's payments, in order; what makes a lost webhook harmless."""

from kiosk.authority.resources import MerchantCall, MerchantResource, Parameter
from kiosk.authority.services.refused import malformed
from kiosk.protocol.payments import EventsAnswer

EVENTS = "/v1/events"
MAX_CURSOR_DIGITS = 18


async def _events(call: MerchantCall) -> EventsAnswer:
    return await call.runner.read(call.authority.events_work(call.who.caller, after=_after(call)))


def _after(call: MerchantCall) -> int:
    text = call.query.get("after", "")
    if text and not (text.isascii() and text.isdigit() and len(text) <= MAX_CURSOR_DIGITS):
        raise malformed("after is the cursor of an earlier page")
    return int(text or 0)


RESOURCES = (
    MerchantResource(
        name="events",
        method="GET",
        path=EVENTS,
        summary="What happened after a cursor, in order; without one from the beginning.",
        answer=EventsAnswer,
        handler=_events,
        parameters=(
            Parameter(
                name="after",
                schema={"type": "string", "pattern": f"^[0-9]{{0,{MAX_CURSOR_DIGITS}}}$", "default": ""},
                description="The cursor of the last page.",
            ),
        ),
    ),
)
