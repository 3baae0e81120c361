"""The page that waits for somebody: what can be done here, in one sentence and one large key."""

from dataclasses import dataclass

from kiosk.i18n.language import Language
from kiosk.ui.presenters.customer import footer
from kiosk.ui.presenters.customer.footer import FooterView
from kiosk.ui.presenters.customer.visit import CustomerState


@dataclass(frozen=True, slots=True)
class View:
    """The promise, the one key, the languages and the look."""

    brand: str
    title: str
    hint: str
    check: str
    check_detail: str
    footer: FooterView


def view(state: CustomerState, lang: Language) -> View:
    """What waits for a visitor; nothing of the one before."""
    words = lang.words
    return View(
        brand=state.till.catalogue.name,
        # the promise is set in two lines, broken where one would breathe
        title=words("k.title").replace(", ", ",\n", 1),
        hint=words("k.touch"),
        check=words("k.check"),
        check_detail=words("k.check_d"),
        footer=footer.view(state.visit, lang, back=False),
    )
