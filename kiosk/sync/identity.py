"""What enrolment gave this terminal, and that is no secret: its name, its epoch, the pinned key of the authority, its shop.

One file beside the journal, written in one step. Its loss is no loss of money: the terminal enrols again under a new name. Not
responsible for the secret keys (``keystore``) nor for settings of the machine (``terminal.toml``).
"""

from pathlib import Path
from typing import Final

import msgspec

from kiosk.domain.events import ShopIdentity
from kiosk.errors import Trouble
from kiosk.files import replace_file
from kiosk.protocol.codec import Malformed, decode, encode
from kiosk.protocol.keys import BadKey, VerifyKey
from kiosk.sync.exchange import Identity
from kiosk.sync.keystore import KeyStoreKind, TerminalKeys

FILE_NAME: Final = "identity.json"
FORMAT: Final = 1


class Enrolled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An enrolled terminal. ``authority`` is the public name that its signatures cover."""

    format: int
    terminal_id: str
    epoch: int
    authority: str
    authority_key: str
    keystore: KeyStoreKind
    currency: str
    demonstration: bool
    shop: dict[str, str]

    def key(self) -> VerifyKey:
        """The authority's key, pinned at enrolment."""
        return VerifyKey.from_text(self.authority_key)

    def shop_identity(self) -> ShopIdentity:
        """Who sells, as the operator registered it."""
        return ShopIdentity(**self.shop)

    def identity(self, keys: TerminalKeys, *, version: str) -> Identity:
        """What the gateway needs."""
        return Identity(
            terminal_id=self.terminal_id,
            request_key=keys.request_key,
            authority_key=self.key(),
            authority=self.authority,
            version=version,
        )


def load_identity(folder: Path) -> Enrolled | None:
    """The terminal that lives in ``folder``, or ``None`` when it was never enrolled. Raises ``Trouble`` ENR-03."""
    path = folder / FILE_NAME
    try:
        enrolled = decode(path.read_bytes(), Enrolled)
        enrolled.key()
        enrolled.shop_identity()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Trouble("ENR-03", retryable=False, detail=f"{path}: {error.strerror}") from error
    except (Malformed, BadKey, TypeError):
        raise Trouble("ENR-03", retryable=False, detail=f"{path} is damaged") from None
    if enrolled.format != FORMAT:
        raise Trouble("ENR-03", retryable=False, detail=f"{path} was written by a newer version")
    return enrolled


def save_identity(folder: Path, enrolled: Enrolled) -> None:
    """Write it, durably. Raises ``Trouble`` ENR-03."""
    path = folder / FILE_NAME
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(path, encode(enrolled), mode=0o644)
    except OSError as error:
        raise Trouble("ENR-03", retryable=False, detail=f"{path}: {error.strerror}") from error
