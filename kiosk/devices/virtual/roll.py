"""Draws what a virtual printer's commands put on paper, and reads it as text. The printer's own idea of sizes and code pages.

Shares nothing with the byte builder but the paper itself. Not responsible for commands that print nothing.
"""

from collections.abc import Sequence
from typing import Final

from kiosk.devices.virtual.printer_tokens import Token
from kiosk.receipt.paper import FONT_A, FONT_B, Cell, Strip

PAGES: Final = {0: "cp437", 2: "cp850", 16: "cp1252", 19: "cp858", 71: "cp1252"}
LEADING: Final = 30
TOP_DOTS: Final = 40
CUT_DOTS: Final = 80  # from the print head to the knife
SHORTEST: Final = 160
SYMBOL_STORE: Final = b"\x31\x50\x30"


class _Run:
    """Characters of one look, waiting for the end of their line."""

    def __init__(self, text: str, cell: Cell, wide: int, tall: int, *, bold: bool, inverse: bool) -> None:
        self.text, self.cell, self.wide, self.tall = text, cell, wide, tall
        self.bold, self.inverse = bold, inverse

    @property
    def width(self) -> int:
        return len(self.text) * self.cell.width * self.wide


class Roll:
    """One piece of paper. Feed it the commands between two cuts, then ask for ``picture`` or ``lines``."""

    def __init__(self, width_dots: int) -> None:
        self._width = width_dots
        self._strip = Strip(width_dots)
        self._y = TOP_DOTS
        self._runs: list[_Run] = []
        self._lines: list[str] = []
        self._reset()

    @property
    def lines(self) -> tuple[str, ...]:
        """The text, line by line, without trailing spaces."""
        return tuple(self._lines)

    @property
    def length_dots(self) -> int:
        return max(SHORTEST, self._y + CUT_DOTS)

    def picture(self) -> bytes:
        """A PNG of the paper."""
        return self._strip.picture(self.length_dots)

    def dots(self) -> "object":
        """The bare dots as a Pillow image, for bar-code readers."""
        return self._strip.dots(self.length_dots)

    def print(self, tokens: Sequence[Token]) -> None:
        """Put commands on paper, in order."""
        for token in tokens:
            self._one(token)

    def _reset(self) -> None:
        self._align = 0
        self._cell = FONT_A
        self._wide = self._tall = 1
        self._bold = self._inverse = False
        self._leading = LEADING
        self._codec = "cp437"
        self._symbol = b""
        self._symbol_dots = 3

    def _one(self, token: Token) -> None:
        args = token.args
        match token.name:
            case "text":
                text = token.raw.decode(self._codec, "replace")
                self._runs.append(
                    _Run(text, self._cell, self._wide, self._tall, bold=self._bold, inverse=self._inverse)
                )
            case "absolute_position":
                self._move(args[0] + args[1] * 256)
            case "relative_position":
                here = sum(run.width for run in self._runs)
                self._move(here + int.from_bytes(args, "little", signed=True))
            case "line_feed":
                self._line()
            case "initialize":
                self._reset()
            case "code_page":
                self._codec = PAGES.get(args[0], "cp437")
            case "justify":
                self._align = args[0] % 48
            case "emphasize" | "double_strike":
                self._bold = bool(args[0] & 1)
            case "inverse":
                self._inverse = bool(args[0] & 1)
            case "font":
                self._cell = FONT_B if args[0] % 48 else FONT_A
            case "character_size":
                self._wide, self._tall = (args[0] >> 4) + 1, (args[0] & 0x0F) + 1
            case "print_mode":
                self._cell = FONT_B if args[0] & 0x01 else FONT_A
                self._bold = bool(args[0] & 0x08)
                self._tall, self._wide = (2 if args[0] & 0x10 else 1), (2 if args[0] & 0x20 else 1)
            case "default_spacing":
                self._leading = LEADING
            case "line_spacing":
                self._leading = args[0]
            case "feed_lines":
                self._y += args[0] * self._leading
            case "feed_dots":
                self._y += args[0]
            case "raster":
                self._raster(args)
            case "symbol":
                self._qr(args)
            case _:
                pass

    def _move(self, dots: int) -> None:
        """Leave white up to a position on the line; nothing printed is printed over."""
        cells = (dots - sum(run.width for run in self._runs)) // FONT_A.width
        if cells > 0:
            self._runs.append(_Run(" " * cells, FONT_A, 1, 1, bold=False, inverse=False))

    def _line(self) -> None:
        runs, self._runs = self._runs, []
        self._lines.append("".join(run.text for run in runs).rstrip())
        height = max((run.cell.height * run.tall for run in runs), default=0)
        x = self._start(sum(run.width for run in runs))
        for run in runs:
            y = self._y + height - run.cell.height * run.tall
            self._strip.text(
                run.text,
                x=x,
                y=y,
                cell=run.cell,
                wide=run.wide,
                tall=run.tall,
                bold=run.bold,
                inverse=run.inverse,
            )
            x += run.width
        self._y += max(self._leading, height)

    def _raster(self, args: bytes) -> None:
        mode = args[0] % 48
        wide_bytes = args[1] + args[2] * 256
        rows = [
            [bool(byte >> (7 - bit) & 1) for byte in args[5 + start : 5 + start + wide_bytes] for bit in range(8)]
            for start in range(0, len(args) - 5, wide_bytes)
        ]
        wide, tall = (2 if mode & 1 else 1), (2 if mode & 2 else 1)
        self._strip.raster(rows, x=self._start(wide_bytes * 8 * wide), y=self._y, wide=wide, tall=tall)
        self._y += len(rows) * tall

    def _qr(self, args: bytes) -> None:
        """GS ( k for QR codes: size of a module, the data, print."""
        function = args[2:4]
        if function == b"\x31\x43":
            self._symbol_dots = args[4]
        elif args[2:5] == SYMBOL_STORE:
            self._symbol = args[5:]
        elif function == b"\x31\x51":
            import qrcode

            code = qrcode.QRCode(border=0)
            code.add_data(self._symbol)
            code.make(fit=True)
            rows = [[bool(module) for module in row] for row in code.get_matrix()]
            dots = self._symbol_dots
            self._y += 4 * dots
            self._strip.raster(rows, x=self._start(len(rows) * dots), y=self._y, wide=dots, tall=dots)
            self._y += (len(rows) + 4) * dots

    def _start(self, width: int) -> int:
        spare = max(0, self._width - width)
        return (0, spare // 2, spare)[self._align]
