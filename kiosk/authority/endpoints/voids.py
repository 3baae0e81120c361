"""``/v1/voids/{void_id}``: withdraw an activation after hand-over."""

from kiosk.authority.resources import Call, Resource
from kiosk.protocol import routes
from kiosk.protocol.messages import VoidAnswer, VoidRequest
from kiosk.protocol.routes import VOIDS


async def _void(call: Call) -> VoidAnswer:
    assert isinstance(call.message, VoidRequest), "decoded as this"
    return await call.runner.write(call.authority.void_work(call.terminal_id, call.params["void_id"], call.message))


RESOURCES = (
    Resource(
        name="void",
        method="POST",
        path=f"{VOIDS}/{{void_id}}",
        summary="Withdraw an unused activation after hand-over, within the window of the right that is claimed.",
        request=VoidRequest,
        answer=VoidAnswer,
        handler=_void,
        route=lambda call: routes.void(call.params["void_id"]),
    ),
)
