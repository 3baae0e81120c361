"""Take payments with prepaid scratch cards: what a merchant's site needs, and nothing of the authority's own code.

Three outcomes and no fourth. A yes is returned as a frozen value. A no is raised as ``Declined``. No answer is raised as
``Unknown`` and carries the idempotency key: ask again with it, later if need be, and never with another one.
"""

from kiosk_merchant.client import Client, new_key
from kiosk_merchant.outcomes import Declined, MerchantError, NoAnswer, Rejected, Unknown
from kiosk_merchant.patience import Patience
from kiosk_merchant.signing import HmacKey, Signer
from kiosk_merchant.values import Card, Checkout, Event, EventPage, Leg, Payment
from kiosk_merchant.webhook import BadWebhook, Webhook

__version__ = "0.1.0"

__all__ = [
    "BadWebhook",
    "Card",
    "Checkout",
    "Client",
    "Declined",
    "Event",
    "EventPage",
    "HmacKey",
    "Leg",
    "MerchantError",
    "NoAnswer",
    "Patience",
    "Payment",
    "Rejected",
    "Signer",
    "Unknown",
    "Webhook",
    "new_key",
]
