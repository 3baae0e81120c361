"""What a scanner's bytes mean: frames, silence, noise, repetitions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.devices.scanning.frames import Frame, Framer, Unread
from kiosk.devices.scanning.symbology import Read, split_aim


@pytest.mark.parametrize("suffix", [b"\r", b"\n", b"\r\n", b"\x03"])
@pytest.mark.parametrize("prefix", [b"", b"\x02"])
def test_every_usual_frame(prefix: bytes, suffix: bytes) -> None:
    """A scanner with another suffix would read nothing, or everything twice."""
    assert Framer().feed(prefix + b"]C0123" + suffix, 0) == [Frame("]C0123", complete=True)]


@given(st.lists(st.from_regex(r"[0-9]{4,20}", fullmatch=True), unique=True, max_size=8), st.data())
def test_frames_in_any_pieces(texts: list[str], data: st.DataObject) -> None:
    """Two labels read quickly would become one, or half of one."""
    stream = b"".join(text.encode() + b"\r" for text in texts)
    framer, found, place, now = Framer(), [], 0, 0
    while place < len(stream):
        size = data.draw(st.integers(1, 7))
        now += data.draw(st.integers(0, 60))  # pieces with pauses shorter than the end of a frame
        found += framer.feed(stream[place : place + size], now)
        place += size
    assert found == [Frame(text, complete=True) for text in texts]


def test_silence_ends_a_frame_and_marks_it() -> None:
    """A card whose last digits were lost could be sold."""
    framer = Framer()
    assert framer.feed(b"12345", 0) == []
    assert framer.silence(79) == []
    assert framer.silence(80) == [Frame("12345", complete=False)]
    assert framer.silence(500) == []


def test_what_comes_after_silence_is_another_frame() -> None:
    """The end of one label and the beginning of the next would be a card nobody has."""
    framer = Framer()
    framer.feed(b"123", 0)
    assert framer.feed(b"456\r", 200) == [Frame("123", complete=False), Frame("456", complete=True)]


@pytest.mark.parametrize("text", [b"NR", b"NOREAD", b"no read", b"?", b"ERROR"])
def test_a_no_read_is_never_looked_up(text: bytes) -> None:
    """The till would say that the card NOREAD is unknown."""
    assert Framer().feed(text + b"\r", 0) == [Unread.NO_READ]


def test_noise_and_endless_frames() -> None:
    """Another device on the port would fill the memory."""
    framer = Framer()
    assert framer.feed(b"\xff\xfe\x80\r", 0) == [Unread.JUNK]
    assert framer.feed(b"7" * 700 + b"\r", 10) == [Unread.TOO_LONG]
    assert framer.feed(b"\x00\x00\r\n\r", 20) == []
    assert framer.feed(b"1234\r", 30) == [Frame("1234", complete=True)]


def test_a_label_under_the_scanner_is_read_once() -> None:
    """A card left on the stand would be refused as “already in the basket”, again and again."""
    framer = Framer()
    times = (0, 300, 900, 1500, 2300)
    assert [len(framer.feed(b"123\r", at)) for at in times] == [1, 0, 0, 0, 1]
    assert framer.feed(b"124\r", 2310) == [Frame("124", complete=True)]


def test_the_rest_of_a_frame_is_forgotten_with_the_line() -> None:
    """Unplugged in the middle: the rest would be glued to the next label."""
    framer = Framer()
    framer.feed(b"123", 0)
    framer.reset()
    assert framer.feed(b"456\r", 1) == [Frame("456", complete=True)]


def test_a_frame_does_not_show_its_text_in_a_log() -> None:
    """A serial would stand in a crash report."""
    assert "1234567890123456" not in repr(Frame("1234567890123456", complete=True))


@pytest.mark.parametrize(
    ("frame", "read"),
    [
        ("]C01234567890123456", Read("1234567890123456", "C0")),
        ("]E04006381333931", Read("4006381333931", "E0")),
        ("]Q3abc", Read("abc", "Q3")),
        ("4006381333931", Read("4006381333931", None)),
        ("]", Read("]", None)),
        ("]C0", Read("]C0", None)),
        ("]-0123", Read("]-0123", None)),
    ],
)
def test_aim_identifiers(frame: str, read: Read) -> None:
    """An article's bar code would be taken for a card."""
    assert split_aim(frame) == read
