"""One authority on one machine: its folder, made once by ``init`` and opened by everything else.

``authority.db`` is the database, unless one of PostgreSQL's is named; ``keys/`` the secrets, ``lots/`` what the press room made.
The address of a PostgreSQL database is not kept in the folder: it may hold a password. Not responsible for serving.
"""

import fcntl
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kiosk.authority.core import Authority
from kiosk.authority.keyfiles import AuthorityKeys, create_keys, load_keys
from kiosk.authority.services.policy import DEMONSTRATION_VALUE_MINOR, demonstration_policy, set_policy
from kiosk.authority.store.ports import ALREADY_SERVED, ALREADY_THERE, Store, Transaction
from kiosk.authority.store.settings import get_setting, put_setting
from kiosk.authority.store.sqlite import SqliteStore
from kiosk.clock import Clock, IdSource
from kiosk.domain.series import Catalogue, parse_catalogue
from kiosk.errors import Trouble
from kiosk.resources import asset

DEFAULT_PUBLIC_NAME = "authority.localhost"

FOREIGN_KEYS = "AUT-16"

AUDIT_CACHE_KIB = 131_072
AUDIT_LIMIT_S = 900.0

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


def initialise(
    folder: Path, *, clock: Clock, ids: IdSource, public_name: str, demonstration: bool, database: str | None = None
) -> Authority:
    """A new authority. Raises ``Trouble`` AUT-09 rather than touch one that exists, ``ValueError`` for an unfit name.

    ``database`` is the address of an empty database of PostgreSQL; without it the folder gets a file.
    """
    places = Places(folder)
    if not _HOST.fullmatch(public_name):
        raise ValueError("the public name is a host, or host:port, in lower case")
    if places.database.exists() or places.keys.exists():
        raise Trouble(ALREADY_THERE, retryable=False, detail=f"there is an authority in {folder} already")
    # the database first: it is what may be refused
    store = _create_store(places, database)

    def fill(tx: Transaction) -> None:
        put_setting(tx, "public_name", public_name)
        put_setting(tx, "authority_key", keys.signing.public.fingerprint)
        put_setting(tx, "demonstration", "yes" if demonstration else "no")
        if demonstration:
            for currency in DEMONSTRATION_VALUE_MINOR:
                set_policy(tx, demonstration_policy(currency), now_ms=clock.now_ms())

    try:
        keys = create_keys(places.keys)
        store.write(fill)
    finally:
        store.close()
    return open_authority(folder, clock=clock, ids=ids, database=database)


def open_authority(folder: Path, *, clock: Clock, ids: IdSource, database: str | None = None) -> Authority:
    """The authority in a folder, with its database in it or in PostgreSQL. Raises ``Trouble`` AUT-06 where there is none, AUT-08
    for unfit key files, AUT-16 when keys and database are of two authorities."""
    places = Places(folder)
    store = _open_store(places, database)
    try:
        keys = load_keys(places.keys)
        _check_keys(store, keys)
        return Authority(
            store,
            clock=clock,
            ids=ids,
            keys=keys,
            catalogues=load_catalogues(),
            demonstration=store.read(lambda tx: get_setting(tx, "demonstration")) == "yes",
        )
    except BaseException:
        store.close()
        raise


def open_beside(folder: Path, database: str | None = None) -> Store:
    """The same database once more, for a reader of whole tables that takes minutes and holds up nobody: the audit."""
    if database is None:
        return SqliteStore.open(Places(folder).database, cache_kib=AUDIT_CACHE_KIB)
    from kiosk.authority.store.postgres import PostgresStore
    from kiosk.authority.store.postgres_settings import Limits

    return PostgresStore.open(
        _address(database), Limits(answer_s=AUDIT_LIMIT_S, statement_ms=int(AUDIT_LIMIT_S * 1000))
    )


def _create_store(places: Places, database: str | None) -> Store:
    if database is None:
        return SqliteStore.create(places.database)
    # the driver is imported where a database is named, and nowhere else
    from kiosk.authority.store.postgres import PostgresStore

    return PostgresStore.create(_address(database))


def _open_store(places: Places, database: str | None) -> Store:
    if database is None:
        return SqliteStore.open(places.database)
    from kiosk.authority.store.postgres import PostgresStore

    return PostgresStore.open(_address(database))


def _address(database: str) -> str:
    if not database.startswith(("postgresql://", "postgres://")):
        raise ValueError("the database is postgresql://USER@HOST/NAME")
    return database


def _check_keys(store: Store, keys: AuthorityKeys) -> None:
    """A wrong address beside the right folder would sign with one authority's key what another one knows."""
    known = store.read(lambda tx: get_setting(tx, "authority_key"))
    if known is not None and known != keys.signing.public.fingerprint:
        raise Trouble(FOREIGN_KEYS, retryable=False, detail="the keys in this folder are not those of this database")


def public_name_of(authority: Authority) -> str:
    """The name that terminals' signatures cover."""
    return authority.store.read(lambda tx: get_setting(tx, "public_name")) or DEFAULT_PUBLIC_NAME


def load_catalogues(
    read: Callable[[Path], str] = lambda path: path.read_text(encoding="utf-8"),
) -> tuple[Catalogue, ...]:
    """Every catalogue that ships, one a currency."""
    return tuple(parse_catalogue(read(path)) for path in sorted(asset("series").glob("*.toml")))


@contextmanager
def serving(folder: Path, store: Store) -> Iterator[None]:
    """Only one process serves a folder and a database: two would not know each other's nonces. Raises ``Trouble`` AUT-10."""
    descriptor = os.open(Places(folder).lock, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise Trouble(
            ALREADY_SERVED, retryable=True, detail=f"the authority in {folder} is being served already"
        ) from None
    try:
        store.claim()
        yield
    finally:
        os.close(descriptor)
