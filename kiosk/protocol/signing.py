"""The one RFC 9421 profile of the project: how a request is signed and checked, and how an answer is bound to its request.

A request covers exactly ``@method @authority @path @query content-digest kiosk-version``, and unless it is a GET also
``content-type`` and ``idempotency-key``; parameters ``created keyid alg nonce tag``. An answer covers ``@status content-digest
"signature";req``. One signature a message, no parts less, none more. Checks run on raw bytes before anything is parsed (PR-06 to
PR-08). Not responsible for whose key it is (a ``KeyRing`` is passed in) nor for which HTTP library carries the message.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from operator import itemgetter
from typing import Final, Protocol

import msgspec

from kiosk.protocol.keys import Signer, Verifier
from kiosk.protocol.nonces import REMEMBER_S, Nonces, NonceVerdict
from kiosk.protocol.signature_fields import (
    FIELD_VALUE,
    KEY_HEADER,
    NONCE_BYTES,
    VERSION_HEADER,
    HeaderPairs,
    read_fields,
    read_signature,
)

TERMINAL_TAG: Final = "kiosk-terminal-v1"
MERCHANT_TAG: Final = "kiosk-merchant-v1"
AUTHORITY_TAG: Final = "kiosk-authority-v1"
MAX_AGE_S: Final = REMEMBER_S
MAX_SKEW_S: Final = 300

_READ: Final = ("@method", "@authority", "@path", "@query", "content-digest", VERSION_HEADER)
_WRITE: Final = (
    "@method",
    "@authority",
    "@path",
    "@query",
    "content-digest",
    "content-type",
    KEY_HEADER,
    VERSION_HEADER,
)
_READ_FIELDS: Final = frozenset(name for name in _READ if not name.startswith("@"))
_WRITE_FIELDS: Final = frozenset(name for name in _WRITE if not name.startswith("@"))
_WRITE_ONLY_FIELDS: Final = _WRITE_FIELDS - _READ_FIELDS
_NONE: Final[frozenset[str]] = frozenset()
_ANSWER: Final = '("@status" "content-digest" "signature";req)'

_LABEL: Final = "sig"
_TARGET = re.compile(r"[A-Z]+ [!-~]*")


class RequestParts(msgspec.Struct, frozen=True):
    """A request as it stands on the wire. ``path`` and ``query`` are raw (percent-encoded, the query without its ``?``);
    ``headers`` are all field lines, as ASGI gives them; ``body`` the bytes before any decoding."""

    method: str
    path: str
    query: str
    headers: HeaderPairs
    body: bytes


@dataclass(frozen=True, slots=True)
class Signed:
    """Header fields to send with a message. ``signature`` is the value of ``Signature``, to which the answer will be bound."""

    headers: Mapping[str, str]
    signature: str


class Fault(Enum):
    """Why a request's signature is refused; the value is the name of the problem that answers it."""

    UNSIGNED = "unsigned-request"
    BAD = "bad-signature"
    SKEW = "clock-skew"
    REPLAYED = "replayed-request"
    UNKNOWN_KEY = "unknown-terminal"
    BUSY = "busy"


class Verified(msgspec.Struct, frozen=True):
    """A request whose signature is good. ``signature`` is the value to bind the answer to."""

    keyid: str
    created_s: int
    nonce: str
    signature: str
    idempotency_key: str | None
    version: str


def content_digest(body: bytes) -> str:
    """The value of ``Content-Digest`` (RFC 9530), sha-256."""
    return f"sha-256=:{binascii.b2a_base64(hashlib.sha256(body).digest(), newline=False).decode('ascii')}:"


def sign_request(
    *,
    signer: Signer,
    keyid: str,
    authority: str,
    method: str,
    path: str,
    query: str = "",
    body: bytes = b"",
    content_type: str = "application/json",
    idempotency_key: str | None = None,
    version: str,
    created_s: int,
    nonce: bytes,
    tag: str = TERMINAL_TAG,
) -> Signed:
    """The header fields that make this request a signed one.

    A GET has no body and no idempotency key; every other method needs both a key and ``content_type``. ``authority`` is the public
    name of the authority (``host`` or ``host:port``, lower case), which is also what goes into ``Host``. ``nonce`` is fresh for
    each attempt, ``created_s`` UTC seconds. Raises ``ValueError`` for a value that cannot stand in a header.
    """
    headers = {"content-digest": content_digest(body), VERSION_HEADER: version}
    if method == "GET":
        if body or idempotency_key is not None:
            raise ValueError("a GET carries neither body nor idempotency key")
    else:
        if idempotency_key is None:
            raise ValueError("everything but a GET carries an idempotency key")
        headers |= {"content-type": content_type, KEY_HEADER: idempotency_key}
    if len(nonce) != NONCE_BYTES or not all(FIELD_VALUE.fullmatch(value) for value in headers.values()):
        raise ValueError("a header value or the nonce is not what it should be")
    covered = _covered(method)
    inner = " ".join(f'"{name}"' for name in covered)
    nonce_text = base64.b64encode(nonce).decode("ascii")
    alg = signer.algorithm.value
    params = f'({inner});created={created_s};keyid="{keyid}";alg="{alg}";nonce="{nonce_text}";tag="{tag}"'
    derived = _derived(method, authority, path, query)
    base = signature_base([(f'"{name}"', derived.get(name) or headers[name]) for name in covered], params)
    return _signed(headers, params, signer.sign(base))


class KeyRing(Protocol):
    """Whose key a ``keyid`` is; ``None`` for nobody's."""

    def __call__(self, keyid: str, /) -> Verifier | None: ...


class Claim(msgspec.Struct, frozen=True):
    """A request that is well formed and says whose it is; nothing of it is proved yet. ``base`` is what its owner would have signed
    (RFC 9421, 2.5), ``proof`` the bytes that are to prove it, ``signature`` the header's value, to which an answer is bound."""

    keyid: str
    alg: str
    created_s: int
    nonce: str
    base: bytes
    proof: bytes
    signature: str
    idempotency_key: str | None
    content_type: str | None
    version: str
    request: RequestParts


def read_claim(request: RequestParts, *, authority: str, tag: str = TERMINAL_TAG) -> Claim | Fault:
    """Everything that can be judged without the key, so that the key may be looked up meanwhile by whatever takes its time.

    ``authority`` is the configured public name: what the client wrote into ``Host`` is not looked at, so that a proxy may end TLS.
    """
    return claim_of(request, read_fields(request.headers), authority=authority, tag=tag)


def claim_of(request: RequestParts, fields: Mapping[str, str] | None, *, authority: str, tag: str) -> Claim | Fault:
    """``read_claim`` for header fields that were read already: by lower-case name, each once; ``None`` if they could not be."""
    if fields is None:
        return Fault.BAD
    if "signature" not in fields and "signature-input" not in fields:
        return Fault.UNSIGNED
    covered = _covered(request.method)
    seen = read_signature(fields, wanted=covered)
    if seen is None or seen.tag != tag or not _whole_request(request, fields, covered):
        return Fault.BAD
    layout, values_of = _layout(seen.order, request.method, authority, request.path, request.query)
    return Claim(
        keyid=seen.keyid,
        alg=seen.alg,
        created_s=seen.created_s,
        nonce=seen.nonce,
        base=(layout % values_of(fields) + seen.params).encode("ascii", "backslashreplace"),
        proof=seen.signature,
        signature=fields["signature"],
        idempotency_key=fields.get(KEY_HEADER),
        content_type=fields.get("content-type"),
        version=fields[VERSION_HEADER],
        request=request,
    )


def fault_of(claim: Claim, *, verifier: Verifier | None, nonces: Nonces, now_s: int) -> Fault | None:
    """What is wrong with a claim under the key of whom it names (``None``: nobody's); ``None`` when it is true.

    The nonce is remembered only for a good signature, so nobody else can use up a terminal's nonces.
    """
    if verifier is None:
        return Fault.UNKNOWN_KEY
    if verifier.algorithm != claim.alg or not verifier.verify(claim.proof, claim.base):
        return Fault.BAD
    # after the signature: only its owner learns the authority's time, and only its owner spends nonces
    if not now_s - MAX_AGE_S <= claim.created_s <= now_s + MAX_SKEW_S:
        return Fault.SKEW
    verdict = nonces.use(claim.keyid, claim.nonce, created_s=claim.created_s, now_s=now_s)
    if verdict is NonceVerdict.FRESH:
        return None
    return Fault.REPLAYED if verdict is NonceVerdict.SEEN else Fault.BUSY


def verify_request(
    request: RequestParts, *, authority: str, keys: KeyRing, nonces: Nonces, now_s: int, tag: str = TERMINAL_TAG
) -> Verified | Fault:
    """``read_claim`` and ``fault_of`` in one, for keys that are at hand. Anything missing, doubled, added or altered is a
    ``Fault``."""
    claim = read_claim(request, authority=authority, tag=tag)
    if isinstance(claim, Fault):
        return claim
    fault = fault_of(claim, verifier=keys(claim.keyid), nonces=nonces, now_s=now_s)
    if fault is not None:
        return fault
    return Verified(
        keyid=claim.keyid,
        created_s=claim.created_s,
        nonce=claim.nonce,
        signature=claim.signature,
        idempotency_key=claim.idempotency_key,
        version=claim.version,
    )


def request_signature(headers: HeaderPairs) -> str | None:
    """The value of the request's ``Signature``, good or not, for binding a problem to it; ``None`` when it has none or several."""
    fields = read_fields(headers)
    return None if fields is None else fields.get("signature")


def sign_answer(
    *,
    signer: Signer,
    keyid: str,
    status: int,
    body: bytes,
    request_signature: str,
    created_s: int,
    tag: str = AUTHORITY_TAG,
) -> Signed:
    """The header fields that sign an answer and bind it to the request whose ``Signature`` was ``request_signature``."""
    digest = content_digest(body)
    params = f'{_ANSWER};created={created_s};keyid="{keyid}";alg="{signer.algorithm.value}";tag="{tag}"'
    base = signature_base(_answer_lines(status, digest, request_signature), params)
    return _signed({"content-digest": digest}, params, signer.sign(base))


def verify_answer(
    *,
    verifier: Verifier,
    status: int,
    headers: HeaderPairs,
    body: bytes,
    request_signature: str,
    tag: str = AUTHORITY_TAG,
) -> bool:
    """Whether the answer was signed with this key for this very request. ``False`` means: no answer (PR-08).

    Age is not judged: the request's nonce makes an old answer impossible, and a till with a wrong clock must hear ``clock-skew``.
    """
    fields = read_fields(headers)
    if fields is None or fields.get("content-digest") != content_digest(body):
        return False
    seen = read_signature(fields, wanted=("@status", "content-digest", "signature;req"))
    if seen is None or seen.tag != tag or seen.alg != verifier.algorithm.value:
        return False
    values = dict(_answer_lines(status, fields["content-digest"], request_signature))
    lines = [(name, values[name]) for name in (_quoted(part) for part in seen.order)]
    return verifier.verify(seen.signature, signature_base(lines, seen.params))


def _whole_request(request: RequestParts, fields: Mapping[str, str], covered: tuple[str, ...]) -> bool:
    # a field of the profile that is there and not covered could be altered on the way and still be acted on
    needed, extra = (_READ_FIELDS, _WRITE_ONLY_FIELDS) if covered is _READ else (_WRITE_FIELDS, _NONE)
    if not needed <= fields.keys() or not extra.isdisjoint(fields):
        return False
    if request.method == "GET" and request.body:
        return False
    if not _is_target(request.method, request.path, request.query):
        return False
    return fields["content-digest"] == content_digest(request.body)


@lru_cache(maxsize=256)  # nearly all ask for one address
def _is_target(method: str, path: str, query: str) -> bool:
    return _TARGET.fullmatch(f"{method} {path}?{query}") is not None


def _covered(method: str) -> tuple[str, ...]:
    return _READ if method == "GET" else _WRITE


def _derived(method: str, authority: str, path: str, query: str) -> dict[str, str]:
    return {"@method": method, "@authority": authority, "@path": path or "/", "@query": f"?{query}"}


def _answer_lines(status: int, digest: str, request_signature: str) -> list[tuple[str, str]]:
    return [('"@status"', str(status)), ('"content-digest"', digest), ('"signature";req', request_signature)]


def _quoted(part: str) -> str:
    name, _, req = part.partition(";")
    return f'"{name}";req' if req else f'"{name}"'


@lru_cache(maxsize=256)  # a client has one order all its life, and nearly all ask for one address
def _layout(
    order: tuple[str, ...], method: str, authority: str, path: str, query: str
) -> tuple[str, Callable[[Mapping[str, str]], tuple[str, ...]]]:
    """The signature base of such requests up to the parameters, a place for each field's value, and how to get the values."""
    derived = _derived(method, authority, path, query)
    lines = [f'"{name}": {derived[name].replace("%", "%%") if name in derived else "%s"}\n' for name in order]
    return "".join(lines) + '"@signature-params": ', itemgetter(*(name for name in order if name not in derived))


def signature_base(lines: Iterable[tuple[str, str]], params: str) -> bytes:
    """The signature base of RFC 9421, 2.5: ``lines`` are (component identifier as written, its value)."""
    text = "".join(f"{name}: {value}\n" for name, value in lines)
    return f'{text}"@signature-params": {params}'.encode("ascii", "backslashreplace")


def _signed(headers: dict[str, str], params: str, signature: bytes) -> Signed:
    value = f"{_LABEL}=:{base64.b64encode(signature).decode('ascii')}:"
    return Signed({**headers, "signature-input": f"{_LABEL}={params}", "signature": value}, value)
