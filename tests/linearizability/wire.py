"""The way to a served authority over HTTP: a merchant's signed requests, a till's, and the operator's command, its own process.

Whatever is no whole answer is a lost one. Not responsible for repeating it (``spenders``).
"""

import asyncio
import http.client
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from kiosk.authority.services.guard_limits import GuardLimits, save_guard_limits
from kiosk.authority.services.pay import asked
from kiosk.authority.services.pay.asked import Caller
from kiosk.clock import SystemClock, SystemIds
from kiosk.protocol import routes
from kiosk.protocol.codec import encode
from kiosk.protocol.keys import SharedSecret, VerifyKey
from kiosk.protocol.messages import BalanceRequest, CancelRequest, CommitRequest, VoidRequest
from kiosk.protocol.payments import PaymentAnswer
from kiosk.protocol.signing import MERCHANT_TAG, sign_request
from tests.helpers.authority import TILL
from tests.helpers.failpoints import ROOT
from tests.helpers.paying_site import KEY_ID, MERCHANT, PayingSite
from tests.helpers.served import PUBLIC_NAME, NoAnswer, Terminal
from tests.linearizability.history import Call, Result
from tests.linearizability.ways import FACE, Names, follow_request, paid

ANSWER_LIMIT_S = 30.0
PATIENCE_S = 0.1  # before a merchant asks again that heard nothing, or "not now"
LATER = frozenset({500, 503})  # not now, or a failure: the same key again
BOUNDLESS = 1_000_000_000
_PROGRAM = "from kiosk.cli import main; raise SystemExit(main())"


def unguarded(site: PayingSite) -> None:
    """Let everybody guess: the races make more wrong tries in a minute than a merchant's shoppers in a year."""
    limits = GuardLimits(merchant_results=BOUNDLESS, total_declines=BOUNDLESS)
    with site.inside() as authority:
        authority.store.write(lambda tx: save_guard_limits(tx, limits))


@dataclass
class Wire:
    """Many connections to wherever the authority listens now."""

    site: PayingSite
    names: Names
    port: Callable[[], int]
    pool: ThreadPoolExecutor
    heard: Callable[[], None] = lambda: None  # called at every whole answer
    unavailable: int = 0  # how often it said "not now"
    retry_after: set[str | None] = field(default_factory=set)
    _local: threading.local = field(default_factory=threading.local)
    _made: list[http.client.HTTPConnection] = field(default_factory=list)

    def __post_init__(self) -> None:
        ((number,),) = self.site.rows("SELECT merchant_no FROM merchant WHERE merchant_id = ?", MERCHANT)
        self._caller = Caller(merchant_no=int(str(number)), test=False, contracts=())

    async def ask(self, call: Call) -> Result | None:
        return await asyncio.get_running_loop().run_in_executor(self.pool, self._ask, call)

    def _ask(self, call: Call) -> Result | None:
        match call.verb:
            case "charge" | "authorize":
                return self._merchant("POST", "/v1/payments", self.names.request(call), call.key)
            case "capture" | "cancel":
                return self._merchant("POST", f"{self._address(call)}/{call.verb}", follow_request(call), call.key)
            case "refund":
                return self._merchant("POST", f"{self._address(call)}/refunds", follow_request(call), call.key)
            case "look":
                return self._merchant("GET", self._address(call), None, None)
            case "block" | "unblock":
                return self._operator(call)
            case _:
                return self._till(call)

    def _address(self, call: Call) -> str:
        return f"/v1/payments/{asked.id_text(asked.op_id_of(self._caller, call.payment))}"

    def _merchant(self, method: str, path: str, message: Any, key: str | None) -> Result | None:
        body = b"" if message is None else encode(message)
        signed = sign_request(
            signer=SharedSecret(self.site.secret), keyid=KEY_ID, authority=PUBLIC_NAME, method=method, path=path, query="",
            body=body, idempotency_key=key, version="1", created_s=SystemClock().now_ms() // 1000, nonce=os.urandom(16),
            tag=MERCHANT_TAG,
        )  # fmt: skip
        answered = self._exchange(method, path, body, dict(signed.headers))
        if answered is None:
            return None
        status, headers, data = answered
        if status in LATER:
            self.unavailable += 1
            self.retry_after.add(headers.get("retry-after") if status == 503 else f"status {status}")
            threading.Event().wait(PATIENCE_S)
            return None
        self.heard()
        return _heard(status, data)

    def _exchange(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any, bytes] | None:
        port = self.port()
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None or connection.port != port:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_LIMIT_S)
            self._made.append(connection)
        self._local.connection = None
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            threading.Event().wait(PATIENCE_S)
            return None
        self._local.connection = connection
        return answer.status, answer.headers, data

    def close(self) -> None:
        """Close every connection there was."""
        for connection in self._made:
            connection.close()

    def _operator(self, call: Call) -> Result | None:
        serial = self.names.serials[call.cards[0][0]]
        words = ["block", "--data", str(self.site.folder), serial, "question"]
        if call.verb == "unblock":
            words = ["unblock", "--data", str(self.site.folder), serial]
        ran = subprocess.run(
            [sys.executable, "-c", _PROGRAM, "authority", *words],
            env={**os.environ, **self.site.environ}, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        return ("done",)

    def _till(self, call: Call) -> Result | None:
        name = call.cards[0][0]
        serial, ids = self.names.serials[name], SystemIds(SystemClock())
        terminal = Terminal(TILL, self.site.till_key, VerifyKey.from_text(self.site.authority_key), self.port())
        try:
            match call.verb:
                case "balance":
                    found = terminal.ask(routes.balance(ids.uuid7()), BalanceRequest(serial))
                    amount = found.get("balance")  # a stopped card does not say, and one that was withdrawn has none
                    return None if amount is None else ("balance", amount["amount_minor"])
                case "withdraw":
                    line = self.names.lines[name]
                    return _said(terminal.ask(routes.line("cancel", line), CancelRequest(serial, True)), "cancelled")
                case "sell":
                    line = self.names.lines[name] = ids.uuid7()
                    request = CommitRequest("sale", serial, "scanned", FACE, "cash")
                    return _said(terminal.ask(routes.line("commit", line), request), "committed")
                case "void":
                    request_v = VoidRequest(self.names.lines[name], serial, True, "manager")
                    return _said(terminal.ask(routes.void(ids.uuid7()), request_v), "voided")
                case other:
                    raise AssertionError(f"nobody can ask for {other} over the wire")
        except NoAnswer:
            return None
        finally:
            terminal.close()


@contextmanager
def wire(site: PayingSite, serials: list[str], port: Callable[[], int], *, spenders: int) -> Iterator[Wire]:
    """A way with as many connections as spenders and their helpers need, closed at the end."""
    names = Names()
    for place, serial in enumerate(serials):
        ((line,),) = site.rows("SELECT sold_line FROM card WHERE card_id = ?", int(serial))
        name = f"C{place}"
        names.serials[name], names.codes[name], names.lines[name] = serial, site.codes[serial], str(line)
    pool = ThreadPoolExecutor(max_workers=spenders + spenders // 4 + 8)
    made = Wire(site, names, port, pool)
    try:
        yield made
    finally:
        pool.shutdown()
        made.close()


def _heard(status: int, data: bytes) -> Result:
    value = json.loads(data)
    match status:
        case 200:
            return paid(msgspec.convert(value, PaymentAnswer))
        case 402 | 409:
            return "declined", str(value["reason"])
        case 404:
            return ("not_found",)
        case 422:
            return ("conflict",)
        case _:
            raise AssertionError(f"unexpected: {status} {value.get('type')}")


def _said(answer: dict[str, Any], wanted: str) -> Result | None:
    if answer["status"] in LATER:
        return None
    return ("done",) if answer["outcome"] == wanted else ("refused",)
