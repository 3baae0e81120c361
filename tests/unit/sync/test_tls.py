"""T-TLS: only TLS 1.3, only a certificate that is trusted and names the host; and the deadline holds inside it too."""

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kiosk.sync.exchange import HttpAnswer, NoAnswer, Silence
from kiosk.sync.http import HttpLink
from tests.helpers.stand_in import RawServer, http


def certificate(folder: Path, name: x509.GeneralName) -> Path:
    """A key and a certificate signed with itself, in one file."""
    secret = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(secret.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(secret, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        secret.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + built.public_bytes(serialization.Encoding.PEM)
    )
    return path


Behaviour = Callable[[ssl.SSLSocket], None]


def answer(near: ssl.SSLSocket) -> None:
    near.recv(65_536)
    near.sendall(http(200, b"yes", {}))


def silence(near: ssl.SSLSocket) -> None:
    while near.recv(65_536):
        pass


class Secure:
    """A TLS server that does with each connection what a test wants."""

    def __init__(self, path: Path, behave: Behaviour, *, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        context.maximum_version = newest

        def serve(near: socket.socket) -> None:
            try:
                with context.wrap_socket(near, server_side=True) as wrapped:
                    behave(wrapped)
            except OSError:
                pass  # the till hung up, which is what some tests want

        self.server = RawServer(serve)
        self.address = self.server.address.replace("http:", "https:")


@pytest.fixture
def local(tmp_path: Path) -> Path:
    return certificate(tmp_path, x509.IPAddress(ipaddress.ip_address("127.0.0.1")))


Open = Callable[..., tuple[Secure, HttpLink]]


@pytest.fixture
def world() -> Iterator[Open]:
    opened: list[tuple[Secure, HttpLink]] = []

    def make(
        path: Path, behave: Behaviour, *, trust: Path | None, newest: ssl.TLSVersion | None = None
    ) -> tuple[Secure, HttpLink]:
        secure = Secure(path, behave, newest=newest or ssl.TLSVersion.TLSv1_3)
        link = HttpLink(
            address=secure.address, public_name="authority.example", trust=None if trust is None else str(trust)
        )
        opened.append((secure, link))
        return opened[-1]

    yield make
    for secure, link in opened:
        link.close()
        secure.server.__exit__()


def ask(link: HttpLink, *, timeout_ms: int = 5_000) -> HttpAnswer:
    return link.exchange(method="GET", path="/v1/time", query="", headers={}, body=b"", timeout_ms=timeout_ms)


def trouble_of(link: HttpLink, *, timeout_ms: int = 5_000) -> NoAnswer:
    with pytest.raises(NoAnswer) as caught:
        ask(link, timeout_ms=timeout_ms)
    return caught.value


def test_a_trusted_certificate(world: Open, local: Path) -> None:
    """No shop could reach the authority."""
    _, link = world(local, answer, trust=local)
    assert ask(link).body == b"yes"


def test_a_certificate_nobody_trusts(world: Open, local: Path) -> None:
    """Any box between shop and authority could read serials and sales."""
    _, link = world(local, answer, trust=None)
    trouble = trouble_of(link)
    assert (trouble.silence, trouble.sent, trouble.retryable) == (Silence.TLS, False, False)


def test_a_certificate_for_another_host(world: Open, tmp_path: Path) -> None:
    """Whoever has a certificate for anything could stand in between."""
    path = certificate(tmp_path, x509.DNSName("elsewhere.example"))
    _, link = world(path, answer, trust=path)
    assert trouble_of(link).silence is Silence.TLS


class Dripping:
    """Begins a handshake and says a byte of it now and then, for as long as somebody listens; ``cut`` once nobody does."""

    def __init__(self) -> None:
        self.begun, self.cut = threading.Event(), threading.Event()
        self._patience = threading.Event()

    def serve(self, near: socket.socket) -> None:
        near.recv(65_536)
        try:
            near.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")  # the first 16 KiB of an answer
            self.begun.set()
            for _ in range(400):
                near.sendall(b"\x00")
                self._patience.wait(0.05)
        except OSError:
            self.cut.set()


def test_the_deadline_holds_in_a_handshake_too(local: Path) -> None:
    """Whoever stands in between could hold every sale up for as long as they like, a byte at a time."""
    drips = Dripping()
    with RawServer(drips.serve) as server:
        link = HttpLink(address=server.address.replace("http:", "https:"), public_name="a.example", trust=str(local))
        trouble = trouble_of(link, timeout_ms=300)
        assert (trouble.silence, trouble.sent) == (Silence.CONNECT_TIMEOUT, False)
        assert drips.cut.wait(5), "it was still listened to"
        link.close()


def test_stopping_ends_a_handshake(local: Path) -> None:
    """The till would not close in the evening."""
    drips = Dripping()
    with RawServer(drips.serve) as server:
        link = HttpLink(address=server.address.replace("http:", "https:"), public_name="a.example", trust=str(local))

        def stop() -> None:
            assert drips.begun.wait(5)
            link.stop()

        stopper = threading.Thread(target=stop)
        stopper.start()
        trouble = trouble_of(link, timeout_ms=15_000)
        assert (trouble.silence, trouble.sent) == (Silence.STOPPING, False)
        assert drips.cut.wait(5), "it was still listened to"
        stopper.join()
        link.close()


def test_an_older_version(world: Open, local: Path) -> None:
    """A downgrade would go unnoticed."""
    _, link = world(local, answer, trust=local, newest=ssl.TLSVersion.TLSv1_2)
    assert trouble_of(link).silence is Silence.TLS


def test_the_deadline_inside_tls(world: Open, local: Path) -> None:
    """The clerk would wait for ever, but only on the real line."""
    _, link = world(local, silence, trust=local)
    trouble = trouble_of(link, timeout_ms=300)
    assert (trouble.silence, trouble.sent) == (Silence.TIMEOUT, True)
