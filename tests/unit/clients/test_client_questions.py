"""What the merchants' client sends: signed as the authority's own code wants it, anew for each attempt, and no code in any text."""

import json
import logging
import pickle
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.protocol.keys import SharedSecret, Verifier, VerifyKey
from kiosk.protocol.nonces import Nonces
from kiosk.protocol.signing import RequestParts, Verified, verify_request
from kiosk_merchant import Card, Client, HmacKey, Unknown, new_key
from kiosk_merchant.p256 import P256Key
from kiosk_merchant.signing import b64
from tests.helpers.scripted_authority import (
    KEY_ID,
    PAYMENT_ID,
    SECRET,
    Heard,
    Say,
    ScriptedAuthority,
    StillClock,
    payment_json,
    problem,
)

CARD = Card("1234 5678 9012 1294", "1111 2222 3339")
CHECKOUT = {"checkout_id": "c-1", "url": "http://127.0.0.1/pay/c-1", "state": "open", "until_ms": 5}
MERCHANT_TAG = "kiosk-merchant-v1"


def _checked(heard: Heard, verifier: Verifier, *, now_s: int = 1_767_258_000) -> object:
    path, _, query = heard.target.partition("?")
    fields = [(name.encode(), value.encode()) for name, value in heard.headers.items()]
    return verify_request(
        RequestParts(heard.method, path, query, fields, heard.body),
        authority="authority.test",
        keys={KEY_ID: verifier}.get,
        nonces=Nonces(),
        now_s=now_s,
        tag=MERCHANT_TAG,
    )


def test_every_question_is_signed_as_the_authority_checks_it() -> None:
    """A merchant who followed the document would be told that every request is badly signed."""
    events = {"events": [], "cursor": "9", "more": False}
    with ScriptedAuthority(*[Say(body=payment_json())] * 6, *[Say(body=CHECKOUT)] * 2, Say(body=events)) as authority:
        client = authority.client()
        client.charge(250, cards=[CARD], key="k1", reference="R 1")
        client.authorize(250, cards=[CARD], key="k2", window_s=60)
        client.capture(PAYMENT_ID, key="k3", amount_minor=100)
        client.cancel(PAYMENT_ID, key="k4")
        client.refund(PAYMENT_ID, key="k5")
        client.payment(PAYMENT_ID)
        client.checkout(
            250, title="L’article", return_url="https://s.example/r", cancel_url="https://s.example/c", key="k6"
        )
        client.find_checkout("c-1")
        assert list(client.events("7/8")) == []
        client.close()
    secret = SharedSecret(SECRET)
    for heard in authority.heard:
        assert isinstance(_checked(heard, secret), Verified), heard.target
    assert [(one.method, one.target) for one in authority.heard] == [
        ("POST", "/v1/payments"),
        ("POST", "/v1/payments"),
        ("POST", f"/v1/payments/{PAYMENT_ID}/capture"),
        ("POST", f"/v1/payments/{PAYMENT_ID}/cancel"),
        ("POST", f"/v1/payments/{PAYMENT_ID}/refunds"),
        ("GET", f"/v1/payments/{PAYMENT_ID}"),
        ("POST", "/v1/checkouts"),
        ("GET", "/v1/checkouts/c-1"),
        ("GET", "/v1/events?after=7%2F8"),
    ]
    charge, authorize, capture, cancel, refund, *_ = authority.heard
    assert charge.json == {
        "amount": {"amount_minor": 250, "currency": "EUR"},
        "instruments": [{"type": "scratch", "serial": CARD.serial, "code": CARD.code}],
        "capture": True,
        "reference": "R 1",
    }
    assert authorize.json["window_s"] == 60
    assert authorize.json["capture"] is False
    assert capture.json == {"amount": {"amount_minor": 100, "currency": "EUR"}}
    assert cancel.json == refund.json == {}


def test_a_key_pair_signs_as_well() -> None:
    """A merchant that keeps its secret key to itself could not be served."""
    secret = ec.generate_private_key(ec.SECP256R1())
    pem = secret.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key = P256Key(pem)
    with ScriptedAuthority(Say(body=payment_json())) as authority:
        client = Client(authority.address, KEY_ID, key, authority_name="AUTHORITY.test", clock=StillClock())
        with client as opened:
            opened.payment(PAYMENT_ID)
    assert isinstance(_checked(authority.heard[0], VerifyKey.from_text(key.public_text)), Verified)


def test_a_secret_may_be_given_as_it_was_shown() -> None:
    """The operator shows text; a merchant who pastes it would sign with something else."""
    text = b64(SECRET).rstrip("=").replace("+", "-").replace("/", "_")
    assert HmacKey(text).sign(b"x") == HmacKey(SECRET).sign(b"x")
    with pytest.raises(ValueError, match="base64url"):
        HmacKey("not base64url!")
    with pytest.raises(ValueError, match="32 bytes"):
        HmacKey(b"short")


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://Pay.Example", "pay.example"),
        ("https://pay.example:443", "pay.example"),
        ("https://pay.example:8443", "pay.example:8443"),
        ("http://127.0.0.1:8320", "127.0.0.1:8320"),
        ("http://[::1]:80", "[::1]"),
    ],
)
def test_the_public_name_follows_from_the_address(address: str, name: str) -> None:
    """The signature covers another name than the authority's, and nothing is ever accepted."""
    assert Client(address, KEY_ID, SECRET)._asker._authority_name == name


@pytest.mark.parametrize("address", ["http://pay.example", "ftp://pay.example", "pay.example", "https://a.example?x=1"])
def test_codes_never_travel_in_the_clear(address: str) -> None:
    """A code sent over plain http is read by whoever listens, and spent."""
    with pytest.raises(ValueError, match="http"):
        Client(address, KEY_ID, SECRET)


def test_mistakes_are_found_before_anything_is_sent() -> None:
    """2.50 in place of 250 would be a mistake of a hundred times, or a code used up for a question that cannot be right."""
    with ScriptedAuthority(Say(body=payment_json())) as authority:
        client = authority.client()
        for amount in (2.5, True, "250"):
            with pytest.raises(TypeError):
                client.charge(amount, cards=[CARD], key="k")  # type: ignore[arg-type] # the mistake under test
        for amount_minor in (0, -250):
            with pytest.raises(ValueError, match="above 0"):
                client.charge(amount_minor, cards=[CARD], key="k")
        with pytest.raises(TypeError):
            client.charge(250, cards=[], key="k")
        for key in ("", "a b", "x" * 65, "é", "a/b"):
            with pytest.raises(ValueError, match="key"):
                client.charge(250, cards=[CARD], key=key)
        for payment_id in ("", "../events", "a/b", "a?b"):
            with pytest.raises(ValueError, match="payment id"):
                client.payment(payment_id)
    assert not authority.heard


def test_a_code_is_in_no_text_of_the_client(caplog: pytest.LogCaptureFixture) -> None:
    """A code in an error reporter is money on somebody else's screen."""
    caplog.set_level(logging.DEBUG)
    caught: list[BaseException] = []
    with ScriptedAuthority(Say(drop=True)) as authority:
        client = authority.client()
        with pytest.raises(Unknown) as lost:
            client.charge(250, cards=[CARD], key="k-lost")
        caught.append(lost.value)
    with pytest.raises(Unknown) as closed:  # nobody listens any more
        client.charge(250, cards=[CARD], key="k-closed")
    caught.append(closed.value)
    assert not closed.value.sent
    seen: list[str] = [repr(CARD), str(CARD), repr(client), caplog.text, repr(HmacKey(SECRET))]
    for error in caught:
        walked: BaseException | None = error
        while walked is not None:
            seen += [str(walked), repr(walked), repr(vars(walked))]
            walked = walked.__cause__ or walked.__context__
    digits = "".join(seen).replace(" ", "")
    assert "111122223339" not in digits
    assert "1234567890121294" not in digits
    for secret in (CARD, HmacKey(SECRET)):
        with pytest.raises(TypeError):
            pickle.dumps(secret)


def test_keys_are_new_each_time() -> None:
    """Two purchases under one key would be one payment."""
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(len(key) == 36 for key in keys)


def test_events_are_read_page_by_page() -> None:
    """A site that is told of a hundred events at most would never hear of the next one."""
    event = {"event_id": "e1", "type": "payment.captured", "at_ms": 1, "payment": payment_json()}
    pages = [
        {"events": [event, event], "cursor": "2", "more": True},
        {"events": [event], "cursor": "3", "more": False},
    ]
    with ScriptedAuthority(*(Say(body=page) for page in pages)) as authority:
        found = list(authority.client().events())
    assert [(len(page.events), page.cursor) for page in found] == [(2, "2"), (1, "3")]
    assert [one.target for one in authority.heard] == ["/v1/events?after=", "/v1/events?after=2"]


def test_the_client_knows_nothing_of_the_authoritys_code() -> None:
    """It proves that the documents suffice only as long as it does not look."""
    root = Path(__file__).resolve().parents[3] / "clients"
    for path in root.rglob("*.py"):
        text = path.read_text("utf-8")
        assert "from kiosk." not in text, path.name
        assert "import kiosk\n" not in text, path.name


def test_the_same_question_is_the_same_bytes() -> None:
    """A repeat with other bytes under the same key would be a conflict instead of an answer."""
    with ScriptedAuthority(problem("busy", 503), Say(body=payment_json())) as authority:
        authority.client().charge(250, cards=[CARD], key="k", reference="été")
    first, second = authority.heard
    assert first.body == second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == "k"
    assert first.headers["signature"] != second.headers["signature"]
    assert json.loads(first.body)["reference"] == "été"
