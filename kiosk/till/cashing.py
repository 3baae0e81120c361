"""Taking the money: cash with change, and the bank card, whose every question is journaled before it is asked and resolved first.

The drawer is kicked only after the entry that says why is durable. Not responsible for what follows from the money
(``activating``).
"""

from typing import Final

from kiosk.domain.events import ChargeAnswered, ChargeRequested, DrawerOpened, Event, TenderAccepted
from kiosk.domain.money import Money
from kiosk.domain.refusals import PromiseRefusal
from kiosk.domain.sale import ChargeOutcome, LinePhase, PrintOutcome, ReleaseCause
from kiosk.domain.tender import MissingMoney, TenderKind, cash_tender
from kiosk.till.commands import AnswerCharge, PayBankCard, PayCash
from kiosk.till.desk import Desk
from kiosk.till.foldparts import due
from kiosk.till.messages import BankCardAnswered, DrawerKicked
from kiosk.till.offers import Offers
from kiosk.till.selling import Selling
from kiosk.till.state import Charge, Notice, Sale, TenderHurdle, TenderOffer

CHARGE_TIMER: Final = "charge"
MOST_RECEIVED_MINOR: Final = 100_000_000  # a million: nobody hands that over, a key was held down
ASK_AGAIN_MS: Final = 5_000  # what became of a charge that got no answer


class Cashing:
    """Takes money for the sale on screen."""

    def __init__(self, desk: Desk, offers: Offers, selling: Selling) -> None:
        self._desk = desk
        self._offers = offers
        self._selling = selling
        self._kicks: dict[str, tuple[str, str]] = {}  # job id -> sale id, reason
        self._awaited: tuple[str, ...] = ()  # the basket that a waiting payment is for

    # ---- cash

    def pay_cash(self, command: PayCash) -> None:
        """The clerk holds the customer's money. Too little changes nothing."""
        sale = self._payable(command)
        if sale is None or command.received_minor > MOST_RECEIVED_MINOR:
            return
        if not self._clear(self._offers.tender(TenderKind.CASH), command):
            return
        owed = due(sale, self._desk.book.currency)
        tender = cash_tender(due=owed, received=Money(command.received_minor, owed.currency))
        if isinstance(tender, MissingMoney):
            self._desk.tell(Notice(key="pay.missing", amount=tender.missing), sound="error")
            return
        accepted = TenderAccepted(
            sale_id=sale.sale_id,
            tender=tender.kind.value,
            amount_minor=tender.amount.minor,
            received_minor=tender.received.minor,
        )
        self._desk.append(accepted)
        self._paid()
        self.kick_drawer(sale.sale_id, reason="sale")

    def kick_drawer(self, sale_id: str, *, reason: str) -> None:
        """Open the drawer. The entry that says why is durable by now."""
        job_id = self._desk.ports.ids.uuid7()
        self._kicks[job_id] = (sale_id, reason)
        self._desk.ports.drawer.kick(job_id)

    def drawer_kicked(self, message: DrawerKicked) -> None:
        """The pulse was sent, or was not."""
        sale_id, reason = self._kicks.get(message.job_id, ("", ""))
        if not sale_id:
            return
        if message.outcome is PrintOutcome.REFUSED:
            self._desk.tell(Notice(key="drawer.refused"))
        else:
            self._desk.append(DrawerOpened(message.job_id, sale_id, reason))
        del self._kicks[message.job_id]

    # ---- bank card

    def pay_bank_card(self, command: PayBankCard) -> None:
        """Ask the terminal for what is due, or have the clerk type it there (``manual``)."""
        sale = self._payable(command)
        offer = self._offers.tender(TenderKind.BANK_CARD)
        if command.manual and offer.hurdle is TenderHurdle.NO_TERMINAL:
            offer = self._offers.money(TenderKind.BANK_CARD, self._desk.basket())
        if sale is None or not self._clear(offer, command):
            return
        amount = due(sale, self._desk.book.currency)
        charge_id = self._desk.ports.ids.uuid7()
        self._desk.append(ChargeRequested(sale.sale_id, charge_id, amount.minor, command.manual))
        self._desk.passing.paying = None
        self._desk.hush()
        if not command.manual and self._desk.ports.bankcard is not None:
            self._desk.ports.bankcard.charge(charge_id, amount)

    def charged(self, message: BankCardAnswered) -> None:
        """The terminal answered, or fell silent. Silence is asked about again until terminal or clerk can say."""
        found = self._pending(message.charge_id)
        if found is None:
            return
        sale, charge = found
        self._desk.wake(CHARGE_TIMER, ASK_AGAIN_MS)  # until what the terminal says is in the journal
        if message.outcome is ChargeOutcome.UNKNOWN:
            if charge.outcome is None:
                self._desk.append(ChargeAnswered(charge.charge_id, outcome="unknown", by="terminal"))
                self._desk.tell(Notice(key="pay.card_mute"), sound="error")
            return
        self._resolve(sale, charge, accepted=message.outcome is ChargeOutcome.ACCEPTED, by="terminal")

    def answer_charge(self, command: AnswerCharge) -> None:
        """What the clerk reads on the terminal. ``unknown`` keeps the question open."""
        sale = self._desk.sale
        charge = None if sale is None else sale.charge_pending
        if sale is None or charge is None or (charge.outcome is None and not charge.manual):
            return
        if command.outcome in (ChargeOutcome.ACCEPTED.value, ChargeOutcome.REFUSED.value):
            accepted = command.outcome == ChargeOutcome.ACCEPTED.value
            self._resolve(sale, charge, accepted=accepted, by="clerk")
        elif charge.outcome is None:
            self._desk.append(ChargeAnswered(charge.charge_id, outcome="unknown", by="clerk"))

    def charge_due(self) -> None:
        """The timer of unresolved charges: ask the terminal what became of them."""
        if self._desk.ports.bankcard is None:
            return
        for sale in self._desk.book.sales:
            charge = sale.charge_pending
            if charge is not None and not charge.manual:
                self._desk.ports.bankcard.status(charge.charge_id)

    def advance(self) -> None:
        """A payment that waited for the last hold's answer goes on, unless the basket is no longer what was to be paid."""
        command = self._desk.passing.paying
        if command is None:
            return
        lines = self._desk.basket()
        if tuple(line.line_id for line in lines) != self._awaited:
            self._desk.passing.paying = None
            return
        if any(line.phase is LinePhase.ASKED for line in lines):
            return
        self._desk.passing.paying = None
        match command:
            case PayCash():
                self.pay_cash(command)
            case PayBankCard():
                self.pay_bank_card(command)

    # ---- inside

    def _resolve(self, sale: Sale, charge: Charge, *, accepted: bool, by: str) -> None:
        outcome = ChargeOutcome.ACCEPTED if accepted else ChargeOutcome.REFUSED
        events: list[Event] = [ChargeAnswered(charge.charge_id, outcome=outcome.value, by=by)]
        if accepted:
            taken = charge.amount.minor
            events.append(TenderAccepted(sale.sale_id, TenderKind.BANK_CARD.value, taken, taken, charge.charge_id))
            self._desk.append(*events)
            self._settled()
            self._paid()
            return
        if sale.sale_id in self._desk.passing.interrupted:
            self._selling.release(sale.live, cause=ReleaseCause.RESTART, first=tuple(events))
            self._settled()
            return
        self._desk.append(*events)
        self._settled()
        self._desk.tell(Notice(key="pay.card_refused"), sound="error")

    def _settled(self) -> None:
        """A charge is resolved: nothing is asked any more, unless another one (of before a restart) is not."""
        if all(sale.charge_pending is None for sale in self._desk.book.sales):
            self._desk.let_sleep(CHARGE_TIMER)

    def _payable(self, command: PayCash | PayBankCard) -> Sale | None:
        """The sale on screen, if it can be paid and costs what the clerk saw: a card may have been refused at that moment."""
        sale = self._desk.sale
        if sale is None or sale.tenders or sale.charge_pending is not None:
            return None
        return sale if command.due_minor in (None, due(sale, self._desk.book.currency).minor) else None

    def _clear(self, offer: TenderOffer, command: PayCash | PayBankCard) -> bool:
        """Whether nothing stands in the way; otherwise the clerk is told, or the payment waits for an answer on its way."""
        match offer.hurdle:
            case None:
                return True
            case TenderHurdle.EMPTY:
                return False
            case TenderHurdle.ANSWER_AWAITED:
                self._desk.passing.paying = command
                self._awaited = tuple(line.line_id for line in self._desk.basket())
            case TenderHurdle.NOT_LISTED:
                self._desk.tell(Notice(promise=PromiseRefusal.NOT_LISTED, line_id=offer.line_id), sound="error")
            case TenderHurdle.OFFLINE:
                self._desk.tell(Notice(promise=offer.promise), sound="error")
            case TenderHurdle.SERIES:
                self._desk.tell(Notice(key="pay.tender_not_allowed", line_id=offer.line_id), sound="error")
            case TenderHurdle.NO_TERMINAL:
                self._desk.tell(Notice(key="pay.card_no_terminal"), sound="error")
        return False

    def _paid(self) -> None:
        self._desk.passing.paying = None
        self._desk.passing.removed = None
        self._desk.hush()

    def _pending(self, charge_id: str) -> tuple[Sale, Charge] | None:
        for sale in self._desk.book.sales:
            charge = sale.charge_pending
            if charge is not None and charge.charge_id == charge_id:
                return sale, charge
        return None
