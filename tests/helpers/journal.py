"""Builders for journal tests: a key that anybody may know, typical events of a sale, an open store in a folder."""

import hashlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

from kiosk.clock import Clock
from kiosk.domain import events as ev
from kiosk.journal.disk import MIB, DiskLimits
from kiosk.journal.quarantine import JournalIdentity
from kiosk.journal.store import SqliteJournal
from kiosk.protocol.keys import SigningKey
from kiosk.protocol.messages import Anchor, EntriesAnswer, EntriesRequest, EntryResult

TERMINAL = "T0001"
NO_LIMITS = DiskLimits(low_bytes=0, no_promises_bytes=0, no_sales_bytes=0, ballast_bytes=0)
SERIAL = "1234567890121104"
OTHER_SERIAL = "2234567890121189"
SHOP = ev.ShopIdentity(
    shop_id="S001",
    name="Maison de la Presse",
    address="12 rue de la Gare, 69003 Lyon",
    siret="12345678900011",
    naf="47.62Z",
    vat_id="FR12123456789",
    till_name="Caisse 1",
)


def public_key_pair(name: str = "journal of the tests") -> SigningKey:
    """A key made from a public text: it signs the same bytes in every run and protects nothing."""
    return SigningKey.from_seed(hashlib.sha256(name.encode()).digest())


def open_store(
    folder: Path,
    clock: Clock,
    *,
    epoch: int = 1,
    terminal: str = TERMINAL,
    key: SigningKey | None = None,
    limits: DiskLimits = NO_LIMITS,
    free: Callable[[Path], int] = lambda folder: 1_000_000 * MIB,
) -> SqliteJournal:
    """The store as the till opens it, with local time one hour ahead of UTC."""
    return SqliteJournal(
        folder,
        identity=JournalIdentity(terminal=terminal, epoch=epoch),
        key=key or public_key_pair(),
        clock=clock,
        limits=limits,
        local_offset=lambda at_ms: 60,
        free=free,
    )


def started() -> ev.Event:
    return ev.TillStarted(software="0.1.0", catalogue="euro", currency="EUR")


def scanned(line_id: str = "line-1", sale_id: str = "sale-1", serial: str = SERIAL) -> ev.Event:
    return ev.LineScanned(
        sale_id=sale_id, line_id=line_id, serial=serial, series="11", face_minor=1000, entry_mode="scanned"
    )


def promised(line_id: str = "line-1", sale_id: str = "sale-1", serial: str = SERIAL) -> ev.Event:
    return ev.CardPromised(
        line_id=line_id,
        sale_id=sale_id,
        serial=serial,
        series="11",
        face_minor=1000,
        pack="P1",
        position=3,
        policy_version=1,
        snapshot_version=2,
        blocklist_version=3,
    )


def completed(sale_id: str = "sale-1", *, line_id: str = "line-1", outcome: str = "activated") -> ev.Event:
    line = ev.SoldLine(
        line_id=line_id,
        label="Carte 10 €",
        nature="multi_purpose_voucher",
        serial_last4="1104",
        series="11",
        quantity=1,
        unit_price_minor=1000,
        total_minor=1000,
        outcome=outcome,
    )
    paid = ev.PaidTender(tender="cash", amount_minor=1000, received_minor=2000, change_minor=1000)
    return ev.SaleCompleted(
        sale_id=sale_id,
        lines=(line,),
        tenders=(paid,),
        total_minor=1000,
        currency="EUR",
        operator="clerk-1",
        shop=SHOP,
        software="0.1.0",
    )


def whole_sale(n: int = 1) -> list[list[ev.Event]]:
    """The appends of one sale of one card, in order, as the till makes them."""
    line, sale = f"line-{n}", f"sale-{n}"
    return [
        [scanned(line, sale), ev.ReserveRequested(line)],
        [ev.ReserveAnswered(line, "reserved", until_ms=1_767_258_120_000, pack="P1", position=3)],
        [ev.TenderAccepted(sale, "cash", amount_minor=1000, received_minor=2000)],
        [ev.CommitRequested(line)],
        [ev.ActivationCommitted(line)],
        [completed(sale, line_id=line)],
        [ev.DrawerOpened("job-" + line, sale, "sale")],
        [ev.SaleClosed(sale)],
    ]


def answer_for(batch: EntriesRequest, *, outcome: str = "applied", code: str | None = None) -> EntriesAnswer:
    """The authority took the whole batch and holds the journal up to its end."""
    last = batch.entries[-1]
    return EntriesAnswer(
        results=[EntryResult(seq=entry.seq, outcome=outcome, code=code) for entry in batch.entries],
        anchor=Anchor(epoch=batch.epoch, seq=last.seq, hash=last.hash, at_ms=1_767_258_000_500),
    )


def forge(path: Path, *statements: str) -> None:
    """Change a stopped till's file past its triggers, and put them back."""
    connection = sqlite3.connect(path)
    triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    for _, sql in triggers:
        connection.execute(sql)
    connection.commit()
    connection.close()
