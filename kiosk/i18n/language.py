"""One language, whole: its words and its formats together, as every presenter is given them."""

from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from kiosk.i18n.formats import Formats
from kiosk.i18n.translator import Words, open_words


@dataclass(frozen=True, slots=True)
class Language:
    """`words("sale.scan")` and `formats.money(...)` of one language."""

    words: Words
    formats: Formats

    @property
    def name(self) -> str:
        """The language's code, `fr` or `en`."""
        return self.words.language


def open_language(folder: Path, name: str, zone: tzinfo) -> Language:
    """Load a language from `assets/locale`; raises `CatalogueError` when what was shipped contradicts itself."""
    return Language(open_words(folder, name), Formats(name, zone))
