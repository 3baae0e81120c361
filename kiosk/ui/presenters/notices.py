"""What happened last, as words: bad news stays on a page until the next step, good news is a toast. Pure."""

from typing import Final

from kiosk.i18n import wording
from kiosk.i18n.language import Language
from kiosk.till.state import Notice

_GOOD: Final = frozenset(
    {
        "sale.removed",
        "sale.cleared",
        "act.background_done",
        "act.given_back",
        "act.refunded",
        "act.rescanned",
        "banner.back_online",
        "rcpt.dup",
        "tix.settled",
        "rcpt.printed",
    }
)
# the till's key where its sentence has another one
_SAME: Final = {"pay.tender_not_allowed": "sale.err_tender"}
PRINT_TROUBLE: Final = ("rcpt.refused", "rcpt.unknown")


def is_good(notice: Notice | None) -> bool:
    """Say whether a notice is good news or undo."""
    return notice is not None and notice.key in _GOOD


def is_print_trouble(notice: Notice | None) -> bool:
    """Say whether a notice is about paper that may not have come out."""
    return notice is not None and notice.key is not None and notice.key.startswith(PRINT_TROUBLE)


def bad_news_pending(notice: Notice | None) -> bool:
    """Say whether there is a sentence on screen that the clerk may put away."""
    return notice is not None and not is_good(notice)


def good_news(notice: Notice | None, lang: Language) -> str:
    """Return the sentence of good news, empty when the last thing was none."""
    if notice is None or notice.key not in _GOOD:
        return ""
    words, formats = lang.words, lang.formats
    amount = formats.money(notice.amount) if notice.amount is not None else ""
    match notice.key:
        case "sale.removed":
            return words("sale.removed", v=formats.face(notice.amount) if notice.amount is not None else "")
        case "banner.back_online":
            return words.count(notice.key, notice.count) if notice.count else words("banner.back_online_plain")
        case "sale.cleared" | "act.background_done":
            return words.count(notice.key, notice.count)
        case "act.given_back" | "act.refunded":
            return words(notice.key, amount=amount)
        case key:
            return words(key or "")


def bad_news(notice: Notice | None, lang: Language) -> str:
    """Return the sentence of a refusal or of trouble, empty when the last thing was none."""
    if notice is None or is_good(notice):
        return ""
    if notice.scan is not None:
        return wording.scan_refusal(lang, notice.scan)
    if notice.promise is not None:
        return wording.promise_refusal(lang, notice.promise)
    if notice.reason is not None:
        moment = lang.formats.moment
        return wording.reason(
            lang,
            notice.reason,
            till=notice.till,
            until=moment(notice.until_ms) if notice.until_ms is not None else None,
            sold_at=moment(notice.sold_at_ms) if notice.sold_at_ms is not None else None,
        )
    if notice.trouble is not None:
        return lang.words("sale.trouble", code=notice.trouble)
    return _of_key(notice, lang)


def _of_key(notice: Notice, lang: Language) -> str:
    words = lang.words
    key = _SAME.get(notice.key or "", notice.key or "")
    if not key:
        return ""
    if key == "rcpt.refused.paper_out":
        return f"{words('rcpt.nopaper_t')}. {words('rcpt.nopaper_d')}"
    if key.startswith("rcpt.refused"):
        return words("rcpt.refused")
    if key == "pay.missing":
        return words(key, amount=lang.formats.money(notice.amount) if notice.amount is not None else "")
    if key in ("act.exception", "act.cancel_too_late"):
        return words(key, last4=notice.last4 or "")
    return words(key)
