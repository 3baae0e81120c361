"""An authority that says what the test wrote down, over a real connection: for what a real one seldom or never says."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from kiosk_merchant import Client, Patience

SECRET: Final = bytes(range(32))
KEY_ID: Final = "mk-1"
PAYMENT_ID: Final = "0190b4a2-0000-8000-8000-000000000001"
STOP_S: Final = 5.0
SHORT: Final = Patience(attempts=4, timeout_s=2.0, deadline_s=10.0, pause_s=1.0, pause_max_s=4.0)


@dataclass(frozen=True)
class Say:
    """One answer. ``drop``: the request is read and the connection ended without a byte."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False
    raw: bytes | None = None


@dataclass(frozen=True)
class Heard:
    """One request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        value: dict[str, object] = json.loads(self.body)
        return value


@dataclass
class StillClock:
    """Time that passes only when somebody waits; numbers as random as a test wants them."""

    ms: int = 1_767_258_000_000
    waited: list[float] = field(default_factory=list)
    count: int = 0

    def now_ms(self) -> int:
        return self.ms

    def monotonic_s(self) -> float:
        return self.ms / 1000

    def wait_s(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.ms += round(seconds * 1000)

    def between(self, low: float, high: float) -> float:
        return high

    def token(self, count: int) -> bytes:
        self.count += 1
        return self.count.to_bytes(count, "big")


class ScriptedAuthority:
    """Listens on loopback; the answers are taken one after another, the last one again and again."""

    def __init__(self, *script: Say) -> None:
        self.script = list(script)
        self.heard: list[Heard] = []
        self._clients: list[Client] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._serve()

            def do_POST(self) -> None:
                self._serve()

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                fields = {name.lower(): value for name, value in self.headers.items()}
                outer.heard.append(Heard(self.command, self.path, fields, body))
                say = outer.script.pop(0) if len(outer.script) > 1 else outer.script[0]
                if say.drop:
                    self.close_connection = True
                    return
                data = json.dumps(say.body).encode() if say.raw is None else say.raw
                self.send_response(say.status)
                usual = "application/json" if say.status == 200 else "application/problem+json"
                for name, value in {"content-type": usual, "content-length": str(len(data)), **say.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False  # close waits for them
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, clock: StillClock | None = None, **how: object) -> Client:
        """A client with short patience and a clock of the test's."""
        more = {"patience": SHORT, "clock": clock or StillClock(), **how}
        client = Client(self.address, KEY_ID, SECRET, authority_name="authority.test", **more)  # type: ignore[arg-type] # passed on as given
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self._server.shutdown()
        self._thread.join(STOP_S)
        self._server.server_close()

    def __enter__(self) -> "ScriptedAuthority":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def euros(minor: int) -> dict[str, object]:
    return {"amount_minor": minor, "currency": "EUR"}


def payment_json(
    minor: int = 250, *, captured: int | None = None, refunded: int = 0, **more: object
) -> dict[str, object]:
    """A payment as the authority writes it; captured whole unless said otherwise."""
    taken = minor if captured is None else captured
    return {
        "payment_id": PAYMENT_ID,
        "status": "captured" if taken else "authorized",
        "amount": euros(minor),
        "captured": euros(taken),
        "refunded": euros(refunded),
        "created_ms": 1_767_258_000_000,
        "legs": [
            {"leg": 1, "card": "4711", "amount": euros(minor), "captured": euros(taken), "refunded": euros(refunded)}
        ],
        **more,
    }


def problem(name: str, status: int, **more: object) -> Say:
    """A problem of this name."""
    headers = {"retry-after": str(more["retry_after_s"])} if "retry_after_s" in more else {}
    return Say(status, {"type": f"urn:kiosk:problem:{name}", "title": name, "status": status, **more}, headers)
