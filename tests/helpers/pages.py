"""A shopper's browser for tests, as little of one as needed: sends forms to the ASGI application, and reads what came back."""

import asyncio
import html
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.types import ASGIApp

from kiosk.authority.app import make_app
from kiosk.authority.portal.settings import PageSettings
from kiosk.authority.services.guard import Guard
from kiosk.authority.store.ports import Runner
from kiosk.authority.store.writer import DirectRunner
from tests.helpers.asgi import PUBLIC_NAME, Pairs, Prepared, ask
from tests.helpers.checkouts import Hosted
from tests.helpers.spending import Till, make_spending

NO_CODE = "0" * 12  # its check digit is right; no card has it
FORM = b"application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Page:
    """One answer."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def title(self) -> str:
        found = re.search(r"<title>(.*?)</title>", self.body)
        assert found is not None, self.body
        return _plain(found[1])

    @property
    def text(self) -> str:
        """What is read, without marks."""
        return _plain(re.sub(r"<[^>]+>", " ", self.body.partition("<body")[2]))

    @property
    def location(self) -> str:
        return self.headers["location"]

    def value(self, name: str) -> str:
        """What a field of the form holds."""
        found = re.search(rf'name="{name}"[^>]*? value="([^"]*)"', self.body)
        assert found is not None, f"no field {name}"
        return html.unescape(found[1])

    def hidden(self) -> dict[str, str]:
        """The first form's hidden fields, which a browser sends back as they are."""
        first = self.body.partition("<form")[2].partition("</form>")[0]
        return {
            name: html.unescape(value)
            for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', first)
        }


@dataclass
class Shopper:
    """Visits pages from one address."""

    app: ASGIApp
    address: str = "203.0.113.7"
    language: str = "fr-FR,fr;q=0.9,en;q=0.5"
    extra: list[tuple[bytes, bytes]] = field(default_factory=list)

    def get(self, address: str) -> Page:
        return self._ask("GET", address, b"", [])

    def post(self, address: str, fields: dict[str, str]) -> Page:
        return self._ask("POST", address, urlencode(fields).encode(), [(b"content-type", FORM)])

    def _ask(self, method: str, address: str, body: bytes, headers: Pairs) -> Page:
        parts = urlsplit(address)
        given = [(b"accept-language", self.language.encode()), *headers, *self.extra]
        prepared = Prepared(method, parts.path, parts.query, given, body)
        status, found, content = asyncio.run(ask(self.app, prepared, client=(self.address, 1)))
        names = {name.decode().lower(): value.decode("latin-1") for name, value in found}
        assert "set-cookie" not in names
        return Page(status, names, content.decode("utf-8"))


@dataclass
class Shop:
    """A world with its pages: a merchant who makes checkouts, and a shopper at them."""

    till: Till
    hosted: Hosted
    shopper: Shopper

    def open(self, *, minor: int = 500, **changes: Any) -> tuple[str, Page]:
        """A new checkout's path, and its page."""
        made = self.hosted.create(minor=minor, **changes)
        path = f"/pay/{made.checkout_id}?lang=fr"
        return path, self.shopper.get(path)

    def pay(self, page: Page, path: str, *cards: tuple[str, str], **more: str) -> Page:
        """Fill the form of ``page`` and send it; an empty code leaves what is kept."""
        fields = page.hidden() | more
        for n, (serial, code) in enumerate(cards, start=1):
            fields |= {f"serial{n}": serial, f"code{n}": code}
        return self.shopper.post(path, fields)


def right(shop: Shop, place: int = 0) -> tuple[str, str]:
    """A card with its next code."""
    serial = shop.till.serials[place]
    return serial, shop.till.next_code(serial)


def make_shop(
    *,
    runner: Runner | None = None,
    guard: Guard | None = None,
    settings: PageSettings | None = None,
    till: Till | None = None,
) -> Shop:
    """``runner``: the way of the pages to the store; the merchant's own always works."""
    till = till or make_spending()
    way = runner or DirectRunner(till.world.store)
    app = make_app(till.world.authority, way, public_name=PUBLIC_NAME, guard=guard, pages=settings)
    return Shop(till, Hosted(till, DirectRunner(till.world.store)), Shopper(app))


def _plain(text: str) -> str:
    """Every kind of space, and any number of them, as one."""
    return " ".join(html.unescape(text).split())
