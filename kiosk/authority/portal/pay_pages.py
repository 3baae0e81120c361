"""The hosted payment page: merchant and amount first, then the shopper's cards; afterwards what was paid and what is left.

Nothing about a card is revealed before a right code of it was given: one page for unknown, inactive, blocked, paused, used and
wrong. Not responsible for paying exactly once (``services.attempts``) nor for the limits (``guard``).
"""

from starlette.requests import Request
from starlette.responses import Response

from kiosk.authority.portal.forms import PayForm, read_form
from kiosk.authority.portal.receipts import paid_page
from kiosk.authority.portal.site import Site, frame, money_text, with_query
from kiosk.authority.portal.visitor import form_of, language_of
from kiosk.authority.services.attempts import Attempted, NotOpen
from kiosk.authority.services.checkouts import PAY_PATH, with_checkout_id
from kiosk.authority.services.guard import Way
from kiosk.authority.services.pay.answers import Declined
from kiosk.authority.services.pay.spending import Outcome
from kiosk.authority.services.shoppers import left_on
from kiosk.authority.store.checkouts import CheckoutRow
from kiosk.domain.checkout import CheckoutState
from kiosk.domain.payment import SpendReason
from kiosk.errors import Trouble
from kiosk.i18n.language import Language
from kiosk.protocol.routes import is_id

TRIES_AFTER_TROUBLE = 2


class PayPages:
    """``/pay/{checkout_id}`` and what follows it."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._attempts = site.checkouts.attempts

    async def show(self, request: Request) -> Response:
        """GET: the form, or where the checkout stands."""
        checkout_id, row = await self._row(request)
        language = self._language(request, row)
        return await self._now(request, language, checkout_id, row)

    async def send(self, request: Request) -> Response:
        """POST: pay, or add a card to the form."""
        checkout_id, row = await self._row(request)
        language = self._language(request, row)
        if row is None or not self._takes_money(row):
            return self._moved_on(language, checkout_id, row)
        fields = await form_of(request)
        form = read_form(fields, self._site.seals, checkout_id)
        if not self._open(row) and (form.attempt is None or form.wrong or "more" in fields):
            return self._moved_on(language, checkout_id, row)
        if form.attempt is None:
            return self._form(language, row, form.without_words(), problem=("web.check_t", "web.stale"), status=409)
        if "more" in fields:
            return self._form(language, row, form.without_words().with_one_more())
        if form.wrong:
            return self._form(language, row, form, problem=("web.check_t", "web.nothing_tried"), status=422)
        return await self._pay(request, language, row, form, form.attempt)

    async def cancel(self, request: Request) -> Response:
        """POST: give up, and back to the merchant; a paid checkout stays paid."""
        checkout_id, row = await self._row(request)
        language = self._language(request, row)
        fields = await form_of(request)
        if row is not None and self._site.seals.attempt_of(checkout_id, fields.get("form", "")) is not None:
            row = await self._attempts.cancel(checkout_id)
            if row is not None and row.state is CheckoutState.CANCELLED:
                return self._site.replies.go_to(with_checkout_id(row.cancel_url, checkout_id))
        return self._moved_on(language, checkout_id, row)

    async def look_again(self, request: Request) -> Response:
        """GET of the address that only a form is sent to: what a reload asks for."""
        checkout_id, row = await self._row(request)
        return self._moved_on(self._language(request, row), checkout_id, row)

    # where the checkout stands

    async def _row(self, request: Request) -> tuple[str, CheckoutRow | None]:
        checkout_id = str(request.path_params["checkout_id"])
        return checkout_id, await self._attempts.settled(checkout_id) if is_id(checkout_id) else None

    def _language(self, request: Request, row: CheckoutRow | None) -> Language:
        otherwise = row.language if row is not None else "fr"
        return self._site.languages[language_of(request, otherwise=otherwise)]

    def _takes_money(self, row: CheckoutRow) -> bool:
        # a form sent again after it was paid or while it is being decided is looked at: it may be the payer's own second click
        return self._site.checkouts.state_of(row) in {CheckoutState.OPEN, CheckoutState.PAYING, CheckoutState.PAID}

    def _open(self, row: CheckoutRow) -> bool:
        return self._site.checkouts.state_of(row) is CheckoutState.OPEN

    def _moved_on(self, language: Language, checkout_id: str, row: CheckoutRow | None) -> Response:
        if row is None:
            return self._unknown(language, checkout_id)
        return self._site.replies.go_to(_address(checkout_id, language))

    def _unknown(self, language: Language, checkout_id: str) -> Response:
        path = f"{PAY_PATH}/{checkout_id}" if is_id(checkout_id) else "/"
        return self._site.say(language, path, "web.unknown", status=404)

    async def _now(self, request: Request, language: Language, checkout_id: str, row: CheckoutRow | None) -> Response:
        if row is None:
            return self._unknown(language, checkout_id)
        back = (language.words("web.back", merchant=row.merchant_name), with_checkout_id(row.cancel_url, checkout_id))
        path = f"{PAY_PATH}/{checkout_id}"
        match self._site.checkouts.state_of(row):
            case CheckoutState.PAID:
                receipt = request.query_params.get("receipt", "")
                own = self._site.seals.is_receipt(checkout_id, receipt)
                return await paid_page(self._site, language, row, receipt=receipt if own else None)
            case CheckoutState.CANCELLED:
                return self._site.say(language, path, "web.cancelled", status=410, link=back, test=row.test)
            case CheckoutState.LAPSED:
                return self._site.say(language, path, "web.lapsed", status=410, link=back, test=row.test)
            case CheckoutState.PAYING:
                again = (language.words("web.reload"), _address(checkout_id, language))
                return self._site.say(language, path, "web.wait", status=202, link=again, test=row.test)
            case CheckoutState.OPEN if row.merchant_suspended:
                return self._site.say(language, path, "web.suspended", status=403, link=back, test=row.test)
            case CheckoutState.OPEN:
                return self._form(language, row, PayForm())

    # paying

    async def _pay(
        self, request: Request, language: Language, row: CheckoutRow, form: PayForm, seen_attempt: int
    ) -> Response:
        result = await self._guarded(request, row, form, seen_attempt)
        match result:
            case int() if not self._open(row):
                return self._moved_on(language, row.checkout_id, row)
            case int():
                problem = ("web.notpaid", "web.slow")
                return self._form(language, row, form, problem=problem, status=429, retry_after_s=result)
            case NotOpen(found):
                return self._moved_on(language, row.checkout_id, found)
            case Attempted(Declined(reason=reason)):
                # the form now bears the count after this attempt: sent again it is meant
                found = await self._attempts.settled(row.checkout_id) or row
                if not self._open(found):
                    return self._moved_on(language, row.checkout_id, found)
                return await self._declined(language, found, form, reason)
            case Attempted():
                receipt = self._site.seals.receipt(row.checkout_id)
                return self._site.replies.go_to(_address(row.checkout_id, language, receipt=receipt))

    async def _guarded(
        self, request: Request, row: CheckoutRow, form: PayForm, seen_attempt: int
    ) -> Attempted | NotOpen | int:
        """The one place where the limits are asked before a code is looked at; seconds to wait when they say no."""
        if row.test or row.state is CheckoutState.PAID:  # what is paid is only looked at
            return await self._attempt(row, form, seen_attempt)
        guard, address = self._site.guard, self._site.address_of(request)
        pause = guard.may_present(merchant_no=row.merchant_no, way=Way.HOSTED, address=address)
        if pause is not None:
            return pause.retry_after_s
        outcome: Outcome | None = None
        try:
            result = await self._attempt(row, form, seen_attempt)
            if isinstance(result, Attempted):
                outcome = result.outcome
        finally:
            guard.note(merchant_no=row.merchant_no, way=Way.HOSTED, address=address, outcome=outcome)
        return result

    async def _attempt(self, row: CheckoutRow, form: PayForm, seen_attempt: int) -> Attempted | NotOpen:
        # after trouble the same question finds out what became of it, and only if it was never done tries again
        for left in reversed(range(TRIES_AFTER_TROUBLE)):
            try:
                return await self._attempts.pay(row.checkout_id, form.instruments(), seen_attempt=seen_attempt)
            except Trouble:
                if not left:
                    raise
        raise AssertionError("the last try returns or raises")

    async def _declined(self, language: Language, row: CheckoutRow, form: PayForm, reason: SpendReason) -> Response:
        match reason:
            case SpendReason.INSUFFICIENT_FUNDS:
                if row.test:
                    return self._form(
                        language, row, form.with_one_more(), problem=("web.notpaid", "web.low_test"), status=402
                    )
                serials = form.serials()
                left = await self._site.runner.read(lambda tx: sum(left_on(tx, serial) for serial in serials))
                word = "web.low" if len(serials) == 1 else "web.low_cards"
                amounts = {"amount": left, "missing": max(row.amount_minor - left, 0)}
                return self._form(
                    language, row, form.with_one_more(), problem=("web.notpaid", word), status=402, amounts=amounts
                )
            case SpendReason.WRONG_CURRENCY:
                problem = ("web.notpaid", "web.other_currency")
                return self._form(language, row, form.without_codes(), problem=problem, status=402)
            case _:
                return self._form(
                    language, row, form.without_codes(), problem=("web.notpaid", "web.badcode"), status=402
                )

    def _form(
        self,
        language: Language,
        row: CheckoutRow,
        form: PayForm,
        *,
        problem: tuple[str, str] | None = None,
        amounts: dict[str, int] | None = None,
        status: int = 200,
        retry_after_s: int | None = None,
    ) -> Response:
        words, seals = language.words, self._site.seals
        amount = money_text(language, row.amount_minor, row.currency)
        title = words("web.title_pay", amount=amount, merchant=row.merchant_name)
        error = None
        if problem is not None:
            given: dict[str, str | int] = {
                name: money_text(language, minor, row.currency) for name, minor in (amounts or {}).items()
            }
            if retry_after_s is not None:
                given["s"] = retry_after_s
            error = {"title": words(problem[0]), "text": words(problem[1], **given)}
            title = words("web.title_problem", problem=error["title"], title=title)
        path = f"{PAY_PATH}/{row.checkout_id}"
        values = {
            **frame(language, path, title=title, test=row.test),
            "merchant": row.merchant_name,
            "what": row.title,
            "amount": amount,
            "error": error,
            "cards": [
                {
                    "n": card.n,
                    "serial": card.shown,
                    "serial_word": card.serial_word,
                    "code_word": card.code_word,
                    "kept": seals.keep(row.checkout_id, card.code) if card.code is not None else None,
                }
                for card in form.cards
            ],
            "may_add": form.may_add,
            "mark": seals.form(row.checkout_id, attempt=row.attempt),
            "action": _address(row.checkout_id, language),
            "cancel_action": with_query(f"{path}/cancel", {"lang": language.name}),
        }
        return self._site.replies.page(
            "pay", language, values, status=status, leads_to=row.cancel_url, retry_after_s=retry_after_s
        )


def _address(checkout_id: str, language: Language, **query: str) -> str:
    return with_query(f"{PAY_PATH}/{checkout_id}", {"lang": language.name, **query})
