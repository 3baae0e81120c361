"""Serials that exist for no shopper: with a test key each forces one outcome, so that a merchant can try what seldom happens.

They carry the series number 99, which no catalogue has, and any code with a right check digit is right. A live key hears of
them what it hears of any unknown card. Not responsible for playing the outcome (the authority's services do).
"""

from enum import Enum

from kiosk.domain.card import Serial, make_serial

TEST_SERIES = "99"
TEST_BALANCE_MINOR = 5_000


class Scenario(Enum):
    """What a test card does; the value is the number inside its serial."""

    APPROVED = 1
    DECLINED = 2
    INSUFFICIENT_FUNDS = 3
    WRONG_CURRENCY = 4
    WINDOW_OVER = 5  # authorizes; at the capture the window has lapsed
    CARD_CLOSED = 6  # pays; at the refund the card has expired
    BUSY = 7  # the authority cannot answer now: 503
    SLOW = 8  # approved, after a pause that tries the patience of a merchant's client


def scenario_serial(scenario: Scenario) -> Serial:
    """The serial of a scenario."""
    return make_serial(random12=f"{scenario.value:012d}", series_no=TEST_SERIES)


def scenario_of(serial: Serial) -> Scenario | None:
    """What a serial forces in test mode; ``None`` for the serial of a real card. An unknown number is declined."""
    if serial.series_no != TEST_SERIES:
        return None
    try:
        return Scenario(int(serial.digits[:12]))
    except ValueError:
        return Scenario.DECLINED
