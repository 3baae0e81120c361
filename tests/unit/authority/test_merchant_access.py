"""The merchants' door, over the ASGI application: what is let in, what is turned away and with which problem, and that nothing else
moves."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from kiosk.authority.services.guard import Guard
from kiosk.authority.store import merchants
from kiosk.domain.scenarios import Scenario, scenario_serial
from kiosk.protocol.keys import SharedSecret
from kiosk.protocol.messages import MAX_BODY_BYTES
from kiosk.protocol.payments import CaptureRequest, PaymentAnswer, PaymentRequest, RefundRequest
from kiosk.protocol.signing import TERMINAL_TAG
from tests.fakes.clock import FakeClock
from tests.helpers.asgi import Prepared
from tests.helpers.merchant import MerchantClient
from tests.helpers.spending import CINEMA, PRESS, Till, make_spending

PAYMENTS = "/v1/payments"
Spoil = Callable[[Prepared], Prepared]


@pytest.fixture
def site(clock: FakeClock) -> Till:
    return make_spending(clock=clock)


@pytest.fixture(params=["hmac", "p256"])
def client(request: pytest.FixtureRequest, site: Till) -> MerchantClient:
    return MerchantClient(site, p256=request.param == "p256")


def _charge(site: Till, minor: int = 300) -> PaymentRequest:
    serial = site.serials[0]
    return site.ask((serial, site.next_code(serial)), minor=minor)


def _state(site: Till) -> list[tuple[object, ...]]:
    return [
        row for table in ("card", "spend", "open_authorization") for row in site.world.rows(f"SELECT * FROM {table}")
    ]


def _flip(text: str, place: int) -> str:
    return text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]


def _input(p: Prepared, old: str, new: str) -> Prepared:
    text = p.header("signature-input")
    assert old in text
    return p.with_header("signature-input", text.replace(old, new))


SPOILED: dict[str, tuple[Spoil, str]] = {
    "no signature": (lambda p: p.with_header("signature").with_header("signature-input"), "unsigned-request"),
    "no signature input": (lambda p: p.with_header("signature-input"), "bad-signature"),
    "signature flipped": (lambda p: p.with_header("signature", _flip(p.header("signature"), 20)), "bad-signature"),
    "signature doubled": (lambda p: p.with_header("signature", *[p.header("signature")] * 2), "bad-signature"),
    "method": (lambda p: replace(p, path=f"{PAYMENTS}/{'0' * 36}/refunds"), "bad-signature"),
    "path": (lambda p: replace(p, path=f"{PAYMENTS}/{'1' * 36}/cancel"), "bad-signature"),
    "query": (lambda p: replace(p, query="after=1"), "bad-signature"),
    "digest": (lambda p: p.with_header("content-digest", _flip(p.header("content-digest"), 12)), "bad-signature"),
    "digest dropped": (lambda p: p.with_header("content-digest"), "bad-signature"),
    "body": (lambda p: replace(p, body=p.body.replace(b"300", b"900")), "bad-signature"),
    "content type": (lambda p: p.with_header("content-type", "application/json; charset=utf-8"), "bad-signature"),
    "idempotency key": (lambda p: p.with_header("idempotency-key", "another"), "bad-signature"),
    "idempotency key dropped": (lambda p: p.with_header("idempotency-key"), "bad-signature"),
    "version": (lambda p: p.with_header("kiosk-version", "9.9"), "bad-signature"),
    "encoded": (lambda p: p.with_header("content-encoding", "gzip"), "bad-signature"),
    "tag": (lambda p: _input(p, "merchant", "terminal"), "bad-signature"),
    "created": (lambda p: _input(p, "created=1", "created=2"), "bad-signature"),
    "nonce": (lambda p: _input(p, 'nonce="A', 'nonce="B'), "bad-signature"),
    "part left out": (lambda p: _input(p, '"@query" ', ""), "bad-signature"),
    "unknown key": (lambda p: _input(p, "K-presse", "K-nobody"), "unknown-merchant"),
}


@pytest.mark.parametrize("name", list(SPOILED))
def test_a_spoiled_request_is_turned_away_and_nothing_moves(name: str, client: MerchantClient, site: Till) -> None:
    """Somebody on the way could change a payment, or make one (T-SIG)."""
    spoil, expected = SPOILED[name]
    before = _state(site)
    reply = client.send(spoil(client.prepare("POST", PAYMENTS, _charge(site))))
    assert reply.problem == expected
    assert reply.status == 401 and "till_action" not in reply.json
    assert _state(site) == before


def test_the_tag_and_the_algorithm_belong_to_the_key(client: MerchantClient, site: Till) -> None:
    """A terminal's signature, or one made with a public key for a secret, would pay."""
    charge = _charge(site)
    assert client.send(client.prepare("POST", PAYMENTS, charge, tag=TERMINAL_TAG)).problem == "bad-signature"
    if client.p256:
        point = client.signer.public.point  # type: ignore[attr-defined] # a P-256 key
        forged = client.prepare("POST", PAYMENTS, charge, signer=SharedSecret(point))
        assert client.send(forged).problem == "bad-signature"


def test_another_authority_was_meant(client: MerchantClient, site: Till) -> None:
    """A request for the test authority would pay at the real one."""
    reply = client.send(client.prepare("POST", PAYMENTS, _charge(site), authority="other.example"))
    assert reply.problem == "bad-signature"


def test_the_same_request_twice_is_heard_once_and_asked_again_answered_again(
    client: MerchantClient, site: Till
) -> None:
    """A recorded request could be played again; or a merchant could not ask again after a lost answer."""
    prepared = client.prepare("POST", PAYMENTS, _charge(site), key="cart-1")
    first = client.send(prepared)
    assert first.status == 200
    again = client.send(prepared)
    assert (again.status, again.problem) == (401, "replayed-request")
    anew = client.prepare("POST", PAYMENTS, prepared.body, key="cart-1")
    assert client.send(anew).json == first.json
    assert site.balance(site.serials[0]) == 1_700


@pytest.mark.parametrize("skew_s", [-301, 301])
def test_a_wrong_clock_is_told_the_time(client: MerchantClient, site: Till, skew_s: int) -> None:
    """A server with a wrong clock could never learn why it sells nothing."""
    client.skew_s = skew_s
    reply = client.get("/v1/events")
    assert (reply.status, reply.problem) == (401, "clock-skew")
    assert reply.json["time_ms"] == site.world.clock.now_ms()
    client.skew_s = skew_s // 2
    assert client.get("/v1/events").status == 200


@pytest.mark.parametrize("key", ["a" * 65, "two words", "clé", "a/b", 'x"y'])
def test_an_idempotency_key_has_a_form(client: MerchantClient, site: Till, key: str) -> None:
    """A key that is cut or altered on the way would name another payment."""
    prepared = client.prepare("POST", PAYMENTS, _charge(site), key="ok")
    try:
        prepared = client.prepare("POST", PAYMENTS, prepared.body, key=key)
    except ValueError:
        prepared = prepared.with_header("idempotency-key", key)
    reply = client.send(prepared)
    assert reply.problem in {"malformed-request", "bad-signature"}
    assert client.post(PAYMENTS, prepared.body, key="A.b_c:d-" + "9" * 56).status == 200


def test_only_json_of_bounded_size_is_read(client: MerchantClient, site: Till) -> None:
    """A form or a film would be taken for a payment, or fill the authority's memory."""
    body = client.prepare("POST", PAYMENTS, _charge(site)).body
    assert client.post(PAYMENTS, body, content_type="text/plain").problem == "malformed-request"
    assert client.post(PAYMENTS, b'{"x":"' + b"a" * MAX_BODY_BYTES + b'"}').problem == "too-large"
    declared = client.prepare("POST", PAYMENTS, body).with_header("content-length", "9" * 9)
    assert client.send(declared).problem == "too-large"
    assert client.send(declared.with_header("content-length", "many")).problem == "malformed-request"
    assert client.post(PAYMENTS, body, content_type="application/json; charset=utf-8").status == 200


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b"\xff\xfe", b'{"n":' + b"[" * 100_000, b'{"amount":{"amount_minor":"3"}}']
)
def test_garbage_under_a_good_signature_is_a_problem(body: bytes, client: MerchantClient, site: Till) -> None:
    """A broken build of a merchant's site could bring the authority down."""
    before = _state(site)
    reply = client.post(PAYMENTS, body)
    assert (reply.status, reply.problem) == (400, "malformed-request")
    assert _state(site) == before


def test_what_is_asked_elsewhere_is_a_problem(client: MerchantClient) -> None:
    """A merchant's client would take a page for an answer."""
    for path in (f"{PAYMENTS}/", f"{PAYMENTS}/a/b/c", f"{PAYMENTS}/a/burn", "/v1/event"):
        assert client.get(path).problem == "not-found", path
    for method, path, allow in (
        ("GET", PAYMENTS, b"POST"),
        ("POST", "/v1/events", b"GET"),
        ("DELETE", f"{PAYMENTS}/x", b"GET"),
        ("HEAD", "/v1/events", b"GET"),
    ):
        reply = client.send(replace(client.prepare("GET", path), method=method))
        assert (reply.status, dict(reply.headers)[b"allow"]) == (405, allow), path
    assert client.get(f"{PAYMENTS}/not-an-id").problem == "malformed-request"


@pytest.mark.parametrize(
    "query", ["after=x", "after=-1", "after=1&after=2", "before=1", "after=%F0", f"after={'9' * 19}", "&"]
)
def test_a_query_that_cannot_be_meant_is_a_problem(query: str, client: MerchantClient) -> None:
    """A wrong cursor would be taken for the beginning, and every event be told twice."""
    assert client.get("/v1/events", query=query).problem == "malformed-request"


def test_a_revoked_key_is_refused_within_a_second_and_the_others_are_not(site: Till, clock: FakeClock) -> None:
    """A stolen key would go on paying; or a merchant could not change its key without closing (PR-05, T-REVOKE)."""
    client = MerchantClient(site)
    other = client.another("K-new")
    assert client.get("/v1/events").status == 200
    site.world.store.write(lambda tx: merchants.revoke_key(tx, client.keyid, now_ms=clock.now_ms()))
    clock.advance(1_000)
    assert client.get("/v1/events").problem == "unknown-merchant"
    assert other.get("/v1/events").status == 200


def test_a_suspended_merchant_takes_nothing_and_may_give_back(site: Till, clock: FakeClock) -> None:
    """A bad merchant would go on taking money; or its shoppers would not get theirs back."""
    client = MerchantClient(site)
    paid = client.post(PAYMENTS, _charge(site), key="k1")
    held = client.post(PAYMENTS, replace_capture(_charge(site)), key="k2")
    found = site.world.store.read(lambda tx: merchants.find_merchant(tx, PRESS))
    assert found is not None
    site.world.store.write(lambda tx: merchants.suspend_merchant(tx, found.merchant_no, at_ms=clock.now_ms()))
    clock.advance(1_000)
    assert client.post(PAYMENTS, _charge(site)).problem == "merchant-suspended"
    capture = f"{PAYMENTS}/{held.json['payment_id']}/capture"
    assert client.post(capture, CaptureRequest()).problem == "merchant-suspended"
    assert client.get(f"{PAYMENTS}/{paid.json['payment_id']}").status == 200
    assert client.post(f"{PAYMENTS}/{paid.json['payment_id']}/refunds", RefundRequest()).json["status"] == "refunded"
    assert client.post(f"{PAYMENTS}/{held.json['payment_id']}/cancel", b"{}").json["status"] == "cancelled"
    site.world.store.write(lambda tx: merchants.suspend_merchant(tx, found.merchant_no, at_ms=None))
    clock.advance(1_000)
    assert client.post(PAYMENTS, _charge(site)).status == 200


def replace_capture(request: PaymentRequest) -> PaymentRequest:
    return PaymentRequest(amount=request.amount, instruments=request.instruments, capture=False)


def test_who_was_answered_before_is_answered_again_whatever_came_between(site: Till, clock: FakeClock) -> None:
    """A merchant that lost the answer would take its paid shopper for an unpaid one, because it was stopped meanwhile."""
    client = MerchantClient(site)
    request = _charge(site)
    first = client.post(PAYMENTS, request, key="cart-7")
    found = site.world.store.read(lambda tx: merchants.find_merchant(tx, PRESS))
    assert found is not None
    site.world.store.write(lambda tx: merchants.set_direct(tx, found.merchant_no, direct=False))
    site.world.store.write(lambda tx: merchants.suspend_merchant(tx, found.merchant_no, at_ms=clock.now_ms()))
    clock.advance(1_000)
    assert client.post(PAYMENTS, request, key="cart-7").json == first.json
    assert client.post(PAYMENTS, _charge(site), key="cart-7").problem == "idempotency-conflict"


def test_codes_on_ones_own_pages_need_the_contract(site: Till, clock: FakeClock) -> None:
    """A merchant whose contract says otherwise would see its shoppers' codes."""
    client = MerchantClient(site)
    found = site.world.store.read(lambda tx: merchants.find_merchant(tx, PRESS))
    assert found is not None
    site.world.store.write(lambda tx: merchants.set_direct(tx, found.merchant_no, direct=False))
    clock.advance(1_000)
    before = _state(site)
    reply = client.post(PAYMENTS, _charge(site))
    assert (reply.status, reply.problem) == (403, "hosted-page-only")
    assert _state(site) == before


def test_a_merchant_sees_and_moves_nothing_of_another(site: Till) -> None:
    """One merchant could read, capture or refund what another sold (BOLA); test and live would see each other."""
    client = MerchantClient(site)
    paid = client.post(PAYMENTS, _charge(site), key="cart-1").json["payment_id"]
    before = _state(site)
    thief = client.another("K-cinema", merchant=CINEMA)
    rehearsal = client.another("K-test", test=True)
    for other in (thief, rehearsal):
        assert other.get(f"{PAYMENTS}/{paid}").problem == "not-found"
        for verb in ("capture", "cancel", "refunds"):
            assert other.post(f"{PAYMENTS}/{paid}/{verb}", b"{}").problem == "not-found"
        assert other.get("/v1/events").json["events"] == []
    assert _state(site) == before
    # the same key of another merchant is another payment
    assert thief.post(PAYMENTS, _charge(site), key="cart-1").json["payment_id"] != paid


def test_a_guesser_is_slowed_down_and_told_until_when(site: Till, clock: FakeClock) -> None:
    """A merchant's site could be used to try codes as fast as the line carries them."""
    client = MerchantClient(site)
    # to a live key a test card is one that nobody knows
    guess = site.ask((scenario_serial(Scenario.APPROVED).digits, "000000000000"), minor=100)
    replies = [client.post(PAYMENTS, guess) for _ in range(60)]
    reply = replies[-1]
    assert [one.status for one in replies[:5]] == [402] * 5
    assert reply.status in {403, 429} and reply.problem in {"hosted-page-only", "merchant-suspended", "slow-down"}
    assert int(dict(reply.headers)[b"retry-after"]) == reply.json["retry_after_s"] > 0
    clock.advance(86_400_000)
    assert client.post(PAYMENTS, _charge(site)).status == 200


def test_the_guard_is_asked_once_and_hears_of_every_payment_that_was_decided(
    site: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A guesser would go on unseen; asked with an address it would hold a place that nobody gives back."""
    heard: list[object] = []
    monkeypatch.setattr(Guard, "may_present", lambda self, **how: heard.append(sorted(how)))
    monkeypatch.setattr(Guard, "note", lambda self, **how: heard.append(how["outcome"]))
    client = MerchantClient(site)
    request = _charge(site)
    client.post(PAYMENTS, request, key="cart-1")
    client.post(PAYMENTS, _charge(site), key="cart-1")  # a conflict: not decided
    asked, outcome, asked_again = heard
    assert asked == asked_again == ["merchant_no"] and isinstance(outcome, PaymentAnswer)
    client.another("K-test", test=True).post(PAYMENTS, _charge(site))
    assert len(heard) == 3
