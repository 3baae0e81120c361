"""What a person did on a screen, as frozen values. A screen emits these; the desk turns them into commands or drafts.

Responsible for: names of intentions, nothing else. A PIN in an intent is a secret: it has no repr.
"""

from dataclasses import dataclass, field
from enum import Enum


class Task(Enum):
    """What the clerk has open while the counter is free; the rail's entries and the steps of a sale."""

    SALE = "sale"
    TYPE = "type"
    CASH = "cash"
    BALANCE = "balance"
    TICKETS = "tickets"
    SETTINGS = "settings"
    HELP = "help"


class Answer(Enum):
    """What the bank-card terminal shows, as the clerk reads it."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Rail, function key, or a button that leads to another page."""

    task: Task


@dataclass(frozen=True, slots=True)
class Back:
    """Escape: one step back, never losing the basket."""


@dataclass(frozen=True, slots=True)
class Typed:
    """One character from pad or keyboard: a digit, a decimal mark, or backspace (`\\b`)."""

    character: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Erase:
    """Forget all that was typed on this page."""


@dataclass(frozen=True, slots=True)
class ChooseClerk:
    user_id: str


@dataclass(frozen=True, slots=True)
class Move:
    """Up (-1) or down (+1) in the list of the page."""

    step: int


@dataclass(frozen=True, slots=True)
class Submit:
    """Enter, or the blue button of pages that type something: log in, add the number, take the cash, see the balance."""


@dataclass(frozen=True, slots=True)
class Lock:
    """The padlock."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A tile was touched: the next scan is expected to be of this series; the same tile again disarms."""

    series: str


@dataclass(frozen=True, slots=True)
class Disarm:
    """Stop expecting a value."""


@dataclass(frozen=True, slots=True)
class RemoveLine:
    line_id: str


@dataclass(frozen=True, slots=True)
class RemoveChosen:
    """Delete key: the chosen line."""


@dataclass(frozen=True, slots=True)
class SettleTask:
    """The task about this card was dealt with: asks first, then does."""

    line_id: str


@dataclass(frozen=True, slots=True)
class PutBack:
    """Undo of the last removal."""


@dataclass(frozen=True, slots=True)
class ClearBasket:
    pass


@dataclass(frozen=True, slots=True)
class PayByCard:
    """Bank card, by the terminal if one is connected, else by hand."""


@dataclass(frozen=True, slots=True)
class Receive:
    """A quick key of the cash page: this amount was given; `settle` takes it at once (exact amount)."""

    amount_minor: int
    settle: bool = False


@dataclass(frozen=True, slots=True)
class AddNote:
    """One more note was given."""

    amount_minor: int


@dataclass(frozen=True, slots=True)
class AnswerTerminal:
    answer: Answer


@dataclass(frozen=True, slots=True)
class GoOn:
    """Continue in the background."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Keep waiting for an answer."""


@dataclass(frozen=True, slots=True)
class GiveBack:
    """First touch asks, the second confirms: the money is back with the customer and the card is here."""


@dataclass(frozen=True, slots=True)
class LetGo:
    """The customer leaves with the card."""


@dataclass(frozen=True, slots=True)
class Replace:
    line_id: str


@dataclass(frozen=True, slots=True)
class Refund:
    line_id: str


@dataclass(frozen=True, slots=True)
class PrintReceipt:
    """The customer wants the receipt of the sale on screen."""


@dataclass(frozen=True, slots=True)
class PrintCopy:
    receipt_no: int


@dataclass(frozen=True, slots=True)
class NextSale:
    """The cards are handed over."""


@dataclass(frozen=True, slots=True)
class Recover:
    """The answer to the question after a restart."""

    yes: bool


@dataclass(frozen=True, slots=True)
class OpenSale:
    """Return to a sale that waits in the background."""

    sale_id: str


@dataclass(frozen=True, slots=True)
class ChooseSale:
    sale_id: str


@dataclass(frozen=True, slots=True)
class Page:
    """Turn a list by one page."""

    step: int


@dataclass(frozen=True, slots=True)
class Dismiss:
    """The notice was read."""


@dataclass(frozen=True, slots=True)
class SetTheme:
    name: str


@dataclass(frozen=True, slots=True)
class SetLanguage:
    name: str


@dataclass(frozen=True, slots=True)
class SetVolume:
    percent: int


@dataclass(frozen=True, slots=True)
class SetKeyCaps:
    shown: bool


@dataclass(frozen=True, slots=True)
class Restart:
    """The till is halted: end the process; its supervisor starts it again."""


Intent = (
    OpenTask
    | Back
    | Typed
    | Erase
    | ChooseClerk
    | Move
    | Submit
    | Lock
    | Arm
    | Disarm
    | RemoveLine
    | RemoveChosen
    | PutBack
    | SettleTask
    | ClearBasket
    | PayByCard
    | Receive
    | AddNote
    | AnswerTerminal
    | GoOn
    | Wait
    | GiveBack
    | LetGo
    | Replace
    | Refund
    | PrintReceipt
    | PrintCopy
    | NextSale
    | Recover
    | OpenSale
    | ChooseSale
    | Page
    | Dismiss
    | SetTheme
    | SetLanguage
    | SetVolume
    | SetKeyCaps
    | Restart
)
