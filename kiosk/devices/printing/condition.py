"""What a printer's answers add up to: can it print, why not, how much paper. Pure.

Two ways of hearing it, by question and automatically, one picture of it. Not responsible for when to ask.
"""

from dataclasses import dataclass, replace
from typing import Final

from kiosk.devices.printing.status import Asb
from kiosk.till.messages import PaperLevel

# reasons, the worst first: what is shown when several are true
COVER_OPEN: Final = "cover_open"
PAPER_OUT: Final = "paper_out"
CUTTER: Final = "cutter"
BROKEN: Final = "broken"
OVERHEATED: Final = "overheated"
FEED_BUTTON: Final = "feed_button"
OFFLINE: Final = "offline"
MUTE: Final = "no_answer"
GARBLED: Final = "garbled"


@dataclass(frozen=True, slots=True)
class Condition:
    """``reasons`` is empty when the printer can print. ``OVERHEATED`` passes by itself, the others need somebody."""

    reasons: frozenset[str] = frozenset()
    paper: PaperLevel = PaperLevel.UNKNOWN
    drawer_pin_high: bool | None = None

    @property
    def worst(self) -> str:
        """The reason to show, empty when there is none."""
        order = (MUTE, GARBLED, COVER_OPEN, PAPER_OUT, CUTTER, BROKEN, OVERHEATED, FEED_BUTTON, OFFLINE)
        return next((reason for reason in order if reason in self.reasons), "")

    @property
    def stops(self) -> str:
        """The reason for which sending must stop, empty when there is none: heat and the feed button pass by themselves."""
        return replace(self, reasons=self.reasons & {COVER_OPEN, PAPER_OUT, CUTTER, BROKEN}).worst


def from_asb(asb: Asb) -> Condition:
    """The picture in one automatic status; it is complete."""
    reasons = {
        COVER_OPEN: asb.cover_open,
        PAPER_OUT: asb.paper_out,
        CUTTER: asb.cutter_error,
        BROKEN: asb.unrecoverable,
        OVERHEATED: asb.recovers_itself,
    }
    found = {reason for reason, is_so in reasons.items() if is_so}
    if asb.offline and not found:
        found = {OFFLINE}
    paper = PaperLevel.OUT if asb.paper_out else PaperLevel.LOW if asb.paper_low else PaperLevel.OK
    return Condition(frozenset(found), paper, asb.drawer_pin_high)


def from_real_time(*, printer: int, cause: int, error: int | None, roll: int) -> Condition:
    """The picture in the answers to DLE EOT 1, 2, 3 and 4; 3 is asked only when 2 names an error."""
    found: set[str] = set()
    if cause & 0x04:
        found.add(COVER_OPEN)
    if cause & 0x08:
        found.add(FEED_BUTTON)
    if cause & 0x20 or roll & 0x60:
        found.add(PAPER_OUT)
    if cause & 0x40:
        kind = error or 0
        found.update(reason for bit, reason in ((0x08, CUTTER), (0x20, BROKEN), (0x40, OVERHEATED)) if kind & bit)
        if not kind & 0x68:
            found.add(BROKEN)
    if printer & 0x08 and not found:
        found.add(OFFLINE)
    paper = PaperLevel.OUT if PAPER_OUT in found else PaperLevel.LOW if roll & 0x0C else PaperLevel.OK
    return Condition(frozenset(found), paper, bool(printer & 0x04))
