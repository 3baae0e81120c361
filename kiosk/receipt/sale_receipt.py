"""The receipt of a completed sale: the facts of its journal entry, the shop and the words in, a document out. Pure.

It holds what CAI-13 asks of a ticket and never a full serial nor a code (CAI-11 for copies, TVA-01 for the VAT note, AC-04 for a
promised card, MON-05 for francs). Not responsible for when it is printed: only on request (AGC-01, AGC-04).
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never

from kiosk.domain.currency import currency
from kiosk.domain.events import PaidTender, SaleCompleted, ShopIdentity, SoldLine
from kiosk.domain.money import Money
from kiosk.domain.sale import LineNature
from kiosk.domain.tender import TenderKind
from kiosk.receipt.document import (
    Align,
    Barcode,
    Blank,
    Document,
    Element,
    Qr,
    Row,
    Rule,
    Size,
    Text,
    Weight,
)
from kiosk.receipt.words import ReceiptWords

NUMBER_DIGITS: Final = 6
EXTRACT_PLACES: Final = (3, 7, 13, 19)  # CAI-13: the characters of the signature that are printed, counted from 1
FRANCS_PER_EURO_E5: Final = 655_957  # 1 € = 6,55957 F, six significant figures, never rounded (Regulation 2866/98)
_SOLD: Final = frozenset({"activated", "promised"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyFacts:
    """A DUPLICATA: the ``number``-th of its original, made ``at`` by ``operator`` (CAI-11)."""

    number: int
    at: datetime
    operator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptFacts:
    """What the journal knows of the sale. ``at`` is the entry's time in the shop's zone; ``signature`` the entry's, raw.

    ``qr_text`` is the signed promise or proof, or ``None``; ``show_francs`` adds the informative equivalent of a euro total.
    """

    sale: SaleCompleted
    receipt_no: int
    at: datetime
    signature: bytes
    qr_text: str | None = None
    copy: CopyFacts | None = None
    show_francs: bool = False


def receipt_number(number: int) -> str:
    """The receipt number as printed and as in the bar code: at least six digits, an even count of them."""
    text = f"{number:0{NUMBER_DIGITS}d}"
    return text if len(text) % 2 == 0 else f"0{text}"


def signature_extract(signature: bytes) -> str:
    """Characters 3, 7, 13 and 19 of the signature in base64url, which tie a paper to its entry."""
    text = urlsafe_b64encode(signature).decode("ascii").rstrip("=")
    return "".join(text[place - 1] for place in EXTRACT_PLACES)


def francs_for(euro_minor: int) -> int:
    """Centimes for an amount in cents, rounded half up once at the end (the conversion rule of the change-over)."""
    if euro_minor < 0:
        raise ValueError("the equivalent is shown for totals, which are never negative")
    return (euro_minor * FRANCS_PER_EURO_E5 + 50_000) // 100_000


def sale_receipt(facts: ReceiptFacts, *, words: ReceiptWords, money: Callable[[Money], str]) -> Document:
    """The document of one completed sale; ``money`` writes an amount in the receipt's language."""
    builder = _Builder(facts, words, money)
    name = f"receipt {facts.receipt_no}"
    return Document(
        title=name if facts.copy is None else f"{name} copy {facts.copy.number}", elements=builder.elements()
    )


class _Builder:
    def __init__(self, facts: ReceiptFacts, words: ReceiptWords, money: Callable[[Money], str]) -> None:
        self._facts = facts
        self._sale = facts.sale
        self._words = words
        self._currency = currency(facts.sale.currency)
        self._money_text = money

    def elements(self) -> tuple[Element, ...]:
        return (
            *self._copy_mark(),
            *_heading(self._sale.shop, self._words),
            Rule(),
            *self._identity(),
            Rule(),
            *(element for line in self._sale.lines for element in self._line(line)),
            Rule(),
            *self._totals(),
            Rule(),
            *self._notes(),
            *self._proof(),
        )

    def _money(self, minor: int) -> str:
        return self._money_text(Money(minor, self._currency))

    def _copy_mark(self) -> tuple[Element, ...]:
        copy = self._facts.copy
        if copy is None:
            return ()
        made = self._words.copy_made.format(at=_moment(copy.at), operator=copy.operator)
        return (
            Text(self._words.copy.format(number=copy.number), Align.CENTER, Size.BIG, Weight.INVERSE),
            Text(made, Align.CENTER, Size.SMALL),
            Blank(),
        )

    def _identity(self) -> tuple[Element, ...]:
        number = self._words.receipt.format(number=receipt_number(self._facts.receipt_no))
        return (
            Text(number, weight=Weight.BOLD),
            Row(_moment(self._facts.at), self._words.till.format(till=self._sale.shop.till_name)),
            Text(self._words.operator.format(operator=self._sale.operator)),
        )

    def _line(self, line: SoldLine) -> tuple[Element, ...]:
        label = line.label if line.quantity == 1 else f"{line.quantity} × {line.label}"
        state = {
            "activated": self._words.activated,
            "promised": self._words.promised,
            "cancelled": self._words.cancelled,
            "refunded": self._words.refunded,
        }[line.outcome]
        card = f"{self._words.card.format(last4=line.serial_last4)} · {state}"
        shown: tuple[Element, ...] = (Row(label, self._money(line.total_minor)), Text(card, size=Size.SMALL, indent=2))
        if line.outcome in _SOLD:
            return shown
        return (*shown, Row(f"  {self._words.taken_off}", self._money(-line.total_minor)))

    def _totals(self) -> tuple[Element, ...]:
        total = Row(self._words.total, self._money(self._sale.total_minor), Size.BIG, Weight.BOLD)
        francs: tuple[Element, ...] = ()
        if self._facts.show_francs and self._currency.code == "EUR":
            centimes = francs_for(self._sale.total_minor)
            text = self._words.francs.format(francs=_decimal(centimes, self._words.language))
            francs = (Text(text, Align.RIGHT, Size.SMALL),)
        tenders = tuple(element for tender in self._sale.tenders for element in self._tender(tender))
        back = sum(tender.amount_minor for tender in self._sale.tenders) - self._sale.total_minor
        returned = (Row(self._words.money_back, self._money(-back)),) if back > 0 else ()
        return (total, *francs, *tenders, *returned)

    def _tender(self, tender: PaidTender) -> tuple[Element, ...]:
        kind = TenderKind(tender.tender)
        match kind:
            case TenderKind.CASH:
                label = self._words.cash
            case TenderKind.BANK_CARD:
                label = self._words.bank_card
            case TenderKind.MOBILE:
                label = self._words.mobile
            case _:
                assert_never(kind)
        given = Row(label, self._money(tender.received_minor))
        if tender.change_minor == 0:
            return (given,)
        return (given, Row(self._words.change, self._money(tender.change_minor)))

    def _notes(self) -> tuple[Element, ...]:
        notes: list[Element] = []
        for nature in sorted({LineNature(line.nature) for line in self._sale.lines}, key=lambda nature: nature.value):
            match nature:
                case LineNature.MULTI_PURPOSE_VOUCHER:
                    notes.append(Text(self._words.voucher_vat, size=Size.SMALL))
                case _:
                    assert_never(nature)
        if any(line.outcome == "promised" for line in self._sale.lines):
            notes += [Blank(), Text(self._words.promise, Align.CENTER, weight=Weight.BOLD)]
        return tuple(notes)

    def _proof(self) -> tuple[Element, ...]:
        count = len(self._sale.lines)
        counted = self._words.lines_one if count == 1 else self._words.lines_other.format(count=count)
        qr: tuple[Element, ...] = ()
        if self._facts.qr_text is not None:
            qr = (Qr(self._facts.qr_text), Text(self._words.proof, Align.CENTER, Size.SMALL), Blank())
        extract = self._words.signature.format(extract=signature_extract(self._facts.signature))
        software = self._words.software.format(software=self._sale.software)
        return (
            Blank(),
            *qr,
            Barcode(receipt_number(self._facts.receipt_no)),
            Blank(),
            Text(" · ".join(_held(text) for text in (counted, extract, software)), Align.CENTER, Size.SMALL),
            Text(self._words.keep_codes, Align.CENTER, Size.SMALL),
            Blank(),
            Text(self._words.thanks, Align.CENTER, weight=Weight.BOLD),
        )


def _heading(shop: ShopIdentity, words: ReceiptWords) -> tuple[Element, ...]:
    vat = words.vat_id.format(vat_id=_grouped(shop.vat_id, 2, 2)) if shop.vat_id else words.no_vat_id
    siret = words.siret.format(siret=_grouped(shop.siret, 3, 3, 3))
    naf = words.naf.format(naf=_grouped(shop.naf, 2, mark="."))
    return (
        Text(shop.name, Align.CENTER, Size.BIG, Weight.BOLD),
        Blank(),
        Text(shop.address, Align.CENTER),
        Text(f"{siret} · {naf}\n{vat}", Align.CENTER, Size.SMALL),
    )


def _held(text: str) -> str:
    """``text`` with its words held together."""
    return text.replace(" ", "\u00a0")


def _grouped(text: str, *sizes: int, mark: str = "\u00a0") -> str:
    """A registration number in its usual groups: the first ones of these sizes, then the rest."""
    parts: list[str] = []
    for size in sizes:
        parts, text = [*parts, text[:size]], text[size:]
    return mark.join(part for part in (*parts, text) if part)


def _moment(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("a moment without a zone")
    return f"{at:%d/%m/%Y %H:%M}"  # MON-08: JJ/MM/AAAA HH:MM on tickets, in both languages


def _decimal(minor: int, language: str) -> str:
    units, hundredths = divmod(minor, 100)
    grouped, mark = (f"{units:,}".replace(",", "\u202f"), ",") if language == "fr" else (f"{units:,}", ".")
    return f"{grouped}{mark}{hundredths:02d}"
