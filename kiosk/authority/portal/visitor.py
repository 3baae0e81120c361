"""What a request says of its sender: which language, from which address, and the fields of a form that was sent.

The address is asked after by the limits alone: it is neither stored nor logged. Not responsible for what fields mean.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request

LANGUAGES = ("fr", "en")
FORM = "application/x-www-form-urlencoded"
MAX_FORM_BYTES = 8_192
MAX_FORM_FIELDS = 32


class BadForm(Exception):  # noqa: N818 - no page of ours sent this
    """The content is no form of ours."""


def language_of(request: Request, *, otherwise: str = "fr") -> str:
    """``?lang=`` first, because somebody chose it; then what the browser prefers of ours; then ``otherwise``."""
    chosen = request.query_params.get("lang")
    if chosen in LANGUAGES:
        return chosen
    best, best_weight = otherwise, 0.0
    for part in request.headers.get("accept-language", "")[:200].split(","):
        tag, _, parameter = part.strip().partition(";")
        name = tag.split("-")[0].lower()
        weight = _weight(parameter)
        if name in LANGUAGES and weight > best_weight:
            best, best_weight = name, weight
    return best


def address_of(request: Request, *, proxied: bool) -> str | None:
    """The shopper's address: the connection's, or what our own proxy wrote at the end of ``X-Forwarded-For``."""
    if proxied:
        last = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        if last:
            return last[:64]
    return request.client.host if request.client is not None else None


async def form_of(request: Request) -> Mapping[str, str]:
    """The fields of a sent form; the first of several with one name. Raises ``BadForm``."""
    if request.headers.get("content-type", "").split(";")[0].strip() != FORM:
        raise BadForm
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            raise BadForm
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS, errors="replace"
        )
    except ValueError:
        raise BadForm from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields.setdefault(name, value)
    return fields


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return min(1.0, float(value)) if name == "q" else 1.0
    except ValueError:
        return 0.0
