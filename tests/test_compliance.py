"""The map of compliance names every requirement once, and only files and tests that exist. Not responsible for its judgements."""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "compliance.md"
# how many requirements each list of the design has
FAMILIES = {
    "CAI": 23, "TVA": 7, "LCB": 13, "AGC": 10, "ACC": 20, "RGP": 11, "PAY": 17, "MON": 9,
    "PR": 27, "AC": 15, "JR": 18, "INV": 14, "CD": 19, "SV": 5, "TM": 27,
}  # fmt: skip
STATES = ("met", "part", "prepared", "settled", "not yet")
LATER = ("scheme", "all-day till", "hardware", "kiosk", "mobile and token", "proof")
ID = re.compile(rf"(?<![\w-])(?:{'|'.join(FAMILIES)})-[0-9]{{1,2}}b?(?![\w-])")
RANGE = re.compile(rf"({ID.pattern}) to ({ID.pattern})")
FOREIGN = {"TM-1"}  # the beginning of a printer's name


@dataclass(frozen=True)
class Row:
    """One line of a table of requirements."""

    ids: tuple[str, ...]
    state: str
    where: str
    proof: str


def _text() -> str:
    return PAGE.read_text(encoding="utf-8")


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _expand(text: str) -> tuple[str, ...]:
    found = set(ID.findall(text))
    for first, last in RANGE.findall(text):
        family, begin = first.split("-")
        found |= {_id(family, number) for number in range(int(begin), int(last.split("-")[1]) + 1)}
    return tuple(sorted(found))


def _id(family: str, number: int) -> str:
    return f"{family}-{number}" if family == "INV" else f"{family}-{number:02d}"


def _rows() -> list[Row]:
    rows = [_cells(line) for line in _text().splitlines() if ID.match(line.removeprefix("| "))]
    assert all(len(cells) == 5 for cells in rows), [cells[0] for cells in rows if len(cells) != 5]
    return [Row(_expand(cells[0]), cells[2], cells[3], cells[4]) for cells in rows]


@cache
def _functions() -> frozenset[str]:
    """Every test of the tree as ``file.py::name``."""
    return frozenset(
        f"{path.name}::{node.name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        if "node_modules" not in path.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def test_every_file_and_test_on_the_map_exists() -> None:
    """An auditor who follows the map would find nothing there, and believe nothing else of it."""
    spans = re.findall(r"`([^`\n]+)`", _text())
    files = [span for span in spans if re.match(r"(kiosk|tests|docs|assets|scripts)/", span)]
    tests = [span for span in spans if "::" in span]
    assert len(files) > 50
    assert len(tests) > 50
    assert [span for span in files if not (ROOT / span).exists()] == []
    assert [span for span in tests if span not in _functions()] == []


@pytest.mark.parametrize("family", FAMILIES)
def test_every_requirement_stands_on_the_map_once(family: str) -> None:
    """A requirement that is left out looks like one that is kept."""
    named = [one for row in _rows() for one in row.ids if one.split("-")[0] == family]
    wanted = [_id(family, number) for number in range(1, FAMILIES[family] + 1)]
    assert sorted(named) == sorted([*wanted, *(["JR-06b"] if family == "JR" else [])])


def test_what_is_claimed_is_shown_and_what_is_not_there_is_not() -> None:
    """“Met” without a test is a hope; “not yet” without a later version is a thing forgotten."""
    for row in _rows():
        state = next((state for state in STATES if re.match(rf"{state}\b", row.state)), None)
        assert state is not None, row
        if state == "not yet":
            assert not row.where, row
            assert not row.proof, row
            assert row.state.startswith("not yet: "), row
        else:
            assert row.where, row
            assert "test_" in row.proof or "tests/" in row.proof, row
        if state in ("part", "prepared", "settled"):
            assert len(row.state) > len(state) + 10, f"{row.ids}: what is missing stands in the row"
        assert all(name in LATER for name in re.findall(r"\*([^*]+)\*", row.state)), row


def test_every_requirement_that_the_code_names_is_on_the_map() -> None:
    """A rule that the code says it follows and the map does not know is followed by accident."""
    mapped = {one for row in _rows() for one in row.ids}
    strays = [
        f"{path.relative_to(ROOT)}: {one}"
        for folder in ("kiosk", "tests", "scripts", "assets", "docs")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".py", ".md", ".toml", ".sql", "") and path.is_file() and "node_modules" not in path.parts
        for one in sorted(set(ID.findall(path.read_text(encoding="utf-8"))) - FOREIGN)
        if one not in mapped
    ]
    assert strays == []


def test_the_figures_of_the_test_command_are_those_of_the_tests() -> None:
    """The page would promise more kills than anybody ran."""
    named = re.findall(r"((?:`KIOSK_[A-Z_]+=[0-9]+`(?:, )?)+) in `([^`]+)`", _text())
    assert len(named) >= 3
    for parameters, file in named:
        source = (ROOT / file).read_text(encoding="utf-8")
        for name, value in re.findall(r"(KIOSK_[A-Z_]+)=([0-9]+)", parameters):
            assert f'os.environ.get("{name}", "{value}")' in source, f"{name} in {file}"
