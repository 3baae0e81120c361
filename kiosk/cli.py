"""The one command, ``kiosk``: finds the subcommand, imports its room and nothing else, turns trouble into a line and a code.

A room offers a ``configure(parser)`` function that adds its arguments and sets ``handler``, a function from the parsed arguments to
an exit code; a line in ``COMMANDS`` registers it. That keeps ``kiosk authority`` free of Qt and ``kiosk run`` free of a web server.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from kiosk.errors import Trouble
from kiosk.settings import data_dir

EXIT_TROUBLE: Final = 1
EXIT_USAGE: Final = 2
EXIT_INTERRUPTED: Final = 130


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand: its name, one line for people, and ``module:function`` of its ``configure``.

    With ``has_data`` it takes ``--data DIR`` and its handler finds an absolute ``Path`` in ``arguments.data`` (``--data``, else
    ``KIOSK_DATA``, else the platform's folder).
    """

    name: str
    summary: str
    target: str
    has_data: bool = True


# a command is listed when its room exists, never before
COMMANDS: Final[tuple[Command, ...]] = (
    Command("authority", "run the authority, make and ship cards", "kiosk.authority.admin:configure"),
    Command("run", "start this terminal: till, kiosk or device set-up", "kiosk.bootstrap.run:configure"),
    Command("clerk", "who may log in at this till", "kiosk.bootstrap.clerks:configure"),
    Command(
        "demo", "a till, its workbench and an authority, to play with", "kiosk.demo.command:configure", has_data=False
    ),
    Command("enrol", "give this terminal its identity", "kiosk.sync.enrol_command:configure"),
    Command("journal", "copy or read the till's journal", "kiosk.journal.command:configure"),
    Command("verify", "check a copy of a journal", "kiosk.verifier.command:configure", has_data=False),
    Command("gallery", "show every page, or write pictures of them", "kiosk.ui.gallery:configure", has_data=False),
    Command("doctor", "find and examine the devices' ports", "kiosk.devices.doctor:configure", has_data=False),
)


def main(argv: Sequence[str] | None = None, *, commands: Sequence[Command] = COMMANDS) -> int:
    """Run one command. 0: done; 1: trouble, told on standard error; 2: wrong usage; else the command's own code."""
    words = list(sys.argv[1:] if argv is None else argv)
    name = next((word for word in words if not word.startswith("-")), None)
    chosen = next((command for command in commands if command.name == name), None)
    try:
        arguments = _parser(commands, chosen).parse_args(_data_first(words, chosen))
        if chosen is None:
            _parser(commands, None).print_help()
            return EXIT_USAGE
        if chosen.has_data:
            arguments.data = data_dir(arguments.data, environ=os.environ, home=Path.home())
        handler: Callable[[argparse.Namespace], int] = arguments.handler
        return handler(arguments)
    except Trouble as trouble:
        print(f"kiosk: {trouble}", file=sys.stderr)
        return EXIT_TROUBLE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _data_first(words: Sequence[str], chosen: Command | None) -> list[str]:
    """The words with ``--data DIR`` right after the command, wherever it was typed: ``kiosk clerk add nadia --data DIR`` too."""
    if chosen is None or not chosen.has_data or "--data" not in words:
        return list(words)
    place = words.index("--data")
    rest = [*words[:place], *words[place + 2 :]]
    start = rest.index(chosen.name) + 1
    return [*rest[:start], *words[place : place + 2], *rest[start:]]


def _parser(commands: Sequence[Command], chosen: Command | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kiosk", description="Till, kiosk and authority for prepaid scratch cards.")
    parser.add_argument("--version", action=_ShowVersion, nargs=0, help="show the version and exit")
    known = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in commands:
        inner = known.add_parser(command.name, help=command.summary, description=command.summary)
        if command is chosen:  # only the room that was asked for is imported
            if command.has_data:
                inner.add_argument(
                    "--data",
                    type=Path,
                    metavar="DIR",
                    help="where its files are (default: KIOSK_DATA, else the system's place)",
                )
            module, _, function = command.target.partition(":")
            configure: Callable[[argparse.ArgumentParser], None] = getattr(importlib.import_module(module), function)
            configure(inner)
    return parser


class _ShowVersion(argparse.Action):
    """Looks the version up when asked for: the look-up costs a third of a bare start."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> NoReturn:
        from importlib.metadata import version

        print(f"kiosk {version('kiosk')}")
        parser.exit(0)
