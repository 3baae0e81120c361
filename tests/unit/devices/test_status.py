"""A printer's answers, byte by byte."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.devices.printing.condition import Condition, from_asb, from_real_time
from kiosk.devices.printing.status import (
    Answer,
    Asb,
    Cleared,
    Flow,
    GsR,
    Info,
    Junk,
    ProcessId,
    Restarted,
    Rt,
    StatusParser,
)
from kiosk.till.messages import PaperLevel

ASB = bytes([0x10, 0, 0, 0])
EVERYTHING: list[tuple[bytes, Answer]] = [
    (b"\x12", Rt(0x12)),
    (b"\x1a", Rt(0x1A)),
    (b"\x72", Rt(0x72)),
    (ASB, Asb(0x10, 0, 0, 0)),
    (bytes([0x38, 0, 0x0F, 0]), Asb(0x38, 0, 0x0F, 0)),
    (b"\x37\x22ab 1\x00", ProcessId(b"ab 1")),
    (b"\x37\x25\x00", Cleared()),
    (b"\x3b\x31\x00", Restarted()),
    (b"\x5fTM-T88V\x00", Info("TM-T88V")),
    (b"\x0c", GsR(0x0C)),
    (b"\x11", Flow(go=True)),
    (b"\x13", Flow(go=False)),
    (b"\xff", Junk(b"\xff")),
]


@pytest.mark.parametrize(("data", "answer"), EVERYTHING)
def test_each_kind_of_answer(data: bytes, answer: Answer) -> None:
    """The till would take one answer for another: paper out for ready."""
    assert StatusParser().feed(data) == [answer]


@given(st.lists(st.sampled_from(EVERYTHING), max_size=12), st.randoms(use_true_random=False))
def test_answers_in_any_pieces(parts: list[tuple[bytes, Answer]], chance: random.Random) -> None:
    """A slow cable delivers an answer byte by byte, and it would be lost."""
    data = b"".join(part for part, _ in parts)
    parser, found, place = StatusParser(), [], 0
    while place < len(data):
        size = chance.randint(1, 5)
        found += parser.feed(data[place : place + size])
        place += size
    assert found == [answer for _, answer in parts]


@given(st.binary(max_size=400))
def test_noise_never_stops_the_parser(noise: bytes) -> None:
    """Another device on the port would end the printer's thread."""
    parser = StatusParser()
    parser.feed(noise)
    parser.reset()
    assert parser.feed(b"\x12") == [Rt(0x12)]


def test_a_real_time_answer_inside_an_automatic_one() -> None:
    """A status asked for while the cover opens would be counted as paper."""
    assert StatusParser().feed(b"\x10\x00\x12\x00\x00") == [Rt(0x12), Asb(0x10, 0, 0, 0)]


def test_half_an_automatic_status_does_not_swallow_the_next() -> None:
    """One lost byte would make every later answer wrong."""
    assert StatusParser().feed(b"\x10\x00" + ASB) == [Junk(b"\x10\x00"), Asb(0x10, 0, 0, 0)]


def test_a_block_without_an_end_is_given_up() -> None:
    """A printer that sends letters for ever would never be heard again."""
    parser = StatusParser()
    assert [type(answer) for answer in parser.feed(b"\x5f" + b"a" * 80 + b"\x12")] == [Junk, Rt]


@pytest.mark.parametrize(
    ("asb", "worst", "paper"),
    [
        (Asb(0x10, 0, 0, 0), "", PaperLevel.OK),
        (Asb(0x10, 0, 0x03, 0), "", PaperLevel.LOW),
        (Asb(0x18, 0, 0x0F, 0), "paper_out", PaperLevel.OUT),
        (Asb(0x38, 0, 0, 0), "cover_open", PaperLevel.OK),
        (Asb(0x38, 0, 0x0C, 0), "cover_open", PaperLevel.OUT),
        (Asb(0x18, 0x08, 0, 0), "cutter", PaperLevel.OK),
        (Asb(0x18, 0x20, 0, 0), "broken", PaperLevel.OK),
        (Asb(0x18, 0x40, 0, 0), "overheated", PaperLevel.OK),
        (Asb(0x18, 0, 0, 0), "offline", PaperLevel.OK),
    ],
)
def test_what_automatic_status_means(asb: Asb, worst: str, paper: PaperLevel) -> None:
    """The clerk would be told to close a cover that is closed."""
    condition = from_asb(asb)
    assert (condition.worst, condition.paper) == (worst, paper)


def test_heat_does_not_stop_a_job_and_paper_does() -> None:
    """A hot printer's receipts would all become unknown; or a job would be sent on without paper."""
    assert from_asb(Asb(0x18, 0x40, 0, 0)).stops == ""
    assert from_asb(Asb(0x18, 0x40, 0x0C, 0)).stops == "paper_out"


@pytest.mark.parametrize(
    ("printer", "cause", "error", "roll", "worst", "paper"),
    [
        (0x12, 0x12, None, 0x12, "", PaperLevel.OK),
        (0x12, 0x12, None, 0x1E, "", PaperLevel.LOW),
        (0x1A, 0x32, None, 0x7E, "paper_out", PaperLevel.OUT),
        (0x1A, 0x16, None, 0x12, "cover_open", PaperLevel.OK),
        (0x1A, 0x52, 0x1A, 0x12, "cutter", PaperLevel.OK),
        (0x1A, 0x52, 0x12, 0x12, "broken", PaperLevel.OK),
        (0x1A, 0x52, None, 0x12, "broken", PaperLevel.OK),
        (0x1A, 0x52, 0x52, 0x12, "overheated", PaperLevel.OK),
        (0x1A, 0x1A, None, 0x12, "feed_button", PaperLevel.OK),
        (0x1A, 0x12, None, 0x12, "offline", PaperLevel.OK),
    ],
)
def test_what_real_time_status_means(
    printer: int, cause: int, error: int | None, roll: int, worst: str, paper: PaperLevel
) -> None:
    """As above, for printers that only answer when asked."""
    condition = from_real_time(printer=printer, cause=cause, error=error, roll=roll)
    assert (condition.worst, condition.paper) == (worst, paper)
    assert Condition().worst == ""
