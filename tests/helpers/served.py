"""A real authority in a process of its own on loopback, and a client that speaks to it over real connections."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from kiosk.authority import installation
from kiosk.authority.services import distribute
from kiosk.authority.services.enrol import Enrolment
from kiosk.authority.services.limits import RollingLimit, save_limit
from kiosk.authority.store.cards import serial_of
from kiosk.authority.store.ports import Transaction
from kiosk.clock import SystemClock, SystemIds
from kiosk.protocol import routes
from kiosk.protocol.codec import encode
from kiosk.protocol.enrolment import sign_enrolment
from kiosk.protocol.keys import SigningKey, VerifyKey
from kiosk.protocol.routes import ENROLMENT_KEYID, Route
from kiosk.protocol.signing import sign_request, verify_answer
from tests.helpers.authority import SHOP, issue_lot, shop

PUBLIC_NAME = "authority.test"
START_LIMIT_S = 20.0
ANSWER_LIMIT_S = 20.0
_PROGRAM = "from kiosk.cli import main; raise SystemExit(main())"


class NoAnswer(Exception):  # noqa: N818 - the world's failure, as a till would call it
    """The connection ended without a whole, signed answer."""


@dataclass
class Served:
    """The process and where it listens."""

    process: "subprocess.Popen[str]"
    port: int

    def kill(self) -> None:
        """As a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(START_LIMIT_S)

    def stop(self) -> int:
        """In order; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(START_LIMIT_S)


def start(folder: Path, *, environ: Mapping[str, str] | None = None) -> Served:
    """Serve the authority of ``folder`` on a free port; returns when it says that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, "authority", "serve", "--json", "--port", "0", "--data", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environ or {})},
    )
    assert process.stdout is not None and process.stderr is not None
    watchdog = threading.Timer(START_LIMIT_S, process.kill)
    watchdog.start()
    line = process.stdout.readline()
    watchdog.cancel()
    watchdog.join()
    if not line:
        _, said = process.communicate()
        raise AssertionError(f"the authority did not start: {said}")
    return Served(process, int(json.loads(line)["ready"].rsplit(":", 1)[1]))


@contextmanager
def served(folder: Path, *, environ: Mapping[str, str] | None = None) -> Iterator[Served]:
    """``start``, and an end whatever happens."""
    running = start(folder, environ=environ)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.kill()
        for stream in (running.process.stdout, running.process.stderr):
            if stream is not None:
                stream.close()


@dataclass
class Terminal:
    """One enrolled terminal over real HTTP; one connection, made anew after each failure."""

    terminal_id: str
    key: SigningKey
    authority_key: VerifyKey
    port: int
    connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def ask(self, route: Route, message: msgspec.Struct | bytes = b"") -> dict[str, Any]:
        """The signed answer's JSON, with its ``status``. Raises ``NoAnswer``."""
        body = message if isinstance(message, bytes) else encode(message)
        clock = SystemClock()
        signed = sign_request(
            signer=self.key,
            keyid=self.terminal_id,
            authority=PUBLIC_NAME,
            method=route.method,
            path=route.path,
            query=route.query,
            body=body,
            idempotency_key=route.key,
            version="0.1.0",
            created_s=clock.now_ms() // 1000,
            nonce=os.urandom(16),
        )
        address = route.path + (f"?{route.query}" if route.query else "")
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_LIMIT_S)
            self.connection.request(route.method, address, body or None, dict(signed.headers))
            answer = self.connection.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise NoAnswer(str(error)) from None
        headers = [(name.encode().lower(), value.encode()) for name, value in answer.getheaders()]
        good = verify_answer(
            verifier=self.authority_key,
            status=answer.status,
            headers=headers,
            body=data,
            request_signature=signed.signature,
        )
        if not good:
            raise NoAnswer(f"status {answer.status}, not signed by the authority")
        value: dict[str, Any] = {**json.loads(data), "status": answer.status}
        return value

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


@dataclass
class Site:
    """An authority's folder with one shop and its cards, and how to enrol terminals."""

    folder: Path
    serials: list[str]
    database: str | None = None

    @property
    def environ(self) -> dict[str, str]:
        """How a served process hears where the database is."""
        return {"KIOSK_DATABASE": self.database} if self.database else {}

    def enrol(self, port: int, *, seed: int = 1) -> Terminal:
        """A new terminal, enrolled over the wire with a fresh code."""
        clock = SystemClock()
        authority = installation.open_authority(self.folder, clock=clock, ids=SystemIds(clock), database=self.database)
        enrolment = Enrolment(clock=clock, ids=authority.ids, keys=authority.keys, demonstration=True)
        code = authority.store.write(lambda tx: enrolment.issue(tx, shop_id=SHOP, till_name=f"Caisse {seed}")).code
        authority_key = authority.keys.signing.public
        authority.store.close()
        request_key, journal_key = SigningKey.generate(), SigningKey.generate()
        request = sign_enrolment(
            code=code,
            request_key=request_key,
            journal_key=journal_key,
            nonce=os.urandom(16),
            software="0.1.0",
            machine="test",
            keystore="demonstration",
        )
        newcomer = Terminal(ENROLMENT_KEYID, request_key, authority_key, port)
        answer = newcomer.ask(routes.enrolment(request.nonce), request)
        newcomer.close()
        assert answer["outcome"] == "enrolled"
        return Terminal(answer["terminal_id"], request_key, authority_key, port)

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """Look into the database of a stopped or running authority."""
        clock = SystemClock()
        authority = installation.open_authority(self.folder, clock=clock, ids=SystemIds(clock), database=self.database)
        try:
            return authority.store.read(lambda tx: tx.all(sql))
        finally:
            authority.store.close()


def make_site(folder: Path, *, cards_count: int = 60, database: str | None = None) -> Site:
    """A demonstration authority with one shop and received packs of the 20 € card, in a file or in an empty PostgreSQL database."""
    clock = SystemClock()
    authority = installation.initialise(
        folder,
        clock=clock,
        ids=SystemIds(clock),
        public_name=PUBLIC_NAME,
        demonstration=True,
        database=database,
    )
    lot = issue_lot(authority, cards_count=cards_count, pack_cards=20)

    def fill(tx: Transaction) -> list[str]:
        save_limit(tx, RollingLimit(cards=10_000, keyed_cards=10_000, shop_cards=10_000))
        distribute.add_shop(tx, shop(SHOP), now_ms=clock.now_ms())
        for pack in lot.packs:
            distribute.ship(tx, pack.pack, shop_id=SHOP)
            ends = serial_of(pack.first_card), serial_of(pack.last_card)
            distribute.receive(tx, shop_id=SHOP, first=ends[0], last=ends[1], now_ms=clock.now_ms())
        return [serial_of(card_id) for (card_id,) in tx.all("SELECT card_id FROM card ORDER BY pack, position")]

    serials = authority.store.write(fill)
    authority.store.close()
    return Site(folder, serials, database)
