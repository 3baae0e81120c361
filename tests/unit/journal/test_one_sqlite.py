"""One SQLite library in the process: a second one drops the locks that the first one holds on the same file (JR-03)."""

import ast
from pathlib import Path

KIOSK = Path(__file__).resolve().parents[3] / "kiosk"
SECOND_LIBRARIES = ("apsw", "pysqlite3", "PySide6.QtSql", "sqlcipher3")


def test_nothing_brings_a_second_sqlite() -> None:
    """A second process could write into the journal while the till believes that it holds the lock."""
    found = []
    for path in sorted(KIOSK.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names] + [node.module or ""]
            found += [f"{path.name}: {name}" for name in names if name.startswith(SECOND_LIBRARIES)]
    assert found == []


def test_the_till_does_not_import_the_authoritys_store() -> None:
    """The embedded authority's database and the journal would share a process, and one day a file."""
    for path in sorted((KIOSK / "journal").rglob("*.py")):
        assert "kiosk.authority" not in path.read_text(encoding="utf-8")
