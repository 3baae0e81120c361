"""What the authority tells a merchant's site by itself: one event a request, signed under a tag of its own.

The request is a POST in the profile of ``signing`` whose body is an ``Event`` and whose idempotency key is the event's id; any 2xx
acknowledges it. Not responsible for carrying it (the authority's sender) nor for what happened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from kiosk.protocol.codec import encode
from kiosk.protocol.keys import SigningKey
from kiosk.protocol.payments import Event
from kiosk.protocol.signing import sign_request

WEBHOOK_TAG: Final = "kiosk-webhook-v1"
WEBHOOK_VERSION: Final = "1"
_USUAL_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class WebhookMessage:
    """One telling of an event: the fields and the bytes of a POST."""

    url: str
    headers: Mapping[str, str]
    body: bytes


def webhook_authority(url: str) -> str:
    """What the signature covers as ``@authority``: host, and port unless it is the usual one."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    return shown if parts.port in (None, _USUAL_PORTS.get(parts.scheme)) else f"{shown}:{parts.port}"


def webhook_message(event: Event, *, url: str, key: SigningKey, created_s: int, nonce: bytes) -> WebhookMessage:
    """The event, signed for this address. The same event is told again under the same key with a fresh nonce."""
    parts = urlsplit(url)
    body = encode(event)
    signed = sign_request(
        signer=key,
        keyid=key.public.fingerprint,
        authority=webhook_authority(url),
        method="POST",
        path=parts.path or "/",
        query=parts.query,
        body=body,
        idempotency_key=event.event_id,
        version=WEBHOOK_VERSION,
        created_s=created_s,
        nonce=nonce,
        tag=WEBHOOK_TAG,
    )
    return WebhookMessage(url, signed.headers, body)
