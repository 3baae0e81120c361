"""The real authority on a loopback port, in threads of the test: real store on disk, real writer, real HTTP server.

A second connection of the test's own looks into its database, so that what a till believes can be compared with what is true.
"""

from pathlib import Path

from kiosk.authority.app import make_app
from kiosk.authority.http_server import listen
from kiosk.authority.store.cards import card_id_of, find_card
from kiosk.authority.store.lines import find_line
from kiosk.authority.store.sqlite import SqliteStore
from kiosk.authority.store.writer import BatchRunner, BatchWriter
from kiosk.clock import SystemClock, SystemIds
from tests.helpers.authority import TILL, World, make_world
from tests.helpers.serving_thread import ServingThread

PUBLIC_NAME = "authority.test"
CARDS = 400
PACK_CARDS = 100


class LiveAuthority:
    """Serves from construction to ``close``. ``world`` is its inside; only the serving threads may use its store."""

    def __init__(self, folder: Path) -> None:
        clock = SystemClock()
        self._path = folder / "authority.db"
        self.world: World = make_world(
            SqliteStore.create(self._path),
            clock=clock,
            ids=SystemIds(clock),
            cards_count=CARDS,
            pack_cards=PACK_CARDS,
            bind=(0,),
        )
        self._serials = iter(self.world.serials)
        self._inside = SqliteStore.open(self._path)
        self._writer = BatchWriter(self.world.store)
        self._writer.start()
        app = make_app(self.world.authority, BatchRunner(self.world.store, self._writer), public_name=PUBLIC_NAME)
        listening = listen("127.0.0.1", 0)
        self.port: int = listening.getsockname()[1]
        self._serving = ServingThread(app, listening)

    def fresh_serial(self) -> str:
        """A card that nobody has used in this run."""
        return next(self._serials)

    def record(self, line_id: str) -> str:
        """The authority's record of a line, ``unseen`` if it has none."""
        row = self._inside.read(lambda tx: find_line(tx, TILL, line_id))
        return "unseen" if row is None else row.record.value

    def card(self, serial: str) -> str:
        row = self._inside.read(lambda tx: find_card(tx, card_id_of(serial)))
        assert row is not None
        return row.state.value

    def count(self, query: str, *values: str | int) -> int:
        """One number out of the database."""
        row = self._inside.read(lambda tx: tx.one(query, *values))
        assert row is not None
        return int(str(row[0]))

    def close(self) -> None:
        self._serving.close()
        self._writer.stop()
        self._inside.close()
        self.world.store.close()
