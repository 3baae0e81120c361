"""The ASGI application: every resource behind the door, and a signed problem for whatever else is asked.

Not responsible for the server around it (``serve``) nor for opening the store.
"""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kiosk.authority.access import Access
from kiosk.authority.answers import Answers
from kiosk.authority.core import Authority
from kiosk.authority.endpoints import balances, changes, clock, enrolments, entries, lines, voids
from kiosk.authority.resources import Resource
from kiosk.authority.store.ports import Runner
from kiosk.protocol.problems import ProblemKind, problem
from kiosk.protocol.signing import request_signature

RESOURCES: tuple[Resource, ...] = (
    *lines.RESOURCES,
    *entries.RESOURCES,
    *voids.RESOURCES,
    *changes.RESOURCES,
    *clock.RESOURCES,
    *balances.RESOURCES,
    *enrolments.RESOURCES,
)

Endpoint = Callable[[Request], Awaitable[Response]]


def make_app(authority: Authority, runner: Runner, *, public_name: str) -> Starlette:
    """The application. ``public_name`` is ``host`` or ``host:port`` as terminals were told, in lower case."""
    answers = Answers(authority.keys.signing, authority.clock, authority.ids)
    access = Access(authority, runner, answers, public_name=public_name)

    def endpoint(resource: Resource) -> Endpoint:
        async def handle(request: Request) -> Response:
            if request.method != resource.method:  # Starlette lets HEAD in wherever GET is
                return await wrong_method(request)
            return await access.handle(resource, request)

        return handle

    async def wrong_method(request: Request, _error: Exception | None = None) -> Response:
        found = problem(ProblemKind.METHOD_NOT_ALLOWED)
        return answers.problem(found, request_signature=request_signature(request.headers.raw))

    async def not_found(request: Request, _error: Exception) -> Response:
        found = problem(ProblemKind.NOT_FOUND)
        return answers.problem(found, request_signature=request_signature(request.headers.raw))

    async def failed(request: Request, error: Exception) -> Response:
        found = answers.of_error(error, where="the application")
        return answers.problem(found, request_signature=request_signature(request.headers.raw))

    app = Starlette(
        routes=[
            Route(resource.path, endpoint(resource), methods=[resource.method], name=resource.name)
            for resource in RESOURCES
        ],
        exception_handlers={404: not_found, 405: wrong_method, Exception: failed},
    )
    app.router.redirect_slashes = False  # a signed address is answered as it stands, or not at all
    return app
