"""The guards around every test do stop what they are there to stop."""

import logging
import socket
import threading

import pytest

from tests.helpers import guards
from tests.helpers.guards import LogGuard, NetworkGuard, NetworkRefused, no_thread_left


def test_the_outside_is_refused(network: NetworkGuard) -> None:
    """A test that needs the internet fails in the shop's back room, and passes where nobody looks."""
    with socket.socket() as tcp:
        with pytest.raises(NetworkRefused):
            tcp.connect(("192.0.2.1", 9))
        with pytest.raises(NetworkRefused):
            tcp.bind(("", 0))
    with socket.socket(type=socket.SOCK_DGRAM) as udp, pytest.raises(NetworkRefused):
        udp.sendto(b"x", ("192.0.2.1", 9))
    with pytest.raises(NetworkRefused):
        socket.getaddrinfo("authority.example", 443)
    assert len(network.refused) == 4
    network.refused.clear()


def test_loopback_is_open() -> None:
    """Till and authority are tested over real sockets."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        accepted, _ = server.accept()
        with accepted:
            client.sendall(b"bonjour")
            assert accepted.recv(16) == b"bonjour"


def test_a_thread_left_behind_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker of one test that lives on prints into the receipt of the next."""
    monkeypatch.setattr(guards, "JOIN_LIMIT_S", 0.05)
    release = threading.Event()
    thread = threading.Thread(target=release.wait, name="forgotten printer")
    with pytest.raises(AssertionError, match="forgotten printer"), no_thread_left():
        thread.start()
    release.set()
    thread.join(5)
    with no_thread_left():
        threading.Thread(target=release.wait).start()


def test_our_warnings_are_collected_and_others_are_not(caplog: pytest.LogCaptureFixture) -> None:
    """A warning that nobody reads is how a printer is lost for a week."""
    guard = LogGuard()
    logging.getLogger().addHandler(guard)
    try:
        logging.getLogger("somebody").warning("noise")
        logging.getLogger("kiosk.devices").info("fine")
        logging.getLogger("kiosk.devices").warning("lost %s", "printer")
    finally:
        logging.getLogger().removeHandler(guard)
    assert guard.lines == ["WARNING kiosk.devices: lost printer"]
