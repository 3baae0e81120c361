"""Named moments of the clerk's face: states and drafts as a till would publish them, for the gallery and the tests of screens.

Responsible for: at least one sample of each page and of each of its states (empty, offline, trouble). Serials and people are
invented; nothing here is reachable from a running till.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from kiosk.domain.currency import EUR
from kiosk.domain.events import PaidTender
from kiosk.domain.money import Money
from kiosk.domain.refusals import PromiseRefusal, Reason, ScanRefusal
from kiosk.domain.sale import LinePhase
from kiosk.domain.tender import TenderKind
from kiosk.protocol.messages import Amount, BalanceAnswer, SpentRow
from kiosk.till.messages import DeviceState, PaperLevel
from kiosk.till.state import (
    Balance,
    Book,
    Charge,
    DiskRoom,
    LogInState,
    Notice,
    OfflineRoom,
    PrintJob,
    Question,
    RecoveryQuestion,
    Stage,
    TenderHurdle,
    TenderOffer,
    TillState,
)
from kiosk.ui.draft import Draft
from kiosk.ui.intents import Task
from kiosk.ui.sample_parts import (
    CASH_ONLY,
    at,
    basket,
    cash,
    chosen,
    devices,
    done,
    line,
    line_id,
    offline,
    sale,
    state,
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One moment. `picture` is the design's picture of it, if there is one; `size` its width and height."""

    name: str
    screen: str
    state: TillState
    draft: Draft
    picture: str = ""


def samples() -> tuple[Sample, ...]:
    """Every sample, in the order of a working day."""
    return tuple(sample for group in _GROUPS for sample in group())


# ---- groups


def _login() -> list[Sample]:
    out = state(Stage.LOGGED_OUT, book=Book(), now_ms=at(hours=6, minutes=34))
    kept = sale(basket())
    locked = state(Stage.LOCKED, kept)
    wrong = replace(out, login=LogInState("u1", 2))
    shut = replace(out, login=LogInState("u1", 0, at() + 24_000), now_ms=at())
    return [
        Sample("login", "login", out, Draft(user_id="u1", pin="47"), "clerk-01-login.png"),
        Sample("login-wrong", "login", wrong, Draft(user_id="u1")),
        Sample("login-shut", "login", shut, Draft(user_id="u1")),
        Sample("login-nobody", "login", replace(out, clerks=()), Draft()),
        Sample("lock", "login", replace(locked, demonstration_keys=True), Draft()),
        Sample("starting", "message", state(Stage.STARTING), Draft()),
        Sample("halted", "message", state(Stage.HALTED, trouble="JRN-02"), Draft()),
        Sample("not-started", "message", state(Stage.HALTED, trouble="KEY-02"), Draft()),
    ]


def _sale() -> list[Sample]:
    full = state(Stage.SALE, sale(basket()))
    empty = state(Stage.SALE)
    asked = state(
        Stage.SALE,
        sale((*basket()[:2], line(0, "13", LinePhase.ASKED))),
        tenders=(
            TenderOffer(TenderKind.CASH, TenderHurdle.ANSWER_AWAITED),
            TenderOffer(TenderKind.BANK_CARD, TenderHurdle.ANSWER_AWAITED),
        ),
    )
    two = sale((line(1, "12", LinePhase.UNHELD), line(0, "13", LinePhase.UNHELD)))
    down = offline(state(Stage.SALE, two, tenders=CASH_ONLY))
    stopped = offline(
        state(
            Stage.SALE,
            two,
            tenders=(
                TenderOffer(TenderKind.CASH, TenderHurdle.OFFLINE, PromiseRefusal.OUTSTANDING_CARDS),
                TenderOffer(TenderKind.BANK_CARD, TenderHurdle.OFFLINE, PromiseRefusal.NOT_CASH),
            ),
        )
    )
    stopped = replace(stopped, offline=OfflineRoom(PromiseRefusal.OUTSTANDING_CARDS, 0))
    unread = replace(empty, notice=Notice(scan=ScanRefusal.MISREAD, serial_no=1))
    sold = replace(full, notice=Notice(reason=Reason.ALREADY_SOLD, last4="0093", sold_at_ms=at(days=3), serial_no=2))
    held = replace(
        full,
        notice=Notice(
            reason=Reason.HELD_ELSEWHERE, last4="0093", till="Caisse 2", until_ms=at() + 100_000, serial_no=3
        ),
    )
    removed = replace(
        full, notice=Notice(key="sale.removed", amount=Money(5000, EUR), serial_no=4), removed=basket()[2]
    )
    many = state(
        Stage.SALE, sale(tuple(line(n, ("11", "12", "13")[n % 3], LinePhase.HELD) for n in range(9))), devices=devices()
    )
    trouble = replace(
        full, devices=devices(paper=PaperLevel.OUT, scanner=DeviceState.LOST), background=("old-9",), stock=(("13", 0),)
    )
    return [
        Sample("sale", "sale", full, chosen(), "clerk-02-sale.png"),
        Sample("sale-empty", "sale", empty, Draft()),
        Sample("sale-checking", "sale", asked, chosen()),
        Sample("sale-armed", "sale", full, chosen(armed="13", line_id=None)),
        Sample("sale-offline", "sale", down, chosen(armed="13", line_id=None), "clerk-10-sale-dark-offline-1024.png"),
        Sample("sale-offline-stopped", "sale", stopped, chosen()),
        Sample("sale-tampered", "sale", replace(full, tampered=True), chosen()),
        Sample("sale-disk-full", "sale", replace(full, disk=DiskRoom.NO_SALES), chosen()),
        Sample("sale-disk-low", "sale", replace(full, disk=DiskRoom.LOW), chosen()),
        Sample("sale-parked", "sale", replace(full, parked=2), chosen()),
        Sample("sale-unread", "sale", unread, Draft()),
        Sample("sale-sold", "sale", sold, chosen()),
        Sample("sale-held", "sale", held, chosen()),
        Sample("sale-other-value", "sale", full, chosen(armed="12")),
        Sample("sale-removed", "sale", removed, chosen()),
        Sample("sale-clearing", "sale", full, chosen(clearing=True)),
        Sample("sale-many", "sale", many, chosen(line_id=line_id(8))),
        Sample("sale-trouble", "sale", trouble, chosen()),
        Sample("type", "type_serial", full, chosen(task=Task.TYPE, serial="7720441600")),
        Sample("type-wrong", "type_serial", full, chosen(task=Task.TYPE, serial="7720441600931399")),
    ]


def _payment() -> list[Sample]:
    full = state(Stage.SALE, sale(basket()))
    charge = sale(basket(), charge=Charge("c1", Money(9000, EUR), manual=False))
    manual = sale(basket(), charge=Charge("c1", Money(9000, EUR), manual=True))
    mute = sale(basket(), charge=Charge("c1", Money(9000, EUR), manual=False, outcome="unknown"))
    return [
        Sample("cash", "cash", full, chosen(task=Task.CASH, received="100"), "clerk-03-payment-cash.png"),
        Sample("cash-exact", "cash", full, chosen(task=Task.CASH)),
        Sample("cash-missing", "cash", full, chosen(task=Task.CASH, received="50,5")),
        Sample("cash-too-much", "cash", full, chosen(task=Task.CASH, received="99000")),
        Sample(
            "cash-offline", "cash", offline(replace(full, tenders=CASH_ONLY)), chosen(task=Task.CASH, received="117,37")
        ),
        Sample("bank-card", "bank_card", state(Stage.CHARGING, charge), chosen()),
        Sample("bank-card-manual", "bank_card", state(Stage.CHARGING, manual), chosen()),
        Sample("bank-card-mute", "bank_card", state(Stage.CHARGING, mute), chosen()),
    ]


def _activation() -> list[Sample]:
    paid = cash(9000, 10000)
    under_way = sale(
        (line(2, "12", LinePhase.ACTIVATED), *(replace(one, phase=LinePhase.COMMITTING) for one in basket()[1:])),
        tenders=paid,
    )
    activated = done(basket(LinePhase.ACTIVATED), paid, 482)
    by_card = done(basket(LinePhase.ACTIVATED)[:1], (PaidTender("bank_card", 2000, 2000, 0),), 482)
    promised = done(basket(LinePhase.PROMISED), paid, 482)
    queue = offline(state(Stage.PROMISED, promised), waiting=5)
    refused = sale(
        (
            line(2, "12", LinePhase.REFUSED, reason="already_sold"),
            line(0, "13", LinePhase.ACTIVATED),
            line(1, "12", LinePhase.ACTIVATED),
        ),
        tenders=paid,
    )
    unknown = sale((line(0, "13", LinePhase.UNKNOWN),), tenders=cash(5000, 5000))
    waiting = state(Stage.UNKNOWN, unknown, waiting_ms=12_000)
    choices = replace(waiting, waiting_ms=26_000, choices=True, let_go=PromiseRefusal.POLICY_OFF)
    refunded = done((line(2, "12", LinePhase.REFUNDED), line(0, "13", LinePhase.ACTIVATED)), paid, 482)
    out = replace(state(Stage.RESULT, activated), devices=devices(paper=PaperLevel.OUT))
    out = replace(out, book=replace(out.book, jobs=(PrintJob("j1", 482, 0, "refused", "paper_out"),)))
    printed = state(Stage.RESULT, activated)
    printed = replace(printed, book=replace(printed.book, jobs=(PrintJob("j1", 482, 0, "printed"),)))
    return [
        Sample("activating-1s", "activating", state(Stage.ACTIVATING, under_way, waiting_ms=1_500), chosen()),
        Sample("activating-3s", "activating", state(Stage.ACTIVATING, under_way, waiting_ms=4_000), chosen()),
        Sample("activated", "result", state(Stage.RESULT, activated), chosen(), "clerk-04-activation-success.png"),
        Sample("activated-bank-card", "result", state(Stage.RESULT, by_card), chosen()),
        Sample("activated-printed", "result", printed, chosen()),
        Sample("activated-paper-out", "result", out, chosen()),
        Sample("activated-refunded", "result", state(Stage.RESULT, refunded), chosen()),
        Sample("promised", "result", queue, chosen(), "clerk-05-activation-offline.png"),
        Sample("refused", "refused", state(Stage.REFUSED, refused), chosen(), "clerk-06-activation-refused.png"),
        Sample("refused-replacing", "refused", state(Stage.REFUSED, refused, replacing=line_id(2)), chosen()),
        Sample("unknown", "unknown", waiting, chosen()),
        Sample("unknown-choices", "unknown", choices, chosen()),
        Sample("unknown-let-go", "unknown", replace(choices, let_go=None), chosen()),
        Sample("unknown-give-back", "unknown", choices, chosen(giving_back=True)),
    ]


def _after() -> list[Sample]:
    asked = sale((line(3, "13", LinePhase.UNKNOWN),), tenders=cash(5000, 5000))
    questions = [
        Sample(
            f"recovery-{question.value.replace('_', '-')}",
            "recovery",
            state(
                Stage.RECOVERY,
                asked,
                question=RecoveryQuestion(question, "now", (asked.lines[0].serial[-4:],), Money(5000, EUR)),
            ),
            Draft(),
        )
        for question in Question
    ]
    answer = BalanceAnswer(
        outcome="found",
        state="active",
        series="13",
        face=Amount(5000, "EUR"),
        balance=Amount(3200, "EUR"),
        codes_left=16,
        codes=25,
        expires_ms=at() + 700 * 86_400_000,
        payments=[
            SpentRow(at(days=2), Amount(400, "EUR")),
            SpentRow(at(days=3), Amount(1000, "EUR")),
            SpentRow(at(days=5), Amount(400, "EUR")),
        ],
    )
    fresh = BalanceAnswer(
        outcome="found",
        state="blocked",
        series="11",
        face=Amount(1000, "EUR"),
        balance=Amount(1000, "EUR"),
        codes_left=25,
        codes=25,
        expires_ms=at() + 700 * 86_400_000,
        payments=[],
    )

    def asking(balance: Balance) -> TillState:
        return state(Stage.BALANCE, balance=balance)

    tickets = state(Stage.SALE)
    copied = replace(tickets, book=replace(tickets.book, jobs=(PrintJob("j1", 481, 1, "printed"),)))
    task = replace(tickets, book=replace(tickets.book, tasks=((line_id(4, "old-4"), "X1"),)))
    managed = replace(task, book=replace(task.book, user="u3"))
    none = replace(tickets, book=replace(tickets.book, sales=()))
    return [
        *questions,
        Sample("balance-empty", "balance", asking(Balance()), Draft()),
        Sample("balance-typing", "balance", asking(Balance()), Draft(serial="77204416")),
        Sample("balance-asking", "balance", asking(Balance(asking=True, last4="0093")), Draft()),
        Sample("balance", "balance", asking(Balance(last4="0093", answer=answer)), Draft(), "clerk-07-balance.png"),
        Sample("balance-blocked", "balance", asking(Balance(last4="5516", answer=fresh)), Draft()),
        Sample("balance-unanswered", "balance", asking(Balance(unanswered=True, last4="0093")), Draft()),
        Sample(
            "balance-not-found",
            "balance",
            asking(Balance(last4="0093", answer=BalanceAnswer(outcome="not_found"))),
            Draft(),
        ),
        Sample("balance-offline", "balance", offline(asking(Balance())), Draft()),
        Sample("tickets", "tickets", tickets, Draft(task=Task.TICKETS)),
        Sample("tickets-copied", "tickets", copied, Draft(task=Task.TICKETS)),
        Sample("tickets-task", "tickets", task, Draft(task=Task.TICKETS, sale_id="old-4")),
        Sample("tickets-task-sure", "tickets", managed, Draft(task=Task.TICKETS, sale_id="old-4", settling=True)),
        Sample("tickets-empty", "tickets", none, Draft(task=Task.TICKETS)),
        Sample("settings", "settings", tickets, Draft(task=Task.SETTINGS)),
        Sample("help", "help", tickets, Draft(task=Task.HELP)),
    ]


_GROUPS: Final[tuple[Callable[[], list[Sample]], ...]] = (_login, _sale, _payment, _activation, _after)
