"""The house rules as code. A rule that only stands in a document is broken within a month.

Names are checked against docs/glossary.md; each exception to a rule stands here with its reason, or on its own line in the source.
"""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
FILE_LINES_MAX = 400
FILE_BYTES_MAX = 1 << 20

# names that hold a banned word and mean something else: name → why it may stay
ALLOWED_NAMES = {
    "MULTI_PURPOSE_VOUCHER": "the tax law's word for what a card is (BUM)",
    "voucher_vat": "the same law's sentence on the receipt",
    "_ORDER": "the order of the curve's group",
    "order": "in which fields are signed",
    "_order": "in which the pieces of a result stand",
    "hardware": "what the machine says of itself at enrolment (PR-02)",
}
# tops of threads and processes: the only places where any exception at all may be caught
THREAD_TOPS = {
    "kiosk/devices/worker.py": "a fault of ours must not silence a device for good",
    "kiosk/devices/printing/printer.py": "the job is ended as unknown first, then the fault goes on to the worker's top",
    "kiosk/authority/store/sqlite.py": "one item's fault is handed to its caller; its neighbours in the batch go on",
    "kiosk/authority/store/postgres.py": "the same for reads on PostgreSQL",
    "kiosk/authority/store/postgres_writing.py": "the same for writes on PostgreSQL",
    "kiosk/authority/store/writer.py": "the top of a lane: whoever waits is told, and the lane lives on",
    "kiosk/devices/virtual/pty_host.py": "the top of a virtual device's thread; stop() raises it where somebody sees it",
    "kiosk/authority/access.py": "the top of a request: answers.of_error turns it into the one neutral problem",
    "kiosk/authority/merchant_access.py": "the same for merchants",
    "kiosk/authority/portal/routes.py": "the same for shoppers, whose answer is a page",
    "kiosk/sync/keystore.py": "the top of the keyring's thread: its backends raise whatever their systems raise",
    "kiosk/till/actor.py": "the top of the till's thread: a bug halts the till",
    "kiosk/sync/gateway.py": "the top of a lane: the till hears 'no answer', which is true, and the lane lives on",
    "kiosk/authority/worker.py": "the top of a job: a bug in one of them is written down once, and the others go on",
    "kiosk/authority/store/loop_lane.py": "the top of a lane: whoever waits for the batch is told what became of it",
    "kiosk/authority/store/beside.py": "no end: it is thrown into the function that asked for it",
    "kiosk/demo/control.py": "the border of the demonstration's control channel: the caller gets the sentence",
}
# modules near money that measure something else in floats: module → what
FLOATS_ALLOWED = {
    "kiosk/devices/bankcard/simulated.py": "deadlines in seconds",
}


@cache
def _files() -> tuple[Path, ...]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file()))


def _python(*folders: str) -> list[Path]:
    return [
        path
        for path in _files()
        if path.suffix == ".py" and _name(path).startswith(folders or ("kiosk/", "tests/", "clients/"))
    ]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""  # pictures, fonts, sounds


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(_text(path), filename=str(path))


def _lines_with(pattern: str, paths: list[Path], flags: int = 0) -> list[str]:
    found = re.compile(pattern, flags)
    return [
        f"{_name(path)}:{number}: {line.strip()[:240]}"
        for path in paths
        for number, line in enumerate(_text(path).splitlines(), 1)
        if found.search(line)
    ]


def _calls(path: Path, method: str) -> Iterator[ast.Call]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method:
            yield node


def test_no_file_has_grown_out_of_one_subject() -> None:
    """A file that nobody can read in one sitting hides the fault of the day."""
    long = {_name(path): count for path in _python() if (count := len(_text(path).splitlines())) > FILE_LINES_MAX}
    assert not long


def test_every_module_says_what_it_is_responsible_for() -> None:
    """A newcomer could not tell where a line belongs."""
    silent = [_name(path) for path in _python() if len(ast.get_docstring(_tree(path)) or "") < 20]
    assert not silent


def test_every_test_says_what_would_be_wrong() -> None:
    """A test without its sentence is deleted by the first person whom it disturbs."""
    silent = [
        f"{_name(path)}:{node.lineno} {node.name}"
        for path in _python("tests/")
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]
    assert not silent


def _own_names(path: Path) -> Iterator[tuple[str, int]]:
    """Names that others read: classes, functions, arguments, fields, constants of a module. Local variables are nobody's word."""
    scopes: list[ast.Module | ast.ClassDef] = [_tree(path)]
    scopes += (node for node in ast.walk(_tree(path)) if isinstance(node, ast.ClassDef))
    for scope in scopes:
        for statement in scope.body:
            targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
            yield from ((target.id, statement.lineno) for target in targets if isinstance(target, ast.Name))
    for node in ast.walk(_tree(path)):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                if not name.startswith("test_"):  # a test's name is a sentence
                    yield name, node.lineno
            case ast.arg(arg=name):
                yield name, node.lineno
            case ast.Attribute(attr=name, ctx=ast.Store(), value=ast.Name(id="self")):
                yield name, node.lineno
            case _:
                pass


def _words(name: str) -> set[str]:
    parts = re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+", name)
    singular = {part.lower() for part in parts}
    return (
        singular
        | {word[:-1] for word in singular if word.endswith("s")}
        | {word[:-2] for word in singular if word.endswith("es")}
    )


def _banned_words() -> set[str]:
    rows = re.findall(r"^\| [^|]+ \| [^|]+ \| ([^|]*)\|$", _text(ROOT / "docs" / "glossary.md"), re.MULTILINE)
    return {word for row in rows for word in re.findall(r"`([^`]+)`", row)}


def test_names_come_from_the_glossary() -> None:
    """Two words for one thing become two things, one of which is forgotten in the next change."""
    banned = _banned_words()
    assert {"voucher", "sku", "pos", "payout", "dead letter"} <= banned, "the glossary is no longer read"
    strays = [
        f"{_name(path)}:{line} {name}"
        for path in _python("kiosk/", "tests/", "clients/", "scripts/")
        for name, line in _own_names(path)
        if name not in ALLOWED_NAMES
        and (_words(name) & banned or any(" " in ban and ban.replace(" ", "_") in name for ban in banned))
    ]
    assert not strays
    used = {name for path in _python("kiosk/", "tests/", "clients/", "scripts/") for name, _ in _own_names(path)}
    assert set(ALLOWED_NAMES) <= used, "an exception that nothing needs any more"


def _near_money(path: Path) -> bool:
    return _name(path).startswith(("kiosk/domain/", "kiosk/authority/ledger")) or bool(
        re.search(r"^from kiosk\.domain\.(money|currency) import", _text(path), re.MULTILINE)
    )


def test_no_float_near_money() -> None:
    """A float loses a cent somewhere, and the closure does not add up."""
    strays: list[str] = []
    for path in _python("kiosk/"):
        if not _near_money(path) or _name(path) in FLOATS_ALLOWED:
            continue
        for node in ast.walk(_tree(path)):
            match node:
                case ast.Constant(value=float(), lineno=line) | ast.Name(id="float", lineno=line):
                    strays.append(f"{_name(path)}:{line}")
                case ast.BinOp(op=ast.Div(), lineno=line) if _name(path).startswith("kiosk/domain/"):
                    strays.append(f"{_name(path)}:{line}")
                case _:
                    pass
    assert not strays


def test_the_look_is_set_in_one_place() -> None:
    """A sheet set elsewhere survives a change of theme and stays white in the dark."""
    strays = [_name(path) for path in _python("kiosk/") if any(_calls(path, "setStyleSheet"))]
    assert set(strays) <= {"kiosk/ui/theme.py"}


def test_no_lambda_is_connected() -> None:
    """A lambda keeps its screen alive, and one connected to a worker's object runs in the worker's thread."""
    strays = [
        f"{_name(path)}:{call.lineno}"
        for path in _python("kiosk/ui/", "kiosk/demo/")
        for call in _calls(path, "connect")
        if any(isinstance(argument, ast.Lambda) for argument in call.args)
    ]
    assert not strays


def test_no_nested_event_loop() -> None:
    """A dialog with a loop of its own lets a second tap in while the first is being handled."""
    strays = [
        f"{_name(path)}:{call.lineno}"
        for path in _python("kiosk/ui/", "kiosk/bootstrap/", "kiosk/demo/")
        for method in ("processEvents", "exec", "exec_")
        for call in _calls(path, method)
        # the gallery lays out its pictures without letting a tap in; the one loop of a process is the application's
        if "ExcludeUserInputEvents" not in ast.unparse(call)
        if method == "processEvents"
        or not (isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "app")
    ]
    assert not strays


def test_signals_carry_objects() -> None:
    """Signal(int) wraps at 32 bits: an amount or a time in milliseconds would arrive as another number."""
    strays = [
        f"{_name(path)}:{node.lineno}"
        for path in _python("kiosk/")
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Signal"
        and any(isinstance(argument, ast.Name) and argument.id in {"int", "float"} for argument in node.args)
    ]
    assert not strays


def test_no_attribute_hides_a_method_of_qt() -> None:
    """self.size = 3 makes size() uncallable, and the layout fails far away."""
    from PySide6.QtWidgets import QWidget

    qt = {name for name in dir(QWidget) if not name.startswith("_")}
    strays = [
        f"{_name(path)}:{node.lineno} self.{node.attr}"
        for path in _python("kiosk/ui/")
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
        and node.attr in qt
    ]
    assert not strays


def test_any_exception_is_caught_only_at_the_top_of_a_thread() -> None:
    """A broken invariant that is swallowed lets the till go on with wrong state."""
    strays: list[str] = []
    seen: set[str] = set()
    for path in _python("kiosk/", "clients/"):
        for node in ast.walk(_tree(path)):
            if not isinstance(node, ast.ExceptHandler):
                continue
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            broad = node.type is None or any(
                isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"} for kind in kinds
            )
            goes_on = any(isinstance(inner, ast.Raise) and inner.exc is None for inner in node.body) or any(
                isinstance(inner, ast.Call)
                and isinstance(inner.func, ast.Attribute)
                and inner.func.attr == "set_exception"
                for inner in ast.walk(node)
            )
            if broad and not goes_on:
                seen.add(_name(path))
                if _name(path) not in THREAD_TOPS:
                    strays.append(f"{_name(path)}:{node.lineno}")
    assert not strays
    assert set(THREAD_TOPS) <= seen, "an exception to the rule that nothing needs any more"


def test_every_exemption_has_its_reason_on_the_line() -> None:
    """A check switched off without a reason is never switched on again."""
    exempt = r"#\s*(noqa|type: *ignore|pragma|fmt: *skip|shellcheck disable)"
    reasoned = (
        r"# noqa: [A-Z0-9]+(, ?[A-Z0-9]+)* +[-–#] *\w+|# type: ignore\[[a-z, -]+\] +# *\S+|# fmt: (skip|off|on)"
        r"|shellcheck disable=SC\d+ +# \w+"
    )
    me = Path(__file__)
    paths = [path for path in _files() if (path.suffix == ".py" or _name(path).startswith("scripts/")) and path != me]
    strays = [line for line in _lines_with(exempt, paths) if not re.search(reasoned, line)]
    assert not strays


def test_every_skip_has_its_reason() -> None:
    """A skipped test that says nothing is a test that does not exist."""
    strays = [
        f"{_name(path)}:{node.lineno}"
        for path in _python("tests/")
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"skip", "skipif", "xfail"}
        and not any(keyword.arg == "reason" for keyword in node.keywords)
        and not (node.func.attr == "skip" and node.args)
    ]
    assert not strays


def test_nothing_is_left_to_be_done_later() -> None:
    """A mark in the source is where work goes to be forgotten; an open matter is written where it is planned."""
    marks = r"\b(TO" + r"DO|FIX" + r"ME|HA" + r"CK)\b"
    paths = [
        path
        for path in _files()
        if path.suffix in {".py", ".md", ".toml", ".qss"} or _name(path).startswith("scripts/")
    ]
    assert not _lines_with(marks, paths)


def test_no_registry_and_no_machine_is_named() -> None:
    """A lock or script that names a host or a folder of one machine works on that machine only."""
    registries = r"py" + r"pi\.org|files\.python" + r"hosted|registry\.npm" + r"js|(deb|security)\.debian\.org"
    machines = r"(^|[^a-zA-Z0-9_.])/(wo" + r"rk|fa" + r"rm)/|/ro" + r"ot/|/tmp/bash_" + r"jobs"
    paths = [path for path in _files() if path.suffix != ".svg"]
    assert not _lines_with(f"{registries}|{machines}", paths)


def test_locks_are_hashes_only() -> None:
    """An address, a local path or an accelerator's libraries in a lock would be fetched by every shop."""
    for path in (ROOT / "requirements").glob("*.txt"):
        text = _text(path)
        assert not re.search(r"://|@ file|^-|nvidia|cuda|torch", text, re.MULTILINE), path.name
        entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
        assert len(entries) > 10
        assert all("==" in entry and "--hash=sha256:" in entry for entry in entries), path.name


def test_locks_hold_what_pyproject_asks_for() -> None:
    """A library that is named and not locked is absent on every fresh machine."""
    project = tomllib.loads(_text(ROOT / "pyproject.toml"))["project"]
    extras = project["optional-dependencies"]
    wanted = {
        "terminal": [*project["dependencies"], *extras["terminal"]],
        "authority": [*project["dependencies"], *extras["authority"]],
        "dev": [*project["dependencies"], *extras["terminal"], *extras["authority"], *extras["dev"]],
    }
    for name, texts in wanted.items():
        locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", _text(ROOT / "requirements" / f"{name}.txt"), re.MULTILINE))
        for requirement in map(Requirement, texts):
            version = locked.get(re.sub(r"[-_.]+", "-", requirement.name).lower())
            assert version is not None, f"{name}: {requirement.name} is not locked: make lock"
            assert requirement.specifier.contains(version), f"{name}: {requirement} but {version} is locked: make lock"


def test_no_large_file_is_committed() -> None:
    """A clone over a shop's line should take seconds."""
    assert not [_name(path) for path in _files() if path.stat().st_size > FILE_BYTES_MAX]


@pytest.mark.parametrize("name", ["orders", "OrderLine", "self_pos", "skus", "dead_letters"])
def test_the_check_of_names_sees_what_it_should(name: str) -> None:
    """A rule that no longer finds anything looks exactly like a rule that is kept."""
    banned = _banned_words()
    assert _words(name) & banned or any(" " in ban and ban.replace(" ", "_") in name for ban in banned)


@pytest.mark.parametrize("name", ["position", "positive", "border", "recorder", "billing"])
def test_the_check_of_names_reads_whole_words(name: str) -> None:
    """A rule that fires on parts of words is switched off by the first who is in a hurry."""
    assert not _words(name) & _banned_words()
