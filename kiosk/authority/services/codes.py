"""The secrets under the film: how they are drawn and as what they are kept (settled decision 2, CD-02, CD-05).

Kept are the first 8 bytes of HMAC-SHA-256(lot key, serial ‖ code), packed in code order: never a code, nothing that a database
alone could test a guess against. Not responsible for spending them.
"""

from collections.abc import Callable

from kiosk.domain.card import CODE_RANDOM_DIGITS, SERIAL_RANDOM_DIGITS, ScratchCode, Serial, make_code, make_serial
from kiosk.protocol.mac import Mac

TAG_BYTES = 8

Draw = Callable[[int], int]  # a uniform number below the argument; the operating system's generator outside tests


def draw_serial(draw: Draw, *, series_no: str) -> Serial:
    """A serial with 12 random digits."""
    return make_serial(random12=_digits(draw, SERIAL_RANDOM_DIGITS), series_no=series_no)


def draw_codes(draw: Draw, count: int) -> tuple[ScratchCode, ...]:
    """``count`` different codes. Nothing else is rejected: a rule against patterns would only help a guesser."""
    codes: dict[str, ScratchCode] = {}
    while len(codes) < count:
        code = make_code(_digits(draw, CODE_RANDOM_DIGITS))
        codes[code.digits] = code
    return tuple(codes.values())


def code_tag(lot_key: Mac, serial: Serial, code: ScratchCode) -> bytes:
    """What is kept of one code."""
    return lot_key.of((serial.digits + code.digits).encode("ascii"))[:TAG_BYTES]


def pack_tags(lot_key: Mac, serial: Serial, codes: tuple[ScratchCode, ...]) -> bytes:
    """The one value of a card: the tags of its codes in their printed order."""
    return b"".join(code_tag(lot_key, serial, code) for code in codes)


def _digits(draw: Draw, count: int) -> str:
    return f"{draw(10**count):0{count}d}"
