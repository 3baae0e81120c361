"""One browser and one authority for all tests of this folder; each test has cards, checkouts and a profile of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.helpers.browser import Browser, Tab, browser
from tests.helpers.live_pages import LivePages, live_pages

SIZES = {"phone": (360, 800), "desktop": (1280, 800), "television": (1920, 1080)}
OUT = Path(__file__).resolve().parents[2] / "out" / "pages"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivePages]:
    with live_pages(tmp_path_factory.mktemp("pages")) as pages:
        yield pages


OpenTab = Callable[..., Tab]


@pytest.fixture
def open_tab(chromium: Browser) -> Iterator[OpenTab]:
    """``open_tab("phone")``: a fresh shopper with scripts switched off."""
    opened: list[Tab] = []

    def make(size: str, *, dark: bool = False) -> Tab:
        width, height = SIZES[size]
        tab = chromium.tab(width=width, height=height, dark=dark)
        opened.append(tab)
        return tab

    yield make
    for tab in opened:
        tab.close()


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[[Tab, str], None]:
    """``picture(tab, "paid-phone")`` leaves it in ``out/pages``."""
    return lambda tab, name: tab.picture(OUT / f"{name}.png")
