"""How a service turns a message away that is no business question: wrong content, unknown sender, other content under a used key.

A business "no" is an answer, never this. Not responsible for HTTP: ``kiosk.authority.answers`` makes the problem of it.
"""

from kiosk.protocol.problems import ProblemKind


class TurnedAway(Exception):  # noqa: N818 - the glossary's refusal is a value; this is the door
    """The message is not taken and changed nothing. ``detail`` is for a developer and holds no serial and no secret. With
    ``retry_after_s`` the same message may be taken later."""

    def __init__(self, kind: ProblemKind, detail: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(kind, detail)
        self.kind = kind
        self.detail = detail
        self.retry_after_s = retry_after_s


def malformed(detail: str) -> TurnedAway:
    """The content is not what the message asks for."""
    return TurnedAway(ProblemKind.MALFORMED_REQUEST, detail)


def conflict(detail: str) -> TurnedAway:
    """Other content under a key that was used before (422)."""
    return TurnedAway(ProblemKind.IDEMPOTENCY_CONFLICT, detail)
