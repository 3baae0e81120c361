"""``/v1/checkouts`` as a merchant's site asks for it."""

import pytest

from kiosk.authority.store import merchants
from tests.helpers.asgi import PUBLIC_NAME
from tests.helpers.checkouts import checkout_request
from tests.helpers.merchant import MerchantClient
from tests.helpers.pages import Shopper
from tests.helpers.spending import CINEMA, PRESS, make_spending

CHECKOUTS = "/v1/checkouts"


@pytest.fixture
def client() -> MerchantClient:
    return MerchantClient(make_spending())


def test_a_site_makes_a_checkout_and_hears_that_it_was_paid(client: MerchantClient) -> None:
    """The page would be there, and nobody would deliver what was bought."""
    made = client.post(CHECKOUTS, checkout_request()).json
    assert made["url"].startswith(f"https://{PUBLIC_NAME}/pay/{made['checkout_id']}")
    assert client.app is not None
    shopper, path = Shopper(client.app), f"/pay/{made['checkout_id']}"
    serial = client.site.serials[0]
    fields = shopper.get(path).hidden() | {"serial1": serial, "code1": client.site.next_code(serial)}
    assert shopper.post(path, fields).status == 303
    now = client.get(f"{CHECKOUTS}/{made['checkout_id']}").json
    assert (now["state"], now["payment"]["status"]) == ("paid", "captured")
    assert client.get(f"/v1/payments/{now['payment']['payment_id']}").json == now["payment"]


def test_a_repeat_is_the_same_checkout_and_told_so(client: MerchantClient) -> None:
    """A site that asked twice would send its shopper to two pages, and be paid on both (PR-14)."""
    first, again = (client.post(CHECKOUTS, checkout_request(), key="k") for _ in range(2))
    assert first.json == again.json
    assert b"idempotent-replayed" not in dict(first.headers)
    assert dict(again.headers)[b"idempotent-replayed"] == b"true"
    other = client.post(CHECKOUTS, checkout_request(minor=600), key="k")
    assert other.status == 422 and b"idempotent-replayed" not in dict(other.headers)


def test_another_site_finds_no_such_checkout(client: MerchantClient) -> None:
    """A competitor could read what is bought."""
    made = client.post(CHECKOUTS, checkout_request()).json
    other = client.another("K-cinema", merchant=CINEMA)
    assert other.get(f"{CHECKOUTS}/{made['checkout_id']}").problem == "not-found"


def test_a_suspended_site_makes_none_and_may_still_look(client: MerchantClient) -> None:
    """A fraudster would go on; or a site could not find out what it owes to whom."""
    made = client.post(CHECKOUTS, checkout_request()).json
    number = client.site.callers[PRESS].merchant_no
    client.world.store.write(lambda tx: merchants.suspend_merchant(tx, number, at_ms=1))
    client.world.clock.advance(1_001)  # type: ignore[attr-defined] # the tests' own clock
    assert client.post(CHECKOUTS, checkout_request()).problem == "merchant-suspended"
    assert client.get(f"{CHECKOUTS}/{made['checkout_id']}").json["state"] == "open"


def test_a_merchants_key_cannot_be_an_attempts(client: MerchantClient) -> None:
    """A site that paid under the key of its own checkout's attempt could have the page say paid for another amount."""
    reply = client.post(CHECKOUTS, checkout_request(), key="checkout/x/1")
    assert reply.problem == "malformed-request"
