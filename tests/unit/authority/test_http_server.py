"""The HTTP server around the authority: its port, its address, what it takes over from its library, and what it leans on."""

import asyncio
import signal
import socket

import httptools
import pytest
import uvicorn
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from kiosk.authority.app import Application
from kiosk.authority.front import LEANS_ON
from kiosk.authority.http_server import HttpServer, listen
from kiosk.errors import Trouble
from tests.helpers.merchant import MerchantClient
from tests.helpers.raw_http import Connection
from tests.helpers.serving_thread import ServingThread
from tests.helpers.spending import make_spending


def _app() -> Application:
    app = MerchantClient(make_spending()).app
    assert isinstance(app, Application)
    return app


def test_a_port_that_is_taken_is_refused_at_once() -> None:
    """The operator would read "ready" of a process that nobody reaches."""
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(Trouble, match="choose another") as refused:
            listen("127.0.0.1", port)
        assert (refused.value.code, refused.value.retryable) == ("AUT-11", True)
    listen("127.0.0.1", port).close()


@pytest.mark.parametrize("host", ["198.51.100.7", "no such host", "::1%nothing"])
def test_an_address_that_is_not_ours_is_refused(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip in the settings would end in a traceback."""

    def not_ours(_: socket.socket, __: object) -> None:
        raise OSError(99, "Cannot assign requested address")

    monkeypatch.setattr(socket.socket, "bind", not_ours)
    with pytest.raises(Trouble, match="choose another"):
        listen(host, 0)


def test_the_port_can_be_used_again_at_once() -> None:
    """After each restart the authority would be away for a minute, because a client's last connection still has the port."""
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = first.accept()
        accepted.close()  # the server's side ends first, and keeps the port busy for a while
    client.close()
    listen("127.0.0.1", port).close()


def test_it_serves_on_the_newer_protocol_too() -> None:
    """An operator whose proxy speaks IPv6 could not use it."""
    listening = listen("::1", 0)
    serving = ServingThread(_app(), listening)
    try:
        with Connection(listening.getsockname()[1], host="::1") as connection:
            assert connection.ask(b"GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n").status == 404
    finally:
        serving.close()


def test_the_peer_is_the_client_whatever_it_writes() -> None:
    """Whoever writes an address into a field would be counted as somebody else by the limits against guessing."""
    app = _app()
    server = HttpServer(app)
    server.config.load()
    assert server.config.loaded_app is app, "nothing stands between that rewrites the client"
    assert server.config.root_path == ""
    assert dict(server.config.encoded_headers) == {}, "it does not say which server it is"


def test_signals_are_left_alone() -> None:
    """The library would end the process its own way, before what was taken in is committed."""
    server = HttpServer(_app())
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    with server.capture_signals():
        assert {number: signal.getsignal(number) for number in before} == before


def test_the_library_has_what_we_lean_on() -> None:
    """A new version of it would fail at the first payment, and not here."""
    loop = asyncio.new_event_loop()
    try:
        server = HttpServer(_app())
        server.config.load()
        state = uvicorn.server.ServerState()
        protocol = HttpToolsProtocol(server.config, state, {}, loop)
        cycle = RequestResponseCycle(
            scope={"type": "http"},  # type: ignore[typeddict-item]  # nobody reads it
            transport=None,  # type: ignore[arg-type]  # nor writes
            flow=None,  # type: ignore[arg-type]  # nor waits
            logger=protocol.logger,
            access_logger=protocol.access_logger,
            access_log=False,
            default_headers=[],
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=True,
            on_response=print,
        )
        flow = FlowControl(asyncio.Transport())
        parts = {"connection": protocol, "cycle": cycle, "flow": flow, "server_state": state}
        assert parts.keys() == LEANS_ON.keys()
        protocol.on_message_begin()  # some of it is there from the first request on
        missing = [
            f"{part}.{name}" for part, names in LEANS_ON.items() for name in names if not hasattr(parts[part], name)
        ]
    finally:
        loop.close()
    assert not missing, (
        f"uvicorn {uvicorn.__version__} lacks what kiosk/authority/front.py leans on: {', '.join(missing)}. "
        "Stay with the version before, or look how this one does it, and change front.py and its list."
    )
    assert hasattr(httptools.HttpRequestParser(protocol), "should_upgrade")
