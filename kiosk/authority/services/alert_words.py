"""An alert as sentences for the operator: what happened, about whom, and what to do. docs/operations.md holds the same table.

Not responsible for raising alerts. Names a card by its last four digits, and a shopper never: nobody knows one.
"""

from dataclasses import dataclass

from kiosk.authority.services.alert_kinds import AlertKind
from kiosk.authority.store.alerts import AlertRow
from kiosk.authority.store.cards import last4_of


@dataclass(frozen=True, slots=True)
class Words:
    """What happened, and what a person does about it."""

    happened: str
    to_do: str


WORDS: dict[AlertKind, Words] = {
    AlertKind.STOLEN_CARD: Words(
        "A card that is blocked as stolen was offered for sale",
        "call the shop without delay; the till heard nothing",
    ),
    AlertKind.ALLOWANCE_EXCEEDED: Words(
        "A till promised more cards than its offline policy allows",
        "look at its exceptions; it sells online only until you allow more",
    ),
    AlertKind.JOURNAL_FORKED: Words(
        "A terminal delivered two journals that differ: its disk was put back, or copied",
        "stop it with 'kiosk authority revoke', then have its journal examined",
    ),
    AlertKind.ROLLING_LIMIT: Words(
        "The limit of activations in an hour was reached",
        "ask the shop by telephone whether this is business; raise it with 'kiosk authority limits', or block the cards",
    ),
    AlertKind.ACTIVATION_BURST: Words(
        "Many cards of one value were activated in a short time",
        "call the shop: somebody may be talking the clerk into it; the cards can still be voided",
    ),
    AlertKind.KEYED_ACTIVATIONS: Words(
        "Many serials were typed instead of scanned",
        "call the shop: the scanner is broken, or numbers are read out over the telephone",
    ),
    AlertKind.UNSOLD_CARD_TRIED: Words(
        "Somebody tried to pay with a card that was not sold yet",
        "have the pack that it is in looked at: its codes may have been read",
    ),
    AlertKind.MERCHANT_HOSTED_ONLY: Words(
        "Too many codes on a merchant's own pages were wrong: for a while it uses our page only",
        "ask the merchant what happens on its site; nothing else to do, it ends by itself",
    ),
    AlertKind.MERCHANT_SUSPENDED: Words(
        "A tenth of the codes that a merchant sent were wrong: its payments pause for a while",
        "speak with the merchant; if its key was stolen, revoke it and suspend the merchant until it has a new one",
    ),
    AlertKind.DISTRIBUTED_GUESSING: Words(
        "Far more wrong codes than usual at all merchants together: somebody guesses from many places",
        "look whose payments are declined; the direct interface pauses by itself, our page goes on slowly",
    ),
    AlertKind.AUDIT_FINDING: Words(
        "The books do not add up",
        "take the authority out of service, keep a copy of its database, run 'kiosk authority audit'",
    ),
    AlertKind.WEBHOOK_UNHEARD: Words(
        "A merchant's site does not acknowledge what it is told",
        "tell the merchant; nothing is lost, telling goes on, and GET /v1/events has all of it",
    ),
}


def about(row: AlertRow, merchant_ids: dict[int, str]) -> str:
    """Whom an alert is about."""
    named = [
        row.merchant_no and f"merchant {merchant_ids.get(row.merchant_no, row.merchant_no)}",
        row.terminal_id and f"terminal {row.terminal_id}",
        row.shop_id and f"shop {row.shop_id}",
        None if row.card_id is None else f"card ••••{last4_of(row.card_id)}",
    ]
    return ", ".join(str(name) for name in named if name)


def sentence(row: AlertRow, merchant_ids: dict[int, str]) -> str:
    """The whole alert in one line."""
    known = {kind.value: words for kind, words in WORDS.items()}
    words = known.get(row.kind, Words(f"An alert of a kind that this program does not know ({row.kind})", "update it"))
    parts = [words.happened, about(row, merchant_ids), row.detail]
    return f"{': '.join(part for part in parts if part)}. To do: {words.to_do}."
