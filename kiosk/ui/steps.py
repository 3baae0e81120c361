"""What an intent does: to the draft, and which commands it makes for the till. Pure; every rule of the clerk's face is here.

Responsible for: typing, choosing, going back without losing the basket, and asking twice where money leaves. Not responsible
for deciding anything about money or cards: the till refuses what it does not allow.
"""

from dataclasses import dataclass, replace
from typing import Final, assert_never

from kiosk.domain.tender import TenderKind
from kiosk.till import commands as do
from kiosk.till.state import Stage, TillState
from kiosk.ui import intents as on
from kiosk.ui.draft import MAX_AMOUNT_DIGITS, MAX_PIN, MAX_SERIAL_DIGITS, Draft, Looks
from kiosk.ui.flow import screen_for
from kiosk.ui.intents import Task
from kiosk.ui.presenters.clerk.cash import due_of, minor_of, received_of, typed_of
from kiosk.ui.presenters.clerk.frame import BUSY
from kiosk.ui.presenters.clerk.login import chosen_clerk
from kiosk.ui.presenters.clerk.sale import hurdle_free, offer_of
from kiosk.ui.presenters.clerk.tickets import ROWS_A_PAGE, chosen_sale, listed
from kiosk.ui.presenters.notices import bad_news_pending

DELETE: Final = "\b"
MARKS: Final = ",."
_DONE: Final = (Stage.RESULT, Stage.PROMISED)


@dataclass(frozen=True, slots=True)
class Step:
    """The draft after an intent, and what the till is asked for."""

    draft: Draft
    commands: tuple[do.Command, ...] = ()


def step(draft: Draft, intent: on.Intent, state: TillState) -> Step:
    """Take one intent."""
    match intent:
        case on.OpenTask():
            return _open(draft, intent.task, state)
        case on.Back():
            return _back(draft, state)
        case on.Typed():
            return Step(_typed(draft, intent.character, state))
        case on.Erase():
            return Step(replace(draft, serial="", received="", pin=""))
        case on.ChooseClerk():
            return Step(replace(draft, user_id=intent.user_id, pin=""))
        case on.Move():
            return Step(_move(draft, intent.step, state))
        case on.Submit():
            return _submit(draft, state)
        case on.Lock():
            return Step(draft, (do.Lock(),)) if state.stage not in BUSY else Step(draft)
        case on.Arm():
            armed = None if draft.armed == intent.series else intent.series
            return Step(replace(draft, armed=armed), _hush(state))
        case on.Disarm():
            return Step(replace(draft, armed=None))
        case on.RemoveLine():
            return Step(replace(draft, armed=None), (do.RemoveLine(intent.line_id),))
        case on.RemoveChosen():
            return Step(draft, (do.RemoveLine(draft.line_id),) if draft.line_id is not None else ())
        case on.PutBack():
            return Step(draft, (do.PutBack(),))
        case on.Recover():
            asked = state.question  # the one on screen: a second press must not answer the next
            return Step(draft, () if asked is None else (do.AnswerRecovery(intent.yes, asked),))
        case on.ClearBasket():
            if draft.clearing:
                return Step(replace(draft, clearing=False), (do.ClearBasket(),))
            return Step(replace(draft, clearing=True))
        case on.Receive() | on.AddNote():
            return _receive(draft, intent, state)
        case on.PayByCard():
            offer = offer_of(state, TenderKind.BANK_CARD)
            manual = offer is not None and not hurdle_free(offer, terminal=True)
            return Step(draft, (do.PayBankCard(manual=manual, due_minor=due_of(state).minor),))
        case on.SetTheme() | on.SetLanguage() | on.SetVolume() | on.SetKeyCaps():
            return Step(replace(draft, looks=_looks(draft, intent)))
        case on.ChooseSale():
            return Step(replace(draft, sale_id=intent.sale_id, settling=False))
        case on.Page():
            return Step(replace(draft, page=max(0, draft.page + intent.step), sale_id=None, settling=False))
        case on.SettleTask():
            if draft.settling:
                return Step(replace(draft, settling=False), (do.SettleTask(intent.line_id),))
            return Step(replace(draft, settling=True))
        case on.OpenSale():
            return Step(replace(draft, task=Task.SALE), (do.OpenSale(intent.sale_id),))
        case on.GiveBack():
            if draft.giving_back:
                return Step(replace(draft, giving_back=False), (do.ChooseUnknown(do.UnknownChoice.GIVE_BACK),))
            return Step(replace(draft, giving_back=True))
        case on.Restart():
            return Step(draft)  # the window ends the process; no till is there to be asked
        case _:
            return Step(draft, (_plain(intent),))


_Plain = (
    on.AnswerTerminal
    | on.GoOn
    | on.Wait
    | on.LetGo
    | on.Replace
    | on.Refund
    | on.PrintReceipt
    | on.PrintCopy
    | on.NextSale
    | on.Dismiss
)


def _plain(intent: _Plain) -> do.Command:
    """Intents that are one command and touch no draft."""
    match intent:
        case on.AnswerTerminal():
            return do.AnswerCharge(intent.answer.value)
        case on.GoOn():
            return do.ContinueInBackground()
        case on.Wait():
            return do.ChooseUnknown(do.UnknownChoice.WAIT)
        case on.LetGo():
            return do.ChooseUnknown(do.UnknownChoice.LET_GO)
        case on.Replace():
            return do.ReplaceRefused(intent.line_id)
        case on.Refund():
            return do.RefundRefused(intent.line_id)
        case on.PrintReceipt():
            return do.PrintReceipt()
        case on.PrintCopy():
            return do.PrintCopy(intent.receipt_no)
        case on.NextSale():
            return do.NextSale()
        case on.Dismiss():
            return do.DismissNotice()
        case _:
            assert_never(intent)


def settle(draft: Draft, before: TillState | None, now: TillState) -> Draft:
    """Fit a draft to a new state: what the till left behind is forgotten, what the clerk still types is kept."""
    if before is None or before.stage is not now.stage:
        # a page of the free counter does not survive a payment or a lock, nor a half-typed PIN a login
        kept = (
            now.stage in (Stage.SALE, Stage.BALANCE)
            and before is not None
            and before.stage in (Stage.SALE, Stage.BALANCE)
        )
        task = draft.task if kept or (draft.task is Task.HELP and now.stage in _DONE) else Task.SALE
        draft = replace(
            draft,
            task=task,
            pin="",
            received="",
            serial="",
            giving_back=False,
            clearing=False,
            settling=False,
            sale_id=None,
            page=0,
        )
    lines = now.sale.live if now.sale is not None else ()
    ids = [line.line_id for line in lines]
    old = [line.line_id for line in before.sale.live] if before is not None and before.sale is not None else []
    fresh = [line_id for line_id in ids if line_id not in old]
    if fresh:
        expected = draft.armed == lines[-1].series
        draft = replace(draft, line_id=fresh[-1], clearing=False, armed=None if expected else draft.armed)
    elif draft.line_id is not None and draft.line_id not in ids:
        draft = replace(draft, line_id=ids[-1] if ids else None, armed=None)
    if not ids:
        draft = replace(draft, line_id=None, clearing=False)
        if draft.task is Task.CASH:
            draft = replace(draft, task=Task.SALE, received="")
    return draft


# ---- pages


def _open(draft: Draft, task: Task, state: TillState) -> Step:
    commands: tuple[do.Command, ...] = ()
    if state.stage in BUSY and task is not Task.HELP:
        return Step(replace(draft, task=Task.SALE))
    if task is Task.BALANCE:
        allowed = state.stage in (Stage.SALE, Stage.BALANCE, *_DONE)
        return Step(replace(draft, task=Task.SALE, serial=""), (do.OpenBalance(),) if allowed else ())
    if task is Task.CASH:
        offer = offer_of(state, TenderKind.CASH)
        ready = state.stage is Stage.SALE and offer is not None and hurdle_free(offer)
        return Step(replace(draft, task=Task.CASH, received="", clearing=False)) if ready else Step(draft)
    if task is not Task.HELP:
        if state.stage is Stage.BALANCE:
            commands = (do.CloseBalance(),)
        elif state.stage in _DONE:
            commands = (do.NextSale(),)
    if task is Task.HELP and draft.task is Task.HELP:
        task = Task.SALE  # the key that opened the help closes it
    return Step(replace(draft, task=task, serial="", clearing=False, settling=False, page=0, sale_id=None), commands)


def _back(draft: Draft, state: TillState) -> Step:
    if draft.clearing or draft.giving_back or draft.settling:
        return Step(replace(draft, clearing=False, giving_back=False, settling=False))
    if draft.task is Task.HELP:
        return Step(replace(draft, task=Task.SALE))
    if state.stage is Stage.BALANCE:
        return Step(replace(draft, serial=""), () if draft.serial else (do.CloseBalance(),))
    if state.stage in (Stage.LOGGED_OUT, Stage.LOCKED) and draft.task is Task.SALE:
        return Step(replace(draft, pin=""))
    if draft.task is not Task.SALE:
        return Step(replace(draft, task=Task.SALE, serial="", received=""))
    return Step(replace(draft, armed=None), _hush(state))


def _hush(state: TillState) -> tuple[do.Command, ...]:
    return (do.DismissNotice(),) if bad_news_pending(state.notice) else ()


def _move(draft: Draft, by: int, state: TillState) -> Draft:
    screen = screen_for(state.stage, draft.task)
    if screen == "login":
        known = [one.user_id for one in state.clerks]
        return replace(draft, user_id=_neighbour(known, chosen_clerk(state, draft), by), pin="")
    if screen == "sale" and state.sale is not None:
        newest_first = [line.line_id for line in reversed(state.sale.live)]
        return replace(draft, line_id=_neighbour(newest_first, draft.line_id, by))
    if screen == "tickets":
        ids = [sale.sale_id for sale in listed(state)]
        chosen = chosen_sale(state, draft)
        moved = _neighbour(ids, chosen.sale_id if chosen is not None else None, by)
        page = ids.index(moved) // ROWS_A_PAGE if moved is not None else 0
        return replace(draft, sale_id=moved, page=page, settling=False)
    return draft


def _neighbour(ids: list[str], chosen: str | None, by: int) -> str | None:
    if not ids:
        return None
    if chosen not in ids:
        return ids[0]
    return ids[max(0, min(len(ids) - 1, ids.index(chosen) + by))]


# ---- typing


def _typed(draft: Draft, character: str, state: TillState) -> Draft:
    match screen_for(state.stage, draft.task):
        case "login":
            return replace(draft, pin=_digits(draft.pin, character, MAX_PIN))
        case "type_serial" | "balance":
            return replace(draft, serial=_digits(draft.serial, character, MAX_SERIAL_DIGITS))
        case "cash":
            return replace(draft, received=_amount(draft.received, character, state.catalogue.currency.exponent))
        case "sale":
            offer = offer_of(state, TenderKind.CASH)
            if character == DELETE or offer is None or not hurdle_free(offer):
                return draft
            typed = _amount("", character, state.catalogue.currency.exponent)
            return replace(draft, task=Task.CASH, received=typed)
        case _:
            return draft


def _digits(text: str, character: str, limit: int) -> str:
    if character == DELETE:
        return text[:-1]
    return text + character if character.isdigit() and len(text) < limit else text


def _amount(text: str, character: str, exponent: int) -> str:
    """One more character of an amount, `,` and `.` alike; what would make it none changes nothing."""
    if character == DELETE:
        return text[:-1]
    units, mark, rest = text.partition(",")
    if character in MARKS:
        return text if mark or exponent == 0 else f"{units or '0'},"
    if not character.isdigit():
        return text
    if mark:
        return text + character if len(rest) < exponent else text
    if units in ("", "0"):
        return character
    return units + character if len(units) < MAX_AMOUNT_DIGITS else text


def _receive(draft: Draft, intent: on.Receive | on.AddNote, state: TillState) -> Step:
    exponent = state.catalogue.currency.exponent
    if isinstance(intent, on.Receive):
        if intent.settle:
            return Step(draft, (do.PayCash(intent.amount_minor, due_of(state).minor),))
        return Step(replace(draft, received=typed_of(intent.amount_minor, exponent)))
    # notes are added to what was given; on an untouched page nothing was given yet
    given = minor_of(draft.received, exponent) if draft.received else 0
    total = given + intent.amount_minor
    limit: int = 10 ** (MAX_AMOUNT_DIGITS + exponent)
    return Step(replace(draft, received=typed_of(total, exponent)) if total < limit else draft)


def _submit(draft: Draft, state: TillState) -> Step:
    match screen_for(state.stage, draft.task):
        case "login":
            user_id = chosen_clerk(state, draft)
            if user_id is None or not draft.pin:
                return Step(draft)
            return Step(replace(draft, pin="", user_id=user_id), (do.LogIn(user_id, draft.pin),))
        case "type_serial":
            return Step(replace(draft, task=Task.SALE, serial=""), (do.AddCard(draft.serial),))
        case "balance":
            return Step(replace(draft, serial=""), (do.AskBalance(draft.serial),))
        case "cash":
            return Step(draft, (do.PayCash(received_of(draft, due_of(state)).minor, due_of(state).minor),))
        case _:
            return Step(draft)


def _looks(draft: Draft, intent: on.SetTheme | on.SetLanguage | on.SetVolume | on.SetKeyCaps) -> Looks:
    looks = draft.looks
    match intent:
        case on.SetTheme():
            return replace(looks, theme=intent.name)
        case on.SetLanguage():
            return replace(looks, language=intent.name)
        case on.SetVolume():
            return replace(looks, volume=intent.percent)
        case on.SetKeyCaps():
            return replace(looks, key_caps=intent.shown)
        case _:
            assert_never(intent)
