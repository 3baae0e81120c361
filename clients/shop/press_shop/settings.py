"""What the shop is told: one JSON file for its user alone, because two secrets are in it."""

import json
from dataclasses import dataclass, field
from pathlib import Path

REDACTED_MODE = 0o077


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopSettings:
    """``address`` and ``authority_name``: where the authority is and what signatures call it. ``authority_key`` checks webhooks;
    without one none is taken. ``site`` is the shop's own address, ``back_password`` opens its back page, ``database`` is a file."""

    address: str
    authority_name: str
    key_id: str
    secret: str = field(repr=False)
    site: str
    database: str
    back_password: str = field(repr=False)
    authority_key: str | None = None
    feed_every_s: int = 5


def load(path: Path) -> ShopSettings:
    """Raises ``ValueError`` with a sentence."""
    if path.stat().st_mode & REDACTED_MODE:
        raise ValueError(f"{path.name} is readable by others: run 'chmod 600' on it")
    value = json.loads(path.read_text("utf-8"))
    if not isinstance(value, dict):
        raise ValueError(f"{path.name} holds one object")
    try:
        return ShopSettings(**value)
    except TypeError as error:
        raise ValueError(f"{path.name}: {error}") from None


def save(path: Path, settings: ShopSettings) -> None:
    """Written for this user alone."""
    path.touch(mode=0o600)
    names = ShopSettings.__dataclass_fields__
    path.write_text(json.dumps({name: getattr(settings, name) for name in names}, indent=1), "utf-8")
