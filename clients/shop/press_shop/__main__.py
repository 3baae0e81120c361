"""``python -m press_shop SETTINGS.json``: serves the shop until SIGTERM or Ctrl-C; says "ready ADDRESS" when it listens."""

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn

from kiosk_merchant import Client, Webhook
from kiosk_merchant.clock import SystemClock
from press_shop.app import WEBHOOK_PATH, Shop
from press_shop.follower import Follower
from press_shop.language import open_languages
from press_shop.purchases import Purchases
from press_shop.selling import Selling
from press_shop.settings import ShopSettings, load

END_LIMIT_S = 10  # for whoever is still waiting for a page


def main(words: list[str]) -> int:
    """The exit code."""
    if len(words) != 1:
        sys.stderr.write("press_shop SETTINGS.json\n")
        return 2
    logging.basicConfig(level=logging.WARNING)
    try:
        settings = load(Path(words[0]))
        languages = open_languages()
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    clock = SystemClock()
    purchases = Purchases(Path(settings.database))
    with Client(settings.address, settings.key_id, settings.secret, authority_name=settings.authority_name) as client:
        selling = Selling(client, purchases, site=settings.site, languages=languages, clock=clock)
        follower = Follower(selling, every_s=settings.feed_every_s)
        follower.start()
        try:
            shop = Shop(selling, purchases, settings, languages=languages, webhook=_webhook(settings))
            asyncio.run(_serve(shop, settings))
        finally:
            follower.stop()
            purchases.close()
    return 0


def _webhook(settings: ShopSettings) -> Webhook | None:
    return None if settings.authority_key is None else Webhook(settings.site + WEBHOOK_PATH, settings.authority_key)


class _Server(uvicorn.Server):
    """Takes no signals, and says when it serves."""

    def __init__(self, shop: Shop, settings: ShopSettings) -> None:
        super().__init__(
            uvicorn.Config(
                shop.app(),
                ws="none",
                lifespan="off",
                workers=1,
                proxy_headers=False,
                server_header=False,
                access_log=False,
                log_config=None,
                log_level=logging.CRITICAL,  # a traceback could hold what a shopper typed
                timeout_graceful_shutdown=END_LIMIT_S,
            )
        )
        self._site = settings.site

    def end(self) -> None:
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write(f"ready {self._site}\n")
        sys.stdout.flush()


async def _serve(shop: Shop, settings: ShopSettings) -> None:
    parts = urlsplit(settings.site)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    server = _Server(shop, settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, server.end)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listening:
        await server.serve([listening])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
