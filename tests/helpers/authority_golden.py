"""Databases of earlier versions, as files: the SQL that made each one, as it was then, and rows that it held.

One folder of ``tests/golden/authority`` a version, written once and for all: ``python -m tests.helpers.authority_golden`` writes
that of the newest version, before the next migration is added. The SQL is kept with its words put in, so that a new word of an
enum is noticed to be missing in old databases. The rows are the same for every database.
"""

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.authority.services.enrol import Enrolment
from kiosk.authority.services.policy import demonstration_policy, set_policy
from kiosk.authority.store.cards import block, card_id_of
from kiosk.authority.store.ports import Row, Store, Transaction
from kiosk.authority.store.schema import Dialect, scripts
from kiosk.authority.store.settings import put_setting
from kiosk.authority.store.sqlite import SqliteStore
from kiosk.domain.activation import Block
from tests.helpers.authority import KEYS, SHOP, TILL, TILL_2, World, make_world
from tests.helpers.entries import Journal
from tests.helpers.postgres import Cluster

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "authority"
NEWEST = scripts(Dialect.SQLITE)[-1][0]
Rows = dict[str, list[dict[str, Any]]]  # Any: what JSON holds


@dataclass(frozen=True)
class Golden:
    """One version. ``rows`` are in an order that foreign keys allow."""

    version: int
    sql: dict[Dialect, str]
    rows: Rows


def golden(version: int) -> Golden:
    """The stored files of a version; says how to make them when there are none."""
    folder = FOLDER / f"{version:04d}"
    assert folder.exists(), f"no golden database of version {version}: python -m tests.helpers.authority_golden"
    sql = {dialect: (folder / f"{dialect.value}.sql").read_text(encoding="utf-8") for dialect in Dialect}
    return Golden(version, sql, json.loads((folder / "rows.json").read_text(encoding="utf-8")))


def in_sqlite(version: int, path: Path) -> None:
    """A file as a program of that version left it."""
    made = golden(version)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA foreign_keys=ON")
    connection.executescript(f"BEGIN;\n{made.sql[Dialect.SQLITE]}\nPRAGMA user_version={version};\nCOMMIT;")
    for table, rows in made.rows.items():
        connection.execute(f"DELETE FROM {table}")  # what the schema itself puts in
        for row in rows:
            marks = ", ".join("?" for _ in row)
            connection.execute(
                f"INSERT INTO {table}({', '.join(row)}) VALUES ({marks})", [_value(v) for v in row.values()]
            )
    connection.close()


def in_postgres(version: int, cluster: Cluster) -> str:
    """The address of a database as a program of that version left it."""
    made = golden(version)
    dsn = cluster.new_database()
    steps = ["BEGIN", made.sql[Dialect.POSTGRES]]
    steps += [f"INSERT INTO schema_version(version) VALUES ({number})" for number in range(1, version + 1)]
    for table, rows in made.rows.items():
        steps.append(f"DELETE FROM {table}")
        for row in rows:
            values = ", ".join(_literal(_value(value)) for value in row.values())
            steps.append(f"INSERT INTO {table}({', '.join(row)}) VALUES ({values})")
    for table, column in (("exception", "exception_no"), ("alert", "alert_no")):
        steps.append(f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), max({column})) FROM {table}")
    cluster.sql(";\n".join([*steps, "COMMIT"]), database=dsn.partition("@/")[2].partition("?")[0])
    return dsn


def rows_of(store: Store, tables: dict[str, list[str]]) -> dict[str, list[Row]]:
    """These columns of these tables, sorted."""

    def work(tx: Transaction) -> dict[str, list[Row]]:
        return {
            table: sorted(tx.all(f"SELECT {', '.join(columns)} FROM {table}"), key=repr)
            for table, columns in tables.items()
        }

    return store.read(work)


def golden_rows(made: Golden) -> tuple[dict[str, list[str]], dict[str, list[Row]]]:
    """The columns that a golden database has, and its rows as a store gives them."""
    tables = {table: list(rows[0]) for table, rows in made.rows.items()}
    rows = {
        table: sorted((tuple(_value(value) for value in row.values()) for row in rows), key=repr)
        for table, rows in made.rows.items()
    }
    return tables, rows


def _value(stored: Any) -> Any:  # Any: what JSON and SQLite hold
    return bytes.fromhex(stored["bytes"]) if isinstance(stored, dict) else stored


def _literal(value: Any) -> str:
    match value:
        case None:
            return "NULL"
        case bytes():
            return rf"'\x{value.hex()}'"
        case int():
            return str(value)
        case _:
            return "'" + str(value).replace("'", "''") + "'"


def _play() -> World:
    """A little of everything that leaves a row."""
    world = make_world(SqliteStore.in_memory(), bind=(1,))
    world.store.write(lambda tx: set_policy(tx, demonstration_policy("EUR"), now_ms=world.clock.now_ms()))
    lines = [world.new_id() for _ in range(8)]
    world.reserve(lines[0], world.serials[0])
    world.reserve(lines[1], world.serials[1])
    world.commit(lines[1], world.serials[1])
    world.commit(lines[2], world.serials[2], keyed=True)
    world.cancel(lines[2], world.serials[2])
    world.commit(lines[3], world.serials[3], till=TILL_2)
    world.void(lines[3], world.serials[3], till=TILL_2)
    world.commit(lines[4], world.serials[1])  # refused: it is sold
    world.store.write(lambda tx: block(tx, card_id_of(world.serials[4]), Block.STOLEN))
    journal = Journal(world, till=TILL)
    journal.deliver(journal.promise(lines[5], world.serials[10]))
    journal.deliver(journal.promise(lines[6], world.serials[1]))  # sold already: somebody must look at it
    world.authority.changes(TILL)
    enrolment = Enrolment(clock=world.clock, ids=world.ids, keys=KEYS, demonstration=False)
    world.store.write(lambda tx: enrolment.issue(tx, shop_id=SHOP, till_name="Caisse 9"))
    world.store.write(lambda tx: put_setting(tx, "public_name", "authority.example"))
    world.sql("INSERT INTO alert(kind, terminal_id, at_ms) VALUES ('journal_forked', ?, ?)", TILL, world.clock.now_ms())
    return world


def _rows(store: Store) -> Rows:
    def work(tx: Transaction) -> Rows:
        names = [
            name
            for (name,) in tx.all("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid")
            if not name.startswith("sqlite_")
        ]
        found: Rows = {}
        for name in names:
            columns = [row[1] for row in tx.all(f"PRAGMA table_info({name})")]
            rows = [dict(zip(columns, map(_stored, row), strict=True)) for row in tx.all(f"SELECT * FROM {name}")]
            if rows:
                found[name] = rows
        return found

    return store.read(work)


def _stored(value: Any) -> Any:
    return {"bytes": value.hex()} if isinstance(value, bytes) else value


def main() -> None:
    folder = FOLDER / f"{NEWEST:04d}"
    folder.mkdir(parents=True)
    for dialect in Dialect:
        text = "\n".join(sql for _, sql in scripts(dialect))
        (folder / f"{dialect.value}.sql").write_text(text, encoding="utf-8")
    rows = json.dumps(_rows(_play().store), ensure_ascii=False, indent=1)
    (folder / "rows.json").write_text(rows + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
