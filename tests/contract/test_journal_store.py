"""What every ``JournalStore`` promises: run against the SQLite store and against the fake that the till's tests rely on."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import msgspec
import pytest

from kiosk.domain import events as ev
from kiosk.domain.limits import OfflinePolicy
from kiosk.journal.codec import GENESIS, decode, entry_hash
from kiosk.protocol.keys import unbase64url
from kiosk.protocol.messages import (
    MAX_BATCH_ENTRIES,
    MAX_BODY_BYTES,
    Anchor,
    Change,
    ChangesAnswer,
    EntriesAnswer,
    EntryResult,
)
from kiosk.till.ports import JournalStore, StockCard
from kiosk.till.state import DiskRoom
from tests.fakes.clock import FakeClock
from tests.fakes.journal import FakeJournal
from tests.helpers.journal import (
    OTHER_SERIAL,
    SERIAL,
    answer_for,
    completed,
    open_store,
    promised,
    public_key_pair,
    scanned,
    started,
    whole_sale,
)


class Machine(Protocol):
    """One terminal: ``open`` is a start of the till on the same disk, the one before having ended however it did."""

    def open(self, *, epoch: int = 1) -> JournalStore: ...


class SqliteMachine:
    def __init__(self, folder: Path, clock: FakeClock) -> None:
        self._folder, self._clock = folder, clock
        self._journal: JournalStore | None = None

    def open(self, *, epoch: int = 1) -> JournalStore:
        self.stop()
        self._journal = open_store(self._folder, self._clock, epoch=epoch)
        return self._journal

    def stop(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None


class FakeMachine:
    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._journal: FakeJournal | None = None

    def open(self, *, epoch: int = 1) -> JournalStore:
        disk = None if self._journal is None else self._journal.disk
        self._journal = FakeJournal(self._clock, epoch=epoch, disk=disk, sign=public_key_pair().sign)
        return self._journal

    def stop(self) -> None:
        return


@pytest.fixture(params=["sqlite", "fake"])
def machine(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> Iterator[Machine]:
    one = SqliteMachine(tmp_path, clock) if request.param == "sqlite" else FakeMachine(clock)
    yield one
    one.stop()


@pytest.fixture
def journal(machine: Machine) -> JournalStore:
    return machine.open()


def page(*changes: Change, cursor: str = "c1", more: bool = False, as_of_ms: int = 5_000) -> ChangesAnswer:
    return ChangesAnswer(changes=list(changes), cursor=cursor, more=more, as_of_ms=as_of_ms)


def stock(serial: str, version: int, *, state: str = "in_stock", bound: bool = True, series: str = "11") -> Change:
    payload: dict[str, str | int | bool] = {
        "pack": "P1", "position": 4, "series": series, "bound": bound, "state": state,
    }  # fmt: skip
    return Change(stream="stock", key=serial, version=version, payload=payload)


# ---- entries


def test_an_empty_journal_holds_nothing(journal: JournalStore) -> None:
    """A new till would start with somebody else's sales."""
    assert journal.entries() == ()
    assert journal.next_batch() is None
    assert journal.outbox_size() == 0
    assert journal.tampered() is None


def test_entries_are_numbered_and_chained(journal: JournalStore, clock: FakeClock) -> None:
    """A deleted or inserted sale would not be seen."""
    journal.append([started()], user="")
    clock.advance(250)
    first, second = journal.append([scanned(), ev.ReserveRequested("line-1")], user="clerk-1")
    assert (first.seq, second.seq) == (2, 3)
    assert first.at_ms == clock.now_ms()
    assert (first.mono_ms, first.boot, first.user) == (clock.monotonic_ms(), clock.boot_id, "clerk-1")
    batch = journal.next_batch()
    assert batch is not None
    prev = GENESIS
    for entry, stored in zip(batch.entries, journal.entries(), strict=True):
        assert bytes.fromhex(entry.prev) == prev
        prev = entry_hash(prev, entry.content.encode())
        assert bytes.fromhex(entry.hash) == prev == stored.hash
        assert public_key_pair().public.verify(unbase64url(entry.signature), prev)


def test_what_is_appended_is_read_back(machine: Machine) -> None:
    """A restart would show another sale than the one that was rung up."""
    journal = machine.open()
    written = [entry for events in whole_sale() for entry in journal.append(events, user="clerk-1")]
    assert tuple(written) == tuple(journal.entries())
    assert tuple(written) == tuple(machine.open().entries())
    assert [entry.seq for entry in machine.open().entries(after_seq=7)] == [8, 9]


def test_fiscal_chains_count_for_themselves(machine: Machine) -> None:
    """Two receipts would bear one number, or a number would be missing (CAI-07)."""
    journal = machine.open()
    journal.append([started()], user="")
    for n in (1, 2):
        for events in whole_sale(n):
            journal.append(events, user="clerk-1")
    journal = machine.open()
    journal.append([completed("sale-3"), ev.CopyRequested("job", 1, 1, "clerk-1", "lost"), ev.TillStopped()], user="")
    fiscal = [(entry.chain, entry.chain_no) for entry in journal.entries() if entry.chain is not None]
    assert [no for name, no in fiscal if name == "ticket"] == [1, 2, 3]
    assert [no for name, no in fiscal if name == "copy"] == [1]
    assert [no for name, no in fiscal if name == "event"] == [1, 2, 3, 4]
    assert all(entry.chain is None for entry in journal.entries() if isinstance(entry.event, ev.LineScanned))


def test_a_fiscal_entry_names_the_one_before_in_its_chain(journal: JournalStore) -> None:
    """A receipt could be cut out of the ticket chain and the master chain be mended around it."""
    journal.append([completed("sale-1"), started(), completed("sale-2")], user="")
    batch = journal.next_batch()
    assert batch is not None
    contents = [decode(entry.content.encode()) for entry in batch.entries]
    assert contents[0].chain_prev == GENESIS
    assert contents[2].chain_prev == journal.entries()[0].hash


def test_times_never_go_back(journal: JournalStore, clock: FakeClock) -> None:
    """A clerk who sets the clock back would make receipts that the tax office takes for forged (CAI-21)."""
    before = journal.append([started()], user="")[0].at_ms
    clock.jump(-3_600_000)
    after = journal.append([ev.LinkLost()], user="")[0]
    assert after.at_ms == before
    clock.jump(3_700_000)
    assert journal.append([ev.LinkRestored()], user="")[0].at_ms == clock.now_ms()


# ---- outbox


def test_everything_is_owed_in_order_until_it_is_settled(machine: Machine) -> None:
    """A sale would be missing at the authority, or be delivered before the one it follows."""
    journal = machine.open()
    journal.append([started(), scanned(), promised()], user="")
    assert journal.outbox_size() == 3
    batch = journal.next_batch(limit=2)
    assert batch is not None
    assert [entry.seq for entry in batch.entries] == [1, 2]
    assert journal.next_batch(limit=2) == batch, "reading does not take anything out"
    delivered = journal.mark_delivered(answer_for(batch))
    assert (delivered.last_seq, delivered.left) == (2, 1)
    journal = machine.open()
    batch = journal.next_batch()
    assert batch is not None
    assert [entry.seq for entry in batch.entries] == [3]


def test_only_promises_are_settled_by_name(journal: JournalStore) -> None:
    """The till would tell the clerk that a promise is kept when only its scan was delivered, or not name the exception."""
    journal.append([scanned("line-1"), promised("line-1"), promised("line-2")], user="")
    answer = EntriesAnswer(
        results=[EntryResult(1, "applied"), EntryResult(2, "already"), EntryResult(3, "exception", "X3")], anchor=None
    )
    delivered = journal.mark_delivered(answer)
    assert delivered.settled == ("line-1",)
    assert delivered.exceptions == (("line-2", "X3"),)
    again = journal.mark_delivered(answer)
    assert (again.settled, again.exceptions, again.left) == ((), (), 0), "the same answer twice changes nothing"


def test_a_row_without_a_result_stays_owed(journal: JournalStore) -> None:
    """A sale that the authority did not speak of would be forgotten."""
    journal.append([started(), scanned()], user="")
    journal.mark_delivered(EntriesAnswer(results=[EntryResult(2, "applied")], anchor=None))
    batch = journal.next_batch()
    assert batch is not None
    assert [entry.seq for entry in batch.entries] == [1]


def test_a_parked_row_blocks_nothing_and_waits_for_a_person(machine: Machine) -> None:
    """One entry that the authority cannot take would hold up every sale behind it, or vanish."""
    journal = machine.open()
    journal.append([started(), scanned(), promised()], user="")
    batch = journal.next_batch(limit=1)
    assert batch is not None
    journal.delivery_failed(batch)
    journal.delivery_failed(batch, park="bad-signature")
    journal.mark_delivered(EntriesAnswer(results=[EntryResult(2, "parked", "unreadable")], anchor=None))
    journal = machine.open()
    assert [(row.seq, row.kind, row.tries, row.reason) for row in journal.parked()] == [
        (1, "TillStarted", 2, "bad-signature"),
        (2, "LineScanned", 1, "unreadable"),
    ]
    assert journal.outbox_size() == 1
    batch = journal.next_batch()
    assert batch is not None
    assert [entry.seq for entry in batch.entries] == [3]
    assert journal.retry_parked() == 2
    assert journal.parked() == ()
    assert journal.outbox_size() == 3


def test_a_batch_fits_its_limits(journal: JournalStore) -> None:
    """The authority would refuse a batch that is too long, again and again."""
    for n in range(MAX_BATCH_ENTRIES + 10):
        journal.append([scanned(f"line-{n}")], user="")
    batch = journal.next_batch()
    assert batch is not None
    assert len(batch.entries) == MAX_BATCH_ENTRIES
    assert len(msgspec.json.encode(batch)) <= MAX_BODY_BYTES


def test_a_batch_is_of_one_epoch(machine: Machine) -> None:
    """Entries of before and after a re-enrolment would be sent under one epoch and one of the two be refused."""
    machine.open().append([started()], user="")
    journal = machine.open(epoch=2)
    journal.append([started()], user="")
    batch = journal.next_batch()
    assert batch is not None
    assert (batch.epoch, len(batch.entries)) == (1, 1)
    journal.mark_delivered(answer_for(batch))
    batch = journal.next_batch()
    assert batch is not None
    assert (batch.epoch, batch.entries[0].seq) == (2, 2)


# ---- anchors


@pytest.mark.parametrize(
    ("anchor", "word"),
    [
        (Anchor(epoch=1, seq=9, hash="00" * 32, at_ms=1), "9"),
        (Anchor(epoch=1, seq=1, hash="00" * 32, at_ms=1), "1"),
    ],
)
def test_an_anchor_of_another_past_stops_sales(
    machine: Machine, anchor: Anchor, word: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A till whose file was replaced by yesterday's would sell on, and sales of a day would be gone (JR-08, JR-10)."""
    journal = machine.open()
    journal.append([started()], user="")
    assert journal.healthy()
    journal.mark_delivered(EntriesAnswer(results=[], anchor=anchor))
    tampered = journal.tampered()
    assert tampered is not None
    assert word in tampered
    assert not journal.healthy()
    journal = machine.open()
    assert journal.tampered() == tampered, "a restart does not lift it"
    journal.append([started()], user="")  # what happened is still recorded
    journal = machine.open(epoch=2)
    assert journal.tampered() is None, "the authority's new epoch does"
    assert journal.healthy()


def test_an_honest_anchor_changes_nothing(journal: JournalStore) -> None:
    """Every delivery would stop the till."""
    journal.append([started()], user="")
    batch = journal.next_batch()
    assert batch is not None
    journal.append([scanned()], user="")
    journal.mark_delivered(answer_for(batch))
    assert journal.tampered() is None
    assert journal.snapshot().contact_ms == 1_767_258_000_500


# ---- downloads


def test_stock_block_list_and_policy_are_read_back(machine: Machine) -> None:
    """The till would offer a card that is not in the shop, or promise without being allowed to."""
    policy: dict[str, str | int | bool] = {
        "version": 7, "enabled": True, "valid_until_ms": 9, "max_cards_per_sale": 1, "of_a_newer_version": "?",
    }  # fmt: skip
    journal = machine.open()
    assert journal.snapshot().policy == OfflinePolicy()
    journal.apply_changes(
        page(
            stock(SERIAL, 3),
            stock(OTHER_SERIAL, 4, state="active"),
            Change("block", OTHER_SERIAL, 5, {"blocked": True}),
            Change("policy", "offline", 7, policy),
            Change("of_a_newer_version", "k", 1, {"x": 1}),
        )
    )
    journal = machine.open()
    assert journal.find_card(SERIAL) == StockCard(SERIAL, "11", "P1", 4, True)
    assert journal.find_card(OTHER_SERIAL) is None
    assert journal.find_card("0000") is None
    assert (journal.is_blocked(OTHER_SERIAL), journal.is_blocked(SERIAL)) == (True, False)
    assert journal.stock_counts() == {"11": 1}
    assert journal.cursor() == "c1"
    snapshot = journal.snapshot()
    assert (snapshot.stock_version, snapshot.blocklist_version) == (4, 5)
    assert snapshot.stock_as_of_ms == snapshot.blocklist_as_of_ms == snapshot.contact_ms == 5_000
    assert snapshot.policy == OfflinePolicy(version=7, enabled=True, valid_until_ms=9, max_cards_per_sale=1)


def test_changes_are_idempotent_by_version(journal: JournalStore) -> None:
    """A page that comes twice, or late, would put a sold card back in stock."""
    journal.apply_changes(page(stock(SERIAL, 2, state="active")))
    journal.apply_changes(page(stock(SERIAL, 1), cursor="c2"))
    assert journal.find_card(SERIAL) is None
    assert journal.cursor() == "c2"


def test_a_snapshot_is_dated_by_its_last_page(journal: JournalStore) -> None:
    """Half a stock list would be taken for a fresh one."""
    journal.apply_changes(page(stock(SERIAL, 1), more=True, as_of_ms=7_000))
    assert journal.snapshot().stock_as_of_ms == 0
    journal.apply_changes(page(as_of_ms=8_000, cursor="c2"))
    assert journal.snapshot().stock_as_of_ms == 8_000


def test_a_new_download_replaces_the_old_one_at_its_end(machine: Machine) -> None:
    """After an expired cursor the till would keep cards that left the shop, or have none while it downloads."""
    journal = machine.open()
    journal.apply_changes(page(stock(SERIAL, 5), stock(OTHER_SERIAL, 6)))
    journal.restart_download()
    assert journal.cursor() == ""
    assert journal.find_card(SERIAL) is not None
    journal.apply_changes(page(stock(SERIAL, 2, series="12"), more=True, cursor="n1"))
    journal = machine.open()
    assert journal.find_card(OTHER_SERIAL) is not None, "in use until the whole new list is here"
    journal.apply_changes(page(cursor="n2"))
    assert journal.find_card(OTHER_SERIAL) is None
    card = journal.find_card(SERIAL)
    assert card is not None
    assert card.series == "12"


@pytest.mark.parametrize(
    ("change", "look"),
    [
        (Change("stock", SERIAL, 1, {"pack": "P1"}), lambda journal: journal.find_card(SERIAL) is None),
        (Change("block", SERIAL, 1, {}), lambda journal: journal.is_blocked(SERIAL)),
        (
            Change("policy", "offline", 1, {"enabled": True, "max_cards_per_sale": "2"}),
            lambda journal: journal.snapshot().policy == OfflinePolicy(),
        ),
        (
            Change("policy", "offline", 1, {"enabled": 1}),
            lambda journal: journal.snapshot().policy == OfflinePolicy(),
        ),
    ],
)
def test_a_change_that_is_not_as_expected_is_read_on_the_safe_side(
    journal: JournalStore, change: Change, look: Callable[[JournalStore], bool]
) -> None:
    """A malformed row would unblock a card, list one that is not here, or allow promises."""
    journal.apply_changes(page(change))
    assert look(journal)


def test_a_sound_disk_is_ample(journal: JournalStore) -> None:
    """The till would refuse to sell on a good machine."""
    assert journal.disk_room() is DiskRoom.AMPLE
    assert journal.healthy()
