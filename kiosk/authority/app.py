"""The ASGI application: terminals' resources behind one door, merchants' behind another, shoppers' pages beside them, and a problem
for whatever else is asked.

Merchants' addresses are dispatched here, before the web framework's routes are looked at. Not responsible for the server around it
(``serve``) nor for opening the store.
"""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from kiosk.authority.access import Access
from kiosk.authority.answers import Answers
from kiosk.authority.core import Authority
from kiosk.authority.directory import Directory
from kiosk.authority.endpoints import (
    balances,
    changes,
    checkouts,
    clock,
    enrolments,
    entries,
    events,
    lines,
    payments,
    voids,
)
from kiosk.authority.merchant_access import MerchantAccess, raw_path
from kiosk.authority.portal.routes import portal_routes
from kiosk.authority.portal.settings import PageSettings, default_settings
from kiosk.authority.portal.site import Site
from kiosk.authority.resources import MerchantResource, Resource
from kiosk.authority.services.checkouts import Checkouts
from kiosk.authority.services.guard import Guard
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
MERCHANT_RESOURCES: tuple[MerchantResource, ...] = (
    *payments.RESOURCES,
    *checkouts.RESOURCES,
    *events.RESOURCES,
)

Endpoint = Callable[[Request], Awaitable[Response]]


class Application:
    """What the server calls. ``merchants`` is their door, for whoever read a request already; ``routes`` are the framework's;
    ``directory`` knows the merchants."""

    def __init__(self, framework: Starlette, merchants: MerchantAccess, directory: Directory) -> None:
        self._framework = framework
        self.merchants = merchants
        self.routes = framework.routes
        self.directory = directory

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self.merchants.find(raw_path(scope)) if scope["type"] == "http" else None
        if found is None:
            await self._framework(scope, receive, send)
        else:
            await self.merchants.answer(found, scope, receive, send)


def make_app(
    authority: Authority,
    runner: Runner,
    *,
    public_name: str,
    guard: Guard | None = None,
    pages: PageSettings | None = None,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Application:
    """The application. ``public_name`` is ``host`` or ``host:port`` as terminals and merchants were told, in lower case. ``guard``
    is shared with whoever else takes codes; ``pages`` says where shoppers find us; ``pause`` waits, for a test card that forces it.
    """
    answers = Answers(authority.keys.signing, authority.clock, authority.ids)
    access = Access(authority, runner, answers, public_name=public_name)

    def endpoint(resource: Resource) -> Endpoint:
        async def handle(request: Request) -> Response:
            if request.method != resource.method:  # Starlette lets HEAD in wherever GET is
                return wrong_method(request, allow=resource.method)
            return await access.handle(resource, request)

        return handle

    def wrong_method(request: Request, *, allow: str) -> Response:
        found = problem(ProblemKind.METHOD_NOT_ALLOWED)
        return answers.problem(
            found, request_signature=request_signature(request.headers.raw), headers={"allow": allow}
        )

    async def refused_by_framework(request: Request, error: Exception) -> Response:
        path = request.scope["path"]
        routes = [one for one in framework.routes if isinstance(one, Route) and one.path_regex.match(path)]
        methods = {method for one in routes for method in one.methods or ()} - {"HEAD"}
        return wrong_method(request, allow=", ".join(sorted(methods)))

    async def not_found(request: Request, _error: Exception) -> Response:
        found = problem(ProblemKind.NOT_FOUND)
        return answers.problem(found, request_signature=request_signature(request.headers.raw))

    async def failed(request: Request, error: Exception) -> Response:
        found = answers.of_error(error, where="the application")
        return answers.problem(found, request_signature=request_signature(request.headers.raw))

    pages = pages or default_settings(public_name)
    guard = guard or Guard(clock=authority.clock)
    hosted = Checkouts(
        runner,
        clock=authority.clock,
        ids=authority.ids,
        keys=authority.keys,
        spending=authority.spending,
        address=pages.address,
    )
    framework = Starlette(
        routes=[
            *(
                Route(resource.path, endpoint(resource), methods=[resource.method], name=resource.name)
                for resource in RESOURCES
            ),
            *portal_routes(Site(authority, runner, hosted, guard, pages), answers),
        ],
        exception_handlers={404: not_found, 405: refused_by_framework, Exception: failed},
    )
    framework.router.redirect_slashes = False  # a signed address is answered as it stands, or not at all
    directory = Directory(runner, clock=authority.clock, keys=authority.keys)
    merchants = MerchantAccess(
        authority,
        runner,
        answers,
        directory,
        guard,
        hosted,
        resources=MERCHANT_RESOURCES,
        public_name=public_name,
        pause=pause,
    )
    return Application(framework, merchants, directory)
