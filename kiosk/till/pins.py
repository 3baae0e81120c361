"""Clerks and their PINs: read from ``clerks.toml``, checked with Argon2id. A hash is all that is ever stored.

The 100 commonest PINs are refused when one is set. Not responsible for counting wrong tries (``access``).
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kiosk.till.state import Clerk

PIN_DIGITS: Final = (4, 8)
ROLES: Final = ("clerk", "manager")
_TIME_COST, _MEMORY_KIB, _LANES = 2, 19_456, 1  # OWASP's minimum for Argon2id: about 30 ms on a till
# a well-formed hash that no PIN fits, so that an unknown name takes as long as a wrong PIN
_NOBODY: Final = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5MTIzNA$c7mWjMUhQ5Y4mI6ZbT1y3mJQ8nG2vEwqkT0uP0m2H1A"
_WALKS: Final = ("0123456789", "9876543210", "1470", "2580", "3690", "0852", "7410", "9630", "147258369", "123654789")


class ClerksError(ValueError):
    """The clerks' file is wrong; the message names the key and what is expected, never a hash or a PIN."""


class PinRefused(ValueError):  # noqa: N818 - reads as a sentence
    """The PIN must not be used: ``reason`` is ``length``, ``digits`` or ``common``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ClerkRecord:
    """One person and the hash of their PIN."""

    clerk: Clerk
    pin_hash: str

    def __repr__(self) -> str:
        return f"ClerkRecord({self.clerk!r}, …)"


class PinRegister:
    """A ``ClerkRegister`` over records. Argon2 is loaded at the first check, not at the start."""

    def __init__(self, records: Iterable[ClerkRecord]) -> None:
        self._records = {record.clerk.user_id: record for record in records}

    def clerks(self) -> tuple[Clerk, ...]:
        return tuple(record.clerk for record in self._records.values())

    def check(self, user_id: str, pin: str) -> bool:
        from argon2 import PasswordHasher
        from argon2.exceptions import Argon2Error, InvalidHashError

        record = self._records.get(user_id)
        try:
            PasswordHasher().verify(_NOBODY if record is None else record.pin_hash, pin)
        except (Argon2Error, InvalidHashError):
            return False
        return record is not None


def parse_clerks(text: str) -> tuple[ClerkRecord, ...]:
    """The people in a ``clerks.toml``: ``[[clerk]]`` with ``user_id``, ``name``, ``role`` (clerk · manager) and ``pin_hash``."""
    try:
        rows = tomllib.loads(text).get("clerk", [])
    except tomllib.TOMLDecodeError as error:
        raise ClerksError(f"the clerks' file is not TOML: {error}") from None
    if not isinstance(rows, list):
        raise ClerksError("the clerks' file holds [[clerk]] tables")
    records = tuple(_record(row) for row in rows)
    if len({record.clerk.user_id for record in records}) != len(records):
        raise ClerksError("a user_id stands twice")
    return records


def clerks_toml(records: Iterable[ClerkRecord]) -> str:
    """The file that ``parse_clerks`` reads."""
    return "\n".join(
        f'[[clerk]]\nuser_id = "{record.clerk.user_id}"\nname = "{record.clerk.name}"\n'
        f'role = "{record.clerk.role}"\npin_hash = "{record.pin_hash}"\n'
        for record in records
    )


def hash_pin(pin: str) -> str:
    """The hash of a new PIN. Raises ``PinRefused`` for one that is too short, too long, no digits or too common."""
    from argon2 import PasswordHasher, Type

    shortest, longest = PIN_DIGITS
    if not shortest <= len(pin) <= longest:
        raise PinRefused("length")
    if not (pin.isascii() and pin.isdigit()):
        raise PinRefused("digits")
    if is_common(pin):
        raise PinRefused("common")
    hasher = PasswordHasher(time_cost=_TIME_COST, memory_cost=_MEMORY_KIB, parallelism=_LANES, type=Type.ID)
    return hasher.hash(pin)


def is_common(pin: str) -> bool:
    """Whether many people would choose this PIN: one or two digits repeated, a walk over the keys, a year, a birthday-like pair."""
    halves = pin[: len(pin) // 2], pin[len(pin) // 2 :]
    repeated = len(set(pin)) == 1 or halves[0] == halves[1] or halves[0] == halves[1][::-1] or _pairs(pin)
    walk = any(pin in keys or pin in keys[::-1] for keys in _WALKS)
    year = len(pin) == 4 and pin[:2] in ("19", "20")
    return repeated or walk or year


def _pairs(pin: str) -> bool:
    return len(pin) % 2 == 0 and all(pin[at] == pin[at + 1] for at in range(0, len(pin), 2))


def _record(row: object) -> ClerkRecord:
    if not isinstance(row, dict):
        raise ClerksError("[[clerk]] is a table")
    for key in ("user_id", "name", "role", "pin_hash"):
        if not isinstance(row.get(key), str) or not row[key]:
            raise ClerksError(f"[[clerk]] needs {key}, a text")
    if row["role"] not in ROLES:
        raise ClerksError(f"role is one of {', '.join(ROLES)}")
    if any('"' in row[key] or "\\" in row[key] for key in ("user_id", "name")):
        raise ClerksError("user_id and name hold no quotes")
    if not row["pin_hash"].startswith("$argon2id$"):
        raise ClerksError("pin_hash is an Argon2id hash")
    return ClerkRecord(Clerk(row["user_id"], row["name"], row["role"]), row["pin_hash"])
