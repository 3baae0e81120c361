"""From a completed sale in the book to its document, with the QR that proves it: a ``ReceiptWriter`` over ``kiosk.receipt``.

The QR carries no serial and no amount in clear (interfaces, "Receipt"): version, terminal, epoch, entry, receipt number, time, and
each sold line's id and place in its pack, signed. Not responsible for the key: ``sign`` is handed in.
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import Final

from kiosk.domain.money import Money
from kiosk.errors import Bug
from kiosk.receipt.document import Document
from kiosk.receipt.sale_receipt import CopyFacts, ReceiptFacts, sale_receipt
from kiosk.receipt.words import ReceiptWords
from kiosk.till.foldlines import HANDED_OVER
from kiosk.till.reading import MAX_LINES
from kiosk.till.state import Sale

PROOF_VERSION: Final = "K1"


class SaleReceipts:
    """Writes receipts in one language for one terminal. ``sign`` returns a raw signature over the bytes that it is given."""

    def __init__(
        self,
        *,
        words: ReceiptWords,
        money: Callable[[Money], str],
        zone: tzinfo,
        terminal: str,
        epoch: int,
        sign: Callable[[bytes], bytes],
        show_francs: bool = False,
    ) -> None:
        self._words = words
        self._money = money
        self._zone = zone
        self._terminal = terminal
        self._epoch = epoch
        self._sign = sign
        self._show_francs = show_francs

    def write(self, sale: Sale, *, copy_no: int, operator: str, at_ms: int) -> Document:
        if sale.completed is None or sale.receipt_no is None or sale.completed_ms is None:
            raise Bug("only a completed sale has a receipt")
        copy = CopyFacts(number=copy_no, at=self._at(at_ms), operator=operator) if copy_no else None
        facts = ReceiptFacts(
            sale=sale.completed,
            receipt_no=sale.receipt_no,
            at=self._at(sale.completed_ms),
            signature=sale.signature,
            qr_text=proof_text(sale, terminal=self._terminal, epoch=self._epoch, sign=self._sign),
            copy=copy,
            show_francs=self._show_francs,
        )
        return sale_receipt(facts, words=self._words, money=self._money)

    def _at(self, at_ms: int) -> datetime:
        return datetime.fromtimestamp(at_ms / 1000, self._zone)


def proof_text(sale: Sale, *, terminal: str, epoch: int, sign: Callable[[bytes], bytes]) -> str | None:
    """The QR's text, or ``None`` when nothing was sold: ``K1.terminal.epoch.seq.receipt.time.line:pack:position….signature``.

    The signature (base64url, unpadded) is over everything before its dot, in ASCII. ``seq`` is the entry of the sale's completion.
    """
    sold = [line for line in sale.live if line.phase in HANDED_OVER][:MAX_LINES]
    if not sold or sale.completed_ms is None:
        return None
    at = datetime.fromtimestamp(sale.completed_ms // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = [f"{line.line_id}:{line.pack or ''}:{'' if line.position is None else line.position}" for line in sold]
    parts = [PROOF_VERSION, terminal, str(epoch), str(sale.completed_seq), f"{sale.receipt_no:06d}", at, *lines]
    text = ".".join(parts)
    signature = urlsafe_b64encode(sign(text.encode("ascii"))).decode("ascii").rstrip("=")
    return f"{text}.{signature}"
