"""One sale through everything that ships but the screens: pty scanner, till, journal, signed wire, authority, ESC/POS printer."""

import pytest

from kiosk.demo.fault_proxy import Fault
from kiosk.demo.world import record_of
from kiosk.domain.refusals import Reason, ScanRefusal
from kiosk.domain.sale import LinePhase
from kiosk.till.commands import NextSale, PayCash, PrintReceipt
from kiosk.till.state import Stage, TillState
from tests.helpers.shop import Shop, Till

pytestmark = pytest.mark.shared_world


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]  # a generator fixture
    with Shop(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture(scope="module")
def till(shop: Shop) -> Till:
    till = shop.open_till()
    till.log_in()
    till.wait(lambda state: sum(count for _, count in state.stock) > 0, "the stock list")
    return till


def phases(state: TillState) -> list[LinePhase]:
    return [line.phase for line in state.sale.lines] if state.sale else []


def test_a_card_is_sold_and_active_and_its_receipt_is_paper(shop: Shop, till: Till) -> None:
    """The main job: without it there is no product."""
    for number in (0, 1):
        shop.scan(shop.scheme.first("12", skip=number))
        till.wait(lambda state, n=number: phases(state) == [LinePhase.HELD] * (n + 1), "the card is held")  # type: ignore[misc] # mypy cannot type the default
    till.do(PayCash(5_000))
    done = till.wait(lambda state: state.stage is Stage.RESULT, "activated")
    assert done.sale is not None
    assert phases(done) == [LinePhase.ACTIVATED] * 2
    assert done.sale.tenders[0].change_minor == 1_000
    assert [record_of(shop.operator, line.line_id) for line in done.sale.lines] == ["committed"] * 2
    till.do(PrintReceipt())
    printed = till.wait(lambda state: bool(state.book.jobs) and state.book.jobs[-1].outcome is not None, "printed")
    assert printed.book.jobs[-1].outcome == "printed"
    text = "\n".join(shop.printer.text(0))
    assert "40,00 €" in text
    assert not any(line.serial in text for line in done.sale.lines)
    assert shop.printer.drawer_kicks == 1
    till.do(NextSale())
    till.wait(lambda state: state.sale is None, "the next sale")


@pytest.mark.parametrize(
    ("hint", "reason"),
    [("stolen", Reason.NOT_SELLABLE), ("other_shop", Reason.NOT_SELLABLE), ("not_received", Reason.NOT_RECEIVED)],
)
def test_a_card_that_may_not_be_sold_stays_out(shop: Shop, till: Till, hint: str, reason: Reason) -> None:
    """A stolen card, a neighbour's card and one still on its way must not become money."""
    shop.scan(shop.scheme.first("11", hint))
    state = till.wait(lambda state: bool(state.notice and state.notice.reason), "a refusal")
    assert state.notice is not None
    assert state.notice.reason is reason
    assert state.sale is None or not [phase for phase in phases(state) if phase is not LinePhase.RELEASED]
    assert till.sounds.played[-1] == "scan_refused"
    shop.scan(shop.scheme.first("11", "damaged"))
    till.wait(lambda state: bool(state.notice and state.notice.scan is ScanRefusal.CHECK_DIGITS), "check digits")


def test_an_answer_lost_on_the_way_is_asked_for_again(shop: Shop, till: Till) -> None:
    """The authority has activated the card and the till does not know: it must ask, never send a new activation."""
    shop.scan(shop.scheme.first("13"))
    till.wait(lambda state: phases(state) == [LinePhase.HELD], "held")
    shop.proxy.set(Fault.LOSE_ANSWER, times=1, path="/commit")
    till.do(PayCash(5_000))
    done = till.wait(lambda state: state.stage is Stage.RESULT, "activated after asking", timeout_s=30.0)
    assert done.sale is not None
    assert record_of(shop.operator, done.sale.lines[0].line_id) == "committed"


def test_a_till_that_stands_still_says_on_whose_keys(till: Till) -> None:
    """A demonstration till that has halted would look like a real one. The last test here: nothing is published after it."""
    till.terminal._halted("TIL-02")
    halted = till.wait(lambda state: state.stage is Stage.HALTED, "the halted page")
    assert halted.demonstration_keys
    assert halted.trouble == "TIL-02"
