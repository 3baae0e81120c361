"""Code 128 as modules: the widths of bars and spaces for a text, with digits packed in pairs where that is shorter.

Drawn by us in whole dots, because mm-rounded bars were unreadable and a printer's own Code 128 turns digit pairs into real-time
commands (the number 16 04 01 holds ``10 04 01``). Source: ISO/IEC 15417. Not responsible for drawing.
"""

from typing import Final

START_B: Final = 104
START_C: Final = 105
CODE_C: Final = 99
CODE_B: Final = 100
STOP: Final = 106
QUIET_MODULES: Final = 10

# widths of bar, space, bar, space, bar, space for each symbol value, seven characters apart; the stop symbol has a seventh element
_WIDTHS: Final = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 "
    "123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 "
    "232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 "
    "313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 "
    "111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 "
    "111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 "
    "114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112"
)


def symbols(text: str) -> list[int]:
    """The symbol values of a text: start, data, check, stop. Raises ``ValueError`` for characters outside printable ASCII."""
    if not text or any(not 32 <= ord(char) <= 126 for char in text):
        raise ValueError("Code 128 takes printable ASCII here")
    values: list[int] = []
    position = 0
    in_c = False
    while position < len(text):
        run = _digits_from(text, position)
        at_edge = position == 0 or position + run == len(text)
        worth_it = run >= 2 if run == len(text) else run >= (4 if at_edge else 6)
        if in_c and run >= 2:
            values.append(int(text[position : position + 2]))
            position += 2
            continue
        if not in_c and worth_it:
            if run % 2 and position > 0:  # an odd run begins with one digit in set B
                values.append(ord(text[position]) - 32)
                position += 1
            values.append(CODE_C if values else START_C)
            in_c = True
            continue
        if in_c or not values:
            values.append(CODE_B if values else START_B)
            in_c = False
        values.append(ord(text[position]) - 32)
        position += 1
    check = (values[0] + sum(place * value for place, value in enumerate(values[1:], start=1))) % 103
    return [*values, check, STOP]


def modules(text: str) -> list[bool]:
    """The bar code as modules, ``True`` is black, without quiet zones."""
    drawn: list[bool] = []
    for value in symbols(text):
        for place, width in enumerate(_widths(value)):
            drawn.extend([place % 2 == 0] * int(width))
    return drawn


def _widths(value: int) -> str:
    return _WIDTHS[7 * value :] if value == STOP else _WIDTHS[7 * value : 7 * value + 6]


def _digits_from(text: str, position: int) -> int:
    end = position
    while end < len(text) and text[end].isdigit():
        end += 1
    return end - position
