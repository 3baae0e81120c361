"""Where the pages are, and what they carry through a browser."""

import pytest

from kiosk.authority.portal.seals import Seals
from kiosk.authority.portal.settings import PageSettings, default_settings, load_settings, save_settings
from kiosk.domain.card import make_code
from tests.fakes.clock import SeededIds
from tests.helpers.authority import KEYS, make_world

CHECKOUT, OTHER = "a" * 36, "b" * 36


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("authority.example", "https://authority.example"),
        ("authority.localhost:8470", "http://authority.localhost:8470"),
        ("127.0.0.1:80", "http://127.0.0.1:80"),
        ("[::1]:80", "http://[::1]:80"),
    ],
)
def test_the_pages_are_at_the_authoritys_name(name: str, address: str) -> None:
    """A merchant would send its shoppers nowhere, or without TLS."""
    assert default_settings(name).address == address


def test_settings_are_kept() -> None:
    """Each restart would forget where the pages are."""
    world = make_world()
    settings = PageSettings("https://pay.example", zone="Indian/Reunion", proxied=True)
    world.store.write(lambda tx: save_settings(tx, settings))
    assert world.store.read(lambda tx: load_settings(tx, public_name="x")) == settings


@pytest.mark.parametrize(
    "settings",
    [
        PageSettings("http://pay.example"),
        PageSettings("https://pay.example/"),
        PageSettings("pay.example"),
        PageSettings("https://pay.example", zone="Mars/Olympus"),
        PageSettings("https://pay.example", zone="../etc/passwd"),
    ],
)
def test_settings_that_cannot_be_right_are_refused(settings: PageSettings) -> None:
    """Codes would travel without TLS, or no page would open any more."""
    with pytest.raises(ValueError):
        make_world().store.write(lambda tx: save_settings(tx, settings))


def test_seals_are_bound_to_their_checkout(ids: SeededIds) -> None:
    """What one page carries would open another."""
    seals, code = Seals(KEYS, ids), make_code("12345678901")
    kept = seals.keep(CHECKOUT, code)
    assert seals.kept(CHECKOUT, kept) == code
    assert code.digits not in kept
    assert seals.keep(CHECKOUT, code) != kept
    for text in ("", "A", kept[:-2], kept[::-1], "A" * 200, "é"):
        assert seals.kept(CHECKOUT, text) is None
    assert seals.kept(OTHER, kept) is None
    assert seals.attempt_of(CHECKOUT, seals.form(CHECKOUT, attempt=3)) == 3
    assert seals.attempt_of(OTHER, seals.form(CHECKOUT, attempt=3)) is None
    assert seals.attempt_of(CHECKOUT, "4." + seals.form(CHECKOUT, attempt=3)[2:]) is None
    assert not seals.is_receipt(OTHER, seals.receipt(CHECKOUT))
