"""Carries a webhook to a merchant's site: the authority's only file that imports ``requests``, and the border of its errors.

One attempt a call, within a deadline however slowly the other side drips; no redirect, no proxy or password file of the
environment, nothing of the answer but its status. The name is resolved here and the connection goes to an address that was looked
at: one that leads into a private network is refused, unless the authority is a demonstration. Runs on threads. Not responsible for
what is told (``services.webhooks``).
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from contextlib import suppress
from typing import Any, Final

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.ssl_ import create_urllib3_context

from kiosk.authority.services.webhooks import Told
from kiosk.failpoints import failpoint
from kiosk.protocol.webhooks import WebhookMessage

TIMEOUT_MS: Final = 5_000
ADDRESSES_TRIED_MAX: Final = 3

_TOO_LATE: Final = "no answer in time"
_OTHER_NAME: Final = "the certificate is not for this name"
_UNBELIEVED: Final = (
    "the certificate is signed by nobody who is believed here, or the site does not send the whole chain"
)
_CERTIFICATES: Final = {  # OpenSSL's X509_V_ERR_… → what the operator reads
    9: "the certificate is not valid yet",
    10: "the certificate has expired",
    18: _UNBELIEVED,
    19: _UNBELIEVED,
    20: _UNBELIEVED,
    21: _UNBELIEVED,
    62: _OTHER_NAME,
    64: _OTHER_NAME,
}
_OLD_TLS: Final = "the site speaks only a TLS that is too old"
_HANDSHAKES: Final = {  # OpenSSL's reason → what the operator reads
    "NO_CERTIFICATE_OR_CRL_FOUND": "the file of the certificates that are believed here has none",
    "TLSV1_ALERT_PROTOCOL_VERSION": _OLD_TLS,
    "UNSUPPORTED_PROTOCOL": _OLD_TLS,
    "WRONG_VERSION_NUMBER": "no TLS is spoken there",
}


class _PrivateAddress(OSError):  # noqa: N818 - says what is the matter
    """The name leads where a merchant's site cannot be."""


class WebhookSender:
    """Sends from any thread, one connection an attempt. ``stop`` ends what is under way."""

    def __init__(self, *, private_allowed: bool, timeout_ms: int = TIMEOUT_MS) -> None:
        self._private_allowed = private_allowed
        self._timeout_s = timeout_ms / 1000
        self._lock = threading.Lock()
        self._under_way: set[_Wire] = set()
        self._stopped = False

    def send(self, message: WebhookMessage) -> Told:
        """One attempt. Never raises for what a network does."""
        wire = _Wire(private_allowed=self._private_allowed)
        with self._lock:
            if self._stopped:
                return Told(False, "stopping")
            self._under_way.add(wire)
        deadline = threading.Timer(self._timeout_s, wire.cut)
        deadline.name = "deadline of a webhook"
        deadline.start()
        try:
            return self._send(message, wire)
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            OSError,
            ValueError,
        ) as error:
            return Told(False, _why(error, wire))
        finally:
            deadline.cancel()
            deadline.join()
            with self._lock:
                self._under_way.discard(wire)
            wire.let_go()

    def stop(self) -> None:
        """End what is under way, from another thread, and send nothing more."""
        with self._lock:
            self._stopped = True
            under_way = list(self._under_way)
        for wire in under_way:
            wire.cut()

    def _send(self, message: WebhookMessage, wire: "_Wire") -> Told:
        with _Session() as session:
            session.trust_env = False
            # the file that SSL_CERT_FILE names, else this machine's; without one the list that comes with requests
            session.verify = ssl.get_default_verify_paths().cafile or True
            session.headers.clear()
            adapter = _adapter(wire)
            for scheme in ("http://", "https://"):
                session.mount(scheme, adapter)
            failpoint("authority.webhook.before_send")
            response = session.post(
                message.url,
                data=message.body,
                headers={**message.headers, "Accept-Encoding": "identity"},
                timeout=self._timeout_s,
                allow_redirects=False,
                stream=True,
            )
            with response:
                status = response.status_code
        failpoint("authority.webhook.after_answer")
        if wire.expired:  # the cut may have ended the head of an answer that was still coming
            return Told(False, _TOO_LATE)
        if 300 <= status < 400:
            return Told(False, f"{status}: a redirect is not followed")
        return Told(200 <= status < 300, str(status))


class _Session(requests.Session):
    """A session that never looks where a redirect leads: to say so, requests would first read all of the answer, however long."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class _Wire:
    """The connection of one attempt, so that another thread can cut it."""

    def __init__(self, *, private_allowed: bool) -> None:
        self.private_allowed = private_allowed
        self.expired = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def connect(self, host: str, port: int, timeout_s: float | None) -> socket.socket:
        """A connection to one of the name's addresses, all of which were looked at. Raises ``OSError``."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        targets = [(family, address) for family, _, _, _, address in found]
        if not self.private_allowed and not all(_public(str(address[0])) for _, address in targets):
            raise _PrivateAddress
        failure: OSError = ConnectionError("the name has no address")
        for family, address in targets[:ADDRESSES_TRIED_MAX]:
            made = socket.socket(family, socket.SOCK_STREAM)
            made.settimeout(timeout_s)
            try:
                self._hold(made)
                made.connect(address)
            except OSError as error:
                made.close()
                failure = error
                continue
            return made
        raise failure

    def cut(self) -> None:
        with self._lock:
            self.expired = True
            if self._socket is not None:
                with suppress(OSError):  # it may have ended already, or not be connected yet
                    self._socket.shutdown(socket.SHUT_RDWR)

    def let_go(self) -> None:
        """The attempt is over."""
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None

    def _hold(self, made: socket.socket) -> None:
        """Keep a handle of our own: TLS takes the connection out of ``made`` and leaves it empty."""
        self.let_go()
        with self._lock:
            if self.expired:
                raise TimeoutError("the time was over")
            self._socket = made.dup()


def _public(address: str) -> bool:
    """Whether an address may be a merchant's site: the whole internet's, and neither ours nor nobody's."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
        if found in ipaddress.ip_network("64:ff9b::/96"):  # NAT64 leads to the IPv4 address in its last 32 bits
            return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF).is_global
    return found.is_global and not found.is_multicast


def _adapter(wire: _Wire) -> HTTPAdapter:
    """An adapter whose connections are ``wire``'s."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, wire)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, wire)

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **more: Any) -> None:  # Any: handed through as they come
            modern = create_urllib3_context(ssl_minimum_version=ssl.TLSVersion.TLSv1_2)
            super().init_poolmanager(*args, **more, ssl_context=modern)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    adapter = Adapter(pool_connections=1, pool_maxsize=1, max_retries=0, pool_block=False)
    adapter.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
    return adapter


def _connect(connection: HTTPConnection, wire: _Wire) -> socket.socket:
    timeout = connection.timeout
    return wire.connect(connection.host.strip("[]"), connection.port, timeout if isinstance(timeout, float) else None)


def _why(error: BaseException, wire: _Wire) -> str:
    """The one place where errors of requests, urllib3 and the operating system become words; never their text, which holds
    addresses."""
    if wire.expired or isinstance(error, requests.Timeout | TimeoutError):
        return _TOO_LATE
    seen: BaseException | None = error
    causes: list[BaseException] = []
    while seen is not None and len(causes) < 8:
        causes.append(seen)
        reason = getattr(seen, "reason", None) or (seen.args[0] if seen.args else None)
        seen = seen.__cause__ or seen.__context__ or (reason if isinstance(reason, BaseException) else None)
    if any(isinstance(cause, _PrivateAddress) for cause in causes):
        return "the name leads into a private network"
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _CERTIFICATES.get(cause.verify_code, "the certificate is not one for a site, or is broken")
        if isinstance(cause, ssl.SSLError) and cause.reason in _HANDSHAKES:
            return _HANDSHAKES[cause.reason]
    if any(isinstance(cause, requests.exceptions.SSLError | ssl.SSLError) for cause in causes):
        return "TLS failed"
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return "the name has no address"
    return "the connection failed"
