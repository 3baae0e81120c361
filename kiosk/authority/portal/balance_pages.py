"""The balance page: by its serial what a card is worth, until when, what it paid last and what waits; never a code or a merchant.

The serial is sent in a form, so that no address, history or log of a proxy holds it. Not responsible for the limits (``guard``).
"""

from starlette.requests import Request
from starlette.responses import Response

from kiosk.authority.portal.forms import read_serial
from kiosk.authority.portal.site import Site, frame, money_text, with_query
from kiosk.authority.portal.visitor import form_of, language_of
from kiosk.authority.services.shoppers import ShownCard, card_of
from kiosk.domain.card import Serial
from kiosk.i18n.language import Language

BALANCE_PATH = "/balance"
MAX_TYPED_CHARS = 40


class BalancePages:
    """``/balance``."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def show(self, request: Request) -> Response:
        """GET: the form."""
        return self._page(self._language(request))

    async def send(self, request: Request) -> Response:
        """POST: the card, or one sentence for every reason not to show it."""
        language = self._language(request)
        typed = (await form_of(request)).get("serial", "").strip()[:MAX_TYPED_CHARS]
        serial, word = read_serial(typed)
        if serial is None:
            return self._page(language, typed=typed, problem="web.bad", field_word=word, status=422)
        found = await self._guarded(request, serial)
        if isinstance(found, int):
            return self._page(language, typed=typed, problem="web.wait_balance", status=429, retry_after_s=found)
        if found is None:
            return self._page(language, typed=typed, problem="web.bad", status=404)
        return self._page(language, typed=serial.grouped, card=found)

    def _language(self, request: Request) -> Language:
        return self._site.languages[language_of(request)]

    async def _guarded(self, request: Request, serial: Serial) -> ShownCard | int | None:
        """The one place where the limits are asked before a card is shown; seconds to wait when they say no."""
        guard, address = self._site.guard, self._site.address_of(request)
        pause = guard.may_ask_balance(serial=serial.digits, address=address)
        if pause is not None:
            return pause.retry_after_s
        now_ms = self._site.clock.now_ms()
        found: ShownCard | None = None
        try:
            found = await self._site.runner.read(lambda tx: card_of(tx, serial, now_ms=now_ms))
        finally:
            guard.note_balance(address=address, known=found is not None)
        return found

    def _page(
        self,
        language: Language,
        *,
        typed: str = "",
        card: ShownCard | None = None,
        problem: str | None = None,
        field_word: str | None = None,
        status: int = 200,
        retry_after_s: int | None = None,
    ) -> Response:
        words = language.words
        title = words("web.check")
        error = None
        if problem is not None:
            given: dict[str, str | int] = {} if retry_after_s is None else {"s": retry_after_s}
            error = {"title": words(f"{problem}_t"), "text": words(f"{problem}_d", **given)}
            title = words("web.title_problem", problem=error["title"], title=title)
        values = {
            **frame(language, BALANCE_PATH, title=title),
            "typed": typed,
            "error": error,
            "field_word": field_word,
            "card": self._shown(language, card) if card is not None else None,
            "action": with_query(BALANCE_PATH, {"lang": language.name}) + "#card",
        }
        return self._site.replies.page("balance", language, values, status=status, retry_after_s=retry_after_s)

    def _shown(self, language: Language, card: ShownCard) -> dict[str, object]:
        words, formats, site = language.words, language.formats, self._site
        until = formats.full_day(site.local(card.expires_ms).date())
        return {
            "balance": money_text(language, card.balance_minor, card.currency),
            "state": words(f"web.state_{card.state}"),
            "good": card.state == "active",
            "percent": min(100, card.balance_minor * 100 // card.face_minor) if card.face_minor else 0,
            "face": words("web.face", amount=money_text(language, card.face_minor, card.currency)),
            "until": words("bal.expired" if card.state == "expired" else "bal.until", date=until),
            "movements": [
                {
                    "title": words("bal.payment" if one.amount_minor < 0 else "web.refund"),
                    "at": formats.day_and_time(site.local(one.at_ms)),
                    "amount": ("+" if one.amount_minor > 0 else "")
                    + money_text(language, one.amount_minor, card.currency),
                }
                for one in card.movements
            ],
            "held": [
                words(
                    "web.hold",
                    amount=money_text(language, one.amount_minor, card.currency),
                    time=formats.clock(site.local(one.until_ms)),
                )
                for one in card.held
            ],
            "updated": words("web.updated", time=formats.clock(site.local(site.clock.now_ms()))),
        }
