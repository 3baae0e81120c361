"""``tour.json``: what the tour did, step by step, with the till's and the authority's word for each line side by side."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

FORMAT_VERSION = 1


@dataclass(slots=True)
class LineReport:
    """One card of a step. ``authority`` is read from the authority, never from the till."""

    line_id: str
    serial: str
    till: str
    authority: str


@dataclass(slots=True)
class StepReport:
    n: int
    name: str
    screen: str
    picture: str
    lines: list[LineReport]
    ms: int
    receipt_no: int | None = None


@dataclass(slots=True)
class TourReport:
    """The whole tour. ``ok`` only if every step was as expected."""

    started: str
    finished: str = ""
    steps: list[StepReport] = field(default_factory=list)
    timings: dict[str, list[float]] = field(
        default_factory=lambda: {"scan_to_line_ms": [], "commit_to_activated_ms": []}
    )
    ok: bool = False
    failure: str | None = None

    def write(self, path: Path) -> None:
        """Write the report; absent values are absent keys."""
        data = {"version": FORMAT_VERSION, **asdict(self)}
        if self.failure is None:
            del data["failure"]
        for step in data["steps"]:
            if step["receipt_no"] is None:
                del step["receipt_no"]
        path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")
