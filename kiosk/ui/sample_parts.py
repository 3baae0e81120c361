"""What the samples are made of: an invented shop, its clerks, cards, sales and devices, as a till would publish them.

Responsible for: builders of states and drafts with sensible values everywhere. Nothing here is reachable from a running till.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from kiosk.domain.card import make_serial
from kiosk.domain.currency import EUR
from kiosk.domain.events import PaidTender, SaleCompleted, ShopIdentity
from kiosk.domain.money import Money
from kiosk.domain.refusals import PromiseRefusal
from kiosk.domain.sale import LinePhase
from kiosk.domain.series import Catalogue, parse_catalogue
from kiosk.domain.tender import TenderKind
from kiosk.resources import asset
from kiosk.till.messages import DeviceHealth, DeviceState, PaperLevel
from kiosk.till.state import (
    Book,
    Clerk,
    Line,
    OfflineRoom,
    Sale,
    Stage,
    TenderHurdle,
    TenderOffer,
    TillState,
)
from kiosk.ui.draft import Draft

NOW: Final = datetime(2026, 10, 14, 12, 32, tzinfo=UTC)
CLERKS: Final = (
    Clerk("u1", "Nadia B.", "clerk"),
    Clerk("u2", "Léa T.", "clerk"),
    Clerk("u3", "Marc D.", "manager"),
)
_SHOP: Final = ShopIdentity("s1", "Tabac de la Gare", "1 place de la Gare", "", "", "", "Caisse 1")
_RANDOM: Final = ("772044160093", "497103825516", "497103825517", "310588214470", "605512098843", "118274406631")


def at(**before: int) -> int:
    """UTC milliseconds some time before the samples' now: `at(minutes=3)`."""
    return int((NOW - timedelta(**before)).timestamp() * 1000)


def catalogue() -> Catalogue:
    """The shipped euro series."""
    return parse_catalogue(asset("series", "euro.toml").read_text("utf-8"))


def line_id(n: int, sale_id: str = "now") -> str:
    """The id of an invented line."""
    return f"0192-{sale_id}-{0xA3F20C + n:x}"


def line(n: int, series: str, phase: LinePhase, *, sale_id: str = "now", **other: object) -> Line:
    """One invented card; `n` chooses its serial."""
    face = {"11": 1000, "12": 2000, "13": 5000}[series]
    made = Line(
        line_id=line_id(n, sale_id),
        sale_id=sale_id,
        serial=make_serial(random12=_RANDOM[n % len(_RANDOM)], series_no=series).digits,
        series=series,
        face=Money(face, EUR),
        entry_mode="scanned",
        phase=phase,
        scanned_ms=at(seconds=40 - n),
        asked_ms=at(seconds=40 - n),
    )
    return replace(made, **other)  # type: ignore[arg-type] # a test's keywords are Line's own fields


def basket(phase: LinePhase = LinePhase.HELD) -> tuple[Line, ...]:
    """The three cards of the pictures."""
    return (line(2, "12", phase), line(1, "12", phase), line(0, "13", phase))


def sale(lines: tuple[Line, ...], **other: object) -> Sale:
    """One sale with these cards."""
    made = Sale(lines[0].sale_id, at(minutes=1), "u1", lines)
    return replace(made, **other)  # type: ignore[arg-type] # a test's keywords are Sale's own fields


def cash(due: int, received: int) -> tuple[PaidTender, ...]:
    """A cash tender."""
    return (PaidTender("cash", due, received, received - due),)


def done(lines: tuple[Line, ...], tenders: tuple[PaidTender, ...], no: int, **other: object) -> Sale:
    """A completed sale with its receipt number."""
    total = sum(one.face.minor for one in lines)
    fact = SaleCompleted("now", (), tenders, total, "EUR", "u1", _SHOP, "kiosk")
    fields: dict[str, object] = {
        "tenders": tenders,
        "completed": fact,
        "completed_ms": at(),
        "receipt_no": no,
        **other,
    }
    return sale(lines, **fields)


def earlier() -> tuple[Sale, ...]:
    """Sales of the day, closed."""
    sold = []
    for index, (series, phase, minutes) in enumerate(
        (
            ("13", LinePhase.ACTIVATED, 240),
            ("12", LinePhase.ACTIVATED, 190),
            ("11", LinePhase.REFUNDED, 121),
            ("12", LinePhase.ACTIVATED, 64),
            ("13", LinePhase.ACTIVATED, 12),
            ("13", LinePhase.ACTIVATED, 3),
        )
    ):
        one = line(index, series, phase, sale_id=f"old-{index}")
        tender = "bank_card" if index == 1 else "cash"
        paid = (PaidTender(tender, one.face.minor, one.face.minor, 0),)
        sold.append(done((one,), paid, 476 + index, completed_ms=at(minutes=minutes), closed=True))
    return tuple(sold)


def devices(*, paper: PaperLevel = PaperLevel.OK, scanner: DeviceState = DeviceState.READY) -> tuple[DeviceHealth, ...]:
    """Scanner and printer."""
    printer = DeviceState.ATTENTION if paper is PaperLevel.OUT else DeviceState.READY
    reason = "paper_out" if paper is PaperLevel.OUT else ""
    return (
        DeviceHealth("scanner", scanner, "", at(hours=3)),
        DeviceHealth("printer", printer, reason, at(hours=3), paper),
    )


FREE: Final = (TenderOffer(TenderKind.CASH, None), TenderOffer(TenderKind.BANK_CARD, None))
EMPTY: Final = (
    TenderOffer(TenderKind.CASH, TenderHurdle.EMPTY),
    TenderOffer(TenderKind.BANK_CARD, TenderHurdle.EMPTY),
)
CASH_ONLY: Final = (
    TenderOffer(TenderKind.CASH, None),
    TenderOffer(TenderKind.BANK_CARD, TenderHurdle.OFFLINE, PromiseRefusal.NOT_CASH),
)


def state(stage: Stage, current: Sale | None = None, **other: object) -> TillState:
    """A till at the samples' now with this sale at the counter."""
    sales = (*earlier(), *((current,) if current is not None else ()))
    book = Book(user="u1", sales=sales, current=current.sale_id if current is not None else None, currency="EUR")
    total = sum(one.face.minor for one in current.live) if current is not None else 0
    made = TillState(
        book=book,
        stage=stage,
        catalogue=catalogue(),
        shop_name="Tabac de la Gare",
        till_name="Caisse 1",
        now_ms=at(),
        clerks=CLERKS,
        link_up=True,
        devices=devices(),
        stock=(("11", 42), ("12", 27), ("13", 6)),
        tenders=FREE if current is not None else EMPTY,
        due=Money(total, EUR) if current is not None and not current.tenders else None,
    )
    return replace(made, **other)  # type: ignore[arg-type] # a test's keywords are TillState's own fields


def offline(one: TillState, *, waiting: int = 2, cards: int = 7, minutes: int = 11) -> TillState:
    """The same till without a network for a while."""
    promises = tuple(f"p{n}" for n in range(waiting))
    book = replace(one.book, link_down_since_ms=at(minutes=minutes), promises=promises)
    return replace(one, book=book, link_up=False, offline=OfflineRoom(None, cards))


def chosen(one: Draft | None = None, **other: object) -> Draft:
    """A draft with the newest of the three cards chosen."""
    fields: dict[str, object] = {"line_id": line_id(0), **other}
    return replace(one or Draft(), **fields)  # type: ignore[arg-type] # a test's keywords are Draft's own fields
