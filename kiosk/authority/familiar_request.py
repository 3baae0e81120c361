"""Reads a request that is written like one before it on its connection, with other values.

A merchant's site writes all its payments in one way: the same fields in one order, the same parts signed in one order. What was
read and found true once need not be taken apart again to be understood: a pattern is made of it that has the same characters
everywhere but where a value stands, and where one stands takes only what cannot end it. So whatever fits the pattern means what
the first one meant, with other values, and makes the claim that the whole way would make of it; a test compares the two. What does
not fit is the whole way's. Not responsible for whether a claim is true (``merchant_access``).
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, Generic, NamedTuple, TypeVar

import msgspec

from kiosk.authority.usual_request import Usual
from kiosk.protocol.messages import MAX_BODY_BYTES
from kiosk.protocol.signature_fields import KEY_HEADER, read_proof
from kiosk.protocol.signing import Claim, RequestParts, content_digest

LESSONS: Final = 3  # a connection that writes in ever new ways is read the whole way
MISSES: Final = 8  # one after the other, until what was learnt is forgotten

_PLACES: Final = ("length", "digest", "key", "created", "nonce", "proof")
_LENGTH: Final = "(?P<length>[1-9][0-9]{0,8})"
_KEY: Final = "(?P<key>[!-~]{1,64})"
_NONCE: Final = "[A-Za-z0-9+/=_-]"
_DIGEST_LINE: Final = '"content-digest": '
_KEY_LINE: Final = f'"{KEY_HEADER}": '
_ONLY_NONCE = re.compile(f"{_NONCE}+")

T = TypeVar("T")


class Familiar(msgspec.Struct, frozen=True):
    """How a client writes one kind of request. ``groups`` are the pattern's groups in the order of ``_PLACES``; ``base`` is what
    stands around digest and key (in this order if ``digest_first``), creation and nonce in the text that is signed; ``like`` is
    what all of its claims have in common."""

    pattern: re.Pattern[str]
    groups: tuple[int, ...]
    base: tuple[str, str, str, str, str]
    digest_first: bool
    before_proof: str
    like: Claim

    def claim(self, data: bytes) -> Claim | None:
        """What the request that these bytes are, exactly and as a whole, claims; ``None`` if it is written in another way."""
        found = self.pattern.match(data.decode("latin-1"))
        if found is None:
            return None
        length, digest, key, created, nonce, encoded = found.group(*self.groups)
        body = data[found.end() :]
        if int(length) != len(body) or len(body) > MAX_BODY_BYTES or digest != content_digest(body):
            return None
        proof = read_proof(encoded)
        if proof is None:
            return None
        first, second = (digest, key) if self.digest_first else (key, digest)
        start, between, behind, upto, end = self.base
        like, request = self.like, self.like.request
        return Claim(
            keyid=like.keyid,
            alg=like.alg,
            created_s=int(created),
            nonce=nonce,
            base="".join((start, first, between, second, behind, created, upto, nonce, end)).encode("ascii"),
            proof=proof,
            signature=f"{self.before_proof}{encoded}:",
            idempotency_key=key,
            content_type=like.content_type,
            version=like.version,
            request=RequestParts(request.method, request.path, request.query, (), body),
        )


class Manner(Generic[T]):
    """How the client of one connection writes, as far as it was learnt: from its second request on that came the whole way and was
    true, so that neither strangers nor those who ask once cost a lesson. ``T`` is whatever belongs to a request's address."""

    def __init__(self) -> None:
        self._familiar: Familiar | None = None
        self._belongs: T | None = None
        self._met: tuple[bytes, Usual, Claim, T] | None = None
        self._count = 0
        self._lessons = LESSONS
        self._misses = 0

    def read(self, data: bytes) -> tuple[T, Claim] | None:
        """The claim of a request that is written as its like was; ``None`` for one that is to be read the whole way."""
        if self._familiar is None or self._belongs is None:
            return None
        claim = self._familiar.claim(data)
        if claim is None:
            self._misses += 1
            if self._misses >= MISSES:
                self._familiar = None
            return None
        self._misses = 0
        return self._belongs, claim

    def met(self, data: bytes, usual: Usual, claim: Claim, belongs: T) -> None:
        """A request was read the whole way."""
        self._count += 1
        if self._count > 1 and self._lessons and self._familiar is None:
            self._met = data, usual, claim, belongs

    def judged(self, *, true: bool) -> None:
        """Whether the request that was read last made a true claim."""
        met, self._met = self._met, None
        if met is None or not true:
            return
        self._lessons -= 1
        self._misses = 0
        data, usual, claim, self._belongs = met
        self._familiar = learn(data, usual, claim)


def learn(data: bytes, usual: Usual, claim: Claim) -> Familiar | None:
    """How the client writes that wrote this: ``data`` was read as ``usual``, which makes this claim. ``None`` if it writes in a way
    that is not worth learning."""
    if usual.method != "POST" or _ONLY_NONCE.fullmatch(claim.nonce) is None:
        return None
    varying = _Varying(f";created={claim.created_s}", f';nonce="{claim.nonce}"')
    base = _base_around(claim.base.decode("ascii"), varying)
    if base is None:
        return None
    asked, *lines, _, _ = data[: len(data) - len(usual.body)].decode("ascii").split("\r\n")
    pattern = _compiled("".join([re.escape(f"{asked}\r\n"), *_pieces(lines, claim, varying), "\r\n"]))
    request = claim.request
    return Familiar(
        pattern=pattern,
        groups=tuple(pattern.groupindex[place] for place in _PLACES),
        base=base,
        digest_first=base[0].endswith(_DIGEST_LINE),
        before_proof=claim.signature.partition(":")[0] + ":",
        like=Claim(
            keyid=claim.keyid, alg=claim.alg, created_s=0, nonce="", base=b"", proof=b"", signature="", idempotency_key=None,
            content_type=claim.content_type, version=claim.version,
            request=RequestParts(request.method, request.path, request.query, (), b""),
        ),
    )  # fmt: skip


class _Varying(NamedTuple):
    """The parameters of a signature that differ from one request to the next, as they stand in the first."""

    created: str
    nonce: str


def _base_around(base: str, varying: _Varying) -> tuple[str, str, str, str, str] | None:
    """What stands around the values in a text that is signed; ``None`` unless creation comes before nonce and each once."""
    *lines, parameters = base.split("\n")
    pieces = [""]
    for line in lines:
        start = next((one for one in (_DIGEST_LINE, _KEY_LINE) if line.startswith(one)), None)
        pieces[-1] += f"{line}\n" if start is None else start
        if start is not None:
            pieces.append("\n")
    before, _, rest = parameters.partition(varying.created)
    between, found, after = rest.partition(varying.nonce)
    if not found or parameters.count(varying.created) != 1 or parameters.count(varying.nonce) != 1:
        return None
    first, second, behind = pieces
    return first, second, f"{behind}{before};created=", f'{between};nonce="', f'"{after}'


def _pieces(lines: list[str], claim: Claim, varying: _Varying) -> Iterator[str]:
    """The pattern of each line of a head. A value is as long as the first one where all of its kind are."""
    for line in lines:
        name, _, value = line.partition(": ")
        match name.lower():
            case "content-length":
                piece = _LENGTH
            case "content-digest":
                piece = f"(?P<digest>[!-~]{{{len(value)}}})"  # it is compared with the body's
            case "idempotency-key":
                piece = _KEY
            case "signature":
                label, encoded = value[:-1].split("=:", 1)
                piece = f"{re.escape(label)}=:(?P<proof>[!-~]{{{len(encoded)}}}):"
            case "signature-input":
                created = f"(?P<created>[1-9][0-9]{{{len(str(claim.created_s)) - 1}}})"
                nonce = f"(?P<nonce>{_NONCE}{{{len(claim.nonce)}}})"
                piece = re.escape(value)
                piece = piece.replace(re.escape(varying.created), f";created={created}")
                piece = piece.replace(re.escape(varying.nonce), f';nonce="{nonce}"')
            case _:
                piece = re.escape(value)
        yield f"{re.escape(name)}: {piece}\r\n"


@lru_cache(maxsize=256)  # a site has one way of writing and many connections
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
