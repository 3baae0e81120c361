"""What the reader is told of an outcome: a yes, a no with what to do, or that nobody knows yet, which is never dressed as a no."""

from typing import Final

from kiosk_merchant import Declined, MerchantError, NoAnswer, Rejected
from press_shop.language import Language
from press_shop.pages import Notice
from press_shop.purchases import Purchase, State

# why nothing was paid, as the authority or this shop calls it; of a reason that is not listed the reader hears no more than « no »
REASONS: Final = frozenset(
    {
        *("declined", "insufficient_funds", "wrong_currency", "malformed-request", "slow-down"),
        *("cancelled", "lapsed", "returned", "unanswered"),
    }
)


def paid(language: Language, purchase: Purchase) -> Notice:
    """The article is open."""
    return _notice(language, "ok", "paid", amount=language.money(purchase.captured_minor))


def no(language: Language, error: Declined | Rejected) -> Notice:
    """Nothing was taken, and what to do."""
    return _no(language, error.reason if isinstance(error, Declined) else error.name)


def ended(language: Language, purchase: Purchase) -> Notice:
    """Why a purchase is over."""
    match purchase.state:
        case State.REFUNDED:
            return _notice(language, "ok", "refunded", amount=language.money(purchase.refunded_minor))
        case State.REFUND_ASKED:
            return _notice(language, "wait", "refund_asked")
        case _:
            return _no(language, purchase.ended)


def unknown(language: Language) -> Notice:
    """Nobody knows. Paying again would be the one wrong thing to do."""
    return _notice(language, "wait", "unknown")


def unfinished(language: Language, purchase: Purchase) -> Notice:
    """Not paid as far as the authority knows."""
    return unknown(language) if purchase.state is State.ASKED else _notice(language, "wait", "unfinished")


def trouble(language: Language, error: MerchantError) -> Notice:
    """A question that got no yes."""
    match error:
        case Declined() | Rejected():
            return no(language, error)
        case NoAnswer():
            return _notice(language, "wait", "silent")
        case _:
            return _no(language, None)


def _no(language: Language, reason: str | None) -> Notice:
    return _notice(language, "no", f"no.{reason if reason in REASONS else 'other'}")


def _notice(language: Language, kind: str, word: str, **values: str) -> Notice:
    return Notice(kind, language(f"{word}.title"), language(f"{word}.text", **values))
