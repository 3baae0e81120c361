"""What is printed on a card: the public serial with its ISO 7064 MOD 97-10 check, and the secret codes with their Damm digit.

Both are structures of msgspec, made several times as fast as frozen dataclasses: each payment parses one of each. Not responsible
for randomness (the press room draws the digits) nor for whether a card exists (only the authority knows).
"""

from enum import Enum

import msgspec

SERIAL_DIGITS = 16
SERIAL_RANDOM_DIGITS = 12
CODE_DIGITS = 12
CODE_RANDOM_DIGITS = 11

# H. M. Damm's totally anti-symmetric quasigroup of order 10 (2004): finds every single error and every adjacent swap.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
# the same in one row, to be gone through by ASCII digits: where the next step begins is added to its digit
_ZERO = ord("0")
_STEPS = (0,) * _ZERO + tuple(10 * interim for row in _DAMM for interim in row)


class NumberFault(Enum):
    """Why a typed or scanned text is not a serial or a code."""

    NOT_DIGITS = "not_digits"
    LENGTH = "length"
    CHECK = "check"


class Serial(msgspec.Struct, frozen=True, gc=False):
    """A card's public number: 12 random digits, 2 for the series, 2 check digits. Build it with ``parse_serial``.

    ``repr`` and ``str`` show the last four digits only, so that no log, crash report or assertion carries a whole serial.
    """

    digits: str

    @property
    def series_no(self) -> str:
        """The two digits that name the series."""
        return self.digits[12:14]

    @property
    def last4(self) -> str:
        """All that may be shown on paper or in a log."""
        return self.digits[-4:]

    @property
    def grouped(self) -> str:
        """As printed on the card, 4-4-4-4, for the screen of the person who holds it."""
        return " ".join(self.digits[start : start + 4] for start in range(0, SERIAL_DIGITS, 4))

    def __repr__(self) -> str:
        return f"Serial(••••{self.last4})"

    __str__ = __repr__


def serial_check(first14: str) -> str:
    """The two check digits of ISO 7064 MOD 97-10: ``98 - (first14 * 100 mod 97)``."""
    return f"{_check(int(first14)):02d}"


def parse_serial(text: str) -> Serial | NumberFault:
    """The serial that a clerk typed or a scanner read; spaces are ignored. A fault says why it is none. Asks nobody."""
    digits = _digits(text)
    if digits is None:
        return NumberFault.NOT_DIGITS
    if len(digits) != SERIAL_DIGITS:
        return NumberFault.LENGTH
    number = int(digits)
    if _check(number // 100) != number % 100:
        return NumberFault.CHECK
    return Serial(digits)


def make_serial(*, random12: str, series_no: str) -> Serial:
    """The serial made of 12 random digits and a series number. Raises ``ValueError`` when they have not 12 and 2 digits."""
    first14 = random12 + series_no
    if len(random12) != SERIAL_RANDOM_DIGITS or len(series_no) != 2 or not _ascii_digits(first14):
        raise ValueError("12 random digits and 2 digits of the series are expected")
    return Serial(first14 + serial_check(first14))


class ScratchCode(msgspec.Struct, frozen=True, gc=False):
    """One single-use secret code under the film. It has no repr, and nothing but the press room and a payment ever holds one."""

    digits: str

    def __repr__(self) -> str:
        return "ScratchCode(…)"

    __str__ = __repr__


def damm(digits: str) -> str:
    """The Damm check digit of ``digits``."""
    return str(_interim(digits))


def parse_code(text: str) -> ScratchCode | NumberFault:
    """The code that a shopper typed; spaces and hyphens are ignored. A fault is caught here and counts as no attempt (CD-01)."""
    digits = _digits(text.replace("-", "") if "-" in text else text)
    if digits is None:
        return NumberFault.NOT_DIGITS
    if len(digits) != CODE_DIGITS:
        return NumberFault.LENGTH
    if _interim(digits) != 0:  # the right check digit leads back to where one begins
        return NumberFault.CHECK
    return ScratchCode(digits)


def make_code(random11: str) -> ScratchCode:
    """The code made of 11 random digits. Raises ``ValueError`` when they are not 11 digits."""
    if len(random11) != CODE_RANDOM_DIGITS or not _ascii_digits(random11):
        raise ValueError("11 random digits are expected")
    return ScratchCode(random11 + damm(random11))


def _check(first14: int) -> int:
    return 98 - first14 * 100 % 97


def _interim(digits: str) -> int:
    """Where the quasigroup leads with these digits: their check digit, or 0 if they end with the right one."""
    at = 0
    for byte in digits.encode():
        at = _STEPS[at + byte]
    return at // 10


def _digits(text: str) -> str | None:
    """A text's digits without its spaces; ``None`` if it holds anything else."""
    if _ascii_digits(text):
        return text
    digits = "".join(text.split())
    return digits if _ascii_digits(digits) else None


def _ascii_digits(text: str) -> bool:
    # str.isdigit accepts other scripts' digits, which would pass the length check and fail far away
    return text.isascii() and text.isdigit()
