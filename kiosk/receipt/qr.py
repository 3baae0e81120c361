"""A QR code as a square of modules. The only import of ``qrcode``, a lazy one: it costs 60 ms and most receipts have none.

Not responsible for drawing, nor for what the text means.
"""

from typing import Final

QUIET_MODULES: Final = 4
LONG_TEXT: Final = (
    220  # from here on the lower level of error correction, so that the modules stay large enough to scan
)


def matrix(text: str) -> list[list[bool]]:
    """The modules of an ASCII text, ``True`` is black, without the quiet zone. Level M, or L for long texts."""
    import qrcode
    from qrcode.constants import ERROR_CORRECT_L, ERROR_CORRECT_M

    level = ERROR_CORRECT_L if len(text) > LONG_TEXT else ERROR_CORRECT_M
    code = qrcode.QRCode(version=None, error_correction=level, border=0)
    code.add_data(text.encode("ascii"))
    code.make(fit=True)
    return [[bool(module) for module in row] for row in code.get_matrix()]


def module_dots(*, modules: int, width_dots: int) -> int:
    """How many dots wide one module is printed: even where possible, at least 2, at most 6, the code at most three fifths wide."""
    wide = modules + 2 * QUIET_MODULES
    for dots in (6, 4):
        if wide * dots <= width_dots * 3 // 5:
            return dots
    for dots in (4, 3):
        if wide * dots <= width_dots:
            return dots
    if wide * 2 > width_dots:
        raise ValueError(f"a QR code of {modules} modules does not fit {width_dots} dots")
    return 2
