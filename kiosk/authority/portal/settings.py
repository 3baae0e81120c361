"""Where shoppers find our pages, in which time zone their dates are, and whether a proxy stands in front.

Kept in the database, set by the operator. Not responsible for what the pages show.
"""

from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from kiosk.authority.services.addresses import is_loopback
from kiosk.authority.store.ports import Transaction
from kiosk.authority.store.settings import get_setting, put_setting

_SETTING = "pages"


class PageSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``address`` is the start of every page's address, without a slash at its end. ``proxied``: a proxy of ours is the only way in
    and adds the shopper's address at the end of ``X-Forwarded-For``; without it that header is anybody's invention."""

    address: str
    zone: str = "Europe/Paris"
    proxied: bool = False


def default_settings(public_name: str) -> PageSettings:
    """The authority's own name, with TLS unless it is this machine's."""
    host = urlsplit(f"//{public_name}").hostname or ""
    return PageSettings(f"{'http' if is_loopback(host) else 'https'}://{public_name}")


def load_settings(tx: Transaction, *, public_name: str) -> PageSettings:
    """The settings as the operator made them, or the default."""
    text = get_setting(tx, _SETTING)
    return msgspec.json.decode(text, type=PageSettings) if text else default_settings(public_name)


def save_settings(tx: Transaction, settings: PageSettings) -> None:
    """Raises ``ValueError`` for an address or a zone that cannot be right."""
    check_settings(settings)
    put_setting(tx, _SETTING, msgspec.json.encode(settings).decode("utf-8"))


def check_settings(settings: PageSettings) -> None:
    """Raises ``ValueError`` for an address or a zone that cannot be right."""
    parts = urlsplit(settings.address)
    tls = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    if not tls or not parts.hostname or parts.path or parts.query or parts.fragment:
        raise ValueError("the address of the pages is https://HOST, or http on this machine, without a path")
    zone_of(settings)


def zone_of(settings: PageSettings) -> ZoneInfo:
    """The time zone of the pages. Raises ``ValueError``."""
    try:
        return ZoneInfo(settings.zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{settings.zone} is no time zone that this machine knows") from None
