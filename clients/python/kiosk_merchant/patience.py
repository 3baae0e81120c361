"""How long and how often a question is repeated before its outcome is called unknown."""

from dataclasses import dataclass

from kiosk_merchant.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Limits of one call. ``timeout_s`` is for one attempt, ``deadline_s`` for all of them with their pauses.

    Before the n-th repeat the client waits a random time up to ``pause_s`` · 2ⁿ, at most ``pause_max_s``; ``Retry-After`` is the
    least. A wait that would end after the deadline is not begun.
    """

    attempts: int = 5
    timeout_s: float = 10.0
    deadline_s: float = 30.0
    pause_s: float = 0.25
    pause_max_s: float = 5.0

    def __post_init__(self) -> None:
        if self.attempts < 1 or min(self.timeout_s, self.deadline_s, self.pause_s, self.pause_max_s) <= 0:
            raise ValueError("patience has at least one attempt and times above 0")

    def pause(self, clock: Clock, *, repeat: int, retry_after_s: int | None) -> float:
        """How long to wait before the ``repeat``-th repeat, counted from 0."""
        spread = clock.between(0.0, min(self.pause_s * 2**repeat, self.pause_max_s))
        return spread + (retry_after_s or 0)
