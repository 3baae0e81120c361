"""A checkout is paid exactly once: whatever windows, double clicks, reloads, lost answers and crashes."""

import asyncio
from typing import Any

import pytest

from kiosk.authority.services import attempts
from kiosk.authority.services.attempts import Attempted, NotOpen
from kiosk.authority.services.checkouts import with_checkout_id
from kiosk.authority.services.pay.answers import Declined
from kiosk.authority.services.refused import TurnedAway
from kiosk.authority.store.checkouts import find_checkout
from kiosk.authority.store.ports import Store, T, Work
from kiosk.authority.store.writer import DirectRunner, lanes
from kiosk.domain.checkout import ATTEMPTS_MAX, LIFE_MS, CheckoutState
from kiosk.domain.scenarios import Scenario, scenario_serial
from kiosk.errors import Trouble
from tests.helpers.checkouts import ADDRESS, BreakingRunner, Hosted, Killed, make_hosted, paid, run
from tests.helpers.spending import CINEMA, Till, make_spending

CLAIM, PAY, SETTLE = 1, 2, 3  # the steps of an attempt, as the breaking runner counts them


@pytest.fixture
def till(either_store: Store) -> Till:
    return make_spending(either_store)


@pytest.fixture
def hosted(till: Till) -> Hosted:
    return make_hosted(till)


def card(till: Till, place: int = 0) -> tuple[str, str]:
    """A card with its next code."""
    serial = till.serials[place]
    return serial, till.next_code(serial)


def wrong_code(till: Till, serial: str) -> str:
    """A code of another card: its check digit is right."""
    return next(code for other, codes in till.codes.items() if other != serial for code in codes)


def test_the_same_key_makes_one_checkout(hosted: Hosted) -> None:
    """A site whose connection broke would send its shopper to a second checkout, and the first would stay open beside it."""
    first = hosted.create(key="k")
    assert hosted.create(key="k") == first
    assert hosted.create(key="other").checkout_id != first.checkout_id
    with pytest.raises(TurnedAway, match="other content"):
        hosted.create(key="k", minor=600)


def test_an_answer_says_where_the_shopper_goes(hosted: Hosted) -> None:
    """The site could not send its shopper anywhere."""
    made = hosted.create(language="en")
    assert made.url == f"{ADDRESS}/pay/{made.checkout_id}?lang=en"
    assert (made.state, made.payment) == ("open", None)


@pytest.mark.parametrize(
    "changes",
    [
        {"return_url": "http://presse.example/merci"},
        {"cancel_url": "javascript:alert(1)"},
        {"return_url": "https://"},
        {"return_url": "https://user:word@presse.example/"},
        {"return_url": "https://presse.example\\@elsewhere.example/"},
        {"return_url": "https://presse.example:port/"},
        {"return_url": "https://presse.example/" + "a" * 500},
        {"title": ""},
        {"title": "   "},
        {"title": "\u202f\u00a0"},
        {"title": "a\u2028b"},
        {"title": "a" * 81},
        {"title": "a\u202eb"},
        {"language": "de"},
        {"window_s": 5},
        {"reference": ""},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_checkout_that_cannot_be_right_is_turned_away(hosted: Hosted, changes: dict[str, Any]) -> None:
    """A shopper would be sent to an address that is none, or read a title that is not the merchant's."""
    with pytest.raises(TurnedAway):
        hosted.create(**changes)


def test_french_is_welcome(hosted: Hosted) -> None:
    """A newspaper that sets its titles as French wants them could not sell a single article."""
    assert hosted.create(title="Phares\u202f: qui les éteint\u202f?", reference="Nº\u00a012").state == "open"


@pytest.mark.parametrize(
    "url", ["http://localhost:8000/a", "http://127.0.0.1/a", "http://[::1]:80/", "https://a.example"]
)
def test_loopback_may_do_without_tls(hosted: Hosted, url: str) -> None:
    """Nobody could try the page on their own machine."""
    assert hosted.create(return_url=url).state == "open"


def test_the_return_address_keeps_its_query() -> None:
    """A site that finds its basket by its own parameter would lose it."""
    assert with_checkout_id("https://a.example/b?c=d#e", "X") == "https://a.example/b?c=d&checkout_id=X#e"
    assert with_checkout_id("https://a.example", "X") == "https://a.example?checkout_id=X"


def test_a_right_code_pays(hosted: Hosted, till: Till) -> None:
    """Nobody could pay."""
    made = hosted.create()
    assert paid(hosted.pay(made.checkout_id, card(till)))
    now = hosted.find(made.checkout_id)
    assert now.state == "paid"
    assert now.payment is not None
    assert (now.payment.status, now.payment.reference) == ("captured", "A-1")
    assert till.balance(till.serials[0]) == 1500


def test_a_decline_leaves_it_open(hosted: Hosted, till: Till) -> None:
    """One typing mistake would cost the shopper the whole basket."""
    made = hosted.create()
    serial = till.serials[0]
    result = hosted.pay(made.checkout_id, (serial, wrong_code(till, serial)))
    assert isinstance(result, Attempted)
    assert isinstance(result.outcome, Declined)
    assert hosted.find(made.checkout_id).state == "open"
    assert paid(hosted.pay(made.checkout_id, card(till)))


def test_two_cards_pay_one_checkout(hosted: Hosted, till: Till) -> None:
    """Leftovers on two cards could never be spent."""
    made = hosted.create(minor=3000)
    first = card(till)
    assert not paid(hosted.pay(made.checkout_id, first))
    assert paid(hosted.pay(made.checkout_id, first, card(till, 1)))
    assert till.balance(till.serials[0]) + till.balance(till.serials[1]) == 1000


def test_a_number_that_cannot_be_right_is_no_attempt(hosted: Hosted, till: Till) -> None:
    """A typing mistake that the check digits find would be one of five tries."""
    made = hosted.create()
    serial, code = card(till)
    with pytest.raises(TurnedAway):
        hosted.pay(made.checkout_id, (serial, code[:-1] + str((int(code[-1]) + 1) % 10)))
    with pytest.raises(TurnedAway, match="twice"):
        hosted.pay(made.checkout_id, (serial, code), (serial, code))
    assert hosted.row(made.checkout_id).attempt == 0
    assert hosted.row(made.checkout_id).state is CheckoutState.OPEN


def test_another_merchant_sees_no_checkout(hosted: Hosted) -> None:
    """A competitor could read what is bought."""
    made = hosted.create()
    for merchant in (CINEMA, "test"):
        with pytest.raises(TurnedAway, match="no such checkout"):
            hosted.find(made.checkout_id, merchant=merchant)


def test_it_lapses(hosted: Hosted, till: Till) -> None:
    """A page left open on a shared computer could be paid a week later, for a basket that is gone."""
    made = hosted.create()
    till.world.clock.advance(LIFE_MS)  # type: ignore[attr-defined] # the tests' own clock
    assert hosted.find(made.checkout_id).state == "lapsed"
    assert hosted.pay(made.checkout_id, card(till)) == NotOpen(hosted.row(made.checkout_id))
    assert hosted.payments() == 0


def test_a_page_is_no_place_to_try_serials_at(hosted: Hosted, till: Till) -> None:
    """With one checkout somebody could pause every card whose number they know."""
    made = hosted.create()
    serial = scenario_serial(Scenario.APPROVED).digits  # a live merchant meets it as unknown
    for _ in range(ATTEMPTS_MAX):
        assert not paid(hosted.pay(made.checkout_id, (serial, wrong_code(till, ""))))
    assert hosted.find(made.checkout_id).state == "lapsed"
    assert not paid(hosted.pay(made.checkout_id, card(till)))


def test_cancelled_stays_cancelled(hosted: Hosted, till: Till) -> None:
    """A shopper who went back to the shop would be charged by the window that is still open."""
    made = hosted.create()
    row = run(hosted.checkouts.attempts.cancel(made.checkout_id))
    assert row is not None and row.state is CheckoutState.CANCELLED
    assert isinstance(hosted.pay(made.checkout_id, card(till)), NotOpen)
    assert hosted.payments() == 0


def test_what_is_paid_cannot_be_cancelled(hosted: Hosted, till: Till) -> None:
    """The site would be told that nothing was paid, and the card was charged."""
    made = hosted.create()
    assert paid(hosted.pay(made.checkout_id, card(till)))
    row = run(hosted.checkouts.attempts.cancel(made.checkout_id))
    assert row is not None and row.state is CheckoutState.PAID


def test_a_suspended_merchant_takes_nothing(hosted: Hosted, till: Till) -> None:
    """A fraudster's checkouts that were made before would go on charging cards."""
    made = hosted.create()
    till.world.sql("UPDATE merchant SET suspended_ms = 1")
    assert isinstance(hosted.pay(made.checkout_id, card(till)), NotOpen)
    assert hosted.payments() == 0


def test_the_same_form_again_tries_nothing(hosted: Hosted, till: Till) -> None:
    """A double click or a reload would count one typing mistake twice, and pause the card for it."""
    made = hosted.create()
    serial = till.serials[0]
    wrong = (serial, wrong_code(till, serial))
    first = hosted.pay(made.checkout_id, wrong, seen=0)
    other = hosted.pay(made.checkout_id, (till.serials[1], wrong_code(till, till.serials[1])), seen=0)
    assert hosted.pay(made.checkout_id, wrong, seen=0) == first
    assert first != other
    assert hosted.row(made.checkout_id).attempt == 2
    assert till.world.rows("SELECT wrong_codes FROM card WHERE card_id = ?", int(serial)) == [(1,)]
    hosted.pay(made.checkout_id, wrong)  # typed again on the page that said no: meant
    assert hosted.row(made.checkout_id).attempt == 3


@pytest.mark.parametrize("dies", [False, True], ids=["answer lost", "process dies"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [CLAIM, PAY, SETTLE], ids=["claim", "pay", "settle"])
@pytest.mark.parametrize("right", [False, True], ids=["wrong code", "right code"])
def test_whatever_breaks_it_is_paid_once_and_never_lost(
    till: Till, at: int, right: bool, *, after: bool, dies: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A power cut at the wrong moment would charge a card for a checkout that says open, or let it be paid a second time."""
    made = make_hosted(till).create()
    serial = till.serials[0]
    code = till.next_code(serial) if right else wrong_code(till, serial)
    hosted = Hosted(till, BreakingRunner(DirectRunner(till.world.store), at, after=after, dies=dies))
    with pytest.raises((Killed, Trouble)):
        hosted.pay(made.checkout_id, (serial, code), seen=0)
    survivor = hosted.reborn() if dies else hosted
    charged = right and (at == SETTLE or (at == PAY and after))
    assert survivor.find(made.checkout_id).state == ("paid" if charged else "open")
    assert hosted.payments() == int(charged)
    again = survivor.pay(made.checkout_id, card(till, 1))
    assert paid(again) != charged
    assert survivor.find(made.checkout_id).state == "paid"
    assert hosted.payments() == 1


def test_two_windows_with_two_cards_pay_once(till: Till) -> None:
    """Somebody with the page open twice would pay twice."""
    with lanes(till.world.store) as runner:
        hosted = Hosted(till, runner)

        async def both() -> tuple[str, list[Attempted | NotOpen]]:
            made = await hosted.creating()
            cards = [card(till, place) for place in (0, 1, 2)]
            windows = [hosted.paying(made.checkout_id, one, seen=0) for one in cards]
            return made.checkout_id, list(await asyncio.gather(*windows))

        checkout_id, results = run(both())
        assert [paid(one) for one in results].count(True) == 1
        assert all(
            isinstance(one, NotOpen) and one.row and one.row.state is CheckoutState.PAID
            for one in results
            if not paid(one)
        )
        assert hosted.row(checkout_id).state is CheckoutState.PAID
        assert hosted.payments() == 1


def test_windows_that_read_at_the_same_moment_try_one_after_the_other(till: Till) -> None:
    """Two attempts would be under way, and only the later one be known: the earlier could be taken for lost."""

    site: list[Hosted] = []

    class Yielding(BreakingRunner):
        async def read(self, work: Work[T]) -> T:
            await asyncio.sleep(0)
            return await self.inner.read(work)

        async def together(self, group: Any, question: Any) -> Any:
            for _ in range(5):
                await asyncio.sleep(0)
            assert asyncio.current_task() in site[0].checkouts.attempts._running.values()
            return await self.inner.together(group, question)

    async def both(hosted: Hosted) -> list[bool]:
        made = await hosted.creating()
        serial = till.serials[0]
        cards = [(serial, wrong_code(till, serial)), card(till, 1), card(till, 2)]
        windows = [hosted.paying(made.checkout_id, one, seen=0) for one in cards]
        return [paid(one) for one in await asyncio.gather(*windows)]

    with lanes(till.world.store) as runner:
        site.append(Hosted(till, Yielding(runner, 0, after=False, dies=False)))
        assert sorted(run(both(site[0]))) == [False, False, True]
        assert site[0].payments() == 1


def test_a_double_click_hears_of_its_own_payment(hosted: Hosted, till: Till) -> None:
    """The browser shows the second click's answer: it would say nothing of what is left on the card."""
    made = hosted.create()
    right = card(till)
    assert hosted.pay(made.checkout_id, right, seen=0) == hosted.pay(made.checkout_id, right, seen=0)
    assert hosted.payments() == 1


def test_a_double_click_on_a_wrong_code_is_one_try(till: Till) -> None:
    """A nervous finger would use up the tries of the card."""
    with lanes(till.world.store) as runner:
        hosted = Hosted(till, runner)
        serial = till.serials[0]
        wrong = (serial, wrong_code(till, serial))

        async def both() -> list[Attempted | NotOpen]:
            made = await hosted.creating()
            return list(await asyncio.gather(*(hosted.paying(made.checkout_id, wrong, seen=0) for _ in range(3))))

        first, *others = run(both())
        assert all(one == first for one in others)
        assert till.world.rows("SELECT wrong_codes FROM card WHERE card_id = ?", int(serial)) == [(1,)]


def test_a_window_that_closes_leaves_no_attempt_half_done(till: Till) -> None:
    """A shopper who closes the window in the middle would be charged, and the site told that nothing was paid."""
    with lanes(till.world.store) as runner:
        hosted = Hosted(till, runner)

        async def closes() -> str:
            made = await hosted.creating()
            window = asyncio.create_task(hosted.paying(made.checkout_id, card(till), seen=0))
            while not hosted.checkouts.attempts._running:
                await asyncio.sleep(0)
            window.cancel()
            return (await hosted.checkouts.find(till.callers["presse"], made.checkout_id)).state

        assert run(closes()) == "paid"
        assert hosted.payments() == 1


@pytest.mark.parametrize("patient", [True, False], ids=["who waits", "who does not"])
def test_an_attempt_under_way_is_not_taken_for_lost(
    till: Till, monkeypatch: pytest.MonkeyPatch, *, patient: bool
) -> None:
    """Whoever looks in the middle would open the checkout again, and it could be paid a second time."""
    if not patient:
        monkeypatch.setattr(attempts, "PATIENCE_S", 0)

    class Slow(BreakingRunner):
        claimed, go_on = asyncio.Event(), asyncio.Event()

        async def together(self, group: Any, question: Any) -> Any:
            self.claimed.set()
            await self.go_on.wait()
            return await self.inner.together(group, question)

    async def looks(runner: Slow) -> tuple[str, str]:
        hosted = Hosted(till, runner)
        made = await hosted.creating()
        window = asyncio.create_task(hosted.paying(made.checkout_id, card(till), seen=0))
        await runner.claimed.wait()
        looker = asyncio.create_task(hosted.checkouts.find(till.callers["presse"], made.checkout_id))
        if patient:
            for _ in range(5):
                await asyncio.sleep(0)
            assert not looker.done()
        else:
            assert (await looker).state == "paying"
        row = await runner.read(lambda tx: find_checkout(tx, made.checkout_id))
        assert row is not None
        runner.go_on.set()
        assert paid(await window)
        now = await hosted.checkouts.find(till.callers["presse"], made.checkout_id)
        assert not patient or await looker == now
        return row.state.value, now.state

    with lanes(till.world.store) as runner:
        assert run(looks(Slow(runner, 0, after=False, dies=False))) == ("paying", "paid")
