"""``terminal.toml``: what a technician may set on one machine, and the folder where its files live.

Parsing is strict: an unknown key, a wrong type or an impossible value is named together with what to write instead, all of them at
once. Not responsible for identity and keys (enrolment and the keystore hold those), nor for what the authority decides by policy.
"""

import re
import sys
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from kiosk.errors import Trouble
from kiosk.files import replace_file

FILE_NAME: Final = "terminal.toml"
PREVIOUS_NAME: Final = "terminal.previous.toml"
FILE_BYTES_MAX: Final = 64_000
TEXT_CHARS_MAX: Final = 120
LANGUAGES: Final = ("fr", "en")
THEMES: Final = ("light", "dark", "high_contrast")
BANKCARD_MODES: Final = ("simulated", "manual")
SPEEDS: Final = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)

# what may follow the "?" of a device's address, besides baud; the devices' room gives each its meaning
_OPTIONS: Final[Mapping[str, str]] = {
    "bits": "7|8",
    "parity": "N|E|O",
    "stop": "1|2",
    "flow": "none|rtscts|xonxoff",
    "profile": r"[A-Za-z0-9._-]{1,40}",  # a printer's profile, such as TM-T88V
    "protocol": r"[a-z0-9-]{1,20}",  # a display's command set, such as epson or cd5220
}
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?|\[[0-9a-f:]+\](:[0-9]{1,5})?")
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class SettingsTrouble(Trouble):
    """SET-01: the settings cannot be used. ``problems`` has one sentence for each wrong key, fit to be shown to a technician."""

    def __init__(self, *problems: str) -> None:
        super().__init__("SET-01", retryable=False, detail="; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class DeviceAddress:
    """Where a device is: ``serial:///dev/serial/by-id/…?baud=19200`` or ``socket://192.168.1.20:9100``.

    ``path`` is the port's path or name (``/dev/ttyUSB0``, ``COM3``), or a socket's host and port; a socket has no ``baud``.
    ``str()`` gives the address back.
    """

    scheme: str
    path: str
    baud: int | None = None
    options: tuple[tuple[str, str], ...] = ()

    def option(self, name: str, default: str) -> str:
        """The value of one option, or ``default`` when the address does not say."""
        return dict(self.options).get(name, default)

    def __str__(self) -> str:
        query = urlencode([*([] if self.baud is None else [("baud", str(self.baud))]), *self.options])
        return f"{self.scheme}://{self.path}" + (f"?{query}" if query else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthoritySettings:
    """Where the authority is reached (``address``) and the name that signatures cover (``public_name``: host, port if unusual).

    ``trust`` is a file of certificates to believe in place of the usual ones; empty for the usual ones.
    """

    address: str
    public_name: str
    trust: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopSettings:
    """Who sells, as the receipt names it (CAI-02). Empty texts are allowed until a receipt needs them."""

    name: str = ""
    address: str = ""
    siret: str = ""
    naf: str = ""
    vat_id: str = ""
    till: str = "Caisse 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSettings:
    """The devices of this terminal; ``None`` for what it has not. ``bankcard`` is ``simulated`` or ``manual``.

    ``bankcard_port`` is where a simulated terminal is; a manual one has no wire.
    """

    printer: DeviceAddress | None = None
    scanner: DeviceAddress | None = None
    display: DeviceAddress | None = None
    bankcard: str | None = None
    bankcard_port: DeviceAddress | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of ``terminal.toml``. ``series`` names the catalogue in ``assets/series`` that is sold here."""

    authority: AuthoritySettings
    currency: str = "EUR"
    series: str = "euro"
    language: str = "fr"
    theme: str = "light"
    shop: ShopSettings = field(default_factory=ShopSettings)
    devices: DeviceSettings = field(default_factory=DeviceSettings)


def data_dir(chosen: Path | None, *, environ: Mapping[str, str], home: Path, platform: str = sys.platform) -> Path:
    """The folder of this terminal's files: ``--data``, else ``KIOSK_DATA``, else the platform's place for them. Not made here."""
    if chosen is not None:
        return chosen.absolute()
    if named := environ.get("KIOSK_DATA"):
        return Path(named).absolute()
    if platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "Kiosk"
    if platform == "darwin":
        return home / "Library" / "Application Support" / "Kiosk"
    return Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "kiosk"


def load_settings(folder: Path) -> Settings:
    """The settings in ``folder/terminal.toml``. Raises ``SettingsTrouble`` that says what to write."""
    path = folder / FILE_NAME
    try:
        with path.open("rb") as stream:
            raw = stream.read(FILE_BYTES_MAX + 1)
        text = raw.decode("utf-8")
    except FileNotFoundError:
        raise SettingsTrouble(
            f"there is no {path}: write one (docs/operations.md shows it) or run kiosk enrol"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsTrouble(f"{path} cannot be read: {error}") from error
    if len(raw) > FILE_BYTES_MAX:
        raise SettingsTrouble(f"{path} is longer than {FILE_BYTES_MAX} bytes")
    return parse_settings(text)


def parse_settings(text: str) -> Settings:
    """The settings in a TOML text. Raises ``SettingsTrouble`` naming every wrong key, its value and what to write."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsTrouble(f"{FILE_NAME} is not TOML: {error}") from error
    reader = _Reader(data)
    address = reader.text("authority.address", "", _authority_address)
    settings = Settings(
        authority=AuthoritySettings(
            address=address,
            public_name=reader.text("authority.public_name", urlsplit(address).netloc.lower(), _public_name),
            trust=reader.text(
                "authority.trust", "", _matching(r"/.{1,119}|[A-Za-z]:.{1,117}", "the whole path of a file")
            ),
        ),
        currency=reader.text("currency", "EUR", _matching(r"[A-Z]{3}", "an ISO 4217 code such as EUR")),
        series=reader.text(
            "series", "euro", _matching(r"[a-z0-9-]{1,40}", "the name of a file of assets/series: euro")
        ),
        language=reader.text("language", "fr", _one_of(LANGUAGES)),
        theme=reader.text("theme", "light", _one_of(THEMES)),
        shop=ShopSettings(
            name=reader.text("shop.name", "", _short),
            address=reader.text("shop.address", "", _short),
            siret=reader.text("shop.siret", "", _siret),
            naf=reader.text(
                "shop.naf", "", _matching(r"[0-9]{4}[A-Z]", "the four digits and the letter of the shop's NAF code")
            ),
            vat_id=reader.text(
                "shop.vat_id", "", _matching(r"FR[0-9A-Z]{2}[0-9]{9}", "FR, two characters, nine digits")
            ),
            till=reader.text("shop.till", "Caisse 1", _short),
        ),
        devices=DeviceSettings(
            printer=reader.device("devices.printer"),
            scanner=reader.device("devices.scanner"),
            display=reader.device("devices.display"),
            bankcard=reader.text("devices.bankcard", "", _one_of(BANKCARD_MODES)) or None,
            bankcard_port=reader.device("devices.bankcard_port"),
        ),
    )
    reader.finish()
    return settings


def parse_device_address(text: str) -> DeviceAddress:
    """The address in a text. Raises ``ValueError`` whose message says what to write."""
    parts = urlsplit(text)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    for name, value in options.items():
        allowed = _OPTIONS.get(name, "" if name == "baud" else None)
        if allowed is None:
            raise ValueError(f"there is no option {name}; those that exist are baud, {', '.join(_OPTIONS)}")
        if allowed and not re.fullmatch(allowed, value):
            raise ValueError(f"{name} is {allowed}, not {value!r}")
    baud = options.pop("baud", None)
    kept = tuple(sorted(options.items()))
    # a Windows port is a name and lands where a host would stand
    path = parts.netloc + parts.path
    if parts.scheme == "serial" and path and not parts.fragment:
        if baud is None or not baud.isascii() or not baud.isdigit() or int(baud) not in SPEEDS:
            raise ValueError(f"baud is one of {', '.join(map(str, SPEEDS))}, as set on the device")
        return DeviceAddress("serial", path, int(baud), kept)
    if (
        parts.scheme == "socket"
        and _HOST.fullmatch(path)
        and _port_of(parts.netloc)
        and baud is None
        and not parts.fragment
    ):
        return DeviceAddress("socket", path, None, kept)
    raise ValueError(
        "write serial:///dev/serial/by-id/…?baud=19200, serial://COM3?baud=9600 or socket://192.168.1.20:9100"
    )


def render_settings(settings: Settings) -> str:
    """The text of ``terminal.toml`` for these settings; ``parse_settings`` reads the same settings back."""
    shop, devices = settings.shop, settings.devices
    named: list[tuple[str, list[tuple[str, object]]]] = [
        ("", [(key, getattr(settings, key)) for key in ("language", "theme", "currency", "series")]),
        ("authority", [(key, getattr(settings.authority, key)) for key in ("address", "public_name", "trust")]),
        ("shop", [(key, getattr(shop, key)) for key in ("name", "address", "siret", "naf", "vat_id", "till")]),
        (
            "devices",
            [(key, getattr(devices, key)) for key in ("printer", "scanner", "display", "bankcard", "bankcard_port")],
        ),
    ]
    lines = ["# Settings of this terminal: docs/operations.md explains each."]
    for table, pairs in named:
        lines += ["", f"[{table}]"] if table else []
        lines += [f"{key} = {_quoted(str(value))}" for key, value in pairs if value not in (None, "")]
    return "\n".join(lines) + "\n"


def save_settings(folder: Path, settings: Settings) -> None:
    """Replace ``terminal.toml`` in one step, durably; the one before stays as ``terminal.previous.toml``.

    Raises ``Trouble`` SET-02 when the folder cannot be written; the old settings then stand unchanged.
    """
    text = render_settings(settings)
    parse_settings(text)  # what is written must be readable: a wrong value stops here and not at the next start
    path = folder / FILE_NAME
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        before = path.read_bytes() if path.exists() else None
        replace_file(path, text.encode("utf-8"), mode=0o644)
    except OSError as error:
        raise Trouble("SET-02", retryable=False, detail=f"{path}: {error.strerror}") from error
    if before is not None:
        with suppress(OSError):  # the new settings stand; the old ones are a convenience
            replace_file(folder / PREVIOUS_NAME, before, mode=0o644)


class _Reader:
    """Takes known keys out of the data; what is left over at the end was not known. Collects problems instead of stopping."""

    def __init__(self, data: dict[str, object]) -> None:
        self._left: dict[str, object] = {}
        for key, value in data.items():
            if isinstance(value, dict):
                self._left |= {f"{key}.{name}": inner for name, inner in value.items()}
            else:
                self._left[key] = value
        self._known: list[str] = []
        self._problems: list[str] = []

    def text(self, key: str, default: str, check: Callable[[str], str | None]) -> str:
        """The text at ``key``; ``check`` answers what to write instead, or ``None``. A default is not checked."""
        self._known.append(key)
        value = self._left.pop(key, default)
        if not isinstance(value, str):
            self._problems.append(f"{key} = {value!r}: write a text in quotes")
            return default
        if value == default and default:
            return value
        if (expected := check(value)) is not None:
            if value or key == "authority.address":
                self._problems.append(f"{key} = {_quoted(value)}: write {expected}")
            return default
        return value

    def device(self, key: str) -> DeviceAddress | None:
        """The device's address at ``key``, or ``None`` when there is none."""
        text = self.text(key, "", lambda _: None)
        if not text:
            return None
        try:
            return parse_device_address(text)
        except ValueError as error:
            self._problems.append(f"{key} = {_quoted(text)}: {error}")
            return None

    def finish(self) -> None:
        """Raises ``SettingsTrouble`` if anything was wrong or unknown."""
        unknown = [f"{key} is not a setting; those that exist are {', '.join(self._known)}" for key in self._left]
        if self._problems or unknown:
            raise SettingsTrouble(*self._problems, *unknown)


def _authority_address(text: str) -> str | None:
    expected = "the authority's address: https://authority.example (http only for this machine itself)"
    try:
        parts = urlsplit(text)
        port_is_right = parts.port is None or 0 < parts.port < 65536
    except ValueError:
        return expected
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    bare = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
    return None if secure and bare and port_is_right and _HOST.fullmatch(parts.netloc.lower()) else expected


def _public_name(text: str) -> str | None:
    return (
        None
        if _HOST.fullmatch(text)
        else "host or host:port in small letters, as the outside world knows the authority"
    )


def _siret(text: str) -> str | None:
    expected = "the shop's 14 digits (the last is a check digit)"
    if not re.fullmatch(r"[0-9]{14}", text):
        return expected
    doubled = (int(digit) * (2 if index % 2 == 0 else 1) for index, digit in enumerate(text))
    return None if sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0 else expected


def _short(text: str) -> str | None:
    printable = all(character.isprintable() or character == "\u202f" for character in text)
    return None if len(text) <= TEXT_CHARS_MAX and printable else f"one line of at most {TEXT_CHARS_MAX} characters"


def _one_of(values: tuple[str, ...]) -> Callable[[str], str | None]:
    return lambda text: None if text in values else " or ".join(f'"{value}"' for value in values)


def _matching(pattern: str, expected: str) -> Callable[[str], str | None]:
    return lambda text: None if re.fullmatch(pattern, text) else expected


def _port_of(netloc: str) -> int | None:
    try:
        return urlsplit(f"//{netloc}").port
    except ValueError:
        return None


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04X}" for c in escaped) + '"'
