"""A card's balance for the person who holds it: amount, state in words, what to do, the last payments without merchants.

The serial is not shown, only its last four digits (TM-17); who was paid stays private (design, open question 3). Not responsible
for whether the authority may tell (it answers or not).
"""

from dataclasses import dataclass, replace

from kiosk.domain.currency import currency
from kiosk.domain.money import Money
from kiosk.i18n.language import Language
from kiosk.protocol.messages import Amount, BalanceAnswer, SpentRow
from kiosk.ui.presenters.customer import footer
from kiosk.ui.presenters.customer.footer import FooterView
from kiosk.ui.presenters.customer.visit import CustomerState, Touch, Visit


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """One payment, ready to show."""

    title: str
    when: str
    amount: str


@dataclass(frozen=True, slots=True)
class View:
    """While ``waiting`` is set there is nothing else to show; without ``amount`` only the note. An icon goes with its words."""

    brand: str
    title: str
    footer: FooterView
    waiting: str = ""
    amount_title: str = ""
    amount: str = ""
    state: str = ""
    icon: str = ""
    share: int | None = None  # thousandths of the face value that are left
    codes: str = ""
    card: str = ""
    until: str = ""
    number: str = ""
    note: str = ""
    note_tone: str = ""
    list_title: str = ""
    list_total: str = ""
    empty: str = ""
    rows: tuple[PaymentRow, ...] = ()
    page: str = ""
    newer: str = ""
    older: str = ""
    newer_on: bool = False
    older_on: bool = False
    done: str = ""
    other: str = ""


def view(state: CustomerState, lang: Language, *, rows: int) -> View:
    """The page as it stands; ``rows`` payments fit on it at a time."""
    words, visit = lang.words, state.visit
    balance = state.till.balance
    answer = None if balance is None else balance.answer
    brand, base = state.till.catalogue.name, footer.view(visit, lang, back=True)
    if balance is None or answer is None or answer.outcome != "found":
        return View(brand=brand, title=words("bal.t"), footer=base, waiting=words("common.loading_short"))
    face = _money(answer.face)
    left = _money(answer.balance)
    icon, told, note, tone = _standing(answer, lang)
    number = "" if balance.last4 is None else words("k.card_no", last4=balance.last4)
    done, other = words("common.done"), words("k.other")
    if left is None:
        # of a blocked card the authority tells nothing but that
        return View(
            brand=brand,
            title=words("bal.t"),
            footer=base,
            icon=icon,
            number=number,
            note=note or words("k.blocked_d"),
            note_tone=tone or "danger",
            done=done,
            other=other,
        )
    payments = answer.payments or []
    first = _first(visit, count=len(payments), rows=rows)
    shown = payments[first : first + rows]
    paged = len(payments) > rows
    return View(
        brand=brand,
        title=words("k.here"),
        footer=base,
        amount_title=words("bal.avail"),
        amount=lang.formats.money(left),
        state=told,
        icon=icon,
        share=None if face is None or face.minor <= 0 else 1000 * left.minor // face.minor,
        codes=""
        if answer.codes is None or answer.codes_left is None
        else words.count("bal.codes", answer.codes_left, m=answer.codes),
        card="" if face is None else words("common.card_v", v=lang.formats.face(face)),
        until=_until(answer, lang),
        number=number,
        note=note,
        note_tone=tone,
        list_title=words("bal.last"),
        list_total=words.count("k.total", len(payments)) if payments else "",
        empty="" if payments else words("bal.none"),
        rows=tuple(_row(row, lang) for row in shown),
        page=words("k.page", a=first + 1, b=first + len(shown), n=len(payments)) if paged else "",
        newer=words("k.newer"),
        older=words("k.older"),
        newer_on=first > 0,
        older_on=first + rows < len(payments),
        done=done,
        other=other,
    )


def turned(state: CustomerState, touch: Touch, *, rows: int) -> Visit:
    """The visit after a turn of the list's page; a page further than the last stays where it is."""
    balance = state.till.balance
    payments = [] if balance is None or balance.answer is None else balance.answer.payments or []
    step = rows if touch is Touch.LATER else -rows
    first = _first(state.visit, count=len(payments), rows=rows) + step
    return replace(state.visit, first_payment=first if 0 <= first < len(payments) else state.visit.first_payment)


def _first(visit: Visit, *, count: int, rows: int) -> int:
    last_page = max(0, count - 1) // rows * rows
    return min(visit.first_payment // rows * rows, last_page)


def _money(amount: Amount | None) -> Money | None:
    return None if amount is None else Money(amount.amount_minor, currency(amount.currency))


def _standing(answer: BalanceAnswer, lang: Language) -> tuple[str, str, str, str]:
    """Icon, state, and the sentence with its tone for a card that does not simply work."""
    words = lang.words
    match answer.state:
        case "active":
            return "circle-check", words("k.active"), "", ""
        case "exhausted":
            return "info", words("k.spent"), words("k.spent_d"), "info"
        case "expired":
            return "circle-alert", words("k.expired"), words("k.expired_d"), "warning"
        case "void":
            return "x", words("k.void"), words("k.void_d"), "danger"
        case _:
            # blocked, and whatever a newer authority may call it: the counter knows what to do
            return "lock", words("k.blocked"), words("k.blocked_d"), "danger"


def _until(answer: BalanceAnswer, lang: Language) -> str:
    if answer.expires_ms is None:
        return ""
    key = "k.expired_on" if answer.state == "expired" else "bal.until"
    return lang.words(key, date=lang.formats.full_day(lang.formats.moment(answer.expires_ms).date()))


def _row(row: SpentRow, lang: Language) -> PaymentRow:
    amount = _money(row.amount)
    assert amount is not None
    return PaymentRow(
        title=lang.words("bal.payment"),
        when=lang.formats.day_and_time(lang.formats.moment(row.at_ms)),
        amount=lang.formats.money(Money(-amount.minor, amount.currency)),
    )
