"""``docs/protocol.md`` is what the code does: its example's bytes, its tables, its limits."""

import base64
import re
from pathlib import Path

import pytest

from kiosk.protocol import routes
from kiosk.protocol.codec import MAX_ANSWER_BYTES, decode
from kiosk.protocol.keys import SigningKey, VerifyKey
from kiosk.protocol.messages import MAX_BATCH_ENTRIES, MAX_BODY_BYTES, CommitRequest, LineAnswer
from kiosk.protocol.nonces import Nonces
from kiosk.protocol.problems import TRAITS, ProblemKind
from kiosk.protocol.signing import MAX_AGE_S, MAX_SKEW_S, RequestParts, Verified, verify_answer, verify_request
from tests.helpers.wire import pairs

TERMINAL = SigningKey.from_seed(bytes.fromhex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"))
LINE_ID = "019b7900-0000-7000-8000-000000004711"


@pytest.fixture(scope="module")
def page() -> str:
    return (Path(__file__).parents[3] / "docs" / "protocol.md").read_text(encoding="utf-8")


def _blocks(page: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def _message(block: str) -> tuple[str, list[tuple[bytes, bytes]], bytes]:
    head, _, body = block.rstrip("\n").partition("\n\n")
    first, *fields = head.split("\n")
    headers = dict(field.split(": ", 1) for field in fields)
    assert headers["content-length"] == str(len(body.encode()))
    return first, pairs(headers), body.encode()


def test_the_request_of_the_example(page: str) -> None:
    """A stranger who follows the page would be refused."""
    first, headers, body = _message(_blocks(page, "http")[0])
    method, path, _ = first.split(" ")
    parts = RequestParts(method, path, "", headers, body)
    keyid = "019b7900-0000-7000-8000-00000000000a"
    seen = verify_request(
        parts,
        authority="authority.example",
        keys={keyid: TERMINAL.public}.get,
        nonces=Nonces(),
        now_s=1_767_258_000,
    )
    assert isinstance(seen, Verified)
    assert routes.line("commit", LINE_ID) == routes.Route(method, path, seen.idempotency_key)
    assert decode(body, CommitRequest).face.amount_minor == 2000
    signed = _blocks(page, "text")[0].rstrip("\n").encode()
    signature = dict(headers)[b"signature"].decode()
    assert TERMINAL.public.verify(_raw(signature), signed)
    assert f"sig=:{_b64(TERMINAL.sign(signed))}:" == signature


def test_the_answer_of_the_example(page: str) -> None:
    """A stranger's terminal would not believe the authority."""
    _, asked, _ = _message(_blocks(page, "http")[0])
    first, headers, body = _message(_blocks(page, "http")[1])
    (point, words) = re.findall(r"^`([A-Za-z0-9_-]{87})`\n\(« ([a-z ]+) »\):$", page, re.MULTILINE)[0]
    key = VerifyKey.from_text(point)
    assert key.words == tuple(words.split(" "))
    assert verify_answer(
        verifier=key,
        status=int(first.split(" ")[1]),
        headers=headers,
        body=body,
        request_signature=dict(asked)[b"signature"].decode(),
    )
    assert decode(body, LineAnswer).outcome == "committed"
    assert f'keyid="{key.fingerprint}"'.encode() in dict(headers)[b"signature-input"]


def test_the_table_of_problems(page: str) -> None:
    """A client would not know what to do with a problem that the page does not name."""
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d+) \| (yes|no) \| `(\w+)` \|$", page, re.MULTILINE)
    assert rows == [
        (kind.value, str(traits.status), "yes" if traits.retryable else "no", traits.action.value)
        for kind, traits in TRAITS.items()
        if traits.action is not None
    ]
    for_merchants = {kind for kind, traits in TRAITS.items() if traits.action is None}
    assert all(f"`{kind.value}`" in page for kind in for_merchants)
    assert len(rows) + len(for_merchants) == len(ProblemKind)


def test_the_table_of_requests(page: str) -> None:
    """An address or key of the page would not be the authority's."""
    rows = re.findall(r"^\| `(GET|POST) (/v1/[^`?]*)[^`]*` \| (.*?) \|", page, re.MULTILINE)
    body = b"x"
    expected = [
        *(routes.line(verb, LINE_ID, n=7) for verb in ("reserve", "extend", "commit", "cancel", "status")),
        *(routes.entries(body), routes.void(LINE_ID), routes.changes(""), routes.time()),
        *(routes.balance("Q"), routes.enrolment("N")),
    ]
    assert [(method, path.replace("{line_id}", LINE_ID).replace("{void_id}", LINE_ID)) for method, path, _ in rows] == [
        (route.method, route.path) for route in expected
    ]
    for (_, _, key), route in zip(rows, expected, strict=True):
        literal = re.match(r"`([^`{]*)", key)
        assert (route.key is None) == (key == "–"), key
        if route.key is not None:
            assert literal is not None
            assert route.key.startswith(literal[1]), key


def test_the_numbers(page: str) -> None:
    """A limit would be raised in the code and stay low on the page."""
    assert f"at most {MAX_BODY_BYTES:,} bytes up and {MAX_ANSWER_BYTES:,} bytes down" in page
    assert f"at most {MAX_BATCH_ENTRIES}, in order" in page
    assert f"older than {MAX_AGE_S} s or dated more than {MAX_SKEW_S} s ahead" in page


def _raw(signature: str) -> bytes:
    return base64.b64decode(signature.removeprefix("sig=:").removesuffix(":"))


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
