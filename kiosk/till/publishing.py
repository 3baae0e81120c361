"""From the book and the passing part to the one value that faces see: which stage the counter is in, and everything beside it.

Reads; changes nothing.
"""

from dataclasses import replace

from kiosk.domain.sale import LinePhase
from kiosk.domain.tender import TenderKind
from kiosk.till.activating import Activating
from kiosk.till.desk import Desk
from kiosk.till.enquiries import Enquiries
from kiosk.till.foldparts import due
from kiosk.till.offers import Offers
from kiosk.till.recovery import Recovery
from kiosk.till.state import Sale, Stage, TillState

OFFERED = (TenderKind.CASH, TenderKind.BANK_CARD)
_MONEY_MOVES = frozenset({LinePhase.TENDERED, LinePhase.COMMITTING})


class Publishing:
    """Builds the published state."""

    def __init__(
        self, desk: Desk, *, offers: Offers, activating: Activating, recovery: Recovery, enquiries: Enquiries
    ) -> None:
        self._desk = desk
        self._offers = offers
        self._activating = activating
        self._recovery = recovery
        self._enquiries = enquiries
        self._stock: tuple[tuple[str, int], ...] = ()

    def stock_changed(self) -> None:
        """The downloads moved on."""
        self._stock = tuple(sorted(self._desk.ports.journal.stock_counts().items()))

    def stage(self) -> Stage:
        """What the counter is busy with."""
        desk, book = self._desk, self._desk.book
        if desk.passing.trouble is not None:
            return Stage.HALTED
        if not desk.passing.started:
            return Stage.STARTING
        if desk.settings.balance_only:
            return Stage.BALANCE
        if not book.user:
            return Stage.LOGGED_OUT
        if book.locked:
            return Stage.LOCKED
        if any(sale.question is not None for sale in book.sales):
            return Stage.RECOVERY
        if desk.passing.balance is not None:
            return Stage.BALANCE
        return _stage_of(desk.sale)

    def blank(self) -> TillState:
        """A state that nothing is known for yet."""
        settings = self._desk.settings
        return TillState(
            book=self._desk.book,
            stage=Stage.STARTING,
            catalogue=settings.catalogue,
            shop_name=settings.shop.name,
            till_name=settings.shop.till_name,
            now_ms=self._desk.now_ms(),
            demonstration_keys=settings.demonstration_keys,
        )

    def state(self) -> TillState:
        """Everything, whole."""
        desk, passing = self._desk, self._desk.passing
        sale = desk.sale
        given = self._offers.conditions()
        asking = sale is not None and any(self._enquiries.awaiting(line.line_id) for line in sale.lines)
        open_sales = tuple(one.sale_id for one in desk.book.sales if not one.closed)
        return TillState(
            book=replace(desk.book, current=passing.counter),  # the sale on screen, not where a restart begins
            stage=self.stage(),
            catalogue=desk.settings.catalogue,
            shop_name=desk.settings.shop.name,
            till_name=desk.settings.shop.till_name,
            now_ms=desk.now_ms(),
            clerks=desk.ports.clerks.clerks(),
            login=passing.login,
            link_up=desk.link_up,
            outbox=desk.ports.journal.outbox_size(),
            devices=tuple(passing.devices[name] for name in sorted(passing.devices)),
            stock=self._stock,
            notice=passing.notice,
            removed=passing.removed,
            replacing=passing.replacing,
            question=self._recovery.question(),
            waiting_ms=self._activating.waiting_ms(sale),
            let_go=self._offers.let_go(sale, given),
            offline=self._offers.room(given),
            balance=passing.balance,
            tenders=tuple(self._offers.tender(kind, given) for kind in OFFERED),
            due=None if sale is None or sale.tenders else due(sale, desk.book.currency),
            paying=passing.paying is not None,
            background=tuple(sale_id for sale_id in open_sales if sale_id != passing.counter),
            choices=self._activating.choices_shown(sale),
            asking=asking,
            parked=len(desk.ports.journal.parked()),
            disk=desk.ports.journal.disk_room(),
            tampered=desk.ports.journal.tampered() is not None,
            clock_off_ms=passing.clock_off_ms or 0,
            demonstration_keys=desk.settings.demonstration_keys,
            trouble=passing.trouble,
        )


def _stage_of(sale: Sale | None) -> Stage:
    if sale is None:
        return Stage.SALE
    phases = {line.phase for line in sale.live}
    if sale.completed is not None:
        return Stage.PROMISED if LinePhase.PROMISED in phases else Stage.RESULT
    if sale.charge_pending is not None:
        return Stage.CHARGING
    if not sale.tenders:
        return Stage.SALE
    if phases & _MONEY_MOVES:
        return Stage.UNKNOWN if LinePhase.UNKNOWN in phases else Stage.ACTIVATING
    if LinePhase.UNKNOWN in phases:
        return Stage.UNKNOWN
    # a cancel on its way asks nothing of the clerk; the customer of a refused card waits for a card or for money
    return Stage.UNKNOWN if LinePhase.CANCELLING in phases and LinePhase.REFUSED not in phases else Stage.REFUSED
