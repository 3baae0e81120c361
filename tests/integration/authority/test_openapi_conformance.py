"""Schemathesis asks every operation of the OpenAPI document for what fits it and for what does not, signed and unsigned.

Bounded and with a fixed seed; ``KIOSK_SCHEMA_EXAMPLES`` makes it more. In this process: the served authority has tests of its own.
"""

import json
import os
import re
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok

from kiosk.authority.openapi import document
from kiosk.domain.scenarios import Scenario, scenario_serial
from kiosk.protocol import routes
from kiosk.protocol.keys import SigningKey
from kiosk.protocol.signing import MERCHANT_TAG, TERMINAL_TAG, sign_request
from tests.fakes.clock import FakeClock
from tests.helpers.asgi import PUBLIC_NAME, Prepared
from tests.helpers.asgi_session import AsgiAdapter, with_headers
from tests.helpers.authority import TILL
from tests.helpers.merchant import MerchantClient
from tests.helpers.spending import make_spending

EXAMPLES = int(os.environ.get("KIOSK_SCHEMA_EXAMPLES", "15"))
LINE = re.compile(r"/v1/lines/([^/]+)/(reserve|extend|commit|cancel)")
PLAYED = [one for one in Scenario if one is not Scenario.BUSY]  # a forced 503 looks like any other failure

Case = schemathesis.Case[Any]

load_all_checks()
CHECKED: list[Any] = CHECKS.get_by_names(  # Any: its own type is wider than what it accepts
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "missing_required_header",
        "unsupported_method",
        "allow_header_conformance",
    ]
)
SCHEMA = schemathesis.openapi.from_dict(document())
SCHEMA.config.generation.with_security_parameters = False  # signatures are ours to make or to leave out
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)}

pytestmark = pytest.mark.slow


class World:
    """An authority with a terminal, a merchant and a payment, and how to ask it."""

    def __init__(self) -> None:
        self.site = make_spending(clock=FakeClock())
        self.merchant = MerchantClient(self.site, test=True)
        serial = scenario_serial(Scenario.APPROVED).digits
        paid = self.merchant.post("/v1/payments", self.site.ask((serial, "000000000000"), minor=100))
        self.payment_id = paid.json["payment_id"]
        self.count = 0

    def session(self, *, merchants: bool, signed: bool) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        assert self.merchant.app is not None
        sign = (self._for_merchant if merchants else self._for_terminal) if signed else (lambda prepared: prepared)
        session.mount("http://", AsgiAdapter(self.merchant.app, sign))
        return session

    def _for_merchant(self, prepared: Prepared) -> Prepared:
        return self._signed(
            prepared,
            _field(prepared, "idempotency-key"),
            signer=self.merchant.signer,
            keyid=self.merchant.keyid,
            tag=MERCHANT_TAG,
        )

    def _for_terminal(self, prepared: Prepared) -> Prepared:
        keyid = "enrolment" if prepared.path == routes.ENROLMENTS else TILL
        signer: SigningKey = self.site.world.request_keys[TILL]
        return self._signed(prepared, right_key(prepared), signer=signer, keyid=keyid, tag=TERMINAL_TAG)

    def _signed(self, prepared: Prepared, key: str | None, **who: Any) -> Prepared:
        self.count += 1
        try:
            signed = sign_request(
                authority=PUBLIC_NAME,
                method=prepared.method,
                path=prepared.path,
                query=prepared.query,
                body=prepared.body,
                content_type=_field(prepared, "content-type") or "application/json",
                idempotency_key=None if prepared.method == "GET" else key,
                version=_field(prepared, "kiosk-version") or "",
                created_s=self.site.world.clock.now_ms() // 1000,
                nonce=self.count.to_bytes(16, "big"),
                **who,
            )
        except ValueError:
            return prepared  # a value that no header may hold: it goes out as it is
        return with_headers(prepared, dict(signed.headers))


def _field(prepared: Prepared, name: str) -> str | None:
    return next((value.decode("latin-1") for found, value in prepared.headers if found == name.encode()), None)


def right_key(prepared: Prepared) -> str | None:
    """The idempotency key that belongs to a terminal's request; the one that is there where none can be made."""
    given = _field(prepared, "idempotency-key")
    line = LINE.fullmatch(prepared.path)
    try:
        content = json.loads(prepared.body)
    except ValueError:
        content = None
    fields = content if isinstance(content, dict) else {}
    if given is None:
        return None
    if line is not None:
        n = f"/{fields.get('n', 0)}" if line[2] == "extend" else ""
        return f"{line[2]}/{line[1]}{n}"
    if prepared.path == routes.ENTRIES:
        return routes.entries(prepared.body).key
    if prepared.path == routes.BALANCES:
        return f"balance/{given}"
    if prepared.path.startswith(routes.VOIDS):
        return f"void{prepared.path.removeprefix(routes.VOIDS)}"
    if prepared.path == routes.ENROLMENTS:
        return f"enrolment/{fields.get('nonce', '')}"
    return given


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def _made_likely(case: Case, world: World) -> None:
    """Half of what fits the document is made to mean something: a payment that exists, cards of test mode, a card of the shop."""
    if case.path_parameters.get("payment_id", "f")[:1] in "01234567":
        case.path_parameters["payment_id"] = world.payment_id
    body: Any = case.body
    if not isinstance(body, dict):
        return
    for name in {"amount", "face"} & body.keys():
        if body[name] is not None:
            body[name] = {"amount_minor": 2_000 - abs(int(body[name]["amount_minor"])) % 3, "currency": "EUR"}
    for instrument in body.get("instruments") or []:
        card = PLAYED[len(instrument["serial"]) % len(PLAYED)]
        instrument |= {"serial": scenario_serial(card).digits, "code": "000000000000"}
    if "serial" in body:
        body["serial"] = world.site.world.serials[len(body["serial"]) % 5]
    for name in {"sale_id", "line_id"} & body.keys():
        body[name] = world.site.world.new_id()
    for name in {"return_url", "cancel_url"} & body.keys():
        body[name] = "https://presse.example/back"


def test_the_whole_document_is_asked() -> None:
    """An operation that cannot be read would be left out in silence."""
    described = {f"{method.upper()} {path}" for path, methods in document()["paths"].items() for method in methods}
    assert set(OPERATIONS) == described


@pytest.mark.parametrize("signed", [True, False], ids=["signed", "unsigned"])
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", list(OPERATIONS))
def test_every_answer_is_one_that_the_document_knows(
    label: str, mode: GenerationMode, signed: bool, world: World
) -> None:
    """A generated client would meet an answer that it cannot read, or anybody could make the authority fail."""
    operation = OPERATIONS[label]
    merchants = "merchants" in (operation.tags or [])

    @seed(2001)
    @settings(
        max_examples=EXAMPLES if signed else 3,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Case) -> None:
        if mode is GenerationMode.POSITIVE:
            _made_likely(case, world)
        session = world.session(merchants=merchants, signed=signed)
        response = case.call(base_url=f"http://{PUBLIC_NAME}", session=session)
        case.validate_response(response, checks=CHECKED)
        assert signed or response.status_code in {400, 401, 413}, "nothing is done without a signature"

    ask()
