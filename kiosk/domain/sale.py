"""Words of a sale and its lines at the till: the phases of the design's table. The fold over entries is ``kiosk.till.fold``.

Not responsible for what the authority knows of a line; the two agree except while a line is ``UNKNOWN``,
``CANCELLING`` or ``PROMISED``.
"""

from enum import Enum


class LinePhase(Enum):
    """Where a line stands at the till. Each phase has exactly one durable entry that leads there."""

    ASKED = "asked"  # LineScanned + ReserveRequested: the answer is awaited
    HELD = "held"  # ReserveAnswered(reserved)
    UNHELD = "unheld"  # ReserveAnswered(unanswered): may be tendered only if the stock snapshot lists the card
    TENDERED = "tendered"  # TenderAccepted
    COMMITTING = "committing"  # CommitRequested
    UNKNOWN = "unknown"  # ActivationUnknown
    ACTIVATED = "activated"  # ActivationCommitted
    REFUSED = "refused"  # ActivationRefused: the money is in
    PROMISED = "promised"  # CardPromised
    CANCELLING = "cancelling"  # CancelRequested
    CANCELLED = "cancelled"  # LineCancelled
    TOO_LATE = "too_late"  # CancelRefused: spent before the cancel came (X8)
    RELEASED = "released"  # LineReleased
    REFUNDED = "refunded"  # LineRefunded


FINAL_PHASES = frozenset(
    {
        LinePhase.ACTIVATED,
        LinePhase.PROMISED,
        LinePhase.CANCELLED,
        LinePhase.REFUNDED,
        LinePhase.RELEASED,
        LinePhase.TOO_LATE,
    }
)


# the basket: no money has been taken for these yet
BASKET_PHASES = frozenset({LinePhase.ASKED, LinePhase.HELD, LinePhase.UNHELD})

# the money is in and nobody at the counter knows whether the card can be spent
DOUBTFUL_PHASES = frozenset({LinePhase.COMMITTING, LinePhase.UNKNOWN})


class ReleaseCause(Enum):
    """Why a line left the basket before any money was taken."""

    REMOVED = "removed"
    CLEARED = "cleared"
    REFUSED = "refused"
    RESTART = "restart"
    NOT_TENDERED = "not_tendered"  # at restart the clerk said that no money had been taken
    ABANDONED = "abandoned"


class LineNature(Enum):
    """What a sold line is for tax: a multi-purpose voucher sold in the name of the scheme is outside the shop's turnover."""

    MULTI_PURPOSE_VOUCHER = "mpv"


class ChargeOutcome(Enum):
    """What the bank-card terminal, or the clerk who read its screen, said."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class PrintOutcome(Enum):
    """What became of a print job. Only a device's own confirmation is ``PRINTED``; ``UNKNOWN`` is never re-sent by itself."""

    PRINTED = "printed"
    PROBABLE = "probable"
    REFUSED = "refused"
    UNKNOWN = "unknown"
