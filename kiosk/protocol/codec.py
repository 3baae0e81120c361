"""Messages to bytes and back: strict JSON of bounded size. The one place where an integral float becomes a whole number.

Not responsible for signatures (``signing`` works on the raw bytes before anything is parsed) nor for the journal's signed bytes
(``canonical``).
"""

import re
from typing import Any, TypeVar

import msgspec

from kiosk.protocol.canonical import MAX_WHOLE
from kiosk.protocol.messages import MAX_BODY_BYTES

MAX_ANSWER_BYTES = 1_048_576
MAX_DETAIL_CHARS = 200

T = TypeVar("T")


class Malformed(ValueError):  # noqa: N818 - reads as the problem it becomes
    """The bytes are not the message that was expected. ``detail`` names the place and what was expected, and holds no value."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class TooLarge(Malformed):
    """More bytes than allowed; nothing of them was read."""


_ENCODER = msgspec.json.Encoder()
_NUL = re.compile(
    rb"(?<!\\)(?:\\\\)*\\u0000"
)  # an odd number of backslashes: with an even one it is the text "\\u0000"


def encode(message: msgspec.Struct) -> bytes:
    """The UTF-8 JSON of a message; fields that have their default are left out."""
    return _ENCODER.encode(message)


def holds_nul(body: bytes) -> bool:
    """Whether a text in this JSON holds the character U+0000, which no name or id has and not every database can keep."""
    return b"\\u0000" in body and _NUL.search(body) is not None


def decode(body: bytes, kind: type[T], *, limit: int = MAX_BODY_BYTES) -> T:
    """The message in ``body``. Raises ``Malformed``, or ``TooLarge`` beyond ``limit`` bytes.

    Numeric text, missing fields, and for a ``Request`` unknown fields are refused. A float that is a whole number
    (``7124.0``) counts as that number, because JSON knows only one kind of number; any other float is refused. So is a text with
    the character U+0000, which no name or id has and not every database can keep.
    """
    if len(body) > limit:
        raise TooLarge(f"at most {limit} bytes are allowed")
    if holds_nul(body):
        raise Malformed("a text holds the character U+0000")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        return _again(body, kind, error)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed("not JSON in UTF-8") from None


def _again(body: bytes, kind: type[T], first: msgspec.ValidationError) -> T:
    """The slow path, taken only by a body with a float where an integer belongs."""
    if "got `float`" not in str(first):
        raise Malformed(_worded(first)) from None
    try:
        return msgspec.convert(_whole(msgspec.json.decode(body)), kind)
    except msgspec.ValidationError as error:
        raise Malformed(_worded(error)) from None
    except (msgspec.DecodeError, RecursionError):
        raise Malformed("not JSON in UTF-8") from None


def _whole(value: Any) -> Any:  # Any: a JSON value of any shape
    match value:
        case float() if value.is_integer() and abs(value) <= MAX_WHOLE:
            return int(value)
        case list():
            return [_whole(item) for item in value]
        case dict():
            return {key: _whole(item) for key, item in value.items()}
        case _:
            return value


def _worded(error: msgspec.ValidationError) -> str:
    text = str(error)
    if "'" in text:  # "Invalid enum value '…'" quotes what was sent, and that may be a serial in the wrong field
        text = "a value that is not one of those allowed" + "".join(text.rpartition(" - at ")[1:])
    return text[:MAX_DETAIL_CHARS]


def schema_of(*kinds: type[msgspec.Struct]) -> dict[str, Any]:
    """JSON Schema components of messages, for the OpenAPI document: ``{name: schema}``. There too ``1.0`` is an integer."""
    _, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    return components
