"""Carries one attempt to the authority and its answer back: the only file that imports ``requests``.

No retry, no redirect, no cookie; a bounded answer. The errors of ``requests`` hold the request, and with it a code: they end here,
and what is raised in their place does not lead back to them.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import requests
import urllib3

ANSWER_BYTES_MAX: Final = 1_048_576
CONNECT_TIMEOUT_S: Final = 3.0
_CHUNK: Final = 65_536


class Silence(Exception):  # noqa: N818 - what it is
    """No whole answer. ``sent`` is false when certainly nothing left this machine; ``why`` names a kind of failure, no content."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.why = why
        self.sent = sent


@dataclass(frozen=True, slots=True, repr=False)
class Body:
    """The bytes of a request. No repr: they may hold a code, and error reporters keep local variables."""

    data: bytes = b""

    def __repr__(self) -> str:
        return f"Body({len(self.data)} bytes)"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came. ``retry_after_s`` is the header's, when it counts seconds."""

    status: int
    content_type: str
    body: bytes
    retry_after_s: int | None


class Wire:
    """One session a thread, so that a site's threads share one client."""

    def __init__(self, address: str, *, sessions: Callable[[], requests.Session] | None = None) -> None:
        self._address = address.rstrip("/")
        self._make = sessions or _plain_session
        self._here = threading.local()
        self._lock = threading.Lock()
        self._all: list[requests.Session] = []

    def exchange(
        self, method: str, target: str, *, host: str, fields: Mapping[str, str], body: Body, timeout_s: float
    ) -> Reply:
        """Send one request and read the whole answer. Raises ``Silence``."""
        headers = {**fields, "host": host, "accept-encoding": "identity", "user-agent": "kiosk-merchant"}
        failed: Silence
        try:
            return self._read(method, self._address + target, headers, body, timeout_s)
        except requests.RequestException as error:
            failed = Silence(_why(error), sent=not _never_left(error))
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            failed = Silence(type(error).__name__, sent=True)
        try:
            raise failed  # outside of the handler: no context that leads to the request
        finally:
            del failed  # nor a circle that keeps the connection open until the next collection

    def close(self) -> None:
        """End every connection."""
        with self._lock:
            sessions, self._all = self._all, []
        for session in sessions:
            for adapter in session.adapters.values():
                # urllib3 2 forgets its pools when the session is closed and leaves their connections to the garbage collection
                pools = getattr(getattr(adapter, "poolmanager", None), "pools", {})
                for name in pools.keys():  # noqa: SIM118 - no mapping, and not iterable
                    pools[name].close()
            session.close()

    def _read(self, method: str, url: str, headers: Mapping[str, str], body: Body, timeout_s: float) -> Reply:
        with self._session().request(
            method,
            url,
            data=body.data or None,
            headers=dict(headers),
            timeout=(min(CONNECT_TIMEOUT_S, timeout_s), timeout_s),
            allow_redirects=False,
            stream=True,
        ) as response:
            answered = bytearray()
            while len(answered) <= ANSWER_BYTES_MAX and (piece := response.raw.read(_CHUNK, decode_content=False)):
                answered += piece
            if len(answered) > ANSWER_BYTES_MAX:
                raise ValueError("too large")
            after = response.headers.get("retry-after", "")
            return Reply(
                status=response.status_code,
                content_type=response.headers.get("content-type", "").partition(";")[0].strip().lower(),
                body=bytes(answered),
                retry_after_s=int(after) if after.isascii() and after.isdigit() and len(after) < 6 else None,
            )

    def _session(self) -> requests.Session:
        found: requests.Session | None = getattr(self._here, "session", None)
        if found is None:
            found = self._here.session = self._make()
            with self._lock:
                self._all.append(found)
        return found


class _Session(requests.Session):
    """Never looks where a redirect leads: to say so, requests would first read all of the answer, however long."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def _plain_session() -> requests.Session:
    session = _Session()
    session.trust_env = False  # no password file, and no proxy that nobody chose for money
    return session


def _never_left(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    inner = error.args[0] if error.args else None
    return isinstance(getattr(inner, "reason", None), urllib3.exceptions.NewConnectionError)


def _why(error: requests.RequestException) -> str:
    return "timeout" if isinstance(error, requests.Timeout) else type(error).__name__
