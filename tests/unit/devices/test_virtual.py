"""The virtual devices themselves: they must be stricter than the real ones, and fail at what they do not know."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.devices.virtual.faults import (
    Answering,
    Change,
    Flow,
    Part,
    Speed,
    Taking,
    Talk,
    UnknownFaultError,
    fault_words,
    parse_fault,
    parse_script,
)
from kiosk.devices.virtual.printer_engine import PrinterEngine
from kiosk.devices.virtual.printer_tokens import UnknownBytes, next_token


@pytest.mark.parametrize(
    "data", [b"\x07", b"\x1bz", b"\x1d(Z", b"\x1bB\x01\x02", b"\x7f", b"\x1dv1", b"\x1dVx", b"\x1c!"]
)
def test_a_byte_that_is_no_command_stops_the_printer(data: bytes) -> None:
    """Bytes that a real printer prints as rubbish would pass our tests."""
    with pytest.raises(UnknownBytes):
        next_token(data + b"\x01\x02\x03")
    engine = PrinterEngine()
    engine.feed(b"abc\n" + data + b"\x01\x02\x03\n\x1dVB\x00")
    engine.work()
    assert engine.unknown
    assert engine.sheets == []
    assert not engine.can_print


@pytest.mark.parametrize(
    ("data", "name", "size"),
    [
        (b"abc\n", "text", 3),
        (b"\n", "line_feed", 1),
        (b"\x1b@x", "initialize", 2),
        (b"\x1dVB\x00x", "cut", 4),
        (b"\x1dV1x", "cut", 3),
        (b"\x1dv0\x03\x02\x00\x02\x00abcdx", "raster", 12),
        (b"\x1d(H\x06\x00\x30\x30ab 1x", "response", 11),
        (b"\x1dkI\x03{Cax", "barcode", 7),
        (b"\x1dk\x04A1\x00x", "barcode", 6),
    ],
)
def test_commands_and_their_lengths(data: bytes, name: str, size: int) -> None:
    """A wrong length would hide what follows from every test."""
    token = next_token(data)
    assert token is not None
    assert (token.name, len(token.raw)) == (name, size)
    if name not in ("text", "line_feed"):
        assert next_token(data[: size - 1]) is None


@given(st.binary(max_size=200))
def test_real_time_commands_are_found_in_any_pieces(noise: bytes) -> None:
    """A status question inside a picture would be printed instead of answered."""
    data = noise.replace(b"\x10", b"") + b"\x10\x04\x01" + noise.replace(b"\x10", b"")
    whole, pieces = PrinterEngine(), PrinterEngine()
    whole.feed(data)
    for byte in data:
        pieces.feed(bytes([byte]))
    assert whole.real_time == pieces.real_time == [b"\x10\x04\x01"]


def test_a_lone_dle_is_passed_on() -> None:
    """A code page number of 16 would be eaten: ESC t 16 is on every receipt."""
    engine = PrinterEngine()
    engine.feed(b"\x1bt\x10a\x10\x10\x04\x01\n")
    engine.work()
    assert engine.real_time == [b"\x10\x04\x01"]
    assert engine.unknown.startswith("10")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("paper_out 120", Change(Part.PAPER_OUT, 120)),
        ("cover_open", Change(Part.COVER_OPEN)),
        ("  stall   7 ", Taking(Flow.STALL, 7)),
        ("mute", Answering(Talk.MUTE)),
        ("slow 960", Speed(960)),
    ],
)
def test_faults_as_words(text: str, fault: object) -> None:
    """The workbench's fault line would do something else."""
    assert parse_fault(text) == fault


@pytest.mark.parametrize("text", ["", "explode", "mute 3", "paper_out soon", "paper_out -1"])
def test_words_that_are_no_fault(text: str) -> None:
    """A mistyped fault would be taken for a passed test."""
    with pytest.raises(UnknownFaultError):
        parse_fault(text)


def test_every_word_that_is_listed_is_understood() -> None:
    """The workbench would offer a button that fails."""
    for word in fault_words():
        parse_fault(word.replace("bytes_per_s", "5").replace("buffer_bytes", "5").replace(" ms", " 5"))
    assert parse_script("# a bad day\npaper_low\n\nstall 5  # and then\n") == (
        Change(Part.PAPER_LOW),
        Taking(Flow.STALL, 5),
    )
