"""What a start finds, and the questions that only the clerk can answer: the design's start table, the bank-card leg first.

Statuses are asked by themselves (``activating``). A question is asked after log-in, so that its answer has an author, and before
anything is sold; it cannot be skipped and stays over a second crash, because the fold keeps it in the book.
"""

from typing import assert_never

from kiosk.domain.events import ChargeAnswered, Event, PrintEnded, RecoveryAnswered, TillStarted
from kiosk.domain.money import total
from kiosk.domain.sale import BASKET_PHASES, DOUBTFUL_PHASES, LinePhase, PrintOutcome, ReleaseCause
from kiosk.till import fold
from kiosk.till.activating import Activating
from kiosk.till.cancelling import Cancelling
from kiosk.till.desk import Desk
from kiosk.till.selling import Selling
from kiosk.till.state import Line, Question, RecoveryQuestion, Sale


class Recovery:
    """Brings the till from the journal to where the last process was torn away."""

    def __init__(self, desk: Desk, selling: Selling, activating: Activating, cancelling: Cancelling) -> None:
        self._desk = desk
        self._selling = selling
        self._activating = activating
        self._cancelling = cancelling

    def start(self) -> None:
        """Read the journal, journal the start, and do what the table says for every sale that is not over."""
        desk = self._desk
        desk.book = fold.replay(desk.ports.journal.entries())
        catalogue = desk.settings.catalogue
        desk.append(
            TillStarted(
                software=desk.settings.software,
                catalogue=catalogue.name,
                currency=catalogue.currency.code,
                tampered=desk.ports.journal.tampered(),
            ),
            by_nobody=True,
        )
        self._end_jobs()
        for sale in desk.book.sales:
            if not sale.closed:
                self._restore(sale)
        self.pick()

    def question(self) -> RecoveryQuestion | None:
        """The question that is due, the oldest sale first."""
        sale = self._asked_sale()
        if sale is None or sale.question is None:
            return None
        lines = _asked_lines(sale)
        return RecoveryQuestion(
            question=sale.question,
            sale_id=sale.sale_id,
            last4=tuple(line.serial[-4:] for line in lines),
            amount=total([line.face for line in lines], self._desk.currency),
        )

    def answer(self, *, yes: bool) -> None:
        """The clerk's answer to the question that is due."""
        sale = self._asked_sale()
        if sale is None or sale.question is None:
            return
        answered = RecoveryAnswered(sale.sale_id, sale.question.value, yes)
        lines = _asked_lines(sale)
        self._desk.passing.counter = sale.sale_id
        match sale.question:
            case Question.CASH_TAKEN:
                if yes:
                    self._activating.begin(lines, first=(answered,))
                else:
                    self._selling.release(lines, cause=ReleaseCause.NOT_TENDERED, first=(answered,))
            case Question.CUSTOMER_LEFT:
                if yes:
                    self._left(sale, lines, answered)
                else:
                    self._desk.append(answered)
            case Question.MONEY_RETURNED:
                if yes:
                    self._cancelling.give_back(lines, first=(answered,), returned=True)
                else:
                    self._desk.append(answered)
            case _:
                assert_never(sale.question)
        self.pick()

    def advance(self) -> None:
        """A charge that is not resolved comes to the counter as soon as it is free: somebody waits there with a bank card."""
        if self._desk.passing.started and self._desk.sale is None:
            self._desk.passing.counter = self._charging()

    def pick(self) -> None:
        """Bring a sale that somebody must look at to the counter: a charge first, then what is there, then the newest."""
        desk = self._desk
        shown = None if desk.sale is None or desk.sale.closed else desk.sale.sale_id
        newest = next((sale.sale_id for sale in reversed(desk.book.sales) if not sale.closed), None)
        desk.passing.counter = self._charging() or shown or newest

    # ---- inside

    def _restore(self, sale: Sale) -> None:
        desk = self._desk
        charge = sale.charge_pending
        if charge is not None:
            desk.passing.interrupted.add(sale.sale_id)
            if charge.manual:
                return
            if desk.ports.bankcard is not None:
                desk.ports.bankcard.status(charge.charge_id)
            elif charge.outcome is None:  # the terminal was taken away: only the clerk can say what its slip says
                desk.append(ChargeAnswered(charge.charge_id, outcome="unknown", by="till"), by_nobody=True)
            return
        basket = tuple(line for line in sale.lines if line.phase in BASKET_PHASES)
        if basket:
            self._selling.release(basket, cause=ReleaseCause.RESTART)
        for line in sale.lines:
            if line.phase in DOUBTFUL_PHASES:
                self._activating.recovered(line)

    def _left(self, sale: Sale, lines: tuple[Line, ...], answered: Event) -> None:
        """The customer has the cards: whatever is not known to be active becomes a promise, allowed or not."""
        promised = [line for line in lines if line.phase in (*DOUBTFUL_PHASES, LinePhase.REFUSED)]
        if promised:
            self._activating.promise(promised, first=(answered,), close=True, outside=True)
        else:
            self._desk.append_and_complete(sale.sale_id, answered, close=True)

    def _end_jobs(self) -> None:
        ended = [
            PrintEnded(job.job_id, PrintOutcome.UNKNOWN.value, "restart")
            for job in self._desk.book.jobs
            if job.outcome is None
        ]
        if ended:
            self._desk.append(*ended)

    def _charging(self) -> str | None:
        return next((sale.sale_id for sale in self._desk.book.sales if sale.charge_pending is not None), None)

    def _asked_sale(self) -> Sale | None:
        return next((sale for sale in self._desk.book.sales if sale.question is not None), None)


def _asked_lines(sale: Sale) -> tuple[Line, ...]:
    if sale.question is Question.CASH_TAKEN:
        return tuple(line for line in sale.lines if line.phase is LinePhase.TENDERED)
    return tuple(line for line in sale.live if line.doubt)
