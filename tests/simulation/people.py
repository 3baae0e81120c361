"""The people of the simulator: customers with cards and money in their hands, and a clerk who obeys the screen and tells the truth.

What they hold is the truth that the books are compared with. While the till is dark a clerk may let a customer leave with the
cards, or give the money back: what the questions of a restart are for.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from kiosk.domain.sale import ChargeOutcome, LinePhase
from kiosk.domain.tender import TenderKind
from kiosk.till import commands as do
from kiosk.till.messages import Scanned
from kiosk.till.state import Line, Question, RecoveryQuestion, Sale, Stage, TillState
from tests.simulation.process import TillProcess

MONEY_BACK = frozenset({LinePhase.CANCELLING, LinePhase.CANCELLED, LinePhase.REFUNDED, LinePhase.TOO_LATE})
LOOKS_PAID = frozenset({LinePhase.COMMITTING, LinePhase.UNKNOWN, LinePhase.ACTIVATED, LinePhase.PROMISED})
MAX_TRIES = 3


class Place(Protocol):
    """What people need of the world."""

    random: Random
    healing: bool
    pace_ms: float

    def now_ms(self) -> int: ...

    def note(self, text: str) -> None: ...

    def later(self, delay_ms: float, what: str, do: Callable[[], None]) -> None: ...

    def take_card(self, series: str | None = None) -> str | None: ...

    def put_card(self, serial: str) -> None: ...

    def spend(self, serial: str, *, soon: bool = False) -> None: ...


@dataclass
class Customer:
    """Somebody at the counter, or gone. ``cash``: their notes in the shop; less than 0 when a bank card was refunded."""

    number: int
    cards: list[str]
    tender: TenderKind
    before: frozenset[str]  # sales that are not theirs
    borrowed: set[str] = field(default_factory=set)  # cards of theirs that others bought
    cash: int = 0
    holds: list[str] = field(default_factory=list)
    repaid: set[str] = field(default_factory=set)  # line ids
    gone: bool = False
    early: bool = False  # left with the cards while the till was dark
    given_back: bool = False  # got all the money back while the till was dark
    mine: set[str] = field(default_factory=set)  # every card that was ever scanned for them
    tries: dict[str, int] = field(default_factory=dict)
    refusals: int = 0
    intent: str = ""


class Clerk:
    """One clerk at one till."""

    def __init__(self, place: Place, process: TillProcess, *, customers: int) -> None:
        self.place = place
        self.process = process
        self.left_to_serve = customers
        self.customers: list[Customer] = []
        self.current: Customer | None = None
        self.sales = 0
        self._next_at_ms = 0

    @property
    def random(self) -> Random:
        return self.place.random

    @property
    def done(self) -> bool:
        return self.left_to_serve <= 0 and self.current is None and all(one.gone for one in self.customers)

    # ---- what they see and do

    def act(self) -> None:
        """One look at the screen, and one act."""
        self.place.later(self.random.uniform(400, 2_500), "", self.act)
        if not self.process.alive:
            return
        state = self.process.state
        self._give_money_back(state)
        match state.stage:
            case Stage.LOGGED_OUT | Stage.LOCKED:
                self._press(do.LogIn("lea", "1357"))
            case Stage.RECOVERY:
                assert state.question is not None
                self._press(do.AnswerRecovery(yes=self._truth(state, state.question), question=state.question))
            case Stage.SALE:
                self._sale(state)
            case Stage.CHARGING:
                self._charging(state)
            case Stage.ACTIVATING:
                if self.random.random() < 0.03:
                    self._to_background(state)
            case Stage.UNKNOWN:
                self._unknown(state)
            case Stage.REFUSED:
                self._refused(state)
            case Stage.RESULT | Stage.PROMISED:
                self._result(state)
            case Stage.BALANCE:
                self._press(do.CloseBalance())
            case Stage.STARTING | Stage.HALTED:
                pass

    def till_died(self) -> None:
        """The screen went dark with a sale on it."""
        if not self.process.seen or self.place.healing:
            return
        state = self.process.state
        for customer in self.customers:
            if customer.gone or customer.intent:
                continue
            sale = self._sale_of(state, customer)
            if sale is None or not sale.tenders or not all(line.phase in LOOKS_PAID for line in sale.live):
                continue
            chance = self.random.random()
            if chance < 0.15:
                self._leaves(customer, [line.serial for line in sale.live])
                customer.early = True
            elif chance < 0.3 and customer.tender is TenderKind.CASH:
                self.place.note(f"customer {customer.number} gets the money back while the till is dark")
                customer.cash = 0
                customer.given_back = True
                self._leaves(customer, [])

    # ---- stages

    def _sale(self, state: TillState) -> None:
        basket = [] if state.sale is None else [line.serial for line in state.sale.live]
        if state.background and not basket and (self.place.healing or self.random.random() < 0.3):
            self._press(do.OpenSale(self.random.choice(state.background)))
            return
        customer = self.current
        if customer is None:
            self._next_customer(state, basket)
            return
        customer.intent = ""
        theirs = [sale.sale_id for sale in self._sales(state, customer) if sale.sale_id in state.background]
        if theirs and not basket:
            self._press(do.OpenSale(theirs[-1]))  # a restart put it aside: the customer in front knows what was paid
            return
        if customer.cash > 0 and not state.paying and not self._paid(state, customer):
            self.place.note(f"customer {customer.number} gets the cash back: the sale is gone")
            customer.cash = 0
        if customer.gone or not customer.cards or customer.refusals >= MAX_TRIES:
            if basket:
                self._press(do.ClearBasket())
            self._leaves(customer, [])
            return
        waiting = [card for card in customer.cards if card not in basket]
        if waiting:
            self._scan(customer, waiting[0])
        elif not state.paying:
            self._pay(state, customer)

    def _scan(self, customer: Customer, card: str) -> None:
        customer.mine.add(card)
        customer.tries[card] = customer.tries.get(card, 0) + 1
        if customer.tries[card] > MAX_TRIES:
            customer.cards.remove(card)  # put aside: nobody sells it any more
            self.place.note(f"card …{card[-4:]} is put aside")
            return
        if self.random.random() < 0.05:
            self._press(do.AddCard(card))
        else:
            self._press(Scanned(card, "C0", self.place.now_ms(), complete=True))

    def _pay(self, state: TillState, customer: Customer) -> None:
        assert state.sale is not None
        chance = self.random.random()
        if chance < 0.04:
            self._press(do.RemoveLine(self.random.choice(state.sale.live).line_id))
            if self.random.random() < 0.7:
                self._press(do.PutBack())
        elif chance < 0.07 and not self.place.healing:
            self._press(do.ClearBasket())
            customer.refusals += 1
        elif chance < 0.1 and not self.place.healing:
            return  # the customer looks for money; holds have to be kept alive
        elif customer.tender is TenderKind.CASH:
            assert state.due is not None
            customer.cash += state.due.minor
            self._press(do.PayCash(state.due.minor + self.random.choice((0, 1_000, 5_000))))
            if self.process.alive and self.process.state.stage is Stage.SALE and not self.process.state.paying:
                customer.cash = 0
                customer.refusals += 1
        else:
            self._press(do.PayBankCard(manual=self.random.random() < 0.3))
            if self.process.alive and self.process.state.stage is Stage.SALE and not self.process.state.paying:
                customer.refusals += 1

    def _charging(self, state: TillState) -> None:
        assert state.sale is not None and state.sale.charge is not None
        charge, bank = state.sale.charge, self.process.bank
        if charge.manual:
            yes = self.random.random() < 0.85
            bank.outcomes.setdefault(charge.charge_id, ChargeOutcome.ACCEPTED if yes else ChargeOutcome.REFUSED)
        if charge.manual or charge.outcome == "unknown":
            said = bank.read(charge.charge_id) if self.random.random() < 0.9 else ChargeOutcome.UNKNOWN
            self._press(do.AnswerCharge(said.value))

    def _unknown(self, state: TillState) -> None:
        if not state.choices or state.sale is None:
            if self.random.random() < 0.02:
                self._to_background(state)
            return
        customer = self._owner(state, state.sale)
        chance = self.random.random()
        unknown = [line for line in state.sale.lines if line.phase is LinePhase.UNKNOWN]
        if customer is None or customer.gone or self.place.healing or chance < 0.25:
            self._press(do.ChooseUnknown(do.UnknownChoice.WAIT))
        elif chance < 0.5:
            if self.random.random() < 0.1:
                for line in unknown:
                    self.place.spend(line.serial, soon=True)  # somebody noted a code while the card lay there
            if self.random.random() < 0.5:
                for line in unknown:
                    self._press(Scanned(line.serial, "C0", self.place.now_ms(), complete=True))
            customer.intent = "give back"
            self._press(do.ChooseUnknown(do.UnknownChoice.GIVE_BACK))
        elif state.let_go is None and chance < 0.8:
            self._press(do.ChooseUnknown(do.UnknownChoice.LET_GO))
        else:
            self._to_background(state)

    def _refused(self, state: TillState) -> None:
        sale = state.sale
        assert sale is not None
        customer = self._owner(state, sale)
        refused = next((line for line in sale.lines if line.phase is LinePhase.REFUSED), None)
        if refused is None:
            return  # a replacement is on its way
        if state.replacing is not None and customer is not None and customer.refusals < MAX_TRIES:
            customer.refusals += 1
            card = self.place.take_card(refused.series)
            if card is not None:
                customer.mine.add(card)
                customer.cards = [one for one in customer.cards if one != refused.serial] + [card]
                self._press(Scanned(card, "C0", self.place.now_ms(), complete=True))
                return
        if state.replacing is None and self.random.random() < 0.5 and customer is not None and not customer.gone:
            self._press(do.ReplaceRefused(refused.line_id))
        elif not any(line.replaces == refused.line_id and line.phase is not LinePhase.REFUSED for line in sale.live):
            if customer is not None:
                customer.intent = "refund"
            self._press(do.RefundRefused(refused.line_id))

    def _result(self, state: TillState) -> None:
        assert state.sale is not None
        customer = self._owner(state, state.sale)
        if customer is not None and not customer.gone:
            if self.random.random() < 0.25:
                self._press(do.PrintReceipt())
                return
            sold = [line.serial for line in state.sale.live if line.phase in (LinePhase.ACTIVATED, LinePhase.PROMISED)]
            self._leaves(customer, sold)
            self.sales += 1
        elif self.current is None and self.left_to_serve > 0 and self.random.random() < 0.5:
            self._next_customer(state, [])
            if self.current is not None and self.current.cards:
                self._scan(self.current, self.current.cards[0])  # the next scan hands over
        else:
            self._press(do.NextSale() if self.random.random() < 0.9 else do.Lock())

    # ---- people come and go

    def _next_customer(self, state: TillState, basket: list[str]) -> None:
        if basket:
            self._press(do.ClearBasket())
            return
        if self.left_to_serve <= 0 or self.place.now_ms() < self._next_at_ms:
            return
        self._next_at_ms = self.place.now_ms() + round(self.random.expovariate(1 / self.place.pace_ms))
        self.left_to_serve -= 1
        wanted = self.random.choice((1, 1, 1, 2, 2, 3))
        cards = [card for card in (self.place.take_card() for _ in range(wanted)) if card is not None]
        out = [card for one in self.customers for card in one.holds]
        borrowed = {self.random.choice(out[-2:])} if out and self.random.random() < 0.3 else set()
        cards += borrowed  # somebody puts a card on the counter that was sold already
        tender = TenderKind.CASH if self.random.random() < 0.75 else TenderKind.BANK_CARD
        before = frozenset(sale.sale_id for sale in state.book.sales)
        customer = Customer(len(self.customers) + 1, cards, tender, before, borrowed=borrowed)
        self.customers.append(customer)
        self.current = customer
        self.place.note(
            f"customer {customer.number} comes, {tender.value}: {' '.join('…' + card[-4:] for card in cards)}"
        )

    def _leaves(self, customer: Customer, cards: list[str]) -> None:
        self.place.note(
            f"customer {customer.number} leaves with {' '.join('…' + card[-4:] for card in cards) or 'nothing'}"
        )
        customer.gone = True
        customer.holds = list(cards)
        if self.current is customer:
            self.current = None
        for card in customer.cards:
            if card not in cards and card not in customer.borrowed:
                self.place.put_card(card)
        for card in cards:
            if self.random.random() < 0.3:
                self.place.spend(card)

    def _to_background(self, state: TillState) -> None:
        owner = None if state.sale is None else self._owner(state, state.sale)
        self._press(do.ContinueInBackground())
        if self.process.alive and self.current is owner:
            self.current = None

    def _give_money_back(self, state: TillState) -> None:
        for customer in self.customers:
            if customer.given_back:
                continue
            for line in self._lines(state, customer):
                if line.phase in MONEY_BACK and line.line_id not in customer.repaid:
                    self.place.note(f"customer {customer.number} gets the money for …{line.serial[-4:]} back")
                    customer.repaid.add(line.line_id)
                    customer.cash -= line.face.minor
            if customer is not self.current and not customer.gone and not self._at_stake(state, customer):
                if customer.cash > 0 and not self._paid(state, customer):
                    customer.cash = 0
                self._leaves(customer, [])

    # ---- the truth

    def _truth(self, state: TillState, question: RecoveryQuestion) -> bool:
        sale = state.book.sale(question.sale_id)
        assert sale is not None
        customer = self._owner(state, sale)
        if customer is None:
            return False
        match question.question:
            case Question.CASH_TAKEN:
                return customer.cash > 0
            case Question.CUSTOMER_LEFT:
                return customer.gone and bool(customer.holds)
            case Question.MONEY_RETURNED:
                return customer.given_back

    def money_in_shop(self, customer: Customer, state: TillState) -> int:
        """What of a customer's money the shop has: cash, and accepted charges."""
        charges = [sale.charge for sale in self._sales(state, customer) if sale.charge is not None]
        accepted = [one for one in charges if self.process.bank.outcomes.get(one.charge_id) is ChargeOutcome.ACCEPTED]
        return customer.cash + sum(one.amount.minor for one in accepted)

    def _sales(self, state: TillState, customer: Customer) -> list[Sale]:
        later = {other.number: other for other in self.customers if other.number > customer.number}
        return [
            sale
            for sale in state.book.sales
            if sale.sale_id not in customer.before
            and any(line.serial in customer.mine for line in sale.lines)
            and all(sale.sale_id in other.before for other in later.values())
        ]

    def _lines(self, state: TillState, customer: Customer) -> list[Line]:
        return [line for sale in self._sales(state, customer) for line in sale.lines]

    def _sale_of(self, state: TillState, customer: Customer) -> Sale | None:
        sales = [sale for sale in self._sales(state, customer) if not sale.abandoned]
        return sales[-1] if sales else None

    def _owner(self, state: TillState, sale: Sale) -> Customer | None:
        return next((one for one in reversed(self.customers) if sale in self._sales(state, one)), None)

    def _paid(self, state: TillState, customer: Customer) -> bool:
        unpaid = (LinePhase.RELEASED, LinePhase.ASKED, LinePhase.HELD, LinePhase.UNHELD, *MONEY_BACK)
        return any(line.phase not in unpaid for line in self._lines(state, customer))

    def _at_stake(self, state: TillState, customer: Customer) -> bool:
        return any(not sale.closed for sale in self._sales(state, customer))

    def _press(self, item: do.Command | Scanned) -> None:
        self.process.post(item)
