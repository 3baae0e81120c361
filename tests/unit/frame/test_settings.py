"""A technician who writes terminal.toml by hand is told exactly what is wrong, and a saved file is never half a file."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import Trouble
from kiosk.settings import (
    FILE_BYTES_MAX,
    AuthoritySettings,
    DeviceAddress,
    DeviceSettings,
    Settings,
    SettingsTrouble,
    ShopSettings,
    data_dir,
    load_settings,
    parse_device_address,
    parse_settings,
    render_settings,
    save_settings,
)

LEAST = '[authority]\naddress = "https://authority.example"\n'
FULL = """
language = "en"
theme = "dark"
currency = "FRF"
series = "franc-2001"
[authority]
address = "http://127.0.0.1:8443"
public_name = "authority.example"
[shop]
name = "Maison de la Presse"
address = "12, rue des Écoles, 75005 Paris"
siret = "73282932000074"
naf = "4762Z"
vat_id = "FR40303265045"
till = "Caisse 2"
[devices]
printer = "serial:///dev/serial/by-id/usb-EPSON-if00?baud=38400&flow=xonxoff&profile=TM-T88V"
scanner = "serial://COM3?baud=9600"
display = "socket://192.168.1.20:9100?protocol=cd5220"
bankcard = "manual"
"""


def _problems(text: str) -> tuple[str, ...]:
    with pytest.raises(SettingsTrouble) as caught:
        parse_settings(text)
    assert caught.value.code == "SET-01"
    return caught.value.problems


def test_the_authoritys_address_is_enough() -> None:
    """A first machine should sell euros in French after one line."""
    settings = parse_settings(LEAST)
    assert settings == Settings(
        authority=AuthoritySettings(address="https://authority.example", public_name="authority.example"),
        currency="EUR",
        series="euro",
        language="fr",
        theme="light",
        shop=ShopSettings(),
        devices=DeviceSettings(),
    )


def test_everything_that_may_be_set_is_read() -> None:
    """A key that is accepted and ignored would leave the printer silent."""
    settings = parse_settings(FULL)
    assert (settings.language, settings.theme, settings.currency, settings.series) == (
        "en",
        "dark",
        "FRF",
        "franc-2001",
    )
    assert settings.authority == AuthoritySettings(address="http://127.0.0.1:8443", public_name="authority.example")
    assert settings.shop.siret == "73282932000074"
    assert settings.shop.till == "Caisse 2"
    printer = settings.devices.printer
    assert printer == DeviceAddress(
        "serial", "/dev/serial/by-id/usb-EPSON-if00", 38400, (("flow", "xonxoff"), ("profile", "TM-T88V"))
    )
    assert printer is not None
    assert (printer.option("flow", "none"), printer.option("parity", "N")) == ("xonxoff", "N")
    assert settings.devices.scanner == DeviceAddress("serial", "COM3", 9600)
    assert settings.devices.display == DeviceAddress("socket", "192.168.1.20:9100", None, (("protocol", "cd5220"),))
    assert settings.devices.bankcard == "manual"


@pytest.mark.parametrize(
    ("text", "key", "advice"),
    [
        ("", "authority.address", "https://authority.example"),
        ('[authority]\naddress = "authority.example"', "authority.address", "https://"),
        ('[authority]\naddress = "http://authority.example"', "authority.address", "only for this machine"),
        ('[authority]\naddress = "https://authority.example/v1"', "authority.address", "https://authority.example"),
        ('[authority]\naddress = "https://a:99999"', "authority.address", "https://"),
        ('[authority]\naddress = "https://user:pw@a.example"', "authority.address", "https://"),
        (LEAST + 'public_name = "https://x"', "authority.public_name", "host"),
        (LEAST + 'trust = "ca.pem"', "authority.trust", "path"),
        ('language = "de"\n' + LEAST, "language", '"fr" or "en"'),
        ("language = 1\n" + LEAST, "language", "in quotes"),
        ('theme = "blue"\n' + LEAST, "theme", '"high_contrast"'),
        ('currency = "euro"\n' + LEAST, "currency", "EUR"),
        ('series = "../x"\n' + LEAST, "series", "assets/series"),
        (LEAST + '[shop]\nsiret = "73282932000075"', "shop.siret", "check digit"),
        (LEAST + '[shop]\nnaf = "47.62Z"', "shop.naf", "letter"),
        (LEAST + '[shop]\nvat_id = "40303265045"', "shop.vat_id", "FR"),
        (LEAST + f'[shop]\nname = "{"x" * 121}"', "shop.name", "120 characters"),
        (LEAST + '[shop]\nname = "a\\u0007b"', "shop.name", "one line"),
        (LEAST + '[devices]\nbankcard = "yes"', "devices.bankcard", '"simulated" or "manual"'),
        (LEAST + '[devices]\nprinter = "/dev/ttyUSB0"', "devices.printer", "serial:///dev/"),
        (LEAST + '[devices]\nprinter = "serial:///dev/ttyUSB0"', "devices.printer", "baud is one of"),
        (LEAST + '[devices]\nprinter = "serial:///dev/ttyUSB0?baud=9601"', "devices.printer", "baud is one of"),
        (LEAST + '[devices]\nprinter = "serial:///dev/x?baud=9600&colour=red"', "devices.printer", "no option colour"),
        (LEAST + '[devices]\nprinter = "serial:///dev/x?baud=9600&parity=X"', "devices.printer", "N|E|O"),
        (LEAST + '[devices]\nprinter = "socket://printer.local"', "devices.printer", "socket://192.168.1.20:9100"),
        (LEAST + '[devices]\nprinter = "socket://h:9100?baud=9600"', "devices.printer", "socket://"),
        (LEAST + "[devices]\nprinter = true", "devices.printer", "in quotes"),
        (LEAST + '[devices]\ndrawer = "x"', "devices.drawer", "not a setting"),
        ('colour = "red"\n' + LEAST, "colour", "not a setting"),
    ],
)
def test_a_wrong_key_is_named_with_what_to_write(text: str, key: str, advice: str) -> None:
    """A technician at a counter has no manual: the message must be enough."""
    (problem,) = _problems(text)
    assert problem.startswith(key)
    assert advice in problem


def test_all_problems_are_told_at_once() -> None:
    """One mistake a start would be three starts for three mistakes."""
    problems = _problems('language = "de"\ntheme = "blue"\nvolume = 3\n' + LEAST)
    assert [problem.split()[0] for problem in problems] == ["language", "theme", "volume"]


def test_what_is_not_toml_is_said_with_its_line() -> None:
    """A missing quote should be found in seconds."""
    (problem,) = _problems('language = "fr\n')
    assert "line 1" in problem


def test_absent_unreadable_and_endless_files(tmp_path: Path) -> None:
    """Each is another mistake and needs another remedy."""
    with pytest.raises(SettingsTrouble, match="there is no"):
        load_settings(tmp_path)
    (tmp_path / "terminal.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsTrouble, match="cannot be read"):
        load_settings(tmp_path)
    (tmp_path / "terminal.toml").write_text("#" * (FILE_BYTES_MAX + 1))
    with pytest.raises(SettingsTrouble, match="longer than"):
        load_settings(tmp_path)


@pytest.mark.parametrize("text", [LEAST, FULL])
def test_saved_settings_are_read_back(tmp_path: Path, text: str) -> None:
    """A technician's change that came back different would be undone by the next start."""
    settings = parse_settings(text)
    save_settings(tmp_path / "data", settings)
    assert load_settings(tmp_path / "data") == settings


@given(name=st.text(st.characters(exclude_categories=["C", "Z"]), max_size=60))
def test_any_shop_name_survives_writing(name: str) -> None:
    """Quotes and backslashes in a name must not make the file unreadable."""
    settings = Settings(
        authority=AuthoritySettings(address="https://a.example", public_name="a.example"), shop=ShopSettings(name=name)
    )
    assert parse_settings(render_settings(settings)) == settings


def test_the_previous_settings_are_kept(tmp_path: Path) -> None:
    """A technician must be able to go back to what worked this morning."""
    first, second = parse_settings(LEAST), parse_settings(FULL)
    save_settings(tmp_path, first)
    assert not (tmp_path / "terminal.previous.toml").exists()
    save_settings(tmp_path, second)
    assert load_settings(tmp_path) == second
    assert parse_settings((tmp_path / "terminal.previous.toml").read_text()) == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["terminal.previous.toml", "terminal.toml"]


def test_a_failed_save_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk must not cost the till its settings."""
    save_settings(tmp_path, parse_settings(LEAST))

    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(Trouble, match=r"SET-02.*No space left"):
        save_settings(tmp_path, parse_settings(FULL))
    assert load_settings(tmp_path) == parse_settings(LEAST)
    assert [path.name for path in tmp_path.iterdir()] == ["terminal.toml"]


def test_wrong_settings_are_not_saved(tmp_path: Path) -> None:
    """The mistake must show at the desk and not at tomorrow's start."""
    wrong = Settings(authority=AuthoritySettings(address="nowhere", public_name="nowhere"))
    with pytest.raises(SettingsTrouble):
        save_settings(tmp_path, wrong)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "text",
    [
        "serial:///dev/ttyUSB0?baud=9600",
        "serial://COM12?baud=115200&bits=7&parity=E&stop=2",
        "socket://192.168.1.20:9100",
        "socket://printer.local:9100?profile=TM-T20II",
    ],
)
def test_an_address_gives_its_text_back(text: str) -> None:
    """The technician's screen shows and saves what was written by hand."""
    assert str(parse_device_address(text)) == text


def test_where_the_data_lives() -> None:
    """Two tills that shared a folder by mistake would share a journal."""
    home = Path("/home/clerk")
    both = {"KIOSK_DATA": "/srv/till", "XDG_DATA_HOME": "/xdg", "LOCALAPPDATA": "/local"}
    assert data_dir(Path("/chosen"), environ=both, home=home) == Path("/chosen")
    assert data_dir(None, environ=both, home=home) == Path("/srv/till")
    bare = {"XDG_DATA_HOME": "/xdg", "LOCALAPPDATA": "/local"}
    assert data_dir(None, environ=bare, home=home, platform="linux") == Path("/xdg/kiosk")
    assert data_dir(None, environ=bare, home=home, platform="win32") == Path("/local/Kiosk")
    assert data_dir(None, environ={}, home=home, platform="linux") == home / ".local/share/kiosk"
    assert data_dir(None, environ={}, home=home, platform="win32") == home / "AppData/Local/Kiosk"
    assert data_dir(None, environ={}, home=home, platform="darwin") == home / "Library/Application Support/Kiosk"
