"""Addresses and idempotency keys of the terminal's API, made in one place so that both sides cannot drift apart.

The key is a function of what is asked: the authority makes it again from the path (and ``n``) and refuses a request whose header
says otherwise. Not responsible for what the messages mean (``messages``).
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

LINES: Final = "/v1/lines"
ENTRIES: Final = "/v1/entries"
VOIDS: Final = "/v1/voids"
CHANGES: Final = "/v1/changes"
TIME: Final = "/v1/time"
BALANCES: Final = "/v1/balances"
ENROLMENTS: Final = "/v1/enrolments"

ENROLMENT_KEYID: Final = "enrolment"  # the ``keyid`` of the one request whose key stands in its own body
MAX_CHANGES: Final = 500
MAX_CURSOR_CHARS: Final = 200

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Route:
    """One request's address. ``key`` is its idempotency key, ``None`` for a GET."""

    method: str
    path: str
    key: str | None
    query: str = ""


def is_id(text: str) -> bool:
    """Whether ``text`` has the form of the ids that travel in addresses (lower-case UUID)."""
    return _ID.fullmatch(text) is not None


def line(verb: str, line_id: str, *, n: int = 0) -> Route:
    """A message about a line. ``verb``: reserve · extend (with its ``n``) · commit · status · cancel."""
    _expect_id(line_id)
    match verb:
        case "status":
            return Route("GET", f"{LINES}/{line_id}", None)
        case "extend":
            return Route("POST", f"{LINES}/{line_id}/extend", f"extend/{line_id}/{n}")
        case "reserve" | "commit" | "cancel":
            return Route("POST", f"{LINES}/{line_id}/{verb}", f"{verb}/{line_id}")
        case _:
            raise ValueError(f"no such verb: {verb!r}")


def entries(body: bytes) -> Route:
    """A delivery. Its key names the content: each entry is recognised by itself (epoch, seq, hash), whatever batch it comes in."""
    return Route("POST", ENTRIES, f"entries/{hashlib.sha256(body).hexdigest()[:32]}")


def void(void_id: str) -> Route:
    _expect_id(void_id)
    return Route("POST", f"{VOIDS}/{void_id}", f"void/{void_id}")


def changes(cursor: str, *, limit: int = MAX_CHANGES) -> Route:
    """The page after ``cursor``; an empty cursor means from the beginning."""
    return Route("GET", CHANGES, None, urlencode({"cursor": cursor, "limit": str(limit)}))


def time() -> Route:
    return Route("GET", TIME, None)


def balance(question_id: str) -> Route:
    return Route("POST", BALANCES, f"balance/{question_id}")


def enrolment(nonce: str) -> Route:
    """``nonce`` is the one of the request's body."""
    return Route("POST", ENROLMENTS, f"enrolment/{nonce}")


def _expect_id(text: str) -> None:
    if not is_id(text):
        raise ValueError("an id in an address is a lower-case UUID")
