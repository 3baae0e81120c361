"""What a thief gets who takes the whole database, and its log: no code, no secret of a merchant, nothing that a shopper typed.

A lot of a thousand known codes, some spent, some guessed wrongly; then every byte of the database is searched for them: SQLite's
files with what it writes beside them, its dump, and PostgreSQL's own dump.
"""

import asyncio
import base64
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest

from kiosk.protocol.codec import encode
from tests.helpers.paying_site import PayingSite, make_paying_site
from tests.helpers.served import served
from tests.linearizability.history import Call
from tests.linearizability.wire import Wire, unguarded, wire

CARDS: Final = 40  # of 25 codes each
SPENT: Final = 5

pytestmark = pytest.mark.slow


@pytest.fixture(params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> PayingSite:
    database = request.getfixturevalue("postgres").new_database() if request.param == "postgres" else None
    made = make_paying_site(tmp_path / "authority", active=CARDS, database=database)
    unguarded(made)
    return made


def test_no_code_and_no_secret_is_in_a_dump_or_in_the_log(site: PayingSite) -> None:
    """Whoever steals a backup could spend every card, or sign as every merchant."""
    with served(site.folder, environ=site.environ) as running:
        with wire(site, site.serials, lambda: running.port, spenders=4) as way:
            asyncio.run(_shop(way))
            bodies = [encode(way.names.request(call)) for call in _calls()]
        files = _files(site)  # as they lie there while it serves
        assert running.stop() == 0
        assert running.process.stdout is not None and running.process.stderr is not None
        log = (running.process.stdout.read() + running.process.stderr.read()).encode()
    codes = {code for card in site.codes.values() for code in card}
    assert len(codes) == 1_000
    secrets = _secret_forms([site.secret, site.test_secret])
    for name, dump in {"files": files, "files at rest": _files(site), "dump": _dump(site)}.items():
        assert b"presse" in dump, f"{name} is not the database"
        assert not codes & _codes_in(dump), name
        assert not any(form in dump for form in [*secrets, *bodies]), name
    assert not (codes | set(site.serials)) & _codes_in(log), "the log"
    assert not any(form in log for form in [*secrets, *bodies]), "the log"


def test_the_search_finds_what_it_is_for(site: PayingSite) -> None:
    """A search that finds nothing looks exactly like a database that holds nothing."""
    code = site.codes[site.serials[0]][0]
    with site.inside() as authority:
        authority.store.write(
            lambda tx: tx.run(
                "INSERT INTO alert(alert_no, kind, detail, at_ms) VALUES (999, 'x', ?, 0)", f"tried {code}"
            )
        )
    assert code in _codes_in(_files(site)) and code in _codes_in(_dump(site))


@pytest.mark.parametrize(
    "form", ["123456789012", "1234 5678 9012", "1234-5678-9012", "313233343536373839303132", "", "0"]
)
def test_every_way_to_write_a_number_is_seen(form: str) -> None:
    """A code could stand there as a number, in groups or in hexadecimal, and not be noticed."""
    number = 123_456_789_012
    written = form.encode() if len(form) > 1 else number.to_bytes(6 if form else 8, "big")
    assert "123456789012" in _codes_in(b"\x00\x01 a" + written + b"9 z")


def _calls() -> list[Call]:
    """Right codes and wrong ones: each card pays once, some hear a no, some are paused."""
    calls = [Call(verb="charge", cards=((f"C{n}", 1),), key=f"right-{n}", amount=100, called=0) for n in range(SPENT)]
    calls += [Call(verb="charge", cards=((f"C{n}", 0),), key=f"wrong-{n}", amount=100, called=0) for n in range(SPENT)]
    calls += [Call(verb="charge", cards=(("C0", 0),), key=f"guess-{n}", amount=100, called=0) for n in range(6)]
    return [*calls, Call(verb="charge", cards=(("C9", 1), ("C8", 1)), key="both", amount=3_000, called=0)]


async def _shop(way: Wire) -> None:
    heard = [await way.ask(call) for call in _calls()]
    words = [one[0] if one else None for one in heard]
    assert words.count("paid") == SPENT + 1 and words.count("declined") == SPENT + 6


def _files(site: PayingSite) -> bytes:
    """Every byte of the folder beside its keys: the database with what SQLite writes next to it, what the press room made."""
    inside = [path for path in site.folder.rglob("*") if path.is_file() and "keys" not in path.parts]
    data = b"".join(path.read_bytes() for path in sorted(inside))
    return data + _dump(site) if site.database else data


def _dump(site: PayingSite) -> bytes:
    if site.database is None:
        connection = sqlite3.connect(site.folder / "authority.db")
        text = "\n".join(connection.iterdump())
        connection.close()
        return text.encode()
    program = shutil.which("pg_dump")
    if program is None:
        pytest.skip("pg_dump is not installed")
    return subprocess.run([program, "--inserts", site.database], capture_output=True, check=True).stdout


def _codes_in(data: bytes) -> set[str]:
    """Whatever is written in twelve or sixteen digits: as text, in groups, in hexadecimal, as a whole number's bytes."""
    joined = re.sub(rb"(?<=[0-9])[ -](?=[0-9])", b"", data)
    found = {run.decode() for text in (data, joined) for run in re.findall(rb"(?=([0-9]{12}))", text)}
    found |= {run.decode() for run in re.findall(rb"(?=([0-9]{16}))", joined)}
    found |= {bytes.fromhex(run.decode()).decode() for run in re.findall(rb"(?=((?:3[0-9]){12}))", data)}
    # SQLite keeps such a number in six bytes, PostgreSQL in eight: the last six say all
    numbers = (int.from_bytes(run, "big") for run in re.findall(rb"(?=(\x00[\x00-\xff]{5}))", data))
    return found | {f"{number:012d}" for number in numbers}


def _secret_forms(secrets: Iterable[bytes]) -> list[bytes]:
    """As bytes, in hexadecimal and in both alphabets of base64."""
    return [
        form
        for secret in secrets
        for form in (
            secret,
            secret.hex().encode(),
            base64.b64encode(secret)[:40],
            base64.urlsafe_b64encode(secret)[:40],
        )
    ]
