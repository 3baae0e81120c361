"""The till of a kiosk that only tells balances: always open, nobody logs in, nothing can be sold."""

from dataclasses import replace

from kiosk.protocol.messages import BalanceAnswer
from kiosk.till import commands as do
from kiosk.till import messages as come
from kiosk.till.state import Balance, Stage
from tests.helpers.till_rig import CARD, SETTINGS, Rig


def test_a_card_is_asked_for_without_anybody_logged_in() -> None:
    """The kiosk would wait for a clerk who never comes."""
    rig = Rig(settings=replace(SETTINGS, balance_only=True))
    assert rig.till.state.stage is Stage.BALANCE
    assert rig.till.state.balance == Balance()
    rig.till.handle(come.LinkProbed(time_ms=rig.clock.now_ms()))
    rig.till.handle(come.Scanned(text=CARD, symbology="C0", at_ms=rig.clock.now_ms(), complete=True))
    assert rig.till.state.balance == Balance(asking=True, last4=CARD[-4:])
    question_id, serial = rig.gateway.balances[-1]
    assert serial == CARD
    answer = BalanceAnswer(outcome="not_found")
    rig.till.handle(come.BalanceAnswered(question_id=question_id, answer=answer))
    assert rig.till.state.balance == Balance(last4=CARD[-4:], answer=answer)
    rig.till.handle(do.OpenBalance())
    assert rig.till.state.balance == Balance()


def test_nothing_else_can_be_asked_of_it() -> None:
    """A kiosk has reduced rights: whoever gets at its screen must not be able to sell or to print (b8)."""
    rig = Rig(settings=replace(SETTINGS, balance_only=True))
    before = rig.journal.last_seq() if hasattr(rig.journal, "last_seq") else rig.till.state.book.last_seq
    for command in (
        do.LogIn("u1", "1234"),
        do.Lock(),
        do.AddCard(CARD),
        do.PayCash(2000),
        do.PrintCopy(1),
        do.NextSale(),
    ):
        rig.till.handle(command)
    state = rig.till.state
    assert state.stage is Stage.BALANCE
    assert state.book.sales == ()
    assert state.book.last_seq == before
    rig.till.handle(do.CloseBalance())
    assert rig.till.state.balance == Balance()
