"""``kiosk clerk``: who may log in at this till. A PIN is typed or read from standard input, never given on the command line.

Only its Argon2id hash is kept, in ``clerks.toml`` of the data folder. Not responsible for checking PINs (``kiosk.till.pins``).
"""

import argparse
import getpass
import sys
from pathlib import Path
from typing import Final

from kiosk.bootstrap.terminal import CLERKS_NAME
from kiosk.errors import Trouble
from kiosk.files import replace_file
from kiosk.till.pins import ROLES, ClerkRecord, ClerksError, PinRefused, clerks_toml, hash_pin, parse_clerks
from kiosk.till.state import Clerk

_WHY: Final = {
    "length": "a PIN has four to eight digits",
    "digits": "a PIN is made of digits",
    "common": "this PIN is one that many people would choose: take another",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``kiosk clerk``."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    add = actions.add_parser("add", help="let somebody log in, or give a new PIN")
    add.add_argument("user", help="a short name of their own, such as nadia")
    add.add_argument("--name", required=True, help="as shown on the screen and printed on receipts")
    add.add_argument("--role", choices=ROLES, default=ROLES[0])
    add.set_defaults(handler=_add)
    remove = actions.add_parser("remove", help="let somebody log in no more")
    remove.add_argument("user")
    remove.set_defaults(handler=_remove)
    actions.add_parser("list", help="who may log in").set_defaults(handler=_list)


def _add(arguments: argparse.Namespace) -> int:
    records = [record for record in _read(arguments.data) if record.clerk.user_id != arguments.user]
    pin = getpass.getpass("PIN: ") if sys.stdin.isatty() else sys.stdin.readline().strip()
    try:
        records.append(ClerkRecord(Clerk(arguments.user, arguments.name, arguments.role), hash_pin(pin)))
        text = clerks_toml(records)
        parse_clerks(text)
    except PinRefused as refused:
        raise _wrong(_WHY[refused.reason]) from None
    except ClerksError as error:
        raise _wrong(str(error)) from None
    _write(arguments.data, text)
    _say(f"{arguments.name} may log in from the till's next start on.")
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    records = _read(arguments.data)
    kept = [record for record in records if record.clerk.user_id != arguments.user]
    if len(kept) == len(records):
        raise _wrong(f"nobody is called {arguments.user}: kiosk clerk list shows who is")
    _write(arguments.data, clerks_toml(kept))
    _say(f"{arguments.user} may log in no more, from the till's next start on.")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    for record in _read(arguments.data):
        _say(f"{record.clerk.user_id:<12} {record.clerk.name:<24} {record.clerk.role}")
    return 0


def _read(folder: Path) -> tuple[ClerkRecord, ...]:
    path = folder / CLERKS_NAME
    try:
        return parse_clerks(path.read_text("utf-8")) if path.exists() else ()
    except (OSError, ClerksError) as error:
        raise _wrong(f"{path}: {error}") from None


def _write(folder: Path, text: str) -> None:
    path = folder / CLERKS_NAME
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(path, text.encode("utf-8"))
    except OSError as error:
        raise _wrong(f"{path} cannot be written: {error.strerror}") from error


def _wrong(detail: str) -> Trouble:
    return Trouble("CLK-01", retryable=False, detail=detail)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
