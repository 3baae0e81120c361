"""Webhooks over real TLS: only a site that proves its name hears anything, and whatever it does is over within the deadline."""

import asyncio
import datetime
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from kiosk.authority.services.alert_words import sentence
from kiosk.authority.services.webhooks import ALERT_TRIES, FIRST_WAIT_MS, set_url
from kiosk.authority.store.alerts import unseen_alerts
from kiosk.authority.store.webhooks import WebhookRow, find_webhook
from kiosk.authority.store.writer import DirectRunner
from kiosk.authority.telling import Telling
from kiosk.authority.webhook_sender import WebhookSender
from kiosk.clock import SystemClock
from kiosk.protocol.signing import RequestParts
from kiosk.protocol.webhooks import WebhookMessage
from kiosk_merchant import Webhook
from tests.fakes.clock import FakeClock
from tests.helpers.authority import KEYS
from tests.helpers.operator import Operator
from tests.helpers.paying_site import MERCHANT, make_paying_site
from tests.helpers.secure_site import LONG_AFTER, LONG_AGO, Issuer, SecureSite, secure_site, speaking
from tests.helpers.served import served
from tests.helpers.served_front import wait_until
from tests.helpers.spending import PRESS, Till, make_spending
from tests.helpers.webhook_site import webhook_site

HANDSHAKE_RECORD = b"\x16\x03"
SHORT_MS = 700
PATIENCE_S = 10.0  # far less than what a site that is not cut goes on for, far more than a busy machine takes
TAKEN_BYTES = 24 << 20  # more than the buffers of two sockets hold
FLOOD_BYTES = 64 << 20
FLOOD_STALLS_S = 2.0
UNBELIEVED = "the certificate is signed by nobody who is believed here, or the site does not send the whole chain"
A_MONTH = datetime.timedelta(days=30)


@pytest.fixture
def issuer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Issuer:
    """Whoever signs the merchants' certificates, believed as an operator would have it."""
    made = Issuer(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made


@pytest.fixture
def till(clock: FakeClock) -> Till:
    return make_spending(clock=clock)


def charge(till: Till, site: SecureSite, *, host: str = "localhost") -> str:
    """One payment of which the site is to be told; its id."""
    till.world.store.write(lambda tx: set_url(tx, PRESS, site.url(host), demonstration=True))
    return till.charge(till.serials[0], 100).payment_id


def tell(till: Till, *, timeout_ms: int = 20_000) -> WebhookRow:
    """What the worker does once, with a real sender, and what is known afterwards."""

    async def run() -> None:
        sender = WebhookSender(private_allowed=True, timeout_ms=timeout_ms)
        telling = Telling(till.world.authority, DirectRunner(till.world.store), sender)
        await telling.begin()
        await telling.settled()
        await telling.begin()  # raises what a telling ended in
        await telling.stop()

    asyncio.run(run())
    row = till.world.store.read(lambda tx: find_webhook(tx, till.callers[PRESS].merchant_no))
    assert row is not None
    return row


def in_vain(till: Till, status: str, *, timeout_ms: int = 20_000) -> None:
    """Tell; it fails, in words, soon enough, and will be told again after the documented time."""
    began = time.monotonic()
    row = tell(till, timeout_ms=timeout_ms)
    assert (row.seq, row.tries, row.last_status) == (0, 1, status)
    assert row.next_ms == till.world.clock.now_ms() + FIRST_WAIT_MS
    assert time.monotonic() - began < PATIENCE_S


def told_at_last(till: Till, site: SecureSite, payment_id: str, speaks: ssl.SSLContext) -> None:
    """The site is repaired: the event arrives at the next try, and is the first thing that ever did."""
    site.speaks, site.behave = speaks, site.told.serve
    row = tell(till)
    assert row.tries == 1, "it waits"
    till.world.clock.advance(FIRST_WAIT_MS)  # type: ignore[attr-defined] # the tests' own clock
    row = tell(till)
    assert (row.tries, row.last_status) == (0, "204") and row.seq > 0
    (request,) = site.told.requests
    assert believed(request, site.url(), KEYS.signing.public.text, till.world.clock) == payment_id


def believed(request: RequestParts, url: str, authority_key: str, clock: object) -> str:
    """The payment that the merchants' client reads of; raises what the client raises."""
    checker = Webhook(url, authority_key, clock=clock)  # type: ignore[arg-type] # now_ms is what it asks
    headers = [(name.decode("ascii"), value.decode("ascii")) for name, value in request.headers]
    return checker.verify(headers, request.body).payment.payment_id


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_site_that_proves_its_name_is_told(issuer: Issuer, till: Till, host: str) -> None:
    """No real merchant would ever hear of a payment: the plain line of the other tests exists in demonstrations only."""
    with secure_site(speaking(issuer.issue(host))) as site:
        payment_id = charge(till, site, host=host)
        row = tell(till)
    assert (row.tries, row.last_status) == (0, "204") and row.seq > 0
    assert set(site.versions) <= {"TLSv1.3", "TLSv1.2"} and site.versions
    (request,) = site.told.requests
    assert believed(request, site.url(host), KEYS.signing.public.text, till.world.clock) == payment_id


@pytest.mark.parametrize(
    ("content", "status"),
    [(None, UNBELIEVED), (b"nothing of the kind", "the file of the certificates that are believed here has none")],
    ids=["absent", "another file"],
)
def test_a_mistyped_file_of_signers_switches_nothing_off(
    issuer: Issuer, till: Till, monkeypatch: pytest.MonkeyPatch, content: bytes | None, status: str
) -> None:
    """One wrong letter in the operator's settings, and anybody could be told what a merchant's customers bought."""
    mistyped = issuer.file.parent / "mistyped.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(mistyped))
    if content is not None:
        mistyped.write_bytes(content)
    certificate = speaking(issuer.issue("localhost"))
    with secure_site(certificate) as site:
        payment_id = charge(till, site)
        in_vain(till, status)
        monkeypatch.setenv("SSL_CERT_FILE", str(issuer.file))
        told_at_last(till, site, payment_id, certificate)


Wrong = Callable[[Issuer, Path], Path]
WRONG: dict[str, tuple[Wrong, str]] = {
    "another name": (lambda issuer, _: issuer.issue("elsewhere.example"), "the certificate is not for this name"),
    "an address alone": (lambda issuer, _: issuer.issue("127.0.0.1"), "the certificate is not for this name"),
    "the name where it no longer counts": (
        lambda issuer, _: issuer.issue(common_name="localhost"),
        "the certificate is not for this name",
    ),
    "expired": (
        lambda issuer, _: issuer.issue("localhost", until=LONG_AGO + A_MONTH),
        "the certificate has expired",
    ),
    "of a later year": (
        lambda issuer, _: issuer.issue("localhost", since=LONG_AFTER - A_MONTH),
        "the certificate is not valid yet",
    ),
    "of an unknown signer": (lambda _, folder: Issuer(folder, "stranger").issue("localhost"), UNBELIEVED),
    "signed by itself": (lambda issuer, _: issuer.issue("localhost", self_signed=True), UNBELIEVED),
    "for clients": (
        lambda issuer, _: issuer.issue("localhost", usage=ExtendedKeyUsageOID.CLIENT_AUTH),
        "the certificate is not one for a site, or is broken",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_certificate_hears_nothing_and_is_named(issuer: Issuer, till: Till, tmp_path: Path, case: str) -> None:
    """Whoever sits in between would read what a merchant's customers bought; or the operator could not say what is wrong."""
    make, status = WRONG[case]
    with secure_site(speaking(make(issuer, tmp_path))) as site:
        payment_id = charge(till, site)
        in_vain(till, status)
        told_at_last(till, site, payment_id, speaking(issuer.issue("localhost")))
    assert (site.connections, len(site.versions)) == (2, 1), "the first handshake was not even finished"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1], ids=["1.0", "1.1"])
def test_a_site_that_speaks_old_tls_only_hears_nothing(issuer: Issuer, till: Till, version: ssl.TLSVersion) -> None:
    """Somebody in between could talk both sides down to what can be broken."""
    old = speaking(issuer.issue("localhost"))
    visitor = ssl.create_default_context(cafile=str(issuer.file))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it is the old that is wanted
        for context in (old, visitor):
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = version
    with secure_site(old) as site:
        site.behave = absent
        with (
            socket.create_connection(("127.0.0.1", site.port), PATIENCE_S) as near,
            visitor.wrap_socket(near, server_hostname="localhost") as secure,
        ):
            assert secure.version() == version.name.replace("_", "."), "it does speak, with whoever wants it"
        site.behave = site.told.serve
        payment_id = charge(till, site)
        in_vain(till, "the site speaks only a TLS that is too old")
        told_at_last(till, site, payment_id, speaking(issuer.issue("localhost")))


def absent(near: socket.socket) -> None:
    """Say nothing and hang up."""


@pytest.mark.parametrize(
    ("answer", "timeout_ms", "status"),
    [
        (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", 20_000, "no TLS is spoken there"),
        (b"", SHORT_MS, "no answer in time"),
        (HANDSHAKE_RECORD + b"\x03\x00\x40", SHORT_MS, "no answer in time"),
    ],
    ids=["plain HTTP", "silence", "a handshake that breaks off"],
)
def test_where_no_handshake_is_finished_nothing_was_said(
    issuer: Issuer, till: Till, answer: bytes, timeout_ms: int, status: str
) -> None:
    """An event and its signature would be on the line in clear, or a thread would wait for a handshake for ever."""
    heard = bytearray()

    def behave(near: socket.socket) -> None:
        heard.extend(near.recv(65_536))
        near.sendall(answer)
        while piece := near.recv(65_536):
            heard.extend(piece)

    with secure_site(None) as site:
        site.behave = behave
        payment_id = charge(till, site)
        in_vain(till, status, timeout_ms=timeout_ms)
        told_at_last(till, site, payment_id, speaking(issuer.issue("localhost")))
    assert heard.startswith(HANDSHAKE_RECORD)
    assert not [word for word in (b"POST", b"signature", b"event", b"/hooks") if word in heard]


@pytest.mark.parametrize("secret", [False, True], ids=["in the handshake", "after the request"])
def test_the_end_of_the_authority_waits_for_no_silent_site(issuer: Issuer, secret: bool) -> None:
    """The authority would not end while a site is silent, but only on the real line: its supervisor would kill it."""
    sender = WebhookSender(private_allowed=True, timeout_ms=60_000)
    there, left = threading.Event(), threading.Event()

    def behave(near: socket.socket) -> None:
        near.recv(65_536)
        there.set()
        while near.recv(65_536):
            pass
        left.set()

    with secure_site(speaking(issuer.issue("localhost")) if secret else None) as site:
        site.behave = behave
        telling = threading.Thread(target=sender.send, args=(WebhookMessage(site.url(), {}, b"{}"),))
        telling.start()
        assert there.wait(PATIENCE_S)
        sender.stop()
        telling.join(PATIENCE_S / 2)
        stopped = not telling.is_alive()
    telling.join(PATIENCE_S)
    assert stopped and left.is_set()


@pytest.mark.parametrize("begun", [b"HTTP/1.1 2", b"HTTP/1.1 204 No Content\r\nX: "], ids=["status", "head"])
def test_an_answer_that_drips_is_cut_and_is_none(issuer: Issuer, till: Till, begun: bytes) -> None:
    """A site that sends a byte now and then would keep a sender for hours; or the cut would make half an answer a whole one."""
    with secure_site(speaking(issuer.issue("localhost"))) as site:

        def answer(near: socket.socket) -> None:
            near.sendall(begun)
            while not site.told.ending.wait(0.05):
                near.sendall(b"0")

        site.told.instead = answer
        charge(till, site)
        in_vain(till, "no answer in time", timeout_ms=SHORT_MS)
        assert len(site.told.requests) == 1


@dataclass
class Flood:
    """An answer that goes on and on; ``sent`` grows while somebody takes it."""

    head: bytes
    piece: bytes
    sent: int = 0

    def __call__(self, near: socket.socket) -> None:
        near.settimeout(FLOOD_STALLS_S)
        near.sendall(self.head)
        while self.sent < FLOOD_BYTES:
            near.sendall(self.piece)
            self.sent += len(self.piece)


MOVED = b"HTTP/1.1 302 Found\r\nLocation: https://localhost/\r\n"
ENDLESS: dict[str, tuple[bytes, bytes, str]] = {
    "a content": (b"HTTP/1.1 200 OK\r\n\r\n", bytes(65_536), "200"),
    "an error's content": (b"HTTP/1.1 500 X\r\nContent-Length: 99999999999\r\n\r\n", bytes(65_536), "500"),
    "a redirect's content": (MOVED + b"\r\n", bytes(65_536), "302: a redirect is not followed"),
    "a redirect's pieces": (
        MOVED + b"Transfer-Encoding: chunked\r\n\r\n",
        b"10000\r\n" + bytes(65_536) + b"\r\n",
        "302: a redirect is not followed",
    ),
    "a line of the head": (b"HTTP/1.1 200 OK\r\nX: ", b"x" * 65_536, "the connection failed"),
    "lines of the head": (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 10_000, "the connection failed"),
    "promises to go on": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000, "no answer in time"),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_an_endless_answer_is_not_taken_in(issuer: Issuer, what: str) -> None:
    """One site could fill the authority's memory, and with it stop all payments."""
    head, piece, status = ENDLESS[what]
    flood = Flood(head, piece)
    with secure_site(speaking(issuer.issue("localhost"))) as site:
        site.told.instead = flood
        began = time.monotonic()
        sender = WebhookSender(private_allowed=True, timeout_ms=SHORT_MS if not head else 20_000)
        told = sender.send(WebhookMessage(site.url(), {}, b"{}"))
        took_s = time.monotonic() - began
    assert (told.acknowledged, told.status) == (status == "200", status)
    assert took_s < PATIENCE_S
    assert flood.sent < TAKEN_BYTES


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_a_plain_line_is_not_followed(issuer: Issuer, till: Till, status: int) -> None:
    """A merchant's mistake, or somebody who took over one page of a site, would have events sent on in clear to anywhere."""
    with webhook_site() as elsewhere, secure_site(speaking(issuer.issue("localhost"))) as site:

        def answer(near: socket.socket) -> None:
            near.sendall(f"HTTP/1.1 {status} X\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n".encode())

        site.told.instead = answer
        charge(till, site)
        in_vain(till, f"{status}: a redirect is not followed")
    assert len(site.told.requests) == 1 and elsewhere.requests == []


def test_a_certificate_opens_no_private_network(issuer: Issuer) -> None:
    """Who can have a certificate for a name could turn the name to our own network and be spoken to there."""
    with secure_site(speaking(issuer.issue("localhost", "127.0.0.1"))) as site:
        for host in ("localhost", "127.0.0.1"):
            told = WebhookSender(private_allowed=False).send(WebhookMessage(site.url(host), {}, b"{}"))
            assert (told.acknowledged, told.status) == (False, "the name leads into a private network")
    assert site.connections == 0


def test_the_alert_says_what_is_wrong_with_a_certificate(issuer: Issuer, till: Till) -> None:
    """The operator would read a line of a library, with addresses in it, and could not tell the merchant what to do."""
    with secure_site(speaking(issuer.issue("localhost", until=LONG_AGO + A_MONTH))) as site:
        charge(till, site)
        for _ in range(ALERT_TRIES):
            row = tell(till)
            till.world.clock.advance(row.next_ms - till.world.clock.now_ms())  # type: ignore[attr-defined] # the tests' own clock
    (alert,) = till.world.store.read(unseen_alerts)
    assert sentence(alert, {till.callers[PRESS].merchant_no: PRESS}) == (
        "A merchant's site does not acknowledge what it is told: merchant presse: last answer: the certificate has expired."
        " To do: tell the merchant; nothing is lost, telling goes on, and GET /v1/events has all of it."
    )


@pytest.mark.slow
def test_the_served_authority_tells_over_tls_and_the_operator_reads_why_not(
    tmp_path: Path, issuer: Issuer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everything would be right step by step, and the serving process would not know the merchant's signer."""
    shop = make_paying_site(tmp_path / "authority", active=1)
    operator = Operator(shop.folder, capsys)

    def webhook() -> dict[str, object]:
        (one,) = operator.asks("merchant", "webhooks")["webhooks"]
        return dict(one)

    with secure_site(speaking(issuer.issue("elsewhere.example"))) as site:
        operator.asks("merchant", "webhook", MERCHANT, "--url", site.url())
        with served(shop.folder) as running, shop.client(f"http://127.0.0.1:{running.port}") as client:
            paid = client.charge(100, cards=[shop.card()], key="one")
            wait_until(lambda: bool(webhook()["tries"]), "a try in vain")
            code, said, _ = operator.types("merchant", "webhooks")
            assert code == 0 and said.startswith(f"{MERCHANT}  {site.url()}  told up to 0, 1 waiting; ")
            assert "in vain (the certificate is not for this name), next in " in said
            site.speaks = speaking(issuer.issue("localhost"))
            operator.asks("merchant", "webhook", MERCHANT, "--again-from", "0")  # and nobody has to wait
            wait_until(lambda: webhook()["waiting"] == 0, "a site that was told")
            assert running.stop() == 0
            assert running.process.stderr is not None
            assert "Traceback" not in running.process.stderr.read()
    assert webhook()["last_status"] == "204"
    (request,) = site.told.requests
    assert believed(request, site.url(), shop.authority_key, SystemClock()) == paid.payment_id
