"""A TCP proxy on loopback that misbehaves on demand: between till and authority in the demonstration and in the tests.

It understands just enough HTTP/1.1 to find where an answer ends (``Content-Length``); everything else is bytes. One mode at a time,
changed from any thread, over ``ControlSocket`` from any process. Not responsible for TLS: on loopback the signatures protect.
"""

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

MAX_CONNECTIONS: Final = 64
MAX_MESSAGE_BYTES: Final = 4 * 1024 * 1024
MAX_DELAY_MS: Final = 120_000
IDLE_S: Final = 120.0
CONNECT_S: Final = 3.0
STOP_S: Final = 5.0
_CHUNK: Final = 65_536
_GARBAGE: Final = b"\x15\x03\x01\x00\x02\x02\x28 this is not HTTP \xff\xfe\r\n\r\n"


class Fault(Enum):
    """What happens to an exchange. Except for ``PASS``, ``CUT`` and ``SLOW`` the authority gets the request and acts on it."""

    PASS = "pass"
    CUT = "cut"  # nothing is forwarded; connections are dropped, new ones refused; with a path: those requests are dropped
    LOSE_ANSWER = "lose_answer"  # the answer is read from the authority and thrown away, the connection closed
    SLOW = "slow"  # the request waits ``ms`` before it is forwarded
    SLOW_ANSWER = "slow_answer"  # the answer waits ``ms``
    DRIP = "drip"  # the answer comes byte by byte, ``ms`` apart
    GARBAGE = "garbage"  # bytes that are not HTTP in place of the answer
    BAD_SIGNATURE = "bad_signature"  # one byte of the answer's body is flipped
    HALF_CLOSE = "half_close"  # half of the answer, then the end
    DUPLICATE = "duplicate"  # the request goes to the authority twice; the second answer comes back
    REDIRECT = "redirect"  # a redirect in place of the answer, as a hotel's network does
    OVERSIZE = "oversize"  # an answer without an end


@dataclass(frozen=True, slots=True)
class Mode:
    """``times``: for how many exchanges the fault lasts, ``None`` until it is changed. ``ms`` is for the slow ones."""

    fault: Fault = Fault.PASS
    ms: int = 0
    times: int | None = None
    path: str = ""  # only for requests whose path holds this text

    def __post_init__(self) -> None:
        if not 0 <= self.ms <= MAX_DELAY_MS or (self.times is not None and self.times < 1):
            raise ValueError(f"0 to {MAX_DELAY_MS} ms, at least once")


@dataclass(frozen=True, slots=True)
class Counts:
    """``requests`` reached the authority, ``answers`` came back whole to the till, ``faults`` exchanges were spoiled."""

    requests: int = 0
    answers: int = 0
    faults: int = 0


class FaultProxy:
    """Listens on loopback once made; ``close`` it. ``address`` is what the till is told, ``upstream`` where the authority is.

    ``set`` and ``close`` are called by one thread at a time.
    """

    def __init__(self, upstream: tuple[str, int], *, port: int = 0) -> None:
        self.upstream = upstream
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._mode = Mode()
        self._changes = 0
        self._requests = self._answers = self._faults = 0
        self._closing = False
        self._open: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        self.host, self.port = "127.0.0.1", port
        self._listener: socket.socket | None = None
        self._listen()

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def mode(self) -> Mode:
        with self._lock:
            return self._mode

    @property
    def counts(self) -> Counts:
        with self._lock:
            return Counts(self._requests, self._answers, self._faults)

    def set(self, fault: Fault, *, ms: int = 0, times: int | None = None, path: str = "") -> None:
        """Behave like this from the next exchange on; ``CUT`` drops those under way too."""
        with self._lock:
            self._mode = Mode(fault, ms, times, path)
            self._changes += 1
            self._changed.notify_all()
            cut = fault is Fault.CUT and not path
            dropped = list(self._open) if cut else []
        if cut:
            self._deafen()
        else:
            self._listen()
        for one in dropped:
            _drop(one)

    def wait_for(self, condition: Callable[[Counts], bool], *, timeout_s: float) -> bool:
        """Wait until the counts meet ``condition``. Returns whether they did."""
        with self._lock:
            return self._changed.wait_for(
                lambda: condition(Counts(self._requests, self._answers, self._faults)), timeout_s
            )

    def close(self) -> None:
        """Stop listening, drop every connection, end every thread."""
        with self._lock:
            self._closing = True
            self._changed.notify_all()
            dropped, threads = list(self._open), list(self._threads)
        self._deafen()
        for one in dropped:
            _drop(one)
        for thread in threads:
            thread.join(STOP_S)

    def __enter__(self) -> "FaultProxy":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _listen(self) -> None:
        if self._listener is not None:
            return
        self._listener = socket.create_server((self.host, self.port), backlog=MAX_CONNECTIONS)
        self.port = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, args=(self._listener,), name="fault proxy", daemon=True)
        self._acceptor.start()

    def _deafen(self) -> None:
        """Nobody listens any more: new connections are refused by the system, as when the cable is out."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        _drop(listener)
        listener.close()
        self._acceptor.join(STOP_S)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                if self._closing or len(self._open) >= MAX_CONNECTIONS:
                    near.close()
                    continue
                self._open.add(near)
                thread = threading.Thread(target=self._serve, args=(near,), name="fault proxy line", daemon=True)
                self._threads.add(thread)
                thread.start()

    def _serve(self, near: socket.socket) -> None:
        far: socket.socket | None = None
        try:
            near.settimeout(IDLE_S)
            while (request := _read_message(near, answer=False)) is not None:
                if far is None:
                    far = socket.create_connection(self.upstream, CONNECT_S)
                    far.settimeout(IDLE_S)
                    with self._lock:
                        self._open.add(far)
                if not self._exchange(near, far, request):
                    return
        except (OSError, ValueError):
            return  # either side went away: so does the other
        finally:
            for one in (near, far):
                if one is not None:
                    with self._lock:
                        self._open.discard(one)
                    _drop(one)
                    one.close()
            with self._lock:
                self._threads.discard(threading.current_thread())

    def _exchange(self, near: socket.socket, far: socket.socket, request: bytes) -> bool:
        """One request and its answer. Returns whether the connection goes on."""
        mode, change = self._take(request)
        if mode.fault is Fault.CUT:
            return False
        if mode.fault is Fault.SLOW and not self._wait(mode.ms, change):
            return False
        rounds = 2 if mode.fault is Fault.DUPLICATE else 1
        answer: bytes | None = None
        for _ in range(rounds):
            far.sendall(request)
            with self._lock:
                self._requests += 1
                self._changed.notify_all()
            answer = _read_message(far, answer=True)
        if answer is None:
            return False
        if mode.fault is Fault.SLOW_ANSWER and not self._wait(mode.ms, change):
            return False
        return self._give(near, answer, mode, change)

    def _give(self, near: socket.socket, answer: bytes, mode: Mode, change: int) -> bool:
        match mode.fault:
            case Fault.LOSE_ANSWER:
                return False
            case Fault.GARBAGE:
                near.sendall(_GARBAGE)
                return False
            case Fault.HALF_CLOSE:
                near.sendall(answer[: len(answer) - max(1, _body_length(answer) // 2)])
                return False
            case Fault.REDIRECT:
                near.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n")
                return True
            case Fault.OVERSIZE:
                near.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
                for _ in range(MAX_MESSAGE_BYTES // _CHUNK):
                    near.sendall(b" " * _CHUNK)
                return False
            case Fault.BAD_SIGNATURE:
                near.sendall(_flipped(answer))
                return True
            case Fault.DRIP:
                for byte in answer:
                    near.sendall(bytes([byte]))
                    if not self._wait(mode.ms, change):
                        return False
            case _:
                near.sendall(answer)
        with self._lock:
            self._answers += 1
            self._changed.notify_all()
        return True

    def _take(self, request: bytes) -> tuple[Mode, int]:
        """The mode for this exchange, counted down, and which change of mode it belongs to."""
        target = request.split(b" ", 2)[1].decode("latin-1")
        with self._lock:
            mode = self._mode
            if mode.fault is Fault.PASS or mode.path not in target:
                return Mode(), self._changes
            self._faults += 1
            self._changed.notify_all()
            if mode.times is not None:
                self._mode = Mode(mode.fault, mode.ms, mode.times - 1, mode.path) if mode.times > 1 else Mode()
            return mode, self._changes

    def _wait(self, ms: int, change: int) -> bool:
        """Wait, but not beyond a change of mode: who heals the line wants it healed now. ``False``: the line was cut meanwhile."""
        with self._lock:
            self._changed.wait_for(lambda: self._closing or self._changes != change, ms / 1000)
            return not self._closing and (self._mode.fault is not Fault.CUT or bool(self._mode.path))


def _read_message(source: socket.socket, *, answer: bool) -> bytes | None:
    """One whole HTTP message with ``Content-Length``, or ``None`` when the other side ended first. Raises ``ValueError``."""
    data = b""
    while b"\r\n\r\n" not in data:
        if len(data) > _CHUNK:
            raise ValueError("a head without an end")
        more = source.recv(_CHUNK)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = _content_length(head)
    if length is None:
        if answer:
            raise ValueError("an answer without Content-Length")
        length = 0
    if length > MAX_MESSAGE_BYTES:
        raise ValueError("a message that is too large")
    while len(body) < length:
        more = source.recv(_CHUNK)
        if not more:
            return None
        body += more
    return head + b"\r\n\r\n" + body[:length]


def _content_length(head: bytes) -> int | None:
    for field in head.split(b"\r\n")[1:]:
        name, _, value = field.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return None


def _body_length(message: bytes) -> int:
    return len(message.partition(b"\r\n\r\n")[2])


def _flipped(answer: bytes) -> bytes:
    """One bit of the body, in its middle."""
    length = _body_length(answer)
    if not length:
        return answer
    at = len(answer) - length // 2 - 1
    return answer[:at] + bytes([answer[at] ^ 1]) + answer[at + 1 :]


def _drop(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
