"""What the paper sells today. Prices are whole cents; ``own_form`` marks the one that is paid on the shop's own page.

Not responsible for what an article says: that stands in the lists of words, once in each language.
"""

from dataclasses import dataclass
from typing import Final

from press_shop.language import Language

CURRENCY: Final = "EUR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article: what everybody may read (section, title, lead) and what is sold (``text``), in whichever language."""

    slug: str
    price_minor: int
    minutes: int
    own_form: bool = False

    def section(self, language: Language) -> str:
        """Where in the paper it stands."""
        return language(f"article.{self.slug}.section")

    def title(self, language: Language) -> str:
        """Its headline, which the payment page shows too."""
        return language(f"article.{self.slug}.title")

    def lead(self, language: Language) -> str:
        """What it is about."""
        return language(f"article.{self.slug}.lead")

    def text(self, language: Language) -> tuple[str, ...]:
        """Its paragraphs."""
        return language.each(f"article.{self.slug}.text")


ARTICLES: Final = (
    Article(slug="phares", price_minor=250, minutes=9),
    Article(slug="dessin", price_minor=10, minutes=1),
    Article(slug="marche", price_minor=120, minutes=5),
    Article(slug="cahier", price_minor=400, minutes=22),
    Article(slug="grille", price_minor=60, minutes=15, own_form=True),
)
BY_SLUG: Final = {article.slug: article for article in ARTICLES}
