"""The door: a request comes in only with a good, fresh, unseen signature of a known terminal that is not revoked (PR-05 to PR-08).

Works on raw bytes before anything is parsed, then decodes the message, checks that the idempotency key is the one that belongs to
what was asked, and calls the resource's handler. Not responsible for what a terminal may do with which card: the services decide.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from kiosk.authority.answers import Answers
from kiosk.authority.core import Authority
from kiosk.authority.resources import Call, Resource
from kiosk.authority.services.refused import TurnedAway, malformed
from kiosk.authority.store.places import TerminalRow, find_terminal
from kiosk.authority.store.ports import Runner
from kiosk.failpoints import failpoint
from kiosk.protocol.codec import Malformed, TooLarge, decode
from kiosk.protocol.keys import BadKey, VerifyKey, base64url
from kiosk.protocol.messages import MAX_BODY_BYTES, EnrolmentRequest
from kiosk.protocol.nonces import Nonces
from kiosk.protocol.problems import ProblemKind
from kiosk.protocol.routes import ENROLMENT_KEYID
from kiosk.protocol.signing import Claim, Fault, RequestParts, fault_of, read_claim, request_signature

MAX_KEYS_KEPT = 4_096
MAX_QUERY_CHARS = 1_024
MAX_QUERY_FIELDS = 16

_log = logging.getLogger("kiosk.authority")


@dataclass(frozen=True, slots=True)
class _Caller:
    """Who signed, found while the signature was checked."""

    terminal: TerminalRow | None
    claim: Claim


class Access:
    """Lets requests in and answers out. ``public_name`` is the authority's name in signatures, whatever a proxy puts into ``Host``.
    Belongs to one event loop."""

    def __init__(self, authority: Authority, runner: Runner, answers: Answers, *, public_name: str) -> None:
        self._authority = authority
        self._runner = runner
        self._answers = answers
        self._public_name = public_name
        self._nonces = Nonces()
        self._keys: dict[bytes, VerifyKey] = {}

    async def handle(self, resource: Resource, request: Request) -> Response:
        """The whole way of one request. Never raises."""
        signature = request_signature(request.headers.raw)
        try:
            body = await _body(request)
            parts = RequestParts(
                request.method,
                _raw_path(request),
                request.scope["query_string"].decode("ascii", "backslashreplace"),
                request.headers.raw,
                body,
            )
            caller = await self._let_in(resource, parts)
            if isinstance(caller, Fault):
                _log.info("%s turned away: %s", resource.name, caller.value)
                return self._answers.problem(self._answers.of_fault(caller), request_signature=signature)
            answer = await resource.handler(self._call(resource, request, parts, caller))
            failpoint("authority.answer.before_send")
            return self._answers.message(answer, request_signature=caller.claim.signature)
        except Exception as error:
            found = self._answers.of_error(error, where=resource.name)
            return self._answers.problem(found, request_signature=signature)

    async def _let_in(self, resource: Resource, parts: RequestParts) -> _Caller | Fault:
        claim = read_claim(parts, authority=self._public_name)
        if isinstance(claim, Fault):
            return claim
        terminal: TerminalRow | None = None
        if resource.enrols:
            key = _own_key(parts.body) if claim.keyid == ENROLMENT_KEYID else None
        else:
            # read anew for each request: a revocation is in force within the moment it is written (PR-05)
            terminal = await self._runner.read(lambda tx: find_terminal(tx, claim.keyid))
            key = self._key(terminal.request_key) if terminal else None
        fault = fault_of(claim, verifier=key, nonces=self._nonces, now_s=self._authority.clock.now_ms() // 1000)
        if fault is not None:
            return fault
        if terminal is not None and terminal.revoked_ms is not None and not resource.revoked_may:
            raise TurnedAway(ProblemKind.REVOKED_TERMINAL, "this terminal was revoked")
        return _Caller(terminal, claim)

    def _call(self, resource: Resource, request: Request, parts: RequestParts, caller: _Caller) -> Call:
        message: msgspec.Struct | None = None
        if resource.request is not None:
            if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
                raise malformed("the content is application/json")
            message = decode(parts.body, resource.request)
        call = Call(
            authority=self._authority,
            runner=self._runner,
            terminal=caller.terminal,
            params=request.path_params,
            query=_query(resource, parts.query),
            message=message,
            body=parts.body,
        )
        try:
            expected = resource.route(call)
        except ValueError:
            raise malformed("an id in the address is a lower-case UUID") from None
        if expected.key != caller.claim.idempotency_key and not _free_key(expected.key, caller.claim):
            raise malformed("the idempotency key is not the one that belongs to this request")
        return call

    def _key(self, point: bytes) -> VerifyKey:
        key = self._keys.get(point)
        if key is None:
            if len(self._keys) >= MAX_KEYS_KEPT:
                self._keys.clear()
            key = self._keys[point] = VerifyKey.from_text(base64url(point))
        return key


def _free_key(expected: str | None, claim: Claim) -> bool:
    """A question without effect (a balance) is named by its asker: only the form of its key is fixed."""
    given = claim.idempotency_key
    return expected is not None and expected.endswith("/*") and given is not None and given.startswith(expected[:-1])


def _own_key(body: bytes) -> VerifyKey | None:
    try:
        return VerifyKey.from_text(decode(body, EnrolmentRequest).request_key)
    except (Malformed, BadKey):
        return None


async def _body(request: Request) -> bytes:
    """The whole body, at most ``MAX_BODY_BYTES``; more is not even read."""
    declared = request.headers.get("content-length", "0")
    if not declared.isascii() or not declared.isdigit() or len(declared) > 12:
        raise Malformed("content-length is a number")
    if int(declared) > MAX_BODY_BYTES:
        raise TooLarge(f"at most {MAX_BODY_BYTES} bytes are allowed")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise TooLarge(f"at most {MAX_BODY_BYTES} bytes are allowed")
    return bytes(body)


def _raw_path(request: Request) -> str:
    raw = request.scope.get("raw_path") or request.scope["path"].encode("utf-8")
    path: str = raw.decode("ascii", "backslashreplace").split("?", 1)[0]
    return path


def _query(resource: Resource, text: str) -> Mapping[str, str]:
    if len(text) > MAX_QUERY_CHARS:
        raise malformed("the query is too long")
    try:
        pairs = (
            parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS, strict_parsing=True)
            if text
            else []
        )
    except ValueError:
        raise malformed("the query is not a list of names and values") from None
    known = {parameter.name for parameter in resource.parameters}
    values = dict(pairs)
    if len(values) != len(pairs) or not values.keys() <= known:
        raise malformed("a query parameter is unknown or comes twice")
    return values
