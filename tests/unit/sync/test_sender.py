"""Deliveries: everything arrives, in order, and nothing stands in the way of what is behind it."""

import logging
import random
import threading
from collections.abc import Callable

import pytest

from kiosk.protocol.codec import decode
from kiosk.protocol.messages import MAX_BATCH_ENTRIES, Anchor, EntriesAnswer, EntriesRequest, EntryResult, SignedEntry
from kiosk.protocol.problems import Problem, ProblemKind, problem
from kiosk.sync.exchange import NoAnswer, Question, Silence
from kiosk.sync.sender import FAILURES_BEFORE_BLAME, Pauses, Sender
from tests.fakes.clock import SeededIds

QUICK = Pauses(first_ms=1, longest_ms=2, recovery_ms=1, retry_after_max_ms=5)


def batch(*seqs: int) -> EntriesRequest:
    return EntriesRequest(
        epoch=1, entries=[SignedEntry(seq=seq, content="{}", prev="", hash=str(seq), signature="") for seq in seqs]
    )


class Intake:
    """The authority's side in memory. ``poison``: entries that make the whole batch malformed."""

    def __init__(self, *, poison: set[int] | None = None, kind: ProblemKind = ProblemKind.MALFORMED_REQUEST) -> None:
        self.poison = poison or set()
        self.kind = kind
        self.taken: list[int] = []
        self.tries = 0
        self.before: Callable[[], None] = lambda: None

    def __call__(self, question: Question[EntriesAnswer], /, *, timeout_ms: int) -> EntriesAnswer | Problem:
        self.tries += 1
        self.before()
        seqs = [entry.seq for entry in decode(question.body, EntriesRequest).entries]
        if self.poison & set(seqs):
            return problem(self.kind)
        results = [EntryResult(seq=seq, outcome="already" if seq in self.taken else "applied") for seq in seqs]
        self.taken += [seq for seq in seqs if seq not in self.taken]
        return EntriesAnswer(results=results, anchor=Anchor(epoch=1, seq=seqs[-1], hash="h", at_ms=1))


def sender(intake: Callable[..., EntriesAnswer | Problem], ids: SeededIds, pauses: Pauses = QUICK) -> Sender:
    return Sender(ask=intake, ids=ids, pauses=pauses, timeout_ms=1_000)


def outcomes(answer: EntriesAnswer | None) -> dict[int, str]:
    assert answer is not None
    return {result.seq: result.outcome for result in answer.results}


def test_a_batch_is_delivered(ids: SeededIds) -> None:
    """Nothing the till did would reach the authority."""
    intake = Intake()
    answer = sender(intake, ids).deliver(batch(1, 2, 3))
    assert outcomes(answer) == {1: "applied", 2: "applied", 3: "applied"}
    assert answer is not None
    assert answer.anchor == Anchor(epoch=1, seq=3, hash="h", at_ms=1)
    assert intake.tries == 1


def test_silence_is_met_with_patience(ids: SeededIds) -> None:
    """A promise sold off line would be dropped after some tries, and the customer's card stay dead."""
    intake = Intake()
    left = [NoAnswer(Silence.NO_ROUTE, sent=False)] * 20 + [NoAnswer(Silence.TIMEOUT, sent=True)] * 20

    def fail() -> None:
        if left:
            raise left.pop()

    intake.before = fail
    assert outcomes(sender(intake, ids).deliver(batch(1, 2))) == {1: "applied", 2: "applied"}
    assert intake.tries == 41


@pytest.mark.parametrize(
    "kind",
    [
        ProblemKind.BUSY, ProblemKind.UNKNOWN_TERMINAL, ProblemKind.REVOKED_TERMINAL, ProblemKind.BAD_SIGNATURE,
        ProblemKind.REPLAYED_REQUEST, ProblemKind.NOT_FOUND, ProblemKind.IDEMPOTENCY_CONFLICT,
    ],
)  # fmt: skip
def test_a_problem_that_is_no_entrys_fault_blames_no_entry(ids: SeededIds, kind: ProblemKind) -> None:
    """Entries would be put aside because of a moment's trouble."""
    intake = Intake()
    problems = [problem(kind, retry_after_s=1)] * 12

    def ask(question: Question[EntriesAnswer], /, *, timeout_ms: int) -> EntriesAnswer | Problem:
        return problems.pop() if problems else intake(question, timeout_ms=timeout_ms)

    assert outcomes(sender(ask, ids).deliver(batch(1, 2))) == {1: "applied", 2: "applied"}


@pytest.mark.parametrize("poison", [{1}, {4}, {8}, {1, 8}, {3, 4, 5}, set(range(1, 9))])
def test_a_poisoned_entry_blocks_nothing(ids: SeededIds, poison: set[int], caplog: pytest.LogCaptureFixture) -> None:
    """One entry that the authority cannot read would hold up every later sale."""
    intake = Intake(poison=poison)
    with caplog.at_level(logging.ERROR):
        answer = sender(intake, ids).deliver(batch(*range(1, 9)))
    expected = {seq: "malformed-request" if seq in poison else "applied" for seq in range(1, 9)}
    assert outcomes(answer) == expected
    assert intake.taken == [seq for seq in range(1, 9) if seq not in poison]
    assert answer is not None
    assert answer.max_batch == MAX_BATCH_ENTRIES, "later batches stay large"
    assert len(caplog.records) == len(poison)


def test_an_authority_that_fails_on_one_entry(ids: SeededIds, caplog: pytest.LogCaptureFixture) -> None:
    """A bug of the authority on one entry would hold up every later sale for ever."""
    intake = Intake(poison={2}, kind=ProblemKind.INTERNAL)
    one = sender(intake, ids)
    owed = [1, 2, 3, 4]
    known: dict[int, str] = {}
    with caplog.at_level(logging.ERROR):
        while owed:
            known |= outcomes(one.deliver(batch(*owed)))
            owed = [seq for seq in owed if seq not in known]
    assert known == {1: "applied", 2: "internal", 3: "applied", 4: "applied"}
    assert intake.tries > FAILURES_BEFORE_BLAME
    assert len(caplog.records) == 1


@pytest.mark.parametrize("seqs", [(1,), (1, 2, 3)])
def test_an_outage_blames_nobody(ids: SeededIds, seqs: tuple[int, ...]) -> None:
    """An authority that fails on everything for an hour would put the whole hour's promises aside."""
    intake = Intake(poison={1, 2, 3}, kind=ProblemKind.INTERNAL)
    one = sender(intake, ids)
    for _ in range(5):
        assert outcomes(one.deliver(batch(*seqs))) == {}
    intake.poison.clear()
    assert outcomes(one.deliver(batch(*seqs))) == dict.fromkeys(seqs, "applied")


def test_what_is_known_is_told_when_the_link_fails(ids: SeededIds, caplog: pytest.LogCaptureFixture) -> None:
    """The till would not hear for hours that the first half was taken."""
    intake = Intake(poison={4})

    def fail() -> None:
        if intake.taken:
            raise NoAnswer(Silence.NO_ROUTE, sent=False)

    intake.before = fail
    with caplog.at_level(logging.ERROR):
        assert outcomes(sender(intake, ids).deliver(batch(1, 2, 3, 4))) == {1: "applied", 2: "applied"}


@pytest.mark.parametrize(
    "results",
    [
        [],
        [EntryResult(seq=2, outcome="applied")],
        [EntryResult(seq=1, outcome="applied"), EntryResult(seq=1, outcome="applied")],
        [EntryResult(seq=1, outcome="applied"), EntryResult(seq=2, outcome="perhaps")],
        [EntryResult(seq=seq, outcome="applied") for seq in (1, 2, 3)],
    ],
)
def test_an_answer_that_does_not_fit_is_no_answer(
    ids: SeededIds, results: list[EntryResult], caplog: pytest.LogCaptureFixture
) -> None:
    """An entry would be taken for delivered because another one was."""
    intake = Intake()
    wrong = [EntriesAnswer(results=results)]

    def ask(question: Question[EntriesAnswer], /, *, timeout_ms: int) -> EntriesAnswer | Problem:
        return wrong.pop() if wrong else intake(question, timeout_ms=timeout_ms)

    with caplog.at_level(logging.WARNING):
        assert outcomes(sender(ask, ids).deliver(batch(1, 2))) == {1: "applied", 2: "applied"}
    assert len(caplog.records) == 1


def test_entries_not_spoken_of_stay_owed(ids: SeededIds) -> None:
    """An authority that takes fewer at a time would make the others disappear."""

    def ask(question: Question[EntriesAnswer], /, *, timeout_ms: int) -> EntriesAnswer | Problem:
        return EntriesAnswer(results=[EntryResult(seq=1, outcome="applied")], max_batch=1)

    answer = sender(ask, ids).deliver(batch(1, 2, 3))
    assert outcomes(answer) == {1: "applied"}
    assert answer is not None
    assert answer.max_batch == 1


def test_an_entry_named_by_the_authority_is_told(ids: SeededIds, caplog: pytest.LogCaptureFixture) -> None:
    """The authority's own verdict on one entry would be taken for garbage, and the batch repeated for ever."""

    def ask(question: Question[EntriesAnswer], /, *, timeout_ms: int) -> EntriesAnswer | Problem:
        return EntriesAnswer(
            results=[EntryResult(seq=1, outcome="bad-signature"), EntryResult(seq=2, outcome="exception", code="X2")]
        )

    with caplog.at_level(logging.ERROR):
        assert outcomes(sender(ask, ids).deliver(batch(1, 2))) == {1: "bad-signature", 2: "exception"}


def test_pauses_grow_and_have_an_end(ids: SeededIds) -> None:
    """A town of tills would call the authority many times a second after an outage (T-HERD)."""
    tries = 0

    def ask(question: Question[EntriesAnswer], /, *, timeout_ms: int) -> EntriesAnswer | Problem:
        nonlocal tries
        tries += 1
        lengths[tries] = [one.pause_ms() for _ in range(200)]
        if tries < 14:
            raise NoAnswer(Silence.NO_ROUTE, sent=False)
        return EntriesAnswer(results=[EntryResult(seq=1, outcome="applied")])

    lengths: dict[int, list[int]] = {}
    one = sender(ask, ids, Pauses(first_ms=1_000, longest_ms=300_000))
    one._pause = lambda retry_after_ms: None  # type: ignore[method-assign]  # nobody waits in a test
    one.deliver(batch(1))
    for number, drawn in lengths.items():
        ceiling = min(300_000, 1_000 * 2**number)
        assert max(drawn) <= ceiling
        assert max(drawn) > ceiling * 0.9, "the whole span is used"
        assert min(drawn) < ceiling * 0.1
    assert one.pause_ms() <= 1_000, "a success forgets the failures"


def _delivering(one: Sender, got: list[EntriesAnswer | None]) -> threading.Thread:
    thread = threading.Thread(target=lambda: got.append(one.deliver(batch(1))))
    thread.start()
    return thread


def test_a_link_that_is_back_ends_the_pause(ids: SeededIds) -> None:
    """After an outage a promised card would stay dead for five more minutes."""
    intake, asked = Intake(), threading.Event()
    down = [True]

    def fail() -> None:
        asked.set()
        if down:
            raise NoAnswer(Silence.NO_ROUTE, sent=False)

    intake.before = fail
    one = sender(intake, ids, Pauses(first_ms=60_000, longest_ms=60_000, recovery_ms=1))
    got: list[EntriesAnswer | None] = []
    thread = _delivering(one, got)
    assert asked.wait(5)
    down.clear()
    while thread.is_alive():
        one.link_is_up()
        thread.join(0.01)
    assert outcomes(got[0]) == {1: "applied"}


def test_stopping_ends_the_pause(ids: SeededIds) -> None:
    """Closing the till would take five minutes."""
    intake, asked = Intake(), threading.Event()

    def fail() -> None:
        asked.set()
        raise NoAnswer(Silence.NO_ROUTE, sent=False)

    intake.before = fail
    one = sender(intake, ids, Pauses(first_ms=60_000, longest_ms=60_000))
    got: list[EntriesAnswer | None] = []
    thread = _delivering(one, got)
    assert asked.wait(5)
    one.stop()
    thread.join(5)
    assert got == [None]


@pytest.mark.parametrize("seed", range(20))
def test_any_weather(ids: SeededIds, seed: int, caplog: pytest.LogCaptureFixture) -> None:
    """Under some mixture of faults an entry would be lost or reported twice."""
    chance = random.Random(seed)
    poison = {seq for seq in range(1, 21) if chance.random() < 0.1}
    intake = Intake(poison=poison)
    lost = [False]

    def ask(question: Question[EntriesAnswer], /, *, timeout_ms: int) -> EntriesAnswer | Problem:
        if chance.random() < 0.2:
            raise NoAnswer(Silence.NO_ROUTE, sent=False)
        if chance.random() < 0.1:
            return problem(ProblemKind.BUSY)
        answer = intake(question, timeout_ms=timeout_ms)
        lost[0] = chance.random() < 0.2
        if lost[0]:
            raise NoAnswer(Silence.TIMEOUT, sent=True)
        return answer

    owed = list(range(1, 21))
    known: dict[int, str] = {}
    one = sender(ask, ids)
    with caplog.at_level(logging.ERROR):
        while owed:
            answer = one.deliver(batch(*owed[:7]))
            told = outcomes(answer)
            assert not told.keys() & known.keys()
            known |= told
            owed = [seq for seq in owed if seq not in told]
    assert {seq for seq, outcome in known.items() if outcome == "malformed-request"} == poison
    assert sorted(intake.taken) == intake.taken == [seq for seq in range(1, 21) if seq not in poison]
