"""A scheme whose cards can be spent: active cards with the codes that their printing house knows, and merchants who take them."""

from dataclasses import dataclass, field

from kiosk.authority.services.pay.answers import Declined
from kiosk.authority.services.pay.asked import Caller, FollowRequest
from kiosk.authority.services.pay.spending import Outcome
from kiosk.authority.store import merchants, spends
from kiosk.authority.store.ports import Store, Transaction
from kiosk.protocol.messages import Amount
from kiosk.protocol.payments import (
    CancelPaymentRequest,
    CaptureRequest,
    PaymentAnswer,
    PaymentRequest,
    RefundRequest,
    Scratch,
)
from tests.helpers.authority import World, make_world, open_lot

PRESS, CINEMA = "presse", "cinema"


@dataclass
class Till:
    """A merchant's site: pays with cards of the world under keys of its own."""

    world: World
    codes: dict[str, list[str]]
    callers: dict[str, Caller]
    used: dict[str, int] = field(default_factory=dict)
    count: int = 0

    @property
    def serials(self) -> list[str]:
        """The cards that are active, in the order of their sale."""
        return list(self.codes)

    def next_code(self, serial: str) -> str:
        """A code of the card that was not scratched yet."""
        place = self.used.get(serial, 0)
        self.used[serial] = place + 1
        return self.codes[serial][place]

    def new_key(self) -> str:
        self.count += 1
        return f"key-{self.count}"

    def ask(
        self,
        *cards: tuple[str, str],
        minor: int,
        capture: bool = True,
        currency: str = "EUR",
        reference: str | None = None,
    ) -> PaymentRequest:
        return PaymentRequest(
            amount=Amount(minor, currency),
            instruments=[Scratch(serial, code) for serial, code in cards],
            capture=capture,
            reference=reference,
        )

    def pay(self, request: PaymentRequest, *, key: str = "", merchant: str = PRESS) -> Outcome:
        return self.world.authority.pay(self.callers[merchant], key or self.new_key(), request)

    def charge(
        self, serial: str, minor: int, *, capture: bool = True, key: str = "", merchant: str = PRESS
    ) -> PaymentAnswer:
        """Pay with the card's next code; fails if it is declined."""
        answer = self.pay(
            self.ask((serial, self.next_code(serial)), minor=minor, capture=capture), key=key, merchant=merchant
        )
        assert isinstance(answer, PaymentAnswer), answer
        return answer

    def follow(self, payment_id: str, request: FollowRequest, *, key: str = "", merchant: str = PRESS) -> Outcome:
        return self.world.authority.follow(self.callers[merchant], key or self.new_key(), payment_id, request)

    def capture(self, payment_id: str, minor: int | None = None, **how: str) -> Outcome:
        return self.follow(payment_id, CaptureRequest(Amount(minor, "EUR") if minor else None), **how)

    def cancel(self, payment_id: str, **how: str) -> Outcome:
        return self.follow(payment_id, CancelPaymentRequest(), **how)

    def refund(self, payment_id: str, minor: int | None = None, **how: str) -> Outcome:
        return self.follow(payment_id, RefundRequest(Amount(minor, "EUR") if minor else None), **how)

    def balance(self, serial: str) -> int:
        return self.world.card(serial).balance_minor

    def account(self, name: str) -> int:
        rows = self.world.rows("SELECT coalesce(sum(amount_minor), 0) FROM ledger WHERE account = ?", name)
        return int(str(rows[0][0]))


def reason(outcome: Outcome) -> str:
    """Why it was declined; fails for a payment that was made."""
    assert isinstance(outcome, Declined), outcome
    return outcome.reason.value


def make_spending(store: Store | None = None, *, active: int = 3, **world: object) -> Till:
    """Cards of 20 € that were sold, one second apart, and two merchants, of which the second has a test key's caller too."""
    made = make_world(store, **world)  # type: ignore[arg-type] # passed on as given
    printed = lot_codes(made)
    codes: dict[str, list[str]] = {}
    for serial in made.serials[:active]:
        made.clock.advance(1000)  # type: ignore[attr-defined] # the tests' own clock
        answer = made.commit(made.new_id(), serial)
        assert answer.outcome == "committed", answer
        codes[serial] = printed[serial]
    callers = made.store.write(lambda tx: add_merchants(tx, now_ms=made.clock.now_ms()))
    return Till(made, codes, callers)


def add_merchants(tx: Transaction, *, now_ms: int) -> dict[str, Caller]:
    """Two merchants; the first one's test mode is ``test``."""
    numbers = {}
    for name in (PRESS, CINEMA):
        number = merchants.add_merchant(
            tx,
            merchant_id=name,
            name=name.title(),
            site=f"https://{name}.example",
            direct=True,
            webhook_url=None,
            now_ms=now_ms,
        )
        assert number is not None
        numbers[name] = number
    contracts = tuple(merchants.contracts(tx))
    callers = {name: Caller(merchant_no=number, test=False, contracts=contracts) for name, number in numbers.items()}
    return callers | {"test": Caller(merchant_no=numbers[PRESS], test=True, contracts=contracts)}


def lot_codes(world: World) -> dict[str, list[str]]:
    """The codes of every card of the world's lot, as its printing house reads them."""
    lines = open_lot(world.lot_file).decode("ascii").splitlines()[1:]
    return {serial: codes for _, _, serial, *codes in (line.split(";") for line in lines)}


def all_rows(world: World) -> list[spends.SpendRow]:
    """Every row of every payment."""
    ids = world.store.read(lambda tx: [row[0] for row in tx.all("SELECT DISTINCT payment_id FROM spend")])
    return world.store.read(lambda tx: spends.known_rows(tx, ids))
