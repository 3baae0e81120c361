"""Commands between the demonstration's processes: values come back, failures are sentences, a vanished peer is noticed."""

from pathlib import Path

import pytest

from kiosk.demo.control import ControlClient, ControlError, ControlServer


@pytest.fixture
def server(tmp_path: Path):  # type: ignore[no-untyped-def]  # a generator fixture
    path = tmp_path / "control.sock"
    server = ControlServer(path, {"add": lambda a, b: a + b, "fail": lambda: 1 / 0})
    yield path
    server.close()
    assert not path.exists()


def test_a_value_comes_back(server: Path) -> None:
    """The tour could not look at a screen without an answer."""
    client = ControlClient(server)
    assert client.call("add", a=2, b=3) == 5
    assert client.call("add", a="é", b="€") == "é€"
    client.close()


def test_a_failure_is_a_sentence_and_the_server_lives(server: Path) -> None:
    """A step that fails must fail with a reason, and not take the workbench with it."""
    client = ControlClient(server)
    for wrong in ({"do": "fail"}, {"do": "no such command"}, {"do": "add", "a": 1}):
        with pytest.raises(ControlError):
            client.call(**wrong)
    assert client.call("add", a=1, b=1) == 2
    client.close()


def test_a_gone_process_is_noticed(tmp_path: Path) -> None:
    """A killed till must not look like one that is slow."""
    path = tmp_path / "control.sock"
    server = ControlServer(path, {})
    server.close()
    with pytest.raises(OSError, match=r".+"):
        ControlClient(path)
