"""The bodies of the journal's entries, one frozen class a kind: what happened at the till, in the past participle.

Kinds are added, never altered. ``kiosk.journal.codec`` turns them into signed bytes and back; ``kiosk.till.state`` folds them.
``FISCAL`` names the kinds that also carry a fiscal chain (CAI-07). Amounts are ``*_minor`` in the terminal's currency.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class TillStarted:
    """The till process began to use this journal (JET 80). ``catalogue`` is the series set's name."""

    software: str
    catalogue: str
    currency: str
    tampered: str | None = None  # the anchor's complaint, if the start found one (CAI-06, JET 90)


@dataclass(frozen=True, slots=True)
class TillStopped:
    """An orderly end (JET 40)."""


@dataclass(frozen=True, slots=True)
class ClerkLoggedIn:
    user_id: str


@dataclass(frozen=True, slots=True)
class ClerkLoggedOut:
    user_id: str


@dataclass(frozen=True, slots=True)
class TillLocked:
    user_id: str
    by_idle: bool


@dataclass(frozen=True, slots=True)
class LogInRefused:
    user_id: str
    tries_left: int


@dataclass(frozen=True, slots=True)
class LinkLost:
    """No signed answer for 15 s: the link is down (JET 70)."""


@dataclass(frozen=True, slots=True)
class LinkRestored:
    """A signed answer arrived again (JET 120)."""


@dataclass(frozen=True, slots=True)
class LineScanned:
    """A card entered the basket. The first line of a ``sale_id`` opens the sale. ``replaces`` names a refused line."""

    sale_id: str
    line_id: str
    serial: str
    series: str
    face_minor: int
    entry_mode: str
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class ReserveRequested:
    line_id: str


@dataclass(frozen=True, slots=True)
class ReserveAnswered:
    """``outcome``: reserved · refused · unanswered (the till stopped waiting: the line is unheld)."""

    line_id: str
    outcome: str
    until_ms: int | None = None
    reason: str | None = None
    pack: str | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class LineReleased:
    """The line left the basket before money was taken; a cancel is owed to the authority until ``LineCancelled``."""

    line_id: str
    cause: str


@dataclass(frozen=True, slots=True)
class ChargeRequested:
    """The bank-card terminal is about to be asked; durable before the first byte. ``manual``: the clerk reads its screen."""

    sale_id: str
    charge_id: str
    amount_minor: int
    manual: bool


@dataclass(frozen=True, slots=True)
class ChargeAnswered:
    """``outcome``: accepted · refused · unknown. ``by``: terminal · clerk · till (a start found none to ask)."""

    charge_id: str
    outcome: str
    by: str


@dataclass(frozen=True, slots=True)
class TenderAccepted:
    """The money for the sale is in. Every held or unheld line of the sale becomes tendered."""

    sale_id: str
    tender: str
    amount_minor: int
    received_minor: int
    charge_id: str | None = None


@dataclass(frozen=True, slots=True)
class CommitRequested:
    """Durable before the commit is sent. Has no effect on a card at the authority: it is the request that has."""

    line_id: str


@dataclass(frozen=True, slots=True)
class ActivationCommitted:
    line_id: str
    record: str = "committed"


@dataclass(frozen=True, slots=True)
class ActivationRefused:
    line_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ActivationUnknown:
    line_id: str


@dataclass(frozen=True, slots=True)
class CardPromised:
    """A card sold while the authority could not answer: the one kind that changes a card when it is delivered (advice)."""

    line_id: str
    sale_id: str
    serial: str
    series: str
    face_minor: int
    pack: str
    position: int
    policy_version: int
    snapshot_version: int
    blocklist_version: int
    outside_policy: str | None = (
        None  # the PromiseRefusal that was overridden because the customer had left with the card
    )


@dataclass(frozen=True, slots=True)
class PromiseSettled:
    """What the authority made of a promise. ``outcome``: applied · already · exception, then with its ``code``."""

    line_id: str
    outcome: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class TaskSettled:
    """Whoever may decide in the shop has dealt with an exception of this ``code`` (AC-11, AC-12). The authority's books know
    nothing of it: its own task has its own owner."""

    line_id: str
    code: str


@dataclass(frozen=True, slots=True)
class CancelRequested:
    """The clerk gave the money back (``cash_back_minor``); commits of this line stop for ever."""

    line_id: str
    rescanned: bool
    cash_back_minor: int


@dataclass(frozen=True, slots=True)
class LineCancelled:
    """The authority holds the tombstone."""

    line_id: str


@dataclass(frozen=True, slots=True)
class CancelRefused:
    """Too late: the card was spent before the cancel came (X8)."""

    line_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class LineRefunded:
    """A refused line's money went back by the same tender."""

    line_id: str
    tender: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class SoldLine:
    """One line of a completed sale as the receipt and the tax office see it. ``outcome``: activated · promised · cancelled ·
    refunded. ``vat_permille`` is absent for a multi-purpose voucher: VAT is due when it is spent, by the merchant."""

    line_id: str
    label: str
    nature: str
    serial_last4: str
    series: str
    quantity: int
    unit_price_minor: int
    total_minor: int
    outcome: str
    vat_permille: int | None = None


@dataclass(frozen=True, slots=True)
class PaidTender:
    tender: str
    amount_minor: int
    received_minor: int
    change_minor: int
    charge_id: str | None = None


@dataclass(frozen=True, slots=True)
class ShopIdentity:
    """Who sells, as printed and signed (CAI-02, CAI-13)."""

    shop_id: str
    name: str
    address: str
    siret: str
    naf: str
    vat_id: str
    till_name: str


@dataclass(frozen=True, slots=True)
class SaleCompleted:
    """The fiscal fact of a sale; its ``chain_no`` in the ticket chain is the receipt number, drawn in the same transaction."""

    sale_id: str
    lines: tuple[SoldLine, ...]
    tenders: tuple[PaidTender, ...]
    total_minor: int
    currency: str
    operator: str
    shop: ShopIdentity
    software: str
    format: int = 1


@dataclass(frozen=True, slots=True)
class SaleClosed:
    """Handed over. After it: no cancel, only void."""

    sale_id: str


@dataclass(frozen=True, slots=True)
class SaleAbandoned:
    """Every line of the sale was released and no money stayed in; nothing was sold."""

    sale_id: str


@dataclass(frozen=True, slots=True)
class RecoveryAnswered:
    """What only the clerk could know after a restart. ``question``: cash_taken · customer_left · money_returned."""

    sale_id: str
    question: str
    yes: bool


@dataclass(frozen=True, slots=True)
class PrintRequested:
    """The original of a receipt is about to be printed, because the customer asked for it (AGEC)."""

    job_id: str
    receipt_no: int


@dataclass(frozen=True, slots=True)
class CopyRequested:
    """A DUPLICATA, numbered per original (CAI-11); the first print that comes after the sale is copy 1."""

    job_id: str
    receipt_no: int
    copy_no: int
    operator: str
    reason: str


@dataclass(frozen=True, slots=True)
class PrintEnded:
    """What became of a job. ``outcome``: printed · probable · refused · unknown; never re-sent by itself."""

    job_id: str
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class DrawerOpened:
    """The pulse was sent. ``reason``: sale · refund."""

    job_id: str
    sale_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class OpaqueEvent:
    """An entry of a kind or format that this version does not know: written by a newer one. ``body`` is its canonical JSON text.

    It is read, chained and delivered like any other and folds to nothing. Never written by this version.
    """

    kind: str
    body: str


Event = (
    TillStarted | TillStopped | ClerkLoggedIn | ClerkLoggedOut | TillLocked | LogInRefused | LinkLost | LinkRestored
    | LineScanned | ReserveRequested | ReserveAnswered | LineReleased | ChargeRequested | ChargeAnswered | TenderAccepted
    | CommitRequested | ActivationCommitted | ActivationRefused | ActivationUnknown | CardPromised | PromiseSettled
    | TaskSettled | CancelRequested | LineCancelled | CancelRefused | LineRefunded | SaleCompleted | SaleClosed | SaleAbandoned
    | RecoveryAnswered | PrintRequested | CopyRequested | PrintEnded | DrawerOpened | OpaqueEvent
)  # fmt: skip

KINDS: Final[dict[str, type[Event]]] = {
    kind.__name__: kind
    for kind in (
        TillStarted, TillStopped, ClerkLoggedIn, ClerkLoggedOut, TillLocked, LogInRefused, LinkLost, LinkRestored,
        LineScanned, ReserveRequested, ReserveAnswered, LineReleased, ChargeRequested, ChargeAnswered, TenderAccepted,
        CommitRequested, ActivationCommitted, ActivationRefused, ActivationUnknown, CardPromised, PromiseSettled,
        TaskSettled, CancelRequested, LineCancelled, CancelRefused, LineRefunded, SaleCompleted, SaleClosed, SaleAbandoned,
        RecoveryAnswered, PrintRequested, CopyRequested, PrintEnded, DrawerOpened,
    )
}  # fmt: skip

# the fiscal chain of a kind; closure, archive, training and collection have no kind yet
FISCAL: Final[dict[type[Event], str]] = {
    SaleCompleted: "ticket",
    CopyRequested: "copy",
    TillStarted: "event",
    TillStopped: "event",
    ClerkLoggedIn: "event",
    ClerkLoggedOut: "event",
    LinkLost: "event",
    LinkRestored: "event",
    LineRefunded: "event",
    CancelRequested: "event",
    DrawerOpened: "event",
}
