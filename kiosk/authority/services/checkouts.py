"""Checkouts: made by a merchant, shown to a shopper, asked after by the merchant. One per (merchant, key), for half an hour.

Not responsible for paying (``services.attempts``) nor for how the page looks (``kiosk.authority.portal``).
"""

import uuid
from urllib.parse import urlencode, urlsplit, urlunsplit

from kiosk.authority.keyfiles import AuthorityKeys
from kiosk.authority.services.addresses import is_loopback
from kiosk.authority.services.attempts import Attempts, caller_of
from kiosk.authority.services.pay.asked import ID_BYTES, Caller, amount_of, id_text, op_id_of
from kiosk.authority.services.pay.repeats import Repeated
from kiosk.authority.services.pay.spending import Spending, find_payment
from kiosk.authority.services.refused import TurnedAway, conflict, malformed
from kiosk.authority.services.texts import is_line
from kiosk.authority.store import checkouts as store
from kiosk.authority.store.checkouts import CheckoutRow
from kiosk.authority.store.ports import Runner, Transaction
from kiosk.clock import Clock, IdSource
from kiosk.domain.checkout import LIFE_MS, CheckoutState, state_at
from kiosk.domain.payment import WINDOW_MAX_S, WINDOW_MIN_S
from kiosk.protocol.codec import encode
from kiosk.protocol.mac import Mac
from kiosk.protocol.payments import (
    MAX_REFERENCE_CHARS,
    MAX_TITLE_CHARS,
    MAX_URL_CHARS,
    CheckoutAnswer,
    CheckoutRequest,
)
from kiosk.protocol.problems import ProblemKind

PAY_PATH = "/pay"
LANGUAGES = ("fr", "en")


class Checkouts:
    """What a merchant's site asks for. ``address`` is where shoppers find our pages, such as ``https://pay.example``."""

    def __init__(
        self,
        runner: Runner,
        *,
        clock: Clock,
        ids: IdSource,
        keys: AuthorityKeys,
        spending: Spending,
        address: str,
    ) -> None:
        self._runner = runner
        self._clock = clock
        self._ids = ids
        self._address = address
        self._fingerprint_key = Mac(keys.fingerprint_key())
        self.attempts = Attempts(runner, clock=clock, spending=spending, fingerprint_key=self._fingerprint_key)

    async def create(
        self, caller: Caller, key: str, request: CheckoutRequest
    ) -> CheckoutAnswer | Repeated[CheckoutAnswer]:
        """A checkout; the same one for the same key, and then ``Repeated``: as it stands now. Raises ``TurnedAway`` for what cannot
        be right, or for other content."""
        row = self._new(caller, key, request)

        def work(tx: Transaction) -> tuple[CheckoutRow, bool]:
            added = store.add_checkout(tx, row)
            found = store.find_checkout_of(tx, row.op_id)
            assert found is not None, "it is there now, added or found"
            return found, added

        found, added = await self._runner.write(work)
        if found.fingerprint != row.fingerprint:
            raise conflict("other content was sent under this idempotency key before")
        answer = await self._answer(found)
        return answer if added else Repeated(answer)

    async def find(self, caller: Caller, checkout_id: str) -> CheckoutAnswer:
        """How a checkout of the caller stands, found out if an attempt was left in doubt. Raises ``TurnedAway``."""
        row = await self.attempts.settled(checkout_id)
        if row is None or row.merchant_no != caller.merchant_no or row.test != caller.test:
            raise TurnedAway(ProblemKind.NOT_FOUND, "no such checkout")
        return await self._answer(row)

    def state_of(self, row: CheckoutRow) -> CheckoutState:
        """The state that people are told."""
        return state_at(row.state, attempt=row.attempt, until_ms=row.until_ms, now_ms=self._clock.now_ms())

    def _new(self, caller: Caller, key: str, request: CheckoutRequest) -> CheckoutRow:
        amount = amount_of(request.amount)
        _check(request)
        now_ms = self._clock.now_ms()
        fingerprint = self._fingerprint_key.of(b"checkout\0" + encode(request))[:ID_BYTES]
        return CheckoutRow(
            # every one of its 128 bits drawn: whoever has the address may pay, so nobody may guess it
            checkout_id=str(uuid.UUID(bytes=self._ids.token_bytes(ID_BYTES))),
            merchant_no=caller.merchant_no,
            op_id=op_id_of(caller, key),
            fingerprint=fingerprint,
            amount_minor=amount.minor,
            currency=amount.currency.code,
            title=request.title,
            reference=request.reference,
            return_url=request.return_url,
            cancel_url=request.cancel_url,
            capture=request.capture,
            window_s=request.window_s,
            language=request.language,
            test=caller.test,
            state=CheckoutState.OPEN,
            attempt=0,
            payment_id=None,
            created_ms=now_ms,
            until_ms=now_ms + LIFE_MS,
        )

    async def _answer(self, row: CheckoutRow) -> CheckoutAnswer:
        now = row if row.state is not CheckoutState.PAYING else await self.attempts.settled(row.checkout_id)
        assert now is not None, "a checkout is never deleted"
        payment = None
        if now.payment_id is not None:
            payment_id = id_text(now.payment_id)
            payment = await self._runner.read(lambda tx: find_payment(tx, caller_of(now), payment_id))
        return CheckoutAnswer(
            checkout_id=now.checkout_id,
            url=f"{self._address}{PAY_PATH}/{now.checkout_id}?lang={now.language}",
            state=self.state_of(now).value,
            until_ms=now.until_ms,
            payment=payment,
        )


def with_checkout_id(url: str, checkout_id: str) -> str:
    """A merchant's address with the checkout's id beside what its query holds already."""
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode({"checkout_id": checkout_id})) if part)
    return urlunsplit(parts._replace(query=query))


def _check(request: CheckoutRequest) -> None:
    if not is_line(request.title, most=MAX_TITLE_CHARS):
        raise malformed(f"title has 1 to {MAX_TITLE_CHARS} printable characters")
    if request.reference is not None and not is_line(request.reference, most=MAX_REFERENCE_CHARS):
        raise malformed(f"reference has 1 to {MAX_REFERENCE_CHARS} printable characters")
    if not WINDOW_MIN_S <= request.window_s <= WINDOW_MAX_S:
        raise malformed(f"window_s is {WINDOW_MIN_S} to {WINDOW_MAX_S}")
    if request.language not in LANGUAGES:
        raise malformed("language is fr or en")
    for name, url in (("return_url", request.return_url), ("cancel_url", request.cancel_url)):
        if not _is_address(url):
            raise malformed(f"{name} is an https address of at most {MAX_URL_CHARS} characters, or http on loopback")


def _is_address(url: str) -> bool:
    if len(url) > MAX_URL_CHARS or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
