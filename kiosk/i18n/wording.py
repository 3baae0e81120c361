"""Every enum that a person may meet, as a word or a sentence. The refusal table of the design, "who hears what", is here.

Responsible for: completeness (`assert_never`), and for one neutral sentence where the design wants no difference to show.
Not responsible for colours, icons or sounds.
"""

from datetime import datetime
from typing import assert_never

from kiosk.domain.refusals import ExceptionCode, PromiseRefusal, Reason, ScanRefusal
from kiosk.domain.sale import LinePhase, PrintOutcome
from kiosk.domain.tender import TenderKind
from kiosk.i18n.language import Language

# a reason of the printer, as its health and its jobs name it
PAPER_OUT = "paper_out"


def scan_refusal(lang: Language, refusal: ScanRefusal) -> str:
    """Return the sentence for what the till itself refused."""
    match refusal:
        case ScanRefusal.MISREAD:
            key = "sale.err_read"
        case ScanRefusal.LENGTH:
            key = "sale.err_length"
        case ScanRefusal.CHECK_DIGITS:
            key = "sale.err_check"
        case ScanRefusal.ALREADY_IN_BASKET:
            key = "sale.err_already"
        case ScanRefusal.OTHER_CURRENCY:
            key = "sale.err_currency"
        case ScanRefusal.UNKNOWN_SERIES:
            key = "sale.err_unknown"
        case ScanRefusal.PROMISED_HERE:
            key = "sale.err_promised"
        case ScanRefusal.LOCKED_HERE:
            key = "sale.err_locked"
        case ScanRefusal.TOO_MANY:
            key = "sale.err_many"
        case ScanRefusal.BUSY:
            key = "sale.err_busy"
        case _:
            assert_never(refusal)
    return lang.words(key)


def reason(
    lang: Language,
    why: Reason,
    *,
    till: str | None = None,
    until: datetime | None = None,
    sold_at: datetime | None = None,
) -> str:
    """Return the sentence for what the authority refused, with what it was willing to say beside the reason."""
    words, formats = lang.words, lang.formats
    match why:
        case Reason.ALREADY_SOLD:
            if sold_at is None:
                return words("sale.err_soldhere")
            return words("sale.err_sold", date=formats.day_and_time(sold_at))
        case Reason.HELD_ELSEWHERE:
            if till is None or until is None:
                return words("sale.err_heldelsewhere_short")
            return words("sale.err_heldelsewhere", till=till, time=formats.clock(until))
        case Reason.NOT_RECEIVED:
            return words("sale.err_notreceived")
        case Reason.LIMIT:
            if until is None:
                return words("sale.err_limit_plain")
            return words("sale.err_limit", time=formats.clock(until))
        case Reason.TENDER_NOT_ALLOWED:
            return words("sale.err_tender")
        case Reason.SERIES_CLOSED:
            return words("sale.err_series")
        case Reason.CANCELLED:
            return words("sale.err_cancelled")
        case Reason.NOT_SELLABLE:
            # stolen, blocked, other shop, unknown: one neutral sentence, so that a thief learns nothing
            return words("sale.err_unknown")
        case _:
            assert_never(why)


def promise_refusal(lang: Language, why: PromiseRefusal) -> str:
    """Return why a card may not be sold without the network."""
    return lang.words(f"promise.{why.value}")


def tender(lang: Language, kind: TenderKind) -> str:
    """Return the name of a means of payment inside a sentence: `espèces`."""
    return lang.words(f"tender.{kind.value}")


def phase(lang: Language, line: LinePhase) -> str:
    """Return what a chip says of a line: `Activée`, `En attente`, `Refusée`."""
    match line:
        case LinePhase.ASKED:
            key = "sale.checking"
        case LinePhase.UNHELD:
            key = "sale.unheld"
        case LinePhase.HELD:
            key = "sale.read"
        case LinePhase.TENDERED:
            key = "act.paid"
        case LinePhase.COMMITTING:
            key = "act.s_wait"
        case LinePhase.UNKNOWN:
            key = "act.s_unknown"
        case LinePhase.ACTIVATED:
            key = "act.s_ok"
        case LinePhase.REFUSED:
            key = "act.s_ko"
        case LinePhase.PROMISED:
            key = "act.s_q"
        case LinePhase.CANCELLING:
            key = "act.s_cancelling"
        case LinePhase.CANCELLED | LinePhase.RELEASED:
            key = "act.s_cancelled"
        case LinePhase.TOO_LATE:
            key = "act.s_late"
        case LinePhase.REFUNDED:
            key = "act.s_refunded"
        case _:
            assert_never(line)
    return lang.words(key)


def print_outcome(lang: Language, outcome: PrintOutcome, why: str) -> str:
    """Return what became of a print job; `why` is the printer's reason, such as `paper_out`."""
    match outcome:
        case PrintOutcome.PRINTED:
            return lang.words("rcpt.printed")
        case PrintOutcome.PROBABLE:
            return lang.words("rcpt.probable")
        case PrintOutcome.REFUSED:
            if why == PAPER_OUT:
                return f"{lang.words('rcpt.nopaper_t')}. {lang.words('rcpt.nopaper_d')}"
            return lang.words("rcpt.refused")
        case PrintOutcome.UNKNOWN:
            return lang.words("rcpt.unknown")
        case _:
            assert_never(outcome)


def balance_state(lang: Language, state: str) -> str:
    """Return what a chip says of a card's state as the wire names it."""
    return lang.words(
        {
            "active": "bal.active",
            "inactive": "bal.inactive",
            "blocked": "bal.blocked",
            "expired": "bal.expired_s",
            "exhausted": "bal.exhausted",
            "void": "bal.void",
        }[state]
    )


def exception_task(lang: Language, code: str) -> str:
    """What is left to do about a card that the authority could not take as it was told (AC-11), with its code for support."""
    known = (
        lang.words(f"task.{code.lower()}") if code in {one.value for one in ExceptionCode} else lang.words("task.other")
    )
    return f"{known} ({code})"


def role(lang: Language, name: str) -> str:
    """Return what a clerk does here, under the name."""
    return lang.words(f"login.role_{name}")
