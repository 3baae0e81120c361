"""Balance of a card: scan or type, read, show without naming any merchant. Pure."""

from dataclasses import dataclass, field
from typing import Final

from kiosk.domain.card import NumberFault, parse_serial
from kiosk.domain.currency import currency
from kiosk.domain.money import Money
from kiosk.i18n import wording
from kiosk.i18n.formats import serial_groups
from kiosk.i18n.language import Language
from kiosk.protocol.messages import Amount, BalanceAnswer
from kiosk.till.state import Balance, TillState
from kiosk.ui.draft import MAX_SERIAL_DIGITS, Draft
from kiosk.ui.intents import Back, Erase, OpenTask, Submit, Task
from kiosk.ui.presenters.parts import Action, Card, cap, card_of

PAYMENTS_SHOWN: Final = 4
_CHIP: Final = {
    "active": ("check", "success"),
    "inactive": ("clock", "neutral"),
    "blocked": ("lock", "danger"),
    "expired": ("clock", "warning"),
    "exhausted": ("circle-check", "neutral"),
    "void": ("x", "neutral"),
}


@dataclass(frozen=True, slots=True)
class PaymentView:
    """One payment of the card; the merchant stays private."""

    title: str
    when: str
    amount: str


@dataclass(frozen=True, slots=True)
class View:
    """The page. `state`: empty, asking, fault or found."""

    state: str
    title: str
    message_icon: str
    message_tone: str
    message: str
    message_detail: str
    card: Card | None
    available_title: str
    available: str
    share: int
    codes: str
    chip: str
    chip_icon: str
    chip_tone: str
    warning: str
    facts: tuple[tuple[str, str], ...]
    payments_title: str
    private: str
    payments: tuple[PaymentView, ...]
    no_payments: str
    label: str
    number: str = field(repr=False)
    placeholder: str
    wrong: bool
    hint: str
    erase_name: str
    clear: Erase
    see: Action
    sell: Action
    back: Action


def view(state: TillState, draft: Draft, lang: Language) -> View:
    """Return the page for what was asked and answered."""
    words = lang.words
    balance = state.balance or Balance()
    answer = balance.answer if balance.answer is not None and balance.answer.outcome == "found" else None
    what, icon, tone, message, detail = _message(balance, state, lang)
    typed = draft.serial
    wrong = len(typed) == MAX_SERIAL_DIGITS and isinstance(parse_serial(typed), NumberFault)
    whole = len(typed) == MAX_SERIAL_DIGITS and not wrong
    chip_icon, chip_tone = _CHIP.get(answer.state or "", ("", "neutral")) if answer is not None else ("", "neutral")
    hint = words("bal.other") if answer is not None else words("bal.scan_d")
    if wrong:
        hint = words("sale.err_check")
    elif typed and not whole:
        hint = words("type.count", i=len(typed), n=MAX_SERIAL_DIGITS)
    return View(
        state=what,
        title=words("bal.t"),
        message_icon=icon,
        message_tone=tone,
        message=message,
        message_detail=detail,
        card=_card(answer, state, lang),
        available_title=words("bal.avail"),
        available=_amount(answer.balance, lang) if answer is not None else "",
        share=_share(answer),
        codes=_codes(answer, lang),
        chip=wording.balance_state(lang, answer.state) if answer is not None and answer.state else "",
        chip_icon=chip_icon,
        chip_tone=chip_tone,
        warning=_warning(answer, lang),
        facts=_facts(answer, balance, lang) if answer is not None else (),
        payments_title=words("bal.last"),
        private=words("bal.private"),
        payments=_payments(answer, lang),
        no_payments=words("bal.none"),
        label=words("bal.read") if balance.last4 and not typed else words("bal.number"),
        number=serial_groups(typed) if typed else f"•••• •••• •••• {balance.last4}" if balance.last4 else "",
        placeholder="",
        wrong=wrong,
        hint=hint,
        erase_name=words("common.erase"),
        clear=Erase(),
        see=Action(
            words("bal.see"),
            Submit(),
            icon="search",
            shortcut="enter",
            cap=cap(draft, lang, "key.enter"),
            allowed=whole and state.link_up,
            reason="" if state.link_up else words("common.network_needed"),
            shown=bool(typed),
        ),
        sell=Action(words("bal.sell"), OpenTask(Task.SALE), icon="scan-barcode", cap=cap(draft, lang, "F2")),
        back=Action(
            words("common.back"), Back(), icon="arrow-left", shortcut="escape", cap=cap(draft, lang, "key.escape")
        ),
    )


def _message(balance: Balance, state: TillState, lang: Language) -> tuple[str, str, str, str, str]:
    """Return what, icon, tone, headline and detail of the page while there is no balance to show."""
    words = lang.words
    if balance.fault is not None:
        return "fault", "circle-alert", "danger", wording.scan_refusal(lang, balance.fault), ""
    if balance.asking:
        return "asking", "search", "neutral", words("bal.asking"), ""
    if balance.unanswered:
        return "fault", "cloud-off", "warning", words("bal.unanswered"), ""
    if balance.answer is not None and balance.answer.outcome != "found":
        return "fault", "circle-alert", "danger", words("bal.not_found"), ""
    if balance.answer is not None:
        return "found", "", "neutral", "", ""
    if not state.link_up:
        return "empty", "cloud-off", "warning", words("bal.offline"), ""
    return "empty", "scan-barcode", "primary", words("bal.scan"), words("bal.scan_d")


def _money(amount: Amount) -> Money:
    return Money(amount.amount_minor, currency(amount.currency))


def _amount(amount: Amount | None, lang: Language) -> str:
    return lang.formats.money(_money(amount)) if amount is not None else ""


def _card(answer: BalanceAnswer | None, state: TillState, lang: Language) -> Card | None:
    if answer is None or answer.series is None:
        return None
    series = state.catalogue.find(answer.series)
    return card_of(lang, series) if series is not None else None


def _share(answer: BalanceAnswer | None) -> int:
    if answer is None or answer.balance is None or answer.face is None or answer.face.amount_minor <= 0:
        return 0
    return answer.balance.amount_minor * 1000 // answer.face.amount_minor


def _codes(answer: BalanceAnswer | None, lang: Language) -> str:
    if answer is None or answer.codes_left is None or answer.codes is None:
        return ""
    return lang.words.count("bal.codes", answer.codes_left, m=answer.codes)


def _warning(answer: BalanceAnswer | None, lang: Language) -> str:
    if answer is None:
        return ""
    if answer.state == "blocked":
        return lang.words("bal.blocked_d")
    if answer.state == "inactive":
        return lang.words("bal.inactive_d")
    if answer.state == "expired" and answer.expires_ms is not None:
        day = lang.formats.full_day(lang.formats.moment(answer.expires_ms).date())
        return lang.words("bal.expired", date=day)
    return ""


def _facts(answer: BalanceAnswer, balance: Balance, lang: Language) -> tuple[tuple[str, str], ...]:
    words, formats = lang.words, lang.formats
    facts = []
    if balance.last4:
        facts.append((words("common.serial"), words("bal.serial_tail", last4=balance.last4)))
    if answer.face is not None:
        facts.append((words("bal.face_t"), _amount(answer.face, lang)))
        if answer.balance is not None:
            facts.append((words("bal.spent_t"), formats.money(_money(answer.face) - _money(answer.balance))))
    if answer.expires_ms is not None and answer.state != "inactive":
        facts.append((words("bal.until_t"), formats.short_day(formats.moment(answer.expires_ms).date())))
    return tuple(facts)


def _payments(answer: BalanceAnswer | None, lang: Language) -> tuple[PaymentView, ...]:
    rows = (answer.payments or []) if answer is not None else []
    return tuple(
        PaymentView(
            title=lang.words("bal.payment"),
            when=lang.formats.short_day_and_time(lang.formats.moment(row.at_ms)),
            amount=lang.formats.money(_money(row.amount) * -1),
        )
        for row in rows[:PAYMENTS_SHOWN]
    )
