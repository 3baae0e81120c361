"""A journal of every released format stays readable, and the bytes of today's are those that the document describes."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from kiosk.domain import events as ev
from kiosk.journal.chain import COLUMNS, Link, check_fully
from kiosk.journal.codec import CHAINS, MASTER, decode
from kiosk.journal.entries import row_of
from kiosk.protocol.keys import VerifyKey
from tests.helpers.journal import public_key_pair
from tests.helpers.journal_golden import FOLDER, GOLDEN_KEY, golden_events, write_golden

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "journal-format.md"
NEWEST = "format-1"
GOLDENS = sorted(path.stem for path in FOLDER.glob("*.db")) or [NEWEST]
UPDATE = os.environ.get("KIOSK_UPDATE_GOLDENS") == "1"


def rows_of(name: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect((FOLDER / f"{name}.db").as_uri() + "?mode=ro&immutable=1", uri=True)
    try:
        return connection.execute(f"SELECT {COLUMNS} FROM entry ORDER BY seq").fetchall()
    finally:
        connection.close()


def test_todays_bytes_are_those_of_the_newest_golden(tmp_path: Path) -> None:
    """A change to the code would silently change what is signed, and older verifiers would call it forged."""
    journal = write_golden(tmp_path)
    if UPDATE:
        FOLDER.mkdir(parents=True, exist_ok=True)
        journal.copy_to(FOLDER / f"{NEWEST}.db")
        (FOLDER / f"{NEWEST}.pub").write_text(public_key_pair(GOLDEN_KEY).public.text + "\n", encoding="ascii")
    journal.copy_to(tmp_path / "copy.db")
    journal.close()
    connection = sqlite3.connect(tmp_path / "copy.db")
    written = connection.execute(f"SELECT {COLUMNS} FROM entry ORDER BY seq").fetchall()
    connection.close()
    assert written == rows_of(NEWEST)


@pytest.mark.parametrize("name", GOLDENS)
def test_every_released_format_is_read(name: str) -> None:
    """After an update the till could not read what it sold last year (CAI-07, CAI-19)."""
    key = VerifyKey.from_text((FOLDER / f"{name}.pub").read_text(encoding="ascii").strip())
    rows = [row_of(row) for row in rows_of(name)]  # type: ignore[arg-type]  # SQLite's values
    heads = check_fully(
        rows,
        genesis={chain: Link(0, bytes(32)) for chain in CHAINS},
        master=Link(0, bytes(32)),
        verify=lambda epoch, signature, digest: key.verify(signature, digest),
    )
    assert heads["ticket"].no == 2
    assert MASTER not in heads
    events = [decode(row.content).event for row in rows]
    assert events == [event for _, step in golden_events() for event in step]


@pytest.mark.parametrize("name", GOLDENS)
def test_the_verifier_agrees(name: str) -> None:
    """Our own verifier would refuse our own older journals."""
    import argparse

    from kiosk.verifier.command import configure

    parser = argparse.ArgumentParser()
    configure(parser)
    arguments = parser.parse_args([str(FOLDER / f"{name}.db"), "--key", str(FOLDER / f"{name}.pub")])
    assert arguments.handler(arguments) == 0


def test_every_kind_stands_in_a_golden() -> None:
    """A kind could change its format without anybody noticing."""
    kinds = {str(row[1]) for name in GOLDENS for row in rows_of(name)}
    assert kinds == set(ev.KINDS)


# ---- the document


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_the_worked_example_is_true() -> None:
    """A stranger who writes a verifier from the document would stumble over its very example."""
    golden = {int(str(row[0])): row for row in rows_of(NEWEST)}
    examples = [json.loads(block) for block in blocks("json")]
    seen = []
    for example in examples:
        row = golden[example["seq"]]
        content, prev, digest, signature = row[4:]
        assert isinstance(content, bytes)
        assert isinstance(prev, bytes)
        assert isinstance(digest, bytes)
        assert isinstance(signature, bytes)
        assert example["content"] == content.decode()
        assert (example["prev"], example["hash"], example["signature"]) == (prev.hex(), digest.hex(), signature.hex())
        seen.append(example["seq"])
    assert len(seen) >= 2
    key = (FOLDER / f"{NEWEST}.pub").read_text(encoding="ascii").strip()
    assert key in DOCUMENT.read_text(encoding="utf-8")


def test_the_program_in_the_document_runs(tmp_path: Path) -> None:
    """The short verifier that the document shows would not work, or would find nothing."""
    (program,) = blocks("py")
    script = tmp_path / "check.py"
    script.write_text(program, encoding="utf-8")
    key = (FOLDER / f"{NEWEST}.pub").read_text(encoding="ascii").strip()

    def run(path: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", str(script), str(path), key], capture_output=True, text=True, check=False, timeout=30
        )

    done = run(FOLDER / f"{NEWEST}.db")
    assert done.returncode == 0, done.stderr
    assert "sound: 42 entries" in done.stdout
    forged = tmp_path / "forged.db"
    forged.write_bytes((FOLDER / f"{NEWEST}.db").read_bytes())
    connection = sqlite3.connect(forged)
    connection.execute("DROP TRIGGER entry_no_update")
    connection.execute("UPDATE entry SET signature = zeroblob(64) WHERE seq = 3")
    connection.commit()
    connection.close()
    done = run(forged)
    assert done.returncode != 0
    assert "entry 3" in done.stdout + done.stderr


def _type_name(hint: object) -> str:
    parts = [one for one in get_args(hint) if one is not type(None)]
    if get_args(hint) and get_args(hint)[-1] is Ellipsis:
        return f"list of {parts[0].__name__}"
    core = parts[0] if parts else hint
    assert isinstance(core, type)
    return {"str": "text", "int": "number", "bool": "truth"}.get(core.__name__, core.__name__)


def described(kind: type) -> str:
    """How the document writes the body of a kind: ``name: type``, optional ones with a question mark."""
    assert is_dataclass(kind)
    hints = get_type_hints(kind)
    parts = []
    for field in fields(kind):
        optional = type(None) in get_args(hints[field.name])
        parts.append(f"`{field.name}{'?' if optional else ''}` {_type_name(hints[field.name])}")
    return ", ".join(parts) or "nothing"


def test_every_kind_is_described_as_it_is() -> None:
    """The tax office could not read a field that nobody explained."""
    text = DOCUMENT.read_text(encoding="utf-8")
    inner = (ev.SoldLine, ev.PaidTender, ev.ShopIdentity)
    chains = {kind.__name__: chain for kind, chain in ev.FISCAL.items()}
    missing = []
    for kind in (*ev.KINDS.values(), *inner):
        row = f"| `{kind.__name__}` | {chains.get(kind.__name__, '–')} | {described(kind)} |"
        if row not in text:
            missing.append(row)
    assert missing == []
