"""What is raised when there is no yes. Messages hold names, ids and keys; never a code, a serial or a secret."""


class MerchantError(Exception):
    """All of this package's errors."""


class Declined(MerchantError):  # noqa: N818 - an outcome, named as the protocol names it
    """The authority's no: nothing was taken. It is an exception and not a value because a shop that forgets it must fail, not
    deliver.

    ``reason``: declined (unknown, inactive, blocked, used, kept for another purchase, wrong: one answer for all) ·
    insufficient_funds · wrong_currency; and for what follows a payment: not_authorized · window_over · over_amount · not_captured ·
    card_closed. ``payment_id`` names the record. The answer stays the same for this key: to try another code, take a new key. After
    insufficient_funds and wrong_currency a code is kept for this ``reference`` and no larger an amount, for a day.
    """

    def __init__(self, reason: str, payment_id: str) -> None:
        super().__init__(f"{reason} (payment {payment_id})")
        self.reason = reason
        self.payment_id = payment_id


class Rejected(MerchantError):  # noqa: N818 - an outcome
    """The question itself was turned away and nothing happened: a mistake in it, a key that is not valid, a limit. ``name`` is the
    last part of the problem's type; with ``retry_after_s`` the same question may be asked again then."""

    def __init__(self, name: str, *, status: int, detail: str = "", retry_after_s: int | None = None) -> None:
        super().__init__(f"{name} ({status})" + (f": {detail}" if detail else ""))
        self.name = name
        self.status = status
        self.detail = detail
        self.retry_after_s = retry_after_s


class NoAnswer(MerchantError):  # noqa: N818 - an outcome
    """Something was read and no usable answer came. Reading changes nothing: read again."""

    def __init__(self, why: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.retry_after_s = retry_after_s


class Unknown(NoAnswer):
    """Something was asked for and nobody knows whether it happened. ``key`` is its idempotency key.

    Ask again with the same key and the same content: the authority does it at most once and gives its first answer for ever. With
    another key it could happen twice. ``sent`` is false when certainly nothing of this call's question left this machine.
    """

    def __init__(self, why: str, *, key: str, sent: bool, retry_after_s: int | None = None) -> None:
        super().__init__(why, retry_after_s=retry_after_s)
        self.key = key
        self.sent = sent

    def __str__(self) -> str:
        return f"{self.why}: ask again with the key {self.key!r}"
