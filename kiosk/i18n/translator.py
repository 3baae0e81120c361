"""Looks words up in the gettext catalogues by their key (`sale.scan`) and fills their placeholders.

Responsible for: loading one language whole, checking at load that its keys and placeholders equal those of the
reference language, and refusing unknown keys, missing values and values nobody asked for. Not responsible for what
the words say (the catalogues) nor for numbers and dates (`formats`).
"""

import gettext
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter
from typing import Final

REFERENCE_LANGUAGE: Final = "fr"
LANGUAGES: Final = ("fr", "en")
DOMAIN: Final = "kiosk"

_FORMATTER: Final = Formatter()


class CatalogueError(Exception):
    """The catalogues contradict each other or the code: a mistake in what was shipped, never the clerk's."""


def placeholders(text: str) -> frozenset[str]:
    """Return the names between braces in a text."""
    return frozenset(name for _, name, _, _ in _FORMATTER.parse(text) if name is not None)


@dataclass(frozen=True, slots=True)
class Entry:
    """One word of one language: its forms (one, or one per plural) and the names it wants filled."""

    forms: tuple[str, ...]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All words of one language."""

    language: str
    entries: dict[str, Entry]
    plural_of: gettext.NullTranslations = field(repr=False)


def load(folder: Path, language: str) -> Catalogue:
    """Read one language's compiled catalogue; no comparison with others yet."""
    if language not in LANGUAGES:
        raise CatalogueError(f"no such language: {language}")
    path = folder / language / "LC_MESSAGES" / f"{DOMAIN}.mo"
    with path.open("rb") as stream:
        translations = gettext.GNUTranslations(stream)
    collected: dict[str, dict[int, str]] = {}
    # `_catalog` is the one attribute that lists a GNUTranslations; keys are ids, or (id, number) for plural forms.
    for key, text in translations._catalog.items():  # type: ignore[attr-defined] # typeshed hides it
        name, number = key if isinstance(key, tuple) else (key, 0)
        if name:
            collected.setdefault(name, {})[number] = text
    entries: dict[str, Entry] = {}
    for name, by_number in collected.items():
        forms = tuple(by_number[i] for i in range(len(by_number)))
        entries[name] = Entry(forms, frozenset().union(*(placeholders(form) for form in forms)))
    return Catalogue(language, entries, translations)


def check(reference: Catalogue, other: Catalogue) -> tuple[str, ...]:
    """Return every difference between two languages that would show in the shop, empty if there is none."""
    faults = [f"{key}: only in {reference.language}" for key in sorted(reference.entries.keys() - other.entries.keys())]
    faults += [f"{key}: only in {other.language}" for key in sorted(other.entries.keys() - reference.entries.keys())]
    for key in sorted(reference.entries.keys() & other.entries.keys()):
        ours, theirs = reference.entries[key], other.entries[key]
        if ours.names != theirs.names:
            faults.append(f"{key}: placeholders {sorted(ours.names)} and {sorted(theirs.names)}")
        if (len(ours.forms) > 1) != (len(theirs.forms) > 1):
            faults.append(f"{key}: plural in one language only")
    return tuple(faults)


class Words:
    """The words of one language, ready to use. Callable: `words("sale.removed", v="50")`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.language = catalogue.language

    def __call__(self, key: str, **values: str | int) -> str:
        """Return the text of a key without plural; every placeholder given, nothing given in vain."""
        entry = self._entry(key, frozenset(values))
        if len(entry.forms) != 1:
            raise CatalogueError(f"{key}: has plural forms, use count()")
        return entry.forms[0].format_map(values) if values else entry.forms[0]

    def count(self, key: str, n: int, **values: str | int) -> str:
        """Return the plural form that fits n; `{n}` in the text is n, if the text wants it."""
        if n < 0:
            raise CatalogueError(f"{key}: negative count")
        entry = self._catalogue.entries.get(key)
        wants_n = entry is not None and "n" in entry.names
        given: dict[str, str | int] = {**values, "n": n} if wants_n else dict(values)
        entry = self._entry(key, frozenset(given))
        if len(entry.forms) < 2:
            raise CatalogueError(f"{key}: has no plural forms")
        return self._catalogue.plural_of.ngettext(key, key, n).format_map(given)

    def _entry(self, key: str, given: frozenset[str]) -> Entry:
        entry = self._catalogue.entries.get(key)
        if entry is None:
            raise CatalogueError(f"no such word: {key}")
        if given != entry.names:
            raise CatalogueError(f"{key}: wants {sorted(entry.names)}, was given {sorted(given)}")
        return entry


def open_words(folder: Path, language: str) -> Words:
    """Load a language and compare it with the reference; a difference is refused here and not in front of a customer."""
    reference = load(folder, REFERENCE_LANGUAGE)
    catalogue = reference if language == REFERENCE_LANGUAGE else load(folder, language)
    faults = check(reference, catalogue)
    if faults:
        raise CatalogueError("; ".join(faults))
    return Words(catalogue)
