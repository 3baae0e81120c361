"""A till's journal for tests of the authority: signed, chained entries, made the way the journal's page says, by other code."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kiosk.protocol.keys import SigningKey, base64url
from kiosk.protocol.messages import EntriesRequest, SignedEntry
from tests.helpers.authority import TILL, World


@dataclass
class Journal:
    """Appends entries and hands them over. ``skipped`` numbers leave a gap, as a parked entry does."""

    world: World
    till: str = TILL
    epoch: int = 1
    seq: int = 0
    prev: bytes = bytes(32)
    key: SigningKey | None = None

    def append(self, kind: str, body: dict[str, Any], **envelope: Any) -> SignedEntry:  # Any: bodies of every kind
        """The next entry of the chain."""
        self.seq += 1
        entry = self.sign(kind, body, seq=self.seq, prev=self.prev, **envelope)
        self.prev = bytes.fromhex(entry.hash)
        return entry

    def sign(self, kind: str, body: dict[str, Any], *, seq: int, prev: bytes, **envelope: Any) -> SignedEntry:
        at = datetime.fromtimestamp(self.world.clock.now_ms() / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        fields: dict[str, Any] = {
            "v": 1,
            "terminal": self.till,
            "epoch": self.epoch,
            "seq": seq,
            "at": at,
            "offset_minutes": 60,
            "mono_ms": seq,
            "boot": "b",
            "user": "clerk",
            "kind": kind,
            "body": body,
        }
        content = json.dumps(fields | envelope, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(prev + content.encode()).digest()
        key = self.key or self.world.journal_keys[self.till]
        return SignedEntry(
            seq=seq, content=content, prev=prev.hex(), hash=digest.hex(), signature=base64url(key.sign(digest))
        )

    def promise(self, line_id: str, serial: str, **changes: Any) -> SignedEntry:
        """A promised 20 € card, within the policy unless ``changes`` say otherwise."""
        body: dict[str, Any] = {
            "line_id": line_id,
            "sale_id": "sale-1",
            "serial": serial,
            "series": "12",
            "face_minor": 2000,
            "pack": "p",
            "position": 1,
            "policy_version": self.policy_version(),
            "snapshot_version": 1,
            "blocklist_version": 0,
        }
        return self.append("CardPromised", body | changes)

    def policy_version(self) -> int:
        rows = self.world.rows("SELECT max(version) FROM policy WHERE currency = 'EUR'")
        version = rows[0][0]
        return version if isinstance(version, int) else 0

    def batch(self, *entries: SignedEntry) -> EntriesRequest:
        return EntriesRequest(epoch=self.epoch, entries=list(entries))

    def deliver(self, *entries: SignedEntry) -> list[tuple[str, str | None]]:
        """What the authority answers to each."""
        answer = self.world.authority.entries(self.till, self.batch(*entries))
        assert [result.seq for result in answer.results] == [entry.seq for entry in entries]
        return [(result.outcome, result.code) for result in answer.results]
