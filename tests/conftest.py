"""What every test finds: an offscreen Qt, a clock and ids that it owns, and guards around it.

There is one QApplication for the whole run (pytest-qt's). The guards: no network but loopback, no thread that outlives its test, no
warning of ours in the log unless the test asks for ``caplog``. There is no sleeping: wait on a condition with a deadline.
"""

import logging
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# before anything imports Qt or python-escpos
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ.setdefault("QT_LOGGING_RULES", "qt.qpa.*=false")
os.environ.pop("KIOSK_DATA", None)
os.environ.pop("KIOSK_DATABASE", None)
os.environ.setdefault("ESCPOS_CAPABILITIES_PICKLE_DIR", tempfile.mkdtemp(prefix="kiosk-escpos-"))

from hypothesis import settings

from tests.fakes.clock import FakeClock, SeededIds
from tests.helpers.guards import LogGuard, NetworkGuard, no_thread_left
from tests.helpers.postgres import Cluster, running_cluster

# The test command gives the same verdict twice; HYPOTHESIS_PROFILE=explore looks for new counter-examples. No deadlines: a busy
# machine is not a fault of the product.
settings.register_profile("repeat", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeat"))

_network = NetworkGuard()
REPOSITORY = Path(__file__).resolve().parent.parent


def pytest_configure() -> None:
    """Install the network guard before any module is collected: imports have no business on the network either."""
    _network.install()
    # a shell that runs us in the background has us ignore Ctrl-C, and every process that a test starts would inherit that
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that use Qt's application are marked ``gui`` without anybody remembering to."""
    for item in items:
        if {"qapp", "qtbot", "qapp_cls"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.gui)


@pytest.fixture(autouse=True)
def _threads_end(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.get_closest_marker("shared_world"):
        yield  # what its fixture started lives on for the next test, and may start more
        return
    with no_thread_left():
        yield


@pytest.fixture
def network() -> NetworkGuard:
    """The guard itself, for the tests of it: they empty ``refused`` when they are done."""
    return _network


@pytest.fixture(autouse=True)
def _network_is_loopback() -> Iterator[None]:
    _network.refused.clear()
    yield
    assert not _network.refused, f"reached for the network: {_network.refused}"


@pytest.fixture(autouse=True)
def _log_is_silent(request: pytest.FixtureRequest) -> Iterator[None]:
    if "caplog" in request.fixturenames:
        yield
        return
    guard = LogGuard()
    logging.getLogger().addHandler(guard)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(guard)
    assert not guard.lines, "unexpected in the log (a test that expects it asks for caplog): " + "; ".join(guard.lines)


@pytest.fixture
def clock() -> FakeClock:
    """Stands still until told to move."""
    return FakeClock()


@pytest.fixture
def ids(clock: FakeClock) -> SeededIds:
    """The same ids in every run."""
    return SeededIds(clock)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """The run's own PostgreSQL server, started by the first test that asks for it."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout's top folder."""
    return REPOSITORY
