"""Which crash points the source declares, and where a commit or a send stands without one (JR-06b).

A commit is whatever makes a transaction durable, a send is whatever makes bytes leave the process. Each must share its function
with a ``failpoint("a.literal.name")``, or stand inside ``with ….transaction("a.name")``, which has two points built in. Found by
reading the source, so that a point cannot be forgotten by not being passed in a test.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# where value moves: the journal, the wire, the authority's books, the bytes to devices
ROOMS = ("kiosk/journal", "kiosk/sync", "kiosk/till", "kiosk/authority", "kiosk/devices")
NAME = re.compile(r"[a-z]+(\.[a-z_]+)+")

# a commit or send that needs no point of its own: place → why
EXEMPT = {
    "kiosk/sync/http.py:send": "the connection's inside: sync.http.before_send stands in the exchange around it",
    "kiosk/journal/lock.py:__init__": "the process id in the lock file is for a message; nothing relies on it after a crash",
    "kiosk/journal/disk.py:_allocate": "ballast: nothing relies on its content",
    "kiosk/authority/keyfiles.py:_write": "once, at init; a half-written key file is refused at the next start",
}
# rooms whose own way to the wire is a method of a port: they only hand over, the adapter behind it has the point
HANDING_OVER = {"kiosk/till"}


@dataclass
class Found:
    """What one reading of the source found."""

    points: dict[str, list[str]] = field(default_factory=dict)  # name → places
    unnamed: list[str] = field(default_factory=list)  # commits and sends without a point
    odd: list[str] = field(default_factory=list)  # names that are not literals, or not of the form


def declared() -> dict[str, list[str]]:
    """Every crash point of the product with the places that declare it."""
    return scan(_sources("kiosk")).points


def scan(files: list[Path]) -> Found:
    """Read these files."""
    found = Found()
    for path in files:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        place = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
            _function(place, function, found)
    return found


def rooms() -> list[Path]:
    """The files in which a commit or send must have a name."""
    return [path for room in ROOMS for path in _sources(room)]


def _sources(folder: str) -> list[Path]:
    return sorted(
        path for path in (ROOT / folder).rglob("*.py") if path.name != "failpoints.py" and "virtual" not in path.parts
    )


def _function(place: str, function: ast.FunctionDef | ast.AsyncFunctionDef, found: Found) -> None:
    own = list(_own_nodes(function))
    has_point = False
    for node in own:
        if not isinstance(node, ast.Call):
            continue
        where = f"{place}:{node.lineno}"
        called = _called(node)
        if called == "failpoint":
            has_point = True
            _declare(_literal(node), where, found, derived=function.name == "transaction")
        elif called == "transaction" and node.args:
            has_point = True
            name = _literal(node)
            for end in ("before_commit", "after_commit"):
                _declare(None if name is None else f"{name}.{end}", where, found)
    exempt = f"{place}:{function.name}" in EXEMPT
    handing_over = any(place.startswith(f"{room}/") for room in HANDING_OVER)
    if not has_point and not exempt and not handing_over:
        found.unnamed += [f"{place}:{node.lineno}" for node in own if isinstance(node, ast.Call) and _moves_value(node)]


def _declare(name: str | None, where: str, found: Found, *, derived: bool = False) -> None:
    if derived:  # inside ``transaction``: named by its callers
        return
    if name is None or not NAME.fullmatch(name):
        found.odd.append(where)
    else:
        found.points.setdefault(name, []).append(where)


def _moves_value(node: ast.Call) -> bool:
    called = _called(node)
    match called:
        case "commit" | "sendall" | "sendto" | "send" | "sendmsg":
            return isinstance(node.func, ast.Attribute)
        case "request":  # requests' session
            return isinstance(node.func, ast.Attribute) and "session" in ast.unparse(node.func.value)
        case "write":
            return ast.unparse(node.func) == "os.write" and "wake" not in ast.unparse(node)
        case "execute" | "executescript" | "_execute":
            return any("COMMIT" in ast.unparse(argument) for argument in node.args)
        case _:
            return False


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _literal(node: ast.Call) -> str | None:
    first = node.args[0] if node.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def _own_nodes(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions inside it."""
    waiting: list[ast.AST] = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting.extend(ast.iter_child_nodes(node))
