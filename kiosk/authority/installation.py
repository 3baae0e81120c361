"""One authority on one machine: its folder, made once by ``init`` and opened by everything else.

``authority.db`` is the database, ``keys/`` the secrets, ``lots/`` what the press room made. Not responsible for serving.
"""

import fcntl
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kiosk.authority.core import Authority
from kiosk.authority.keyfiles import create_keys, load_keys
from kiosk.authority.services.policy import DEMONSTRATION_VALUE_MINOR, demonstration_policy, set_policy
from kiosk.authority.store.ports import Transaction
from kiosk.authority.store.settings import get_setting, put_setting
from kiosk.authority.store.sqlite import SqliteStore
from kiosk.clock import Clock, IdSource
from kiosk.domain.series import Catalogue, parse_catalogue
from kiosk.errors import Trouble
from kiosk.resources import asset

DEFAULT_PUBLIC_NAME = "authority.localhost"
ALREADY_THERE = "AUT-09"
ALREADY_SERVED = "AUT-10"

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?|\[[0-9a-f:]+\](:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Places:
    """The files of one authority's folder."""

    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "authority.db"

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    @property
    def lots(self) -> Path:
        return self.folder / "lots"

    @property
    def lock(self) -> Path:
        return self.folder / "serve.lock"


def initialise(folder: Path, *, clock: Clock, ids: IdSource, public_name: str, demonstration: bool) -> Authority:
    """A new authority. Raises ``Trouble`` AUT-09 rather than touch one that exists, ``ValueError`` for an unfit name."""
    places = Places(folder)
    if not _HOST.fullmatch(public_name):
        raise ValueError("the public name is a host, or host:port, in lower case")
    if places.database.exists() or places.keys.exists():
        raise Trouble(ALREADY_THERE, retryable=False, detail=f"there is an authority in {folder} already")
    create_keys(places.keys)
    store = SqliteStore.create(places.database)

    def fill(tx: Transaction) -> None:
        put_setting(tx, "public_name", public_name)
        put_setting(tx, "demonstration", "yes" if demonstration else "no")
        if demonstration:
            for currency in DEMONSTRATION_VALUE_MINOR:
                set_policy(tx, demonstration_policy(currency), now_ms=clock.now_ms())

    store.write(fill)
    store.close()
    return open_authority(folder, clock=clock, ids=ids)


def open_authority(folder: Path, *, clock: Clock, ids: IdSource) -> Authority:
    """The authority in a folder. Raises ``Trouble`` AUT-06 where there is none, AUT-08 for unfit key files."""
    places = Places(folder)
    store = SqliteStore.open(places.database)
    try:
        return Authority(
            store,
            clock=clock,
            ids=ids,
            keys=load_keys(places.keys),
            catalogues=load_catalogues(),
            demonstration=store.read(lambda tx: get_setting(tx, "demonstration")) == "yes",
        )
    except BaseException:
        store.close()
        raise


def public_name_of(authority: Authority) -> str:
    """The name that terminals' signatures cover."""
    return authority.store.read(lambda tx: get_setting(tx, "public_name")) or DEFAULT_PUBLIC_NAME


def load_catalogues(
    read: Callable[[Path], str] = lambda path: path.read_text(encoding="utf-8"),
) -> tuple[Catalogue, ...]:
    """Every catalogue that ships, one a currency."""
    return tuple(parse_catalogue(read(path)) for path in sorted(asset("series").glob("*.toml")))


@contextmanager
def serving(folder: Path) -> Iterator[None]:
    """Only one process serves a folder: two would not know each other's nonces. Raises ``Trouble`` AUT-10."""
    descriptor = os.open(Places(folder).lock, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise Trouble(
            ALREADY_SERVED, retryable=True, detail=f"the authority in {folder} is being served already"
        ) from None
    try:
        yield
    finally:
        os.close(descriptor)
