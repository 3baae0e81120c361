"""Checks that a webhook came from the authority, for your address, lately and whole. Needs the extra ``p256``.

A webhook is told until it is acknowledged, so it comes twice, late, and in any order: act on what it says of the payment in a way
that bears a repeat, or take it as a bell and ask with ``Client.payment``. Not responsible for remembering what was seen.
"""

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

from kiosk_merchant.clock import Clock, SystemClock
from kiosk_merchant.reading import Unreadable, event, json_object
from kiosk_merchant.signing import b64, content_digest
from kiosk_merchant.values import Event

TAG: Final = "kiosk-webhook-v1"
ALGORITHM: Final = "ecdsa-p256-sha256"
AGE_S_MAX: Final = 300
BODY_BYTES_MAX: Final = 1_048_576

_PARTS: Final = frozenset(
    {
        "@method", "@authority", "@path", "@query", "content-digest", "content-type", "idempotency-key", "kiosk-version",
    }
)  # fmt: skip
_INPUT = re.compile(r'sig=(\(((?:"[a-z@-]+")(?: "[a-z@-]+")*)\)((?:;[a-z]+=(?:"[ !#-\[\]-~]*"|[0-9]{1,15}))+))')
_PARAMETER = re.compile(r';([a-z]+)=(?:"([ !#-\[\]-~]*)"|([0-9]{1,15}))')
_SIGNATURE = re.compile(r"sig=:([A-Za-z0-9+/]{86}==):")


class BadWebhook(Exception):  # noqa: N818 - says what is the matter
    """Not from the authority, not for this address, altered, or too old. Answer 401 and do nothing."""


class Webhook:
    """Checks the webhooks of one address. ``authority_key`` is the authority's public key as the operator shows it."""

    def __init__(self, url: str, authority_key: str, *, clock: Clock | None = None) -> None:
        """``url`` is your address exactly as the operator has it: it is part of what is signed."""
        parts = urlsplit(url)
        if not parts.hostname:
            raise ValueError("url is the whole address of your webhook")
        usual = {"https": 443, "http": 80}.get(parts.scheme)
        shown = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        host = shown if parts.port in (None, usual) else f"{shown}:{parts.port}"
        self._derived = {
            "@method": "POST",
            "@authority": host,
            "@path": parts.path or "/",
            "@query": f"?{parts.query}",
        }
        self._authority_key = authority_key
        self._clock = clock or SystemClock()

    def verify(self, headers: Mapping[str, str] | Iterable[tuple[str, str]], body: bytes) -> Event:
        """The event. ``headers`` are the request's in any case, ``body`` its bytes before any decoding. Raises ``BadWebhook``."""
        from kiosk_merchant.p256 import verify

        fields = _fields(headers)
        order, params, values, signature = _parse(fields)
        if len(body) > BODY_BYTES_MAX or fields.get("content-digest") != content_digest(body):
            raise BadWebhook("the content is not what was signed")
        known = self._derived | {name: fields[name] for name in _PARTS if name in fields}
        if (
            values.get("tag") != TAG
            or values.get("alg") != ALGORITHM
            or set(order) != _PARTS
            or not set(known) >= _PARTS
        ):
            raise BadWebhook("the signature does not cover what it has to")
        base = "".join(f'"{name}": {known[name]}\n' for name in order) + f'"@signature-params": {params}'
        if not base.isascii() or not verify(self._authority_key, signature, base.encode("ascii")):
            raise BadWebhook("the signature is not the authority's for this address")
        if abs(self._clock.now_ms() // 1000 - int(values["created"])) > AGE_S_MAX:
            raise BadWebhook("the signature is too old, or one clock is wrong")
        try:
            return event(json_object(body))
        except Unreadable as unreadable:
            why = str(unreadable)
        raise BadWebhook(f"a content that this version cannot read: {why}")


def _fields(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> dict[str, str]:
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    fields: dict[str, str] = {}
    for name, value in pairs:
        lower = name.lower()
        if lower in fields and (lower in _PARTS or lower.startswith("signature")):
            raise BadWebhook(f"{lower} comes twice")
        fields[lower] = value.strip()
    return fields


def _parse(fields: Mapping[str, str]) -> tuple[list[str], str, dict[str, str], bytes]:
    """The parts in their order, the parameters as written and read, the signature."""
    found = _INPUT.fullmatch(fields.get("signature-input", "")[:1024])
    signed = _SIGNATURE.fullmatch(fields.get("signature", ""))
    if found is None or signed is None:
        raise BadWebhook("it is not signed")
    order = found[2].replace('"', "").split(" ")
    values = {name: text or number for name, text, number in _PARAMETER.findall(found[3])}
    whole = len(values) == found[3].count("=") - sum(text.count("=") for text in values.values())
    signature = base64.b64decode(signed[1])
    if (
        not whole
        or len(set(order)) != len(order)
        or not values.get("created", "").isdigit()
        or b64(signature) != signed[1]
    ):
        raise BadWebhook("it is not signed as it should be")
    return order, found[1], values, signature
