"""Merchants as the operator makes them: who they are, which keys they sign with, on which contract; checks what the
database cannot.

Not responsible for letting their requests in (``kiosk.authority.directory`` and ``merchant_access``) nor for webhooks.
"""

import re
from urllib.parse import urlsplit

from kiosk.authority.services.refused import malformed
from kiosk.authority.services.texts import is_line
from kiosk.authority.store import merchants
from kiosk.authority.store.merchants import MerchantKeyRow, MerchantRow
from kiosk.authority.store.ports import Transaction
from kiosk.domain.payment import WHOLE_SHARE, Contract
from kiosk.protocol.keys import Algorithm, BadKey, VerifyKey

KEY_ID_BYTES = 8
MAX_NAME_CHARS = 80
MAX_SITE_CHARS = 200

_MERCHANT_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_PERCENT = re.compile(r"(\d{1,3})(?:[.,](\d{1,2}))?")


def add_merchant(tx: Transaction, *, merchant_id: str, name: str, site: str, direct: bool, now_ms: int) -> MerchantRow:
    """A new merchant. Raises ``TurnedAway``."""
    if _MERCHANT_ID.fullmatch(merchant_id) is None:
        raise malformed("a merchant's id is 1 to 32 lower-case letters, digits and hyphens")
    if not is_line(name, most=MAX_NAME_CHARS):
        raise malformed(f"a merchant's name has 1 to {MAX_NAME_CHARS} printable characters")
    address = urlsplit(site)
    if address.scheme not in {"https", "http"} or not address.hostname or len(site) > MAX_SITE_CHARS:
        raise malformed("a merchant's site is an address such as https://presse.example")
    number = merchants.add_merchant(
        tx, merchant_id=merchant_id, name=name, site=site, direct=direct, webhook_url=None, now_ms=now_ms
    )
    if number is None:
        raise malformed(f"there is a merchant {merchant_id} already")
    return known_merchant(tx, merchant_id)


def known_merchant(tx: Transaction, merchant_id: str) -> MerchantRow:
    """The merchant of this id. Raises ``TurnedAway``."""
    row = merchants.find_merchant(tx, merchant_id)
    if row is None:
        raise malformed(f"no merchant {merchant_id}: 'kiosk authority merchant list' lists them")
    return row


def suspend(tx: Transaction, merchant_id: str, *, at_ms: int | None) -> MerchantRow:
    """Refuse its payments from now on, or with ``None`` take that back."""
    row = known_merchant(tx, merchant_id)
    merchants.suspend_merchant(tx, row.merchant_no, at_ms=at_ms)
    return known_merchant(tx, merchant_id)


def make_key(
    tx: Transaction, merchant_id: str, *, unguessable: bytes, public_key: str | None, test: bool, now_ms: int
) -> MerchantKeyRow:
    """A new key: an HMAC one whose secret the authority derives from its id, or with ``public_key`` the merchant's own P-256 one.
    Raises ``TurnedAway``."""
    row = known_merchant(tx, merchant_id)
    point = None if public_key is None else read_public_key(public_key).point
    key = MerchantKeyRow(
        key_id=f"mk_{'test' if test else 'live'}_{unguessable[:KEY_ID_BYTES].hex()}",
        merchant_no=row.merchant_no,
        algorithm=(Algorithm.HMAC_SHA256 if point is None else Algorithm.ECDSA_P256_SHA256).value,
        point=point,
        test=test,
    )
    merchants.add_key(tx, key, now_ms=now_ms)
    return key


def read_public_key(text: str) -> VerifyKey:
    """A public key as a merchant sends it: PEM, or the point in base64url. Raises ``TurnedAway``."""
    try:
        return VerifyKey.from_pem(text) if "-----BEGIN" in text else VerifyKey.from_text(text.strip())
    except BadKey as error:
        raise malformed(f"the public key cannot be read: {error}") from None


def make_contract(
    tx: Transaction, merchant_id: str | None, *, from_ms: int, merchant_share: int, distribution_share: int, now_ms: int
) -> Contract:
    """A new split of what is captured from ``from_ms`` on, of one merchant or of everybody. Raises ``TurnedAway``."""
    merchant_no = None if merchant_id is None else known_merchant(tx, merchant_id).merchant_no
    if min(merchant_share, distribution_share) < 0 or merchant_share + distribution_share > WHOLE_SHARE:
        raise malformed("the shares of merchant and distribution are 0 to 100 % together; the scheme gets the rest")
    if from_ms < now_ms:
        raise malformed("a contract begins now or later: what was captured before keeps the contract that it had")
    number = merchants.add_contract(
        tx,
        merchant_no=merchant_no,
        from_ms=from_ms,
        merchant_share=merchant_share,
        distribution_share=distribution_share,
        now_ms=now_ms,
    )
    return next(one for one in merchants.contracts(tx) if one.contract_no == number)


def read_share(text: str) -> int:
    """Hundredths of a percent in a text such as ``79,5``. Raises ``TurnedAway``."""
    found = _PERCENT.fullmatch(text.strip().removesuffix("%").strip())
    if found is None or not found[0].isascii():
        raise malformed("a share is a percentage with at most two decimals, such as 80 or 79.5")
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def share_text(share: int) -> str:
    """The inverse of ``read_share``."""
    whole, rest = divmod(share, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + " %"
