"""One real authority for the folder, and for each test a fault proxy in front of it and a till's real gateway behind that."""

import queue
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from kiosk.clock import SystemClock, SystemIds
from kiosk.demo.fault_proxy import FaultProxy
from kiosk.domain.currency import EUR
from kiosk.domain.money import Money
from kiosk.sync.asker import Endpoint
from kiosk.sync.exchange import Identity
from kiosk.sync.gateway import HttpAuthorityGateway
from kiosk.sync.sender import Pauses
from kiosk.till.messages import LineAnswered, Message
from kiosk.till.ports import LineCall
from tests.helpers.authority import KEYS, TILL
from tests.helpers.live_authority import PUBLIC_NAME, LiveAuthority

WAIT_S = 20.0


@dataclass
class Talk:
    """A till's half of the conversation, the proxy it goes through, and the authority."""

    live: LiveAuthority
    proxy: FaultProxy
    gateway: HttpAuthorityGateway
    mailbox: "queue.Queue[Message]"
    ids: SystemIds

    def call(self, verb: str, line_id: str, serial: str, *, timeout_ms: int = 4_000, n: int = 0) -> LineCall:
        return LineCall(
            verb, line_id, "sale", serial, "scanned", Money(2000, EUR), tender="cash", n=n, timeout_ms=timeout_ms
        )

    def next(self) -> Message:
        return self.mailbox.get(timeout=WAIT_S)

    def ask(self, verb: str, line_id: str, serial: str, *, timeout_ms: int = 4_000, n: int = 0) -> LineAnswered:
        self.gateway.send(self.call(verb, line_id, serial, timeout_ms=timeout_ms, n=n))
        message = self.next()
        assert isinstance(message, LineAnswered)
        assert (message.verb, message.line_id) == (verb, line_id)
        return message

    def outcome(self, verb: str, line_id: str, serial: str, *, n: int = 0) -> str:
        """What a signed answer says; fails without one."""
        answer = self.ask(verb, line_id, serial, n=n).answer
        assert answer is not None, "no answer"
        return answer.outcome


@pytest.fixture(scope="package")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveAuthority]:
    authority = LiveAuthority(tmp_path_factory.mktemp("authority"))
    yield authority
    authority.close()


@pytest.fixture
def talk(live: LiveAuthority) -> Iterator[Talk]:
    clock = SystemClock()
    ids = SystemIds(clock)
    mailbox: queue.Queue[Message] = queue.Queue()
    with FaultProxy(("127.0.0.1", live.port)) as proxy:
        gateway = HttpAuthorityGateway(
            endpoint=Endpoint(proxy.address),
            identity=Identity(TILL, live.world.request_keys[TILL], KEYS.signing.public, PUBLIC_NAME, "0.1.0"),
            post=mailbox.put,
            clock=clock,
            ids=ids,
            pauses=Pauses(first_ms=1, longest_ms=20, recovery_ms=1),
        )
        gateway.start()
        yield Talk(live, proxy, gateway, mailbox, ids)
        gateway.stop()
