"""The last border before the wire: everything that goes wrong becomes a problem of RFC 9457, and every answer is signed.

The one table from foreign errors to problems. A bug is a 500 that says nothing; trouble of the store is a 503, because an authority
that cannot keep a promise must not make one. Not responsible for business refusals: those are answers.
"""

import logging
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from kiosk.authority.services.refused import TurnedAway
from kiosk.clock import Clock, IdSource
from kiosk.errors import Trouble
from kiosk.protocol.codec import Malformed, TooLarge, encode
from kiosk.protocol.keys import SigningKey
from kiosk.protocol.problems import PROBLEM_JSON, Problem, ProblemKind, problem
from kiosk.protocol.signing import Fault, sign_answer

RETRY_AFTER_S = 4
FRAMES_LOGGED = 6
JSON = "application/json"

_log = logging.getLogger("kiosk.authority")

_FAULTS: Mapping[Fault, ProblemKind] = {fault: ProblemKind(fault.value) for fault in Fault}


@dataclass(frozen=True, slots=True)
class Answers:
    """Makes responses. Every one is signed and bound to its request, if that carried a signature at all (PR-08)."""

    signing: SigningKey
    clock: Clock
    ids: IdSource

    def message(self, message: msgspec.Struct, *, request_signature: str) -> Response:
        """A yes or a business no: 200."""
        return self._response(200, encode(message), JSON, request_signature, {})

    def problem(
        self, found: Problem, *, request_signature: str | None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """A problem with its own status; signed where there is a request to bind it to."""
        extra = dict(headers or {})
        if found.retry_after_s is not None:
            extra["retry-after"] = str(found.retry_after_s)
        return self._response(found.status, encode(found), PROBLEM_JSON, request_signature, extra)

    def of_fault(self, fault: Fault) -> Problem:
        """Why a request was not let in. Only a wrong clock is told the time, and only to the owner of a good signature."""
        kind = _FAULTS[fault]
        time_ms = self.clock.now_ms() if fault is Fault.SKEW else None
        return problem(kind, time_ms=time_ms, retry_after_s=self.pause_s() if fault is Fault.BUSY else None)

    def of_error(self, error: Exception, *, where: str) -> Problem:
        """Any exception of a request's work as a problem; what is our bug is logged by its type and place alone."""
        match error:
            case TurnedAway(kind=kind, detail=detail, retry_after_s=retry_after_s):
                return problem(kind, detail=detail, retry_after_s=retry_after_s)
            case TooLarge(detail=detail):
                return problem(ProblemKind.TOO_LARGE, detail=detail)
            case Malformed(detail=detail):
                return problem(ProblemKind.MALFORMED_REQUEST, detail=detail)
            case ClientDisconnect():
                # who sent it has gone, and does not hear this
                return problem(ProblemKind.MALFORMED_REQUEST, detail="its sender went before its end")
            case Trouble(code=code):
                _log.error("%s: %s at %s", code, error.detail, where)
                return problem(ProblemKind.BUSY, detail=code, retry_after_s=self.pause_s())
            case _:
                # the message of an unexpected error may hold a value; its type and our line do not
                _log.error("bug at %s: %s from %s", where, type(error).__name__, places_of(error))
                return problem(ProblemKind.INTERNAL)

    def pause_s(self) -> int:
        """After how many seconds whoever meets a busy authority may come back."""
        # spread over half to one and a half of the pause, so that a thousand tills do not come back in one second (PR-19)
        return RETRY_AFTER_S // 2 + self.ids.token_bytes(1)[0] % (RETRY_AFTER_S + 1)

    def _response(
        self, status: int, body: bytes, content_type: str, request_signature: str | None, headers: dict[str, str]
    ) -> Response:
        if request_signature is not None:
            signed = sign_answer(
                signer=self.signing,
                keyid=self.signing.public.fingerprint,
                status=status,
                body=body,
                request_signature=request_signature,
                created_s=self.clock.now_ms() // 1000,
            )
            headers |= signed.headers
        return Response(body, status, {**headers, "content-type": content_type, "cache-control": "no-store"})


def places_of(error: BaseException) -> str:
    """Where an error came from, innermost last: file and line, without the texts that a traceback would print."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_LOGGED:]
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
