"""What lies beside the pages: the style sheet made of the design's tokens, the logo, the fonts. Each name holds a hash of its
content, so that it may be kept for ever and a new version is another file.

Not responsible for pages; nothing here depends on who asks.
"""

import hashlib
import json
from dataclasses import dataclass

from kiosk.resources import asset

FILES_PATH = "/static"
_HASH_CHARS = 12
_COLOURS = (  # those that pages.css uses
    "bg", "surface", "surface2", "surface3", "border", "border_strong", "text", "text2", "text3", "primary", "primary_pressed",
    "on_primary", "primary_text", "accent", "on_accent", "success", "success_soft", "warning", "warning_soft", "danger",
    "danger_soft", "focus",
)  # fmt: skip
_FONTS = ("regular", "semibold", "bold")


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is served."""

    name: str
    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Files:
    """Every file by its name, and the addresses that templates use."""

    by_name: dict[str, File]
    addresses: dict[str, str]


def make_files() -> Files:
    """Read and name them all."""
    found = {f"font_{name}": _file(f"inter-{name}", "woff2", _font(name), "font/woff2") for name in _FONTS}
    logo = asset("logo", "logo.svg").read_bytes()
    found["logo"] = _file("logo", "svg", logo, "image/svg+xml")
    sheet = style_sheet({key: _address(file) for key, file in found.items()})
    found["style"] = _file("pages", "css", sheet.encode(), "text/css; charset=utf-8")
    return Files({file.name: file for file in found.values()}, {key: _address(file) for key, file in found.items()})


def style_sheet(addresses: dict[str, str]) -> str:
    """``assets/pages/pages.css`` below the colours of both themes."""
    tokens = json.loads(asset("themes", "tokens.json").read_text(encoding="utf-8"))["color"]
    light = _variables(tokens["light"])
    dark = _variables(tokens["dark"])
    text = asset("pages", "pages.css").read_text(encoding="utf-8")
    for key, address in addresses.items():
        text = text.replace(f"%{key}%", address)
    return f":root{{{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}\n{_smaller(text)}"


def _variables(colours: dict[str, str]) -> str:
    return ";".join(f"--{name.replace('_', '-')}:{colours[name]}" for name in _COLOURS)


def _smaller(text: str) -> str:
    return "\n".join(line for line in map(str.strip, text.splitlines()) if line)


def _font(name: str) -> bytes:
    return asset("fonts", "web", f"inter-{name}.woff2").read_bytes()


def _file(stem: str, suffix: str, content: bytes, media_type: str) -> File:
    digest = hashlib.sha256(content).hexdigest()[:_HASH_CHARS]
    return File(f"{stem}-{digest}.{suffix}", content, media_type)


def _address(file: File) -> str:
    return f"{FILES_PATH}/{file.name}"
