"""A till whose journal was taken away is replaced, as ``docs/operations.md`` says: it sells nothing more, and the shop goes on."""

import shutil
from pathlib import Path

import pytest

from kiosk.domain.sale import LinePhase
from kiosk.sync.identity import load_identity
from kiosk.till.commands import PayCash
from kiosk.till.state import Stage
from tests.helpers.shop import Shop, Till
from tests.integration.by_hand import kiosk

KEPT = ("terminal.toml", "clerks.toml")


def sell(shop: Shop, till: Till, number: int) -> None:
    """One card for cash."""
    till.log_in()
    shop.scan(shop.scheme.first("12", skip=number))
    till.wait(lambda state: bool(state.sale and state.sale.live[-1].phase is LinePhase.HELD), "the card is held")
    till.do(PayCash(2_000))
    till.wait(lambda state: state.stage is Stage.RESULT, "activated")


def test_the_shop_goes_on_with_a_new_terminal(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A journal that was taken away would end a shop's sales for good: the old terminal sells nothing, and no other its cards."""
    with Shop(tmp_path / "shop") as shop:
        after = tmp_path / "after"
        till = shop.open_till()
        sell(shop, till, 0)
        till.wait(lambda state: state.outbox == 0, "delivered")
        till.stop()
        for path in shop.till_folder.glob("journal-*.db*"):
            path.unlink()

        old = shop.open_till()
        old.log_in()
        old.wait(lambda state: state.tampered, "the journal is not what the anchor saw")
        shop.scan(shop.scheme.first("12", skip=1))
        refused = old.wait(lambda state: bool(state.notice and state.notice.trouble), "nothing is sold")
        assert refused.notice is not None and refused.notice.trouble == "JRN-06"
        old.stop()
        assert "sales are stopped" in caplog.text

        enrolled = load_identity(shop.till_folder)
        assert enrolled is not None
        kiosk("journal", "snapshot", str(tmp_path / "copy.db"), "--data", str(shop.till_folder))
        packs = shop.operator.call("revoke", enrolled.terminal_id)["packs"]
        assert isinstance(packs, list) and packs
        code = shop.operator.call("enrol-code", "--shop", enrolled.shop["shop_id"], "--till", "Caisse 1")["code"]
        after.mkdir()
        for name in KEPT:
            shutil.copy(shop.till_folder / name, after)
        kiosk("enrol", "--data", str(after), "--keystore", "demonstration", typed=f"{code}\n")
        replacement = load_identity(after)
        assert replacement is not None
        shop.operator.call("bind", *packs, "--terminal", replacement.terminal_id)
        new = Till(after)
        try:
            new.wait(
                lambda state: any(one.device == "scanner" and one.state.value == "ready" for one in state.devices),
                "scanner",
            )
            sell(shop, new, 1)
        finally:
            new.stop()
