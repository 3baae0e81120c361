"""The fiscal fact of a sale, built from the book: what ``SaleCompleted`` says of its lines, money, shop and operator. Pure.

Not responsible for the receipt number (the journal draws it) nor for when a sale is complete (``kiosk.till.fold``).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from kiosk.domain.events import SaleCompleted, ShopIdentity, SoldLine
from kiosk.domain.sale import LineNature, LinePhase
from kiosk.domain.series import Catalogue
from kiosk.errors import Bug
from kiosk.till.state import Line, Sale

# how a line that no longer keeps the sale open is called on the receipt and in the tax office's data
OUTCOMES: Final[Mapping[LinePhase, str]] = MappingProxyType(
    {
        LinePhase.ACTIVATED: "activated",
        LinePhase.PROMISED: "promised",
        LinePhase.CANCELLED: "cancelled",
        LinePhase.TOO_LATE: "cancelled",  # the money went back; that the card was spent is the exception X8, not a sale
        LinePhase.REFUNDED: "refunded",
    }
)
SOLD: Final = frozenset({"activated", "promised"})


def sale_completed(
    sale: Sale, *, shop: ShopIdentity, software: str, operator: str, catalogue: Catalogue
) -> SaleCompleted:
    """The event of a sale whose every line is final. ``total_minor`` counts what was sold; the rest of the tender went back."""
    lines = tuple(_sold_line(line, catalogue) for line in sale.live)
    return SaleCompleted(
        sale_id=sale.sale_id,
        lines=lines,
        tenders=sale.tenders,
        total_minor=sum(line.total_minor for line in lines if line.outcome in SOLD),
        currency=catalogue.currency.code,
        operator=operator,
        shop=shop,
        software=software,
    )


def _sold_line(line: Line, catalogue: Catalogue) -> SoldLine:
    outcome = OUTCOMES.get(line.phase)
    if outcome is None:
        raise Bug(f"a line that is {line.phase.value} is not final")
    series = catalogue.find(line.series)
    return SoldLine(
        line_id=line.line_id,
        label=line.series if series is None else series.name,
        nature=LineNature.MULTI_PURPOSE_VOUCHER.value,
        serial_last4=line.serial[-4:],
        series=line.series,
        quantity=1,
        unit_price_minor=line.face.minor,
        total_minor=line.face.minor,
        outcome=outcome,
    )
