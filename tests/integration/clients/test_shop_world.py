"""The demonstration of spending as it is started: the shop is killed, the reader never comes back, a paid article opens."""

import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests

from kiosk.demo.shop_world import MERCHANT, ShopWorld

pytestmark = [pytest.mark.slow, pytest.mark.shared_world]
LIMIT_S = 20.0
NEVER_S = 3_600
START_LIMIT_S = 60.0


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorld]:
    """Its shop looks at the feed at its start only: what it learns later, it was told."""
    made = ShopWorld(tmp_path_factory.mktemp("shop") / "world", feed_every_s=NEVER_S)
    try:
        made.open()
        yield made
    finally:
        made.close()


class Reader:
    """Somebody with a browser, without the browser."""

    def __init__(self, world: ShopWorld) -> None:
        self.world = world
        self.session = requests.Session()
        self.session.trust_env = False

    def pay_page(self, slug: str) -> str:
        """Presses « Payer »; where that leads."""
        answer = self.session.post(f"{self.world.shop_address}/acheter/{slug}", allow_redirects=False, timeout=LIMIT_S)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def pays(self, address: str, box: int) -> requests.Response:
        """Fills in the authority's page."""
        page = self.session.get(address, timeout=LIMIT_S)
        form = re.search(r'name="form" value="([^"]+)"', page.text)
        assert form is not None, page.text
        card = self.world.cards[0]
        fields = {"form": form[1], "cards": "1", "serial1": card.serial, "code1": card.codes[box]}
        return self.session.post(address, data=fields, timeout=LIMIT_S)

    def reads(self, slug: str) -> str:
        return self.session.get(f"{self.world.shop_address}/article/{slug}", timeout=LIMIT_S).text


def _until(condition: Callable[[], bool]) -> None:
    patience = threading.Event()
    for _ in range(int(LIMIT_S / 0.05)):
        if condition():
            return
        patience.wait(0.05)
    raise AssertionError("never")


def _sold(world: ShopWorld) -> list[tuple[str, int, int]]:
    """What the authority holds: payment, captured, refunded."""
    with closing(sqlite3.connect(world.operator.folder / "authority.db")) as database:
        return database.execute(
            """SELECT hex(payment_id), sum(CASE kind WHEN 'charged' THEN amount_minor ELSE 0 END),
               sum(CASE kind WHEN 'refunded' THEN amount_minor ELSE 0 END) FROM spend GROUP BY payment_id ORDER BY min(seq)"""
        ).fetchall()


def test_who_never_comes_back_is_told_of_by_webhook(world: ShopWorld) -> None:
    """The reader paid and closed the page; the article he paid for stays shut."""
    reader = Reader(world)
    before = len(_sold(world))
    reader.pays(reader.pay_page("phares"), 0)
    _until(lambda: "satellite" in reader.reads("phares"))
    assert len(_sold(world)) == before + 1


def test_a_shop_killed_while_the_reader_pays_learns_of_it_at_its_start(world: ShopWorld) -> None:
    """A power cut at the shop at the worst moment: paid, and nobody there to be told."""
    reader = Reader(world)
    page = reader.pay_page("marche")
    world.shop.kill()
    reader.pays(page, 1)
    world.start_shop()
    _until(lambda: "tomates" in reader.reads("marche"))


def test_a_shop_killed_in_the_middle_of_a_refund_gives_back_once(world: ShopWorld) -> None:
    """Started again, it would give the money back twice, or forget that it owes it."""
    reader = Reader(world)
    reader.pays(reader.pay_page("dessin"), 2)
    _until(lambda: "cadran" in reader.reads("dessin"))
    world.shop.kill()
    database_path = world.folder / "shop" / "purchases.db"
    with closing(sqlite3.connect(database_path)) as database:  # the intention was written, and then the process ended
        (asked,) = database.execute("SELECT max(created_ms) FROM purchase").fetchone()
        database.execute("UPDATE purchase SET refund_asked_ms = ? WHERE article = 'dessin'", (asked,))
        database.commit()
    world.start_shop()
    _until(lambda: _sold(world)[-1][2] == 10)
    world.shop.kill()
    world.start_shop()
    assert _sold(world)[-1][1:] == (10, 10)
    assert "cadran" not in reader.reads("dessin")


def test_a_forged_webhook_opens_nothing(world: ShopWorld) -> None:
    """Anybody could write the event that opens an article."""
    reader = Reader(world)
    page = reader.pay_page("cahier")
    forged = {"event_id": "x", "type": "payment.captured", "at_ms": 1, "payment": {"reference": page}}
    answer = requests.post(f"{world.shop_address}/evenements", json=forged, timeout=LIMIT_S)
    assert answer.status_code == 401
    assert "potager" not in reader.reads("cahier")


def test_the_back_page_needs_its_password(world: ShopWorld) -> None:
    """Any reader could give himself his money back."""
    back = f"{world.shop_address}/gestion"
    for credentials in (None, ("x", "wrong"), ("x", "é")):
        assert requests.get(back, auth=credentials, timeout=LIMIT_S).status_code == 401
    assert requests.post(f"{back}/rembourser/x", timeout=LIMIT_S).status_code == 401
    assert requests.get(back, auth=("x", world.back_password), timeout=LIMIT_S).status_code == 200


def test_the_books_add_up_afterwards(world: ShopWorld) -> None:
    """Whatever was killed in between, a cent would be somewhere it does not belong."""
    assert world.operator.call("audit")
    listed = world.operator.call("merchant", "webhooks")["webhooks"]
    assert isinstance(listed, list)
    assert listed[0]["merchant"] == MERCHANT
    _until(lambda: _waiting(world) == 0)


def _waiting(world: ShopWorld) -> int:
    listed = world.operator.call("merchant", "webhooks")["webhooks"]
    assert isinstance(listed, list)
    return int(listed[0]["waiting"])


def test_the_command_says_where_to_go_and_ends_in_order(tmp_path: Path) -> None:
    """Who presses Ctrl-C would leave an authority and a shop running on his machine."""
    process = subprocess.Popen(
        [sys.executable, "-m", "kiosk", "demo", "--shop", "--output", str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    watchdog = threading.Timer(START_LIMIT_S, process.kill)
    watchdog.start()
    assert process.stdout is not None
    said = ""
    with process.stdout as output:
        for line in output:
            said += line
            if line.startswith("Ctrl-C"):
                break
        process.send_signal(signal.SIGINT)
        said += output.read()
    watchdog.cancel()
    watchdog.join()
    assert process.wait(LIMIT_S) == 0, said
    assert "25: " in said
    addresses = re.findall(r"http://127\.0\.0\.1:\d+", said)
    assert len(addresses) == 3
    for address in addresses:
        with pytest.raises(requests.ConnectionError):
            requests.get(address, timeout=LIMIT_S)
