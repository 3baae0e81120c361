"""The operator's commands, as typed: a card's way from the press room to a shop, and what is said when something cannot be."""

import json
from pathlib import Path

import pytest

from tests.helpers.operator import Operator
from tests.helpers.postgres import Cluster


@pytest.fixture(params=["sqlite", "postgres"])
def operator(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Operator:
    database = request.getfixturevalue("postgres").new_database() if request.param == "postgres" else None
    made = Operator(tmp_path / "authority", capsys, database)
    assert made.types("init", "--demonstration", "--public-name", "authority.example")[0] == 0
    return made


def test_a_cards_way_from_the_press_to_a_shop(operator: Operator) -> None:
    """An operator could not supply a shop."""
    operator.asks("shop", "add", "S1", "--name", "Tabac", "--siret", "12345678200010")
    lot = operator.asks("issue", "--series", "12", "--cards", "6", "--pack-cards", "3")
    assert (lot["cards"], len(lot["packs"])) == (6, 2)
    assert len(operator.asks("ship", "--lot", "1", "--shop", "S1")["packs"]) == 2
    manifest = json.loads((operator.folder / "lots" / "manifest-0001.json").read_text())
    for pack in manifest["packs"]:
        received = operator.asks("receive", pack["serials"][0], pack["serials"][-1], "--shop", "S1")
        assert (received["pack"], received["cards"]) == (pack["pack"], 3)
    assert operator.asks("status")["cards"] == {"in_stock": 6}
    code = operator.asks("enrol-code", "--shop", "S1", "--till", "Caisse 1")
    assert len(code["code"]) == 11 and len(code["words"]) == 6
    serial = manifest["packs"][0]["serials"][0]
    assert operator.asks("block", serial, "stolen") == {"serial": f"••••{serial[-4:]}", "block": "stolen"}
    assert operator.asks("unblock", serial)["block"] is None
    assert operator.asks("limits", "--cards", "100", "--keyed-cards", "5")["keyed_cards"] == 5


def test_the_policy_is_off_until_somebody_allows_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A real scheme would start with sales that nobody can check."""
    real = Operator(tmp_path / "real", capsys)
    real.types("init")
    assert real.asks("policy", "show")["enabled"] is False
    allowed = real.asks("policy", "allow", "--max-per-sale", "1", "--max-contact-hours", "2")
    assert (allowed["enabled"], allowed["max_cards_per_sale"], allowed["max_contact_age_ms"]) == (True, 1, 7_200_000)
    assert allowed["let_go_while_unknown"] is False
    assert real.asks("policy", "forbid")["enabled"] is False
    code, _, err = real.types("policy", "allow", "--valid-hours", "100")
    assert code == 1 and "1 to 72" in err


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["ship", "0001000168", "--shop", "S-NONE"], "add it with"),
        (["ship", "--shop", "S1"], "name the packs"),
        (["issue", "--series", "99", "--cards", "1"], "there are"),
        (["issue", "--series", "12", "--cards", "0"], "a lot has 1 to"),
        (["receive", "1", "2", "--shop", "S1"], "scan both ends again"),
        (["bind", "0000", "--nobody"], "no pack"),
        (["revoke", "T-NONE"], "lists them"),
        (["block", "1234", "stolen"], "look at it again"),
        (["enrol-code", "--shop", "S-NONE", "--till", "1"], "add it first"),
        (["line", "019b7900-0000-7000-8000-000000000001"], "no terminal ever"),
        (["limits", "--cards", "0"], "above 0"),
        (["init"], "already"),
    ],
)
def test_what_cannot_be_is_one_sentence_that_says_what_to_do(operator: Operator, words: list[str], hint: str) -> None:
    """The operator would face a traceback, or a silent failure."""
    code, out, err = operator.types(*words)
    assert (code, out) == (1, "")
    assert hint in err and err.count("\n") == 1


def test_without_an_authority_every_command_says_how_to_make_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong folder would look like an empty scheme."""
    nowhere = Operator(tmp_path / "nowhere", capsys)
    for words in (["status"], ["serve", "--port", "0"], ["policy", "show"]):
        code, _, err = nowhere.types(*words)
        assert code == 1 and "kiosk authority init" in err
    assert not (tmp_path / "nowhere").exists()


def test_the_environment_may_say_where_the_database_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, postgres: Cluster
) -> None:
    """A password would have to stand on the command line, where every user of the machine reads it."""
    silent = Operator(tmp_path / "authority", capsys)
    monkeypatch.setenv("KIOSK_DATABASE", postgres.new_database())
    assert silent.types("init")[0] == 0
    assert silent.asks("status")["cards"] == {}
    assert not (silent.folder / "authority.db").exists()
    assert all(b"postgresql" not in path.read_bytes() for path in silent.folder.rglob("*") if path.is_file())
    monkeypatch.delenv("KIOSK_DATABASE")
    code, _, err = silent.types("status")
    assert code == 1 and "AUT-06" in err


def test_keys_and_database_belong_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], postgres: Cluster
) -> None:
    """A mistyped address would sign with one authority's key what another one knows, and test codes that it never made."""
    one = Operator(tmp_path / "one", capsys, postgres.new_database())
    two = Operator(tmp_path / "two", capsys, postgres.new_database())
    assert (one.types("init")[0], two.types("init")[0]) == (0, 0)
    one.database = two.database
    code, _, err = one.types("status")
    assert code == 1 and "AUT-16" in err


def test_a_database_that_cannot_be_used_leaves_no_half_made_authority(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], postgres: Cluster
) -> None:
    """The next try, with the right address, would be refused because of what the first one left."""
    database = postgres.new_database()
    for wrong, hint in ((postgres.dsn("nowhere"), "AUT-15"), ("mysql://here/there", "postgresql://USER@HOST/NAME")):
        code, _, err = Operator(tmp_path / "authority", capsys, wrong).types("init")
        assert code == 1 and hint in err and err.count("\n") == 1
    assert Operator(tmp_path / "authority", capsys, database).types("init")[0] == 0
    code, _, err = Operator(tmp_path / "other", capsys, database).types("init")
    assert code == 1 and "AUT-09" in err
    assert not (tmp_path / "other").exists()


def test_a_real_authority_asks_for_the_printers_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Codes would be written for a key that lies beside them."""
    real = Operator(tmp_path / "real", capsys)
    real.types("init")
    code, _, err = real.types("issue", "--series", "12", "--cards", "1")
    assert code == 1 and "--recipient" in err


def test_the_document_is_shown_or_written(operator: Operator, tmp_path: Path) -> None:
    """Integrators would have to read the source."""
    code, out, _ = operator.types("openapi")
    assert code == 0
    assert operator.types("openapi", "--output", str(tmp_path / "api.json"))[0] == 0
    assert json.loads(out) == json.loads((tmp_path / "api.json").read_text())
