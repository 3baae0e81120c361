"""``python -m press_shop SETTINGS.json``: serves the shop until SIGTERM or Ctrl-C; says "ready ADDRESS" when it listens."""

import asyncio
import logging
import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit

from granian.constants import Interfaces
from granian.server.embed import Server

from kiosk_merchant import Client, Webhook
from kiosk_merchant.clock import SystemClock
from press_shop.app import WEBHOOK_PATH, Shop
from press_shop.follower import Follower
from press_shop.purchases import Purchases
from press_shop.selling import Selling
from press_shop.settings import ShopSettings, load

READY_LIMIT_S = 10.0
READY_POLL_S = 0.02


def main(words: list[str]) -> int:
    """The exit code."""
    if len(words) != 1:
        sys.stderr.write("press_shop SETTINGS.json\n")
        return 2
    logging.basicConfig(level=logging.WARNING)
    try:
        settings = load(Path(words[0]))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    clock = SystemClock()
    purchases = Purchases(Path(settings.database))
    with Client(settings.address, settings.key_id, settings.secret, authority_name=settings.authority_name) as client:
        selling = Selling(client, purchases, site=settings.site, clock=clock)
        follower = Follower(selling, every_s=settings.feed_every_s)
        follower.start()
        try:
            asyncio.run(_serve(Shop(selling, purchases, settings, webhook=_webhook(settings)), settings))
        finally:
            follower.stop()
            purchases.close()
    return 0


def _webhook(settings: ShopSettings) -> Webhook | None:
    return None if settings.authority_key is None else Webhook(settings.site + WEBHOOK_PATH, settings.authority_key)


async def _serve(shop: Shop, settings: ShopSettings) -> None:
    parts = urlsplit(settings.site)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    server = Server(
        shop.app(), address=host, port=port, interface=Interfaces.ASGINL, websockets=False, log_enabled=False
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    task = asyncio.create_task(server.serve())
    end_s = loop.time() + READY_LIMIT_S
    while not task.done() and loop.time() < end_s:
        try:
            _, stream = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(READY_POLL_S)
        else:
            stream.close()
            sys.stdout.write(f"ready {settings.site}\n")
            sys.stdout.flush()
            break
    await task


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
