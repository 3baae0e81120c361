"""``kiosk verify FILE``: arguments, the report in plain words, the exit code.

Exit codes: 0 the journal is sound · 3 it is not, the first bad entry is printed · 4 it could not be checked (the live file, not a
journal, no readable key); 2 wrong usage. Not responsible for the checks.
"""

import argparse
import re
import sqlite3
import sys
from pathlib import Path
from typing import Final

from kiosk.verifier.check import Checker, Summary
from kiosk.verifier.file import JournalFile, read_anchor
from kiosk.verifier.findings import MAX_SHOWN, CannotCheck, Finding
from kiosk.verifier.signatures import PublicKey, read_key

EXIT_SOUND: Final = 0
EXIT_NOT_SOUND: Final = 3
EXIT_NOT_CHECKED: Final = 4
_HEAD: Final = re.compile(r"([0-9]{1,15}):([0-9a-f]{64})")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``kiosk verify``."""
    parser.description = "Check a copy of a till's journal: chains, signatures, numbers, dates, totals."
    parser.epilog = "Exit codes: 0 sound, 3 not sound, 4 could not be checked, 2 wrong usage."
    parser.add_argument("file", type=Path, metavar="FILE", help="a copy that “kiosk journal snapshot” wrote")
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="[EPOCH=]KEY",
        help="the terminal's public key as the authority has it: PEM, base64url, or a file with either; may be repeated",
    )
    parser.add_argument(
        "--anchor",
        metavar="SEQ:HASH|FILE",
        help="a head that somebody else noted: the authority's, or the till's .anchor file; shows a missing end",
    )
    parser.set_defaults(handler=run)


def run(arguments: argparse.Namespace) -> int:
    """Check and report; the exit code."""
    try:
        anchor = _anchor(arguments.anchor)
        with JournalFile(arguments.file) as file:
            given = dict(_key(text) for text in arguments.key)
            keys = given or _keys_of_file(file)
            checker = Checker(file, keys=keys, anchor=anchor)
            checker.run()
    except CannotCheck as why:
        print(f"kiosk verify: {why}", file=sys.stderr)
        return EXIT_NOT_CHECKED
    except sqlite3.DatabaseError as error:
        print(f"kiosk verify: the file is too damaged to be read: {error}", file=sys.stderr)
        return EXIT_NOT_SOUND
    found = checker.findings.found
    _report(arguments.file, checker.summary, found, keys=keys, given=bool(given), anchored=anchor is not None)
    return EXIT_NOT_SOUND if found else EXIT_SOUND


def _report(
    path: Path, summary: Summary, found: list[Finding], *, keys: dict[int, PublicKey], given: bool, anchored: bool
) -> None:
    if found:
        print(f"NOT SOUND: {path}")
        print("first: " + "\n".join(found[0].lines()))
        for finding in found[1:MAX_SHOWN]:
            print("\n".join(finding.lines()))
        if len(found) > MAX_SHOWN:
            print(f"… and {len(found) - MAX_SHOWN} more")
        return
    print(f"SOUND: {path}")
    print(
        f"  terminal {summary.terminal}, {summary.entries} entries, from {summary.first_at or '–'} to {summary.last_at or '–'}"
    )
    for name, (first, last) in summary.chains.items():
        print(f"  chain {name}: {first} to {last}, no number missing")
    for currency, minor in sorted(summary.sold_minor.items()):
        print(f"  sold: {minor // 100}.{minor % 100:02d} {currency}")
    print(f"  head {summary.head_seq}:{summary.head_hash}")
    for epoch, key in sorted(keys.items()):
        print(f"  signed with {key.fingerprint}" + (f" (epoch {epoch})" if epoch else ""))
    if summary.unknown_format:
        print(
            f"  note: {summary.unknown_format} entries are of a newer format: chains and signatures checked, their contents not"
        )
    if not given:
        print("  note: the key comes from the file itself; give --key with the authority's to know who signed")
    if not anchored:
        print("  note: compare the head with the authority's (or give --anchor): a missing end shows in no other way")


def _anchor(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    head = _HEAD.fullmatch(text)
    return (int(head[1]), head[2]) if head else read_anchor(Path(text))


def _key(text: str) -> tuple[int, PublicKey]:
    epoch = re.match(r"([0-9]{1,9})=", text)
    return (int(epoch[1]), read_key(text[epoch.end() :])) if epoch else (0, read_key(text))


def _keys_of_file(file: JournalFile) -> dict[int, PublicKey]:
    noted = {name.removeprefix("key."): text for name, text in file.meta().items() if name.startswith("key.")}
    return {int(epoch): read_key(text) for epoch, text in noted.items() if epoch.isdecimal()}
