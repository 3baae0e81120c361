"""``docs/payments.md`` is what the code does: its example's bytes, its code, its tables."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from kiosk.authority.admin_merchants import FORCES
from kiosk.authority.app import MERCHANT_RESOURCES
from kiosk.authority.openapi_merchants import problems_of
from kiosk.domain.payment import SpendReason
from kiosk.domain.scenarios import Scenario, scenario_serial
from kiosk.protocol.codec import decode, encode
from kiosk.protocol.keys import SharedSecret, unbase64url
from kiosk.protocol.messages import MAX_BODY_BYTES
from kiosk.protocol.nonces import Nonces
from kiosk.protocol.payments import MAX_EVENTS, MAX_TITLE_CHARS, REPLAYED_HEADER, PaymentAnswer, PaymentRequest
from kiosk.protocol.problems import TRAITS, ProblemKind
from kiosk.protocol.signing import MERCHANT_TAG, RequestParts, Verified, verify_request
from tests.helpers.wire import pairs


@pytest.fixture(scope="module")
def page() -> str:
    return (Path(__file__).parents[3] / "docs" / "payments.md").read_text(encoding="utf-8")


def _block(page: str, kind: str) -> str:
    (found,) = re.findall(rf"^```{kind}\n(.*?)\n```", page, re.DOTALL | re.MULTILINE)
    text: str = found
    return text


def _code(page: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(_block(page, "python"), "payments.md", "exec"), names)
    return names


def test_the_code_of_the_page_makes_the_request_of_the_page(page: str) -> None:
    """A merchant who copies the example would be refused, and could not find out why."""
    head, _, body = _block(page, "http").partition("\n\n")
    first, *fields = head.split("\n")
    headers = dict(field.split(": ", 1) for field in fields)
    code = _code(page)
    made = code["signed"](
        "POST",
        "/v1/payments",
        body=body.encode(),
        key="panier-4711-1",
        created=1_767_258_000,
        nonce=bytes(range(16)),
    )
    assert headers == {"host": "authority.example", "content-length": str(len(body.encode()))} | made
    method, path, _ = first.split(" ")
    secret = re.search(r'urlsafe_b64decode\("([\w-]+)"', _block(page, "python"))
    assert secret is not None
    seen = verify_request(
        RequestParts(method, path, "", pairs(headers), body.encode()),
        authority="authority.example",
        keys={code["KEY_ID"]: SharedSecret(unbase64url(secret[1]))}.get,
        nonces=Nonces(),
        now_s=1_767_258_000,
        tag=MERCHANT_TAG,
    )
    assert isinstance(seen, Verified) and seen.idempotency_key == "panier-4711-1"
    asked = decode(body.encode(), PaymentRequest)
    assert asked.instruments[0].serial == scenario_serial(Scenario.APPROVED).digits


def test_the_code_of_the_page_signs_a_question_too(page: str) -> None:
    """A merchant could pay but not look."""
    code = _code(page)
    headers = code["signed"]("GET", "/v1/events", query="after=7", created=1_767_258_000)
    seen = verify_request(
        RequestParts("GET", "/v1/events", "after=7", pairs(headers), b""),
        authority="authority.example",
        keys={code["KEY_ID"]: SharedSecret(code["SECRET"])}.get,
        nonces=Nonces(),
        now_s=1_767_258_000,
        tag=MERCHANT_TAG,
    )
    assert isinstance(seen, Verified)


def test_the_answer_of_the_page_is_an_answer(page: str) -> None:
    """A merchant would read fields that never come."""
    text = _block(page, "json")
    answer = decode(text.encode(), PaymentAnswer)
    assert json.loads(encode(answer)) == json.loads(text)


def test_the_tables_of_problems_and_reasons(page: str) -> None:
    """A merchant would not know what to do with an answer that the page does not name."""
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d+) \| (yes|no) \|", page, re.MULTILINE)
    told = {kind for resource in MERCHANT_RESOURCES for kind in problems_of(resource)}
    expected = told | {ProblemKind.METHOD_NOT_ALLOWED, ProblemKind.INTERNAL}
    assert sorted(rows) == sorted(
        (kind.value, str(TRAITS[kind].status), "yes" if TRAITS[kind].retryable else "no") for kind in expected
    )
    reasons = re.findall(r"^\| `([a-z_]+)` \| (402|409) \|", page, re.MULTILINE)
    assert [reason for reason, _ in reasons] == [one.value for one in SpendReason]


def test_the_table_of_test_cards(page: str) -> None:
    """A merchant would rehearse one thing and take it for another."""
    rows = re.findall(r"^\| `(\d{4} \d{4} \d{4} \d{4})` \| (.+) \|$", page, re.MULTILINE)
    assert [(serial.replace(" ", ""), text) for serial, text in rows] == [
        (scenario_serial(one).digits, FORCES[one]) for one in Scenario
    ]


def test_the_numbers_of_the_page(page: str) -> None:
    """A limit that the page gives wrongly is met in the shop."""
    for text in (
        f"at most {MAX_BODY_BYTES} bytes",
        f"{MAX_EVENTS} at a time",
        f"at most {MAX_TITLE_CHARS} characters",
        f"`{REPLAYED_HEADER}: true`",
    ):
        assert text in page
    for resource in MERCHANT_RESOURCES:
        assert re.sub(r"\{\w+\}", "{id}", resource.path) in page, resource.path
