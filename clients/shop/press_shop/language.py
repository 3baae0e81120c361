"""The shop's two languages: every word from one list each (``words/*.toml``), amounts and moments in that language's own form.

The lists are compared when they are read: a word that one of them lacks ends the start, and never a reader's page. Not responsible
for where words stand (``pages``, ``answers``).
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

LANGUAGES: Final = ("fr", "en")  # the first one is the shop's own
FOLDER: Final = Path(__file__).with_name("words")
PARIS: Final = ZoneInfo("Europe/Paris")
ACCEPTED_CHARS: Final = 200  # of what a browser says it prefers; the rest is not looked at
_WEIGHT: Final = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")
_NARROW, _WIDE = "\u202f", "\u00a0"


class WordsError(ValueError):
    """The lists contradict each other or the code: a mistake of the shop's maker, never a reader's."""


class Language:
    """``language("wall.pay", price="2,50 €")`` is a text, not HTML: whoever shows it escapes it."""

    def __init__(self, name: str, words: Mapping[str, str]) -> None:
        self.name = name
        self._words = words

    def __call__(self, key: str, **values: str | int) -> str:
        """The word of a key, each of its placeholders filled and nothing given in vain."""
        text = self._words.get(key)
        if text is None:
            raise WordsError(f"no such word: {key}")
        if placeholders(text) != values.keys():
            raise WordsError(f"{key}: wants {sorted(placeholders(text))}, was given {sorted(values)}")
        return text.format_map(values)

    def each(self, key: str) -> tuple[str, ...]:
        """The texts of a list, in its order."""
        return tuple(text for name, text in self._words.items() if name.rpartition(".")[0] == key)

    def money(self, minor: int) -> str:
        """2,50 € · €2.50"""
        units = f"{minor // 100:,}".replace(",", self("form.thousands"))
        return self("form.money", amount=f"{units}{self('form.decimal')}{minor % 100:02d}")

    def moment(self, at_ms: int) -> str:
        """3 oct. 2027 à 21:47 · 3 Oct 2027 at 21:47, as the clocks of Paris show it."""
        when = datetime.fromtimestamp(at_ms // 1000, UTC).astimezone(PARIS)
        return self(
            "form.moment",
            day=self("form.first_day") if when.day == 1 else when.day,
            month=self.each("form.months")[when.month - 1],
            year=when.year,
            time=f"{when:%H:%M}",
        )

    def at(self, path: str) -> str:
        """An address of ours in this language."""
        return f"{path}?lang={self.name}"


def open_languages(folder: Path = FOLDER) -> dict[str, Language]:
    """All of them, by name. Raises ``WordsError``, ``OSError``."""
    lists = {name: load(folder, name) for name in LANGUAGES}
    found = [fault for name in LANGUAGES[1:] for fault in faults(lists[LANGUAGES[0]], lists[name])]
    if found:
        raise WordsError("; ".join(found))
    return {name: Language(name, words) for name, words in lists.items()}


def load(folder: Path, name: str) -> dict[str, str]:
    """One list, flat: ``wall.pay``, and ``article.phares.text.0`` for the first of several."""
    try:
        tree = tomllib.loads((folder / f"{name}.toml").read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise WordsError(f"{name}.toml: {error}") from None
    return {key: _typeset(text) if name == "fr" else text for key, text in _leaves(tree, "")}


def faults(reference: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """Every difference between two lists that a reader would see."""
    lacking = [f"{key}: in one language only" for key in sorted(reference.keys() ^ other.keys())]
    return lacking + [
        f"{key}: placeholders {sorted(placeholders(reference[key]))} and {sorted(placeholders(other[key]))}"
        for key in sorted(reference.keys() & other.keys())
        if placeholders(reference[key]) != placeholders(other[key])
    ]


def placeholders(text: str) -> set[str]:
    """The names between braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def choose(asked: str | None, accepted: str, *, known: str | None = None) -> str:
    """``?lang=`` first, because somebody chose it; then what is ``known``; then what the browser prefers of ours; then French."""
    for name in (asked, known):
        if name is not None and name in LANGUAGES:
            return name
    best, best_weight = LANGUAGES[0], 0.0
    for part in accepted[:ACCEPTED_CHARS].split(","):
        tag, _, parameter = part.strip().partition(";")
        name, weight = tag.split("-")[0].lower(), _weight(parameter)
        if name in LANGUAGES and weight > best_weight:
            best, best_weight = name, weight
    return best


def in_language(url: str, name: str) -> str:
    """The payment page's address in a language: its ``lang`` says so, whatever the checkout was opened in."""
    parts = urlsplit(url)
    query = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key != "lang"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("lang", name)])))


def _leaves(value: object, key: str) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield key, value
        case dict():
            for name, inner in value.items():
                yield from _leaves(inner, f"{key}.{name}" if key else name)
        case list():
            for place, inner in enumerate(value):
                yield from _leaves(inner, f"{key}.{place}")
        case _:
            raise WordsError(f"{key} is no text")


def _typeset(text: str) -> str:
    """The spaces that French puts before and inside its signs, which no line may break at."""
    for sign in (";", "!", "?", "»"):
        text = text.replace(f" {sign}", f"{_NARROW}{sign}")
    return text.replace("« ", f"«{_NARROW}").replace(" :", f"{_WIDE}:")


def _weight(parameter: str) -> float:
    if not parameter:
        return 1.0
    found = _WEIGHT.fullmatch(parameter.strip())
    return float(found[1]) if found else 0.0
