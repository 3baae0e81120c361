"""The till's real client and the real authority, with every fault between them: none is taken for a yes, none loses anything."""

import random
from dataclasses import replace

import pytest

from kiosk.demo.fault_proxy import Fault
from kiosk.protocol.messages import EntriesRequest
from kiosk.till.messages import BalanceAnswered, ChangesReceived, EntriesDelivered, LineAnswered, LinkProbed
from tests.conversation.conftest import Talk
from tests.helpers.entries import Journal

SHORT_MS = 250
# the authority gets the request and acts, and the till hears nothing it may believe
ACTED = (
    Fault.LOSE_ANSWER, Fault.GARBAGE, Fault.BAD_SIGNATURE, Fault.HALF_CLOSE, Fault.REDIRECT, Fault.OVERSIZE
)  # fmt: skip
SLOW = (Fault.SLOW, Fault.SLOW_ANSWER, Fault.DRIP)
VERBS = ("reserve", "commit", "cancel")
RECORDS = {"reserve": "reserved", "commit": "committed", "cancel": "cancelled"}


def test_a_sale_without_faults(talk: Talk) -> None:
    """The two halves do not speak the same language at all."""
    line_id, serial = talk.ids.uuid7(), talk.live.fresh_serial()
    assert talk.outcome("status", line_id, serial) == "status"
    assert talk.outcome("reserve", line_id, serial) == "reserved"
    assert talk.outcome("extend", line_id, serial, n=1) == "extended"
    assert talk.outcome("commit", line_id, serial) == "committed"
    assert (talk.live.record(line_id), talk.live.card(serial)) == ("committed", "active")
    assert talk.outcome("cancel", line_id, serial) == "cancelled"
    assert (talk.live.record(line_id), talk.live.card(serial)) == ("cancelled", "in_stock")
    assert talk.proxy.wait_for(lambda counts: counts.requests == counts.answers == 5, timeout_s=5)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("fault", ACTED)
def test_a_spoilt_answer_is_no_answer_and_asking_again_tells(talk: Talk, fault: Fault, verb: str) -> None:
    """A card would be handed over dead, or a second one be activated for the same money."""
    line_id, serial = talk.ids.uuid7(), talk.live.fresh_serial()
    talk.proxy.set(fault, times=1)
    heard = talk.ask(verb, line_id, serial)
    assert (heard.answer, heard.problem, heard.sent) == (None, None, True)
    assert talk.live.record(line_id) == RECORDS[verb], "the authority had acted all the same"
    status = talk.ask("status", line_id, serial).answer
    assert status is not None
    assert status.record == RECORDS[verb]
    assert talk.outcome(verb, line_id, serial) == RECORDS[verb]
    assert talk.live.record(line_id) == RECORDS[verb]
    committed = talk.live.count("SELECT count(*) FROM line WHERE line_id = ?", line_id)
    assert committed == 1


@pytest.mark.parametrize("fault", SLOW)
def test_slowness_ends_at_the_deadline(talk: Talk, fault: Fault) -> None:
    """The clerk would wait as long as the network likes."""
    line_id, serial = talk.ids.uuid7(), talk.live.fresh_serial()
    talk.proxy.set(fault, ms=60_000 if fault is not Fault.DRIP else 50)
    heard = talk.ask("commit", line_id, serial, timeout_ms=SHORT_MS)
    assert heard.answer is None
    assert heard.sent
    talk.proxy.set(Fault.PASS)
    assert talk.outcome("commit", line_id, serial) == "committed"


def test_a_cut_line_knows_that_nothing_left(talk: Talk) -> None:
    """A card that certainly was not asked for would be treated as unknown; or one that was, as not."""
    line_id, serial = talk.ids.uuid7(), talk.live.fresh_serial()
    talk.proxy.set(Fault.CUT)
    assert talk.ask("commit", line_id, serial) == LineAnswered("commit", line_id, None, sent=False)
    assert talk.live.record(line_id) == "unseen"
    talk.proxy.set(Fault.PASS)
    assert talk.outcome("commit", line_id, serial) == "committed"


def test_a_line_cut_in_the_middle(talk: Talk) -> None:
    """A request under way when the cable is pulled would be called unsent."""
    line_id, serial = talk.ids.uuid7(), talk.live.fresh_serial()
    talk.proxy.set(Fault.SLOW_ANSWER, ms=60_000)
    talk.gateway.send(talk.call("commit", line_id, serial, timeout_ms=10_000))
    assert talk.proxy.wait_for(lambda counts: counts.requests == 1, timeout_s=5)
    talk.proxy.set(Fault.CUT)
    assert talk.next() == LineAnswered("commit", line_id, None, sent=True)
    talk.proxy.set(Fault.PASS)
    assert talk.outcome("status", line_id, serial) == "status"


def test_a_doubled_request_has_one_effect(talk: Talk) -> None:
    """A network that repeats a packet would sell a card twice; the replay must not even look like a yes."""
    line_id, serial = talk.ids.uuid7(), talk.live.fresh_serial()
    before = talk.live.count("SELECT count(*) FROM posting")
    talk.proxy.set(Fault.DUPLICATE, times=1)
    heard = talk.ask("commit", line_id, serial)
    assert (heard.answer, heard.problem) == (None, "replayed-request")
    once = talk.live.count("SELECT count(*) FROM posting")
    assert once > before
    assert talk.outcome("commit", line_id, serial) == "committed"
    assert talk.live.count("SELECT count(*) FROM posting") == once


def test_a_late_commit_after_a_cancel(talk: Talk) -> None:
    """A commit that was held up on the way would activate a card whose money was given back."""
    line_id, serial = talk.ids.uuid7(), talk.live.fresh_serial()
    assert talk.outcome("cancel", line_id, serial) == "cancelled"
    assert talk.outcome("commit", line_id, serial) == "refused"
    assert talk.live.card(serial) == "in_stock"


@pytest.mark.parametrize("fault", [*ACTED, Fault.CUT])
def test_balance_probe_and_download_are_never_guessed(talk: Talk, fault: Fault) -> None:
    """The customer would be told a balance that nobody gave; the till believe a clock or a stock list of a stranger."""
    talk.proxy.set(fault)
    talk.gateway.ask_balance(talk.ids.uuid7(), talk.live.fresh_serial())
    answer = talk.next()
    assert isinstance(answer, BalanceAnswered)
    assert answer.answer is None
    talk.gateway.probe()
    assert talk.next() == LinkProbed(None)
    talk.gateway.refresh("")
    assert talk.next() == ChangesReceived(None)
    talk.proxy.set(Fault.PASS)
    talk.gateway.probe()
    probed = talk.next()
    assert isinstance(probed, LinkProbed)
    assert probed.time_ms is not None
    assert abs(probed.clock_off_ms) < 2_000
    talk.gateway.refresh("")
    page = talk.next()
    assert isinstance(page, ChangesReceived)
    assert page.page is not None
    assert page.page.changes


def test_a_strangers_till(talk: Talk) -> None:
    """A till that the authority does not know could sell."""
    asker = talk.gateway._asker
    asker._identity = replace(asker._identity, terminal_id="T-9999")
    line_id, serial = talk.ids.uuid7(), talk.live.fresh_serial()
    heard = talk.ask("commit", line_id, serial)
    assert (heard.answer, heard.problem) == (None, "unknown-terminal")
    assert talk.live.card(serial) == "in_stock"


def _delivered(talk: Talk) -> dict[int, str]:
    message = talk.next()
    assert isinstance(message, EntriesDelivered)
    return {result.seq: result.outcome for result in message.answer.results}


def test_promises_arrive_through_every_fault(talk: Talk) -> None:
    """A card sold while the line was down would stay dead, or be charged twice to the shop."""
    journal = Journal(talk.live.world)
    bound = talk.live.world.serials[:100]
    chance = random.Random(3)
    sold: list[tuple[str, str]] = []
    known: dict[int, str] = {}
    for fault in [*ACTED, Fault.DUPLICATE, Fault.PASS]:
        line_id, serial = talk.ids.uuid7(), bound[-1 - len(sold)]
        sold.append((line_id, serial))
        entries = [journal.append("LinkLost", {}), journal.promise(line_id, serial)]
        talk.proxy.set(fault, times=chance.randrange(1, 4))
        talk.gateway.deliver(EntriesRequest(epoch=1, entries=entries))
        told = _delivered(talk)
        assert set(told) == {entry.seq for entry in entries}, fault
        assert not told.keys() & known.keys()
        known |= told
    assert set(known.values()) <= {"applied", "already", "exception"}
    assert [talk.live.record(line_id) for line_id, _ in sold] == ["committed"] * len(sold)
    assert [talk.live.card(serial) for _, serial in sold] == ["active"] * len(sold)


@pytest.mark.slow
def test_a_stormy_day(talk: Talk) -> None:
    """Some mixture of faults would end with till and authority believing different things."""
    chance = random.Random(11)
    faults = [*ACTED, Fault.DUPLICATE, Fault.PASS, Fault.PASS, Fault.SLOW_ANSWER]
    lines: dict[str, tuple[str, str]] = {}
    for number in range(10):
        line_id, serial = talk.ids.uuid7(), talk.live.fresh_serial()
        verbs = ["reserve", "commit"] if number % 3 else ["reserve", "commit", "cancel"]
        for verb in verbs:
            answer = None
            while answer is None:
                talk.proxy.set(chance.choice(faults), ms=60_000, times=1)
                answer = talk.ask(verb, line_id, serial, timeout_ms=150).answer
            assert answer.outcome == RECORDS[verb]
            assert answer.record == RECORDS[verb]
        lines[line_id] = (serial, RECORDS[verbs[-1]])
    talk.proxy.set(Fault.PASS)
    for line_id, (serial, record) in lines.items():
        assert talk.live.record(line_id) == record
        assert talk.live.card(serial) == ("active" if record == "committed" else "in_stock")
