"""Sales to print: the receipts that goldens, drivers and pictures are made from. Names, numbers and keys are invented."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

from kiosk.domain.events import PaidTender, SaleCompleted, ShopIdentity, SoldLine
from kiosk.i18n.formats import Formats
from kiosk.receipt.document import Document
from kiosk.receipt.sale_receipt import CopyFacts, ReceiptFacts, sale_receipt
from kiosk.receipt.words import ReceiptWords, parse_receipt_words
from kiosk.resources import asset

PARIS = timezone(timedelta(hours=1))
AT = datetime(2026, 11, 22, 14, 32, tzinfo=PARIS)
SIGNATURE = bytes(range(64))
SHOP = ShopIdentity(
    shop_id="shop-1",
    name="Tabac de l’Hôtel",
    address="12, rue de l’Église\n75011 Paris",
    siret="73282932000074",
    naf="4726Z",
    vat_id="FR44732829320",
    till_name="Caisse 1",
)
QR = (
    "K1.A7F3.2.1088.000042.20261122T133205Z."
    + ".".join(f"0193a1b2-c3d4-7e5f-8a9b-00000000000{n}:P00{n}:1{n}" for n in range(2))
    + "."
    + "Zm9vYmFyYmF6cXV4" * 5
    + "Zm9vYg"
)


def words(language: str = "fr") -> ReceiptWords:
    """The shipped words of a language."""
    return parse_receipt_words(Path(asset("receipts", f"{language}.toml")).read_text("utf-8"))


def line(last4: str, minor: int, outcome: str = "activated", label: str | None = None) -> SoldLine:
    """One sold card."""
    return SoldLine(
        line_id=f"line-{last4}",
        label=label or f"Carte EasySmartCodes {minor // 100}\u00a0€",
        nature="mpv",
        serial_last4=last4,
        series="12",
        quantity=1,
        unit_price_minor=minor,
        total_minor=minor,
        outcome=outcome,
    )


def sale(*lines: SoldLine, received: int | None = None, tender: str = "cash", currency: str = "EUR") -> SaleCompleted:
    """A completed sale of these lines, paid in cash with change, or by bank card."""
    total = sum(sold.total_minor for sold in lines if sold.outcome in ("activated", "promised"))
    paid = sum(sold.total_minor for sold in lines)
    got = paid if received is None else received
    return SaleCompleted(
        sale_id="sale-1",
        lines=lines,
        tenders=(PaidTender(tender, amount_minor=paid, received_minor=got, change_minor=got - paid),),
        total_minor=total,
        currency=currency,
        operator="Léa",
        shop=SHOP,
        software="Kiosk 0.1.0",
    )


TWO_CARDS = sale(line("4711", 5000), line("0815", 2000), received=8000)
PROMISED = sale(line("4711", 5000, "promised"), received=5000)
ONE_REFUSED = sale(line("4711", 5000), line("0815", 2000, "refunded"), tender="bank_card")


def receipt(
    completed: SaleCompleted = TWO_CARDS,
    *,
    language: str = "fr",
    copy: int | None = None,
    qr: str | None = QR,
    francs: bool = False,
    number: int = 42,
) -> Document:
    """The document of a sale, as the till would make it."""
    facts = ReceiptFacts(
        sale=completed,
        receipt_no=number,
        at=AT,
        signature=SIGNATURE,
        qr_text=qr,
        copy=CopyFacts(number=copy, at=AT + timedelta(hours=3), operator="Marc") if copy else None,
        show_francs=francs,
    )
    return sale_receipt(facts, words=words(language), money=Formats(language, ZoneInfo("Europe/Paris")).money)


SAMPLES: dict[str, Document] = {
    "two-cards-fr": receipt(),
    "two-cards-en": receipt(language="en"),
    "promised-fr": receipt(PROMISED),
    "copy-fr": receipt(copy=2),
    "one-refused-fr": receipt(ONE_REFUSED, qr=None, francs=True),
}
