"""The envelope of an entry and its rules of form: which fields, of which type, in which shape. One entry at a time.

Not responsible for how entries follow each other (``check``) nor for what a sale adds up to (``totals``).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from kiosk.verifier import canonical
from kiosk.verifier.file import Row
from kiosk.verifier.findings import Findings

FORMAT: Final = 1
REQUIRED: Final[dict[str, type]] = {
    "v": int, "terminal": str, "epoch": int, "seq": int, "at": str, "offset_minutes": int, "mono_ms": int, "boot": str,
    "user": str, "kind": str, "body": dict,
}  # fmt: skip
FISCAL: Final[dict[str, type]] = {"chain": str, "chain_no": int, "chain_prev": str}
CHAINS: Final = ("ticket", "copy", "closure", "event", "archive", "training", "collection")
# format 1: the kinds that belong to a fiscal chain, and to which
CHAIN_OF_KIND: Final = {
    "SaleCompleted": "ticket",
    "CopyRequested": "copy",
    "TillStarted": "event",
    "TillStopped": "event",
    "ClerkLoggedIn": "event",
    "ClerkLoggedOut": "event",
    "LinkLost": "event",
    "LinkRestored": "event",
    "LineRefunded": "event",
    "CancelRequested": "event",
    "DrawerOpened": "event",
}
MAX_OFFSET_MINUTES: Final = 14 * 60
_AT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an entry says of itself. ``known`` is false for a newer format: then chains and signatures are checked, and no more."""

    known: bool
    terminal: str
    epoch: int
    seq: int
    at: str
    at_ms: int
    kind: str
    body: dict[str, object]
    chain: str | None
    chain_no: int | None
    chain_prev: str | None


def read(row: Row, findings: Findings) -> Envelope | None:
    """The envelope of a row, its findings added; ``None`` when there is nothing to go on with."""
    where = f"entry {row.seq}"
    try:
        fields = canonical.read(row.content)
    except canonical.NotCanonical as error:
        findings.add(where, str(error))
        return None
    if not _complete(where, fields, findings):
        return None
    at_ms = _at_ms(str(fields["at"]))
    if at_ms is None:
        findings.add(where, "its time is not one", expected="2026-01-31T09:00:00.000Z", actual=fields["at"])
        return None
    envelope = _envelope(fields, at_ms)
    for name, column, content in (
        ("seq", row.seq, envelope.seq),
        ("kind", row.kind, envelope.kind),
        ("chain", row.chain, envelope.chain),
        ("chain_no", row.chain_no, envelope.chain_no),
    ):
        if column != content:
            findings.add(
                where, f"the column {name} is not what the signed content says", expected=content, actual=column
            )
    if envelope.known:
        wanted = CHAIN_OF_KIND.get(envelope.kind)
        if envelope.chain != wanted and not (wanted is None and envelope.chain in CHAINS):
            findings.add(
                where,
                f"a {envelope.kind} is in the wrong fiscal chain",
                expected=wanted or "none",
                actual=envelope.chain,
            )
    return envelope


def _complete(where: str, fields: dict[str, object], findings: Findings) -> bool:
    before = len(findings.found)
    known = fields.get("v") == FORMAT
    for name, kind in REQUIRED.items():
        if type(fields.get(name)) is not kind:
            findings.add(
                where,
                f"the field {name!r} is missing or of the wrong type",
                expected=kind.__name__,
                actual=fields.get(name),
            )
    chained = [name for name in FISCAL if name in fields]
    if chained and len(chained) < len(FISCAL):
        findings.add(
            where,
            "chain, chain_no and chain_prev stand together",
            expected=", ".join(FISCAL),
            actual=", ".join(chained),
        )
    for name in chained:
        if type(fields[name]) is not FISCAL[name]:
            findings.add(
                where, f"the field {name!r} is of the wrong type", expected=FISCAL[name].__name__, actual=fields[name]
            )
    if "chain_prev" in fields and not _HASH.fullmatch(str(fields["chain_prev"])):
        findings.add(
            where, "chain_prev is not a hash", expected="64 digits of lower-case hex", actual=fields["chain_prev"]
        )
    offset = fields.get("offset_minutes")
    if isinstance(offset, int) and abs(offset) > MAX_OFFSET_MINUTES:
        findings.add(
            where, "no place on Earth is so far from UTC", expected=f"at most ±{MAX_OFFSET_MINUTES}", actual=offset
        )
    if known:
        for name in sorted(fields.keys() - REQUIRED.keys() - FISCAL.keys()):
            findings.add(where, f"the field {name!r} does not belong to format {FORMAT}", actual=fields[name])
    return len(findings.found) == before


def _envelope(fields: dict[str, object], at_ms: int) -> Envelope:
    seq, epoch, body, number = fields["seq"], fields["epoch"], fields["body"], fields.get("chain_no")
    assert isinstance(seq, int) and isinstance(epoch, int) and isinstance(body, dict)
    assert number is None or isinstance(number, int)
    return Envelope(
        known=fields["v"] == FORMAT,
        terminal=str(fields["terminal"]),
        epoch=epoch,
        seq=seq,
        at=str(fields["at"]),
        at_ms=at_ms,
        kind=str(fields["kind"]),
        body=body,
        chain=None if "chain" not in fields else str(fields["chain"]),
        chain_no=number,
        chain_prev=None if "chain_prev" not in fields else str(fields["chain_prev"]),
    )


def _at_ms(text: str) -> int | None:
    if not _AT.fullmatch(text):
        return None
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return (moment - _EPOCH) // timedelta(milliseconds=1)
