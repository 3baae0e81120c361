"""The paper's pages as HTML, in the language that is passed in: no script, every value escaped.

The link to the other language is « ?lang=… » alone, so that it leads to the page it stands on. Not responsible for what is true
(``selling``), for addresses (``app``) nor for the words (``language``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Final

from press_shop.articles import ARTICLES, BY_SLUG, Article
from press_shop.language import LANGUAGES, Language, in_language
from press_shop.purchases import Purchase, State

TEASER_CHARS: Final = 160
PAPER: Final = "Presse du Matin"  # a name, the same in every language
_DRAWING: Final = (
    '<rect width="600" height="260" fill="#17202e"/><path d="M322 74 600 6v124L322 92z" fill="#f4d58d" opacity=".55"/>'
    '<path d="M278 74 0 30v96l278-34z" fill="#f4d58d" opacity=".25"/>'
    '<path d="m284 98-16 122h64L316 98z" fill="#f6f1e6"/><path d="m280 128h40l4 30h-48zM274 188l52 0 4 32-60 0z" fill="#a31621"/>'
    '<rect x="280" y="66" width="40" height="34" rx="3" fill="#f4d58d"/><path d="M274 66q26-34 52 0z" fill="#a31621"/>'
    '<path d="M0 232q75-26 150 0t150 0 150 0 150 0v28H0z" fill="#2b4257"/></svg>'
)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something said above a page. ``kind``: ok · wait · no."""

    kind: str
    title: str
    text: str


def front(language: Language, bought: frozenset[str]) -> str:
    """The list of what is sold today."""
    items = []
    for article in ARTICLES:
        first = article is ARTICLES[0]
        where = language.at(f"/article/{article.slug}")
        how = (
            f'<a class="button quiet" href="{where}">{_say(language, "front.read")}</a>'
            f'<span class="small">{_say(language, "front.owned")}</span>'
            if article.slug in bought
            else f'<a class="button" href="{where}">{_priced(language, "front.read_for", article)}</a>'
            f'<span class="small">{_say(language, "front.minutes", n=article.minutes)}</span>'
        )
        items.append(
            f'<article class="{"first" if first else "more"}">{_picture(language) if first else ""}<div>'
            f'<p class="section">{escape(article.section(language))}</p><h2>{escape(article.title(language))}</h2>'
            f'<p class="lead">{escape(article.lead(language))}</p></div><div class="buy">{how}</div></article>'
        )
    title = language("front.title")
    intro = f'<h1>{escape(title)}</h1><p class="lead">{_say(language, "front.lead")}</p>'
    return frame(language, title, f'{intro}<div class="list">{"".join(items)}</div>')


def reading(language: Language, article: Article, notice: Notice | None = None) -> str:
    """An article that was bought, whole."""
    text = "".join(f"<p>{escape(part)}</p>" for part in article.text(language))
    body = f'{_notice(notice)}<article class="read">{_head(language, article)}{text}</article>'
    return frame(language, article.title(language), body)


def wall(language: Language, article: Article, notice: Notice | None = None) -> str:
    """An article that was not bought: its beginning, its price, and one way to pay."""
    button = f'<button class="main">{_priced(language, "wall.pay", article)}</button></form>'
    if article.own_form:
        pay = (
            f"<h2>{_priced(language, 'wall.title_here', article)}</h2>"
            f'<form method="post" action="{language.at(f"/payer/{article.slug}")}" autocomplete="off">'
            f'<label for="serial">{_say(language, "wall.serial")}</label>'
            '<input id="serial" name="serial" inputmode="numeric" autocomplete="off" maxlength="24" required>'
            f'<label for="code">{_say(language, "wall.code")}</label>'
            '<input id="code" name="code" inputmode="numeric" autocomplete="off" maxlength="20" required>'
            f'{button}<p class="small">{_say(language, "wall.digits")}</p>'
        )
    else:
        pay = (
            f"<h2>{_say(language, 'wall.title')}</h2><p>{_say(language, 'wall.how', n=article.minutes)}</p>"
            f'<form method="post" action="{language.at(f"/acheter/{article.slug}")}">{button}'
        )
    start = f'<div class="wall" aria-hidden="true"><p class="fade">{escape(beginning(language, article))}…</p></div>'
    whole = f'<article class="read">{_head(language, article)}{start}<div class="panel">{pay}</div></article>'
    return frame(language, article.title(language), f"{_notice(notice)}{whole}")


def beginning(language: Language, article: Article) -> str:
    """What of the text everybody may see: a third of its first paragraph at most, ended at a word."""
    first = article.text(language)[0]
    return first[: min(TEASER_CHARS, len(first) // 3)].rpartition(" ")[0]


def waiting(language: Language, purchase: Purchase, notice: Notice) -> str:
    """A purchase whose end is not known here yet."""
    look = language.at(f"/retour/{purchase.purchase_id}")
    again = f'<p><a class="button" href="{look}">{_say(language, "wait.look")}</a></p>'
    if purchase.state is State.AT_PAGE and purchase.checkout_url is not None:
        page = escape(in_language(purchase.checkout_url, language.name))
        again += f'<p><a class="cell" href="{page}">{_say(language, "wait.page")}</a></p>'
    title = escape(BY_SLUG[purchase.article].title(language))
    return frame(language, notice.title, f"<h1>{title}</h1>{_notice(notice)}{again}")


def mine(language: Language, purchases: Iterable[Purchase]) -> str:
    """Everything that this reader bought or began to."""
    rows = []
    for purchase in purchases:
        match purchase.state:
            case State.PAID:
                do = _cell(language, f"/article/{purchase.article}", "front.read")
            case State.AT_PAGE | State.ASKED:
                do = _cell(language, f"/retour/{purchase.purchase_id}", "wait.look")
            case _:
                do = ""
        rows.append([*_cells(language, purchase), do])
    title = language("frame.mine")
    if rows:
        body = f'{_table(language, rows)}<p class="small">{_say(language, "mine.note")}</p>'
    else:
        body = f"<p>{_say(language, 'mine.none')} {_cell(language, '/', 'front.all')}</p>"
    return frame(language, title, f"<h1>{escape(title)}</h1>{body}")


def back(language: Language, purchases: Iterable[Purchase], notice: Notice | None = None) -> str:
    """The merchant's own page: every purchase with its ids, and the button that gives money back."""
    rows = []
    for purchase in purchases:
        do = ""
        if purchase.state in {State.PAID, State.REFUND_ASKED}:
            left = language.money(purchase.captured_minor - purchase.refunded_minor)
            do = (
                f'<form method="post" action="{language.at(f"/gestion/rembourser/{purchase.purchase_id}")}">'
                f'<button class="quiet">{_say(language, "back.refund", amount=left)}</button></form>'
            )
        elif purchase.ended:
            do = f"<code>{escape(purchase.ended)}</code>"
        known = f"<code>{escape((purchase.payment_id or purchase.checkout_id or '—')[-12:])}</code>"
        rows.append([*_cells(language, purchase), known, do])
    title = language("back.title")
    body = _table(language, rows, "table.payment") if rows else f"<p>{_say(language, 'back.none')}</p>"
    return frame(language, title, f"<h1>{escape(title)}</h1>{_notice(notice)}{body}")


def plain(language: Language, word: str) -> str:
    """A page that only says something: ``word`` with its title and its text."""
    title = language(f"{word}.title")
    body = f"<p>{_say(language, f'{word}.text')}</p>"
    link = f'<p><a class="button" href="{language.at("/")}">{_say(language, "front.all")}</a></p>'
    return frame(language, title, f"<h1>{escape(title)}</h1>{body}{link}")


def frame(language: Language, title: str, body: str) -> str:
    """The paper around a page."""
    other = next(name for name in LANGUAGES if name != language.name)
    return (
        f'<!doctype html><html lang="{language.name}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)} – {PAPER}</title>'
        '<link rel="stylesheet" href="/style.css"></head><body><header><div class="mast">'
        f'<a class="name" lang="fr" href="{language.at("/")}">Presse du <span>Matin</span></a><div class="ways">'
        f'<nav aria-label="{_say(language, "frame.ways")}"><a href="{language.at("/")}">{_say(language, "frame.articles")}</a>'
        f'<a href="{language.at("/achats")}">{_say(language, "frame.mine")}</a></nav>'
        f'<a class="other" href="?lang={other}" lang="{other}" hreflang="{other}">{_say(language, "frame.other")}</a>'
        f'</div></div></header><main>{body}</main><footer><p class="small">{_say(language, "frame.footer")}</p></footer>'
        "</body></html>"
    )


def _say(language: Language, key: str, **values: str | int) -> str:
    return escape(language(key, **values))


def _priced(language: Language, key: str, article: Article) -> str:
    return _say(language, key, price=language.money(article.price_minor))


def _picture(language: Language) -> str:
    return f'<svg viewBox="0 0 600 260" role="img" aria-label="{_say(language, "front.picture")}">{_DRAWING}'


def _head(language: Language, article: Article) -> str:
    return (
        f'<p class="section">{escape(article.section(language))}</p><h1>{escape(article.title(language))}</h1>'
        f'<p class="lead">{escape(article.lead(language))}</p>'
    )


def _cell(language: Language, path: str, word: str) -> str:
    return f'<a class="cell" href="{language.at(path)}">{_say(language, word)}</a>'


def _cells(language: Language, purchase: Purchase) -> list[str]:
    state = purchase.state.value
    return [
        escape(BY_SLUG[purchase.article].title(language)),
        escape(language.moment(purchase.created_ms)),
        escape(language.money(purchase.amount_minor)),
        f'<span class="state {state}">{_say(language, f"state.{state}")}</span>',
    ]


def _table(language: Language, rows: Iterable[list[str]], *more: str) -> str:
    keys = ("table.article", "table.date", "table.price", "table.state", *more)
    names = [*(_say(language, key) for key in keys), ""]
    head = "".join(f'<th scope="col"{_money(place)}>{name}</th>' for place, name in enumerate(names))
    lines = (
        "<tr>" + "".join(f"<td{_money(place)}>{cell}</td>" for place, cell in enumerate(row)) + "</tr>" for row in rows
    )
    table = f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody>"
    return f'<div class="scroll"><table class="cards">{table}</table></div>'


def _money(place: int) -> str:
    return ' class="money"' if place == 2 else ""


def _notice(notice: Notice | None) -> str:
    if notice is None:
        return ""
    return (
        f'<div class="panel {notice.kind}" role="status"><h2>{escape(notice.title)}</h2>'
        f"<p>{escape(notice.text)}</p></div>"
    )
