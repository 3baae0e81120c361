"""The end of a sale: complete what a restart found complete, say that it is done, and hand it over.

``SaleCompleted`` is usually appended together with what made the sale complete (``Desk.append_and_complete``). ``SaleClosed``
follows at the next scan, at Enter or at the lock: then the cards are the customer's, and there is no cancel any more. Not
responsible for paper.
"""

from kiosk.domain.events import SaleClosed
from kiosk.domain.sale import LinePhase
from kiosk.till.desk import Desk
from kiosk.till.fold import completable
from kiosk.till.foldparts import HANDED_OVER
from kiosk.till.state import Notice, Sale


class Completing:
    """Ends sales."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        desk.on_completed = self._announce

    def advance(self) -> None:
        """Whatever is complete is completed, and a sale that nobody has to hand over (any more) is closed."""
        for sale in self._desk.book.sales:
            if sale.closed:
                continue
            if completable(sale):
                self._desk.append_and_complete(sale.sale_id)
            done = self._desk.book.sale(sale.sale_id)
            if done is not None and done.completed is not None and (done.left or not any(_with_customer(done))):
                self._close(done)

    def hand_over(self) -> bool:
        """Close the sale on screen if it is complete. Returns whether it was."""
        sale = self._desk.sale
        if sale is None or sale.completed is None or sale.closed or sale.question is not None:
            return False
        self._close(sale)
        self._desk.hush()
        return True

    def _close(self, sale: Sale) -> None:
        self._desk.append(SaleClosed(sale.sale_id))
        if self._desk.passing.counter == sale.sale_id:
            self._desk.passing.counter = None

    def _announce(self, sale: Sale) -> None:
        promised = any(line.phase is LinePhase.PROMISED for line in sale.live)
        sold = sum(_with_customer(sale))
        if sold == 0:
            return
        self._desk.ports.sounds.play("queued" if promised else "sale_ok")
        if sale.sale_id != self._desk.passing.counter:
            self._desk.tell(Notice(key="act.background_done", count=sold))


def _with_customer(sale: Sale) -> list[bool]:
    return [line.phase in HANDED_OVER for line in sale.live]
