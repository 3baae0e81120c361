"""The demonstration shop as a reader's browser sees it, without a server and without a wire."""

import asyncio
from pathlib import Path
from urllib.parse import urlencode

from press_shop.app import Shop
from press_shop.language import open_languages
from press_shop.purchases import Purchases
from press_shop.selling import Selling
from press_shop.settings import ShopSettings
from tests.helpers.asgi import Prepared, ask
from tests.helpers.scripted_authority import StillClock
from tests.helpers.shop_authority import ShopAuthority
from tests.helpers.spending import make_spending

PASSWORD = "geheim"


class ShopSite:
    """``reader`` is the cookie of the last answer, ``headers`` are its header fields."""

    def __init__(self, folder: Path) -> None:
        self.authority = ShopAuthority(make_spending())
        self.purchases = Purchases(folder / "purchases.db")
        self.settings = ShopSettings(
            address="https://pay.example",
            authority_name="pay.example",
            key_id="mk",
            secret="s" * 43,
            site="https://presse.example",
            database="",
            back_password=PASSWORD,
        )
        self.languages = open_languages()
        self.selling = Selling(
            self.authority, self.purchases, site=self.settings.site, languages=self.languages, clock=StillClock()
        )
        self.shop = Shop(self.selling, self.purchases, self.settings, languages=self.languages)
        self.app = self.shop.app()
        self.reader = ""
        self.headers: dict[str, str] = {}

    def ask(self, method: str, address: str, *, form: dict[str, str] | None = None, **headers: str) -> tuple[int, str]:
        """Status and page. Header fields are written with a low line."""
        fields = {"cookie": f"reader={self.reader}", **headers} if self.reader else headers
        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()]
        path, _, query = address.partition("?")
        prepared = Prepared(method, path, query, raw, urlencode(form or {}).encode())
        status, answered, body = asyncio.run(ask(self.app, prepared))
        self.headers = {name.decode(): value.decode() for name, value in answered}
        if "set-cookie" in self.headers:
            self.reader = self.headers["set-cookie"].partition("=")[2].partition(";")[0]
        return status, body.decode()
