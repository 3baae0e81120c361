"""The demonstration of spending in one folder: an authority with its pages, a merchant's shop, and active cards to pay with.

``open`` builds it, ``close`` stops every process in order, whatever happened. The shop is the one of ``clients/shop``, which knows
nothing of this package. Not responsible for what is said on the terminal (``shop_command``).
"""

import json
import secrets
import shutil
import socket
from pathlib import Path
from typing import Final

from kiosk.bootstrap.terminal import catalogue
from kiosk.demo.counter import sell_cards
from kiosk.demo.operator import Operator, OperatorError
from kiosk.demo.printing_house import PrintedCard, print_lot
from kiosk.demo.processes import Child
from kiosk.domain.money import Money

CLIENTS: Final = Path(__file__).resolve().parents[2] / "clients"
NEWSAGENT: Final = "TABAC-GARE"
MERCHANT: Final = "presse-du-matin"
MERCHANT_NAME: Final = "Presse du Matin"
WEBHOOK_PATH: Final = "/evenements"
SERIES: Final = "12"
PACK_CARDS: Final = 20
SOLD_CARDS: Final = 2


class ShopWorld:
    """``cards`` are active and may be shown: this is a demonstration, and they are worth nothing."""

    def __init__(self, folder: Path, *, feed_every_s: int = 2) -> None:
        """``feed_every_s``: how often the shop looks at the feed, beside being told by webhooks."""
        self.folder = folder
        self._feed_every_s = feed_every_s
        self.operator = Operator(folder / "authority")
        self.authority_address = ""
        self.shop_address = ""
        self.back_password = secrets.token_hex(4)
        self.cards: tuple[PrintedCard, ...] = ()
        self.face: Money
        self._children: list[Child] = []

    def open(self) -> None:
        """Build everything. Raises ``OperatorError`` or ``ChildError``."""
        if not (CLIENTS / "shop" / "press_shop").is_dir():
            raise OperatorError("the shop is part of the source, not of the installed package: run this in a checkout")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700, parents=True)
        port = _free_port()
        self._make_scheme(f"127.0.0.1:{port}")
        authority = self._start(
            "authority", "kiosk", "authority", "serve", "--port", str(port), "--data", str(self.operator.folder)
        )
        authority.wait_ready()
        self.authority_address = f"http://127.0.0.1:{port}"
        sell_cards(
            self.operator,
            self.folder / "till",
            address=self.authority_address,
            shop=NEWSAGENT,
            serials=[card.serial for card in self.cards],
            face=self.face,
        )
        self._start_shop()

    def start_shop(self) -> Child:
        """Start the shop's process with the settings and the database that it has."""
        child = self._start("shop", "press_shop", str(self._settings_path), paths=("python", "shop"))
        child.wait_ready()
        return child

    @property
    def shop(self) -> Child:
        """The shop's process, the last one that was started."""
        return self._children[-1]

    def wait_for_end(self) -> None:
        """Until one of the processes ends by itself."""
        while all(child.running for child in self._children):
            self.shop.wait_a_while()

    def close(self) -> None:
        """Stop the shop, then the authority."""
        for child in reversed(self._children):
            child.stop()
        self._children.clear()

    # ---- inside

    @property
    def _settings_path(self) -> Path:
        return self.folder / "shop" / "settings.json"

    def _make_scheme(self, public_name: str) -> None:
        series = catalogue("euro").find(SERIES)
        if series is None:
            raise OperatorError(f"the catalogue has no series {SERIES}")
        self.face = series.face
        call = self.operator.call
        call("init", "--demonstration", "--public-name", public_name)
        call("shop", "add", NEWSAGENT, "--name", "Tabac de la Gare", "--address", "12 place de la Gare, 44000 Nantes")
        lot = str(call("issue", "--series", SERIES, "--cards", str(PACK_CARDS), "--pack-cards", str(PACK_CARDS))["lot"])
        printed = print_lot(self.operator.folder / "lots", lot)
        call("ship", "--lot", lot, "--shop", NEWSAGENT)
        call("receive", printed[0].serial, printed[-1].serial, "--shop", NEWSAGENT)
        self.cards = printed[:SOLD_CARDS]

    def _start_shop(self) -> None:
        self.shop_address = f"http://127.0.0.1:{_free_port()}"
        self.operator.call(
            "merchant", "add", MERCHANT, "--name", MERCHANT_NAME, "--site", self.shop_address, "--direct"
        )
        key = self.operator.call("merchant", "key", "add", MERCHANT)
        hook = self.operator.call("merchant", "webhook", MERCHANT, "--url", self.shop_address + WEBHOOK_PATH)
        settings = {
            "address": self.authority_address,
            "authority_name": self.authority_address.removeprefix("http://"),
            "key_id": key["key_id"],
            "secret": key["secret"],
            "authority_key": hook["authority_key"],
            "site": self.shop_address,
            "database": str(self.folder / "shop" / "purchases.db"),
            "back_password": self.back_password,
            "feed_every_s": self._feed_every_s,
        }
        self._settings_path.parent.mkdir(mode=0o700)
        self._settings_path.touch(mode=0o600)
        self._settings_path.write_text(json.dumps(settings), "utf-8")
        self.start_shop()

    def _start(self, name: str, *arguments: str, paths: tuple[str, ...] = ()) -> Child:
        environ = {"PYTHONPATH": ":".join(str(CLIENTS / path) for path in paths)} if paths else {}
        child = Child(name, arguments, log=self.folder / "log" / f"{name}.txt", environ=environ)
        self._children.append(child)
        return child


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number
