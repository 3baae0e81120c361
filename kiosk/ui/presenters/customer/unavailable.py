"""What the face says while no balance can be asked for: why not is nobody's business here, the counter helps."""

from dataclasses import dataclass

from kiosk.i18n.language import Language
from kiosk.ui.presenters.customer import footer
from kiosk.ui.presenters.customer.footer import FooterView
from kiosk.ui.presenters.customer.visit import CustomerState


@dataclass(frozen=True, slots=True)
class View:
    """The sentence and the way to a person."""

    brand: str
    title: str
    detail: str
    footer: FooterView


def view(state: CustomerState, lang: Language) -> View:
    """The same for every cause: no network, no authority, a halted till."""
    return View(
        brand=state.till.catalogue.name,
        title=lang.words("k.out_t"),
        detail=lang.words("k.out_d"),
        footer=footer.view(state.visit, lang, back=False),
    )
