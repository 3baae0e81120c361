"""Enrolment: a one-time code of one shop is exchanged for a terminal's identity; its keys are made on the terminal (PR-01 to 03).

A code has 10 characters of Crockford base32: the first 4 find it, the other 6 prove it, so that wrong tries can be counted against
the code that was aimed at. Kept is only a keyed tag. A repeat of the very same request gets the same answer, because the first one
may have been lost. Not responsible for how the code reaches the shop.
"""

import hashlib
import hmac
from dataclasses import dataclass

from kiosk.authority.keyfiles import AuthorityKeys
from kiosk.authority.services.refused import malformed
from kiosk.authority.store import places
from kiosk.authority.store.places import EnrolmentRow, ShopRow, TerminalRow
from kiosk.authority.store.ports import Transaction, Work
from kiosk.clock import Clock, IdSource
from kiosk.protocol.codec import encode
from kiosk.protocol.enrolment import enrolment_keys, make_enrolment_code, parse_enrolment_code
from kiosk.protocol.keys import VerifyKey
from kiosk.protocol.messages import EnrolmentAnswer, EnrolmentRequest

CODE_VALID_MS = 3_600_000
CODE_TRIES = 5
SELECTOR_CHARS = 4
MAX_TEXT_CHARS = 120
FIRST_EPOCH = 1
KEYSTORES = frozenset({"keyring", "credential", "file"})
DEMONSTRATION_KEYSTORE = "demonstration"

_DRAWS = 8  # a code whose first letters are taken is drawn again; a million of them rarely collide


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """A fresh code, shown once to the operator and stored nowhere."""

    code: str
    until_ms: int

    def __repr__(self) -> str:
        return "IssuedCode(…)"


class Enrolment:
    """Makes codes and takes them in."""

    def __init__(self, *, clock: Clock, ids: IdSource, keys: AuthorityKeys, demonstration: bool) -> None:
        self._clock = clock
        self._ids = ids
        self._key = keys.enrolment_key()
        self._authority = keys.signing.public
        self._demonstration = demonstration

    def issue(self, tx: Transaction, *, shop_id: str, till_name: str) -> IssuedCode:
        """A new code for one terminal of a shop. Raises ``TurnedAway`` for an unknown shop or an unfit name."""
        if places.find_shop(tx, shop_id) is None:
            raise malformed("no such shop: add it first")
        if not 0 < len(till_name) <= MAX_TEXT_CHARS:
            raise malformed("the till needs a name")
        until_ms = self._clock.now_ms() + CODE_VALID_MS
        for _ in range(_DRAWS):
            code = make_enrolment_code(self._ids.token_bytes(7))
            added = places.add_enrolment(
                tx,
                EnrolmentRow(
                    selector=code[:SELECTOR_CHARS],
                    verifier_tag=self._tag(code),
                    shop_id=shop_id,
                    till_name=till_name,
                    until_ms=until_ms,
                    tries_left=CODE_TRIES,
                ),
            )
            if added:
                return IssuedCode(code, until_ms)
        raise malformed("no free code was found: try again")

    def work(self, request: EnrolmentRequest) -> Work[EnrolmentAnswer]:
        """The proofs are checked here, before the transaction."""
        code = parse_enrolment_code(request.code)
        if code is None:
            raise malformed("the code has 10 letters or digits")
        if max(len(request.software), len(request.machine), len(request.keystore)) > MAX_TEXT_CHARS:
            raise malformed(f"a text is longer than {MAX_TEXT_CHARS} characters")
        keys = enrolment_keys(request)
        return lambda tx: self._enrol(tx, code, request, keys)

    def _enrol(
        self, tx: Transaction, code: str, request: EnrolmentRequest, keys: tuple[VerifyKey, VerifyKey] | None
    ) -> EnrolmentAnswer:
        row = places.find_enrolment(tx, code[:SELECTOR_CHARS])
        now_ms = self._clock.now_ms()
        if row is None:
            return _refused("unknown")
        if row.tries_left == 0:
            return _refused("too_many_tries")
        if keys is None or not hmac.compare_digest(row.verifier_tag, self._tag(code)):
            places.count_enrolment_try(tx, row.selector)
            return _refused("unknown")
        fingerprint = hashlib.sha256(encode(request)).digest()
        if row.terminal_id is not None:
            same = row.request_sha256 is not None and hmac.compare_digest(row.request_sha256, fingerprint)
            terminal = places.find_terminal(tx, row.terminal_id) if same else None
            return self._enrolled(tx, terminal) if terminal else _refused("used")
        if row.until_ms <= now_ms:
            return _refused("expired")
        if request.keystore not in KEYSTORES and not (
            self._demonstration and request.keystore == DEMONSTRATION_KEYSTORE
        ):
            return _refused("keystore_not_accepted")
        request_key, journal_key = keys
        if places.key_is_known(tx, request_key.point) or places.key_is_known(tx, journal_key.point):
            return _refused("used")  # a key belongs to one terminal: a copied keystore must not become a second one
        terminal = TerminalRow(
            terminal_id=self._ids.uuid7(),
            shop_id=row.shop_id,
            till_name=row.till_name,
            epoch=FIRST_EPOCH,
            request_key=request_key.point,
            journal_key=journal_key.point,
            keystore=request.keystore,
            software=request.software,
            machine=request.machine,
            enrolled_ms=now_ms,
        )
        places.add_terminal(tx, terminal)
        places.use_enrolment(tx, row.selector, terminal_id=terminal.terminal_id, request_sha256=fingerprint)
        return self._enrolled(tx, terminal)

    def _enrolled(self, tx: Transaction, terminal: TerminalRow) -> EnrolmentAnswer:
        shop = places.find_shop(tx, terminal.shop_id)
        assert shop is not None, "a terminal's shop exists: a foreign key says so"
        return EnrolmentAnswer(
            outcome="enrolled",
            terminal_id=terminal.terminal_id,
            epoch=terminal.epoch,
            authority_key=self._authority.text,
            authority_words=list(self._authority.words),
            shop=_identity(shop, terminal.till_name),
            currency=shop.currency,
            demonstration=self._demonstration,
        )

    def _tag(self, code: str) -> bytes:
        return hmac.digest(self._key, code.encode("ascii"), "sha256")


def _identity(shop: ShopRow, till_name: str) -> dict[str, str]:
    return {
        "shop_id": shop.shop_id,
        "name": shop.name,
        "address": shop.address,
        "siret": shop.siret,
        "naf": shop.naf,
        "vat_id": shop.vat_id,
        "till_name": till_name,
    }


def _refused(reason: str) -> EnrolmentAnswer:
    return EnrolmentAnswer(outcome="refused", reason=reason)
