"""The verifier's own reader of canonical JSON: sorted keys, no spaces, UTF-8, no floats, no nulls, whole numbers below 2^53.

Strict: bytes that any other writer could have written differently are refused, so that one entry has one text.
"""

import json
from typing import Final

LIMIT: Final = 2**53
MAX_DEPTH: Final = 16


class NotCanonical(ValueError):  # noqa: N818 - reads as a sentence
    """Says what is not canonical about the bytes."""


def read(data: bytes) -> dict[str, object]:
    """The object in ``data``. Raises ``NotCanonical``."""
    try:
        text = data.decode("utf-8")
        value = json.loads(
            text, object_pairs_hook=_unique, parse_float=_no_float, parse_constant=_no_float, parse_int=_whole
        )
    except UnicodeDecodeError:
        raise NotCanonical("the content is not UTF-8") from None
    except NotCanonical:
        raise
    except (ValueError, RecursionError):
        raise NotCanonical("the content is not JSON") from None
    if not isinstance(value, dict):
        raise NotCanonical("the content is not a JSON object")
    _check(value, depth=0)
    if json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")) != text:
        raise NotCanonical("the content is JSON, but not in its canonical form (order of keys, spaces, escapes)")
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if not key.isascii():
            raise NotCanonical("a key is not ASCII")
        if key in found:
            raise NotCanonical(f"the key {key!r} stands twice")
        found[key] = value
    return found


def _no_float(text: str) -> object:
    raise NotCanonical(f"{text} is not a whole number")


def _whole(text: str) -> int:
    value = int(text)
    if abs(value) >= LIMIT:
        raise NotCanonical("a number is 2^53 or beyond")
    return value


def _check(value: object, *, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise NotCanonical(f"it is nested deeper than {MAX_DEPTH}")
    if value is None:
        raise NotCanonical("a value is null")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        _check(one, depth=depth + 1)
