"""The OpenAPI document says what the code does: every route, every message, nothing else."""

import json
import re
from typing import Any

from kiosk.authority.app import MERCHANT_RESOURCES, RESOURCES, make_app
from kiosk.authority.openapi import document
from kiosk.authority.openapi_merchants import problems_of
from kiosk.authority.store.writer import DirectRunner
from kiosk.protocol import routes
from kiosk.protocol.payments import REPLAYED_HEADER
from kiosk.protocol.problems import ProblemKind
from kiosk.protocol.routes import Route
from tests.fakes.clock import FakeClock
from tests.helpers.asgi import PUBLIC_NAME
from tests.helpers.authority import make_world

LINE = "019b7900-0000-7000-8000-000000000001"


def test_every_route_of_the_application_is_described_and_no_other(clock: FakeClock) -> None:
    """Somebody would build a till after a document that lies."""
    world = make_world(clock=clock)
    app = make_app(world.authority, DirectRunner(world.store), public_name=PUBLIC_NAME)
    routes_of_framework = [route for route in app.routes if getattr(route, "path", "").startswith("/v1/")]
    served = {(route.path, method) for route in routes_of_framework for method in route.methods - {"HEAD"}}  # type: ignore[attr-defined] # all are Routes
    described = {(path, method.upper()) for path, methods in document()["paths"].items() for method in methods}
    of_terminals = {(resource.path, resource.method) for resource in RESOURCES}
    of_merchants = {(resource.path, resource.method) for resource in MERCHANT_RESOURCES}
    assert served == of_terminals
    assert described == of_terminals | of_merchants and not of_terminals & of_merchants


def test_every_name_of_an_operation_is_its_own() -> None:
    """A generator of clients would make one function of two operations."""
    names = [operation["operationId"] for methods in document()["paths"].values() for operation in methods.values()]
    assert len(set(names)) == len(names)


def test_a_merchant_is_told_of_every_problem_but_those_of_terminals() -> None:
    """A merchant's developer would meet in the shop a problem that no document names."""
    told = {kind for resource in MERCHANT_RESOURCES for kind in problems_of(resource)}
    of_terminals = {ProblemKind.UNKNOWN_TERMINAL, ProblemKind.REVOKED_TERMINAL, ProblemKind.CURSOR_EXPIRED}
    assert told == set(ProblemKind) - of_terminals - {ProblemKind.METHOD_NOT_ALLOWED, ProblemKind.INTERNAL}


def test_every_answer_that_may_be_a_repeats_names_the_header_that_says_so() -> None:
    """A merchant's developer would never look for it (PR-14)."""
    named = {
        (operation["operationId"], status)
        for methods in document()["paths"].values()
        for operation in methods.values()
        for status, response in operation["responses"].items()
        if REPLAYED_HEADER in response.get("headers", {})
    }
    posts = {"pay", "capture", "cancel_payment", "refund", "checkout"}
    refused = {(name, "409") for name in ("capture", "cancel_payment", "refund")}
    assert named == {(name, "200") for name in posts} | refused | {("pay", "402")}


def test_every_address_that_a_terminal_makes_is_described() -> None:
    """The till would ask for something that the authority does not serve."""
    made: list[Route] = [
        *(routes.line(verb, LINE, n=1) for verb in ("reserve", "extend", "commit", "status", "cancel")),
        routes.entries(b"{}"),
        routes.void(LINE),
        routes.changes(""),
        routes.time(),
        routes.balance(LINE),
        routes.enrolment("n"),
    ]
    patterns = [(one.method, re.sub(r"\{\w+\}", "[^/]+", one.path)) for one in RESOURCES]
    for route in made:
        assert [1 for method, pattern in patterns if method == route.method and re.fullmatch(pattern, route.path)] == [
            1
        ], route
    assert len(made) == len(RESOURCES)


def _references(value: Any) -> set[str]:  # Any: a JSON value of any shape
    match value:
        case dict():
            own = {value["$ref"]} if "$ref" in value else set()
            return own.union(*(_references(item) for item in value.values()))
        case list():
            return set().union(*(_references(item) for item in value))
        case _:
            return set()


def test_every_reference_leads_somewhere_and_it_is_json() -> None:
    """A generator of clients would stop at the first broken reference."""
    made = json.loads(json.dumps(document()))
    for reference in _references(made):
        place = made
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
    assert made["openapi"].startswith("3.1")


def test_every_problem_is_named() -> None:
    """A client could not know which problems to expect."""
    text = json.dumps(document())
    for kind in ProblemKind:
        assert kind.uri in text
