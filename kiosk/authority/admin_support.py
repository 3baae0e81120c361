"""What all of the operator's commands share: opening the authority, answering, and turning refusals into one sentence."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from kiosk.authority import installation
from kiosk.authority.core import Authority
from kiosk.authority.services.refused import TurnedAway
from kiosk.clock import SystemClock, SystemIds

Handler = Callable[[argparse.Namespace], int]


def guarded(handler: Handler) -> Handler:
    """A handler whose refusals become a sentence and exit code 1."""

    def run(arguments: argparse.Namespace) -> int:
        try:
            return handler(arguments)
        except (TurnedAway, ValueError) as error:
            detail = error.detail if isinstance(error, TurnedAway) else str(error)
            print(f"kiosk authority: {detail}", file=sys.stderr)
            return 1

    return run


def database_of(arguments: argparse.Namespace) -> str | None:
    """The address of the database, if it is not the folder's own file: ``--database``, else ``KIOSK_DATABASE``."""
    given: str | None = arguments.database
    return given or os.environ.get("KIOSK_DATABASE") or None


@contextmanager
def opened(arguments: argparse.Namespace) -> Iterator[Authority]:
    """The authority of ``--data`` and ``--database``, closed afterwards."""
    clock = SystemClock()
    authority = installation.open_authority(
        arguments.data, clock=clock, ids=SystemIds(clock), database=database_of(arguments)
    )
    try:
        yield authority
    finally:
        authority.store.close()


def say(arguments: argparse.Namespace, value: Mapping[str, object], text: str) -> None:
    """``text`` for people, ``value`` for a program that asked with ``--json``."""
    print(json.dumps(value, ensure_ascii=False) if arguments.json else text, flush=True)


def show(arguments: argparse.Namespace, value: Mapping[str, object]) -> None:
    """A table of facts: JSON for both, laid out for people."""
    say(arguments, value, json.dumps(value, indent=2, ensure_ascii=False))
