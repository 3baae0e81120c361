"""What the reader is told of an outcome: a yes, a no with what to do, or that nobody knows yet, which is never dressed as a no."""

from typing import Final

from kiosk_merchant import Declined, MerchantError, NoAnswer, Rejected
from press_shop.pages import Notice, euros
from press_shop.purchases import Purchase, State

_NO: Final = {
    "declined": (
        "Le paiement n’a pas été fait",
        "Rien n’a été débité. Vérifiez le numéro de série et prenez une case qui n’a jamais servi.",
    ),
    "insufficient_funds": (
        "Il ne reste pas assez sur cette carte",
        "Rien n’a été débité. Prenez une autre carte : le code donné ne sert plus ailleurs.",
    ),
    "wrong_currency": ("Cette carte n’est pas en euros", "Rien n’a été débité."),
    "malformed-request": (
        "Un chiffre ne va pas",
        "Rien n’a été essayé. La série a 16 chiffres, le code 12 : relisez-les sur la carte.",
    ),
    "slow-down": ("Trop d’essais à la suite", "Rien n’a été débité. Attendez quelques minutes, puis recommencez."),
    "cancelled": ("Paiement abandonné", "Rien n’a été débité. Vous pouvez recommencer."),
    "lapsed": ("La page de paiement a expiré", "Rien n’a été débité. Vous pouvez recommencer."),
    "returned": ("Le paiement n’a pas abouti", "L’argent est revenu sur votre carte."),
    "unanswered": ("Le paiement n’a pas été fait", "Aucune trace n’en est restée : rien n’a été débité."),
}
_OTHER: Final = ("Le paiement n’a pas pu être demandé", "Rien n’a été débité. Réessayez plus tard.")


def paid(purchase: Purchase) -> Notice:
    """The article is open."""
    return Notice("ok", "Merci, bonne lecture", f"Débité de votre carte : {euros(purchase.captured_minor)}.")


def no(error: Declined | Rejected) -> Notice:
    """Nothing was taken, and what to do."""
    title, text = _NO.get(error.reason if isinstance(error, Declined) else error.name, _OTHER)
    return Notice("no", title, text)


def ended(purchase: Purchase) -> Notice | None:
    """Why a purchase is over."""
    match purchase.state:
        case State.REFUNDED:
            return Notice("ok", "Remboursé", f"Revenu sur votre carte : {euros(purchase.refunded_minor)}.")
        case State.REFUND_ASKED:
            return Notice("wait", "Remboursement en cours", "L’argent revient sur la carte qui a payé.")
        case _:
            title, text = _NO.get(purchase.ended or "", _OTHER)
            return Notice("no", title, text)


def unknown() -> Notice:
    """Nobody knows. Paying again would be the one wrong thing to do."""
    return Notice(
        "wait",
        "Nous ne savons pas encore",
        "Le serveur de paiement ne répond pas. Ne payez pas une seconde fois : dès qu’il répond, l’article s’ouvre dans"
        " « Mes achats », ou rien n’aura été débité.",
    )


def unfinished(purchase: Purchase) -> Notice:
    """Not paid as far as the authority knows."""
    if purchase.state is State.ASKED:
        return unknown()
    return Notice("wait", "Paiement non terminé", "Rien n’a encore été débité pour cet achat.")


def trouble(error: MerchantError) -> Notice:
    """A question that got no yes."""
    match error:
        case Declined() | Rejected():
            return no(error)
        case NoAnswer():
            return Notice(
                "wait", "Le serveur de paiement ne répond pas", "Rien n’est perdu : recommencez dans un instant."
            )
        case _:
            return Notice("no", *_OTHER)
