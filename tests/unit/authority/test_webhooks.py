"""Merchants' sites are told what happened: in order, signed, until they acknowledge; and nothing can be made of it."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.authority.services.refused import TurnedAway
from kiosk.authority.services.webhooks import ALERT_TRIES, Told, checked_url, set_url, tell_again, wait_ms
from kiosk.authority.store.alerts import unseen_alerts
from kiosk.authority.store.webhooks import find_webhook, webhooks
from kiosk.authority.store.writer import DirectRunner
from kiosk.authority.telling import Telling
from kiosk.authority.webhook_sender import WebhookSender, _public
from kiosk.domain.card import make_code
from kiosk.domain.scenarios import Scenario, scenario_serial
from kiosk.protocol.codec import decode
from kiosk.protocol.nonces import Nonces
from kiosk.protocol.payments import Event, PaymentAnswer
from kiosk.protocol.signing import Verified, verify_request
from kiosk.protocol.webhooks import WEBHOOK_TAG, WebhookMessage, webhook_authority
from kiosk_merchant import Webhook
from tests.helpers.authority import KEYS
from tests.helpers.ordinary_library import WRITE, InvalidSignature, Request, library_verifies
from tests.helpers.spending import CINEMA, PRESS, Till, make_spending
from tests.helpers.webhook_site import WebhookSite, webhook_site

URL = "https://presse.example/hooks/kiosk"


class Ear:
    """A site without a network: answers as told, remembers what it heard."""

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)
        self.heard: list[WebhookMessage] = []

    def send(self, message: WebhookMessage) -> Told:
        self.heard.append(message)
        fine = self.answers.pop(0) if self.answers else True
        return Told(fine, "204" if fine else "500")

    def stop(self) -> None:
        """Nothing is under way."""

    @property
    def events(self) -> list[Event]:
        return [decode(message.body, Event) for message in self.heard]


def make_till(url: str = URL, *, demonstration: bool = False) -> Till:
    till = make_spending()
    till.world.store.write(lambda tx: set_url(tx, PRESS, url, demonstration=demonstration))
    return till


def tell(till: Till, sender: Ear | WebhookSender, *, rounds: int = 1) -> None:
    """What the worker does, as often as asked."""

    async def run() -> None:
        telling = Telling(till.world.authority, DirectRunner(till.world.store), sender)
        for _ in range(rounds):
            await telling.begin()
            await telling.settled()
        await telling.begin()  # raises what a telling ended in
        await telling.stop()

    asyncio.run(run())


def row_of(till: Till):  # type: ignore[no-untyped-def] # a row of the table
    row = till.world.store.read(lambda tx: find_webhook(tx, till.callers[PRESS].merchant_no))
    assert row is not None
    return row


def test_every_effect_is_told_once_and_in_its_order() -> None:
    """A site would deliver goods for a payment that was cancelled, or not at all."""
    till, ear = make_till(), Ear()
    one, two = till.serials[:2]
    held = till.charge(one, 300, capture=False)
    till.capture(held.payment_id, 200)
    till.refund(held.payment_id, 50)
    till.cancel(till.charge(one, 10, capture=False).payment_id)
    till.charge(two, 100)
    till.pay(till.ask((one, till.codes[two][-1]), minor=5))  # declined: no event
    till.charge(two, 100, merchant=CINEMA)
    tell(till, ear)
    assert [event.type for event in ear.events] == [
        "payment.authorized", "payment.captured", "payment.refunded", "payment.authorized", "payment.cancelled",
        "payment.captured",
    ]  # fmt: skip
    assert ear.events[1].payment.captured.amount_minor == 200, "as it stood right after"
    assert ear.events[1].payment.refunded.amount_minor == 0
    tell(till, ear)
    assert len(ear.heard) == 6


def test_an_event_is_told_until_it_is_acknowledged_and_none_overtakes_it() -> None:
    """A site that was down for an hour would hear of refunds of payments that it never heard of."""
    till, ear = make_till(), Ear(False, False)
    first, second = till.charge(till.serials[0], 100), till.charge(till.serials[0], 200)
    tell(till, ear)
    assert [event.payment.payment_id for event in ear.events] == [first.payment_id]
    tell(till, ear)
    assert len(ear.heard) == 1, "it waits five seconds"
    till.world.clock.advance(5_000)  # type: ignore[attr-defined] # the tests' own clock
    tell(till, ear)
    assert (row_of(till).tries, row_of(till).last_status) == (2, "500")
    till.world.clock.advance(10_000)  # type: ignore[attr-defined] # the tests' own clock
    tell(till, ear)
    told = [event.payment.payment_id for event in ear.events]
    assert told == [first.payment_id] * 3 + [second.payment_id]
    assert len({event.event_id for event in ear.events}) == 2, "a repeat has the same id"
    assert (row_of(till).tries, row_of(till).last_status) == (0, "204")


def test_waiting_grows_to_an_hour_and_never_ends() -> None:
    """A site that is away for a weekend would be hammered, or forgotten."""
    assert [wait_ms(tries) // 1000 for tries in (1, 2, 3, 9, 10, 11, 1000)] == [5, 10, 20, 1280, 2560, 3600, 3600]


def test_a_person_hears_of_a_site_that_hears_nothing() -> None:
    """A merchant whose site broke would notice when customers complain."""
    till, ear = make_till(), Ear(*[False] * 20)
    till.charge(till.serials[0], 100)
    for tries in range(1, ALERT_TRIES + 3):
        tell(till, ear)
        assert len(till.world.store.read(unseen_alerts)) == (1 if tries >= ALERT_TRIES else 0)
        till.world.clock.advance(3_600_000)  # type: ignore[attr-defined] # the tests' own clock
    (alert,) = till.world.store.read(unseen_alerts)
    assert (alert.kind, alert.merchant_no) == ("webhook_unheard", till.callers[PRESS].merchant_no)


def test_a_first_address_begins_with_what_comes_and_a_second_goes_on() -> None:
    """A site would get a year of events on its first day, or miss those of the day it moved."""
    till, ear = make_spending(), Ear()
    till.charge(till.serials[0], 1)
    write = till.world.store.write
    write(lambda tx: set_url(tx, PRESS, URL, demonstration=False))
    tell(till, ear)
    assert ear.heard == []
    till.charge(till.serials[0], 2)
    write(lambda tx: set_url(tx, PRESS, "https://new.example/", demonstration=False))
    tell(till, ear)
    assert [message.url for message in ear.heard] == ["https://new.example/"]
    write(lambda tx: set_url(tx, PRESS, None, demonstration=False))
    till.charge(till.serials[0], 3)
    tell(till, ear)
    assert len(ear.heard) == 1 and till.world.store.read(webhooks) == []


def test_everything_after_a_cursor_can_be_told_again() -> None:
    """A site that restored yesterday's backup could not catch up."""
    till, ear = make_till(), Ear()
    for minor in (1, 2, 3):
        till.charge(till.serials[0], minor)
    tell(till, ear)
    events = till.world.store.read(till.world.authority.events_work(till.callers[PRESS], after=0))
    first = next(event for event in events.events if event.payment.amount.amount_minor == 1)
    assert first.event_id == ear.events[0].event_id, "the feed and the webhook tell of the same events"
    till.world.store.write(lambda tx: tell_again(tx, PRESS, cursor=0))
    tell(till, ear)
    amounts = [event.payment.amount.amount_minor for event in ear.events]
    assert amounts == [1, 2, 3, 1, 2, 3]
    for cursor in (-1, 10**9):
        with pytest.raises(TurnedAway):
            till.world.store.write(lambda tx, at=cursor: tell_again(tx, PRESS, cursor=at))  # type: ignore[misc] # binds
    with pytest.raises(TurnedAway):
        till.world.store.write(lambda tx: tell_again(tx, CINEMA, cursor=0))


def test_a_cursor_that_was_moved_meanwhile_is_not_moved_back() -> None:
    """The operator's replay would be lost to an answer that was on its way."""
    till = make_till()
    till.charge(till.serials[0], 1)
    till.charge(till.serials[0], 2)

    class Slow(Ear):
        def send(self, message: WebhookMessage) -> Told:
            if len(self.heard) == 1:
                till.world.store.write(lambda tx: tell_again(tx, PRESS, cursor=0))
            return super().send(message)

    ear = Slow()
    tell(till, ear, rounds=2)
    assert [event.payment.amount.amount_minor for event in ear.events] == [1, 2, 1, 2]


def test_test_payments_are_not_told() -> None:
    """A site under development would deliver for test money, or the real one would be rung for nothing."""
    till, ear = make_till(), Ear()
    card = scenario_serial(Scenario.APPROVED).digits, make_code("0" * 11).digits
    assert isinstance(till.pay(till.ask(card, minor=100), merchant="test"), PaymentAnswer)
    tell(till, ear)
    assert ear.heard == []


@pytest.fixture
def sender() -> Iterator[WebhookSender]:
    made = WebhookSender(private_allowed=True, timeout_ms=400)
    yield made
    made.stop()


def verified(site: WebhookSite) -> list[Verified]:
    nonces = Nonces()
    now_s = 1_767_258_000
    found = []
    for request in site.requests:
        result = verify_request(
            request,
            authority=webhook_authority(site.url),
            keys=lambda keyid: KEYS.signing.public if keyid == KEYS.signing.public.fingerprint else None,
            nonces=nonces,
            now_s=now_s + 10,
            tag=WEBHOOK_TAG,
        )
        assert isinstance(result, Verified), result
        found.append(result)
    return found


def test_a_real_site_gets_signed_events(sender: WebhookSender) -> None:
    """A site could not tell the authority's word from anybody's."""
    with webhook_site(200, 204) as site:
        till = make_till(site.url, demonstration=True)
        till.charge(till.serials[0], 100)
        till.charge(till.serials[0], 200)
        tell(till, sender)
        assert len(verified(site)) == 2
        assert [result.idempotency_key for result in verified(site)] == site.keys
        assert decode(site.requests[0].body, Event).event_id == site.keys[0]
        assert (site.requests[0].path, site.requests[0].query) == ("/hooks/kiosk", "shop=1")


def test_an_ordinary_library_believes_our_webhooks(sender: WebhookSender) -> None:
    """A merchant whose site is not written in Python would have to write a verifier of its own."""
    with webhook_site() as site:
        till = make_till(site.url, demonstration=True)
        till.charge(till.serials[0], 100)
        tell(till, sender)
        (request,) = site.requests
        headers = {name.decode("ascii"): value.decode("ascii") for name, value in request.headers}
        message = Request("POST", site.url, headers)
        (found,) = library_verifies(KEYS.signing, message, request.body, tag=WEBHOOK_TAG, needed=WRITE)
        assert found.parameters["keyid"] == KEYS.signing.public.fingerprint
        with pytest.raises(InvalidSignature):
            library_verifies(KEYS.signing, message, request.body + b" ", tag=WEBHOOK_TAG, needed=WRITE)


def test_the_merchants_client_believes_our_webhooks(sender: WebhookSender) -> None:
    """The client that we give to merchants would throw away what we tell them."""
    with webhook_site() as site:
        till = make_till(site.url, demonstration=True)
        paid = till.charge(till.serials[0], 100)
        tell(till, sender)
        (request,) = site.requests
        checker = Webhook(site.url, KEYS.signing.public.text, clock=till.world.clock)  # type: ignore[arg-type] # now_ms is what it asks
        headers = [(name.decode("ascii"), value.decode("ascii")) for name, value in request.headers]
        assert checker.verify(headers, request.body).payment.payment_id == paid.payment_id


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (500, "500"),
        (404, "404"),
        (199, None),
        ("elsewhere", "302: a redirect is not followed"),
        ("silent", "no answer in time"),
        ("drip", "no answer in time"),
        ("drop", "the connection failed"),
        ("half", "the connection failed"),
    ],
)
def test_whatever_a_site_does_the_event_is_told_again(
    sender: WebhookSender, answer: int | str, status: str | None
) -> None:
    """An event would be lost because a site answered strangely, or a thread would hang for ever."""
    with webhook_site(answer, 200) as site:
        till = make_till(site.url, demonstration=True)
        till.charge(till.serials[0], 100)
        tell(till, sender)
        if status is not None:
            assert row_of(till).last_status == status
        assert site.came(1) == 1, "a redirect is not followed"
        assert row_of(till).tries == 1
        till.world.clock.advance(5_000)  # type: ignore[attr-defined] # the tests' own clock
        again = WebhookSender(private_allowed=True)
        tell(till, again)
        assert len(site.keys) == 2 and len(set(site.keys)) == 1
        assert row_of(till).tries == 0


def test_a_site_that_is_not_there_is_told_later() -> None:
    """A restart of the merchant's server would cost an event."""
    with webhook_site() as site:
        url = site.url
    till = make_till(url, demonstration=True)
    till.charge(till.serials[0], 100)
    tell(till, WebhookSender(private_allowed=True, timeout_ms=400))
    assert (row_of(till).tries, row_of(till).last_status) == (1, "the connection failed")


def test_a_slow_site_holds_up_nobody_else() -> None:
    """One merchant's broken server would silence all the others."""
    with webhook_site("silent") as slow, webhook_site(200) as quick:
        till = make_till(slow.url, demonstration=True)
        till.world.store.write(lambda tx: set_url(tx, CINEMA, quick.url, demonstration=True))
        till.charge(till.serials[0], 100)
        till.charge(till.serials[0], 100, merchant=CINEMA)

        async def run() -> None:
            sender = WebhookSender(private_allowed=True, timeout_ms=10_000)
            telling = Telling(till.world.authority, DirectRunner(till.world.store), sender)
            await telling.begin()
            async with asyncio.timeout(5):
                while not (quick.requests and slow.requests):
                    await asyncio.sleep(0.01)
            await telling.stop()  # cuts what is under way

        asyncio.run(run())
    assert row_of(till).tries == 1


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::a00:1",
        "2002:a00:1::1",
    ],
)  # fmt: skip
def test_a_webhook_never_leads_into_a_private_network(address: str) -> None:
    """Whoever can set a webhook would make the authority knock at its own neighbours' doors."""
    assert not _public(address)


def test_public_addresses_are_public() -> None:
    """No merchant could be told anything."""
    assert _public("93.184.216.34") and _public("2606:2800:220:1::1")


def test_a_name_that_leads_home_is_refused_when_it_is_resolved() -> None:
    """A name that pointed elsewhere when it was set could be turned to our own network afterwards."""
    with webhook_site() as site:
        sender = WebhookSender(private_allowed=False)
        told = sender.send(WebhookMessage(f"http://localhost:{site.port}/", {}, b"{}"))
        assert (told.acknowledged, told.status) == (False, "the name leads into a private network")
        assert site.requests == []


def test_a_sender_that_was_stopped_sends_nothing() -> None:
    """The authority would not end while a site is silent."""
    sender = WebhookSender(private_allowed=True)
    sender.stop()
    assert not sender.send(WebhookMessage("http://127.0.0.1:1/", {}, b"")).acknowledged


@pytest.mark.parametrize(
    "url",
    [
        "http://presse.example/", "ftp://presse.example/", "https://", "https://user:pw@presse.example/", "presse.example",
        "https://presse.example/#x", "https://PRESSE.example/", "https://presse.example/a b", "https://presse.example:0/",
        "https://presse.example/../x", "https://presse.example/%2e", "https://presse.example:99999/", "https://[::1/",
        "https://presse.example/" + "x" * 600, "http://10.0.0.1/", "http://127.0.0.1.evil.example/",
    ],
)  # fmt: skip
def test_an_unfit_address_is_refused(url: str) -> None:
    """Events about payments would travel in clear, or to where nobody meant."""
    with pytest.raises(TurnedAway):
        checked_url(url, demonstration=True)


def test_this_machine_itself_is_for_demonstrations() -> None:
    """A demonstration could not show a webhook, or a real scheme would talk to itself."""
    for url in ("http://127.0.0.1:8000/x", "http://localhost/", "http://[::1]:9/"):
        assert checked_url(url, demonstration=True) == url
        with pytest.raises(TurnedAway):
            checked_url(url, demonstration=False)
    assert webhook_authority("https://Presse.example:443/x") == "presse.example"
    assert webhook_authority("http://[::1]:9/") == "[::1]:9"


def test_the_documents_example_is_signed_as_the_documents_say(repository: Path) -> None:
    """Whoever builds the check of webhooks from the page would refuse the real ones."""
    page = (repository / "docs" / "payments.md").read_text(encoding="utf-8").partition("\n## Webhooks\n")[2]
    shown = re.search(r"```text\n(.+?)\n```", page, re.DOTALL)
    assert shown is not None and KEYS.signing.public.text in page
    head, _, body = shown[1].partition("\n\n")
    start, *lines = head.split("\n")
    headers = dict(line.split(": ", 1) for line in lines)
    message = Request("POST", f"https://{headers['host']}{start.split(' ')[1]}", headers)
    (found,) = library_verifies(KEYS.signing, message, body.encode(), tag=WEBHOOK_TAG, needed=WRITE)
    assert found.parameters["keyid"] == KEYS.signing.public.fingerprint
    assert decode(body.encode(), Event).event_id == headers["idempotency-key"]
    assert int(headers["content-length"]) == len(body)
