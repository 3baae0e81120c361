"""The checks of a whole journal: each entry follows from the one before, in the master chain and in its fiscal chain, is signed by
this terminal, is not older than the one before, and what was sold adds up.

Pure but for reading the file that it is given; everything wrong becomes a finding, in the order of the file, and checking goes on
with what is there, so that one broken link does not hide the next.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from kiosk.verifier import envelope as env
from kiosk.verifier.envelope import Envelope
from kiosk.verifier.file import JournalFile, Row
from kiosk.verifier.findings import CannotCheck, Findings
from kiosk.verifier.signatures import PublicKey
from kiosk.verifier.totals import check_sale

MASTER = "master"


@dataclass(slots=True)
class Summary:
    """What was checked, for the person who asked."""

    terminal: str = ""
    entries: int = 0
    unknown_format: int = 0
    first_at: str = ""
    last_at: str = ""
    head_seq: int = 0
    head_hash: str = ""
    epochs: list[int] = field(default_factory=list)
    chains: dict[str, tuple[int, int]] = field(default_factory=dict)
    sold_minor: dict[str, int] = field(default_factory=dict)


class Checker:
    """One run over one file. ``keys`` by epoch; 0 is for every epoch that has none of its own. ``anchor`` is a noted head."""

    def __init__(self, file: JournalFile, *, keys: Mapping[int, PublicKey], anchor: tuple[int, str] | None) -> None:
        self._file = file
        self._keys = keys
        self._anchor = anchor
        self.findings = Findings()
        self.summary = Summary()
        self._heads: dict[str, tuple[int, bytes]] = {}
        self._at_ms = 0
        self._epoch = 0

    def run(self) -> None:
        """Check everything. Raises ``CannotCheck`` when the file has no beginning to start from."""
        self._file.check(self.findings)
        meta, genesis = self._file.meta(), self._file.genesis()
        if MASTER not in genesis or "terminal" not in meta:
            raise CannotCheck("the file does not say where it begins or whose it is")
        self.summary.terminal = meta["terminal"]
        for name in env.CHAINS:
            if name not in genesis:
                self.findings.add(f"chain {name}", "the file does not say where it begins")
        self._heads = {name: genesis.get(name, (0, bytes(32))) for name in (MASTER, *env.CHAINS)}
        if self._heads[MASTER][0] == 0 and any(head != (0, bytes(32)) for head in self._heads.values()):
            self.findings.add(
                "file", "a first file begins with every chain at zero", expected="0", actual="other beginnings"
            )
        seen_anchor = self._anchor is None or self._anchor[0] <= self._heads[MASTER][0]
        for row in self._file.rows(self.findings):
            self._row(row)
            if self._anchor is not None and row.seq == self._anchor[0]:
                seen_anchor = True
                if row.hash.hex() != self._anchor[1]:
                    self.findings.add(
                        f"entry {row.seq}",
                        "the anchor saw another entry here",
                        expected=self._anchor[1],
                        actual=row.hash,
                    )
        if not seen_anchor and self._anchor is not None:
            self.findings.add(
                "file",
                "the end is missing: the anchor saw a later entry",
                expected=f"entry {self._anchor[0]}",
                actual=f"the last one is {self._heads[MASTER][0]}",
            )
        self._sum_up(genesis)

    def _row(self, row: Row) -> None:
        where = f"entry {row.seq}"
        no, prev = self._heads[MASTER]
        self._number(where, row.seq, after=no)
        if row.prev != prev:
            self.findings.add(where, "it does not name the hash of the entry before it", expected=prev, actual=row.prev)
        digest = hashlib.sha256(row.prev + row.content).digest()
        if row.hash != digest:
            self.findings.add(where, "its hash is not SHA-256(prev ‖ content)", expected=digest, actual=row.hash)
        self._heads[MASTER] = (row.seq, row.hash)
        self.summary.entries += 1
        envelope = env.read(row, self.findings)
        if envelope is None:
            return
        self._signature(where, envelope.epoch, row)
        self._time_and_place(where, envelope)
        if envelope.chain is not None:
            self._fiscal(where, envelope, row.hash)
        if not envelope.known:
            self.summary.unknown_format += 1
        elif envelope.kind == "SaleCompleted":
            total = check_sale(where, envelope.body, self.findings)
            currency = str(envelope.body.get("currency"))
            self.summary.sold_minor[currency] = self.summary.sold_minor.get(currency, 0) + total

    def _number(self, where: str, number: int, *, after: int) -> None:
        if number == after + 1:
            return
        if number > after + 1:
            missing = number - after - 1
            problem = "one entry is missing before it" if missing == 1 else f"{missing} entries are missing before it"
        else:
            problem = "its number was used before"
        self.findings.add(where, problem, expected=f"entry {after + 1}", actual=where)

    def _signature(self, where: str, epoch: int, row: Row) -> None:
        key = self._keys.get(epoch) or self._keys.get(0)
        if key is None:
            self.findings.add(where, "there is no key to check its signature with", expected=f"a key for epoch {epoch}")
        elif not key.signed(row.hash, row.signature):
            self.findings.add(
                where, "it was not signed with this key", expected=f"a signature of {key.name}", actual=row.signature
            )

    def _time_and_place(self, where: str, envelope: Envelope) -> None:
        if envelope.terminal != self.summary.terminal:
            self.findings.add(
                where, "it is another terminal's", expected=self.summary.terminal, actual=envelope.terminal
            )
        if envelope.epoch < self._epoch:
            self.findings.add(
                where, "its epoch is older than that of the entry before", expected=self._epoch, actual=envelope.epoch
            )
        if envelope.at_ms < self._at_ms:
            self.findings.add(
                where,
                "it is older than the entry before it",
                expected=f"{self.summary.last_at} or later",
                actual=envelope.at,
            )
        if envelope.epoch not in self.summary.epochs:
            self.summary.epochs.append(envelope.epoch)
        self._epoch = max(self._epoch, envelope.epoch)
        if envelope.at_ms >= self._at_ms:
            self._at_ms, self.summary.last_at = envelope.at_ms, envelope.at
        self.summary.first_at = self.summary.first_at or envelope.at

    def _fiscal(self, where: str, envelope: Envelope, digest: bytes) -> None:
        name, number = envelope.chain, envelope.chain_no
        assert name is not None and number is not None
        if name not in env.CHAINS:
            self.findings.add(where, "there is no such fiscal chain", expected=", ".join(env.CHAINS), actual=name)
            return
        no, prev = self._heads[name]
        if number != no + 1:
            problem = "a number is missing" if number > no + 1 else "a number was used twice"
            self.findings.add(where, f"{problem} in the chain {name}", expected=no + 1, actual=number)
        if envelope.chain_prev != prev.hex():
            self.findings.add(
                where,
                f"it does not name the hash of the entry before it in the chain {name}",
                expected=prev,
                actual=envelope.chain_prev,
            )
        self._heads[name] = (number, digest)

    def _sum_up(self, genesis: dict[str, tuple[int, bytes]]) -> None:
        self.summary.head_seq, head = self._heads[MASTER]
        self.summary.head_hash = head.hex()
        for name in env.CHAINS:
            first, last = genesis.get(name, (0, b""))[0], self._heads[name][0]
            if last > first:
                self.summary.chains[name] = (first + 1, last)
