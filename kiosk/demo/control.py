"""Commands between the processes of the demonstration: one JSON object a line over a Unix socket in the demonstration's own folder.

Used by the tour to move the workbench and the staged till. Not part of a shop's till, which listens on nothing.
"""

import contextlib
import json
import logging
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

CALL_TIMEOUT_S = 30.0
MAX_LINE_BYTES = 1_000_000

Handler = Callable[..., object]
_log = logging.getLogger(__name__)


class ControlError(RuntimeError):
    """The other process answered that it could not do it; the message is its own sentence."""


class ControlServer:
    """Serves ``handlers`` on ``path`` until ``close``. Handlers run on a connection's thread, with keyword arguments."""

    def __init__(self, path: Path, handlers: Mapping[str, Handler]) -> None:
        path.unlink(missing_ok=True)
        self._path = path
        self._handlers = handlers
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(str(path))
        path.chmod(0o600)
        self._socket.listen(4)
        self._thread = threading.Thread(target=self._accept, name="control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and remove the socket file. Connections under way end with their peer."""
        with contextlib.suppress(OSError):  # nobody ever connected
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(2.0)
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._serve, args=(connection,), name="control-peer", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        # a peer that was killed in mid-sentence ends its connection; what it asked for was done
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as lines:
            while line := lines.readline(MAX_LINE_BYTES):
                connection.sendall(json.dumps(self._answer(line)).encode() + b"\n")

    def _answer(self, line: bytes) -> dict[str, object]:
        try:
            request = json.loads(line)
            handler = self._handlers[request.pop("do")]
            return {"ok": True, "value": handler(**request)}
        except Exception as error:  # the border of this process: the caller gets the sentence, we stay up
            _log.debug("control command failed", exc_info=True)
            return {"ok": False, "why": f"{type(error).__name__}: {error}"}


class ControlClient:
    """Calls the other process, one command at a time. Raises ``OSError`` when nobody listens on ``path``."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(CALL_TIMEOUT_S)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._lines = self._socket.makefile("rb")

    def call(self, do: str, **arguments: object) -> object:
        """The handler's value. Raises ``ControlError`` with its sentence, ``OSError`` when the process is gone."""
        self._socket.sendall(json.dumps({"do": do, **arguments}).encode() + b"\n")
        line = self._lines.readline(MAX_LINE_BYTES)
        if not line:
            raise ConnectionResetError("the process went away")
        answer = json.loads(line)
        if not answer["ok"]:
            raise ControlError(answer["why"])
        value: object = answer["value"]
        return value

    def close(self) -> None:
        self._lines.close()
        self._socket.close()
