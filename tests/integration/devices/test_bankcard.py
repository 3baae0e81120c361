"""The simulated bank-card terminal: three answers, one charge for one id."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.clock import SystemClock
from kiosk.devices.bankcard.frames import BankCardFramer, encode
from kiosk.devices.bankcard.simulated import BankCardTimings, SimulatedBankCard
from kiosk.devices.virtual import Policy, VirtualBankCard
from kiosk.domain.currency import EUR
from kiosk.domain.money import Money
from kiosk.domain.sale import ChargeOutcome
from kiosk.settings import parse_device_address
from kiosk.till.messages import BankCardAnswered, DeviceHealth, DeviceState
from tests.helpers.mailbox import Mailbox

QUICK = BankCardTimings(seen_s=0.3, customer_s=0.5, status_s=0.3, write_s=0.3)
AMOUNT = Money(7000, EUR)
Pair = tuple[VirtualBankCard, SimulatedBankCard, Mailbox]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    mail = Mailbox()
    with VirtualBankCard(link=tmp_path / "bankcard") as twin:
        address = parse_device_address(f"serial://{tmp_path}/bankcard?baud=9600")
        driver = SimulatedBankCard(address, post=mail, clock=SystemClock(), timings=QUICK)
        driver.start()
        mail.wait(DeviceHealth, lambda message: message.state is DeviceState.READY)
        yield twin, driver, mail
        assert driver.stop(5.0)


@pytest.mark.parametrize(
    ("policy", "outcome"), [(Policy.ACCEPT, ChargeOutcome.ACCEPTED), (Policy.REFUSE, ChargeOutcome.REFUSED)]
)
def test_the_terminals_word_is_taken(pair: Pair, policy: Policy, outcome: ChargeOutcome) -> None:
    """A refused bank card would buy a card."""
    twin, driver, mail = pair
    twin.policy = policy
    driver.charge("c1", AMOUNT)
    assert mail.wait(BankCardAnswered) == BankCardAnswered("c1", outcome)
    assert [(charge.minor, charge.currency) for charge in twin.charges] == [(7000, "EUR")]


def test_silence_is_unknown_and_is_resolved_by_asking(pair: Pair) -> None:
    """The customer would be charged twice, or sent away charged."""
    twin, driver, mail = pair
    twin.policy = Policy.MUTE
    driver.charge("c1", AMOUNT)
    assert mail.wait(BankCardAnswered).outcome is ChargeOutcome.UNKNOWN
    driver.status("c1")
    assert mail.wait(BankCardAnswered) == BankCardAnswered("c1", ChargeOutcome.ACCEPTED)
    assert len(twin.charges) == 1


def test_a_charge_that_was_never_seen_is_refused_for_good(pair: Pair) -> None:
    """A late charge would take money for a sale that was given up."""
    twin, driver, mail = pair
    driver.status("c9")
    assert mail.wait(BankCardAnswered) == BankCardAnswered("c9", ChargeOutcome.REFUSED)
    driver.charge("c9", AMOUNT)
    assert mail.wait(BankCardAnswered).outcome is ChargeOutcome.REFUSED
    assert twin.charges[0].minor == 0


def test_the_same_id_is_charged_once(pair: Pair) -> None:
    """A repeated question would be a second payment."""
    twin, driver, mail = pair
    for _ in range(3):
        driver.charge("c1", AMOUNT)
        assert mail.wait(BankCardAnswered).outcome is ChargeOutcome.ACCEPTED
    assert len(twin.charges) == 1


def test_a_customer_who_takes_time_and_a_clerk_who_decides(pair: Pair) -> None:
    """The workbench's buttons would do nothing."""
    twin, driver, mail = pair
    twin.policy = Policy.ASK
    driver.charge("c1", AMOUNT)
    assert twin.wait(lambda: twin.waiting is not None)
    twin.decide(accept=False)
    assert mail.wait(BankCardAnswered).outcome is ChargeOutcome.REFUSED


def test_unplugged_before_and_during(pair: Pair) -> None:
    """A terminal that was not even reached would keep the till waiting; one that was lost in between is no “no”."""
    twin, driver, mail = pair
    twin.policy = Policy.ASK
    driver.charge("c1", AMOUNT)
    assert twin.wait(lambda: twin.waiting is not None)
    twin.unplug()
    assert mail.wait(BankCardAnswered) == BankCardAnswered("c1", ChargeOutcome.UNKNOWN)
    mail.wait(DeviceHealth, lambda message: message.state is DeviceState.LOST)
    driver.charge("c2", AMOUNT)
    assert mail.wait(BankCardAnswered) == BankCardAnswered("c2", ChargeOutcome.REFUSED)
    driver.status("c1")
    assert mail.wait(BankCardAnswered) == BankCardAnswered("c1", ChargeOutcome.UNKNOWN)
    assert [charge.charge_id for charge in twin.charges] == ["c1"]


@given(st.binary(max_size=300))
def test_noise_is_never_an_answer(noise: bytes) -> None:
    """A disturbed line would accept a bank card."""
    framer = BankCardFramer()
    for message in framer.feed(noise):
        assert encode(*message) in noise


@given(
    st.lists(
        st.text(st.characters(min_codepoint=33, max_codepoint=123), min_size=1, max_size=20), min_size=1, max_size=4
    )
)
def test_messages_survive_any_pieces(fields: list[str]) -> None:
    """A slow line would lose an answer."""
    framer = BankCardFramer()
    found = [message for byte in encode(*fields) for message in framer.feed(bytes([byte]))]
    assert found == [tuple(fields)]
