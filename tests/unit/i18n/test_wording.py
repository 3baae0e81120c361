"""Every enum has its sentence, and the neutral one stays neutral."""

from datetime import UTC, datetime
from enum import Enum
from zoneinfo import ZoneInfo

import pytest

from kiosk.domain.refusals import PromiseRefusal, Reason, ScanRefusal
from kiosk.domain.sale import LinePhase, PrintOutcome
from kiosk.domain.tender import TenderKind
from kiosk.i18n import wording
from kiosk.i18n.language import Language, open_language
from kiosk.resources import asset

AT = datetime(2026, 10, 12, 19, 47, tzinfo=UTC)


@pytest.fixture(params=["fr", "en"])
def lang(request: pytest.FixtureRequest) -> Language:
    return open_language(asset("locale"), request.param, ZoneInfo("Europe/Paris"))


def test_every_member_has_words(lang: Language) -> None:
    """A refusal would crash the till instead of being explained."""
    texts: list[tuple[Enum, str]] = []
    texts += [(one, wording.scan_refusal(lang, one)) for one in ScanRefusal]
    texts += [(one, wording.reason(lang, one)) for one in Reason]
    texts += [(one, wording.reason(lang, one, till="Caisse 2", until=AT, sold_at=AT)) for one in Reason]
    texts += [(one, wording.promise_refusal(lang, one)) for one in PromiseRefusal]
    texts += [(one, wording.tender(lang, one)) for one in TenderKind]
    texts += [(one, wording.phase(lang, one)) for one in LinePhase]
    texts += [(one, wording.print_outcome(lang, one, "")) for one in PrintOutcome]
    for member, text in texts:
        assert text.strip(), member


def test_each_refusal_of_the_till_says_something_else(lang: Language) -> None:
    """Two causes would share a sentence and the clerk would try the wrong remedy."""
    sentences = [wording.scan_refusal(lang, one) for one in ScanRefusal]
    sentences += [wording.reason(lang, one) for one in Reason if one is not Reason.NOT_SELLABLE]
    assert len(set(sentences)) == len(sentences)


def test_a_stolen_card_is_told_neutrally(lang: Language) -> None:
    """Whoever tries a stolen card would learn that it is known as stolen (refusal table)."""
    assert wording.reason(lang, Reason.NOT_SELLABLE) == lang.words("sale.err_unknown")


def test_a_refusal_says_what_the_authority_said(lang: Language) -> None:
    """The clerk could not answer a customer who asks when and where."""
    assert "21:47" in wording.reason(lang, Reason.ALREADY_SOLD, sold_at=AT)
    held = wording.reason(lang, Reason.HELD_ELSEWHERE, till="Caisse 2", until=AT)
    assert "Caisse 2" in held
    assert "21:47" in held
    assert "21:47" in wording.reason(lang, Reason.LIMIT, until=AT)


def test_paper_out_says_what_to_do(lang: Language) -> None:
    """The clerk would think that the sale failed because the roll is empty."""
    assert lang.words("rcpt.nopaper_d") in wording.print_outcome(lang, PrintOutcome.REFUSED, "paper_out")


@pytest.mark.parametrize("state", ["active", "inactive", "blocked", "expired", "exhausted", "void"])
def test_balance_states(lang: Language, state: str) -> None:
    """The balance screen would crash on a state that the wire may name."""
    assert wording.balance_state(lang, state)
