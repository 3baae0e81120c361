"""From a completed sale in the book to its document, with the QR that proves it: a ``ReceiptWriter`` over ``kiosk.receipt``.

The QR carries no serial and no amount in clear (interfaces, "Receipt"): version, terminal, epoch, entry, receipt number, time, and
each sold line's id and place in its pack, signed. Not responsible for the key: ``sign`` is handed in.
"""

from collections.abc import Callable
from datetime import datetime, tzinfo

from kiosk.domain.money import Money
from kiosk.errors import Bug
from kiosk.receipt.document import Document
from kiosk.receipt.proof import LINES_MAX, Proof, ProofLine, proof_text
from kiosk.receipt.sale_receipt import CopyFacts, ReceiptFacts, sale_receipt
from kiosk.receipt.words import ReceiptWords
from kiosk.till.foldparts import HANDED_OVER
from kiosk.till.state import Sale


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
            qr_text=proof_of(sale, terminal=self._terminal, epoch=self._epoch, sign=self._sign),
            copy=copy,
            show_francs=self._show_francs,
        )
        return sale_receipt(facts, words=self._words, money=self._money)

    def _at(self, at_ms: int) -> datetime:
        return datetime.fromtimestamp(at_ms / 1000, self._zone)


def proof_of(sale: Sale, *, terminal: str, epoch: int, sign: Callable[[bytes], bytes]) -> str | None:
    """The QR's text (``kiosk.receipt.proof``), or ``None`` when nothing was sold. It names the entry of the sale's completion."""
    sold = [line for line in sale.live if line.phase in HANDED_OVER][:LINES_MAX]
    if not sold or sale.completed_ms is None or sale.completed_seq is None or sale.receipt_no is None:
        return None
    lines = tuple(ProofLine(line.line_id, line.pack, line.position) for line in sold)
    return proof_text(
        Proof(terminal, epoch, sale.completed_seq, sale.receipt_no, sale.completed_ms // 1000, lines), sign
    )
