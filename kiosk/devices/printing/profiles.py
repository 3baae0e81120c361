"""Printer profiles: the facts about a model that bytes and outcomes depend on, read from ``assets/printers`` and checked.

Not responsible for finding out which model is connected (``kiosk.devices.doctor`` asks; the technician decides).
"""

import tomllib
from dataclasses import dataclass
from enum import Enum
from typing import Final

from kiosk.receipt.layout import Columns
from kiosk.resources import asset

DEFAULT_PROFILE: Final = "TM-T88V"


class Confirm(Enum):
    """How the end of a job is known."""

    PROCESS_ID = "process_id"
    GS_R = "gs_r"
    NONE = "none"


class Clear(Enum):
    """How a printer forgets what it has not printed."""

    DLE_DC4 = "dle_dc4"
    NUL = "nul"


class QrMeans(Enum):
    RASTER = "raster"
    NATIVE = "native"


class UnknownProfileError(ValueError):
    """No such profile; the message names those that exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One model. ``codec`` is the Python name of code page ``page``; ``dots`` the printable width."""

    name: str
    base: str
    codec: str
    page: int
    columns: Columns
    dots: int
    cutter: bool
    confirm: Confirm
    clear: Clear
    qr: QrMeans


def load_profiles() -> dict[str, Profile]:
    """All shipped profiles by name."""
    text = asset("printers", "profiles.toml").read_text("utf-8")
    return {name: _profile(name, data) for name, data in tomllib.loads(text).items()}


def find_profile(name: str) -> Profile:
    """The profile of this name. Raises ``UnknownProfileError``."""
    profiles = load_profiles()
    try:
        return profiles[name]
    except KeyError:
        raise UnknownProfileError(f"no printer profile {name!r}; those that exist are {', '.join(profiles)}") from None


def _profile(name: str, data: dict[str, object]) -> Profile:
    def number(key: str) -> int:
        value = data[key]
        assert isinstance(value, int), f"{name}.{key}"
        return value

    return Profile(
        name=name,
        base=str(data["base"]),
        codec=str(data["codec"]),
        page=number("page"),
        columns=Columns(number("columns"), number("small_columns")),
        dots=number("dots"),
        cutter=bool(data["cutter"]),
        confirm=Confirm(data["confirm"]),
        clear=Clear(data["clear"]),
        qr=QrMeans(data["qr"]),
    )
