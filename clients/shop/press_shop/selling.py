"""Sells articles through the authority: intention first, then the question, then what was learned. Every step may be repeated.

Whoever dies between two steps finds the row at the next start and asks again with the same key. Pages are ``app``'s.
"""

import logging
import threading
from collections.abc import Iterator, Mapping
from typing import Final, Protocol

from kiosk_merchant import Card, Checkout, Declined, EventPage, MerchantError, Payment, Rejected, new_key
from kiosk_merchant.clock import Clock
from press_shop.articles import BY_SLUG, CURRENCY, Article
from press_shop.language import Language
from press_shop.purchases import Purchase, Purchases, State, Way

# a signed question is refused after 300 s: what the feed does not know of after ten minutes has not happened and never will
SETTLED_AFTER_MS: Final = 600_000
PAGE_LIFE_MS: Final = 31 * 60_000
TITLE_CHARS: Final = 80
_log = logging.getLogger("press_shop")


class Authority(Protocol):
    """What the shop asks of ``kiosk_merchant.Client``."""

    def charge(self, amount_minor: int, *, cards: list[Card], key: str, reference: str | None = None) -> Payment: ...

    def checkout(
        self,
        amount_minor: int,
        *,
        title: str,
        return_url: str,
        cancel_url: str,
        key: str,
        reference: str | None = None,
        language: str = "fr",
    ) -> Checkout: ...

    def find_checkout(self, checkout_id: str) -> Checkout: ...

    def refund(self, payment_id: str, *, key: str) -> Payment: ...

    def events(self, after: str = "") -> Iterator[EventPage]: ...


class Selling:
    """Raises what the client raises; the rows are right whatever is raised. ``site`` is the shop's own address, ``languages`` tells
    the payment page what an article is called."""

    def __init__(
        self,
        authority: Authority,
        purchases: Purchases,
        *,
        site: str,
        languages: Mapping[str, Language],
        clock: Clock,
    ) -> None:
        self._authority = authority
        self._purchases = purchases
        self._site = site
        self._languages = languages
        self._clock = clock
        self._beginning = threading.Lock()

    def buy(self, reader: str, article: Article, *, language: str) -> Purchase:
        """A purchase that can be paid at its ``checkout_url``, or the reader's own of before: two clicks are one purchase."""
        purchase, _ = self._begin(reader, article, Way.PAGE, language)
        purchase = self.open_page(purchase)
        return purchase if purchase.language == language else self._purchases.speak(purchase.purchase_id, language)

    def open_page(self, purchase: Purchase) -> Purchase:
        """Ask for the page where the shopper pays; the same one however often it is asked for, because all of it is in the row."""
        if purchase.state is not State.ASKED or purchase.way is not Way.PAGE:
            return purchase
        checkout = self._authority.checkout(
            purchase.amount_minor,
            title=BY_SLUG[purchase.article].title(self._languages[purchase.language])[:TITLE_CHARS],
            return_url=f"{self._site}/retour/{purchase.purchase_id}",
            cancel_url=f"{self._site}/annule/{purchase.purchase_id}",
            key=purchase.buy_key,
            reference=purchase.purchase_id,
            language=purchase.language,
        )
        return self._purchases.opened(purchase.purchase_id, checkout_id=checkout.checkout_id, url=checkout.url)

    def look(self, purchase: Purchase) -> Purchase:
        """What the authority says of it now. The redirect back to us proves nothing; this does."""
        if purchase.state is not State.AT_PAGE or purchase.checkout_id is None:
            return purchase
        checkout = self._authority.find_checkout(purchase.checkout_id)
        if checkout.payment is not None:
            self.learn(checkout.payment)
        elif checkout.state in {"cancelled", "lapsed"}:
            self._purchases.end(purchase.purchase_id, checkout.state)
        return self._purchases.get(purchase.purchase_id)

    def charge(self, reader: str, article: Article, card: Card, *, language: str) -> Purchase:
        """Take the price in one call, with the code that was typed on our own page. The code is written nowhere."""
        purchase, new = self._begin(reader, article, Way.OWN_FORM, language)
        if not new:
            return purchase  # paid, or still unknown: never a second charge beside it
        try:
            payment = self._authority.charge(
                purchase.amount_minor, cards=[card], key=purchase.buy_key, reference=purchase.purchase_id
            )
        except (Declined, Rejected) as no:
            self._purchases.end(purchase.purchase_id, no.reason if isinstance(no, Declined) else no.name)
            raise
        self.learn(payment)
        return self._purchases.get(purchase.purchase_id)

    def refund(self, purchase: Purchase) -> Purchase:
        """Give the money back to the card it came from, once."""
        if purchase.state not in {State.PAID, State.REFUND_ASKED} or purchase.payment_id is None:
            return purchase
        self._purchases.ask_refund(purchase.purchase_id, now_ms=purchase.refund_asked_ms or self._clock.now_ms())
        try:
            self.learn(self._authority.refund(purchase.payment_id, key=purchase.refund_key))
        except (Declined, Rejected):
            self._purchases.ask_refund(purchase.purchase_id, now_ms=None)
            raise
        return self._purchases.get(purchase.purchase_id)

    def learn(self, payment: Payment) -> None:
        """Take in how a payment stood at some moment, from an answer, a webhook or the feed; in any order, any number of times."""
        try:
            purchase = self._purchases.get(payment.reference or "")
        except KeyError:
            return  # not one of ours, or written before this file was made
        if payment.currency != CURRENCY or purchase.payment_id not in (None, payment.payment_id):
            _log.error("payment %s does not fit purchase %s", payment.payment_id, purchase.purchase_id)
            return
        if payment.captured_minor:
            self._purchases.learned(
                purchase.purchase_id,
                payment_id=payment.payment_id,
                captured_minor=payment.captured_minor,
                refunded_minor=payment.refunded_minor,
            )
        elif payment.status in {"cancelled", "returned"}:
            self._purchases.end(purchase.purchase_id, payment.status)

    def follow(self) -> None:
        """Read the feed on: whoever paid and never came back gets the article all the same."""
        for page in self._authority.events(self._purchases.cursor()):
            for event in page.events:
                self.learn(event.payment)
            self._purchases.move_cursor(page.cursor)

    def settle(self, *, starting: bool = False) -> None:
        """Go on with what was left in the middle; after ``follow``. ``starting``: all of it, this process remembers nothing."""
        now_ms = self._clock.now_ms()
        for purchase in self._purchases.all():
            age_ms = now_ms - purchase.created_ms
            try:
                match purchase.state:
                    case State.ASKED if purchase.way is Way.PAGE and (starting or age_ms > PAGE_LIFE_MS):
                        self._settle_page(purchase, age_ms)
                    case State.ASKED if purchase.way is Way.OWN_FORM and age_ms > SETTLED_AFTER_MS:
                        self._purchases.end(purchase.purchase_id, "unanswered")
                    case State.AT_PAGE if starting or age_ms > PAGE_LIFE_MS:
                        self.look(purchase)
                    case State.REFUND_ASKED:
                        self.refund(purchase)
                    case _:
                        pass
            except MerchantError as error:
                _log.warning("purchase %s is left for later: %s", purchase.purchase_id, type(error).__name__)

    def _settle_page(self, purchase: Purchase, age_ms: int) -> None:
        if age_ms > PAGE_LIFE_MS:
            self._purchases.end(purchase.purchase_id, "lapsed")  # nobody was ever sent to its page, if it has one
        else:
            self.open_page(purchase)

    def _begin(self, reader: str, article: Article, way: Way, language: str) -> tuple[Purchase, bool]:
        """The reader's purchase of this article that is paid or may still be, else a new one; whether it is new."""
        for before in self._purchases.of_reader(reader):
            if before.article == article.slug:
                self.look(before)  # its page may have lapsed meanwhile
        with self._beginning:  # two clicks in two threads are one purchase
            for before in self._purchases.of_reader(reader):
                if before.article == article.slug and before.state not in {State.ENDED, State.REFUNDED}:
                    return before, False
            purchase = self._purchases.intend(
                purchase_id=new_key(),
                reader=reader,
                article=article.slug,
                amount_minor=article.price_minor,
                way=way,
                language=language,
                now_ms=self._clock.now_ms(),
            )
            return purchase, True
