"""The merchants’ door, below the web framework: raw ASGI, because its way through Python bounds how many payments there are
a second. A request comes in only with a good, fresh, unseen signature of a merchant's key (PR-05 to PR-09).

Its answers are not signed: a merchant's site speaks TLS to the authority's name with a library that checks certificates; a till
behind a shop's line does not always. Not responsible for what a merchant may do with which payment (the services), nor for who the
merchants are (``directory``).
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from kiosk.authority.answers import JSON, Answers
from kiosk.authority.core import Authority
from kiosk.authority.directory import Directory, KnownKey
from kiosk.authority.resources import MerchantCall, MerchantResource, Question
from kiosk.authority.services.checkouts import Checkouts
from kiosk.authority.services.guard import Guard
from kiosk.authority.services.pay.answers import Declined
from kiosk.authority.services.pay.repeats import Repeated, asked_before
from kiosk.authority.services.pay.spending import Outcome, outcome_of
from kiosk.authority.services.refused import TurnedAway, malformed
from kiosk.authority.store.ports import AskingRunner, Runner
from kiosk.domain.payment import SpendReason
from kiosk.failpoints import failpoint
from kiosk.protocol.codec import Malformed, TooLarge, decode, encode
from kiosk.protocol.messages import MAX_BODY_BYTES
from kiosk.protocol.nonces import Nonces
from kiosk.protocol.payments import MAX_KEY_CHARS, REPLAYED_HEADER
from kiosk.protocol.problems import PROBLEM_JSON, Problem, ProblemKind, merchant_problem
from kiosk.protocol.signature_fields import read_fields
from kiosk.protocol.signing import MERCHANT_TAG, Claim, Fault, RequestParts, claim_of, fault_of

MAX_NONCES_PER_KEY = (
    2_000_000  # alive for six minutes: 5,500 requests a second by one key; with all keys at most 4,000,000
)
MAX_PAUSES = (
    64  # answers that a test card keeps back at once; a rehearsal must not hold the connections of real payments
)
MAX_QUERY_CHARS = 1_024
MAX_QUERY_FIELDS = 16

Scope = Mapping[str, Any]  # ASGI's own shapes
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Found = tuple[Mapping[str, MerchantResource], Mapping[str, str]]  # an address's resources by method, and the id in it

_KEY = re.compile(rf"[A-Za-z0-9._:-]{{1,{MAX_KEY_CHARS}}}")
_NO_STORE = (b"cache-control", b"no-store")
_YES = ((b"content-type", JSON.encode()), _NO_STORE)
_NO = ((b"content-type", PROBLEM_JSON.encode()), _NO_STORE)
_REPLAYED = (REPLAYED_HEADER.encode(), b"true")
_YES_AGAIN = (*_YES, _REPLAYED)
_DECLINES = frozenset({SpendReason.DECLINED, SpendReason.INSUFFICIENT_FUNDS, SpendReason.WRONG_CURRENCY})

_log = logging.getLogger("kiosk.authority")


class Reply(msgspec.Struct, frozen=True):
    """What goes back: ``fields`` are all header fields but the length of ``body``."""

    status: int
    body: bytes
    fields: tuple[tuple[bytes, bytes], ...]


class Waiting(msgspec.Struct, frozen=True):
    """A question that the lane of payments has, with what its answer needs to become a reply."""

    answer: "asyncio.Future[Any]"
    resource: MerchantResource
    said: Callable[[Outcome], None] | None


class _Gone(Exception):  # noqa: N818 - the client is
    """Whoever asked has closed the connection; nobody waits for an answer."""


class MerchantAccess:
    """Answers every address of its resources. ``public_name`` is the authority's name in signatures. Belongs to one event loop."""

    def __init__(
        self,
        authority: Authority,
        runner: Runner,
        answers: Answers,
        directory: Directory,
        guard: Guard,
        checkouts: Checkouts,
        *,
        resources: Iterable[MerchantResource],
        public_name: str,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._authority = authority
        self._runner = runner
        self._ask = runner.ask if isinstance(runner, AskingRunner) else None
        self._answers = answers
        self._directory = directory
        self._guard = guard
        self._checkouts = checkouts
        self.public_name = public_name
        self._wait = pause
        self._waiting = 0
        self._nonces = Nonces(max_per_key=MAX_NONCES_PER_KEY)
        self._exact: dict[str, dict[str, MerchantResource]] = {}
        self._below: dict[tuple[str, str], tuple[str, dict[str, MerchantResource]]] = {}
        for resource in resources:
            self._add(resource)

    def find(self, path: str) -> Found | None:
        """The resources of an address by their method, with the id in it; ``None`` for an address that is not a merchant's."""
        exact = self._exact.get(path)
        if exact is not None:
            return exact, {}
        parts = path.split("/")
        if not 4 <= len(parts) <= 5:
            return None
        below = self._below.get((f"/{parts[1]}/{parts[2]}", parts[4] if len(parts) == 5 else ""))
        return None if below is None or path.endswith("/") else (below[1], {below[0]: parts[3]})

    async def answer(self, found: Found, scope: Scope, receive: Receive, send: Send) -> None:
        """The whole way of one request that the web server read."""
        try:
            body = await _body(scope["headers"], receive)
        except _Gone:
            return
        except Malformed as error:
            reply = problem_reply(self._worded(self._answers.of_error(error, where="merchants")))
        else:
            query = scope["query_string"].decode("ascii", "backslashreplace")
            parts = RequestParts(scope["method"], raw_path(scope), query, scope["headers"], body)
            claim = self.claim(found, parts, read_fields(parts.headers))
            reply = claim if isinstance(claim, Reply) else await self.decide(found, claim)
        await _send(send, reply)

    def claim(self, found: Found, parts: RequestParts, fields: Mapping[str, str] | None) -> Claim | Reply:
        """What a request says of itself, or the answer to one that says it wrongly; never raises. ``fields`` are its header fields
        by lower-case name, ``None`` if they cannot be read in one way only."""
        methods, _ = found
        resource = methods.get(parts.method)
        if resource is None:
            allow = (b"allow", ", ".join(sorted(methods)).encode())
            return problem_reply(merchant_problem(ProblemKind.METHOD_NOT_ALLOWED), allow)
        try:
            claim = claim_of(parts, fields, authority=self.public_name, tag=MERCHANT_TAG)
        except Exception as error:
            return self._failed(resource, error)
        return problem_reply(self._fault(resource, claim)) if isinstance(claim, Fault) else claim

    def begin(self, found: Found, claim: Claim) -> "Reply | Waiting | Coroutine[Any, Any, Reply]":
        """The answer to a request that claims to be a merchant's, or what will have it; never raises. Nearly every request is a
        question for the lane of payments: until that has its answer, nothing but the question is kept and no task waits."""
        methods, params = found
        resource = methods[claim.request.method]
        if self._ask is None or not self._directory.fresh:
            return self.decide(found, claim)
        try:
            call = self._let_in(resource, params, claim, self._directory.known(claim.keyid))
            if isinstance(call, Fault):
                return problem_reply(self._fault(resource, call))
            stopped = _stopped(resource, call)
            question = _question(resource, call) if stopped is None else None
            if question is None:
                return self._handled(resource, call, stopped)
            answer = self._ask(self._authority.spending.batch, question.ask)
        except Exception as error:
            return self._failed(resource, error)
        return Waiting(answer, resource, question.said)

    def reply(self, waiting: "Waiting") -> Reply:
        """The answer, now that it is there; never raises."""
        try:
            return _told(waiting.answer.result(), waiting.said)
        except Exception as error:
            return self._failed(waiting.resource, error)

    async def decide(self, found: Found, claim: Claim) -> Reply:
        """The same by a task that waits."""
        methods, params = found
        resource = methods[claim.request.method]
        try:
            directory = self._directory  # nearly always fresh, and then nothing waits
            who = directory.known(claim.keyid) if directory.fresh else await directory.key(claim.keyid)
            call = self._let_in(resource, params, claim, who)
            if isinstance(call, Fault):
                return problem_reply(self._fault(resource, call))
            stopped = _stopped(resource, call)
        except Exception as error:
            return self._failed(resource, error)
        return await self._handled(resource, call, stopped)

    async def _handled(self, resource: MerchantResource, call: MerchantCall, stopped: TurnedAway | None) -> Reply:
        try:
            if stopped is not None and not await self._runner.read(asked_before(call.who.caller, call.key)):
                raise stopped
            question = _question(resource, call)
            if question is not None:
                return _told(await self._runner.together(self._authority.spending.batch, question.ask), question.said)
            assert resource.handler is not None, "who asks no question has a handler"
            return _reply_to(await resource.handler(call))
        except Exception as error:
            return self._failed(resource, error)

    def _failed(self, resource: MerchantResource, error: Exception) -> Reply:
        # the top of a request, as in ``access``: of_error makes the one neutral problem of it
        return problem_reply(self._worded(self._answers.of_error(error, where=resource.name)))

    def _let_in(
        self, resource: MerchantResource, params: Mapping[str, str], claim: Claim, who: KnownKey | None
    ) -> MerchantCall | Fault:
        """What is asked, if the claim is true."""
        verifier = None if who is None else who.verifier
        now_s = self._authority.clock.now_ms() // 1000
        fault = fault_of(claim, verifier=verifier, nonces=self._nonces, now_s=now_s)
        if fault is not None:
            return fault
        assert who is not None, "without a key nothing is true"
        key, message = "", None
        if resource.method == "POST":
            key = claim.idempotency_key or ""
            if _KEY.fullmatch(key) is None:
                raise malformed(f"the idempotency key has 1 to {MAX_KEY_CHARS} letters, digits, dots, colons, _ or -")
            kind = claim.content_type or ""
            if kind != JSON and kind.split(";")[0].strip() != JSON:
                raise malformed("the content is application/json")
            assert resource.request is not None, "every POST of merchants has a message"
            message = decode(claim.request.body, resource.request)
        return MerchantCall(
            authority=self._authority,
            runner=self._runner,
            guard=self._guard,
            checkouts=self._checkouts,
            who=who,
            key=key,
            params=params,
            query=_query(resource, claim.request.query),
            message=message,
            pause=self._pause,
        )

    async def _pause(self, seconds: float) -> None:
        """Keep a test card's answer back, unless too many are kept back already."""
        if self._waiting >= MAX_PAUSES:
            return
        self._waiting += 1
        try:
            await self._wait(seconds)
        finally:
            self._waiting -= 1

    def _fault(self, resource: MerchantResource, fault: Fault) -> Problem:
        _log.info("%s turned away: %s", resource.name, fault.value)
        if fault is Fault.UNKNOWN_KEY:
            return merchant_problem(ProblemKind.UNKNOWN_MERCHANT)
        return self._worded(self._answers.of_fault(fault))

    @staticmethod
    def _worded(found: Problem) -> Problem:
        return msgspec.structs.replace(found, till_action=None)

    def _add(self, resource: MerchantResource) -> None:
        parts = resource.path.split("/")
        if len(parts) == 3:
            self._exact.setdefault(resource.path, {})[resource.method] = resource
            return
        name, verb = parts[3][1:-1], parts[4] if len(parts) == 5 else ""
        known, methods = self._below.setdefault((f"/{parts[1]}/{parts[2]}", verb), (name, {}))
        assert known == name and parts[3] == f"{{{name}}}" and len(parts) <= 5, "one id an address, with one name"
        methods[resource.method] = resource


def _stopped(resource: MerchantResource, call: MerchantCall) -> TurnedAway | None:
    """Why this is not done, if it was not done before."""
    merchant = call.who.merchant
    if resource.takes_money and merchant.suspended_ms is not None:
        return TurnedAway(ProblemKind.MERCHANT_SUSPENDED, "ask the operator of the scheme")
    if resource.presents and not merchant.direct:
        return TurnedAway(ProblemKind.HOSTED_PAGE_ONLY, "make a checkout: its page takes the code")
    return None if resource.stopped is None else resource.stopped(call)


def _question(resource: MerchantResource, call: MerchantCall) -> Question | None:
    return None if resource.question is None else resource.question(call)


def _told(answered: Any, said: Callable[[Outcome], None] | None) -> Reply:  # Any: the lane knows its group's answers
    if said is not None:
        said(outcome_of(answered))
    return _reply_to(answered)


def _reply_to(answer: msgspec.Struct | Declined) -> Reply:
    """What goes back for an answer: everything is decided and written by now."""
    failpoint("authority.merchant.before_send")
    if isinstance(answer, Repeated):
        first = answer.answer
        if isinstance(first, Declined):
            return problem_reply(_refusal(first), _REPLAYED)
        return Reply(200, encode(first), _YES_AGAIN)
    return problem_reply(_refusal(answer)) if isinstance(answer, Declined) else Reply(200, encode(answer), _YES)


def _refusal(found: Declined) -> Problem:
    kind = ProblemKind.PAYMENT_DECLINED if found.reason in _DECLINES else ProblemKind.PAYMENT_REFUSED
    return merchant_problem(kind, reason=found.reason.value, payment_id=found.payment_id)


async def _body(headers: Iterable[tuple[bytes, bytes]], receive: Receive) -> bytes:
    """The whole body, at most ``MAX_BODY_BYTES``; more is not even read."""
    for name, value in headers:
        if name == b"content-length":
            if not value.isdigit() or len(value) > 12:
                raise Malformed("content-length is a number")
            if int(value) > MAX_BODY_BYTES:
                raise TooLarge(f"at most {MAX_BODY_BYTES} bytes are allowed")
    message = await receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body", False):
        whole = bytearray(body)
        while message.get("more_body", False):
            message = await receive()
            whole += message.get("body", b"")
            if len(whole) > MAX_BODY_BYTES:
                raise TooLarge(f"at most {MAX_BODY_BYTES} bytes are allowed")
        body = bytes(whole)
    if message["type"] == "http.disconnect":
        raise _Gone
    if len(body) > MAX_BODY_BYTES:
        raise TooLarge(f"at most {MAX_BODY_BYTES} bytes are allowed")
    return body


def raw_path(scope: Scope) -> str:
    """The address as it stood on the wire, percent-encoded."""
    raw = scope.get("raw_path") or scope["path"].encode("utf-8")
    path: str = raw.decode("ascii", "backslashreplace").split("?", 1)[0]
    return path


def _query(resource: MerchantResource, text: str) -> Mapping[str, str]:
    if not text:
        return {}
    if len(text) > MAX_QUERY_CHARS:
        raise malformed("the query is too long")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS, strict_parsing=True)
    except ValueError:
        raise malformed("the query is not a list of names and values") from None
    values = dict(pairs)
    if len(values) != len(pairs) or not values.keys() <= {parameter.name for parameter in resource.parameters}:
        raise malformed("a query parameter is unknown or comes twice")
    return values


def problem_reply(found: Problem, *more: tuple[bytes, bytes]) -> Reply:
    """What goes back for a problem, with ``more`` header fields."""
    if found.retry_after_s is not None:
        more = (*more, (b"retry-after", str(found.retry_after_s).encode()))
    return Reply(found.status, encode(found), (*_NO, *more))


async def _send(send: Send, reply: Reply) -> None:
    fields = [*reply.fields, (b"content-length", str(len(reply.body)).encode())]
    await send({"type": "http.response.start", "status": reply.status, "headers": fields})
    await send({"type": "http.response.body", "body": reply.body})
