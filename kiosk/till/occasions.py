"""When a command has its occasion: the stages in which it does something, as one table. In every other it does nothing, in silence.

A second press, or one that the state overtook, is not an error of anybody's. Not responsible for what a command does.
"""

from typing import Final

from kiosk.till import commands as do
from kiosk.till.state import Stage

ANY_STAGE: Final = frozenset(Stage)
CLOSED_STAGES: Final = (Stage.STARTING, Stage.LOGGED_OUT, Stage.LOCKED, Stage.RECOVERY, Stage.HALTED)
_DONE_STAGES: Final = frozenset({Stage.RESULT, Stage.PROMISED})
ONLY_IN: Final[dict[type, frozenset[Stage]]] = {
    do.RemoveLine: frozenset({Stage.SALE}),
    do.PutBack: frozenset({Stage.SALE}),
    do.ClearBasket: frozenset({Stage.SALE}),
    do.PayCash: frozenset({Stage.SALE}),
    do.PayBankCard: frozenset({Stage.SALE}),
    do.AnswerCharge: frozenset({Stage.CHARGING}),
    do.ContinueInBackground: frozenset({Stage.ACTIVATING, Stage.UNKNOWN}),
    do.ChooseUnknown: frozenset({Stage.UNKNOWN}),
    do.ReplaceRefused: frozenset({Stage.REFUSED}),
    do.RefundRefused: frozenset({Stage.REFUSED}),
    do.PrintReceipt: _DONE_STAGES,
    do.NextSale: _DONE_STAGES,
    do.OpenSale: _DONE_STAGES | {Stage.SALE, Stage.ACTIVATING, Stage.UNKNOWN, Stage.REFUSED},
    do.OpenBalance: _DONE_STAGES | {Stage.SALE, Stage.BALANCE},
}
BALANCE_COMMANDS: Final = (do.OpenBalance, do.CloseBalance, do.AskBalance)
