"""The tour: a morning at the till, step by step, with pictures; each step says what must be true, and stops the tour if it is not.

Keys are pressed on the real widgets, cards are held under the virtual scanner, and what the authority holds is asked of the
authority. Writes pictures, receipts, journal, authority database and ``tour.json`` (``report``) into the output folder.
"""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from kiosk.demo.control import ControlClient
from kiosk.demo.report import LineReport, StepReport, TourReport
from kiosk.demo.world import CLERKS, World

WAIT_S: Final = 30.0
LOOK_S: Final = 0.03
SETTLE_S: Final = (
    0.35  # a page ignores Enter for its first 300 ms, so that a hasty finger does not press the next page's button
)

Look = Mapping[str, Any]  # what the stage tells: JSON


class TourError(RuntimeError):
    """A step was not as expected; the message says which and what was seen."""


class Tour:
    """Walks through the world; ``walk`` once."""

    def __init__(self, world: World, output: Path, say: Callable[[str], None]) -> None:
        self._world = world
        self._output = output
        self._say = say
        self._hand: ControlClient
        self._report = TourReport(started=_now())
        self._used: set[int] = set()
        self._step_from = time.monotonic()
        self._pause = threading.Event()  # never set: its wait is the pause between two looks

    def walk(self) -> TourReport:
        """All steps. The report says whether every one was as expected; it is written even when one was not."""
        try:
            self._open_till()
            self._log_in()
            self._two_cards_cash()
            self._balance()
            self._refused_card()
            self._line_down()
            self._lost_answer()
            self._paper_out_and_copy()
            self._killed()
            self._report.ok = True
        except (TourError, OSError, RuntimeError) as error:
            self._report.failure = str(error)
        self._report.finished = _now()
        return self._report

    # ---- the steps

    def _log_in(self) -> None:
        who, _, _, pin = CLERKS[0]
        del who
        self._until("the log-in page", lambda look: look["screen"] == "login" and look["stock"] > 0)
        self._until("all devices ready", lambda look: set(look["devices"].values()) == {"ready"})
        self._record("log in")
        self._press("Down")
        self._hand.call("type", text=pin)
        self._enter()
        self._until("the sale page", lambda look: look["screen"] == "sale")
        self._record("ready to sell")

    def _two_cards_cash(self) -> None:
        for series in ("second", "third"):
            self._scan(self._card(self._series(series)), timed=True)
        self._record("two cards scanned")
        self._press("F9")
        self._until("the cash page", lambda look: look["screen"] == "cash")
        due_minor = sum(self._world.catalogue.series[place].face.minor for place in (1, 2))
        self._hand.call("type", text=str((due_minor // 10_000 + 1) * 100))  # the next hundred above
        self._record("cash with change")
        self._enter()
        self._activated(timed=True)
        self._record("two cards activated")
        self._print_receipt("a receipt, asked for")
        self._next()

    def _balance(self) -> None:
        sold = self._report.steps[-1].lines[0].serial[-4:]
        self._press("F3")
        self._until("the balance page", lambda look: look["screen"] == "balance")
        self._world.workbench.call("scan", card=self._place(lambda card: card["last4"] == sold))
        self._until("a balance", lambda look: bool(look["balance"]))
        self._record("the balance of a card")
        self._press("Escape")
        self._until("the sale page", lambda look: look["screen"] == "sale")

    def _refused_card(self) -> None:
        self._refusal("stolen", "a stolen card refused")
        if self._world.series == "euro":
            self._refusal("franc", "a card in francs refused")

    def _refusal(self, hint: str, name: str) -> None:
        before = self._look()["notice"]
        self._world.workbench.call("scan", card=self._place(lambda card: card["hint"] == hint))
        self._until("a refusal", lambda look: look["notice"] != before)
        self._until("nothing in the basket", lambda look: all(line["till"] == "released" for line in look["lines"]))
        self._record(name)

    def _line_down(self) -> None:
        self._world.workbench.call("network", mode="cut")
        self._scan(self._card(self._series("first")), phase="unheld")
        self._until("the line is down", lambda look: not look["link_up"], timeout_s=60.0)
        self._record("the line is down")
        self._pay_exactly()
        self._until("a promise", lambda look: look["screen"] == "result" and look["promises"] == 1)
        self._record("sold while the line is down")
        self._print_receipt("the proof of purchase")
        self._world.workbench.call("network", mode="pass")
        self._until("the promise kept", lambda look: look["link_up"] and not look["promises"], timeout_s=90.0)
        self._record("activated when the line is back")
        self._next()

    def _lost_answer(self) -> None:
        self._scan(self._card(self._series("first")))
        self._world.workbench.call("network", mode="lose_answer", path="/v1/lines")
        self._pay_exactly()
        self._until("unknown", lambda look: look["screen"] == "unknown", timeout_s=60.0)
        self._record("no answer: nothing is lost, the till asks on")
        self._world.workbench.call("network", mode="pass")
        self._activated()
        self._record("the answer, asked for with the same id")
        self._next()

    def _paper_out_and_copy(self) -> None:
        self._scan(self._card(self._series("second")))
        self._pay_exactly()
        self._activated()
        self._world.workbench.call("printer", fault="paper_out 300")
        jobs = len(self._look()["jobs"])
        self._press("O")
        self._until(
            "an end without paper",
            lambda look: len(look["jobs"]) > jobs and look["jobs"][-1][2] not in (None, "printed"),
        )
        self._record("out of paper in a receipt: the sale stands")
        self._world.workbench.call("paper", level="in")
        self._until("paper is back", lambda look: look["devices"]["printer"] == "ready", timeout_s=60.0)
        self._next()
        self._press("F4")
        self._until("the tickets", lambda look: look["screen"] == "tickets")
        jobs = len(self._look()["jobs"])
        self._press("Ctrl+P")
        self._until("a copy", lambda look: len(look["jobs"]) > jobs and look["jobs"][-1][2] == "printed")
        self._keep_receipt(self._look()["jobs"][-1][0], copy=True)
        self._record("the copy, marked DUPLICATA")
        self._press("Escape")
        self._until("the sale page", lambda look: look["screen"] == "sale")

    def _killed(self) -> None:
        self._scan(self._card(self._series("third")))
        self._world.workbench.call("network", mode="lose_answer", path="/commit")
        self._pay_exactly()
        self._until("activating", lambda look: look["screen"] == "activating")
        self._record("activating when the power goes")
        assert self._world.till is not None
        self._world.till.kill()
        self._world.workbench.call("network", mode="pass")
        self._open_till()
        self._until("the log-in page", lambda look: look["screen"] == "login")
        self._press("Down")
        self._hand.call("type", text=CLERKS[0][3])
        self._enter()
        self._until("the question", lambda look: look["screen"] == "recovery" and look["question"] == "customer_left")
        self._record("after the restart: what only the clerk can know")
        self._press("N")
        self._until("the next question", lambda look: look["question"] == "money_returned")
        self._record("and whether the money went back")
        self._pause.wait(SETTLE_S)
        self._press("N")
        self._activated()
        self._record("activated once, and only once")
        self._next()

    # ---- what a clerk does

    def _open_till(self) -> None:
        self._world.start_till(stage=True)
        self._hand = ControlClient(self._world.till_folder / "stage.sock")

    def _scan(self, place: int, *, phase: str = "held", timed: bool = False) -> None:
        count = len(self._look()["lines"])
        begun = time.monotonic()
        self._world.workbench.call("scan", card=place)
        self._until("the line", lambda look: len(look["lines"]) > count)
        if timed:
            self._report.timings["scan_to_line_ms"].append(_ms(begun))
        self._until(f"the card {phase}", lambda look: look["lines"][-1]["till"] == phase)

    def _pay_exactly(self) -> None:
        self._press("F9")
        self._until("the cash page", lambda look: look["screen"] == "cash")
        self._enter()

    def _activated(self, *, timed: bool = False) -> None:
        begun = time.monotonic()
        self._until(
            "activated",
            lambda look: look["screen"] == "result" and all(line["till"] == "activated" for line in look["lines"]),
            timeout_s=60.0,
        )
        if timed:
            self._report.timings["commit_to_activated_ms"].append(_ms(begun))

    def _print_receipt(self, name: str) -> None:
        jobs = len(self._look()["jobs"])
        self._press("O")
        self._until("printed", lambda look: len(look["jobs"]) > jobs and look["jobs"][-1][2] == "printed")
        self._keep_receipt(self._look()["jobs"][-1][0])
        self._record(name)

    def _next(self) -> None:
        self._enter()
        self._until("the next sale", lambda look: look["screen"] == "sale" and not look["lines"])

    def _enter(self) -> None:
        self._pause.wait(SETTLE_S)
        self._press("Return")

    def _press(self, keys: str) -> None:
        self._hand.call("press", keys=keys)

    # ---- what is looked at

    def _look(self) -> Look:
        look = self._hand.call("look")
        assert isinstance(look, dict)
        return {"notice": None, "lines": [], "devices": {}, "stock": 0, "question": None, **look}

    def _until(self, what: str, condition: Callable[[Look], bool], timeout_s: float = WAIT_S) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition(look := self._look()):
            if time.monotonic() > deadline:
                self._hand.call("picture", path=str(self._output / "failed.png"))
                raise TourError(f"never came: {what}; seen: {dict(look)}")
            self._pause.wait(LOOK_S)

    def _series(self, place: str) -> str:
        return self._world.catalogue.series[("first", "second", "third").index(place)].number

    def _card(self, series: str) -> int:
        place = self._place(
            lambda card: card["series"] == series and card["hint"] == "in_stock" and card["card"] not in self._used
        )
        self._used.add(place)
        return place

    def _place(self, wanted: Callable[[Mapping[str, Any]], bool]) -> int:
        cards = self._world.workbench.call("cards")
        assert isinstance(cards, list)
        return int(next(card["card"] for card in cards if wanted(card)))

    # ---- what is kept

    def _record(self, name: str) -> None:
        look = self._look()
        number = len(self._report.steps) + 1
        picture = f"{number:02d}-{look['screen']}.png"
        self._hand.call("picture", path=str(self._output / picture))
        lines = [
            LineReport(
                line_id=line["line_id"],
                serial=line["serial"],
                till=line["till"],
                authority=self._world.line_at_authority(line["line_id"]),
            )
            for line in look["lines"]
        ]
        step = StepReport(
            number, name, look["screen"], picture, lines, round(_ms(self._step_from)), look.get("receipt_no")
        )
        self._report.steps.append(step)
        self._say(f"{number:2d}  {name}")
        self._step_from = time.monotonic()

    def _keep_receipt(self, receipt_no: int, *, copy: bool = False) -> None:
        stem = self._output / f"receipt-{receipt_no:06d}{'-copy' if copy else ''}"
        self._world.workbench.call("receipt_escpos", i=-1, path=str(stem.with_suffix(".escpos")))
        self._world.workbench.call("receipt_png", i=-1, path=str(stem.with_suffix(".png")))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")  # noqa: TID251 - a report's date, not the product's


def _ms(begun: float) -> float:
    return (time.monotonic() - begun) * 1000
