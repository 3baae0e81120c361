"""``kiosk enrol``: asks for the one-time code, shows the authority's six words, writes ``terminal.toml`` where there is none.

Not responsible for what enrolment is (``enrolment``). The code is read from the terminal or from standard input, never from the
command line, where every process of the machine could read it.
"""

import argparse
import getpass
import platform
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from kiosk.clock import SystemClock, SystemIds
from kiosk.protocol.enrolment import CODE_CHARS
from kiosk.settings import FILE_NAME, AuthoritySettings, Settings, load_settings, save_settings
from kiosk.sync.asker import Endpoint
from kiosk.sync.enrolment import Machine, enrol
from kiosk.sync.keyfiles import open_keystore
from kiosk.sync.keystore import KeyStoreKind


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "--authority", metavar="URL", help="where the authority is reached, if terminal.toml does not say"
    )
    parser.add_argument(
        "--keystore",
        choices=[kind.value for kind in KeyStoreKind],
        default=KeyStoreKind.KEYRING.value,
        help="where the keys are kept (default: the system's keyring); nothing else is tried by itself",
    )
    parser.add_argument("--trust", type=Path, metavar="FILE", help="certificates to believe in place of the usual ones")
    parser.set_defaults(handler=run)


def run(arguments: argparse.Namespace) -> int:
    """Enrol the terminal in ``arguments.data``. 0: enrolled; trouble is raised."""
    folder: Path = arguments.data
    settings = _settings(folder, arguments.authority, trust=arguments.trust)
    clock = SystemClock()
    asked = sys.stdin.isatty()
    if asked:
        _say(f"Enrolment of the terminal in {folder}")
        code = getpass.getpass(f"Code from the operator ({CODE_CHARS} characters): ")
    else:
        code = sys.stdin.readline()

    def confirm(words: tuple[str, ...]) -> bool:
        _say("The authority's key, in six words:\n\n    " + " ".join(words) + "\n")
        if not asked:
            return True
        _say("Compare them with the words on the operator's screen.")
        return input("Are they the same? [y/N] ").strip().lower() in {"y", "yes", "o", "oui"}

    enrolled = enrol(
        folder=folder,
        code=code,
        endpoint=Endpoint(settings.authority.address, settings.authority.trust or None),
        authority=settings.authority.public_name,
        machine=Machine(software=version("kiosk"), hardware=f"{platform.system()} {platform.machine()}"),
        keystore=open_keystore(KeyStoreKind(arguments.keystore), folder),
        clock=clock,
        ids=SystemIds(clock),
        confirm=confirm,
    )
    if not (folder / FILE_NAME).exists():
        save_settings(folder, settings)
    _say(f"Enrolled as {enrolled.terminal_id}, keys in: {enrolled.keystore.value}.")
    if enrolled.keystore is KeyStoreKind.DEMONSTRATION:
        _say("These keys are for a demonstration and protect nothing.")
    return 0


def _settings(folder: Path, address: str | None, *, trust: Path | None) -> Settings:
    """What ``terminal.toml`` says, else what the command line says; ``--trust`` of the command line wins for this once."""
    if address is None or (folder / FILE_NAME).exists():
        settings = load_settings(folder)
    else:
        settings = Settings(authority=AuthoritySettings(address=address, public_name=urlsplit(address).netloc.lower()))
    if trust is None:
        return settings
    return replace(settings, authority=replace(settings.authority, trust=str(trust.absolute())))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
