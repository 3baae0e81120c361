"""Questions that were asked before: a repeat hears its first answer whatever has become of the merchant since, because it may not
know yet whether its shopper has paid; and it is told that it is a repeat (PR-14)."""

from typing import Generic, TypeVar

import msgspec

from kiosk.authority.services.pay.asked import Caller, op_id_of
from kiosk.authority.store import spends
from kiosk.authority.store.ports import Work

T = TypeVar("T")


class Repeated(msgspec.Struct, Generic[T], frozen=True):
    """An answer that was given under this idempotency key before, given again."""

    answer: T


def asked_before(caller: Caller, key: str) -> Work[bool]:
    """Reads only: whether an operation under this idempotency key was decided."""
    return lambda tx: bool(spends.known_rows(tx, [op_id_of(caller, key)]))
