"""The authority is killed between telling a merchant's site and remembering it: told twice under one id, and nothing is missed."""

import threading
from pathlib import Path

import pytest

from kiosk.authority.services.webhooks import set_url
from kiosk.authority.store.webhooks import WebhookRow, webhooks
from kiosk.failpoints import VARIABLE
from tests.helpers.paying_site import MERCHANT, PayingSite, make_paying_site
from tests.helpers.served import served
from tests.helpers.webhook_site import webhook_site

LIMIT_S = 30.0


def cursor(site: PayingSite) -> WebhookRow:
    """How far the site has been told."""
    with site.inside() as authority:
        (row,) = authority.store.read(webhooks)
    return row


@pytest.mark.slow
@pytest.mark.parametrize("point", ["authority.webhook.before_send", "authority.webhook.after_answer"])
def test_a_kill_beside_a_telling_loses_no_event(tmp_path: Path, point: str) -> None:
    """A merchant would never hear that a payment was made, or would take a repeat for a second one."""
    with webhook_site() as shop:
        site = make_paying_site(tmp_path / "authority")
        with site.inside() as authority:
            authority.store.write(lambda tx: set_url(tx, MERCHANT, shop.url, demonstration=True))
        with (
            served(site.folder, environ={VARIABLE: f"{point}:2"}) as running,
            site.client(f"http://127.0.0.1:{running.port}") as client,
        ):
            client.charge(100, cards=[site.card()], key="one")
            client.charge(200, cards=[site.card()], key="two")
            running.process.wait(LIMIT_S)
        assert running.process.returncode == -9
        told_before = list(shop.keys)
        assert len(told_before) == (2 if point.endswith("after_answer") else 1)
        with served(site.folder) as running:
            row = cursor(site)
            patience = threading.Event()
            for _ in range(int(LIMIT_S / 0.02)):
                if row.seq == 2:
                    break
                patience.wait(0.02)
                row = cursor(site)
            assert running.stop() == 0
        assert row.seq == 2 and row.tries == 0
    first, second = told_before[0], shop.keys[-1]
    assert shop.keys == [first, second, second] if point.endswith("after_answer") else [first, second]
