"""A picture of the merchants, their keys and their contracts in memory, so that a payment is let in without asking the database.

Never older than a second while the database answers (PR-05: a revocation is in force within a second); while it does not, the last
picture serves a few seconds more, in which no payment could be made and no key be revoked anyway. Each second asks whether anything
was changed, and only then reads thousands of merchants anew. Belongs to one event loop. Not responsible for signatures
(``merchant_access``) nor for changing anything (the operator's commands).
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kiosk.authority.keyfiles import AuthorityKeys
from kiosk.authority.services.pay.asked import Caller
from kiosk.authority.store import merchants
from kiosk.authority.store.merchants import MerchantKeyRow, MerchantRow
from kiosk.authority.store.ports import Runner, Transaction
from kiosk.clock import Clock
from kiosk.domain.payment import Contract
from kiosk.errors import Trouble
from kiosk.protocol.keys import Algorithm, SharedSecret, Verifier, VerifyKey, base64url

FRESH_MS = 1_000
TRIED_MS = 1_000  # after a missed refresh nobody waits for the next one in every request
KEPT_MS = 5_000
WHOLE_MS = 60_000  # after which all is read even if nothing was changed: somebody may have used SQL of their own

_Rows = tuple[list[MerchantKeyRow], list[Contract], list[MerchantRow]]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMerchant:
    """A merchant with the contracts that may apply to it."""

    row: MerchantRow
    contracts: tuple[Contract, ...]

    def caller(self, *, test: bool) -> Caller:
        """On its behalf, in live or in test mode."""
        return Caller(merchant_no=self.row.merchant_no, test=test, contracts=self.contracts)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownKey:
    """A key that is not revoked: how its signatures are checked, and on whose behalf it asks."""

    key_id: str
    merchant: MerchantRow
    verifier: Verifier
    caller: Caller


@dataclass(frozen=True, slots=True)
class _Picture:
    keys: Mapping[str, KnownKey]
    merchants: Mapping[int, KnownMerchant]


class Directory:
    """See the module. Both questions raise ``Trouble`` once the database was not heard for ``KEPT_MS``."""

    def __init__(self, runner: Runner, *, clock: Clock, keys: AuthorityKeys) -> None:
        self._runner = runner
        self._clock = clock
        self._keys = keys
        self._picture = _Picture({}, {})
        self._version: int | None = None
        self._whole_ms = 0
        self._taken_ms: int | None = None
        self._missed: tuple[int, Trouble] | None = None
        self._refreshing = asyncio.Lock()

    async def key(self, key_id: str) -> KnownKey | None:
        """Whose key this is; ``None`` for nobody's and for a revoked one."""
        if not self.fresh:
            await self._refresh()
        return self.known(key_id)

    @property
    def fresh(self) -> bool:
        """Whether the picture is young enough to be asked without waiting, by ``known``."""
        return self._taken_ms is not None and self._clock.monotonic_ms() - self._taken_ms < FRESH_MS

    def known(self, key_id: str) -> KnownKey | None:
        """Whose key this is, as the picture stands."""
        return self._picture.keys.get(key_id)

    async def merchant(self, merchant_no: int) -> KnownMerchant | None:
        """A merchant by its number, for a payment that it does not sign itself."""
        if not self.fresh:
            await self._refresh()
        return self._picture.merchants.get(merchant_no)

    async def _refresh(self) -> None:
        """Take a new picture, once for all who wait for it."""
        async with self._refreshing:
            if self.fresh:
                return
            asked_ms = self._clock.monotonic_ms()  # what is written after this may be missing
            if self._missed is None or asked_ms - self._missed[0] >= TRIED_MS:
                try:
                    await self._look(asked_ms)
                except Trouble as trouble:
                    self._missed = (self._clock.monotonic_ms(), trouble)
                else:
                    self._taken_ms, self._missed = asked_ms, None
                    return
            if self._taken_ms is None or self._clock.monotonic_ms() - self._taken_ms >= KEPT_MS:
                assert self._missed is not None, "without a miss the picture is fresh"
                missed = self._missed[1]
                raise Trouble(missed.code, retryable=missed.retryable, detail=missed.detail)

    async def _look(self, now_ms: int) -> None:
        """Draw the picture anew if anything was changed since it was drawn."""
        known = self._version if now_ms - self._whole_ms < WHOLE_MS else None
        found = await self._runner.read(lambda tx: _changes(tx, known))
        if found is not None:
            self._version, rows = found
            self._picture, self._whole_ms = self._drawn(*rows), now_ms

    def _drawn(
        self, keys: Iterable[MerchantKeyRow], contracts: Iterable[Contract], rows: Iterable[MerchantRow]
    ) -> _Picture:
        everybodys: list[Contract] = []
        own: dict[int, list[Contract]] = {}
        for contract in contracts:
            (everybodys if contract.merchant_no is None else own.setdefault(contract.merchant_no, [])).append(contract)
        known = {
            row.merchant_no: KnownMerchant(row=row, contracts=(*everybodys, *own.get(row.merchant_no, ())))
            for row in rows
        }
        usable = {
            key.key_id: KnownKey(
                key_id=key.key_id,
                merchant=known[key.merchant_no].row,
                verifier=self._verifier(key),
                caller=known[key.merchant_no].caller(test=key.test),
            )
            for key in keys
            if key.revoked_ms is None
        }
        return _Picture(usable, known)

    def _verifier(self, key: MerchantKeyRow) -> Verifier:
        before = self._picture.keys.get(key.key_id)
        if before is not None:  # a key is never altered: what was derived for the last picture still holds
            return before.verifier
        match Algorithm(key.algorithm):
            case Algorithm.HMAC_SHA256:
                return SharedSecret(self._keys.merchant_secret(key.key_id))
            case Algorithm.ECDSA_P256_SHA256:
                assert key.point is not None, "a constraint of the table says so"
                return VerifyKey.from_text(base64url(key.point))


def _changes(tx: Transaction, known: int | None) -> tuple[int, _Rows] | None:
    """Everything with its version, unless that is the ``known`` one."""
    version = merchants.version(tx)  # first: what is changed behind it has another one
    if version == known:
        return None
    # merchants last: whoever's key or contract was read is there
    return version, (merchants.keys(tx), merchants.contracts(tx), merchants.merchants(tx))
