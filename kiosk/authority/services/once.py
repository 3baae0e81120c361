"""The same message, the same answer, for ever: an answer is stored in the transaction of its effect and returned to every repeat.

The key is (terminal, verb, id[, n]); other content under it is turned away with 422 and changes nothing (PR-12, PR-14).
"""

import hashlib
from collections.abc import Callable
from typing import TypeVar

import msgspec

from kiosk.authority.services.refused import conflict
from kiosk.authority.store.lines import StoredAnswer, find_answer, put_answer
from kiosk.authority.store.ports import Transaction
from kiosk.protocol.codec import encode

A = TypeVar("A", bound=msgspec.Struct)


def once(
    tx: Transaction,
    *,
    terminal_id: str,
    verb: str,
    key: str,
    n: int,
    request: msgspec.Struct,
    kind: type[A],
    now_ms: int,
    effect: Callable[[], A],
) -> A:
    """The first answer under the key, or ``effect``'s, which is then the first. Raises ``TurnedAway`` for other content."""
    # the decoded message and not its bytes: a till may write 10.0 for 10 after an update and still mean the same
    fingerprint = hashlib.sha256(encode(request)).digest()
    stored = find_answer(tx, terminal_id=terminal_id, verb=verb, key=key, n=n)
    if stored is not None:
        if stored.fingerprint != fingerprint:
            raise conflict(f"other content was sent under this id with {verb} before")
        return msgspec.json.decode(stored.body, type=kind)
    answer = effect()
    put_answer(
        tx, StoredAnswer(fingerprint, encode(answer)), terminal_id=terminal_id, verb=verb, key=key, n=n, at_ms=now_ms
    )
    return answer
