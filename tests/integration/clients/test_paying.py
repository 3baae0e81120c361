"""The merchants' client against a really served authority, with a line between them that loses, doubles, delays and cuts."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kiosk.demo.fault_proxy import Fault, FaultProxy
from kiosk.domain.scenarios import Scenario, scenario_serial
from kiosk_merchant import Card, Client, Declined, Patience, Payment, Rejected, Unknown
from tests.helpers.paying_site import PayingSite, make_paying_site
from tests.helpers.served import Served, served

pytestmark = [pytest.mark.slow, pytest.mark.shared_world]
STORM = 24
SPOILED = [
    (Fault.LOSE_ANSWER, 0),
    (Fault.HALF_CLOSE, 0),
    (Fault.GARBAGE, 0),
    (Fault.REDIRECT, 0),
    (Fault.DUPLICATE, 0),
    (Fault.OVERSIZE, 0),
    (Fault.CUT, 0),
    (Fault.SLOW_ANSWER, 2_500),
    (Fault.SLOW, 2_500),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> PayingSite:
    return make_paying_site(tmp_path_factory.mktemp("paying") / "authority", active=5)


@pytest.fixture(scope="module")
def running(site: PayingSite) -> Iterator[Served]:
    with served(site.folder) as process:
        yield process


@pytest.fixture
def line(running: Served) -> Iterator[FaultProxy]:
    with FaultProxy(("127.0.0.1", running.port)) as proxy:
        yield proxy


@pytest.fixture
def client(site: PayingSite, line: FaultProxy) -> Iterator[Client]:
    with site.client(line.address) as made:
        yield made


def test_the_whole_life_of_a_payment(site: PayingSite, client: Client) -> None:
    """A merchant who integrates from the documents could not take, capture, cancel or give back."""
    before = site.account("merchant/EUR/presse")
    worth = site.balance(site.serials[0])
    charged = client.charge(250, cards=[site.card()], key="life-1", reference="A 1")
    assert (charged.status, charged.captured_minor, charged.reference) == ("captured", 250, "A 1")
    held = client.authorize(400, cards=[site.card()], key="life-2", window_s=60)
    assert (held.status, held.captured_minor) == ("authorized", 0)
    taken = client.capture(held.payment_id, key="life-3", amount_minor=300)
    assert (taken.status, taken.captured_minor) == ("captured", 300)
    dropped = client.authorize(100, cards=[site.card()], key="life-4")
    assert client.cancel(dropped.payment_id, key="life-5").status == "cancelled"
    back = client.refund(charged.payment_id, key="life-6", amount_minor=50)
    assert (back.status, back.refunded_minor, back.kept_minor) == ("captured", 50, 200)
    assert client.payment(charged.payment_id).refunded_minor == 50
    assert client.refund(charged.payment_id, key="life-7").status == "refunded"
    assert site.balance(site.serials[0]) == worth - 300
    assert before - site.account("merchant/EUR/presse") == 240, "four fifths of what was kept"


def test_a_no_is_told_with_its_reason_and_stays(site: PayingSite, client: Client) -> None:
    """A used code would buy a second time, or a shop believe that it did."""
    card = site.card()
    client.charge(10, cards=[card], key="no-1")
    for _ in range(2):
        with pytest.raises(Declined) as used:
            client.charge(10, cards=[card], key="no-2")
        assert used.value.reason == "declined"
    with pytest.raises(Declined) as poor:
        client.charge(4_900, cards=[site.card()], key="no-3")
    assert poor.value.reason == "insufficient_funds"
    with pytest.raises(Rejected) as conflict:
        client.charge(20, cards=[site.card()], key="no-1")
    assert conflict.value.name == "idempotency-conflict"


@pytest.mark.parametrize(("fault", "ms"), SPOILED, ids=[fault.value for fault, _ in SPOILED])
def test_a_spoiled_exchange_charges_once(
    site: PayingSite, client: Client, line: FaultProxy, fault: Fault, ms: int
) -> None:
    """The shopper would pay twice for one article, or pay and not be given it."""
    serial = site.serials[1]
    before = site.balance(serial)
    card = site.card(1)
    line.set(fault, ms=ms, times=1, path="/v1/payments")
    payment = client.charge(15, cards=[card], key=f"spoiled-{fault.value}")
    assert payment.captured_minor == 15
    assert site.balance(serial) == before - 15
    line.set(fault, ms=ms, times=1, path="/v1/payments")
    assert client.refund(payment.payment_id, key=f"back-{fault.value}", amount_minor=5).refunded_minor == 5
    assert site.balance(serial) == before - 10


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.CUT], ids=["done", "not-done"])
def test_what_stayed_unknown_is_completed_later_with_its_key(site: PayingSite, line: FaultProxy, fault: Fault) -> None:
    """After an outage nobody could tell whether the shopper has paid."""
    serial = site.serials[1]
    before, card = site.balance(serial), site.card(1)
    little = Patience(attempts=2, timeout_s=1.0, deadline_s=5.0, pause_s=0.05, pause_max_s=0.1)
    with site.client(line.address, patience=little) as client:
        line.set(fault)
        with pytest.raises(Unknown) as unknown:
            client.charge(20, cards=[card], key=f"later-{fault.value}")
        assert unknown.value.sent == (fault is Fault.LOSE_ANSWER)
        assert site.balance(serial) == before - (20 if fault is Fault.LOSE_ANSWER else 0)
        line.set(Fault.PASS)
        answers = [client.charge(20, cards=[card], key=unknown.value.key) for _ in range(3)]
    assert answers == [answers[0]] * 3
    assert site.balance(serial) == before - 20


def test_one_key_from_many_threads_is_one_payment(site: PayingSite, client: Client) -> None:
    """A button pressed eight times at once, or a worker that repeats beside another, would charge eight times."""
    serial = site.serials[2]
    before, card = site.balance(serial), site.card(2)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: client.charge(30, cards=[card], key="at-once"), range(8)))
    assert answers == [answers[0]] * 8
    assert site.balance(serial) == before - 30


def test_a_storm_of_faults_leaves_what_was_answered(site: PayingSite, client: Client, line: FaultProxy) -> None:
    """On a bad day some answer is lost at every turn: what the shop believes and what the books hold would drift apart."""
    draw, believed = random.Random(4711), 0
    cards = (3, 4)
    before = sum(site.balance(site.serials[place]) for place in cards)
    for number in range(STORM):
        fault, _ = draw.choice(SPOILED[:-2])
        line.set(fault, times=draw.randint(1, 3), path="/v1/payments")
        amount, place = draw.randint(1, 60), draw.choice(cards)
        payment = client.charge(amount, cards=[site.card(place)], key=f"storm-{number}")
        believed += payment.captured_minor
        if draw.random() < 0.3:
            refunded = client.refund(payment.payment_id, key=f"storm-back-{number}")
            assert refunded.kept_minor == 0
            believed -= refunded.refunded_minor
    line.set(Fault.PASS)
    assert believed == before - sum(site.balance(site.serials[place]) for place in cards)


def test_the_feed_tells_everything_once_and_in_order(site: PayingSite, client: Client, line: FaultProxy) -> None:
    """A shopper who never came back would have paid for nothing."""
    start = [page.cursor for page in client.events()]
    made = [client.charge(1 + n, cards=[site.card(2)], key=f"feed-{n}", reference=f"F{n}") for n in range(3)]
    back = client.refund(made[0].payment_id, key="feed-back")
    line.set(Fault.LOSE_ANSWER, times=1)
    pages = list(client.events(start[-1] if start else ""))
    told = [(event.type, event.payment.payment_id) for page in pages for event in page.events]
    captured: list[Payment] = made
    assert told == [
        *(("payment.captured", one.payment_id) for one in captured),
        ("payment.refunded", back.payment_id),
    ]
    assert list(client.events(pages[-1].cursor)) == []


def test_the_cards_of_test_mode_force_what_seldom_happens(site: PayingSite, line: FaultProxy) -> None:
    """A merchant could not try his own handling of a no before a shopper does."""

    def card(scenario: Scenario) -> Card:
        return Card(scenario_serial(scenario).digits, site.codes[site.serials[0]][0])

    little = Patience(attempts=2, timeout_s=2.0, deadline_s=5.0, pause_s=0.05, pause_max_s=0.1)
    with site.client(line.address, test=True, patience=little) as client:
        assert client.charge(250, cards=[card(Scenario.APPROVED)], key="t1").test
        for number, scenario in enumerate((Scenario.DECLINED, Scenario.INSUFFICIENT_FUNDS, Scenario.WRONG_CURRENCY)):
            with pytest.raises(Declined) as declined:
                client.charge(250, cards=[card(scenario)], key=f"t-no-{number}")
            assert declined.value.reason == scenario.name.lower()
        with pytest.raises(Unknown) as busy:
            client.charge(250, cards=[card(Scenario.BUSY)], key="t-busy")
        assert busy.value.key == "t-busy"
        held = client.authorize(250, cards=[card(Scenario.WINDOW_OVER)], key="t2")
        with pytest.raises(Declined, match="window_over"):
            client.capture(held.payment_id, key="t3")
        paid = client.charge(250, cards=[card(Scenario.CARD_CLOSED)], key="t4")
        with pytest.raises(Declined, match="card_closed"):
            client.refund(paid.payment_id, key="t5")
    assert site.rows("SELECT count(*) FROM ledger WHERE account = 'merchant/EUR/presse' AND amount_minor = 250") == [
        (0,)
    ]


def test_a_killed_authority_is_asked_again_after_its_restart(tmp_path: Path) -> None:
    """A power cut at the authority would cost the shopper his money or the shop its sale."""
    own = make_paying_site(tmp_path / "authority", active=1)
    card = own.card()
    little = Patience(attempts=2, timeout_s=2.0, deadline_s=5.0, pause_s=0.05, pause_max_s=0.1)
    environ = {"KIOSK_FAILPOINT": "authority.merchant.before_send"}
    with served(own.folder, environ=environ) as first:
        client = own.client(f"http://127.0.0.1:{first.port}", patience=little)
        with client as asking, pytest.raises(Unknown) as unknown:
            asking.charge(125, cards=[card], key="cut")
    with served(own.folder) as second, own.client(f"http://127.0.0.1:{second.port}") as client:
        assert client.charge(125, cards=[card], key=unknown.value.key).captured_minor == 125
        assert own.balance(own.serials[0]) == 2_000 - 125
