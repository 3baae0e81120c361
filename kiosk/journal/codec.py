"""Turns what happened into the signed bytes of a journal entry, and back. The format is described in ``docs/journal-format.md``.

The content of an entry is one canonical JSON object (``kiosk.protocol.canonical``); everything in it is under the signature. A
decoder is kept for every format version that was ever written, and a kind or version that this program does not know survives as
an ``OpaqueEvent``. Not responsible for drawing numbers or for keys (``store`` does) nor for checking rows against each other
(``chain`` does).
"""

import dataclasses
import hashlib
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

import msgspec

from kiosk.domain.events import KINDS, Event, OpaqueEvent
from kiosk.protocol.canonical import canonical_bytes

FORMAT: Final = 1
GENESIS: Final = bytes(32)
MAX_CONTENT_BYTES: Final = (
    65_536  # an entry must fit a delivery (MAX_BODY_BYTES) with room to spare, escaped as a JSON text
)

MASTER: Final = "master"
# every fiscal chain of CAI-07; those without a kind yet have a genesis and no entries
CHAINS: Final = ("ticket", "copy", "closure", "event", "archive", "training", "collection")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_AT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that is signed in one entry, decoded. ``at_ms`` is UTC, ``offset_minutes`` the local time's distance from it.

    ``chain_prev`` is the hash of the previous entry of the same fiscal chain; the three chain fields are set together or not at
    all.
    """

    terminal: str
    epoch: int
    seq: int
    at_ms: int
    offset_minutes: int
    mono_ms: int
    boot: str
    user: str
    event: Event
    chain: str | None = None
    chain_no: int | None = None
    chain_prev: bytes | None = None


class NotAnEntry(ValueError):  # noqa: N818 - reads as a sentence
    """The bytes are not the content of a journal entry; the message says what is wrong with them, never the content."""


def encode(content: Content) -> bytes:
    """The canonical bytes of ``content`` in the current format."""
    event = content.event
    assert not isinstance(event, OpaqueEvent), "an opaque event is read, never written"
    fields: dict[str, object] = {
        "v": FORMAT,
        "terminal": content.terminal,
        "epoch": content.epoch,
        "seq": content.seq,
        "at": utc_text(content.at_ms),
        "offset_minutes": content.offset_minutes,
        "mono_ms": content.mono_ms,
        "boot": content.boot,
        "user": content.user,
        "kind": type(event).__name__,
        "body": _plain(event),
    }
    if content.chain is not None:
        assert content.chain_no is not None and content.chain_prev is not None
        fields |= {"chain": content.chain, "chain_no": content.chain_no, "chain_prev": content.chain_prev.hex()}
    data = canonical_bytes(fields)
    assert len(data) <= MAX_CONTENT_BYTES, "an entry is small: the till's limits on lines and texts keep it so"
    return data


def decode(data: bytes) -> Content:
    """The content in ``data``. Raises ``NotAnEntry``; an unknown kind or format is not an error but an ``OpaqueEvent``."""
    try:
        head = _head_decoder().decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotAnEntry(f"not the content of an entry: {error}") from None
    decoder = _DECODERS.get(head.v, _opaque)
    at_ms = utc_ms(head.at)
    if (head.chain is None) != (head.chain_no is None) or (head.chain is None) != (head.chain_prev is None):
        raise NotAnEntry("chain, chain_no and chain_prev stand together")
    return Content(
        terminal=head.terminal,
        epoch=head.epoch,
        seq=head.seq,
        at_ms=at_ms,
        offset_minutes=head.offset_minutes,
        mono_ms=head.mono_ms,
        boot=head.boot,
        user=head.user,
        event=decoder(head),
        chain=head.chain,
        chain_no=head.chain_no,
        chain_prev=None if head.chain_prev is None else _hash_of(head.chain_prev),
    )


def entry_hash(prev: bytes, content: bytes) -> bytes:
    """SHA-256(previous entry's hash ‖ content): what the next entry names and what is signed."""
    assert len(prev) == 32
    return hashlib.sha256(prev + content).digest()


def utc_text(at_ms: int) -> str:
    """``2026-01-01T09:00:00.000Z``: always milliseconds, always UTC, so that texts sort as times do."""
    moment = _EPOCH + timedelta(milliseconds=at_ms)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1000:03d}Z"


def utc_ms(text: str) -> int:
    """The milliseconds since 1970 of ``utc_text``'s text. Raises ``NotAnEntry`` for any other form."""
    if not _AT.fullmatch(text):
        raise NotAnEntry("at is not a UTC time with milliseconds")
    try:
        return (datetime.fromisoformat(text) - _EPOCH) // _MS
    except ValueError:
        raise NotAnEntry("at is not a UTC time with milliseconds") from None


def local_offset_minutes(at_ms: int) -> int:
    """The machine's local time minus UTC at a UTC time, in minutes: summer time included."""
    return time.localtime(at_ms // 1000).tm_gmtoff // 60


class _Head(msgspec.Struct, frozen=True):
    """The envelope that every format shares; further fields of a newer format are signed and not needed here."""

    v: int
    terminal: str
    epoch: int
    seq: int
    at: str
    offset_minutes: int
    mono_ms: int
    boot: str
    user: str
    kind: str
    body: msgspec.Raw
    chain: str | None = None
    chain_no: int | None = None
    chain_prev: str | None = None


@cache
def _head_decoder() -> msgspec.json.Decoder[_Head]:
    return msgspec.json.Decoder(_Head)


@cache
def _decoders_of_v1() -> Mapping[str, msgspec.json.Decoder[Event]]:
    return {name: msgspec.json.Decoder(kind) for name, kind in KINDS.items()}


def _decode_v1(head: _Head) -> Event:
    decoder = _decoders_of_v1().get(head.kind)
    if decoder is None:
        return _opaque(head)
    try:
        return decoder.decode(head.body)
    except msgspec.ValidationError as error:
        raise NotAnEntry(f"the body of {head.kind} is not as its format says: {error}") from None


def _opaque(head: _Head) -> Event:
    return OpaqueEvent(kind=head.kind, body=bytes(head.body).decode("utf-8"))


_DECODERS: Final[Mapping[int, Callable[[_Head], Event]]] = {1: _decode_v1}


def _plain(value: object) -> object:
    """Frozen dataclasses and tuples as JSON's objects and lists; what is ``None`` is left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        pairs = ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
        return {name: _plain(inner) for name, inner in pairs if inner is not None}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    assert isinstance(value, str | int), (
        f"a journal holds text, whole numbers and truth values, not {type(value).__name__}"
    )
    return value


def _hash_of(text: str) -> bytes:
    if len(text) != 64 or text != text.lower():
        raise NotAnEntry("chain_prev is not a SHA-256 in lower-case hex")
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise NotAnEntry("chain_prev is not a SHA-256 in lower-case hex") from None
