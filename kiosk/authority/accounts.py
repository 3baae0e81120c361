"""The names of the ledger's accounts. One account has one currency, which is part of its name, so that no sum mixes two."""


def shop_debt(shop_id: str, currency: str) -> str:
    """What a shop owes the scheme for the cards that it activated."""
    return f"shop-debt/{currency}/{shop_id}"


def card_liability(currency: str) -> str:
    """What the scheme owes the holders of active cards; per card it is the card's own balance."""
    return f"card-liability/{currency}"


def exceptions(currency: str) -> str:
    """Money whose owner a person must still find."""
    return f"exceptions/{currency}"
