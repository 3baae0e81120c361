"""What the authority told the till: stock, block list, policy and whatever else the changes feed carries, beside the journal.

Applied with the cursor in one transaction, idempotent by (stream, key, version) (PR-20). Everything is kept as it came, also
streams that only a newer version understands; reading is on the safe side: a stock row that is not as expected lists no card, a
block row blocks unless it says otherwise, and a policy with one wrong field allows nothing. Not responsible for fetching
(``kiosk.sync``).
"""

from dataclasses import fields
from typing import Final

import msgspec

from kiosk.domain.limits import OfflinePolicy
from kiosk.journal.database import Database
from kiosk.protocol.messages import ChangesAnswer
from kiosk.till.ports import Snapshot, StockCard

STOCK: Final = "stock"
BLOCK: Final = "block"
POLICY: Final = "policy"
OFFLINE: Final = "offline"
IN_STOCK: Final = "in_stock"
Payload = dict[str, str | int | bool]

_NOTHING: Final = OfflinePolicy()
_POLICY_TYPES: Final = {field.name: type(getattr(_NOTHING, field.name)) for field in fields(OfflinePolicy)}


class _Stock(msgspec.Struct, frozen=True):
    pack: str
    position: int
    series: str
    bound: bool
    state: str


class Downloads:
    """The downloads of one open journal. The methods that write are called inside a transaction of the store's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find_card(self, serial: str) -> StockCard | None:
        """The card if the snapshot has it in stock here."""
        payload = self._payload(STOCK, serial)
        if payload is None:
            return None
        try:
            card = msgspec.convert(payload, _Stock)
        except msgspec.ValidationError:
            return None
        if card.state != IN_STOCK:
            return None
        return StockCard(serial=serial, series=card.series, pack=card.pack, position=card.position, bound=card.bound)

    def is_blocked(self, serial: str) -> bool:
        """Whether the block list has the card."""
        payload = self._payload(BLOCK, serial)
        return payload is not None and payload.get("blocked") is not False

    def stock_counts(self) -> dict[str, int]:
        """Cards in stock here by series."""
        rows = self._database.rows(
            "SELECT json_extract(payload, '$.series') AS series, count(*) FROM download"
            " WHERE stream = ? AND json_extract(payload, '$.state') = ? GROUP BY series ORDER BY series",
            (STOCK, IN_STOCK),
        )
        return {str(series): count for series, count in rows if isinstance(count, int)}

    def snapshot(self) -> Snapshot:
        """Versions, dates and policy as last applied."""
        as_of_ms = self._database.meta_number("as_of_ms")
        return Snapshot(
            stock_version=self._database.meta_number(f"version.{STOCK}"),
            stock_as_of_ms=as_of_ms,
            blocklist_version=self._database.meta_number(f"version.{BLOCK}"),
            blocklist_as_of_ms=as_of_ms,
            policy=_policy(self._payload(POLICY, OFFLINE)),
            contact_ms=self._database.meta_number("contact_ms"),
        )

    def cursor(self) -> str:
        """Where the feed goes on; empty: from the beginning."""
        return self._database.meta("cursor") or ""

    def apply(self, answer: ChangesAnswer) -> None:
        """One page and its cursor. The last page of a download that began anew sweeps what it did not name."""
        generation = self._database.meta_number("generation")
        versions = {stream: self._database.meta_number(f"version.{stream}") for stream in (STOCK, BLOCK)}
        for change in answer.changes:
            self._database.write(
                "INSERT INTO download(stream, key, version, generation, payload) VALUES(?, ?, ?, ?, ?)"
                " ON CONFLICT(stream, key) DO UPDATE"
                " SET version = excluded.version, generation = excluded.generation, payload = excluded.payload"
                " WHERE excluded.version > download.version OR excluded.generation > download.generation",
                (change.stream, change.key, change.version, generation, msgspec.json.encode(change.payload).decode()),
            )
            if change.stream in versions:
                versions[change.stream] = max(versions[change.stream], change.version)
        for stream, version in versions.items():
            self._database.set_meta(f"version.{stream}", str(version))
        self._database.set_meta("cursor", answer.cursor)
        if not answer.more:
            self._database.write("DELETE FROM download WHERE generation < ?", (generation,))
            self._database.set_meta("as_of_ms", str(answer.as_of_ms))
        self.note_contact(answer.as_of_ms)

    def restart(self) -> None:
        """The next page is the first of a whole new download."""
        self._database.set_meta("cursor", None)
        self._database.set_meta("generation", str(self._database.meta_number("generation") + 1))

    def note_contact(self, at_ms: int) -> None:
        """A signed answer of this authority time was stored."""
        if at_ms > self._database.meta_number("contact_ms"):
            self._database.set_meta("contact_ms", str(at_ms))

    def _payload(self, stream: str, key: str) -> Payload | None:
        found = self._database.row("SELECT payload FROM download WHERE stream = ? AND key = ?", (stream, key))
        return None if found is None else msgspec.json.decode(str(found[0]), type=Payload)


def _policy(payload: Payload | None) -> OfflinePolicy:
    """The policy that was signed, or one that allows nothing."""
    known = {name: value for name, value in (payload or {}).items() if name in _POLICY_TYPES}
    if any(type(value) is not _POLICY_TYPES[name] for name, value in known.items()):
        return _NOTHING
    return OfflinePolicy(**known)  # type: ignore[arg-type]  # the types were compared one by one
