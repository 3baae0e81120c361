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
# the order in which our own clients write them, read in one go
_USUAL = re.compile(
    r';created=([0-9]{1,15});keyid="([ !#-\[\]-~]*)";alg="([ !#-\[\]-~]*)";nonce="([ !#-\[\]-~]*)";tag="([ !#-\[\]-~]*)"'
)
_SIGNATURE = re.compile(r"([a-z*][a-z0-9_.*-]{0,63})=:([A-Za-z0-9+/]+={0,2}):")
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
    usual = _USUAL.fullmatch(text)
    if usual is not None:
        return usual[1], usual[2], usual[3], usual[4], usual[5]
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
    signed = _SIGNATURE.fullmatch(fields.get("signature", ""))
    if listed is None or signed is None or listed[0] != signed[1]:
        return None
    a_request = wanted[0] == "@method"
    values = _parameters(parameters, nonce=a_request)
    if values is None:
        return None
    created, keyid, alg, nonce, tag = values
    if a_request and len(nonce) < NONCE_BYTES * 8 // 6:
        return None
    try:
        signature = binascii.a2b_base64(signed[2], strict_mode=True)
    except binascii.Error:
        return None
    if binascii.b2a_base64(signature, newline=False).decode("ascii") != signed[2]:
        return None  # the last character has bits that mean nothing: one signature has one spelling
    return Seen(listed[1], text[len(listed[0]) + 1 :], int(created), keyid, alg, nonce, tag, signature)
