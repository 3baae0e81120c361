"""A code that a merchant has seen and that bought nothing: for whom it is kept, and until when (CD-10).

Afterwards it is spoiled for ever: somebody who was not paid knows it. Not responsible for which presentation binds a code (the
authority's payments), nor for storage.
"""

from dataclasses import dataclass, replace

BINDING_MS = 24 * 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """For which merchant's purchase a code is kept; without a ``reference`` for that merchant's purchases without one.
    ``amount_minor``: the least that was asked under it."""

    merchant_no: int
    reference: str | None
    amount_minor: int
    until_ms: int

    def allows(self, *, merchant_no: int, reference: str | None, amount_minor: int, now_ms: int) -> bool:
        """Whether the code may be presented for this; to everybody else it is a code that was used."""
        return (
            merchant_no == self.merchant_no
            and reference == self.reference
            and amount_minor <= self.amount_minor
            and now_ms < self.until_ms
        )

    def asked_again(self, amount_minor: int) -> "Binding":
        """After one more presentation that it allowed and that bought nothing: never more, and no longer."""
        return replace(self, amount_minor=min(amount_minor, self.amount_minor))


def bind(*, merchant_no: int, reference: str | None, amount_minor: int, now_ms: int) -> Binding:
    """The binding of a code that was free until now."""
    return Binding(
        merchant_no=merchant_no, reference=reference, amount_minor=amount_minor, until_ms=now_ms + BINDING_MS
    )
