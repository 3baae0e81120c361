"""The balance of a card at the counter, by its serial, asked of the authority and of nobody else. Nothing is journaled or kept.

Not responsible for the customer's own balance screen.
"""

from kiosk.domain.activation import EntryMode
from kiosk.domain.card import Serial
from kiosk.till.desk import Desk
from kiosk.till.messages import BalanceAnswered
from kiosk.till.reading import read_serial
from kiosk.till.state import Balance


class Balances:
    """Asks and shows one balance at a time."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._question = ""
        if desk.settings.balance_only:
            desk.passing.balance = Balance()

    def open(self) -> None:
        """Scans ask for a balance until ``close``; an answer that was shown is forgotten."""
        self._question = ""
        self._desk.passing.balance = Balance()
        self._desk.passing.paying = None  # a payment must not go on behind this page
        self._desk.hush()

    def close(self) -> None:
        """Scans sell again, but where nothing is sold: there the next card is waited for."""
        self._question = ""
        self._desk.passing.balance = Balance() if self._desk.settings.balance_only else None

    def ask(self, text: str, *, symbology: str | None, mode: EntryMode, complete: bool = True) -> None:
        """A scan or a typed number while the balance screen is open."""
        if self._desk.passing.balance is None:
            return
        serial = read_serial(text, symbology=symbology, mode=mode, complete=complete)
        if not isinstance(serial, Serial):
            self._desk.passing.balance = Balance(fault=serial)
            self._desk.ports.sounds.play("scan_refused")
            return
        self._desk.ports.sounds.play("scan_ok")
        if not self._desk.link_up:
            self._question = ""
            self._desk.passing.balance = Balance(unanswered=True, last4=serial.last4)
            return
        self._question = self._desk.ports.ids.uuid7()
        self._desk.passing.balance = Balance(asking=True, last4=serial.last4)
        self._desk.questioned()
        self._desk.ports.gateway.ask_balance(self._question, serial.digits)

    def answered(self, message: BalanceAnswered) -> None:
        """The authority's answer, or none; an answer to an earlier question is not shown."""
        balance = self._desk.passing.balance
        if balance is None or message.question_id != self._question:
            return
        answer = message.answer
        self._desk.passing.balance = Balance(unanswered=answer is None, last4=balance.last4, answer=answer)
