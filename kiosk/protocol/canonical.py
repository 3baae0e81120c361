"""The one way in which our JSON becomes bytes that are hashed and signed: RFC 8785 narrowed to what a journal entry may hold.

Sorted keys, no spaces, UTF-8; texts, booleans, whole numbers below 2^53, lists, objects. No floats, no nulls, no other keys than
ASCII texts. Not responsible for what an entry contains.
"""

import json
from collections.abc import Mapping, Sequence

MAX_WHOLE = 2**53 - 1  # the largest integer that every JSON reader keeps exact (RFC 8259, 6)
MAX_DEPTH = 16


class NotCanonical(ValueError):  # noqa: N818 - says what is the matter
    """A value that has no canonical form, or bytes that are not in it. The message names the place, never the value."""


def canonical_bytes(value: Mapping[str, object]) -> bytes:
    """The bytes to sign. Two equal objects give equal bytes. Raises ``NotCanonical`` for anything outside the subset."""
    _check(value, "$", 0)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise NotCanonical("a text holds half of a surrogate pair") from None


def read_canonical(data: bytes) -> dict[str, object]:
    """The object in ``data``. Raises ``NotCanonical`` unless ``data`` is exactly what ``canonical_bytes`` makes of it.

    So a key that comes twice, another order, a space, ``1.0`` or a needless escape are refused: one meaning, one text.
    """
    try:
        value = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise NotCanonical("not JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise NotCanonical("not an object")
    if canonical_bytes(value) != data:
        raise NotCanonical("not in canonical form")
    return value


def _check(value: object, where: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise NotCanonical(f"{where}: nested deeper than {MAX_DEPTH}")
    match value:
        case bool() | str():
            return
        case int():
            if abs(value) > MAX_WHOLE:
                raise NotCanonical(f"{where}: beyond 2^53")
        case Mapping():
            for key, item in value.items():
                if not isinstance(key, str) or not key.isascii():
                    raise NotCanonical(f"{where}: keys are ASCII texts")  # so that every language sorts them alike
                _check(item, f"{where}.{key}", depth + 1)
        case Sequence() if not isinstance(value, bytes | bytearray | memoryview):
            for index, item in enumerate(value):
                _check(item, f"{where}[{index}]", depth + 1)
        case _:
            raise NotCanonical(f"{where}: {type(value).__name__} has no canonical form")
