"""What people ask of the till, as imperatives. Screens make them from intents; the till answers with a new state,
never a return value."""

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kiosk.till.state import RecoveryQuestion


class UnknownChoice(Enum):
    """What the clerk decides when an activation got no answer (20 s)."""

    WAIT = "wait"
    GIVE_BACK = "give_back"
    LET_GO = "let_go"


@dataclass(frozen=True, slots=True)
class LogIn:
    user_id: str
    pin: str

    def __repr__(self) -> str:
        return f"LogIn({self.user_id!r}, …)"


@dataclass(frozen=True, slots=True)
class Lock:
    by_idle: bool = False


@dataclass(frozen=True, slots=True)
class AddCard:
    """A typed serial; scans arrive as ``Scanned``."""

    text: str

    def __repr__(self) -> str:
        return "AddCard(…)"


@dataclass(frozen=True, slots=True)
class RemoveLine:
    line_id: str


@dataclass(frozen=True, slots=True)
class PutBack:
    """Undo of the last ``RemoveLine``: scans the card again under a new line id."""


@dataclass(frozen=True, slots=True)
class ClearBasket:
    pass


@dataclass(frozen=True, slots=True)
class PayCash:
    """``due_minor``: what was due on the clerk's screen; a basket that changed meanwhile is not paid. ``None``: whatever is due."""

    received_minor: int
    due_minor: int | None = None


@dataclass(frozen=True, slots=True)
class PayBankCard:
    """``manual``: the clerk types the amount into the terminal and reads its answer. ``due_minor`` as in ``PayCash``."""

    manual: bool = False
    due_minor: int | None = None


@dataclass(frozen=True, slots=True)
class AnswerCharge:
    """What the clerk reads on the bank-card terminal: accepted · refused · unknown."""

    outcome: str


@dataclass(frozen=True, slots=True)
class ContinueInBackground:
    """Leave the activating or unknown sale to itself and start the next one."""


@dataclass(frozen=True, slots=True)
class ChooseUnknown:
    choice: UnknownChoice


@dataclass(frozen=True, slots=True)
class ReplaceRefused:
    """The next scanned card of the same series replaces the refused line."""

    line_id: str


@dataclass(frozen=True, slots=True)
class RefundRefused:
    """Give the refused line's money back by the same tender."""

    line_id: str


@dataclass(frozen=True, slots=True)
class PrintReceipt:
    """The customer wants the receipt of the sale on screen."""


@dataclass(frozen=True, slots=True)
class PrintCopy:
    receipt_no: int
    reason: str = "asked"


@dataclass(frozen=True, slots=True)
class NextSale:
    """The cards are handed over: ``SaleClosed``."""


@dataclass(frozen=True, slots=True)
class AskBalance:
    """A typed serial; while ``balance_mode`` is on a scan asks too."""

    text: str

    def __repr__(self) -> str:
        return "AskBalance(…)"


@dataclass(frozen=True, slots=True)
class OpenBalance:
    """Scans ask for a balance until ``CloseBalance``."""


@dataclass(frozen=True, slots=True)
class CloseBalance:
    pass


@dataclass(frozen=True, slots=True)
class AnswerRecovery:
    """The clerk's answer to a question after a restart. ``question`` is the one that was on screen: a second press must not
    answer the next one unread."""

    yes: bool
    question: "RecoveryQuestion"


@dataclass(frozen=True, slots=True)
class OpenSale:
    """Bring a background sale (unknown, refused or promised) back on screen."""

    sale_id: str


@dataclass(frozen=True, slots=True)
class SettleTask:
    """The task of an exception about this line was dealt with: a manager's word, where the shop has one."""

    line_id: str


@dataclass(frozen=True, slots=True)
class DismissNotice:
    pass


Command = (
    LogIn | Lock | AddCard | RemoveLine | PutBack | ClearBasket | PayCash | PayBankCard | AnswerCharge | ContinueInBackground
    | ChooseUnknown | ReplaceRefused | RefundRefused | PrintReceipt | PrintCopy | NextSale | AskBalance | OpenBalance
    | CloseBalance | AnswerRecovery | OpenSale | SettleTask | DismissNotice
)  # fmt: skip
