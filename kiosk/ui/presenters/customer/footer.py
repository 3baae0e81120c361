"""What stands at the same place on every page of the customer face: back, language, large text, contrast.

A button of language is written in its own language, so that whoever needs it can read it. Not responsible for the page above.
"""

from dataclasses import dataclass
from typing import Final

from kiosk.i18n.language import Language
from kiosk.i18n.translator import LANGUAGES
from kiosk.ui.presenters.customer.visit import Visit

# the names do not change with the language that is spoken: both catalogues hold the same text
_NAMES: Final = {"fr": "k.lang_fr", "en": "k.lang_en"}


@dataclass(frozen=True, slots=True)
class LanguageKey:
    """One language to choose."""

    language: str
    name: str
    spoken: bool


@dataclass(frozen=True, slots=True)
class FooterView:
    """The row of keys. ``back`` is empty where there is no way back."""

    back: str
    languages: tuple[LanguageKey, ...]
    large: str
    large_on: bool
    contrast: str
    contrast_on: bool

    @property
    def other(self) -> LanguageKey:
        """The language that a single key changes to."""
        return next(key for key in self.languages if not key.spoken)


def view(visit: Visit, lang: Language, *, back: bool) -> FooterView:
    """The keys for this visit."""
    return FooterView(
        back=lang.words("common.back") if back else "",
        languages=tuple(
            LanguageKey(name, lang.words(_NAMES[name]), spoken=name == visit.language) for name in LANGUAGES
        ),
        large=lang.words("k.size"),
        large_on=visit.large,
        contrast=lang.words("k.contrast"),
        contrast_on=visit.contrast,
    )
