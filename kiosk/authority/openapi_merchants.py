"""Which problems may answer a merchant's request, as responses of the OpenAPI document: each status with the problems that have it.

Not responsible for the rest of the document (``openapi``).
"""

from typing import Any

from kiosk.authority.resources import MerchantResource
from kiosk.protocol.payments import REPLAYED_HEADER
from kiosk.protocol.problems import TRAITS, ProblemKind

Json = dict[str, Any]  # a JSON object of any shape

_ALWAYS = (
    ProblemKind.MALFORMED_REQUEST,
    ProblemKind.UNSIGNED_REQUEST,
    ProblemKind.BAD_SIGNATURE,
    ProblemKind.CLOCK_SKEW,
    ProblemKind.REPLAYED_REQUEST,
    ProblemKind.UNKNOWN_MERCHANT,
    ProblemKind.TOO_LARGE,
    ProblemKind.BUSY,
)
_WAITING = {ProblemKind.SLOW_DOWN, ProblemKind.BUSY}
# of these a repeat is answered from the record
_KEPT = {ProblemKind.PAYMENT_DECLINED, ProblemKind.PAYMENT_REFUSED}
_RETRY_AFTER: Json = {
    "description": "After how many seconds to ask again.",
    "schema": {"type": "integer", "minimum": 0},
}
_REPLAYED: Json = {
    "description": "Only on the answer to a repeat, which was answered under the same idempotency key before.",
    "schema": {"type": "string", "const": "true"},
}


def problems_of(resource: MerchantResource) -> list[ProblemKind]:
    """What may go wrong at a resource, apart from a bug of the authority."""
    found = list(_ALWAYS)
    if resource.request is not None:
        found.append(ProblemKind.IDEMPOTENCY_CONFLICT)
    if "{" in resource.path:
        found.append(ProblemKind.NOT_FOUND)
    if resource.takes_money:
        found.append(ProblemKind.MERCHANT_SUSPENDED)
    if resource.presents:
        found += [ProblemKind.HOSTED_PAGE_ONLY, ProblemKind.PAYMENT_DECLINED, ProblemKind.SLOW_DOWN]
    if resource.refuses:
        found.append(ProblemKind.PAYMENT_REFUSED)
    return found


def headers_of_yes(resource: MerchantResource) -> Json:
    """The header fields of a 200, as a part of that response; nothing for an address that only looks."""
    return {"headers": {REPLAYED_HEADER: _REPLAYED}} if resource.request is not None else {}


def responses_of(resource: MerchantResource, *, content: Json) -> Json:
    """The responses of a resource by status, ``content`` being a problem's."""
    by_status: dict[int, list[ProblemKind]] = {}
    for kind in problems_of(resource):
        by_status.setdefault(TRAITS[kind].status, []).append(kind)
    responses: Json = {}
    for status, kinds in sorted(by_status.items()):
        text = "; ".join(f"{kind.uri}: {TRAITS[kind].title}" for kind in kinds)
        response: Json = {"description": text, "content": content}
        if _WAITING & set(kinds):
            response["headers"] = {"Retry-After": _RETRY_AFTER}
        elif _KEPT & set(kinds):
            response["headers"] = {REPLAYED_HEADER: _REPLAYED}
        responses[str(status)] = response
    return responses
