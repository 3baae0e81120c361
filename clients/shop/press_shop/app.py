"""The site's addresses: read what the browser sent, call ``selling``, answer with a page. No session but a random cookie.

The redirect back from the payment page proves nothing: each return asks the authority. The language is in the address (``?lang=``),
in no cookie. Not responsible for wording (``pages``, ``answers``).
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from kiosk_merchant import BadWebhook, Card, Declined, MerchantError, NoAnswer, Rejected, Webhook, new_key
from press_shop import answers, pages
from press_shop.articles import BY_SLUG, Article
from press_shop.language import Language, choose, in_language
from press_shop.purchases import Purchase, Purchases, State
from press_shop.selling import Selling
from press_shop.settings import ShopSettings

READER = "reader"
READER_S = 400 * 86_400
FORM_BYTES_MAX = 4_096
WEBHOOK_BYTES_MAX = 1_048_576
WEBHOOK_PATH = "/evenements"
_STYLE = Path(__file__).with_name("style.css")


class Shop:
    """The handlers. Those that ask the authority run in a thread of the pool."""

    def __init__(
        self,
        selling: Selling,
        purchases: Purchases,
        settings: ShopSettings,
        *,
        languages: Mapping[str, Language],
        webhook: Webhook | None = None,
    ) -> None:
        self._selling = selling
        self._purchases = purchases
        self._settings = settings
        self._languages = languages
        self._webhook = webhook
        self._css = _STYLE.read_bytes()

    def app(self) -> Starlette:
        """The application to serve."""
        post, get = ["POST"], ["GET"]
        return Starlette(
            routes=[
                Route("/", self.front, methods=get),
                Route("/style.css", self.style, methods=get),
                Route("/article/{slug}", self.article, methods=get),
                Route("/acheter/{slug}", self.buy, methods=post),
                Route("/acheter/{slug}", self.to_article, methods=get),
                Route("/payer/{slug}", self.pay, methods=post),
                Route("/payer/{slug}", self.to_article, methods=get),
                Route("/retour/{purchase_id}", self.returned, methods=get),
                Route("/annule/{purchase_id}", self.returned, methods=get),
                Route("/achats", self.mine, methods=get),
                Route("/gestion", self.back, methods=get),
                Route("/gestion/rembourser/{purchase_id}", self.refund, methods=post),
                Route("/gestion/rembourser/{purchase_id}", self.to_back, methods=get),
                Route(WEBHOOK_PATH, self.webhook, methods=post),
            ],
            exception_handlers={HTTPException: self.missing, Exception: self.broken},
        )

    async def front(self, request: Request) -> Response:
        bought = {one.article for one in self._of(request) if one.readable}
        language = self._language(request)
        return self._page(request, language, pages.front(language, frozenset(bought)))

    async def style(self, request: Request) -> Response:
        return Response(self._css, media_type="text/css", headers={"cache-control": "max-age=300"})

    async def article(self, request: Request) -> Response:
        article, language = _article(request), self._language(request)
        if article is None:
            return self._plain(request, "missing.article", status=404)
        bought = any(one.article == article.slug and one.readable for one in self._of(request))
        return self._page(request, language, (pages.reading if bought else pages.wall)(language, article))

    async def buy(self, request: Request) -> Response:
        article, reader, language = _article(request), _reader(request), self._language(request)
        if article is None or article.own_form:
            return self._plain(request, "missing.article", status=404)
        try:
            purchase = await run_in_threadpool(self._selling.buy, reader, article, language=language.name)
        except MerchantError as error:
            html = pages.wall(language, article, answers.trouble(language, error))
            return self._page(request, language, html, status=502)
        if purchase.state is State.AT_PAGE and purchase.checkout_url is not None:
            return self._go(request, in_language(purchase.checkout_url, language.name))
        return self._go(request, language.at(f"/retour/{purchase.purchase_id}"))

    async def pay(self, request: Request) -> Response:
        """The one article that is paid on our own page: one call, and the code goes nowhere else."""
        article, reader, language = _article(request), _reader(request), self._language(request)
        form = await _form(request)
        if article is None or not article.own_form:
            return self._plain(request, "missing.article", status=404)
        card = Card(form.get("serial", ""), form.get("code", ""))
        try:
            purchase = await run_in_threadpool(self._selling.charge, reader, article, card, language=language.name)
        except (Declined, Rejected) as no:
            return self._page(request, language, pages.wall(language, article, answers.no(language, no)), status=402)
        except NoAnswer:
            return self._page(request, language, pages.wall(language, article, answers.unknown(language)), status=202)
        return self._go(request, language.at(f"/retour/{purchase.purchase_id}"))

    async def to_article(self, request: Request) -> Response:
        """The language was changed on the answer to a sent form, or its address was opened by hand: nothing is sent again."""
        return self._go(request, self._language(request).at(f"/article/{quote(request.path_params['slug'])}"))

    async def returned(self, request: Request) -> Response:
        """The reader is back, or looks again. What became of it, only the authority knows."""
        purchase = self._own(request)
        if purchase is None:
            return self._plain(request, "missing.own", status=404)
        article, language = BY_SLUG[purchase.article], self._language(request, known=purchase.language)
        try:
            purchase = await run_in_threadpool(self._now, purchase)
        except MerchantError:
            html = pages.waiting(language, purchase, answers.unknown(language))
            return self._page(request, language, html, status=202)
        if purchase.readable:
            return self._page(request, language, pages.reading(language, article, answers.paid(language, purchase)))
        match purchase.state:
            case State.AT_PAGE | State.ASKED:
                html = pages.waiting(language, purchase, answers.unfinished(language, purchase))
            case _:
                html = pages.wall(language, article, answers.ended(language, purchase))
        return self._page(request, language, html)

    async def mine(self, request: Request) -> Response:
        language = self._language(request)
        return self._page(request, language, pages.mine(language, self._of(request)))

    async def back(self, request: Request) -> Response:
        language = self._language(request)
        refused = self._guarded(request)
        return refused or self._page(request, language, pages.back(language, self._purchases.all()))

    async def refund(self, request: Request) -> Response:
        refused = self._guarded(request)
        if refused is not None:
            return refused
        language = self._language(request)
        try:
            purchase = self._purchases.get(request.path_params["purchase_id"])
            await run_in_threadpool(self._selling.refund, purchase)
        except KeyError:
            return self._plain(request, "missing.any", status=404)
        except MerchantError as error:
            html = pages.back(language, self._purchases.all(), answers.trouble(language, error))
            return self._page(request, language, html, status=502)
        return RedirectResponse(language.at("/gestion"), 303)

    async def to_back(self, request: Request) -> Response:
        """As ``to_article``."""
        return RedirectResponse(self._language(request).at("/gestion"), 303)

    async def missing(self, request: Request, error: Exception) -> Response:
        """An address, or a way to ask for one, that this site does not have."""
        status, headers = (error.status_code, error.headers) if isinstance(error, HTTPException) else (404, None)
        response = self._plain(request, "missing.address", status=status)
        response.headers.update(headers or {})
        return response

    async def broken(self, request: Request, error: Exception) -> Response:
        """A fault of ours. Whoever was paying is told the one thing not to do."""
        return self._plain(request, "broken", status=500)

    async def webhook(self, request: Request) -> Response:
        """The authority rings. Whoever cannot sign as it does is not heard."""
        if self._webhook is None:
            return Response(status_code=404)
        body = await _body(request, limit=WEBHOOK_BYTES_MAX)
        try:
            event = self._webhook.verify(request.headers.items(), body)
        except BadWebhook:
            return Response(status_code=401)
        await run_in_threadpool(self._selling.learn, event.payment)
        return Response(status_code=204)

    # ---- inside

    def _now(self, purchase: Purchase) -> Purchase:
        opened = self._selling.open_page(purchase)  # only if it was left before its page was known
        return self._selling.look(opened)

    def _own(self, request: Request) -> Purchase | None:
        try:
            found = self._purchases.get(request.path_params["purchase_id"])
        except KeyError:
            return None
        return found if hmac.compare_digest(found.reader.encode(), _reader(request).encode()) else None

    def _of(self, request: Request) -> list[Purchase]:
        return self._purchases.of_reader(_reader(request)) if READER in request.cookies else []

    def _guarded(self, request: Request) -> Response | None:
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        try:
            word = base64.b64decode(given).partition(b":")[2] if kind.lower() == "basic" else b""
        except binascii.Error:
            word = b""
        if hmac.compare_digest(word, self._settings.back_password.encode()):
            return None
        response = self._plain(request, "closed", status=401)
        response.headers["www-authenticate"] = 'Basic realm="Presse du Matin", charset="UTF-8"'
        return response

    def _language(self, request: Request, *, known: str | None = None) -> Language:
        asked, accepted = request.query_params.get("lang"), request.headers.get("accept-language", "")
        return self._languages[choose(asked, accepted, known=known)]

    def _plain(self, request: Request, word: str, *, status: int) -> Response:
        language = self._language(request)
        return self._page(request, language, pages.plain(language, word), status=status)

    def _page(self, request: Request, language: Language, html: str, *, status: int = 200) -> Response:
        return self._with_reader(request, HTMLResponse(html, status, {"content-language": language.name}))

    def _go(self, request: Request, address: str) -> Response:
        return self._with_reader(request, RedirectResponse(address, 303))

    def _with_reader(self, request: Request, response: Response) -> Response:
        parts = urlsplit(self._settings.address)
        response.headers["content-security-policy"] = (
            "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none';"
            f" form-action 'self' {parts.scheme}://{parts.netloc}"
        )
        response.headers["cache-control"] = "no-store"
        response.headers["referrer-policy"] = "same-origin"
        response.headers["x-content-type-options"] = "nosniff"
        secure = self._settings.site.startswith("https:")
        response.set_cookie(READER, _reader(request), max_age=READER_S, httponly=True, samesite="lax", secure=secure)
        return response


def _reader(request: Request) -> str:
    """Who this browser is: a number drawn at its first visit, and nothing about anybody."""
    if not hasattr(request.state, READER):
        found = request.cookies.get(READER, "")
        request.state.reader = found if len(found) == 36 and found.isascii() else new_key()
    return str(request.state.reader)


def _article(request: Request) -> Article | None:
    return BY_SLUG.get(request.path_params["slug"])


async def _form(request: Request) -> dict[str, str]:
    body = await _body(request, limit=FORM_BYTES_MAX)
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


async def _body(request: Request, *, limit: int) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit:
            return b""
    return bytes(body)
