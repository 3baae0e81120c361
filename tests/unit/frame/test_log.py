"""No secret reaches the technical diary, whoever writes it and however."""

import logging
import time
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import Bug, Trouble
from kiosk.log import LINE_CHARS_MAX, MASK, OpenLog, RedactingFormatter, open_log, redact

SERIAL = "4071982265301147"
CODE = "918273645507"
PIN = "738291"


@pytest.fixture
def log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[OpenLog]:
    levels = logging.getLogger().level, logging.getLogger("kiosk").level
    with open_log(tmp_path / "log", name="till") as opened:
        yield opened
    logging.getLogger().setLevel(levels[0])
    logging.getLogger("kiosk").setLevel(levels[1])


def _written(log: OpenLog) -> str:
    log.handler.flush()
    return log.path.read_text(encoding="utf-8")


def _grouped(digits: str, separator: str) -> str:
    return separator.join(digits[start : start + 4] for start in range(0, len(digits), 4))


@pytest.mark.parametrize(
    "text",
    [
        f"scanned {SERIAL}",
        f"scanned {_grouped(SERIAL, ' ')}",
        f"scanned {_grouped(SERIAL, chr(0xA0))}",
        f"scanned {_grouped(SERIAL, chr(0x202F))}",
        f"scanned {_grouped(SERIAL, '-')}",
        f"frame ]C0{SERIAL}",
        f"frame {']C0' + SERIAL!r}",
        f"frame {SERIAL.encode()!r}",
        f"GET /v1/cards/{SERIAL}/balance",
        f'{{"serial":"{SERIAL}"}}',
        f"serial{SERIAL}",
        f"/tmp/{SERIAL}.txt",
        f"01976a2e-77c1-7bd5-9c22-{SERIAL}",
    ],
)
def test_a_serial_shows_its_last_four_digits_at_most(text: str) -> None:
    """A whole serial in a log is what a thief needs to guess codes with."""
    shown = redact(text)
    assert SERIAL not in shown.translate({ord(space): None for space in " \u00a0\u202f-"})
    assert SERIAL[:12] not in shown
    assert MASK in shown


def test_the_last_four_digits_of_a_serial_stay() -> None:
    """A technician could not tell one card from another in the diary."""
    assert redact(f"scanned {SERIAL} twice") == "scanned ••••1147 twice"


@pytest.mark.parametrize("separator", ["", " ", "-", "\u202f"])
def test_a_code_disappears(separator: str) -> None:
    """A code is money: whoever reads the log could spend it."""
    shown = redact(f"checked {_grouped(CODE, separator)} for line 3")
    assert shown == "checked •••• for line 3"


@pytest.mark.parametrize(
    "text",
    [
        f"pin={PIN}",
        f"PIN {PIN}",
        f'{{"pin": "{PIN}"}}',
        f"clerk_pin: {PIN}",
        f"confidential code {PIN}",
        f"otp={PIN}",
        f"password: {PIN}",
        f"enrolment_code={PIN}",
        f"Authorization: Basic {PIN}",
    ],
)
def test_a_labelled_secret_disappears(text: str) -> None:
    """A clerk's PIN in the log would let anybody sell in their name."""
    assert PIN not in redact(text)


def test_an_enrolment_code_disappears() -> None:
    """Whoever read it within its hour could enrol a machine of their own."""
    assert redact("waiting with K7Q2M-9XH4T") == "waiting with ••••"


def test_key_material_disappears_in_every_form() -> None:
    """A signing key in the log would let its reader forge sales."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    scalar = key.private_numbers().private_value.to_bytes(32, "big")
    body = pem.splitlines()[1]
    shown = redact(
        f"a {pem} b {scalar.hex()} c {scalar!r} d {body} e AGE-SECRET-KEY-1QQPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L f"
    )
    assert body not in shown
    assert scalar.hex()[8:] not in shown
    assert "\\x" not in shown
    assert "AGE-SECRET" not in shown
    assert shown.startswith("a •••• b ")
    assert shown.endswith(" f")


def test_a_torn_pem_block_disappears_too() -> None:
    """A message cut in the middle of a key must not let the first half through."""
    assert redact("x -----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG") == "x ••••"


@pytest.mark.parametrize(
    "text",
    [
        "line 01976a2e-77c1-7bd5-9c22-112233445566 committed",
        "seq 48211 at 1767258000123 took 12 ms",
        "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0 at 19200 baud",
        'File "/usr/lib/python3.11/site-packages/kiosk/devices/printing/jobs.py", line 12',
        "sale of 20.00 EUR, receipt 000123",
        "shop 12345678900012",
    ],
)
def test_what_a_technician_needs_stays(text: str) -> None:
    """A diary that masks ids, ports, paths and numbers of receipts explains nothing."""
    assert redact(text) == text


@given(
    before=st.text(max_size=20),
    random14=st.text("0123456789", min_size=14, max_size=14),
    after=st.text(max_size=20),
)
def test_no_surroundings_let_a_serial_through(before: str, random14: str, after: str) -> None:
    """One odd character beside it must not make a serial invisible to the filter."""
    serial = random14 + f"{98 - int(random14) * 100 % 97:02d}"
    assert serial not in redact(f"{before}{serial}{after}")


def test_arguments_exceptions_and_tracebacks_are_redacted(log: OpenLog) -> None:
    """The message alone is not enough: exceptions of libraries quote what they were given."""
    logger = logging.getLogger("kiosk.test")
    logger.info("serial %s", SERIAL)
    try:
        raise ValueError(f"bad frame {SERIAL} pin={PIN}")
    except ValueError:
        logger.exception("could not parse %r", {"serial": SERIAL})
    written = _written(log)
    assert SERIAL not in written
    assert PIN not in written
    assert "ValueError: bad frame ••••1147" in written
    assert written.count("••••1147") >= 3


def test_the_diary_says_when_who_and_where(log: OpenLog) -> None:
    """A line without time and thread cannot be laid beside the journal."""
    logging.getLogger("kiosk.test").warning("printer lost")
    line = _written(log).splitlines()[-1]
    assert line.endswith("Z WARNING [MainThread] kiosk.test: printer lost")
    assert line[:3] == "202"


def test_the_diary_is_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines of a summer night written in local time would come twice or never."""
    monkeypatch.setenv("TZ", "Europe/Paris")
    time.tzset()
    try:
        record = logging.makeLogRecord({"msg": "x", "created": 0.25, "msecs": 250.0, "levelname": "INFO"})
        assert RedactingFormatter().format(record).startswith("1970-01-01T00:00:00.250Z INFO ")
    finally:
        monkeypatch.undo()
        time.tzset()


def test_libraries_are_heard_from_warnings_up(log: OpenLog) -> None:
    """HTTP clients write whole addresses at debug level."""
    logging.getLogger("urllib3").debug("noise")
    logging.getLogger("urllib3").info("noise")
    logging.getLogger("urllib3").warning("heard")
    assert "noise" not in _written(log)
    assert "heard" in _written(log)


def test_a_line_has_a_limit(log: OpenLog) -> None:
    """One endless message must not push the rest of the day out of the rotation."""
    logging.getLogger("kiosk").warning("x y " * LINE_CHARS_MAX)
    assert len(_written(log).splitlines()[-1]) < LINE_CHARS_MAX + 60


def test_the_log_is_private_and_configured_once(log: OpenLog, tmp_path: Path) -> None:
    """Two configurations would write every line twice; a world-readable diary tells a shop's habits."""
    assert log.path.stat().st_mode & 0o077 == 0
    with pytest.raises(Bug):
        open_log(tmp_path / "other", name="till")


def test_a_log_that_cannot_be_opened_is_trouble(tmp_path: Path) -> None:
    """The till must say what is wrong with its folder and not end in a traceback."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Trouble) as caught:
        open_log(tmp_path / "file", name="till")
    assert caught.value.code == "LOG-01"
    assert not any(isinstance(handler, RotatingFileHandler) for handler in logging.getLogger().handlers)
