"""The paper's pages as HTML: no script, every value escaped. Not responsible for what is true (``selling``) nor for addresses
(``app``)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from press_shop.articles import ARTICLES, BY_SLUG, Article
from press_shop.purchases import Purchase, State

TEASER_CHARS: Final = 160
PARIS: Final = ZoneInfo("Europe/Paris")
_NARROW, _WIDE = "\u202f", "\u00a0"
STATES: Final = {
    State.ASKED: "Réponse attendue",
    State.AT_PAGE: "À payer",
    State.PAID: "Payé",
    State.REFUND_ASKED: "Remboursement en cours",
    State.REFUNDED: "Remboursé",
    State.ENDED: "Abandonné",
}
_PICTURE: Final = (
    '<svg viewBox="0 0 600 260" role="img" aria-label="Un phare la nuit, au trait">'
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


def euros(minor: int) -> str:
    """2,50 €"""
    return f"{minor // 100},{minor % 100:02d}{_WIDE}€"


def front(bought: frozenset[str]) -> str:
    """The list of what is sold today."""
    items = []
    for article in ARTICLES:
        first = article is ARTICLES[0]
        how = (
            f'<a class="button quiet" href="/article/{article.slug}">Lire</a><span class="small">Dans vos achats</span>'
            if article.slug in bought
            else f'<a class="button" href="/article/{article.slug}">Lire pour {euros(article.price_minor)}</a>'
            f'<span class="small">{article.minutes}{_WIDE}min</span>'
        )
        items.append(
            f'<article class="{"first" if first else "more"}">{_PICTURE if first else ""}<div>'
            f'<p class="section">{_text(article.section)}</p><h2>{_text(article.title)}</h2>'
            f'<p class="lead">{_text(article.lead)}</p></div><div class="buy">{how}</div></article>'
        )
    intro = (
        f'<h1>À la pièce</h1><p class="lead">Un article, un prix, sans compte ni abonnement{_WIDE}: vous payez'
        " avec une carte à gratter de votre marchand de journaux.</p>"
    )
    return frame("À la pièce", f'{intro}<div class="list">{"".join(items)}</div>')


def reading(article: Article, notice: Notice | None = None) -> str:
    """An article that was bought, whole."""
    text = "".join(f"<p>{_text(part)}</p>" for part in article.text)
    return frame(article.title, f'{_notice(notice)}<article class="read">{_head(article)}{text}</article>')


def wall(article: Article, notice: Notice | None = None) -> str:
    """An article that was not bought: its beginning, its price, and one way to pay."""
    start = _text(beginning(article))
    price = euros(article.price_minor)
    if article.own_form:
        pay = (
            f'<h2>Payer {price} ici</h2><form method="post" action="/payer/{article.slug}" autocomplete="off">'
            '<label for="serial">Numéro de série</label>'
            '<input id="serial" name="serial" inputmode="numeric" autocomplete="off" maxlength="24" required>'
            '<label for="code">Code à gratter</label>'
            '<input id="code" name="code" inputmode="numeric" autocomplete="off" maxlength="20" required>'
            f'<button class="main">Payer {price}</button></form>'
            f'<p class="small">16 chiffres pour la série, 12 pour le code{_NARROW}; chaque code sert une seule fois.</p>'
        )
    else:
        pay = (
            f"<h2>Lire la suite</h2><p>{article.minutes}{_WIDE}minutes de lecture. Vous payez sur la page sécurisée de la carte,"
            f' puis revenez ici.</p><form method="post" action="/acheter/{article.slug}">'
            f'<button class="main">Payer {price}</button></form>'
        )
    body = f'<div class="wall" aria-hidden="true"><p class="fade">{start}…</p></div><div class="panel">{pay}</div>'
    return frame(article.title, f'{_notice(notice)}<article class="read">{_head(article)}{body}</article>')


def beginning(article: Article) -> str:
    """What of the text everybody may see: a third of its first paragraph at most, ended at a word."""
    first = article.text[0]
    return first[: min(TEASER_CHARS, len(first) // 3)].rpartition(" ")[0]


def waiting(purchase: Purchase, notice: Notice) -> str:
    """A purchase whose end is not known here yet."""
    again = f'<p><a class="button" href="/retour/{purchase.purchase_id}">Vérifier</a></p>'
    if purchase.state is State.AT_PAGE and purchase.checkout_url is not None:
        again += f'<p><a class="cell" href="{escape(purchase.checkout_url)}">Revenir à la page de paiement</a></p>'
    title = _text(BY_SLUG[purchase.article].title)
    return frame(notice.title, f'<p class="section">{title}</p>{_notice(notice)}{again}')


def mine(purchases: Iterable[Purchase]) -> str:
    """Everything that this reader bought or began to."""
    rows = []
    for purchase in purchases:
        match purchase.state:
            case State.PAID:
                do = f'<a class="cell" href="/article/{purchase.article}">Lire</a>'
            case State.AT_PAGE | State.ASKED:
                do = f'<a class="cell" href="/retour/{purchase.purchase_id}">Vérifier</a>'
            case _:
                do = ""
        rows.append([*_cells(purchase), do])
    if not rows:
        return frame(
            "Mes achats", '<h1>Mes achats</h1><p>Rien encore. <a class="cell" href="/">Voir les articles</a></p>'
        )
    note = f'<p class="small">Ils restent attachés à ce navigateur{_WIDE}: ce site ne sait pas qui vous êtes.</p>'
    return frame("Mes achats", f"<h1>Mes achats</h1>{_table(rows, last='')}{note}")


def back(purchases: Iterable[Purchase], notice: Notice | None = None) -> str:
    """The merchant's own page: every purchase with its ids, and the button that gives money back."""
    rows = []
    for purchase in purchases:
        do = ""
        if purchase.state in {State.PAID, State.REFUND_ASKED}:
            do = (
                f'<form method="post" action="/gestion/rembourser/{purchase.purchase_id}"><button class="quiet">'
                f"Rembourser {euros(purchase.captured_minor - purchase.refunded_minor)}</button></form>"
            )
        elif purchase.ended:
            do = f"<code>{_text(purchase.ended)}</code>"
        known = f"<code>{_text((purchase.payment_id or purchase.checkout_id or '—')[-12:])}</code>"
        rows.append([*_cells(purchase), known, do])
    body = _table(rows, last="", more="Paiement") if rows else "<p>Aucun achat.</p>"
    return frame("Gestion", f"<h1>Gestion</h1>{_notice(notice)}{body}")


def plain(title: str, text: str) -> str:
    """A page that only says something."""
    return frame(
        title, f'<h1>{_text(title)}</h1><p>{_text(text)}</p><p><a class="button" href="/">Voir les articles</a></p>'
    )


def frame(title: str, body: str) -> str:
    """The paper around a page."""
    return (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{_text(title)} – Presse du Matin</title>'
        '<link rel="stylesheet" href="/style.css"></head><body>'
        '<header><div class="mast"><a class="name" href="/">Presse du <span>Matin</span></a>'
        '<nav aria-label="Principal"><a href="/">Articles</a><a href="/achats">Mes achats</a></nav></div></header>'
        f'<main>{body}</main><footer><p class="small">Site de démonstration{_WIDE}: les articles sont inventés, les'
        " cartes aussi.</p></footer></body></html>"
    )


def _head(article: Article) -> str:
    return (
        f'<p class="section">{_text(article.section)}</p><h1>{_text(article.title)}</h1>'
        f'<p class="lead">{_text(article.lead)}</p>'
    )


def _cells(purchase: Purchase) -> list[str]:
    when = datetime.fromtimestamp(purchase.created_ms // 1000, UTC).astimezone(PARIS)
    return [
        _text(BY_SLUG[purchase.article].title),
        f"{when:%d/%m/%Y %H:%M}",
        euros(purchase.amount_minor),
        f'<span class="state {purchase.state.value}">{STATES[purchase.state]}</span>',
    ]


def _table(rows: Iterable[list[str]], *, last: str, more: str = "") -> str:
    names = ["Article", "Date", "Prix", "État", *([more] if more else []), last]
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
    return f'<div class="panel {notice.kind}" role="status"><h2>{_text(notice.title)}</h2><p>{_text(notice.text)}</p></div>'


def _text(text: str) -> str:
    """Escaped, with the spaces that French puts before and inside its signs."""
    for sign in ";!?":
        text = text.replace(f" {sign}", f"{_NARROW}{sign}")
    text = text.replace(" :", f"{_WIDE}:").replace("« ", f"«{_WIDE}").replace(" »", f"{_WIDE}»")
    return escape(text)
