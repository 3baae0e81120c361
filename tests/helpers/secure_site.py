"""A merchant's site over TLS on loopback, and certificates of a throw-away authority in a test's folder: right and wrong ones.

Speaks TLS through the standard library. Not responsible for reading requests and answering them (``webhook_site``).
"""

import datetime
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.helpers.stand_in import RawServer
from tests.helpers.webhook_site import WebhookSite

PATH = "/hooks/kiosk?shop=1"
LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
LONG_AFTER = datetime.datetime(2119, 1, 1, tzinfo=datetime.UTC)

Behave = Callable[[socket.socket], None]


class Issuer:
    """Signs certificates. ``file`` is what whoever is to believe them is given."""

    def __init__(self, folder: Path, name: str = "issuer") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(name)
        self._count = 0
        own = _unsigned(self._name, self._name, self._key.public_key(), LONG_AGO, LONG_AFTER)
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(own.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def issue(
        self,
        *names: str,
        common_name: str = "a site",
        since: datetime.datetime = LONG_AGO,
        until: datetime.datetime = LONG_AFTER,
        usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
        self_signed: bool = False,
    ) -> Path:
        """A key and its certificate for ``names`` in one file."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _named(common_name)
        made = _unsigned(subject, subject if self_signed else self._name, key.public_key(), since, until)
        made = made.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if names:
            made = made.add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        signed = made.sign(key if self_signed else self._key, hashes.SHA256())
        self._count += 1
        path = self._folder / f"{self.file.stem}-{self._count}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + signed.public_bytes(serialization.Encoding.PEM)
        )
        return path


def speaking(certificate: Path) -> ssl.SSLContext:
    """How a site of today speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@dataclass
class _Told(WebhookSite):
    """``instead`` answers in place of ``answers``, after the request was read and kept."""

    instead: Behave | None = None

    def _answer(self, connection: socket.socket, answer: int | str) -> None:
        if self.instead is None:
            super()._answer(connection, answer)
        else:
            self.instead(connection)


class SecureSite:
    """``speaks`` and ``behave`` may be changed between two connections; without ``speaks`` no TLS is spoken. ``told`` has the
    requests that came through, and how they are answered."""

    def __init__(self, server: RawServer, speaks: ssl.SSLContext | None) -> None:
        self.speaks = speaks
        self.connections = 0
        self.versions: list[str | None] = []
        self.port = server.port
        self.told = _Told(server.port)
        self.behave: Behave = self.told.serve

    def url(self, host: str = "localhost") -> str:
        return f"https://{host}:{self.port}{PATH}"

    def serve(self, near: socket.socket) -> None:
        """One connection."""
        self.connections += 1
        if self.speaks is None:
            self.behave(near)
            return
        with self.speaks.wrap_socket(near, server_side=True) as secure:
            self.versions.append(secure.version())
            self.behave(secure)


@contextmanager
def secure_site(speaks: ssl.SSLContext | None) -> Iterator[SecureSite]:
    """A site on a free loopback port, until the end of the block, when everything that it heard is in."""
    made: list[SecureSite] = []
    with RawServer(lambda near: made[0].serve(near)) as server:
        made.append(SecureSite(server, speaks))
        try:
            yield made[0]
        finally:
            made[0].told.ending.set()


def _named(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _unsigned(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    since: datetime.datetime,
    until: datetime.datetime,
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        subject_name=subject,
        issuer_name=issuer,
        public_key=key,
        serial_number=x509.random_serial_number(),
        not_valid_before=since,
        not_valid_after=until,
    )
