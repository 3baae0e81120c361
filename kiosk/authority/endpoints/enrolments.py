"""``/v1/enrolments``: exchange a one-time code for an identity. Signed with the very key that the request brings."""

from kiosk.authority.resources import Call, Resource
from kiosk.protocol import routes
from kiosk.protocol.messages import EnrolmentAnswer, EnrolmentRequest
from kiosk.protocol.routes import ENROLMENTS, Route


async def _enrol(call: Call) -> EnrolmentAnswer:
    return await call.runner.write(call.authority.enrol_work(_message(call)))


def _route(call: Call) -> Route:
    return routes.enrolment(_message(call).nonce)


def _message(call: Call) -> EnrolmentRequest:
    assert isinstance(call.message, EnrolmentRequest), "decoded as this"
    return call.message


RESOURCES = (
    Resource(
        name="enrol",
        method="POST",
        path=ENROLMENTS,
        summary="Exchange a one-time code for a terminal's identity; the keys are made on the terminal.",
        request=EnrolmentRequest,
        answer=EnrolmentAnswer,
        handler=_enrol,
        route=_route,
        enrols=True,
    ),
)
