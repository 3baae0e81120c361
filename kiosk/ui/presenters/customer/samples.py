"""Named states of the customer face, for the gallery and the tests: one of each kind that a visitor may meet.

Invented cards and amounts. Not responsible for drawing them.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from kiosk.domain.series import Catalogue
from kiosk.protocol.messages import Amount, BalanceAnswer, SpentRow
from kiosk.till.state import Balance, Book, Stage, TillState
from kiosk.ui.presenters.customer.visit import (
    BUSY_AFTER_MS,
    DIGIT_SHOWN_MS,
    IDLE_COUNTDOWN_MS,
    IDLE_WARNING_MS,
    CustomerState,
    Fault,
    Page,
    Visit,
)

NOW_MS: Final = 100_000_000  # monotonic
WALL_MS: Final = 1_791_838_320_000  # 12 October 2026, in the evening
DAY_MS: Final = 86_400_000
TYPED: Final = "7720441600931268"


def paid(count: int) -> list[SpentRow]:
    """So many payments, the newest first."""
    amounts = (400, 800, 400, 250, 150, 600, 120, 999)
    return [
        SpentRow(at_ms=WALL_MS - place * DAY_MS - place * 3_720_000, amount=_amount(amounts[place % len(amounts)]))
        for place in range(count)
    ]


def answer(state: str, *, left: int = 1260, payments: int = 3, codes_left: int = 16) -> BalanceAnswer:
    """What the authority says of a card of 20 €."""
    return BalanceAnswer(
        outcome="found",
        state=state,
        series="12",
        face=_amount(2000),
        balance=_amount(left),
        codes_left=codes_left,
        codes=25,
        expires_ms=WALL_MS + 356 * DAY_MS if state != "expired" else WALL_MS - 40 * DAY_MS,
        payments=paid(payments),
    )


def bare(state: str) -> BalanceAnswer:
    """What the authority says of a card that is blocked or not sold yet: no amount."""
    return BalanceAnswer(outcome="found", state=state, series="12", face=_amount(2000), codes=25)


def till_of(catalogue: Catalogue, balance: Balance | None, *, link_up: bool = True) -> TillState:
    """A till whose balance is open."""
    return TillState(
        book=Book(currency=catalogue.currency.code),
        stage=Stage.BALANCE,
        catalogue=catalogue,
        shop_name="Tabac de la Gare",
        till_name="Borne 1",
        now_ms=WALL_MS,
        link_up=link_up,
        balance=balance,
    )


def samples(catalogue: Catalogue, *, language: str = "fr", large: bool = False) -> Mapping[str, CustomerState]:
    """Every sample by name. The part before the dot is the screen it belongs to."""
    fresh = Visit(language=language, touched_ms=NOW_MS, large=large)
    typing = replace(fresh, page=Page.TYPE)
    eight = replace(typing, typed=TYPED[:8], typed_at_ms=NOW_MS - DIGIT_SHOWN_MS // 2)
    whole = replace(typing, typed=TYPED, typed_at_ms=NOW_MS - 5_000)
    shown = replace(fresh, page=Page.BALANCE)
    nothing = Balance()

    def at(visit: Visit, balance: Balance = nothing, *, link_up: bool = True) -> CustomerState:
        return CustomerState(till=till_of(catalogue, balance, link_up=link_up), visit=visit, now_ms=NOW_MS)

    def found(state: str, *, left: int = 1260, payments: int = 3, codes_left: int = 16) -> CustomerState:
        told = answer(state, left=left, payments=payments, codes_left=codes_left)
        return at(shown, Balance(last4="0093", answer=told))

    late = NOW_MS - IDLE_WARNING_MS - IDLE_COUNTDOWN_MS * 2 // 5
    return MappingProxyType(
        {
            "attract.waiting": at(fresh),
            "attract.contrast_chosen": at(replace(fresh, contrast=True)),
            "scan_or_type.empty": at(typing),
            "scan_or_type.typing": at(eight),
            "scan_or_type.complete": at(whole),
            "scan_or_type.revealed": at(replace(whole, revealed=True)),
            "scan_or_type.busy": at(replace(whole, asked_at_ms=NOW_MS - BUSY_AFTER_MS), Balance(asking=True)),
            **{f"scan_or_type.{fault.value}": at(replace(whole, fault=fault)) for fault in Fault},
            "balance.waiting": at(shown, Balance(asking=True)),
            "balance.active": found("active"),
            "balance.unspent": found("active", left=2000, payments=0, codes_left=25),
            "balance.many_payments": found("active", left=120, payments=8, codes_left=17),
            "balance.exhausted": found("exhausted", left=0, payments=5, codes_left=3),
            "balance.expired": found("expired"),
            "balance.blocked": at(shown, Balance(last4="0093", answer=bare("blocked"))),
            "balance.void": found("void", left=0, payments=0, codes_left=25),
            "idle.countdown": CustomerState(
                till=till_of(catalogue, Balance(last4="0093", answer=answer("active"))),
                visit=replace(shown, touched_ms=late),
                now_ms=NOW_MS,
            ),
            "unavailable.link_down": at(fresh, link_up=False),
        }
    )


def _amount(minor: int) -> Amount:
    return Amount(amount_minor=minor, currency="EUR")
