"""What every page of ours shares: the languages, the clock, the way to the store, and the few pages that only say something.

Not responsible for the payment page (``pay_pages``) nor for the balance page (``balance_pages``).
"""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from kiosk.authority.core import Authority
from kiosk.authority.portal.files import make_files
from kiosk.authority.portal.replies import Replies
from kiosk.authority.portal.seals import Seals
from kiosk.authority.portal.settings import PageSettings, zone_of
from kiosk.authority.portal.visitor import LANGUAGES, address_of
from kiosk.authority.services.checkouts import Checkouts
from kiosk.authority.services.guard import Guard
from kiosk.authority.store.ports import Runner
from kiosk.domain.currency import currency
from kiosk.domain.money import Money
from kiosk.i18n.language import Language, open_language
from kiosk.resources import asset


class Site:
    """Made once; holds nothing of anybody's visit."""

    def __init__(
        self, authority: Authority, runner: Runner, checkouts: Checkouts, guard: Guard, settings: PageSettings
    ) -> None:
        self.clock = authority.clock
        self.runner = runner
        self.checkouts = checkouts
        self.guard = guard
        self.settings = settings
        self.zone = zone_of(settings)
        self.languages = {name: open_language(asset("locale"), name, self.zone) for name in LANGUAGES}
        self.replies = Replies(make_files())
        self.seals = Seals(authority.keys, authority.ids)

    def address_of(self, request: Request) -> str | None:
        """For the limits alone."""
        return address_of(request, proxied=self.settings.proxied)

    def local(self, at_ms: int) -> datetime:
        return next(iter(self.languages.values())).formats.moment(at_ms).astimezone(self.zone)

    def say(
        self,
        language: Language,
        path: str,
        word: str,
        *,
        status: int,
        link: tuple[str, str] | None = None,
        test: bool = False,
        retry_after_s: int | None = None,
        **values: str | int,
    ) -> Response:
        """A page with one title and one sentence (``word`` with _t and _d), and perhaps a link: (text, address)."""
        title = language.words(f"{word}_t")
        page = {
            **frame(language, path, title=title, test=test),
            "text": language.words(f"{word}_d", **values),
            "link": link,
        }
        return self.replies.page("said", language, page, status=status, retry_after_s=retry_after_s)


def frame(language: Language, path: str, *, title: str, test: bool = False, **query: str) -> dict[str, object]:
    """What the frame of every page needs. ``path`` and ``query``: where the other language is."""
    other = next(name for name in LANGUAGES if name != language.name)
    return {
        "title": title,
        "test": test,
        "other": other,
        "other_address": with_query(path, {"lang": other, **query}),
        "home": with_query("/balance", {"lang": language.name}),
    }


def with_query(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query)}"


def money_text(language: Language, minor: int, code: str) -> str:
    """An amount as the language writes it."""
    return language.formats.money(Money(minor, currency(code)))
