"""Reads the one form in which nearly every request of a merchant's site arrives: plainly written, its body right behind its head.

Strict on purpose: whatever is unusual in any way — a second request behind it, half a head, another encoding, a field
twice, a name or value that two readers could understand differently — is ``None`` here and the HTTP library's to read. So a request
that is read here means to everybody in front of us what it means to us. Not responsible for signatures nor for answers (``front``).
"""

import re
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from kiosk.protocol.messages import MAX_BODY_BYTES

MAX_HEAD_BYTES = 8_192

# what an address may hold unquoted (RFC 3986, 3.3 and 3.4); no fragment
_FIRST = re.compile(r"(GET|POST) (/[A-Za-z0-9%._~!$&'()*+,;=:@/-]*)(?:\?([A-Za-z0-9%._~!$&'()*+,;=:@/?-]*))? HTTP/1\.1")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token (RFC 9110, 5.6.2)
_LENGTH = re.compile(r"0|[1-9][0-9]{0,8}")
# what each byte of a head is: 0 what no head of ours has, 1 the rest
_SEEN = bytes(byte in b"\r\n" or 0x20 <= byte < 0x7F for byte in range(256))
# each of these asks for something that the library knows how to do
_UNUSUAL = frozenset(
    {"transfer-encoding", "expect", "upgrade", "content-encoding", "te", "trailer", "proxy-connection"}
)


class Usual(msgspec.Struct, frozen=True):
    """A request: ``path`` and ``query`` raw, the query without its ``?``; ``fields`` by lower-case name; all of ``body``."""

    method: str
    path: str
    query: str
    fields: Mapping[str, str]
    body: bytes


class Unfinished(msgspec.Struct, frozen=True):
    """The beginning of a request in the usual form: its whole head, and not yet all of its body. Many clients send these as two
    packets."""


_UNFINISHED = Unfinished()


def read_usual(data: bytes) -> Usual | Unfinished | None:
    """The request that these bytes are, exactly and as a whole; ``None`` for anything else, which more bytes do not change."""
    end = data.find(b"\r\n\r\n", 0, MAX_HEAD_BYTES)
    if end < 0:
        return None
    head = data[: end + 2]
    if 0 in head.translate(_SEEN):
        return None
    text = head.decode("ascii")
    first, *lines, _ = text.split("\r\n")
    # every end of a line is a whole one; no value is empty or has blanks around it
    if text.count("\r") != len(lines) + 1 or text.count("\n") != len(lines) + 1 or ":  " in text or " \r\n" in text:
        return None
    try:
        method, path, query = _asked(first)
        fields = {_lower(name): value for name, value in [line.split(": ", 1) for line in lines]}
    except ValueError:
        return None
    if len(fields) != len(lines) or "host" not in fields or not _UNUSUAL.isdisjoint(fields):
        return None
    if "connection" in fields and fields["connection"].lower() != "keep-alive":
        return None
    body = data[end + 4 :]
    told = fields.get("content-length")
    if told is None:
        return None if method != "GET" or body else Usual(method, path, query, fields, body)
    length = int(told) if _LENGTH.fullmatch(told) is not None else MAX_BODY_BYTES + 1
    if length > MAX_BODY_BYTES or length < len(body):
        return None
    return _UNFINISHED if length > len(body) else Usual(method, path, query, fields, body)


@lru_cache(maxsize=256)  # nearly all ask for one address
def _asked(line: str) -> tuple[str, str, str]:
    """Method, path and query of a request's first line. Raises ``ValueError``."""
    found = _FIRST.fullmatch(line)
    if found is None:
        raise ValueError("not the usual first line")
    method, path, query = found.groups("")
    return method, path, query


@lru_cache(maxsize=256)  # a client writes a name in one way all its life; whoever invents others costs evictions
def _lower(name: str) -> str:
    """A field's name in lower case. Raises ``ValueError`` for what is none."""
    if _NAME.fullmatch(name) is None:
        raise ValueError("not a field's name")
    return name.lower()
