"""The result of a sale: activated, sold without the network, given back, or a mixture. Pure.

Enter never prints: without the network printing is advised and therefore blue, but its key stays O (Y in English).
"""

from dataclasses import dataclass
from typing import Final

from kiosk.domain.money import Money
from kiosk.domain.sale import LinePhase, PrintOutcome
from kiosk.domain.tender import TenderKind
from kiosk.i18n import wording
from kiosk.i18n.language import Language
from kiosk.till.messages import DeviceState
from kiosk.till.state import PrintJob, Sale, TillState
from kiosk.ui.draft import Draft
from kiosk.ui.intents import NextSale, PrintCopy, PrintReceipt
from kiosk.ui.presenters.parts import Action, ResultRow, cap, receipt_no, result_row, total_of

_GIVEN_BACK: Final = frozenset({LinePhase.CANCELLED, LinePhase.REFUNDED, LinePhase.CANCELLING})
_NOTE_LOOK: Final[dict[PrintOutcome, tuple[str, str]]] = {
    PrintOutcome.PRINTED: ("success", "circle-check"),
    PrintOutcome.PROBABLE: ("warning", "printer"),
    PrintOutcome.REFUSED: ("danger", "printer-x"),
    PrintOutcome.UNKNOWN: ("warning", "circle-question-mark"),
}


@dataclass(frozen=True, slots=True)
class View:
    """The page. `say` is what to tell the customer; `note` what became of the printing."""

    tone: str
    icon: str
    title: str
    text: str
    cards_title: str
    queue: str
    rows: tuple[ResultRow, ...]
    ticket: str
    say_title: str
    say: str
    change_title: str
    change: str
    change_detail: str
    change_small: bool
    ask: str
    ask_detail: str
    note: str
    note_kind: str
    note_icon: str
    next: Action
    printing: Action
    print_first: bool
    footer: str


def view(state: TillState, draft: Draft, lang: Language) -> View:
    """Return the page for the sale at the counter."""
    words, formats = lang.words, lang.formats
    sale = state.sale
    lines = sale.live if sale is not None else ()
    promised = sum(line.phase is LinePhase.PROMISED for line in lines)
    tone, icon, title, text = headline(state, sale, lang)
    job = last_job(state, sale)
    note, note_kind, note_icon = note_of(job, lang)
    change = _change(sale, state)
    received = _received(sale, state)
    total = total_of(sale, state)
    advised = promised > 0
    return View(
        tone=tone,
        icon=icon,
        title=title,
        text=text,
        cards_title=words("act.given"),
        queue=words.count("act.queue_n", len(state.book.promises)) if promised and state.book.promises else "",
        rows=tuple(result_row(state, lang, line) for line in lines),
        ticket=_ticket(sale, state, lang),
        say_title=words("act.q_say_t") if advised else "",
        say=words.count("act.q_say", promised) if advised else "",
        change_title=words("pay.change") if change is not None else words("act.paid"),
        change=formats.money(change) if change is not None else formats.money(total),
        change_detail=_change_detail(change, received, total, lang, short=advised),
        change_small=advised,
        ask=words("rcpt.proof") if advised else words("rcpt.ask"),
        ask_detail=words.count("rcpt.proof_d", promised) if advised else words("rcpt.ask_d"),
        note=note,
        note_kind=note_kind,
        note_icon=note_icon,
        next=Action(
            words("rcpt.next_only") if job is not None else words("rcpt.no"),
            NextSale(),
            icon="arrow-right",
            shortcut="enter",
            cap=cap(draft, lang, "key.enter"),
        ),
        printing=print_action(state, sale, draft, lang),
        print_first=advised and job is None,
        footer=words("rcpt.next"),
    )


def headline(state: TillState, sale: Sale | None, lang: Language) -> tuple[str, str, str, str]:
    """Return tone, icon, headline and sentence of a result, the least good part first."""
    words = lang.words
    lines = sale.live if sale is not None else ()
    activated = sum(line.phase is LinePhase.ACTIVATED for line in lines)
    promised = sum(line.phase is LinePhase.PROMISED for line in lines)
    back = [line for line in lines if line.phase in _GIVEN_BACK]
    if promised:
        title = words("act.q_t")
        if activated:
            title = f"{words.count('act.ok_n', activated)}, {words.count('act.q_n', promised)}"
        return "warning", "cloud-off", title, words.count("act.q_d", promised)
    if back and not activated:
        if any(line.phase is LinePhase.REFUNDED for line in back):
            amount = Money(sum(line.face.minor for line in back), state.catalogue.currency)
            text = words("act.done_refunded_d", amount=lang.formats.money(amount))
            return "info", "undo-2", words("act.done_refunded_t"), text
        return "info", "undo-2", words("act.done_cancelled_t"), words("act.done_cancelled_d")
    if back:
        title = f"{words.count('act.ok', activated)}, {words.count('act.refunded_n', len(back))}"
        return "success", "check", title, words("act.done_mixed_d")
    return "success", "check", words.count("act.ok", activated), words.count("act.ok_d", activated)


def last_job(state: TillState, sale: Sale | None) -> PrintJob | None:
    """Return the latest print job of a sale."""
    number = sale.receipt_no if sale is not None else None
    return next((job for job in reversed(state.book.jobs) if job.receipt_no == number), None)


def print_action(state: TillState, sale: Sale | None, draft: Draft, lang: Language, *, shortcut: bool = True) -> Action:
    """Return the printing button: the original while none came out, then copies; shut while one is under way."""
    words = lang.words
    job = last_job(state, sale)
    number = sale.receipt_no if sale is not None and sale.receipt_no is not None else 0
    never = job is None  # the first print is the original whatever became of it (CAI-11); every later one is a copy
    printer = next((one for one in state.devices if one.device == "printer"), None)
    missing = printer is None or printer.state in (DeviceState.DISABLED, DeviceState.ABSENT, DeviceState.LOST)
    running = job is not None and job.outcome is None
    return Action(
        words("rcpt.yes") if never else words("rcpt.again"),
        PrintReceipt() if never else PrintCopy(number),
        icon="printer",
        shortcut="yes" if shortcut else "",
        cap=cap(draft, lang, "key.yes") if shortcut else "",
        allowed=not missing and not running and number > 0,
        reason=words("rcpt.no_printer") if missing else words("rcpt.printing") if running else "",
        detail="" if never else words("sale.reprint_d"),
    )


def note_of(job: PrintJob | None, lang: Language) -> tuple[str, str, str]:
    """Return sentence, block kind and icon for what became of a print job."""
    if job is None:
        return "", "sunken", "info"
    if job.outcome is None:
        return lang.words("rcpt.printing"), "sunken", "printer"
    outcome = PrintOutcome(job.outcome)
    kind, icon = _NOTE_LOOK[outcome]
    if outcome is PrintOutcome.PRINTED and job.copy_no > 0:
        return lang.words("rcpt.dup"), kind, icon
    return wording.print_outcome(lang, outcome, job.reason), kind, icon


def _change(sale: Sale | None, state: TillState) -> Money | None:
    """Return the change of a cash sale, nothing where no cash was taken."""
    cash = [one for one in (sale.tenders if sale else ()) if one.tender == TenderKind.CASH.value]
    if not cash:
        return None
    return Money(sum(one.change_minor for one in cash), state.catalogue.currency)


def _received(sale: Sale | None, state: TillState) -> Money:
    minor = sum(one.received_minor for one in (sale.tenders if sale else ()))
    return Money(minor, state.catalogue.currency)


def _change_detail(change: Money | None, received: Money, total: Money, lang: Language, *, short: bool) -> str:
    if change is None:
        return lang.words("act.by_card")
    if short:
        return lang.words("act.received_short", received=lang.formats.money(received))
    return lang.words("act.received", received=lang.formats.money(received), due=lang.formats.money(total))


def _ticket(sale: Sale | None, state: TillState, lang: Language) -> str:
    if sale is None or sale.receipt_no is None:
        return ""
    moment = lang.formats.moment(sale.completed_ms or sale.opened_ms)
    tenders = " + ".join(wording.tender(lang, TenderKind(one.tender)) for one in sale.tenders)
    return lang.words(
        "act.ticket",
        no=receipt_no(lang, sale.receipt_no),
        time=lang.formats.clock(moment),
        tender=tenders,
        amount=lang.formats.money(total_of(sale, state)),
    )
