"""The payment form as it was sent: up to three cards, each a serial and a code; what is wrong with them before anything is tried.

A typed serial is shown again; a typed code never is: it travels sealed until it was looked at. Not responsible for whether a card
exists (only a payment says so).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kiosk.authority.portal.seals import Seals
from kiosk.domain.card import NumberFault, ScratchCode, Serial, parse_code, parse_serial
from kiosk.domain.checkout import CARDS_ON_PAGE_MAX
from kiosk.protocol.payments import Scratch

MAX_TYPED_CHARS = 40
_SEPARATORS = str.maketrans("", "", "-.\u00a0\u202f")


@dataclass(frozen=True, slots=True, repr=False)
class CardForm:
    """One card on the form. ``serial_word`` and ``code_word`` are the catalogue's words for what is wrong."""

    n: int
    typed: str = ""
    serial: Serial | None = None
    code: ScratchCode | None = None
    serial_word: str | None = None
    code_word: str | None = None

    @property
    def shown(self) -> str:
        """What was typed, in groups of four where it is digits: as it stands on the card."""
        digits = "".join(self.typed.translate(_SEPARATORS).split())
        if not (digits.isascii() and digits.isdigit()):
            return self.typed
        return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))

    @property
    def wrong(self) -> bool:
        return self.serial_word is not None or self.code_word is not None

    def __repr__(self) -> str:
        return "CardForm(…)"


@dataclass(frozen=True, slots=True)
class PayForm:
    """The cards of the form, the first of which is always there. ``attempt``: the count at which the form was made."""

    cards: tuple[CardForm, ...] = (CardForm(1),)
    attempt: int | None = None

    @property
    def wrong(self) -> bool:
        return any(card.wrong for card in self.cards)

    @property
    def may_add(self) -> bool:
        return len(self.cards) < CARDS_ON_PAGE_MAX

    def instruments(self) -> list[Scratch]:
        """The cards to pay with; only for a form that is not ``wrong``."""
        return [Scratch(one.serial.digits, one.code.digits) for one in self.cards if one.serial and one.code]

    def serials(self) -> list[Serial]:
        return [one.serial for one in self.cards if one.serial is not None]

    def with_one_more(self) -> "PayForm":
        return replace(self, cards=(*self.cards, CardForm(len(self.cards) + 1))) if self.may_add else self

    def without_words(self) -> "PayForm":
        """Nothing wrong is pointed at: the shopper is not done yet."""
        return replace(self, cards=tuple(replace(card, serial_word=None, code_word=None) for card in self.cards))

    def without_codes(self) -> "PayForm":
        """The codes were looked at and are not right: they are not kept."""
        return replace(self, cards=tuple(replace(card, code=None) for card in self.cards))


def read_form(fields: Mapping[str, str], seals: Seals, checkout_id: str) -> PayForm:
    """What was sent; never raises."""
    count = fields.get("cards", "1")
    wanted = int(count) if count in {str(n) for n in range(1, CARDS_ON_PAGE_MAX + 1)} else 1
    cards: list[CardForm] = []
    for n in range(1, wanted + 1):
        cards.append(_card(n, fields, seals, checkout_id, {one.serial for one in cards if one.serial}))
    return PayForm(tuple(cards), seals.attempt_of(checkout_id, fields.get("form", "")))


def _card(n: int, fields: Mapping[str, str], seals: Seals, checkout_id: str, before: set[Serial]) -> CardForm:
    typed = fields.get(f"serial{n}", "").strip()[:MAX_TYPED_CHARS]
    secret = fields.get(f"code{n}", "").strip()[:MAX_TYPED_CHARS]
    code, code_word = _code(secret, seals.kept(checkout_id, fields.get(f"kept{n}", "")))
    if n > 1 and not typed and code is None and not secret:
        return CardForm(n)
    serial, serial_word = read_serial(typed)
    if serial is not None and serial in before:
        serial_word = "web.e_twice"
    return CardForm(n, typed, serial, code, serial_word, code_word)


def read_serial(typed: str) -> tuple[Serial | None, str | None]:
    """A typed serial, or the word for what is wrong with it."""
    if not typed:
        return None, "web.e_serial_none"
    serial = parse_serial(typed.translate(_SEPARATORS))
    match serial:
        case NumberFault.CHECK:
            return None, "web.e_serial_check"
        case NumberFault():
            return None, "web.e_serial_length"
        case Serial():
            return serial, None


def _code(typed: str, kept: ScratchCode | None) -> tuple[ScratchCode | None, str | None]:
    if not typed:
        return kept, None if kept is not None else "web.e_code_none"
    code = parse_code(typed.translate(_SEPARATORS))
    match code:
        case NumberFault.CHECK:
            return None, "web.e_code_check"
        case NumberFault():
            return None, "web.e_code_length"
        case ScratchCode():
            return code, None
