"""The documents tell the truth: commands exist, links lead somewhere, codes and settings are those of the code, examples run."""

import argparse
import ast
import importlib
import re
import tomllib
from pathlib import Path

import pytest

from kiosk.cli import COMMANDS
from kiosk.settings import SettingsTrouble, parse_settings

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
ADR_PARTS = ["Context", "Decision", "Consequences", "What would change our mind"]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _code(text: str) -> list[str]:
    """Everything that is set as code: spans and fenced blocks."""
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return blocks + re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))


def _subcommands(target: str) -> set[str]:
    module, _, function = target.partition(":")
    parser = argparse.ArgumentParser()
    getattr(importlib.import_module(module), function)(parser)
    choices = (
        action.choices for action in parser._actions if action.choices is not None and isinstance(action.choices, dict)
    )
    return {name for each in choices for name in each}


def test_every_make_command_in_the_documents_exists() -> None:
    """The first thing a newcomer types must work."""
    targets = set(re.findall(r"^([a-z-]+):", _read(ROOT / "Makefile"), re.MULTILINE))
    named = {
        (path.name, word)
        for path in DOCUMENTS
        for code in _code(_read(path))
        for word in re.findall(r"\bmake ([a-z-]+)", code)
    }
    assert {word for _, word in named} >= {"test", "check"}
    assert not [f"{name}: make {word}" for name, word in sorted(named) if word not in targets]


def test_every_kiosk_command_in_the_documents_exists() -> None:
    """A technician at a counter types what operations.md says."""
    commands = {command.name: command for command in COMMANDS}
    strays: list[str] = []
    for path in DOCUMENTS:
        for code in _code(_read(path)):
            for name, inner in re.findall(r"(?:^|[\s/])kiosk ([a-z]+)(?: ([a-z-]+))?", code, re.MULTILINE):
                known = commands.get(name)
                if known is None or (inner and (has := _subcommands(known.target)) and inner not in has):
                    strays.append(f"{path.name}: kiosk {name} {inner}".rstrip())
    assert not strays


def test_every_script_in_the_documents_exists() -> None:
    """A renamed script leaves its name behind."""
    named = {
        (path.name, word)
        for path in DOCUMENTS
        for code in _code(_read(path))
        for word in re.findall(r"\bscripts/(\w+)", code)
    }
    assert not [f"{name}: scripts/{word}" for name, word in sorted(named) if not (ROOT / "scripts" / word).is_file()]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    """A map with roads that end nowhere is worse than none."""
    text = re.sub(r"^```.*?^```", "", _read(path), flags=re.DOTALL | re.MULTILINE)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        goal = (path.parent / file).resolve() if file else path
        if not goal.exists() or (anchor and anchor not in _anchors(goal)):
            broken.append(target)
    assert not broken


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", _read(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_every_document_has_one_title() -> None:
    """Two titles are two documents."""
    titles = {
        str(path.relative_to(ROOT)): len(
            re.findall(r"^# ", re.sub(r"^```.*?^```", "", _read(path), flags=re.DOTALL | re.MULTILINE), re.MULTILINE)
        )
        for path in DOCUMENTS
    }
    assert set(titles.values()) == {1}, titles


def test_the_readme_maps_every_document() -> None:
    """A document that nothing leads to is not read."""
    linked = set(re.findall(r"\]\(([^)#\s]+\.md)\)", _read(ROOT / "README.md")))
    present = {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")} | {
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "docs/adr/README.md",
    }
    assert present <= linked


def test_codes_in_the_program_are_explained_and_no_others() -> None:
    """A code on the screen that operations.md does not know leaves the clerk alone with it."""
    in_code = {
        node.value
        for path in (ROOT / "kiosk").rglob("*.py")
        for node in ast.walk(ast.parse(_read(path)))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"[A-Z]{3}-[0-9]{2}", node.value)
    }
    explained = re.findall(
        r"^\| ([A-Z]{3}-[0-9]{2}) \| [^|]{8,} \| [^|]{8,} \|$", _read(ROOT / "docs" / "operations.md"), re.MULTILINE
    )
    assert len(explained) == len(set(explained))
    assert set(explained) == in_code


def test_settings_are_documented_and_the_example_is_right() -> None:
    """The example is copied into terminal.toml by hand."""
    text = _read(ROOT / "docs" / "operations.md")
    (example,) = re.findall(r"^```toml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    example = re.sub(
        r'^# (?=\w+ = ")', "", example, flags=re.MULTILINE
    )  # what few terminals need is shown as a comment
    parse_settings(example)
    data = tomllib.loads(example)
    shown = {
        f"{key}.{name}" if isinstance(value, dict) else key
        for key, value in data.items()
        for name in (value if isinstance(value, dict) else [key])
    }
    with pytest.raises(SettingsTrouble) as caught:
        parse_settings('nonsense = "x"\n[authority]\naddress = "https://a.example"\n')
    known = set(caught.value.problems[0].partition("those that exist are ")[2].split(", "))
    assert shown == known


def test_python_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger starts from the example: it must work before anything is changed."""
    monkeypatch.chdir(tmp_path)
    for path in DOCUMENTS:
        names: dict[str, object] = {"__name__": "example"}
        for block in re.findall(r"^```python\n(.*?)^```", _read(path), re.DOTALL | re.MULTILINE):
            exec(compile(block, str(path.relative_to(ROOT)), "exec"), names)


def test_decision_records_are_whole_and_listed() -> None:
    """A decision without its reasons is taken again every year."""
    records = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    index = _read(ROOT / "docs" / "adr" / "README.md")
    for number, path in enumerate(records, 1):
        text = _read(path)
        title = re.match(rf"# {number}\. (.+)\n", text)
        assert title is not None, path.name
        assert f"{number}. [{title.group(1)}]({path.name})" in index
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ADR_PARTS, path.name
        assert len(text.splitlines()) < 60, f"{path.name}: one page"


def test_the_changelog_knows_the_version() -> None:
    """A released version that the changelog does not tell of cannot be judged by those who must install it."""
    version = tomllib.loads(_read(ROOT / "pyproject.toml"))["project"]["version"]
    first = re.search(r"^## (.+)$", _read(ROOT / "CHANGELOG.md"), re.MULTILINE)
    assert first is not None
    assert first.group(1) == "Unreleased" or first.group(1).startswith(version)
