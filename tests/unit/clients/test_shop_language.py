"""The shop's two lists of words say the same things, each set as its language is printed, and a reader gets the right one."""

import ast
import re
import shutil
from itertools import product
from pathlib import Path

import pytest
from starlette.requests import Request

import press_shop
from kiosk.authority.portal.visitor import language_of
from press_shop import answers, pages
from press_shop.articles import ARTICLES, BY_SLUG
from press_shop.language import (
    FOLDER,
    LANGUAGES,
    Language,
    WordsError,
    choose,
    faults,
    in_language,
    load,
    open_languages,
)
from press_shop.purchases import Purchase, State, Way
from press_shop.selling import TITLE_CHARS

SOURCES = sorted(Path(press_shop.__file__).parent.glob("*.py"))
LISTS = {name: load(FOLDER, name) for name in LANGUAGES}
FR, EN = (open_languages()[name] for name in ("fr", "en"))
_KEY = re.compile(r"[a-z_]+(\.[a-z_-]+)+")


def _literals() -> set[str]:
    nodes = (node for path in SOURCES for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _composed() -> set[str]:
    """Keys that the shop puts together while it runs."""
    said = {f"state.{state.value}" for state in State} | {f"no.{reason}" for reason in (*answers.REASONS, "other")}
    said |= {f"article.{slug}.{part}" for slug, part in product(BY_SLUG, ("section", "title", "lead", "text"))}
    titled = (word for word in _literals() | said if f"{word}.title" in LISTS["fr"])
    return said | {f"{word}.{part}" for word in titled for part in ("title", "text")}


def _bare(key: str) -> str:
    """Of one text of several, the key of them all."""
    return re.sub(r"\.\d+$", "", key)


def test_both_languages_say_the_same_things() -> None:
    """A reader who switches to English would meet a page that cannot be shown."""
    assert faults(LISTS["fr"], LISTS["en"]) == []
    assert all(text for words in LISTS.values() for text in words.values())


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('pay = "Pay {price}"\n', "", "wall.pay: in one language only"),
        ("[wall]\n", '[wall]\nspare = "x"\n', "wall.spare: in one language only"),
        ("Pay {price} here", "Pay here", "wall.title_here: placeholders"),
        ("Pay {price} here", "Pay {amount} here", "wall.title_here: placeholders"),
        ('  "The solution appears tomorrow, at the same price.",\n', "", "article.grille.text.1: in one language only"),
        ('title = "Back office"', "title = 7", "back.title is no text"),
        ('title = "Back office"', 'title = "Back', "en.toml"),
    ],
)
def test_a_word_that_is_missing_or_too_many_ends_the_start(tmp_path: Path, old: str, new: str, fault: str) -> None:
    """It would be found by a reader instead, on the one page that nobody looks at before a release."""
    folder = tmp_path / "words"
    shutil.copytree(FOLDER, folder)
    text = (folder / "en.toml").read_text("utf-8")
    assert text.count(old) == 1
    (folder / "en.toml").write_text(text.replace(old, new), "utf-8")
    with pytest.raises(WordsError, match=re.escape(fault)):
        open_languages(folder)


def test_a_word_is_asked_for_as_it_is() -> None:
    """A misspelt key or a forgotten amount would be shown as an empty place."""
    assert FR("wall.pay", price="1") == "Payer 1"
    with pytest.raises(WordsError, match="no such word"):
        FR("wall.pya")
    for values in ({}, {"price": "1", "n": 2}, {"amount": "1"}):
        with pytest.raises(WordsError, match=r"wall\.pay: wants"):
            FR("wall.pay", **values)


def test_every_word_is_said_and_every_word_that_is_said_exists() -> None:
    """A list would fill with words that translators polish and nobody reads, or a rare page would have none."""
    literals, composed = _literals(), _composed()
    known = {_bare(key) for key in LISTS["fr"]}
    assert sorted(known - literals - composed) == []
    spoken = {
        word for word in literals if _KEY.fullmatch(word) and word.split(".")[0] in {key.split(".")[0] for key in known}
    }
    missing = {word for word in spoken if word not in known and f"{word}.title" not in known}
    assert missing == set()


def test_french_is_set_like_print() -> None:
    """A sentence would break before its question mark, or look typed by a machine."""
    found = []
    for key, text in LISTS["fr"].items():
        if re.search(r"(?<!\u202f)[;!?»]|«(?!\u202f)|(?<!\u00a0):", text):
            found.append(f"{key}: the space at a sign")
        if re.search(r"['\"“”]|\.\.\.", text):
            found.append(f"{key}: a sign of a typewriter, or of English")
        if re.search(r"\d (?!pour)[a-zé€\d]|n° ", text):
            found.append(f"{key}: a number may be parted from what it counts")
    assert found == []


def test_english_is_set_like_print() -> None:
    """English would look translated by a machine."""
    found = []
    for key, text in LISTS["en"].items():
        if key != "frame.other" and re.search(r"\u202f|[«»'\"]|\.\.\.|\s[:;!?]", text):
            found.append(f"{key}: a sign or a space of another language")
        if re.search(r"\d (?!for)[a-z€\d]", text):
            found.append(f"{key}: a number may be parted from what it counts")
    assert found == []


def test_an_articles_title_fits_on_the_payment_page() -> None:
    """The payment page would show half a title."""
    assert all(len(article.title(language)) <= TITLE_CHARS for language, article in product((FR, EN), ARTICLES))


@pytest.mark.parametrize(
    ("minor", "french", "english"),
    [
        (10, "0,10\u00a0€", "€0.10"),
        (250, "2,50\u00a0€", "€2.50"),
        (1_234, "12,34\u00a0€", "€12.34"),
        (123_456_789, "1\u202f234\u202f567,89\u00a0€", "€1,234,567.89"),
    ],
)
def test_amounts_are_written_as_the_payment_page_writes_them(minor: int, french: str, english: str) -> None:
    """A price would change its look between the button and the page that it leads to."""
    assert (FR.money(minor), EN.money(minor)) == (french, english)


@pytest.mark.parametrize(
    ("at_ms", "french", "english"),
    [
        (1_767_258_000_000, "1er\u00a0janv.\u00a02026 à\u00a010:00", "1\u00a0Jan\u00a02026 at\u00a010:00"),
        (1_785_531_600_999, "31\u00a0juil.\u00a02026 à\u00a023:00", "31\u00a0Jul\u00a02026 at\u00a023:00"),
        (1_798_757_940_000, "31\u00a0déc.\u00a02026 à\u00a023:59", "31\u00a0Dec\u00a02026 at\u00a023:59"),
    ],
)
def test_moments_are_written_out(at_ms: int, french: str, english: str) -> None:
    """An English reader would take 3/10 for the tenth of March; in summer the hour would be wrong."""
    assert (FR.moment(at_ms), EN.moment(at_ms)) == (french, english)


@pytest.mark.parametrize(
    "accepted",
    [
        *("", "fr", "en", "EN-gb", "de", "*", "de,en;q=0.1", "fr;q=0.5,en;q=0.6", "en;q=0", "en;q=0.9, fr", "en,fr"),
        *("fr-CA,fr;q=0.9,en;q=0.8", "en-GB,en;q=0.9,fr;q=0.8", "en; q=0.3", "en;q=x", ";;;,,,", "de" * 200 + ",en"),
    ],
)
@pytest.mark.parametrize("asked", [None, "fr", "en", "", "EN", "de", "en-GB", "<script>", "fr\0", "en&lang=fr"])
def test_the_language_is_chosen_as_on_the_payment_page(asked: str | None, accepted: str) -> None:
    """A reader would be sent from a French shop to an English payment page, or be shown whatever stands in an address."""
    query = b"" if asked is None else b"lang=" + "".join(f"%{byte:02x}" for byte in asked.encode()).encode()
    scope = {"type": "http", "query_string": query, "headers": [(b"accept-language", accepted.encode())]}
    assert choose(asked, accepted) == language_of(Request(scope))


def test_a_purchase_goes_on_in_its_language() -> None:
    """Who pays in English on a French machine would come back to a French page."""
    assert choose(None, "fr", known="en") == "en"
    assert choose("fr", "en", known="en") == "fr"
    assert choose("<x>", "en", known="fr") == "fr"
    assert choose(None, "en;q=2, fr;q=nan", known="") == "fr"


def test_the_payment_pages_address_says_the_language() -> None:
    """The page would open in the language in which the checkout was once made."""
    assert in_language("https://pay.example/pay/c-1?lang=fr", "en") == "https://pay.example/pay/c-1?lang=en"
    assert (
        in_language("https://pay.example/pay/c-1?a=b%26c&lang=fr", "fr")
        == "https://pay.example/pay/c-1?a=b%26c&lang=fr"
    )


def _purchase(state: State) -> Purchase:
    captured = 250 if state in {State.PAID, State.REFUND_ASKED, State.REFUNDED} else 0
    return Purchase(
        purchase_id="0",
        reader="1",
        article="phares",
        amount_minor=250,
        way=Way.PAGE,
        checkout_id=None if state is State.ASKED else "2",
        checkout_url=None if state is State.ASKED else "https://pay.example/pay/2?lang=fr",
        payment_id="3" if captured else None,
        captured_minor=captured,
        refunded_minor=captured if state is State.REFUNDED else 0,
        refund_asked_ms=1 if state is State.REFUND_ASKED else None,
        ended="4" if state is State.ENDED else None,
        created_ms=1_767_258_000_000,
        language="fr",
    )


def _every_page(language: Language) -> list[str]:
    all_states = [_purchase(state) for state in State]
    assert [one.state for one in all_states] == list(State)
    notices = [answers.paid(language, one) for one in all_states] + [answers.ended(language, one) for one in all_states]
    return [
        pages.front(language, frozenset()),
        pages.front(language, frozenset(BY_SLUG)),
        *(pages.wall(language, article, notices[0]) for article in ARTICLES),
        *(pages.reading(language, article, notice) for article in ARTICLES for notice in notices),
        *(pages.waiting(language, one, answers.unfinished(language, one)) for one in all_states),
        *(page(language, some) for page in (pages.mine, pages.back) for some in ([], all_states)),
        *(pages.plain(language, word) for word in ("missing.address", "closed", "broken")),
    ]


def test_nothing_but_the_papers_name_stands_outside_the_lists() -> None:
    """A sentence in the middle of a template stays French on an English page, and no comparison of lists can find it."""
    marked = {key: f"⟦{text}⟧" for key, text in LISTS["fr"].items()}
    for html in _every_page(Language("en", marked)):
        seen = re.sub(r"<style.*?</style>|<code>.*?</code>", "", html)
        said = re.findall(r'(?:aria-label|alt|title|placeholder|content)="([^"]*)"', seen)
        said += re.findall(r">([^<]+)<", seen.replace("Presse du <span>Matin</span>", ""))
        strays = [left for text in said if re.search("[a-zà-ÿ]", left := _outside(text), re.IGNORECASE)]
        assert strays == ["width=device-width, initial-scale=1"]


def _outside(text: str) -> str:
    """What is left without the paper's name and the marked words, which may stand in each other or be cut off by « … »."""
    text = re.sub(r"⟦[^⟦⟧]*…$", "", text)
    while (less := re.sub(r"⟦[^⟦⟧]*⟧", "", text)) != text:
        text = less
    return text.replace("Presse du Matin", "")


def test_the_shop_is_a_stranger_to_our_code() -> None:
    """It would prove nothing any more of what a merchant can do with the documents and the client alone."""
    nodes = [node for path in SOURCES for node in ast.walk(ast.parse(path.read_text("utf-8")))]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    assert "kiosk_merchant" in names
    assert not {name for name in names if name.split(".")[0] == "kiosk"}
