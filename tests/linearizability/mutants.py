"""Authorities that spend wrongly: each breaks one rule in one place. The spenders and the checker must condemn every one of them.

A mutant is a patch around a few rounds. If none condemns it, either the rule is not needed or the proof is blind; both are news.
Not responsible for the rounds (``test_mutants``).
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final
from unittest.mock import patch

import msgspec

from kiosk.authority.services.pay import following, presenting, spending
from kiosk.authority.services.pay.answers import Declined, answer_of, payment_answer
from kiosk.authority.services.pay.asked import Ask, Present, Verb
from kiosk.authority.services.pay.book import Book
from kiosk.authority.store import spends
from kiosk.authority.store.ports import Done, Failed, Transaction
from kiosk.authority.store.spends import SpendCard, SpendRow
from kiosk.authority.store.sqlite import SqliteStore
from kiosk.domain.binding import Binding
from kiosk.domain.payment import Leg, SpendKind, Tries
from tests.helpers.spending import Till

Mutate = Callable[[ExitStack, Till], None]
_SPEND_AS_MADE: Final = "SELECT sql FROM sqlite_master WHERE tbl_name = 'spend' AND sql IS NOT NULL ORDER BY rowid"


@dataclass(frozen=True, slots=True)
class Mutant:
    """``what``: the broken rule in a few words."""

    what: str
    mutate: Mutate


def _stale_cards(stack: ExitStack) -> None:
    """Cards are decided on as they were one batch earlier, as if another process read before it wrote."""
    real, kept = spends.find_cards, dict[int, SpendCard]()
    turn = [0]

    def find_cards(tx: Transaction, card_ids: Iterable[int]) -> dict[int, SpendCard]:
        now = real(tx, card_ids)
        turn[0] += 1
        old = {card_id: kept[card_id] for card_id in now if turn[0] % 2 and card_id in kept}
        kept.update({card_id: msgspec.structs.replace(card) for card_id, card in now.items()})
        return {card_id: msgspec.structs.replace(old.get(card_id, card)) for card_id, card in now.items()}

    stack.enter_context(patch.object(spends, "find_cards", find_cards))


def _no_condition(stack: ExitStack, till: Till) -> None:
    del till
    _stale_cards(stack)
    stack.enter_context(patch.object(spends, "_UPDATE_ONE", _always(spends._UPDATE_ONE)))


def _always(update: str) -> str:
    condition = update[update.index("AND coalesce(block") :]
    return update.replace(condition, f"OR (0 = 1 {condition})")


def _answer_before_commit(stack: ExitStack, till: Till) -> None:
    """Every second batch is answered, and committed with the next one."""
    real = SqliteStore.write_batch
    waiting: list[Any] = []

    def write_batch(self: SqliteStore, works: Sequence[Any]) -> list[Done | Failed]:
        late, waiting[:] = list(waiting), []
        if late or len(works) < 2:
            return real(self, [*late, *works])[len(late) :]
        self._connection.execute("BEGIN IMMEDIATE")
        answers = [self._item(work) for work in works]
        self._connection.execute("ROLLBACK")
        waiting.extend(works)
        return answers

    stack.enter_context(patch.object(SqliteStore, "write_batch", write_batch))
    del till


def _repeats_known_after_the_batch(stack: ExitStack, till: Till) -> None:
    """Whether a key was used before is looked up outside of the transaction that uses it, and the table's own key, which would
    refuse the second effect, is gone too."""
    made = [str(row[0]) for row in till.world.rows(_SPEND_AS_MADE)]
    till.world.sql("DROP TABLE spend")
    for statement in made:
        till.world.sql(statement.replace("PRIMARY KEY(op_id, card_id),", ""))

    def add(self: Book, row: SpendRow) -> None:
        self.added.append(row)
        self.payments.setdefault(row.payment_id, []).append(row)

    stack.enter_context(patch.object(Book, "add", add))


def _codes_stay(stack: ExitStack, till: Till) -> None:
    """A code is not marked as used, and the index behind the mark is gone too."""
    till.world.sql("DROP INDEX spend_code")
    real = presenting._take

    def take(book: Book, ask: Present, share: Any, leg: int, contract: Any) -> SpendRow:
        before = share.card.codes_used
        row = real(book, ask, share, leg, contract)
        share.card.codes_used = before
        return row

    stack.enter_context(patch.object(presenting, "_take", take))


def _refund_forgets_the_card(stack: ExitStack, till: Till) -> None:
    """The merchant is told that the money went back, and the card never gets it."""
    real = spends.write_cards
    del till

    def write_cards(tx: Transaction, cards: Iterable[SpendCard]) -> None:
        real(tx, [card for card in cards if not _only_richer(card)])

    stack.enter_context(patch.object(spends, "write_cards", write_cards))


def _only_richer(card: SpendCard) -> bool:
    _, balance, _, authorizations, *_ = card.before
    return card.balance_minor > int(str(balance)) and card.authorizations == authorizations


def _refunds_without_a_limit(stack: ExitStack, till: Till) -> None:
    """Each refund looks at what was captured, not at what was given back since."""
    stack.enter_context(patch.object(Leg, "refundable_minor", property(lambda leg: leg.captured_minor)))
    stack.enter_context(patch.object(following, "_refund_parts", lambda *_: (0, 0)))
    del till


def _windows_never_lapse(stack: ExitStack, till: Till) -> None:
    """A capture comes through after the money was to be back on the card."""
    stack.enter_context(patch.object(following, "_lapsed", lambda one, book: False))
    del till


def _windows_lapse_at_once(stack: ExitStack, till: Till) -> None:
    """The sweeper takes back what a merchant may still capture."""
    real = following._decide

    def decide(book: Book, ask: Any, rows: Any, legs: Any) -> Any:
        if ask.verb is Verb.RETURN:
            return following._give_back(book, ask, rows, legs, SpendKind.RETURNED)
        return real(book, ask, rows, legs)

    stack.enter_context(patch.object(following, "_decide", decide))
    del till


def _repeats_hear_how_it_stands_now(stack: ExitStack, till: Till) -> None:
    """A repeat is answered with the payment of today instead of its first answer."""

    def answer(rows: Sequence[SpendRow], own: SpendRow) -> Any:
        first = answer_of(rows, own)
        return first if isinstance(first, Declined) else payment_answer(rows)

    stack.enter_context(patch.object(spending, "answer_of", answer))
    del till


def _other_content_is_let_in(stack: ExitStack, till: Till) -> None:
    """A used key answers whatever else is asked under it."""
    real = spending.Spending._one

    def one(self: spending.Spending, book: Book, ask: Ask) -> Any:
        before = book.first_of(ask.op_id)
        if before is None:
            return real(self, book, ask)
        return real(self, book, msgspec.structs.replace(ask, fingerprint=before.fingerprint))

    stack.enter_context(patch.object(spending.Spending, "_one", one))
    del till


def _tries_are_not_counted(stack: ExitStack, till: Till) -> None:
    """Whoever guesses may go on guessing."""
    stack.enter_context(patch.object(Tries, "after_wrong", lambda self, now_ms: self))
    del till


def _blocks_are_ignored(stack: ExitStack, till: Till) -> None:
    """The operator stops a card, and it pays on."""
    real = spends.find_cards

    def find_cards(tx: Transaction, card_ids: Iterable[int]) -> dict[int, SpendCard]:
        return {card_id: msgspec.structs.replace(card, block=None) for card_id, card in real(tx, card_ids).items()}

    stack.enter_context(patch.object(spends, "find_cards", find_cards))
    stack.enter_context(patch.object(spends, "_UPDATE_ONE", _always(spends._UPDATE_ONE)))
    del till


def _bindings_do_not_bind(stack: ExitStack, till: Till) -> None:
    """A code that a merchant has seen is as good as any other."""
    stack.enter_context(patch.object(Binding, "allows", lambda self, **_: True))
    del till


def _old_reads(stack: ExitStack, till: Till) -> None:
    """Balances are read from a copy that is a little behind."""
    real = SqliteStore.read
    kept: dict[str, Any] = {}

    def read(self: SqliteStore, work: Any) -> Any:
        value: Any = real(self, work)
        if not isinstance(value, int):
            return value
        before = kept.get("value", value)
        kept["value"] = value
        return before

    stack.enter_context(patch.object(SqliteStore, "read", read))
    del till


MUTANTS: Final = {
    "unconditional update": Mutant("read, then write without looking again", _no_condition),
    "answer before commit": Mutant("answered before it is durable", _answer_before_commit),
    "key outside the transaction": Mutant("two repeats of one moment both count as the first", _repeats_known_after_the_batch),
    "codes stay": Mutant("a code buys again", _codes_stay),
    "lost refund": Mutant("a refund that the card never gets", _refund_forgets_the_card),
    "refunds above the capture": Mutant("more is given back than was taken", _refunds_without_a_limit),
    "windows never lapse": Mutant("a capture after the window", _windows_never_lapse),
    "windows lapse at once": Mutant("a return inside the window", _windows_lapse_at_once),
    "repeats hear the present": Mutant("a repeat hears another answer than the first", _repeats_hear_how_it_stands_now),
    "other content": Mutant("a key used twice for two things", _other_content_is_let_in),
    "tries are free": Mutant("wrong codes are not counted", _tries_are_not_counted),
    "blocks are ignored": Mutant("a stopped card pays", _blocks_are_ignored),
    "bindings do not bind": Mutant("a code that one purchase was refused for buys for another, or more", _bindings_do_not_bind),
    "old reads": Mutant("a balance from before an answer that was given", _old_reads),
}  # fmt: skip
