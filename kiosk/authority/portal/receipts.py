"""The page after paying: what, to whom, when, its reference; for the payer alone what is left on the card and which boxes are used.

What is left is what that payment left: a page looked at later tells nothing of later payments. Not responsible for proving
anything to the merchant, whose site asks the authority.
"""

from dataclasses import dataclass

from starlette.responses import Response

from kiosk.authority.portal.site import Site, frame, money_text
from kiosk.authority.services.attempts import caller_of
from kiosk.authority.services.checkouts import PAY_PATH, with_checkout_id
from kiosk.authority.services.pay.asked import id_text
from kiosk.authority.services.pay.spending import find_payment
from kiosk.authority.services.shoppers import PaidCard, cards_of_payment
from kiosk.authority.store.checkouts import CheckoutRow
from kiosk.authority.store.ports import Transaction
from kiosk.i18n.language import Language
from kiosk.protocol.payments import PaymentAnswer

REFERENCE_CHARS = 13


@dataclass(frozen=True, slots=True)
class Box:
    """One box of a card: its number, whether its code is gone, whether by this payment."""

    number: int
    used: bool
    now: bool


async def paid_page(site: Site, language: Language, row: CheckoutRow, *, receipt: str | None) -> Response:
    """``receipt`` is the payer's own proof, or ``None`` for whoever else has the address."""
    assert row.payment_id is not None, "a constraint of the table says so"
    payment_id = row.payment_id

    def look(tx: Transaction) -> tuple[PaymentAnswer, list[PaidCard]]:
        return find_payment(tx, caller_of(row), id_text(payment_id)), cards_of_payment(tx, payment_id)

    payment, cards = await site.runner.read(look)
    words = language.words
    kind = "paid" if row.capture else "held"
    path = f"{PAY_PATH}/{row.checkout_id}"
    given = {"receipt": receipt} if receipt else {}
    title = words(f"web.{kind}")
    values = {
        **frame(language, path, title=title, test=row.test, **given),
        "text": words(
            f"web.{kind}_d",
            amount=money_text(language, row.amount_minor, row.currency),
            merchant=row.merchant_name,
        ),
        "cards": [
            {
                "title": words("web.left") if len(cards) == 1 else words("web.left_n", last4=card.last4),
                "left": money_text(language, card.left_minor, row.currency),
                "boxes": [Box(n, n in card.used, n == card.code_no) for n in range(1, card.codes + 1)],
                "last4": card.last4,
            }
            for card in (cards if receipt else [])
        ],
        "reference": payment.payment_id[:REFERENCE_CHARS].upper(),
        "date": language.formats.day_and_time(site.local(payment.created_ms)),
        "link": (words("web.return", merchant=row.merchant_name), with_checkout_id(row.return_url, row.checkout_id)),
    }
    return site.replies.page("paid", language, values)
