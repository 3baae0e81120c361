"""``/v1/time``: the probe of a till whose link is down, and the one signed clock that it trusts."""

from kiosk.authority.resources import Call, Resource
from kiosk.protocol import routes
from kiosk.protocol.messages import TimeAnswer
from kiosk.protocol.routes import TIME


async def _time(call: Call) -> TimeAnswer:
    return call.authority.time()


RESOURCES = (
    Resource(
        name="time",
        method="GET",
        path=TIME,
        summary="The authority's clock, signed.",
        answer=TimeAnswer,
        handler=_time,
        route=lambda call: routes.time(),
    ),
)
