"""What a folder says of its terminal: one currency everywhere, and a plain sentence when something is missing."""

from pathlib import Path

import pytest

from kiosk.bootstrap.terminal import Machine
from kiosk.domain.events import ShopIdentity
from kiosk.errors import Trouble
from kiosk.protocol.keys import SigningKey
from kiosk.settings import AuthoritySettings, Settings, save_settings
from kiosk.sync.identity import FORMAT, Enrolled, save_identity
from kiosk.sync.keyfiles import open_keystore
from kiosk.sync.keystore import KeyStoreKind, TerminalKeys

SHOP = ShopIdentity("S1", "Tabac de la Gare", "", "", "", "", "Caisse 1")
AUTHORITY = AuthoritySettings(address="http://127.0.0.1:1", public_name="authority.example")


def enrol(folder: Path, *, currency: str) -> None:
    """A terminal as enrolment leaves it."""
    open_keystore(KeyStoreKind.DEMONSTRATION, folder).save(TerminalKeys.generate())
    shop = {name: getattr(SHOP, name) for name in SHOP.__dataclass_fields__}
    key = SigningKey.generate().public.text
    save_identity(
        folder,
        Enrolled(FORMAT, "T-1", 1, "authority.example", key, KeyStoreKind.DEMONSTRATION, currency, True, shop),
    )


def test_an_enrolled_terminal_is_loaded(tmp_path: Path) -> None:
    """A till that was set up must start."""
    enrol(tmp_path, currency="FRF")
    save_settings(tmp_path, Settings(authority=AUTHORITY, currency="FRF", series="franc-2001"))
    assert Machine.load(tmp_path).enrolled.terminal_id == "T-1"


@pytest.mark.parametrize(
    ("enrolled", "currency", "series", "key"),
    [("EUR", "FRF", "euro", "currency"), ("EUR", "FRF", "franc-2001", "series"), ("FRF", "EUR", "euro", "series")],
)
def test_two_currencies_are_refused(tmp_path: Path, enrolled: str, currency: str, series: str, key: str) -> None:
    """A till that sells francs for a shop that owes euros would be wrong by a factor of six on every line."""
    enrol(tmp_path, currency=enrolled)
    save_settings(tmp_path, Settings(authority=AUTHORITY, currency=currency, series=series))
    with pytest.raises(Trouble, match=f"SET-01: {key}"):
        Machine.load(tmp_path)


def test_a_terminal_without_enrolment_says_what_to_do(tmp_path: Path) -> None:
    """A technician who forgot one step must be told which."""
    save_settings(tmp_path, Settings(authority=AUTHORITY))
    with pytest.raises(Trouble, match="kiosk enrol"):
        Machine.load(tmp_path)
