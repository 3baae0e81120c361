"""One visit at the customer face: which page is shown, what was typed, when a hand was last seen, and how it ends.

Responsible for every rule of time and of forgetting (TM-17, WCAG 2.2.1): digits are hidden soon after they were typed, a warning
comes before anything is wiped, and a wiped visit holds nothing. Values in, values out: the face owns the clock and the till.
"""

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final, assert_never

from kiosk.domain.card import SERIAL_DIGITS, NumberFault, parse_serial
from kiosk.domain.refusals import ScanRefusal
from kiosk.till.commands import AskBalance, Command, OpenBalance
from kiosk.till.state import Balance, Stage, TillState

DIGIT_SHOWN_MS: Final = 600  # TM-17: the newest digit alone is legible, and not for long
IDLE_WARNING_MS: Final = 45_000
IDLE_COUNTDOWN_MS: Final = 20_000  # WCAG 2.2.1 asks for at least 20 s to react
BUSY_AFTER_MS: Final = 300


class Page(Enum):
    """What the visitor has before him."""

    ATTRACT = "attract"
    TYPE = "type"
    BALANCE = "balance"


class Screen(Enum):
    """Every screen of the face; ``screen_of`` chooses."""

    ATTRACT = "attract"
    TYPE = "scan_or_type"
    BALANCE = "balance"
    IDLE = "idle"
    OUT = "unavailable"


class Touch(Enum):
    """What a visitor does by one touch; digits and languages are values of their own."""

    START = "start"
    ERASE = "erase"
    SUBMIT = "submit"
    BACK = "back"
    DONE = "done"
    OTHER_CARD = "other_card"
    STAY = "stay"
    LEAVE = "leave"
    REVEAL = "reveal"
    CONTRAST = "contrast"
    LARGE = "large"
    EARLIER = "earlier"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Digit:
    """One key of the pad."""

    digit: str

    def __repr__(self) -> str:
        return "Digit(…)"


@dataclass(frozen=True, slots=True)
class Speak:
    """Go on in another language."""

    language: str


Intent = Touch | Digit | Speak


class Fault(Enum):
    """Why there is no balance to show."""

    UNREAD = "unread"
    LENGTH = "length"
    CHECK = "check"
    UNKNOWN = "unknown"
    INACTIVE = "inactive"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Visit:
    """All that the face knows of the person in front of it. Times are monotonic milliseconds."""

    language: str
    page: Page = Page.ATTRACT
    typed: str = field(default="", repr=False)
    typed_at_ms: int = 0
    revealed: bool = False
    fault: Fault | None = None
    asked_at_ms: int | None = None
    touched_ms: int = 0
    first_payment: int = 0
    contrast: bool = False
    large: bool = False


@dataclass(frozen=True, slots=True)
class CustomerState:
    """What a presenter is given: the till's published state, the visit, and the moment (monotonic)."""

    till: TillState
    visit: Visit
    now_ms: int


Step = tuple[Visit, tuple[Command, ...]]

# opening again makes the till forget the answer that it published
FORGET: Final[tuple[Command, ...]] = (OpenBalance(),)


def wiped(visit: Visit, *, language: str, now_ms: int) -> Visit:
    """A new visit that holds nothing of this one, in the house's language and look."""
    return Visit(language=language, touched_ms=now_ms)


def screen_of(state: CustomerState) -> Screen:
    """The one screen to show."""
    visit, till = state.visit, state.till
    if visit.page is not Page.BALANCE and not in_service(till):
        return Screen.OUT
    if seconds_left(state) is not None:
        return Screen.IDLE
    if visit.page is Page.ATTRACT and busy(state):
        return Screen.BALANCE  # a scan whose answer takes its time
    match visit.page:
        case Page.ATTRACT:
            return Screen.ATTRACT
        case Page.TYPE:
            return Screen.TYPE
        case Page.BALANCE:
            return Screen.BALANCE
        case _:
            assert_never(visit.page)


def in_service(till: TillState) -> bool:
    """Whether a balance can be asked for at all."""
    return till.link_up and till.stage not in (Stage.STARTING, Stage.HALTED, Stage.RECOVERY)


def seconds_left(state: CustomerState) -> int | None:
    """The countdown while the warning is due, else ``None``."""
    if state.visit.page is Page.ATTRACT:
        return None
    over_ms = state.now_ms - state.visit.touched_ms - IDLE_WARNING_MS
    return None if over_ms < 0 else max(0, -(-(IDLE_COUNTDOWN_MS - over_ms) // 1000))


def busy(state: CustomerState) -> bool:
    """Whether the authority has had the question for so long that the screen must say so."""
    asked = state.visit.asked_at_ms
    return asked is not None and state.now_ms - asked >= BUSY_AFTER_MS


def touched(visit: Visit, intent: Intent, *, house_language: str, now_ms: int) -> Step:
    """What one touch makes of the visit, and what is asked of the till for it."""
    visit = replace(visit, touched_ms=now_ms)
    match intent:
        case Digit():
            return _typed(visit, intent.digit, now_ms), ()
        case Speak():
            return replace(visit, language=intent.language), ()
        case Touch.START:
            return replace(visit, page=Page.TYPE), ()
        case Touch.ERASE:
            shorter = replace(visit, typed=visit.typed[:-1], typed_at_ms=now_ms - DIGIT_SHOWN_MS)
            return replace(shorter, revealed=visit.revealed and bool(shorter.typed), fault=None), ()
        case Touch.REVEAL:
            return replace(visit, revealed=not visit.revealed), ()
        case Touch.SUBMIT:
            return _submitted(visit, now_ms)
        case Touch.OTHER_CARD:
            return _emptied(visit, Page.TYPE), FORGET
        case Touch.BACK | Touch.DONE | Touch.LEAVE:
            return wiped(visit, language=house_language, now_ms=now_ms), FORGET
        case Touch.STAY:
            return visit, ()
        case Touch.CONTRAST:
            return replace(visit, contrast=not visit.contrast), ()
        case Touch.LARGE:
            # a page of the list holds fewer rows in large text: begin at the first again
            return replace(visit, large=not visit.large, first_payment=0), ()
        case Touch.EARLIER | Touch.LATER:
            return visit, ()  # how many rows a page has is the balance page's business: `balance.turned`
        case _:
            assert_never(intent)


def ticked(state: CustomerState, *, house_language: str) -> Step:
    """What the passing of time makes of the visit: after the countdown nothing of it is left."""
    visit, now_ms = state.visit, state.now_ms
    if now_ms - visit.touched_ms < IDLE_WARNING_MS + IDLE_COUNTDOWN_MS:
        return visit, ()
    if visit.page is Page.ATTRACT:
        fresh = wiped(visit, language=house_language, now_ms=visit.touched_ms)
        return (visit if fresh == visit else wiped(visit, language=house_language, now_ms=now_ms)), ()
    return wiped(visit, language=house_language, now_ms=now_ms), FORGET


def observed(visit: Visit, *, before: Balance | None, now: Balance | None, now_ms: int) -> Visit:
    """What the till's news makes of the visit: a scan from anywhere goes straight to its balance."""
    if now == before or now is None:
        return visit
    if visit.page is Page.BALANCE and now == Balance():
        # the till has forgotten: so do we (it was started again)
        return replace(_emptied(visit, Page.ATTRACT), asked_at_ms=None)
    if now.asking:
        return replace(visit, asked_at_ms=now_ms, touched_ms=now_ms, fault=None, first_payment=0)
    done = replace(visit, asked_at_ms=None)
    fault = _fault_of(now)
    if fault is not None:
        return replace(done, page=Page.TYPE, fault=fault, touched_ms=now_ms)
    if now.answer is not None:
        return replace(_emptied(done, Page.BALANCE), touched_ms=now_ms)
    return done


def _typed(visit: Visit, digit: str, now_ms: int) -> Visit:
    if len(visit.typed) >= SERIAL_DIGITS:
        return visit
    return replace(visit, typed=visit.typed + digit, typed_at_ms=now_ms, fault=None)


def _submitted(visit: Visit, now_ms: int) -> Step:
    match parse_serial(visit.typed):
        case NumberFault.CHECK:
            return replace(visit, fault=Fault.CHECK), ()
        case NumberFault():
            return replace(visit, fault=Fault.LENGTH), ()
        case serial:
            return replace(visit, fault=None, asked_at_ms=now_ms), (AskBalance(serial.digits),)


def _emptied(visit: Visit, page: Page) -> Visit:
    return replace(
        visit, page=page, typed="", revealed=False, fault=None, asked_at_ms=None, first_payment=0, typed_at_ms=0
    )


def _fault_of(balance: Balance) -> Fault | None:
    if balance.fault is not None:
        match balance.fault:
            case ScanRefusal.CHECK_DIGITS:
                return Fault.CHECK
            case ScanRefusal.LENGTH:
                return Fault.LENGTH
            case ScanRefusal.UNKNOWN_SERIES | ScanRefusal.OTHER_CURRENCY:
                return Fault.UNKNOWN
            case _:
                return Fault.UNREAD
    if balance.unanswered:
        return Fault.UNANSWERED
    if balance.answer is None:
        return None
    if balance.answer.outcome != "found":
        return Fault.UNKNOWN
    return Fault.INACTIVE if balance.answer.state == "inactive" else None
