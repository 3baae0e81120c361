"""The client: one method for each thing that a merchant may ask. Checks what can be checked here, asks, reads the yes.

Not responsible for repeating (``asking``) nor for the network (``wire``).
"""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import quote, urlsplit

import requests

from kiosk_merchant import reading
from kiosk_merchant.asking import Asker, Question
from kiosk_merchant.clock import Clock, SystemClock
from kiosk_merchant.outcomes import NoAnswer, Unknown
from kiosk_merchant.patience import Patience
from kiosk_merchant.reading import Json, T, Unreadable
from kiosk_merchant.signing import HmacKey, Signer
from kiosk_merchant.values import Card, Checkout, EventPage, Payment
from kiosk_merchant.wire import Wire

VERSION: Final = "0.1.0"
_KEY = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def new_key() -> str:
    """An idempotency key. Make one for each thing that you want to happen once, and store it BEFORE you ask."""
    return str(uuid.UUID(bytes=SystemClock().token(16), version=4))


class Client:
    """Speaks to the authority for one merchant. May be shared by threads; ``close`` it, or use it in a ``with``.

    Methods that change something take ``key``, the idempotency key: 1 to 64 characters out of A-Z a-z 0-9 . _ : -. They return the
    yes, and raise ``Declined`` (no), ``Rejected`` (the question was turned away, nothing happened) or ``Unknown`` (no answer: call
    again with the same arguments). Wrong types and impossible values raise ``TypeError`` or ``ValueError``, and nothing is sent.
    """

    def __init__(
        self,
        address: str,
        key_id: str,
        secret: bytes | str | Signer,
        *,
        authority_name: str | None = None,
        currency: str = "EUR",
        patience: Patience | None = None,
        sessions: Callable[[], requests.Session] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """``address`` is where the authority is reached (https, or http on loopback); ``secret`` the shared secret or a ``Signer``.

        ``authority_name`` is the public name that signatures cover, if it is not the host of ``address``. ``sessions`` makes the
        ``requests.Session`` of each thread, for a proxy or certificates of your own.
        """
        parts = urlsplit(address)
        if parts.scheme not in {"https", "http"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("an address is https://host or https://host:port")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise ValueError("codes travel over https only; http is for loopback")
        self._currency = currency
        self._wire = Wire(address, sessions=sessions)
        self._asker = Asker(
            self._wire,
            signer=HmacKey(secret) if isinstance(secret, bytes | str) else secret,
            key_id=_matching(_ID, key_id, "a key's id"),
            authority_name=(authority_name or _public_name(address)).lower(),
            version=VERSION,
            patience=patience or Patience(),
            clock=clock or SystemClock(),
        )

    def charge(
        self,
        amount_minor: int,
        *,
        cards: Sequence[Card],
        key: str,
        reference: str | None = None,
        currency: str | None = None,
    ) -> Payment:
        """Take money at once, in one call. With several cards the one sold first is emptied first."""
        return self._pay(amount_minor, cards, key, {"capture": True, "reference": reference}, currency)

    def authorize(
        self,
        amount_minor: int,
        *,
        cards: Sequence[Card],
        key: str,
        window_s: int = 600,
        reference: str | None = None,
        currency: str | None = None,
    ) -> Payment:
        """Hold money for ``window_s`` (60 to 600): capture it or cancel, else it goes back by itself."""
        how = {"capture": False, "window_s": _whole(window_s), "reference": reference}
        return self._pay(amount_minor, cards, key, how, currency)

    def capture(
        self, payment_id: str, *, key: str, amount_minor: int | None = None, currency: str | None = None
    ) -> Payment:
        """Take what is held, or a part of it; the rest goes back to the cards at once."""
        return self._follow(payment_id, "capture", key, self._part(amount_minor, currency))

    def cancel(self, payment_id: str, *, key: str) -> Payment:
        """Give back what is held."""
        return self._follow(payment_id, "cancel", key, {})

    def refund(
        self, payment_id: str, *, key: str, amount_minor: int | None = None, currency: str | None = None
    ) -> Payment:
        """Give captured money back to the cards it came from; without an amount all that is left."""
        return self._follow(payment_id, "refunds", key, self._part(amount_minor, currency))

    def payment(self, payment_id: str) -> Payment:
        """How a payment stands now."""
        question = Question.reading(f"/v1/payments/{_matching(_ID, payment_id, 'a payment id')}")
        return self._read(question, reading.payment)

    def checkout(
        self,
        amount_minor: int,
        *,
        title: str,
        return_url: str,
        cancel_url: str,
        key: str,
        capture: bool = True,
        window_s: int = 600,
        reference: str | None = None,
        language: str = "fr",
        currency: str | None = None,
    ) -> Checkout:
        """Open a page of the authority's on which the shopper pays, so that no code ever comes to your site."""
        content = {
            "amount": self._amount(amount_minor, currency),
            "title": title,
            "return_url": return_url,
            "cancel_url": cancel_url,
            "capture": capture,
            "window_s": _whole(window_s),
            "reference": reference,
            "language": language,
        }
        return self._read(_writing("/v1/checkouts", content, key), reading.checkout)

    def find_checkout(self, checkout_id: str) -> Checkout:
        """How a checkout stands now: ask this when the shopper comes back, and when he does not."""
        question = Question.reading(f"/v1/checkouts/{_matching(_ID, checkout_id, 'a checkout id')}")
        return self._read(question, reading.checkout)

    def events(self, after: str = "") -> Iterator[EventPage]:
        """Everything that happened after a cursor, page by page, until there is no more for now. Nothing is ever missing."""
        cursor, more = after, True
        while more:
            question = Question.reading("/v1/events", f"after={quote(cursor, safe='')}")
            page, more = self._read(question, reading.event_page)
            if not page.events:
                return
            if more and page.cursor == cursor:
                raise NoAnswer("the cursor does not move")
            cursor = page.cursor
            yield page

    def close(self) -> None:
        """End every connection."""
        self._wire.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return "Client(…)"

    def _pay(
        self, amount_minor: int, cards: Sequence[Card], key: str, how: Mapping[str, object], currency: str | None
    ) -> Payment:
        if not cards or not all(isinstance(card, Card) for card in cards):
            raise TypeError("cards is a list of one or more Card")
        instruments = [{"type": "scratch", "serial": card.serial, "code": card.code} for card in cards]
        whole = {"amount": self._amount(amount_minor, currency), "instruments": instruments, **how}
        return self._read(_writing("/v1/payments", whole, key), reading.payment)

    def _follow(self, payment_id: str, verb: str, key: str, content: dict[str, object]) -> Payment:
        path = f"/v1/payments/{_matching(_ID, payment_id, 'a payment id')}/{verb}"
        return self._read(_writing(path, content, key), reading.payment)

    def _read(self, question: Question, read: Callable[[Json], T]) -> T:
        try:
            return read(self._asker.ask(question))
        except Unreadable as unreadable:
            why = f"an answer that this version cannot read: {unreadable}"
        # a yes that cannot be read may be a yes: never a no
        raise NoAnswer(why) if question.key is None else Unknown(why, key=question.key, sent=True)

    def _amount(self, amount_minor: int, currency: str | None) -> dict[str, object]:
        if _whole(amount_minor) <= 0:
            raise ValueError("an amount is above 0")
        return {"amount_minor": amount_minor, "currency": currency or self._currency}

    def _part(self, amount_minor: int | None, currency: str | None) -> dict[str, object]:
        return {} if amount_minor is None else {"amount": self._amount(amount_minor, currency)}


def _writing(path: str, content: dict[str, object], key: str) -> Question:
    known = {name: value for name, value in content.items() if value is not None}
    return Question.writing(path, known, key=_matching(_KEY, key, "a key"))


def _whole(value: int) -> int:
    if type(value) is not int:
        raise TypeError("amounts are whole minor units (2,50 € is 250), times whole seconds")
    return value


def _matching(pattern: "re.Pattern[str]", value: str, what: str) -> str:
    if not pattern.fullmatch(value):
        raise ValueError(f"{what} has 1 to 64 characters out of A-Z a-z 0-9 - _{' . :' if pattern is _KEY else ''}")
    return value


def _public_name(address: str) -> str:
    parts = urlsplit(address)
    usual = {"https": 443, "http": 80}[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else str(parts.hostname)
    return host if parts.port in (None, usual) else f"{host}:{parts.port}"
