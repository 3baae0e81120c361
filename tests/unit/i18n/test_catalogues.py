"""What was shipped as words: complete in both languages, filled alike, set like print."""

import re
from pathlib import Path

import pytest
from babel.messages import Catalog as Catalogue
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from kiosk.i18n.translator import LANGUAGES, check, load, placeholders
from kiosk.resources import asset

LOCALE = asset("locale")


def po(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "kiosk.po"


def content(catalogue: Catalogue) -> dict[str, tuple[str | None, ...]]:
    """The words by key; babel reads a plural as a tuple from one file and as a list from the other."""
    return {
        message.id if isinstance(message.id, str) else message.id[0]: (message.string,)
        if isinstance(message.string, str)
        else tuple(message.string or ())
        for message in catalogue
        if message.id
    }


def texts(language: str) -> list[tuple[str, str]]:
    return [(key, form) for key, entry in load(LOCALE, language).entries.items() for form in entry.forms]


def test_languages_say_the_same_things() -> None:
    """A clerk who switches to English would meet a missing sentence, or one with a hole in it."""
    assert check(load(LOCALE, "fr"), load(LOCALE, "en")) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_compiled_catalogue_is_up_to_date(language: str) -> None:
    """A corrected word would not reach the screen."""
    with po(language).open("rb") as source, po(language).with_suffix(".mo").open("rb") as compiled:
        words, shipped = read_po(source, locale=language, abort_invalid=True), read_mo(compiled)
    assert content(words) == content(shipped)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_empty_or_fuzzy(language: str) -> None:
    """A button would be blank."""
    with po(language).open("rb") as source:
        catalogue = read_po(source, locale=language)
    for message in catalogue:
        if message.id:
            forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
            assert all(form and form.strip() for form in forms), message.id
            assert not message.fuzzy, message.id


def test_french_is_set_like_print() -> None:
    """A sentence would break before its question mark, or look typed by a machine."""
    faults = []
    for key, text in texts("fr"):
        if re.search(r"(?<![\u202f])[;!?»]", text):
            faults.append(f"{key}: U+202F before ; ! ? »")
        if re.search(r"«(?!\u202f)", text):
            faults.append(f"{key}: U+202F after «")
        if re.search(r"(?<!\u00a0):(?=\s|$)", text):
            faults.append(f"{key}: U+00A0 before :")
        if "'" in text or '"' in text:
            faults.append(f"{key}: a typewriter's quote")
        if "..." in text:
            faults.append(f"{key}: three points for …")
        if re.search(r"(?<![A-Z])\b\d+ (?!×)[A-Za-zé€]", text):
            faults.append(f"{key}: breakable space after a number")
        if "nº " in text or ("Nº " in text and not key.startswith("common.serial_no")):
            faults.append(f"{key}: breakable space after nº")
    assert faults == []


def test_english_has_no_french_spaces() -> None:
    """English would look translated by a machine."""
    for key, text in texts("en"):
        assert "\u202f" not in text, key
        assert not re.search(r"\s[:;?!]", text), key
        assert "'" not in text, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_writing_rules(language: str) -> None:
    """A clerk would be told « Oups » or blamed, which the house forbids (ux/design.md 9)."""
    forbidden = re.compile(r"\b(erreur|oups|veuillez|invalide|sorry|please|oops|invalid|error)\b|!", re.IGNORECASE)
    # the technician reads what a device reports, in the device's own terms
    found = [key for key, text in texts(language) if not key.startswith("t.") and forbidden.search(text)]
    assert found == []


def test_placeholder_names_are_plain_words() -> None:
    """A sentence would ask for a value by position or with a format that nobody fills."""
    for key, text in texts("fr"):
        assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in placeholders(text)), key
