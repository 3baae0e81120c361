"""``kiosk authority pages``: where shoppers find our pages, in which time zone, and whether a proxy stands in front."""

import argparse
from collections.abc import Callable

import msgspec

from kiosk.authority.admin_support import Handler, opened, show
from kiosk.authority.installation import public_name_of
from kiosk.authority.portal.settings import load_settings, save_settings

_Command = Callable[["argparse._SubParsersAction[argparse.ArgumentParser]", str, str, Handler], argparse.ArgumentParser]


def configure(found: "argparse._SubParsersAction[argparse.ArgumentParser]", command: _Command) -> None:
    """Add the command and its arguments."""
    pages = command(found, "pages", "show or set where shoppers find our pages; heard at the next start", _pages)
    pages.add_argument("--address", metavar="URL", help="how every page's address begins: https://pay.example")
    pages.add_argument("--zone", help="the time zone of dates on the pages: Europe/Paris")
    pages.add_argument(
        "--proxy",
        choices=["yes", "no"],
        help="yes: a proxy of ours is the only way in and adds the shopper's address to X-Forwarded-For",
    )


def _pages(arguments: argparse.Namespace) -> int:
    with opened(arguments) as authority:
        public_name = public_name_of(authority)
        settings = authority.store.read(lambda tx: load_settings(tx, public_name=public_name))
        changed = {name: getattr(arguments, name) for name in ("address", "zone") if getattr(arguments, name)}
        if arguments.proxy is not None:
            changed["proxied"] = arguments.proxy == "yes"
        if changed:
            settings = msgspec.structs.replace(settings, **changed)
            authority.store.write(lambda tx: save_settings(tx, settings))
        show(arguments, {"address": settings.address, "zone": settings.zone, "proxy": settings.proxied})
    return 0
