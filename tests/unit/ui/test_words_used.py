"""The code and the catalogues agree: no unknown key is asked for, no word is kept that nobody says."""

import ast
import re
from pathlib import Path

from kiosk.i18n.translator import load
from kiosk.resources import asset

PACKAGE = Path(__file__).resolve().parents[3] / "kiosk"
# keys that are composed at run time, by their beginning
COMPOSED = (
    *("promise.", "task.", "tender.", "login.role_", "lang.", "set.", "rec.", "help.", "key.", "t.", "wb."),
    *(
        "web.state_",
        "web.bad_",
        "web.cancelled_",
        "web.held",
        "web.lapsed_",
        "web.paid",
        "web.suspended_",
        "web.trouble_",
    ),
    *("web.unknown_", "web.wait_"),
)
_KEY = re.compile(r"""['"]([a-z_]+\.[a-z0-9_]+)['"]""")


def literals() -> dict[str, Path]:
    """Every string of the code, and of the shoppers' pages, that has the form of a key."""
    found = {key: page for page in asset("pages").glob("*.html") for key in _KEY.findall(page.read_text("utf-8"))}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.setdefault(node.value, path)
    return found


def asked() -> dict[str, Path]:
    """Every literal key that is given to `words(…)` or `words.count(…)`."""
    found: dict[str, Path] = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            name = ast.unparse(node.func)
            if name.endswith(("words", "words.count")) and isinstance(node.args[0].value, str):
                found.setdefault(node.args[0].value, path)
    return found


def test_every_word_that_is_asked_for_exists() -> None:
    """A page would fail with a missing word instead of showing it."""
    known = load(asset("locale"), "fr").entries
    missing = {key: path.name for key, path in asked().items() if "." in key and key not in known}
    assert missing == {}


def test_every_word_is_said_somewhere() -> None:
    """The catalogues would fill up with words that translators polish and nobody reads."""
    said = literals()
    unsaid = [key for key in load(asset("locale"), "fr").entries if key not in said and not key.startswith(COMPOSED)]
    assert unsaid == []
