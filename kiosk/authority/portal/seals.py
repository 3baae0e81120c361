"""What the pages carry through a shopper's browser: the form's mark, a code that was typed and is kept, the proof of having paid.

All under one key of the authority; nothing is kept on our side, and no cookie is set. Not responsible for what they allow.
"""

import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kiosk.authority.keyfiles import AuthorityKeys
from kiosk.clock import IdSource
from kiosk.domain.card import NumberFault, ScratchCode, parse_code
from kiosk.protocol.keys import BadKey, base64url, unbase64url

MARK_BYTES = 16
NONCE_BYTES = 12
MAX_TEXT_CHARS = 120


class Seals:
    """Everything is bound to one checkout: what one page carries is worth nothing on another."""

    def __init__(self, keys: AuthorityKeys, ids: IdSource) -> None:
        self._marks = keys.pages_key("marks")
        self._codes = AESGCM(keys.pages_key("codes"))
        self._ids = ids

    def form(self, checkout_id: str, *, attempt: int) -> str:
        """The mark of a form: who sends it has seen the page, at this count of attempts."""
        return f"{attempt}.{self._mark(f'form/{checkout_id}/{attempt}')}"

    def attempt_of(self, checkout_id: str, text: str) -> int | None:
        """The count that a form was made at; ``None`` for a mark that is not ours."""
        number = text.partition(".")[0]
        if not (number.isascii() and number.isdigit() and len(number) <= 4):
            return None
        attempt = int(number)
        return attempt if hmac.compare_digest(text.encode(), self.form(checkout_id, attempt=attempt).encode()) else None

    def receipt(self, checkout_id: str) -> str:
        """Who has this has paid the checkout: what is left on the card is for no one else, the merchant included."""
        return self._mark(f"receipt/{checkout_id}")

    def is_receipt(self, checkout_id: str, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self.receipt(checkout_id).encode())

    def keep(self, checkout_id: str, code: ScratchCode) -> str:
        """A typed code in a form that only we can read."""
        nonce = self._ids.token_bytes(NONCE_BYTES)
        return base64url(nonce + self._codes.encrypt(nonce, code.digits.encode("ascii"), checkout_id.encode()))

    def kept(self, checkout_id: str, text: str) -> ScratchCode | None:
        """The code that ``keep`` sealed for this checkout; ``None`` for anything else."""
        if not text or len(text) > MAX_TEXT_CHARS:
            return None
        try:
            sealed = unbase64url(text)
            plain = self._codes.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], checkout_id.encode())
        except (BadKey, InvalidTag, ValueError):  # ValueError: too short to hold a nonce
            return None
        code = parse_code(plain.decode("ascii"))
        return None if isinstance(code, NumberFault) else code

    def _mark(self, text: str) -> str:
        return base64url(hmac.digest(self._marks, text.encode(), "sha256")[:MARK_BYTES])
