"""The addresses of the shoppers' pages, and the top of each of their requests: whatever goes wrong becomes a page with a sentence.

Not responsible for the pages themselves.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kiosk.authority.answers import Answers
from kiosk.authority.portal.balance_pages import BALANCE_PATH, BalancePages
from kiosk.authority.portal.files import FILES_PATH
from kiosk.authority.portal.pay_pages import PayPages
from kiosk.authority.portal.site import Site
from kiosk.authority.portal.visitor import BadForm, language_of
from kiosk.authority.services.checkouts import PAY_PATH
from kiosk.protocol.problems import ProblemKind

Handler = Callable[[Request], Awaitable[Response]]
TROUBLE_RETRY_S = 5


def portal_routes(site: Site, answers: Answers) -> list[Route]:
    """Every page. ``answers`` knows what an error is and how it is logged."""
    pay, balance = PayPages(site), BalancePages(site)

    def guarded(handler: Handler) -> Handler:
        async def handle(request: Request) -> Response:
            language = site.languages[language_of(request)]
            path = request.url.path
            try:
                return await handler(request)
            except BadForm:
                return site.say(language, path, "web.unknown", status=400)
            except Exception as error:
                found = answers.of_error(error, where="a page")
                if found.status < 500:
                    return site.say(language, path, "web.unknown", status=found.status)
                status = 503 if found.type == ProblemKind.BUSY.uri else 500
                return site.say(language, path, "web.trouble", status=status, retry_after_s=TROUBLE_RETRY_S)

        return handle

    async def file(request: Request) -> Response:
        found = site.replies.file(request.path_params["name"])
        return found or site.say(site.languages[language_of(request)], "/", "web.unknown", status=404)

    async def home(request: Request) -> Response:
        return RedirectResponse(BALANCE_PATH, 307)

    page = f"{PAY_PATH}/{{checkout_id}}"
    return [
        Route("/", home, methods=["GET"]),
        Route(page, guarded(pay.show), methods=["GET"]),
        Route(page, guarded(pay.send), methods=["POST"]),
        Route(f"{page}/cancel", guarded(pay.look_again), methods=["GET"]),
        Route(f"{page}/cancel", guarded(pay.cancel), methods=["POST"]),
        Route(BALANCE_PATH, guarded(balance.show), methods=["GET"]),
        Route(BALANCE_PATH, guarded(balance.send), methods=["POST"]),
        Route(f"{FILES_PATH}/{{name}}", file, methods=["GET"]),
    ]
