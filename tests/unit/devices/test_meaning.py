"""What the technician reads beside the bytes: right names, right meanings, and no fault whatever the bytes are."""

import random

import pytest

from kiosk.devices.bankcard.frames import encode
from kiosk.devices.meaning import ROWS_MAX, Dialect, explain, symbology_name
from kiosk.devices.printing.escpos import build_job
from kiosk.devices.printing.profiles import load_profiles
from kiosk.devices.spy import TraceLine, mask
from tests.helpers.receipts import receipt


def read(data: bytes, dialect: Dialect, *, sent: bool = True) -> list[tuple[str, str, str]]:
    return [(row.code, row.word, row.text) for row in explain([TraceLine(0, sent, data)], dialect)]


def test_a_question_gives_the_next_answer_its_meaning() -> None:
    """The technician would read « papier présent » where the printer spoke of its cover."""
    talk = [
        TraceLine(0, True, b"\x10\x04\x01"),
        TraceLine(1, False, b"\x1a"),
        TraceLine(2, True, b"\x10\x04\x02"),
        TraceLine(3, False, b"\x16"),
        TraceLine(4, True, b"\x10\x04\x04"),
        TraceLine(5, False, b"\x1e"),
        TraceLine(6, True, b"\x10\x04\x04"),
        TraceLine(7, False, b"\x72"),
    ]
    assert [row.word for row in explain(talk, Dialect.PRINTER)] == [
        "ask_status", "offline", "ask_cause", "cover_open", "ask_paper", "paper_low", "ask_paper", "paper_out",
    ]  # fmt: skip


@pytest.mark.parametrize("name", sorted(load_profiles()))
def test_every_byte_of_a_receipt_has_a_meaning(name: str) -> None:
    """A row of « inconnu » would send the technician after a fault that is none."""
    job = build_job(receipt(), load_profiles()[name], b"Kios")
    rows = explain([TraceLine(0, True, job)], Dialect.PRINTER)
    assert not [row for row in rows if row.word == "unknown"]
    whole = explain([TraceLine(0, True, job[: 40 * 60])], Dialect.PRINTER)
    assert b"".join(row.data for row in whole) == job[: 40 * 60][-sum(len(row.data) for row in whole) :]
    assert any("Tabac" in row.text for row in explain([TraceLine(0, True, job[:300])], Dialect.PRINTER))


def test_text_is_read_in_the_code_page_that_was_chosen() -> None:
    """« é » would be shown as another letter, and the right setting taken for a wrong one."""
    told = read(b"\x1b@\x1bt\x10" + "été 20 €\n".encode("cp1252"), Dialect.PRINTER)
    assert told == [("ESC @", "initialize", ""), ("ESC t 16", "code_page", "CP1252"), ("", "text", "été 20 € [LF]")]


def test_a_scan_shows_its_kind_and_its_last_digits() -> None:
    """The trace would hold a whole serial, or not tell Code 128 from EAN."""
    told = read(mask(b"]C07720441600931268\r"), Dialect.SCANNER, sent=False)
    assert told == [("Code 128", "scan", "************1268")]
    assert read(b"NOREAD\r", Dialect.SCANNER, sent=False) == [("", "unread", "")]
    assert symbology_name("E0") == "EAN"
    assert symbology_name(None) == ""


def test_display_and_bank_card_terminal_are_read_too() -> None:
    """Their traces would be bare numbers."""
    assert [word for _, word, _ in read(b"\x1b@\x1bt\x10\x1fC\x00\x0c\x0bBONJOUR", Dialect.DISPLAY)] == [
        "initialize", "code_page", "cursor", "clear", "home", "text",
    ]  # fmt: skip
    frames = encode("CHARGE", "0198-aa", "2000", "EUR") + encode("STATUS", "0198-aa")
    assert [text for _, _, text in read(frames, Dialect.BANKCARD)] == ["CHARGE 2000 EUR", "STATUS"]


def test_no_bytes_at_all_break_it_and_none_are_lost() -> None:
    """A device at the wrong speed sends anything: the page that should find the fault would stop."""
    noise = random.Random(4)
    for dialect in Dialect:
        for _ in range(300):
            data = noise.randbytes(noise.randrange(1, 60))
            sent = noise.random() < 0.5
            rows = explain([TraceLine(0, sent, data)], dialect)
            assert len(rows) <= ROWS_MAX
            if dialect in (Dialect.PRINTER, Dialect.DISPLAY, Dialect.BANKCARD):
                assert b"".join(row.data for row in rows) == data
