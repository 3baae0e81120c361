"""Reads the header fields of a signed message: which fields matter, what a signature says it covers, and in which form all must be.

Strict, because two readers who understand one text differently are how signatures are got around: one spelling, no field twice,
nothing unknown. It stands in the way of every request, so the usual form is read in one go. Not responsible for what must be
covered nor for whether the signature is right (``signing``).
"""

import binascii
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

import msgspec

VERSION_HEADER: Final = "kiosk-version"
KEY_HEADER: Final = "idempotency-key"
NONCE_BYTES: Final = 16

_PARAMETERS: Final = frozenset({"created", "keyid", "alg", "nonce", "tag"})
_MAX_INPUT_CHARS: Final = 1024
_LIST = re.compile(
    r"([a-z*][a-z0-9_.*-]{0,63})="  # label
    r'\(((?:"[a-z@-]+"(?:;req)?)(?: "[a-z@-]+"(?:;req)?)*)'  # parts
)
_PARAMETER_LIST = re.compile(r'(?:;[a-z]+=(?:"[ !#-\[\]-~]*"|[0-9]{1,15}))+')
_PARAMETER = re.compile(r';([a-z]+)=(?:"([ !#-\[\]-~]*)"|([0-9]{1,15}))')
# the order in which our own clients write them: what stands between the quoted texts, from the second one on
_USUAL_CREATED: Final = ";created="
_USUAL_KEYID: Final = ";keyid="
_USUAL_OTHERS: Final = [";alg=", ";nonce=", ";tag=", ""]
_MAX_CREATED_DIGITS: Final = 15
FIELD_VALUE = re.compile(r"[!-~](?:[ -~]*[!-~])?")

HeaderPairs = Iterable[tuple[bytes, bytes]]


class Seen(msgspec.Struct, frozen=True, gc=False):
    """What a signature says of itself; nothing of it is proved yet. ``params`` is the text that it signs about its parts."""

    order: tuple[str, ...]
    params: str
    created_s: int
    keyid: str
    alg: str
    nonce: str
    tag: str
    signature: bytes


_USED: Final = {
    name.encode(): name
    for name in (
        "signature", "signature-input", "content-digest", "content-type", KEY_HEADER, VERSION_HEADER, "content-encoding"
    )
}  # fmt: skip


def read_fields(headers: HeaderPairs) -> dict[str, str] | None:
    """The field lines that matter, by lower-case name; ``None`` when one of them comes twice or holds what no field may hold."""
    fields: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name = _USED.get(raw_name) or _USED.get(raw_name.lower())
        if name is None:
            continue
        try:
            value = raw_value.decode("ascii").strip(" \t")
        except UnicodeDecodeError:
            return None
        if name in fields or not FIELD_VALUE.fullmatch(value):
            return None
        fields[name] = value
    # a body is never encoded: what was signed is what is parsed
    return None if "content-encoding" in fields else fields


@lru_cache(maxsize=256)  # a client writes its list in one way all its life; whoever invents others costs evictions
def _listed(text: str, wanted: tuple[str, ...]) -> tuple[str, tuple[str, ...]] | None:
    """The label, and the parts as they are listed, if they are exactly those that are wanted."""
    found = _LIST.fullmatch(text)
    if found is None:
        return None
    order = tuple(part.replace('"', "") for part in found[2].split(" "))
    return (found[1], order) if len(order) == len(wanted) and set(order) == set(wanted) else None


def _parameters(text: str, *, nonce: bool) -> tuple[str, str, str, str, str] | None:
    """``created``, ``keyid``, ``alg``, ``nonce`` and ``tag``; ``None`` if one is missing, unknown, of the wrong kind, or there
    twice."""
    # taken apart at the quotation marks, which no text in quotes may hold: a fifth of what the general pattern takes
    pieces = text.split('"')
    if (
        len(pieces) == 9
        and pieces[2::2] == _USUAL_OTHERS
        and "\\" not in text
        and text.isascii()
        and text.isprintable()
    ):
        start = pieces[0]
        created = start[len(_USUAL_CREATED) : -len(_USUAL_KEYID)]
        if (
            start == f"{_USUAL_CREATED}{created}{_USUAL_KEYID}"
            and created.isdigit()
            and len(created) <= _MAX_CREATED_DIGITS
        ):
            return created, pieces[1], pieces[3], pieces[5], pieces[7]
    values: dict[str, str] = {}
    for name, quoted, number in _PARAMETER.findall(text) if _PARAMETER_LIST.fullmatch(text) else ():
        if name in values or name not in _PARAMETERS or bool(number) != (name == "created"):
            return None
        values[name] = number or quoted
    if not nonce:
        values.setdefault("nonce", "")
    if values.keys() != _PARAMETERS:
        return None
    return values["created"], values["keyid"], values["alg"], values["nonce"], values["tag"]


def read_signature(fields: Mapping[str, str], *, wanted: tuple[str, ...]) -> Seen | None:
    """The one signature, if it is about exactly the ``wanted`` parts; with ``@method`` among them, a request's, a nonce is
    needed."""
    text = fields.get("signature-input", "")
    if len(text) > _MAX_INPUT_CHARS:
        return None
    names, closing, parameters = text.partition(")")
    listed = _listed(names, wanted) if closing else None
    if listed is None:
        return None
    label, order = listed
    a_request = wanted[0] == "@method"
    values = _parameters(parameters, nonce=a_request)
    signature = _proof(fields.get("signature", ""), label)
    if values is None or signature is None:
        return None
    created, keyid, alg, nonce, tag = values
    if a_request and len(nonce) < NONCE_BYTES * 8 // 6:
        return None
    return Seen(order, text[len(label) + 1 :], int(created), keyid, alg, nonce, tag, signature)


def _proof(text: str, label: str) -> bytes | None:
    """The bytes of the one signature, if it stands under this label."""
    start = f"{label}=:"
    return read_proof(text[len(start) : -1]) if text.startswith(start) and text.endswith(":") else None


def read_proof(encoded: str) -> bytes | None:
    """The bytes of a signature; ``None`` for any other spelling than the one that they have, and for none at all."""
    try:
        proof = binascii.a2b_base64(encoded, strict_mode=True)
    except ValueError:  # of which the library's own error is one
        return None
    # the last character has bits that mean nothing
    return proof if proof and binascii.b2a_base64(proof, newline=False).decode("ascii") == encoded else None
