"""Who may know whom, as programs: the import contracts, each half without the other's libraries, each library behind its file."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.cli import COMMANDS, Command

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
# what each requirement is called in an import statement
IMPORT_NAMES = {
    "cryptography": ("cryptography",),
    "msgspec": ("msgspec",),
    "PySide6-Essentials": ("PySide6", "shiboken6"),
    "pyserial": ("serial",),
    "python-escpos": ("escpos",),
    "Pillow": ("PIL",),
    "qrcode": ("qrcode",),
    "requests": ("requests",),
    "keyring": ("keyring",),
    "argon2-cffi": ("argon2",),
    "Babel": ("babel",),
    "starlette": ("starlette",),
    "uvicorn": ("uvicorn",),
    "httptools": ("httptools",),
    "uvloop": ("uvloop",),
    "asyncpg": ("asyncpg",),
    "greenlet": ("greenlet",),
    "pyrage": ("pyrage",),
    "Jinja2": ("jinja2", "markupsafe"),
}
TERMINAL_ROOMS = (
    "cli",
    "bootstrap",
    "ui",
    "till",
    "journal",
    "devices",
    "sync",
    "receipt",
    "i18n",
    "protocol",
    "domain",
)
AUTHORITY_ROOMS = ("cli", "authority", "i18n", "protocol", "domain")
# the others have their rivals below ui/: sqlite3, requests, pyserial
QT_MODULES = {"QtCore", "QtGui", "QtWidgets", "QtSvg"}

BLOCKED_IMPORT = """
import importlib, importlib.util, pkgutil, sys
blocked, rooms = sys.argv[1].split(","), sys.argv[2].split(",")
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in blocked:
            raise ImportError("blocked: " + name)
sys.meta_path.insert(0, Block())
count = 0
for room in rooms:
    if importlib.util.find_spec("kiosk." + room) is None:
        continue
    module = importlib.import_module("kiosk." + room)
    for found in pkgutil.walk_packages(getattr(module, "__path__", ()), module.__name__ + "."):
        importlib.import_module(found.name)
        count += 1
assert not set(sys.modules) & set(blocked)
print(count)
"""
MODULES_OF_HELP = """
import sys
from kiosk.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    print(*sys.modules, sep="\\n")
"""


def _rooms() -> set[str]:
    packages = {path.parent.name for path in (ROOT / "kiosk").glob("*/__init__.py")}
    return packages | {path.stem for path in (ROOT / "kiosk").glob("*.py")} - {"__init__"}


def _room(path: Path) -> str:
    return path.relative_to(ROOT / "kiosk").parts[0]


def _contract(start: str) -> dict[str, Any]:  # Any: the data of a TOML file
    contracts = tomllib.loads(PYPROJECT)["tool"]["importlinter"]["contracts"]
    (found,) = (contract for contract in contracts if contract["name"].startswith(start))
    return dict(found)


def _requirements(extra: str | None) -> dict[str, str]:
    """Requirement → the places that its comment in pyproject.toml names."""
    heading = r"^dependencies = \[" if extra is None else rf"^{extra} = \["
    block = re.search(heading + r"\n(.*?)^\]", PYPROJECT, re.DOTALL | re.MULTILINE)
    assert block is not None
    lines = re.findall(r'^\s*"([A-Za-z0-9-]+)[^"]*",\s*# (.*)$', block.group(1), re.MULTILINE)
    assert len(lines) == block.group(1).count('"') // 2, f"each requirement of {extra} stands on a line with its reason"
    return dict(lines)


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def test_the_contracts_are_kept() -> None:
    """A screen that reached into the journal, or a till that knew Qt, could no longer be tested or replaced alone."""
    lint = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run(
        [lint, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
    assert ran.returncode == 0, ran.stdout


def test_the_contracts_name_every_room() -> None:
    """A new room that no contract mentions would be free to import anything."""
    rooms = _rooms()
    without_qt = rooms - {"ui", "demo", "bootstrap", "cli", "__main__", "verifier"}  # verifier has a stricter contract
    assert {name.removeprefix("kiosk.") for name in _contract("Qt stays")["source_modules"]} >= without_qt
    far = {"till", "receipt", "ui", "devices", "sync", "journal"} & rooms  # what is above it the layers forbid
    assert {name.removeprefix("kiosk.") for name in _contract("the authority knows")["forbidden_modules"]} >= far
    adapters = {"journal", "devices", "sync", "authority"} & rooms
    assert {name.removeprefix("kiosk.") for name in _contract("screens reach")["forbidden_modules"]} >= adapters
    if "verifier" in rooms:
        others = rooms - {"verifier", "__main__"}
        assert {name.removeprefix("kiosk.") for name in _contract("the verifier")["forbidden_modules"]} >= others


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rooms", "own", "foreign"),
    [(TERMINAL_ROOMS, "terminal", "authority"), (AUTHORITY_ROOMS, "authority", "terminal")],
    ids=["terminal", "authority"],
)
def test_each_half_runs_without_the_others_libraries(rooms: tuple[str, ...], own: str, foreign: str) -> None:
    """A shop's machine has no web server, the authority's no Qt: an import would end either at its first start."""
    strange = _requirements(foreign).keys() - _requirements(own).keys()  # Babel is in both
    blocked = [name for requirement in strange for name in IMPORT_NAMES[requirement]]
    command = [sys.executable, "-c", BLOCKED_IMPORT, ",".join(blocked), ",".join(rooms)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) > 5


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_command_imports_its_own_half_only(command: Command) -> None:
    """The one command serves both machines: asking one half must not need the other's libraries."""
    own, foreign = "terminal", "authority"
    if command.target.startswith("kiosk.authority"):
        own, foreign = foreign, own
    strange = _requirements(foreign).keys() - _requirements(own).keys()
    libraries = [name for requirement in strange for name in IMPORT_NAMES[requirement]]
    ran = subprocess.run(
        [sys.executable, "-c", MODULES_OF_HELP, command.name, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert not set(ran.stdout.splitlines()) & set(libraries)


def test_libraries_stand_behind_the_files_that_pyproject_names() -> None:
    """A library used everywhere can never be replaced, nor its errors turned into ours in one place."""
    places: dict[str, tuple[str, ...]] = {}
    for extra in (None, "terminal", "authority"):
        for requirement, reason in _requirements(extra).items():
            named = tuple(re.findall(r"kiosk/[a-z_/]+(?:\.py)?", reason))
            assert named, f"{requirement}: its comment names the file or the room that it stands behind"
            for name in IMPORT_NAMES[requirement]:
                places[name] = named
    strays = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sorted((ROOT / "kiosk").rglob("*.py"))
        for name, line in _imports(path)
        if (top := name.partition(".")[0]) in places and not str(path.relative_to(ROOT)).startswith(places[top])
    ]
    assert not strays, "\n".join(strays)


def test_only_the_qt_modules_of_screens_are_used() -> None:
    """QtSql or QtNetwork beside sqlite3 and requests would be a second, untested way to the journal and the network."""
    strays: list[str] = []
    for path in sorted((ROOT / "kiosk").rglob("*.py")):
        allowed = QT_MODULES | (
            {"QtTest"} if _room(path) == "demo" else set()
        )  # the tour presses keys on the real widgets
        for name, line in _imports(path):
            top, _, rest = name.partition(".")
            if top == "apsw" or (top == "PySide6" and rest and rest.partition(".")[0] not in allowed):
                strays.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    assert not strays, "\n".join(strays)
