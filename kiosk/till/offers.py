"""How the sale on screen may be paid now and why not, what may still be promised, and whether a customer may leave with the card.

Reads the book and the downloads; changes nothing.
"""

from dataclasses import replace

from kiosk.domain.refusals import PromiseRefusal
from kiosk.domain.sale import LinePhase
from kiosk.domain.tender import TenderKind
from kiosk.till.desk import Desk
from kiosk.till.link import Link
from kiosk.till.messages import DeviceState
from kiosk.till.promise import Conditions, refusal, room
from kiosk.till.state import DiskRoom, Line, OfflineRoom, Sale, TenderHurdle, TenderOffer

_ROOM_TO_PROMISE = (DiskRoom.AMPLE, DiskRoom.LOW)


class Offers:
    """Answers what is possible now."""

    def __init__(self, desk: Desk, link: Link) -> None:
        self._desk = desk
        self._link = link

    def tender(self, kind: TenderKind, given: Conditions | None = None) -> TenderOffer:
        """Whether the basket on screen may be paid this way: the first hurdle that holds. ``given``: the conditions of this moment,
        for a caller that asks several questions at once (as in the methods below)."""
        lines = self._desk.basket()
        if not lines:
            return TenderOffer(kind, TenderHurdle.EMPTY)
        for line in lines:
            series = self._desk.settings.catalogue.find(line.series)
            if series is None or kind not in series.tenders:
                return TenderOffer(kind, TenderHurdle.SERIES, line_id=line.line_id)
        if kind is TenderKind.BANK_CARD and not self.bank_card_ready():
            return TenderOffer(kind, TenderHurdle.NO_TERMINAL)
        return self.money(kind, lines, given)

    def money(self, kind: TenderKind, lines: tuple[Line, ...], given: Conditions | None = None) -> TenderOffer:
        """Whether money may be taken for these lines: without the link only what may be promised, with it only what is held here or
        at least listed here."""
        if any(line.phase is LinePhase.ASKED for line in lines):
            return TenderOffer(kind, TenderHurdle.ANSWER_AWAITED)
        if not self._desk.link_up or self._desk.passing.revoked:
            why = self.promise(lines, tender=kind.value, given=given)
            return TenderOffer(kind, None if why is None else TenderHurdle.OFFLINE, promise=why)
        for line in lines:
            if line.phase is LinePhase.UNHELD and not self.listed(line):
                return TenderOffer(kind, TenderHurdle.NOT_LISTED, line_id=line.line_id)
        return TenderOffer(kind, None)

    def bank_card_ready(self) -> bool:
        """Whether a connected terminal can be asked; unknown health counts as ready, silence shows itself."""
        health = self._desk.passing.devices.get("bankcard")
        return self._desk.ports.bankcard is not None and (health is None or health.state is DeviceState.READY)

    def listed(self, line: Line) -> bool:
        """Whether the stock snapshot lists the card in this shop, unblocked."""
        journal = self._desk.ports.journal
        return journal.find_card(line.serial) is not None and not journal.is_blocked(line.serial)

    def promise(
        self, lines: tuple[Line, ...], *, tender: str, given: Conditions | None = None
    ) -> PromiseRefusal | None:
        """Why these lines of one sale may not be promised now, or ``None``."""
        sale = self._desk.book.sale(lines[0].sale_id) if lines else None
        already = 0 if sale is None else sum(1 for line in sale.lines if line.phase is LinePhase.PROMISED)
        return refusal(given or self.conditions(), lines, tender=tender, sale_cards=already + len(lines))

    def let_go(self, sale: Sale | None, given: Conditions | None = None) -> PromiseRefusal | None:
        """Why the customer may not leave with the cards whose activation is unknown, or ``None``."""
        if sale is None or sale.tender is None:
            return PromiseRefusal.POLICY_OFF
        if not self._desk.snapshot().policy.let_go_while_unknown:
            return PromiseRefusal.POLICY_OFF
        return self.promise(unknown_lines(sale), tender=sale.tender, given=given)

    def room(self, given: Conditions | None = None) -> OfflineRoom:
        """What may still be promised, whatever the card."""
        smallest = min(series.face.minor for series in self._desk.settings.catalogue.series)
        return room(given or self.conditions(), smallest_face_minor=smallest)

    def conditions(self) -> Conditions:
        """What the till knows now that a promise depends on."""
        journal = self._desk.ports.journal
        snapshot = self._desk.snapshot()
        if self._desk.passing.revoked:
            snapshot = replace(snapshot, policy=replace(snapshot.policy, enabled=False))
        return Conditions(
            snapshot=snapshot,
            find_card=journal.find_card,
            is_blocked=journal.is_blocked,
            book=self._desk.book,
            now_ms=self._desk.now_ms(),
            contact_age_ms=self._link.contact_age_ms(),
            clock_sound=self._link.clock_sound(),
            journal_sound=journal.tampered() is None and journal.disk_room() in _ROOM_TO_PROMISE,
        )


def unknown_lines(sale: Sale) -> tuple[Line, ...]:
    """The lines that the clerk may decide about: no answer came in time."""
    return tuple(line for line in sale.lines if line.phase is LinePhase.UNKNOWN)
