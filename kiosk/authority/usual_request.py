"""Reads the one form in which nearly every request of a merchant's site arrives: plainly written, its body right behind its head.

Strict on purpose: whatever is unusual in any way — a second request behind it, half a head, another encoding, a field
twice, a name or value that two readers could understand differently — is ``None`` here and the HTTP library's to read. So a request
that is read here means to everybody in front of us what it means to us. Not responsible for signatures nor for answers (``front``).
"""

import re
from collections.abc import Mapping

import msgspec

from kiosk.protocol.messages import MAX_BODY_BYTES

MAX_HEAD_BYTES = 8_192

# what an address may hold unquoted (RFC 3986, 3.3 and 3.4); no fragment
_FIRST = re.compile(
    r"(GET|POST) (/[A-Za-z0-9%._~!$&'()*+,;=:@/-]*)(?:\?([A-Za-z0-9%._~!$&'()*+,;=:@/?-]*))? HTTP/1\.1\r\n"
)
# a token, one colon, one space, a value without blanks around it (RFC 9112, 5)
_FIELD = re.compile(r"^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([!-~](?:[ -~]*[!-~])?)\r$", re.MULTILINE)
_LENGTH = re.compile(r"0|[1-9][0-9]{0,8}")
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
    try:
        head = data[: end + 2].decode("ascii")
    except UnicodeDecodeError:
        return None
    first = _FIRST.match(head)
    if first is None:
        return None
    found = _FIELD.findall(head, first.end())
    if len(found) != head.count("\n") - 1:
        return None  # a line that is no plain field
    fields = {name.lower(): value for name, value in found}
    if len(fields) != len(found) or "host" not in fields or not _UNUSUAL.isdisjoint(fields):
        return None
    if fields.get("connection", "keep-alive").lower() != "keep-alive":
        return None
    body = data[end + 4 :]
    method, path, query = first.groups("")
    length = fields.get("content-length")
    if length is None:
        if method != "GET" or body:
            return None
    elif _LENGTH.fullmatch(length) is None or int(length) > MAX_BODY_BYTES or int(length) < len(body):
        return None
    elif int(length) > len(body):
        return _UNFINISHED
    return Usual(method, path, query, fields, body)
