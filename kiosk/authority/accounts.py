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


def authorized(currency: str) -> str:
    """What merchants hold of cards and have not taken yet."""
    return f"authorized/{currency}"


def merchant(merchant_id: str, currency: str) -> str:
    """What the scheme owes a merchant for what it captured."""
    return f"merchant/{currency}/{merchant_id}"


def distribution(currency: str) -> str:
    """What goes to those who sell cards."""
    return f"distribution/{currency}"


def scheme(currency: str) -> str:
    """What stays with the scheme."""
    return f"scheme/{currency}"
