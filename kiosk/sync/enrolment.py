"""Gives a terminal its identity: keys made here, a one-time code, the authority's key pinned from its answer (PR-01 to PR-03).

The keys are kept before anything is sent, and the request is a function of code and keys alone: when its answer is lost, the same
code typed again sends the same request and gets the same answer. Not responsible for the command line (``enrol_command``).
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kiosk.clock import Clock, IdSource
from kiosk.errors import Trouble
from kiosk.failpoints import failpoint
from kiosk.protocol import routes
from kiosk.protocol.codec import MAX_ANSWER_BYTES, Malformed, decode, encode
from kiosk.protocol.enrolment import NONCE_BYTES as BODY_NONCE_BYTES
from kiosk.protocol.enrolment import parse_enrolment_code, sign_enrolment
from kiosk.protocol.keys import BadKey, VerifyKey
from kiosk.protocol.messages import EnrolmentAnswer, EnrolmentRequest
from kiosk.protocol.problems import Problem, ProblemKind
from kiosk.protocol.signature_fields import NONCE_BYTES
from kiosk.protocol.signing import Signed, sign_request, verify_answer
from kiosk.sync.asker import Endpoint
from kiosk.sync.exchange import HttpAnswer, NoAnswer, Silence
from kiosk.sync.identity import FORMAT, Enrolled, load_identity, save_identity
from kiosk.sync.keystore import KeyStore, TerminalKeys

TIMEOUT_MS: Final = 10_000
Confirm = Callable[[tuple[str, ...]], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What the terminal says of itself."""

    software: str
    hardware: str


def enrol(
    *,
    folder: Path,
    code: str,
    endpoint: Endpoint,
    authority: str,
    machine: Machine,
    keystore: KeyStore,
    clock: Clock,
    ids: IdSource,
    confirm: Confirm,
) -> Enrolled:
    """Enrol the terminal in ``folder``. ``confirm`` is shown the six words of the authority's key; without a yes nothing is pinned.

    Raises ``Trouble``: ENR-01 (refused: the detail is the reason), ENR-02 (the words were not confirmed, or the answer does not
    hold together), ENR-04 (enrolled already), NET-… (no answer: the same code may be typed again), KEY-….
    """
    if load_identity(folder) is not None:
        raise Trouble("ENR-04", retryable=False, detail="this folder belongs to a terminal that is enrolled already")
    typed = parse_enrolment_code(code)
    if typed is None:
        raise Trouble("ENR-01", retryable=False, detail="ten characters are expected, such as 7K2PM-QX9TD")
    keys = _own_keys(keystore)
    request = enrolment_request(code=typed, keys=keys, machine=machine, keystore=keystore)
    failpoint("sync.enrolment.before_send")
    answer = _exchange(request, keys, endpoint=endpoint, authority=authority, clock=clock, ids=ids)
    failpoint("sync.enrolment.after_answer")
    if answer.outcome != "enrolled":
        raise Trouble("ENR-01", retryable=False, detail=answer.reason or "refused")
    enrolled = _pinned(answer, authority=authority, keystore=keystore)
    if not confirm(enrolled.key().words):
        raise Trouble("ENR-02", retryable=False, detail="the six words were not those of the operator")
    save_identity(folder, enrolled)
    return enrolled


def _own_keys(keystore: KeyStore) -> TerminalKeys:
    """The keys of an attempt that was not finished, else new ones, kept before they are used."""
    try:
        return keystore.load()
    except Trouble as trouble:
        if trouble.code != "KEY-01":
            raise
    keys = TerminalKeys.generate()
    keystore.save(keys)
    return keys


def enrolment_request(*, code: str, keys: TerminalKeys, machine: Machine, keystore: KeyStore) -> EnrolmentRequest:
    """The request: the same code and the same keys give the same one."""
    material = "|".join((code, keys.request_key.public.text, keys.journal_key.public.text))
    return sign_enrolment(
        code=code,
        request_key=keys.request_key,
        journal_key=keys.journal_key,
        nonce=hashlib.sha256(b"nonce|" + material.encode()).digest()[:BODY_NONCE_BYTES],
        software=machine.software,
        machine=machine.hardware,
        keystore=keystore.kind.value,
    )


def _exchange(
    request: EnrolmentRequest, keys: TerminalKeys, *, endpoint: Endpoint, authority: str, clock: Clock, ids: IdSource
) -> EnrolmentAnswer:
    from kiosk.sync.http import HttpLink  # late, as everywhere

    body, route = encode(request), routes.enrolment(request.nonce)
    link = HttpLink(address=endpoint.address, public_name=authority, trust=endpoint.trust)
    created_s = clock.now_ms() // 1000
    try:
        for last in (False, True):
            signed = sign_request(
                signer=keys.request_key,
                keyid=routes.ENROLMENT_KEYID,
                authority=authority,
                method=route.method,
                path=route.path,
                body=body,
                idempotency_key=route.key,
                version=request.software,
                created_s=created_s,
                nonce=ids.token_bytes(NONCE_BYTES),
            )
            answer = link.exchange(
                method=route.method,
                path=route.path,
                query="",
                headers=signed.headers,
                body=body,
                timeout_ms=TIMEOUT_MS,
            )
            if answer.status == 200:
                return read_enrolment(answer, signed)
            # nobody's key is pinned yet, so this time is anybody's word: it only dates one more attempt
            problem = _problem(answer)
            if last or problem.kind is not ProblemKind.CLOCK_SKEW or problem.time_ms is None:
                raise Trouble("ENR-01", retryable=problem.retryable, detail=problem.name)
            created_s = problem.time_ms // 1000
    finally:
        link.close()
    raise AssertionError("the second attempt returns or raises")


def read_enrolment(answer: HttpAnswer, signed: Signed) -> EnrolmentAnswer:
    """The authority's answer. An acceptance is signed, for this request, with the very key that it asks to be pinned.

    Raises ``NoAnswer`` for anything else; a refusal pins nothing and is taken as it is.
    """
    try:
        message = decode(answer.body, EnrolmentAnswer, limit=MAX_ANSWER_BYTES)
        if message.outcome == "refused":
            return message
        key = VerifyKey.from_text(message.authority_key or "")
    except (Malformed, BadKey):
        raise NoAnswer(Silence.GARBAGE, sent=True, detail="not an answer to an enrolment") from None
    if message.outcome != "enrolled" or not verify_answer(
        verifier=key,
        status=answer.status,
        headers=answer.headers,
        body=answer.body,
        request_signature=signed.signature,
    ):
        raise NoAnswer(Silence.UNSIGNED, sent=True, detail="not signed with the key that it names")
    return message


def _pinned(answer: EnrolmentAnswer, *, authority: str, keystore: KeyStore) -> Enrolled:
    if not answer.terminal_id or answer.epoch is None or not answer.currency or not answer.authority_key:
        raise Trouble("ENR-02", retryable=False, detail="the authority's answer lacks a part")
    enrolled = Enrolled(
        format=FORMAT,
        terminal_id=answer.terminal_id,
        epoch=answer.epoch,
        authority=authority,
        authority_key=answer.authority_key,
        keystore=keystore.kind,
        currency=answer.currency,
        demonstration=bool(answer.demonstration),
        shop=answer.shop or {},
    )
    try:
        enrolled.shop_identity()
    except TypeError:
        raise Trouble("ENR-02", retryable=False, detail="the authority's answer lacks the shop") from None
    if answer.authority_words is not None and tuple(answer.authority_words) != enrolled.key().words:
        raise Trouble("ENR-02", retryable=False, detail="the authority's words are not those of its key")
    return enrolled


def _problem(answer: HttpAnswer) -> Problem:
    try:
        return decode(answer.body, Problem, limit=MAX_ANSWER_BYTES)
    except Malformed:
        raise NoAnswer(Silence.NOT_OURS, sent=True, detail=f"status {answer.status}") from None
