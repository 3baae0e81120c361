"""Payments and events over the ASGI application: every yes, every decline, every refusal, test mode and each of its cards."""

import asyncio

import msgspec
import pytest

from kiosk.authority.app import make_app
from kiosk.authority.endpoints.payments import SLOW_S
from kiosk.authority.merchant_access import MAX_PAUSES
from kiosk.authority.store.ports import OVERLOADED, trouble
from kiosk.authority.store.writer import DirectRunner
from kiosk.domain.scenarios import Scenario, scenario_serial
from kiosk.protocol.codec import decode
from kiosk.protocol.messages import Amount
from kiosk.protocol.payments import (
    CancelPaymentRequest,
    CaptureRequest,
    EventsAnswer,
    PaymentAnswer,
    PaymentRequest,
    RefundRequest,
    Scratch,
)
from tests.fakes.clock import FakeClock
from tests.helpers.asgi import PUBLIC_NAME, Reply, ask
from tests.helpers.merchant import MerchantClient
from tests.helpers.spending import Till, make_spending

PAYMENTS = "/v1/payments"
ANY_CODE = "000000000000"


@pytest.fixture
def site(clock: FakeClock) -> Till:
    return make_spending(clock=clock)


@pytest.fixture
def client(site: Till) -> MerchantClient:
    return MerchantClient(site)


@pytest.fixture
def rehearsal(site: Till) -> MerchantClient:
    return MerchantClient(site, "K-test", test=True)


def _answer(reply: Reply) -> PaymentAnswer:
    assert reply.status == 200, reply.body
    return decode(reply.body, PaymentAnswer)


def _refused(reply: Reply) -> tuple[int, str, str]:
    assert reply.json["payment_id"]
    return reply.status, reply.problem, reply.json["reason"]


def test_charge_refund_and_look(client: MerchantClient, site: Till) -> None:
    """A merchant could not sell, nor give back."""
    serial = site.serials[0]
    request = PaymentRequest(Amount(750, "EUR"), [Scratch(serial, site.next_code(serial))], reference="panier 12")
    paid = _answer(client.post(PAYMENTS, request))
    assert (paid.status, paid.captured, paid.reference, paid.test) == (
        "captured",
        Amount(750, "EUR"),
        "panier 12",
        False,
    )
    assert [leg.card for leg in paid.legs] == [serial[-4:]]
    refunds = f"{PAYMENTS}/{paid.payment_id}/refunds"
    assert _answer(client.post(refunds, RefundRequest(Amount(250, "EUR")))).refunded == Amount(250, "EUR")
    assert _answer(client.get(f"{PAYMENTS}/{paid.payment_id}")).status == "captured"
    assert _answer(client.post(refunds, RefundRequest())).status == "refunded"
    assert _refused(client.post(refunds, RefundRequest())) == (409, "payment-refused", "not_captured")
    assert site.balance(serial) == 2_000


def test_hold_then_capture_or_cancel(client: MerchantClient, site: Till) -> None:
    """A merchant that delivers later would take the money too early, too much of it, or twice."""
    held = [
        _answer(client.post(PAYMENTS, site.ask((serial, site.next_code(serial)), minor=900, capture=False)))
        for serial in site.serials[:2]
    ]
    assert {one.status for one in held} == {"authorized"} and all(one.until_ms for one in held)
    first, second = (f"{PAYMENTS}/{one.payment_id}" for one in held)
    assert _refused(client.post(f"{first}/capture", CaptureRequest(Amount(901, "EUR")))) == (
        409,
        "payment-refused",
        "over_amount",
    )
    assert _answer(client.post(f"{first}/capture", CaptureRequest(Amount(400, "EUR")))).captured == Amount(400, "EUR")
    assert _refused(client.post(f"{first}/cancel", CancelPaymentRequest()))[2] == "not_authorized"
    assert _answer(client.post(f"{second}/cancel", CancelPaymentRequest())).status == "cancelled"
    assert [site.balance(serial) for serial in site.serials[:2]] == [1_600, 2_000]


def test_a_decline_names_its_reason_and_its_record(client: MerchantClient, site: Till) -> None:
    """A merchant could not tell its shopper what to do; or it would learn what a stranger must not."""
    serial, other = site.serials[0], site.serials[1]
    too_much = client.post(PAYMENTS, site.ask((serial, site.next_code(serial)), minor=2_001))
    assert _refused(too_much) == (402, "payment-declined", "insufficient_funds")
    wrong = client.post(PAYMENTS, site.ask((serial, site.next_code(other)), minor=100))
    assert _refused(wrong) == (402, "payment-declined", "declined")
    assert _answer(client.get(f"{PAYMENTS}/{wrong.json['payment_id']}")).status == "declined"


def test_answers_under_a_key_are_for_ever_refusals_too(client: MerchantClient, site: Till, clock: FakeClock) -> None:
    """A merchant that asks again a year later would pay twice, or pay what was declined."""
    serial = site.serials[0]
    decline = site.ask((serial, site.next_code(serial)), minor=2_001)
    declined = client.post(PAYMENTS, decline, key="a")
    paid = client.post(PAYMENTS, site.ask((serial, site.next_code(serial)), minor=500), key="b")
    early = client.post(f"{PAYMENTS}/{paid.json['payment_id']}/cancel", b"{}", key="c")
    client.post(f"{PAYMENTS}/{paid.json['payment_id']}/refunds", b"{}", key="d")
    clock.advance(366 * 86_400_000)
    assert client.post(PAYMENTS, decline, key="a").json == declined.json
    again = client.post(f"{PAYMENTS}/{paid.json['payment_id']}/cancel", b"{}", key="c")
    assert (again.status, again.json) == (409, early.json)
    # what was answered then, although the payment was refunded since
    first = client.prepare("POST", PAYMENTS, site.ask((serial, site.codes[serial][1]), minor=500), key="b")
    assert client.send(first).json == paid.json


def _said_again(reply: Reply) -> bool:
    found = dict(reply.headers).get(b"idempotent-replayed")
    assert found in (None, b"true")
    return found is not None


def test_a_repeat_is_told_that_it_is_one_and_nobody_else(client: MerchantClient, site: Till) -> None:
    """A merchant could not tell from an answer whether its shopper was served now or long ago (PR-14)."""
    serial = site.serials[0]
    held = site.ask((serial, site.next_code(serial)), minor=800, capture=False)
    first = _answer(client.post(PAYMENTS, held, key="held"))
    payment = f"{PAYMENTS}/{first.payment_id}"
    asked: list[tuple[str, msgspec.Struct, str]] = [
        (PAYMENTS, site.ask((serial, site.next_code(serial)), minor=500), "paid"),
        (PAYMENTS, site.ask((serial, site.next_code(serial)), minor=2_001), "declined"),
        (f"{payment}/refunds", RefundRequest(), "refused"),
        (f"{payment}/capture", CaptureRequest(Amount(700, "EUR")), "captured"),
        (f"{payment}/refunds", RefundRequest(Amount(600, "EUR")), "refunded"),
        (f"{payment}/cancel", CancelPaymentRequest(), "late"),
    ]
    for path, request, key in asked:
        reply = client.post(path, request, key=key)
        assert not _said_again(reply), key
        for _ in range(2):
            again = client.post(path, request, key=key)
            assert _said_again(again), key
            assert (again.status, again.body) == (reply.status, reply.body)
    assert _said_again(client.post(PAYMENTS, held, key="held"))
    assert not _said_again(client.get(payment))
    other = client.post(PAYMENTS, site.ask((serial, site.next_code(serial)), minor=100), key="paid")
    assert other.status == 422 and not _said_again(other)


def test_other_content_under_a_key_is_a_conflict(client: MerchantClient, site: Till) -> None:
    """A merchant that counts its keys wrongly would be told that somebody else's payment was its shopper's."""
    serial = site.serials[0]
    client.post(PAYMENTS, site.ask((serial, site.next_code(serial)), minor=100), key="a")
    reply = client.post(PAYMENTS, site.ask((serial, site.next_code(serial)), minor=100), key="a")
    assert (reply.status, reply.problem) == (422, "idempotency-conflict")
    assert site.balance(serial) == 1_900


@pytest.mark.parametrize(
    "change",
    [
        {"amount": Amount(0, "EUR")},
        {"amount": Amount(-1, "EUR")},
        {"amount": Amount(5_001, "EUR")},
        {"amount": Amount(100, "USD")},
        {"instruments": []},
        {"instruments": [Scratch("1234", ANY_CODE)]},
        {"instruments": [Scratch(scenario_serial(Scenario.APPROVED).digits, "123")]},
        {"instruments": [Scratch(scenario_serial(Scenario.APPROVED).digits, ANY_CODE)] * 2},
        {"window_s": 59},
        {"window_s": 601},
        {"reference": ""},
        {"reference": "x" * 65},
        {"reference": "line\nline"},
    ],
)
def test_what_cannot_be_meant_is_no_try(change: dict[str, object], client: MerchantClient, site: Till) -> None:
    """A typing error would count as a wrong code, or be paid as something else (CD-01)."""
    known: dict[str, object] = {
        "amount": Amount(100, "EUR"),
        "instruments": [Scratch(site.serials[0], site.next_code(site.serials[0]))],
    }
    reply = client.post(PAYMENTS, PaymentRequest(**(known | change)))  # type: ignore[arg-type] # some of them wrong on purpose
    assert (reply.status, reply.problem) == (400, "malformed-request")
    assert site.world.rows("SELECT * FROM spend") == []


def test_events_come_in_order_and_once(client: MerchantClient, site: Till) -> None:
    """A merchant whose server was away would never learn of a payment, or book one twice."""
    serial = site.serials[0]
    paid = _answer(client.post(PAYMENTS, site.ask((serial, site.next_code(serial)), minor=100)))
    client.post(PAYMENTS, site.ask((serial, site.next_code(serial)), minor=5_000))  # declined: no event
    page = decode(client.get("/v1/events").body, EventsAnswer)
    assert [(one.type, one.payment.payment_id) for one in page.events] == [("payment.captured", paid.payment_id)]
    client.post(f"{PAYMENTS}/{paid.payment_id}/refunds", b"{}")
    page = decode(client.get("/v1/events", query=f"after={page.cursor}").body, EventsAnswer)
    assert [one.type for one in page.events] == ["payment.refunded"] and not page.more
    assert decode(client.get("/v1/events", query=f"after={page.cursor}").body, EventsAnswer).events == []


def _try(client: MerchantClient, scenario: Scenario, *, capture: bool = True, key: str = "") -> Reply:
    serial = scenario_serial(scenario).digits
    request = client.site.ask((serial, ANY_CODE), minor=300, capture=capture)
    return client.post(PAYMENTS, request, key=key or None)


def test_each_test_card_forces_its_outcome(rehearsal: MerchantClient) -> None:
    """A merchant would meet in the shop for the first time what it could not rehearse."""
    assert _answer(_try(rehearsal, Scenario.APPROVED)).test is True
    assert _refused(_try(rehearsal, Scenario.DECLINED))[::2] == (402, "declined")
    assert _refused(_try(rehearsal, Scenario.INSUFFICIENT_FUNDS))[::2] == (402, "insufficient_funds")
    assert _refused(_try(rehearsal, Scenario.WRONG_CURRENCY))[::2] == (402, "wrong_currency")
    held = _answer(_try(rehearsal, Scenario.WINDOW_OVER, capture=False))
    late = rehearsal.post(f"{PAYMENTS}/{held.payment_id}/capture", CaptureRequest())
    assert _refused(late)[::2] == (409, "window_over")
    paid = _answer(_try(rehearsal, Scenario.CARD_CLOSED))
    closed = rehearsal.post(f"{PAYMENTS}/{paid.payment_id}/refunds", RefundRequest())
    assert _refused(closed)[::2] == (409, "card_closed")


def test_the_busy_card_is_a_503_that_comes_again(rehearsal: MerchantClient, site: Till) -> None:
    """A merchant could not rehearse an authority that cannot answer."""
    for _ in range(2):
        reply = _try(rehearsal, Scenario.BUSY, key="a")
        assert (reply.status, reply.problem, reply.json["retryable"]) == (503, "busy", True)
        assert int(dict(reply.headers)[b"retry-after"]) > 0
    assert site.world.rows("SELECT * FROM spend") == []


def test_the_slow_card_pays_first_and_answers_late(rehearsal: MerchantClient) -> None:
    """A merchant could not rehearse that it gave up waiting and was paid all the same."""
    first = _answer(_try(rehearsal, Scenario.SLOW, key="a"))
    assert rehearsal.paused == [SLOW_S]
    again = _try(rehearsal, Scenario.SLOW, key="a")
    assert _answer(again) == first and _said_again(again)
    assert _answer(_try(rehearsal, Scenario.APPROVED)).status == "captured" and len(rehearsal.paused) == 2


def test_only_so_many_answers_are_kept_back_at_once(site: Till) -> None:
    """Somebody's rehearsal would hold every connection while others have real shoppers."""
    held: list[float] = []
    gate = asyncio.Event()

    async def pause(seconds: float) -> None:
        held.append(seconds)
        await gate.wait()

    client = MerchantClient(site, "K-test", test=True)
    app = make_app(site.world.authority, DirectRunner(site.world.store), public_name=PUBLIC_NAME, pause=pause)
    slow = site.ask((scenario_serial(Scenario.SLOW).digits, ANY_CODE), minor=100)

    async def run() -> int:
        asking = [asyncio.create_task(ask(app, client.prepare("POST", PAYMENTS, slow))) for _ in range(MAX_PAUSES + 3)]
        done, _ = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
        gate.set()
        await asyncio.gather(*asking)
        return len(done)

    assert asyncio.run(run()) >= 1
    assert len(held) == MAX_PAUSES


def test_a_test_card_is_nobodys_to_a_live_key(client: MerchantClient, site: Till, clock: FakeClock) -> None:
    """Everybody could buy with numbers from our own documentation."""
    for scenario in Scenario:
        clock.advance(3_600_000)  # so that the guard does not take the rehearsal for guessing
        reply = _try(client, scenario)
        assert _refused(reply) == (402, "payment-declined", "declined"), scenario
    assert client.paused == []
    assert site.account("card-liability/EUR") == -sum(site.balance(serial) for serial in site.serials)


def test_a_test_key_moves_nothing_of_a_real_card(rehearsal: MerchantClient, site: Till) -> None:
    """A rehearsal would empty somebody's card, or say whether a code is right."""
    serial = site.serials[0]
    reply = rehearsal.post(PAYMENTS, site.ask((serial, site.next_code(serial)), minor=100))
    assert _refused(reply)[::2] == (402, "declined")
    assert site.balance(serial) == 2_000
    assert site.world.rows("SELECT wrong_codes, locked_until_ms FROM card WHERE wrong_codes <> 0") == []


def test_an_overloaded_authority_says_when_to_come_back(
    client: MerchantClient, site: Till, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A merchant would take an overloaded authority for a declined card, or come back all the time."""

    def full(*_: object) -> None:
        raise trouble(OVERLOADED, "2048 requests are waiting already")

    monkeypatch.setattr(site.world.authority.spending, "batch", full)
    reply = client.post(PAYMENTS, site.ask((site.serials[0], site.next_code(site.serials[0])), minor=100))
    assert (reply.status, reply.problem, reply.json["detail"]) == (503, "busy", OVERLOADED)
    assert int(dict(reply.headers)[b"retry-after"]) > 0
    assert site.serials[0] not in caplog.text


def test_a_bug_is_a_problem_that_says_nothing(
    client: MerchantClient, site: Till, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A traceback would tell a stranger how we are made, or a code be written into the diary."""
    code = site.next_code(site.serials[0])

    def broken(*_: object) -> None:
        raise RuntimeError(code)

    monkeypatch.setattr(site.world.authority.spending, "batch", broken)
    reply = client.post(PAYMENTS, site.ask((site.serials[0], code), minor=100))
    assert (reply.status, reply.problem) == (500, "internal")
    assert code.encode() not in reply.body and code not in caplog.text
