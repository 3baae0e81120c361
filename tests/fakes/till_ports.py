"""The till's effect ports, recorded: nothing happens, everything that was asked can be read, and a test answers when it wants."""

from dataclasses import dataclass, field

from kiosk.domain.money import Money
from kiosk.protocol.messages import EntriesRequest
from kiosk.receipt.document import Document, Text
from kiosk.till.ports import LineCall
from kiosk.till.state import Clerk, Sale


@dataclass
class FakeScheduler:
    """Timers by name; the test pops what is due."""

    due: dict[str, int] = field(default_factory=dict)

    def set(self, name: str, due_ms: int) -> None:
        self.due[name] = due_ms

    def cancel(self, name: str) -> None:
        self.due.pop(name, None)

    def next(self) -> tuple[int, str] | None:
        """When the next timer is due, and its name."""
        return min(((due_ms, name) for name, due_ms in self.due.items()), default=None)


@dataclass
class FakeGateway:
    """What the till sent to the authority."""

    calls: list[LineCall] = field(default_factory=list)
    balances: list[tuple[str, str]] = field(default_factory=list)
    batches: list[EntriesRequest] = field(default_factory=list)
    cursors: list[str] = field(default_factory=list)
    probes: int = 0

    def send(self, call: LineCall) -> None:
        self.calls.append(call)

    def ask_balance(self, question_id: str, serial: str) -> None:
        self.balances.append((question_id, serial))

    def deliver(self, batch: EntriesRequest) -> None:
        self.batches.append(batch)

    def probe(self) -> None:
        self.probes += 1

    def refresh(self, cursor: str) -> None:
        self.cursors.append(cursor)


@dataclass
class FakePrinter:
    jobs: list[tuple[str, Document]] = field(default_factory=list)

    def submit(self, job_id: str, document: Document) -> None:
        self.jobs.append((job_id, document))


@dataclass
class FakeDrawer:
    kicks: list[str] = field(default_factory=list)

    def kick(self, job_id: str) -> None:
        self.kicks.append(job_id)


@dataclass
class FakeDisplay:
    lines: list[tuple[str, str]] = field(default_factory=list)

    def show(self, top: str, bottom: str) -> None:
        self.lines.append((top, bottom))


@dataclass
class FakeBankCard:
    charges: list[tuple[str, Money]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def charge(self, charge_id: str, amount: Money) -> None:
        self.charges.append((charge_id, amount))

    def status(self, charge_id: str) -> None:
        self.asked.append(charge_id)


@dataclass
class FakeSounds:
    played: list[str] = field(default_factory=list)

    def play(self, name: str) -> None:
        self.played.append(name)


class FakeReceipts:
    """A document that names the receipt and the copy, and nothing else."""

    def write(self, sale: Sale, *, copy_no: int, operator: str, at_ms: int) -> Document:
        return Document(f"receipt {sale.receipt_no}", (Text(f"{sale.receipt_no}/{copy_no} {operator}"),))


class FakeClerks:
    """Two clerks; the PIN of each is ``1357``."""

    def clerks(self) -> tuple[Clerk, ...]:
        return (Clerk("lea", "Léa", "clerk"), Clerk("marc", "Marc", "manager"))

    def check(self, user_id: str, pin: str) -> bool:
        return user_id in ("lea", "marc") and pin == "1357"
