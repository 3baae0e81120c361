"""Everything that an alert can be about: one word each, in the database and in docs/operations.md. Added to, never renamed.

Not responsible for raising them (whoever finds out) nor for their sentences (``alert_words``).
"""

from enum import Enum


class AlertKind(Enum):
    """What happened."""

    STOLEN_CARD = "stolen_card"
    ALLOWANCE_EXCEEDED = "allowance_exceeded"
    JOURNAL_FORKED = "journal_forked"
    ROLLING_LIMIT = "rolling_limit"
    ACTIVATION_BURST = "activation_burst"
    KEYED_ACTIVATIONS = "keyed_activations"
    UNSOLD_CARD_TRIED = "unsold_card_tried"
    MERCHANT_HOSTED_ONLY = "merchant_hosted_only"
    MERCHANT_SUSPENDED = "merchant_suspended"
    DISTRIBUTED_GUESSING = "distributed_guessing"
    AUDIT_FINDING = "audit_finding"
    WEBHOOK_UNHEARD = "webhook_unheard"
