"""A webhook is believed only if the authority signed it, for this address, lately and whole."""

import base64
import random
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from kiosk.protocol.keys import SigningKey
from kiosk.protocol.messages import Amount
from kiosk.protocol.payments import Event, PaymentAnswer, PaymentLeg
from kiosk.protocol.signing import sign_request
from kiosk.protocol.webhooks import WEBHOOK_TAG, webhook_message
from kiosk_merchant import BadWebhook, Webhook
from tests.helpers.scripted_authority import PAYMENT_ID, StillClock

KEY = SigningKey.from_seed((11).to_bytes(32, "big"))
OTHER = SigningKey.from_seed((12).to_bytes(32, "big"))
URL = "https://presse.example/evenements?v=1"
NOW_S = StillClock().ms // 1000
LEG = PaymentLeg(leg=1, card="4711", amount=Amount(250, "EUR"), captured=Amount(250, "EUR"), refunded=Amount(0, "EUR"))
EVENT = Event(
    event_id="0190b4a2-0000-8000-8000-00000000000e",
    type="payment.captured",
    at_ms=1,
    payment=PaymentAnswer(
        payment_id=PAYMENT_ID,
        status="captured",
        amount=Amount(250, "EUR"),
        captured=Amount(250, "EUR"),
        refunded=Amount(0, "EUR"),
        created_ms=1,
        legs=[LEG],
        reference="R1",
    ),
)


def _told(*, url: str = URL, key: SigningKey = KEY, created_s: int = NOW_S) -> tuple[dict[str, str], bytes]:
    message = webhook_message(EVENT, url=url, key=key, created_s=created_s, nonce=bytes(16))
    return dict(message.headers), message.body


def _webhook(url: str = URL) -> Webhook:
    return Webhook(url, KEY.public.text, clock=StillClock())


@pytest.mark.parametrize(
    "url", [URL, "http://127.0.0.1:8400/evenements", "https://presse.example", "https://[::1]:8443/x"]
)
def test_what_the_authority_tells_is_read(url: str) -> None:
    """The shop would never hear of a payment, although it was told."""
    headers, body = _told(url=url)
    event = _webhook(url).verify(headers, body)
    assert (event.event_id, event.type) == (EVENT.event_id, "payment.captured")
    assert (event.payment.kept_minor, event.payment.reference) == (250, "R1")
    pairs = [(name.title(), value) for name, value in headers.items()]
    assert _webhook(url).verify(pairs, body) == event, "as frameworks give headers"


def test_it_may_be_told_twice() -> None:
    """The authority repeats until it is acknowledged: a repeat that is refused would be repeated for ever."""
    headers, body = _told()
    webhook = _webhook()
    assert webhook.verify(headers, body) == webhook.verify(headers, body)


def test_others_are_not_heard() -> None:
    """Anybody who knows the address could open every article."""
    cases: list[tuple[Mapping[str, str], bytes]] = [
        _told(key=OTHER),
        _told(url="https://other.example/evenements?v=1"),
        _told(url="https://presse.example/evenements?v=2"),
        _told(created_s=NOW_S - 301),
        _told(created_s=NOW_S + 301),
        ({}, _told()[1]),
        (_told()[0], b"{}"),
    ]
    for headers, body in cases:
        with pytest.raises(BadWebhook):
            _webhook().verify(headers, body)


def test_what_a_terminal_is_answered_is_no_webhook() -> None:
    """Something else that the authority signed could be passed off as an event."""
    headers, body = _told()
    signed = sign_request(
        signer=KEY,
        keyid="k",
        authority="presse.example",
        method="POST",
        path="/evenements",
        query="v=1",
        body=body,
        idempotency_key="x",
        version="1",
        created_s=NOW_S,
        nonce=bytes(16),
        tag="kiosk-authority-v1",
    )
    with pytest.raises(BadWebhook):
        _webhook().verify(signed.headers, body)
    del headers["content-type"]
    with pytest.raises(BadWebhook):
        _webhook().verify(headers, body)
    assert WEBHOOK_TAG in _told()[0]["signature-input"]


def _doubled(headers: dict[str, str]) -> list[tuple[str, str]]:
    return [*headers.items(), ("Signature", headers["signature"])]


def _narrowed(headers: dict[str, str]) -> dict[str, str]:
    return headers | {"signature-input": headers["signature-input"].replace(' "content-digest"', "")}


def _spelled(headers: dict[str, str]) -> dict[str, str]:
    raw = base64.b64decode(headers["signature"][5:-1])
    return headers | {"signature": f"sig=:{base64.b64encode(raw[:-1]).decode()}:"}


@pytest.mark.parametrize("change", [_doubled, _narrowed, _spelled])
def test_a_changed_head_is_refused(change: Callable[[dict[str, str]], dict[str, str]]) -> None:
    """What is not covered by the signature can be changed on the way."""
    headers, body = _told()
    with pytest.raises(BadWebhook):
        _webhook().verify(change(headers), body)


def test_any_flipped_byte_is_refused() -> None:
    """One byte of the amount, of the digest or of the signature changed on the way would be believed."""
    draw = random.Random(7)
    headers, body = _told()
    for _ in range(150):
        name = draw.choice([*headers, "body"])
        changed, content = dict(headers), bytearray(body)
        if name == "body":
            content[draw.randrange(len(content))] ^= 1 << draw.randrange(7)
        else:
            value = bytearray(changed[name].encode())
            value[draw.randrange(len(value))] ^= 1
            changed[name] = value.decode("ascii")
        with pytest.raises(BadWebhook):
            _webhook().verify(changed, bytes(content))


def test_the_documents_example_is_believed(repository: Path) -> None:
    """A merchant who checks his code with the example would look for his mistake where there is none."""
    text = (repository / "docs" / "payments.md").read_text("utf-8")
    part = text[text.index("## Webhooks") : text.index("## The hosted page")]
    (key,) = re.findall(r"public key is `([A-Za-z0-9_-]{87})`", part)
    (block,) = re.findall(r"```text\n(POST.*?)\n```", part, re.DOTALL)
    head, _, body = block.partition("\n\n")
    first, *lines = head.split("\n")
    headers = dict(line.split(": ", 1) for line in lines)
    url = f"https://{headers['host']}{first.split(' ')[1]}"
    event = Webhook(url, key, clock=StillClock()).verify(headers, body.encode())
    assert (event.type, event.payment.kept_minor) == ("payment.captured", 300)
