"""The operator's commands about merchants, as typed: who they are, their keys, their contracts, and the cards of test mode."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.authority.installation import open_authority
from kiosk.authority.services.accept import read_share, share_text
from kiosk.authority.services.refused import TurnedAway
from kiosk.authority.store import merchants
from kiosk.clock import SystemClock, SystemIds
from kiosk.domain.card import ScratchCode, Serial, parse_code, parse_serial
from kiosk.domain.scenarios import Scenario, scenario_of
from kiosk.protocol.keys import base64url
from tests.helpers.operator import Operator


@pytest.fixture
def operator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Operator:
    made = Operator(tmp_path / "authority", capsys)
    made.types("init")
    made.asks("merchant", "add", "presse", "--name", "La Presse", "--site", "https://presse.example")
    return made


def _pem(curve: ec.EllipticCurve) -> bytes:
    key = ec.derive_private_key(7, curve).public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def test_a_merchant_from_the_first_day_to_a_bad_one(operator: Operator) -> None:
    """A merchant could not be taken in, sent to the hosted page, or stopped."""
    (row,) = operator.asks("merchant", "list")["merchants"]
    assert row == {
        "merchant": "presse",
        "name": "La Presse",
        "site": "https://presse.example",
        "direct": False,
        "suspended_ms": None,
    }
    assert operator.asks("merchant", "direct", "presse", "allow")["direct"] is True
    assert operator.asks("merchant", "direct", "presse", "forbid")["direct"] is False
    assert operator.asks("merchant", "suspend", "presse")["suspended_ms"] > 0
    assert operator.asks("merchant", "resume", "presse")["suspended_ms"] is None


def test_a_secret_is_shown_once_and_stands_nowhere(operator: Operator) -> None:
    """Whoever copies the database could pay as a merchant; or the merchant's secret would not be the authority's."""
    made = operator.asks("merchant", "key", "add", "presse", "--test")
    assert made["key_id"].startswith("mk_test_") and made["algorithm"] == "hmac-sha256" and made["test"] is True
    clock = SystemClock()
    authority = open_authority(operator.folder, clock=clock, ids=SystemIds(clock))
    assert base64url(authority.keys.merchant_secret(made["key_id"])) == made["secret"]
    authority.store.close()
    _, shown, _ = operator.types("merchant", "key", "list")
    assert made["key_id"] in shown and made["secret"] not in shown
    assert not any(
        made["secret"].encode() in path.read_bytes() for path in operator.folder.rglob("*") if path.is_file()
    )


def test_a_public_key_comes_as_text_or_as_a_file(operator: Operator, tmp_path: Path) -> None:
    """A merchant who keeps a secret key of its own could not be taken in; or a secret key would be taken for a public one."""
    path = tmp_path / "key.pem"
    path.write_bytes(_pem(ec.SECP256R1()))
    first = operator.asks("merchant", "key", "add", "presse", "--public-key", str(path))
    assert first["algorithm"] == "ecdsa-p256-sha256" and "secret" not in first
    (row,) = operator.asks("merchant", "key", "list", "presse")["keys"]
    operator.asks("merchant", "key", "add", "presse", "--public-key", row["public_key"])
    points = {one["public_key"] for one in operator.asks("merchant", "key", "list")["keys"]}
    assert points == {row["public_key"]}
    path.write_bytes(_pem(ec.SECP384R1()))
    code, _, err = operator.types("merchant", "key", "add", "presse", "--public-key", str(path))
    assert code == 1 and "P-256" in err


def test_a_revoked_key_is_listed_as_such(operator: Operator) -> None:
    """The operator could not see which keys still pay."""
    key_id = operator.asks("merchant", "key", "add", "presse")["key_id"]
    operator.asks("merchant", "key", "revoke", key_id)
    (row,) = operator.asks("merchant", "key", "list", "presse")["keys"]
    assert row["key_id"] == key_id and row["revoked_ms"] > 0


def test_a_contract_begins_now_or_later_and_leaves_the_others_alone(operator: Operator) -> None:
    """A merchant's share would change behind what it has already captured, or another's with it."""
    made = operator.asks("merchant", "contract", "presse", "--merchant-share", "85,5", "--distribution-share", "10")
    assert (made["merchant"], made["distribution"], made["scheme"]) == ("85.5 %", "10 %", "4.5 %")
    later = operator.asks("merchant", "contract", "presse", "--merchant-share", "70", "--from", "2099-01-01")
    assert later["from"].startswith("2099-01-01T00:00:00")
    shown = operator.asks("merchant", "contract", "presse")["contracts"]
    assert [(one["whose"], one["in_force"]) for one in shown] == [
        ("everybody", False),
        ("presse", True),
        ("presse", False),
    ]
    assert [one["in_force"] for one in operator.asks("merchant", "contract")["contracts"]] == [True]
    clock = SystemClock()
    authority = open_authority(operator.folder, clock=clock, ids=SystemIds(clock))
    assert len(authority.store.read(merchants.contracts)) == 3
    authority.store.close()


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["add", "Presse!", "--name", "x", "--site", "https://a.example"], "lower-case"),
        (["add", "presse", "--name", "x", "--site", "https://a.example"], "already"),
        (["add", "cinema", "--name", "", "--site", "https://a.example"], "name has"),
        (["add", "cinema", "--name", "x", "--site", "a.example"], "https://"),
        (["suspend", "nobody"], "lists them"),
        (["direct", "nobody", "allow"], "lists them"),
        (["key", "add", "nobody"], "lists them"),
        (["key", "add", "presse", "--public-key", "AAAA"], "cannot be read"),
        (["key", "list", "nobody"], "lists them"),
        (["key", "revoke", "mk_none"], "lists them"),
        (["contract", "presse", "--merchant-share", "89"], "together"),
        (["contract", "presse", "--merchant-share", "8O"], "percentage"),
        (["contract", "presse", "--merchant-share", "80", "--from", "2001-06-01"], "now or later"),
        (["contract", "presse", "--merchant-share", "80", "--from", "1/6/2099"], "2026-02-01"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(words: list[str], hint: str, operator: Operator) -> None:
    """The operator would be left with a traceback."""
    code, out, err = operator.types("merchant", *words)
    assert (code, out) == (1, "")
    assert hint in err and err.count("\n") == 1


def test_every_scenario_has_its_test_card(operator: Operator) -> None:
    """A merchant would type a test card that the authority does not know as one."""
    shown = operator.asks("test-cards")
    serials = [parse_serial(card["serial"]) for card in shown["cards"]]
    assert [scenario_of(serial) for serial in serials if isinstance(serial, Serial)] == list(Scenario)
    assert isinstance(parse_code(shown["code"]), ScratchCode)
    assert operator.types("test-cards")[1].count("\n") == 1 + len(Scenario)


@pytest.mark.parametrize(
    ("text", "share"), [("80", 8000), ("79.5", 7950), ("79,05 %", 7905), ("0", 0), ("100", 10_000)]
)
def test_shares_are_read_without_floats(text: str, share: int) -> None:
    """A contract would be a hundredth off for ever."""
    assert read_share(text) == share
    assert read_share(share_text(share)) == share


@pytest.mark.parametrize("text", ["", "8O", "1.234", "-1", "1e2", "٨٠"])
def test_shares_that_cannot_be_meant_are_refused(text: str) -> None:
    """A typing error would become a contract."""
    with pytest.raises(TurnedAway):
        read_share(text)
