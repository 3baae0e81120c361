"""A till on fakes, for tests that read like a scene at the counter: scan, answer, let time pass, restart."""

from dataclasses import replace

from kiosk.domain.card import make_serial
from kiosk.domain.events import Event, ShopIdentity
from kiosk.domain.limits import HOUR_MS, OfflinePolicy
from kiosk.domain.series import parse_catalogue
from kiosk.protocol.messages import Anchor, ChangesAnswer, EntriesAnswer, EntriesRequest, EntryResult, LineAnswer
from kiosk.resources import asset
from kiosk.till import commands as do
from kiosk.till import messages as come
from kiosk.till.core import Till
from kiosk.till.desk import Ports, Settings
from kiosk.till.ports import LineCall, StockCard
from kiosk.till.state import Line, Notice, Sale, Stage, TillState
from tests.fakes.clock import FakeClock, SeededIds
from tests.fakes.journal import FakeJournal
from tests.fakes.till_ports import (
    FakeBankCard,
    FakeClerks,
    FakeDisplay,
    FakeDrawer,
    FakeGateway,
    FakePrinter,
    FakeReceipts,
    FakeScheduler,
    FakeSounds,
)

EUROS = parse_catalogue(asset("series", "euro.toml").read_text("utf-8"))
FRANCS = parse_catalogue(asset("series", "franc-2001.toml").read_text("utf-8"))
SHOP = ShopIdentity(
    shop_id="S1", name="Tabac de la Gare", address="1, place de la Gare", siret="", naf="", vat_id="", till_name="1"
)
SETTINGS = Settings(catalogue=EUROS, other_catalogues=(FRANCS,), shop=SHOP, software="0.1.0")
POLICY = OfflinePolicy(version=7, enabled=True, let_go_while_unknown=True)


def serial(number: int, series_no: str = "12") -> str:
    """The serial of the test's card with this number; 20 € unless another series is asked for."""
    return make_serial(random12=f"{number:012d}", series_no=series_no).digits


CARD, OTHER, THIRD = serial(4711), serial(815), serial(42)


class Rig:
    """One till, its fakes, and the words of a scene.

    Questions about lines are answered by the test; probes, downloads and deliveries by themselves, unless ``silent``.
    """

    def __init__(
        self, *, clock: FakeClock | None = None, bank_card: bool = True, settings: Settings = SETTINGS
    ) -> None:
        self.clock = clock or FakeClock()
        self.ids = SeededIds(self.clock)
        self.journal = FakeJournal(self.clock)
        self.settings = settings
        self.bank_card = bank_card
        self.published: list[TillState] = []
        self.gateway = FakeGateway()
        self.silent = False
        self.codes: dict[str, str] = {}  # serials whose promise comes back as this exception
        self.till = self._start()

    # ---- the process

    def _start(self) -> Till:
        self.gateway = FakeGateway()
        self.scheduler = FakeScheduler()
        self.printer, self.drawer, self.display = FakePrinter(), FakeDrawer(), FakeDisplay()
        self.terminal, self.sounds = FakeBankCard(), FakeSounds()
        till = Till(
            settings=self.settings,
            ports=Ports(
                journal=self.journal,
                gateway=self.gateway,
                printer=self.printer,
                drawer=self.drawer,
                display=self.display,
                bankcard=self.terminal if self.bank_card else None,
                sounds=self.sounds,
                scheduler=self.scheduler,
                receipts=FakeReceipts(),
                clerks=FakeClerks(),
                clock=self.clock,
                ids=self.ids,
                publish=self.published.append,
            ),
        )
        till.start()
        self.till = till
        self._serve()
        return till

    def restart(self, *, log_in: bool = True) -> None:
        """The process was killed, and starts again on the same journal."""
        self.journal = self.journal.crash()
        self.clock.advance(3_000)
        self.till = self._start()
        self.clock_known()
        if log_in:
            self.log_in()

    def clock_known(self) -> None:
        """The first probe of a process is answered: link up, clock right."""
        self.tell(come.LinkProbed(self.clock.now_ms()))

    # ---- what is seen

    @property
    def state(self) -> TillState:
        return self.published[-1]

    def at(self, stage: Stage) -> bool:
        """Whether the counter is in this stage."""
        return self.state.stage is stage

    @property
    def notice(self) -> Notice:
        assert self.state.notice is not None, "nothing was said"
        return self.state.notice

    @property
    def sale(self) -> Sale:
        assert self.state.sale is not None, "no sale is at the counter"
        return self.state.sale

    def line(self, card: str = CARD) -> Line:
        """The newest line of a card."""
        lines = [line for sale in self.state.book.sales for line in sale.lines if line.serial == card]
        return lines[-1]

    def events(self, *kinds: type[Event]) -> list[Event]:
        """What is in the journal, of these kinds if any are given."""
        return [event for event in self.journal.events() if not kinds or isinstance(event, kinds)]

    # ---- what people do

    def tell(self, item: come.Message | do.Command) -> None:
        self.till.handle(item)
        self._serve()

    def log_in(self, user_id: str = "lea") -> None:
        self.tell(do.LogIn(user_id, "1357"))

    def scan(self, card: str = CARD) -> None:
        self.tell(come.Scanned(card, "C0", self.clock.now_ms(), complete=True))

    def sell(self, *cards: str) -> None:
        """Scan and hold these cards."""
        for card in cards or (CARD,):
            self.scan(card)
            self.answer("reserve", "reserved", card=card, until_ms=self.clock.now_ms() + 120_000, pack="P1", position=3)

    def pay(self, received_minor: int | None = None) -> None:
        due = self.state.due
        assert due is not None
        self.tell(do.PayCash(due.minor if received_minor is None else received_minor))

    # ---- what the authority does

    def asked(self, verb: str, card: str = CARD) -> list[LineCall]:
        """The questions of one kind about a card in this process."""
        return [call for call in self.gateway.calls if call.verb == verb and call.serial == card]

    def answer(self, verb: str, outcome: str | None, *, card: str = CARD, record: str = "", **fields: object) -> None:
        """Answer the newest question of this kind about a card; ``None``: no signed answer came."""
        call = self.asked(verb, card)[-1]
        answer = None if outcome is None else LineAnswer(outcome=outcome, record=record or outcome, **fields)  # type: ignore[arg-type]  # a test's shorthand
        self.tell(come.LineAnswered(verb, call.line_id, answer, n=call.n))

    def _serve(self) -> None:
        """Answer what the till asks on its own account."""
        gateway = self.gateway
        while not self.silent and (gateway.probes or gateway.cursors or gateway.batches):
            if gateway.probes:
                gateway.probes = 0
                self.till.handle(come.LinkProbed(self.clock.now_ms()))
            elif gateway.cursors:
                cursor = gateway.cursors.pop()
                page = ChangesAnswer(changes=[], cursor=cursor or "1", more=False, as_of_ms=self.clock.now_ms())
                self.till.handle(come.ChangesReceived(page))
            else:
                self.till.handle(come.EntriesDelivered(self._taken(gateway.batches.pop())))

    def _taken(self, batch: EntriesRequest) -> EntriesAnswer:
        entries = self.journal.entries()
        results = []
        for owed in batch.entries:
            code = self.codes.get(getattr(entries[owed.seq - 1].event, "serial", ""))
            results.append(EntryResult(owed.seq, "exception", code) if code else EntryResult(owed.seq, "applied"))
        last = batch.entries[-1]
        anchor = Anchor(epoch=1, seq=last.seq, hash=last.hash, at_ms=self.clock.now_ms())
        return EntriesAnswer(results=results, anchor=anchor)

    # ---- time and the world

    def pass_time(self, ms: int) -> None:
        """Time passes; timers come due in order."""
        end = self.clock.monotonic_ms() + ms
        while (due := self.scheduler.next()) is not None and due[0] <= end:
            self.clock.advance(max(0, due[0] - self.clock.monotonic_ms()))
            del self.scheduler.due[due[1]]
            self.tell(come.TimerDue(due[1]))
        self.clock.advance(end - self.clock.monotonic_ms())

    def lose_link(self) -> None:
        """15 s of silence after a question; nothing of the till's own is answered until ``regain_link``."""
        self.silent = True
        self.pass_time(61_000)
        self.tell(come.LinkProbed(None))
        self.pass_time(16_000)
        assert not self.state.link_up

    def regain_link(self) -> None:
        self.silent = False
        self.gateway.probes = 0
        self.tell(come.LinkProbed(self.clock.now_ms()))
        assert self.state.link_up

    def stock(self, *cards: str, bound: bool = True, policy: OfflinePolicy = POLICY) -> None:
        """The snapshot lists these cards, and the policy is in force."""
        for position, card in enumerate(cards or (CARD, OTHER, THIRD)):
            self.journal.put_card(StockCard(card, card[12:14], "P1", position, bound))
        self.till._desk.downloads_moved()
        self.journal.set_policy(replace(policy, valid_until_ms=self.clock.now_ms() + 48 * HOUR_MS))


def open_till(**options: object) -> Rig:
    """A till on line with Léa at it."""
    rig = Rig(**options)  # type: ignore[arg-type]  # passed through
    rig.clock_known()
    rig.log_in()
    return rig


def refused_afterwards(rig: Rig, code: str) -> str:
    """Sell ``CARD`` while the line is down; when it is back, the authority cannot take that as told. The line's id."""
    rig.scan(CARD)
    rig.pay()
    line_id = rig.line().line_id
    rig.tell(do.NextSale())
    rig.codes[CARD] = code
    rig.regain_link()
    rig.pass_time(1_000)
    return line_id
