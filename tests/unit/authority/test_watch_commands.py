"""The operator's commands that watch: alerts as sentences, the audit, the ledger, the limits; and their table in the documents."""

import json
import re
import sqlite3
from pathlib import Path

import pytest

from kiosk.authority.services.alert_kinds import AlertKind
from kiosk.authority.services.alert_words import WORDS, sentence
from kiosk.authority.services.guard_limits import limit_names
from kiosk.authority.services.pay.presenting import UNSOLD_CARD_TRIED
from kiosk.authority.store.alerts import AlertRow, raise_alert
from kiosk.authority.store.merchants import add_merchant
from kiosk.authority.store.ports import Transaction
from kiosk.authority.store.sqlite import SqliteStore
from tests.helpers.operator import Operator


@pytest.fixture
def operator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Operator:
    made = Operator(tmp_path / "authority", capsys)
    assert made.types("init", "--demonstration", "--public-name", "authority.example")[0] == 0
    return made


def alert(kind: str, **about: object) -> AlertRow:
    nobody = dict.fromkeys(("terminal_id", "shop_id", "merchant_no", "card_id", "detail", "seen_ms"))
    return AlertRow(alert_no=1, kind=kind, at_ms=0, **{**nobody, **about})  # type: ignore[arg-type] # as given


def test_an_alert_is_listed_as_a_sentence_until_somebody_has_seen_it(operator: Operator) -> None:
    """The operator would read words of the database, or the same list every day."""
    store = SqliteStore.open(operator.folder / "authority.db")

    def fill(tx: Transaction) -> None:
        add_merchant(
            tx, merchant_id="presse", name="P", site="https://p.example", direct=True, webhook_url=None, now_ms=1
        )
        raise_alert(tx, kind="merchant_suspended", merchant_no=1, at_ms=1)
        raise_alert(tx, kind="unsold_card_tried", card_id=1234567890123456, at_ms=2)

    store.write(fill)
    store.close()
    code, out, _ = operator.types("alerts")
    assert code == 0 and "merchant presse" in out and "••••3456" in out and "To do: " in out
    assert "1234567890123456" not in out
    found = operator.asks("alerts")["alerts"]
    assert [one["kind"] for one in found] == ["unsold_card_tried", "merchant_suspended"]
    assert operator.asks("status")["alerts"] == {"merchant_suspended": 1, "unsold_card_tried": 1}
    assert operator.asks("alerts", "seen", str(found[0]["alert"])) == {"seen": [found[0]["alert"]]}
    assert len(operator.asks("alerts")["alerts"]) == 1
    assert operator.types("alerts", "seen", "77")[0] == 1
    assert operator.types("alerts", "seen")[0] == 1


def test_without_alerts_it_says_so(operator: Operator) -> None:
    """An empty answer looks like a command that failed."""
    assert operator.types("alerts")[1] == "Nothing waits for anybody.\n"
    assert operator.types("ledger")[1] == "Nothing was ever posted.\n"


def test_every_kind_of_alert_has_its_sentence_and_stands_in_the_documents(repository: Path) -> None:
    """Somebody would be called at night by a word that nobody explains."""
    text = (repository / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (.+?) \|", text, re.MULTILINE))
    assert {kind.value for kind in AlertKind} <= rows.keys()
    assert set(WORDS) == set(AlertKind)
    for kind in AlertKind:
        assert sentence(alert(kind.value), {}).endswith(".")
    assert {name for name in limit_names()} <= rows.keys(), "guess limits are explained"
    assert AlertKind.UNSOLD_CARD_TRIED.value == UNSOLD_CARD_TRIED


def test_no_alert_is_raised_under_a_word_of_its_own(repository: Path) -> None:
    """An alert that is in no list would be shown as unknown."""
    for path in (repository / "kiosk" / "authority").rglob("*.py"):
        assert not re.search(r"raise_alert\([^)]*kind=[\"']", path.read_text(encoding="utf-8")), path.name


def test_an_alert_of_a_newer_program_is_shown_all_the_same() -> None:
    """After going back to an older version the list would fail as a whole."""
    assert "mystery" in sentence(alert("mystery", shop_id="S1"), {})


def test_the_audit_answers_with_its_exit_code(operator: Operator) -> None:
    """A job that runs it every night could not tell whether it found something."""
    assert operator.types("audit")[:2] == (0, "The books add up.\n")
    assert operator.asks("audit") == {"findings": []}
    operator.asks("shop", "add", "S1", "--name", "Tabac", "--siret", "12345678200010")
    operator.asks("issue", "--series", "12", "--cards", "2", "--pack-cards", "2")
    with sqlite3.connect(operator.folder / "authority.db") as connection:
        connection.execute("UPDATE card SET movements = 3")
    connection.close()
    code, out, _ = operator.types("audit", "--json")
    found = json.loads(out)["findings"]
    assert code == 1 and {one["check"] for one in found} == {"movements"} and found[0]["difference"] == 3


def test_limits_are_set_and_shown(operator: Operator) -> None:
    """Under attack the operator would have no handle."""
    shown = operator.asks("limits", "--cards", "900", "--guard", "address_failures=5", "--guard", "balances=3")
    assert (shown["cards"], shown["shop_cards"]) == (900, 900), "what one terminal may, its shop may"
    assert (shown["guard"]["address_failures"], shown["guard"]["balances"]) == (5, 3)
    assert operator.asks("limits", "--shop-cards", "50")["shop_cards"] == 50
    assert "50" in operator.types("limits")[1]
    for wrong in ("nothing=1", "balances=-1", "balances", "balances=0"):
        assert operator.types("limits", "--guard", wrong)[0] == 1


def test_a_merchants_webhook_is_set_shown_replayed_and_ended(operator: Operator) -> None:
    """The operator could not help a merchant whose site lost events."""
    operator.asks("merchant", "add", "presse", "--name", "Presse", "--site", "https://presse.example")
    assert operator.types("merchant", "webhooks")[1] == "No merchant is told anything.\n"
    url = "https://presse.example/hooks"
    made = operator.asks("merchant", "webhook", "presse", "--url", url)
    assert (made["url"], made["cursor"], len(made["authority_key"])) == (url, 0, 87)
    assert operator.asks("merchant", "webhook", "presse", "--again-from", "0")["cursor"] == 0
    (shown,) = operator.asks("merchant", "webhooks")["webhooks"]
    assert (shown["merchant"], shown["waiting"], shown["tries"]) == ("presse", 0, 0)
    assert "told up to 0" in operator.types("merchant", "webhooks")[1]
    for wrong in (["--url", "http://presse.example/"], ["--again-from", "5"]):
        assert operator.types("merchant", "webhook", "presse", *wrong)[0] == 1
    assert operator.types("merchant", "webhook", "nobody", "--none")[0] == 1
    assert operator.asks("merchant", "webhook", "presse", "--none") == {"merchant": "presse", "url": None}
