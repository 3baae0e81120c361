"""Carries bytes to the authority and back: the only file that imports ``requests``, and the border at which its errors become ours.

One attempt a call: no retry, no redirect, no proxy or password file from the environment, no compressed answer. A deadline ends
the whole exchange, however slowly the other side drips. Not responsible for signatures or meaning (``exchange``). Import it late:
it takes longer to load than the rest of the room together.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.ssl_ import create_urllib3_context

from kiosk.errors import Bug
from kiosk.failpoints import failpoint
from kiosk.protocol.codec import MAX_ANSWER_BYTES
from kiosk.sync.exchange import HttpAnswer, NoAnswer, Silence

CONNECT_TIMEOUT_MS: Final = 3_000  # PR-17
MAX_TIMEOUT_MS: Final = 30_000
CHUNK_BYTES: Final = 65_536


@dataclass
class _Attempt:
    """What is known of the exchange under way. ``lock`` keeps ``expired`` and ``wire`` in step with the deadline's thread."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    wire: socket.socket | None = None
    sent: bool = False
    expired: bool = False
    stopped: bool = False

    def begin(self) -> None:
        with self.lock:
            self.wire, self.sent, self.expired = None, False, False

    def leaving(self, wire: socket.socket) -> None:
        """Called immediately before bytes go out."""
        with self.lock:
            if self.expired or self.stopped:
                raise TimeoutError("the time was over before anything was sent")
            self.wire, self.sent = wire, True

    def end(self) -> None:
        """The answer is whole, or will not come: from here on nothing may be cut."""
        with self.lock:
            self.wire = None

    def expire(self) -> None:
        with self.lock:
            self.expired = True
            self._cut()

    def stop(self) -> None:
        with self.lock:
            self.stopped = True
            self._cut()

    def _cut(self) -> None:
        if self.wire is not None:
            with suppress(OSError):  # it may be closed already
                self.wire.shutdown(socket.SHUT_RDWR)


class _Session(requests.Session):
    """A session that never looks where a redirect leads: to say so, requests would first read all of the answer, however long."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class HttpLink:
    """One kept-alive connection to the authority; one thread at a time. ``close`` it at the end."""

    def __init__(self, *, address: str, public_name: str, trust: str | None = None) -> None:
        """``address`` is where it is reached (``https://…``; ``http`` for loopback only), ``public_name`` the name that requests
        carry in ``Host``, ``trust`` a file of the certificates to believe in place of the usual ones."""
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise Bug("settings let an impossible address through")
        self._address = address.rstrip("/")
        self._public_name = public_name
        self._attempt = _Attempt()
        self._session = _Session()
        self._session.trust_env = False
        self._session.verify = True if trust is None else trust
        self._session.headers.clear()
        self._session.cookies.set_policy(
            DefaultCookiePolicy(allowed_domains=())
        )  # nothing is remembered between requests
        adapter = _adapter(self._attempt)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter)

    def exchange(
        self, *, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, timeout_ms: int
    ) -> HttpAnswer:
        """Send one request and read the whole answer within ``timeout_ms``. Raises ``NoAnswer`` NET-01 to NET-06 or NET-09."""
        if not 0 < timeout_ms <= MAX_TIMEOUT_MS:
            raise Bug("an attempt has a deadline")
        url = self._address + path + (f"?{query}" if query else "")
        timeout_s = timeout_ms / 1000
        self._attempt.begin()
        deadline = threading.Timer(timeout_s, self._attempt.expire)
        deadline.name = "deadline of an exchange"
        deadline.start()
        try:
            return self._read(method, url, headers, body, min(CONNECT_TIMEOUT_MS / 1000, timeout_s), timeout_s)
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            OSError,
            ValueError,
        ) as error:
            raise _no_answer(error, self._attempt) from error
        finally:
            self._attempt.end()
            deadline.cancel()
            deadline.join()

    def stop(self) -> None:
        """End the exchange under way, from another thread, and refuse every later one."""
        self._attempt.stop()

    def close(self) -> None:
        """Give the connection back. No exchange is under way."""
        self._session.close()

    def _read(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, connect_s: float, read_s: float
    ) -> HttpAnswer:
        failpoint("sync.http.before_send")
        response = self._session.request(
            method,
            url,
            data=body or None,
            headers={**headers, "Host": self._public_name, "Accept-Encoding": "identity"},
            timeout=(connect_s, read_s),
            allow_redirects=False,
            stream=True,
        )
        with response:
            raw = response.raw
            answered = bytearray()
            # to the very end: only the read that finds nothing more tells a whole answer from one that was cut short
            while len(answered) <= MAX_ANSWER_BYTES and (piece := raw.read(CHUNK_BYTES, decode_content=False)):
                answered += piece
            if len(answered) > MAX_ANSWER_BYTES:
                raise NoAnswer(Silence.NOT_OURS, sent=True, detail="too large")
            if self._attempt.expired:
                raise TimeoutError("cut at the deadline")
            pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in raw.headers.iteritems()]
            failpoint("sync.http.after_answer")
            return HttpAnswer(response.status_code, pairs, bytes(answered))


def _adapter(attempt: _Attempt) -> HTTPAdapter:
    """An adapter whose connections tell ``attempt`` the moment before their first byte leaves."""

    class Plain(HTTPConnection):
        def send(self, data: Any) -> None:  # Any: http.client takes bytes, files and iterables
            _announce(self, attempt)
            super().send(data)

    class Secure(HTTPSConnection):
        def send(self, data: Any) -> None:  # Any: as above
            _announce(self, attempt)
            super().send(data)

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **more: Any) -> None:  # Any: handed through as they come
            modern = create_urllib3_context(ssl_minimum_version=ssl.TLSVersion.TLSv1_3)  # TM-12
            super().init_poolmanager(*args, **more, ssl_context=modern)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    adapter = Adapter(pool_connections=1, pool_maxsize=1, max_retries=0, pool_block=False)
    adapter.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
    return adapter


def _announce(connection: HTTPConnection, attempt: _Attempt) -> None:
    if connection.sock is None:
        connection.connect()  # as http.client would do inside send: errors before this point mean that nothing left
    wire = connection.sock
    if wire is None:
        raise Bug("a connection without a socket")
    attempt.leaving(wire)


def _no_answer(error: Exception, attempt: _Attempt) -> NoAnswer:
    """The one place where errors of requests, urllib3 and the operating system become ours."""
    if isinstance(error, NoAnswer):
        return error
    sent = attempt.sent
    detail = type(error).__name__  # never the text: it holds addresses and may hold what was sent
    if attempt.stopped:
        silence = Silence.STOPPING
    elif isinstance(error, requests.exceptions.SSLError):
        silence = Silence.TLS
    elif isinstance(error, requests.ConnectTimeout):
        silence = Silence.CONNECT_TIMEOUT
    elif attempt.expired or isinstance(
        error, requests.ReadTimeout | urllib3.exceptions.ReadTimeoutError | TimeoutError
    ):
        silence = Silence.TIMEOUT if sent else Silence.CONNECT_TIMEOUT
    else:
        silence = Silence.BROKEN if sent else Silence.NO_ROUTE
    return NoAnswer(silence, sent=sent, detail=detail)
