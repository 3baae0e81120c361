"""Enrolment: one code, one terminal (T-ENROL); and the secrets in their files."""

import logging
from pathlib import Path

import msgspec
import pytest

from kiosk.authority.keyfiles import AuthorityKeys, create_keys, load_keys
from kiosk.authority.services.enrol import CODE_TRIES, CODE_VALID_MS, Enrolment
from kiosk.authority.services.refused import TurnedAway
from kiosk.authority.store.ports import Store
from kiosk.errors import Trouble
from kiosk.protocol import routes
from kiosk.protocol.enrolment import ALPHABET, sign_enrolment
from kiosk.protocol.keys import SigningKey
from kiosk.protocol.messages import EnrolmentAnswer, EnrolmentRequest
from kiosk.protocol.routes import ENROLMENT_KEYID
from tests.fakes.clock import FakeClock
from tests.helpers.asgi import Client
from tests.helpers.authority import KEYS, SHOP, World, make_world


@pytest.fixture
def world(either_store: Store, clock: FakeClock) -> World:
    return make_world(either_store, clock=clock)


def _code(world: World) -> str:
    authority = world.authority
    enrolment = Enrolment(clock=world.clock, ids=world.ids, keys=KEYS, demonstration=authority.demonstration)
    return world.store.write(lambda tx: enrolment.issue(tx, shop_id=SHOP, till_name="Caisse 9")).code


def _request(code: str, *, seed: int = 1, keystore: str = "file") -> EnrolmentRequest:
    return sign_enrolment(
        code=code,
        request_key=SigningKey.from_seed((1000 + seed).to_bytes(32, "big")),
        journal_key=SigningKey.from_seed((2000 + seed).to_bytes(32, "big")),
        nonce=seed.to_bytes(16, "big"),
        software="0.1.0",
        machine="test",
        keystore=keystore,
    )


def _wrong(code: str, place: int) -> str:
    other = ALPHABET[(ALPHABET.index(code[place]) + 1) % len(ALPHABET)]
    return code[:place] + other + code[place + 1 :]


def _reason(answer: EnrolmentAnswer) -> str | None:
    assert answer.outcome == "refused"
    return answer.reason


def test_a_code_gives_one_terminal_its_identity(world: World) -> None:
    """A new till could not begin to sell."""
    answer = world.authority.enrol(_request(_code(world)))
    assert (answer.outcome, answer.epoch, answer.currency, answer.demonstration) == ("enrolled", 1, "EUR", False)
    assert answer.authority_key == KEYS.signing.public.text
    assert answer.authority_words == list(KEYS.signing.public.words)
    assert answer.shop is not None and answer.shop["till_name"] == "Caisse 9" and answer.shop["shop_id"] == SHOP
    assert answer.terminal_id is not None
    client = Client(world, keyid=answer.terminal_id, key=SigningKey.from_seed((1001).to_bytes(32, "big")))
    assert client.ask(routes.time()).status == 200


def test_a_repeat_whose_answer_was_lost_gets_it_and_nobody_else_does(world: World) -> None:
    """A lost answer would burn the code; or an overheard code would make a second till."""
    code = _code(world)
    first = world.authority.enrol(_request(code))
    assert world.authority.enrol(_request(code)) == first
    assert _reason(world.authority.enrol(_request(code, seed=2))) == "used"
    assert world.rows("SELECT count(*) FROM terminal") == [(4,)]


def test_a_code_dies_after_an_hour(world: World, clock: FakeClock) -> None:
    """A note found in the bin would enrol a thief's machine."""
    code = _code(world)
    clock.advance(CODE_VALID_MS)
    assert _reason(world.authority.enrol(_request(code))) == "expired"


def test_wrong_tries_are_counted_against_the_code_they_aim_at(world: World) -> None:
    """A code could be guessed by trying."""
    code = _code(world)
    for place in range(4, 4 + CODE_TRIES):
        assert _reason(world.authority.enrol(_request(_wrong(code, place)))) == "unknown"
    assert _reason(world.authority.enrol(_request(code))) == "too_many_tries"
    assert _reason(world.authority.enrol(_request(_wrong(_code(world), 0)))) == "unknown"


def test_proofs_that_do_not_fit_are_a_wrong_try(world: World) -> None:
    """Somebody who overheard a request could put another key into it."""
    code = _code(world)
    good = _request(code)
    other = _request(code, seed=2)
    for bad in (
        msgspec.structs.replace(good, journal_key=other.journal_key),
        msgspec.structs.replace(good, proof=other.proof),
        msgspec.structs.replace(good, request_key="x"),
        msgspec.structs.replace(good, nonce=other.nonce),
    ):
        assert _reason(world.authority.enrol(bad)) == "unknown"
    assert world.authority.enrol(good).outcome == "enrolled"


def test_a_key_belongs_to_one_terminal(world: World) -> None:
    """A copied keystore would become a second terminal with the same signatures."""
    world.authority.enrol(_request(_code(world)))
    again = _request(_code(world))
    assert _reason(world.authority.enrol(again)) == "used"


@pytest.mark.parametrize(
    ("keystore", "demonstration", "expected"),
    [
        ("keyring", False, "enrolled"),
        ("demonstration", False, "refused"),
        ("demonstration", True, "enrolled"),
        ("drawer", True, "refused"),
    ],
)
def test_a_demonstration_keystore_needs_a_demonstration(
    clock: FakeClock, keystore: str, demonstration: bool, expected: str
) -> None:
    """A till whose keys lie open would be let into the real scheme."""
    world = make_world(clock=clock, demonstration=demonstration)
    answer = world.authority.enrol(_request(_code(world), keystore=keystore))
    assert answer.outcome == expected
    if expected == "refused":
        assert answer.reason == "keystore_not_accepted"


def test_over_the_wire_the_request_is_signed_with_the_key_it_brings(world: World) -> None:
    """An enrolment could be altered on the way, or answered by somebody else."""
    code, key = _code(world), SigningKey.from_seed((1001).to_bytes(32, "big"))
    request = _request(code)
    client = Client(world, keyid=ENROLMENT_KEYID, key=key)
    other = Client(world, keyid=ENROLMENT_KEYID, key=SigningKey.generate())
    assert other.ask(routes.enrolment(request.nonce), request).problem == "bad-signature"
    stranger = Client(world, keyid="T-0001", key=key)
    assert stranger.ask(routes.enrolment(request.nonce), request).problem == "unknown-terminal"
    assert client.ask(routes.enrolment("another"), request).problem == "malformed-request"
    assert client.ask(routes.time()).problem == "unknown-terminal"
    reply = client.ask(routes.enrolment(request.nonce), request)
    assert (reply.status, reply.signed, reply.json["outcome"]) == (200, True, "enrolled")
    for text in ("short", code + "A"):
        bad = msgspec.structs.replace(request, code=text)
        assert client.ask(routes.enrolment(bad.nonce), bad).problem == "malformed-request"


def test_codes_are_shown_once_and_kept_as_a_tag(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever reads the database or the log could enrol a machine."""
    caplog.set_level(logging.DEBUG)
    code = _code(world)
    world.authority.enrol(_request(code))
    (row,) = world.rows("SELECT * FROM enrolment")
    assert code not in str(row) and code[4:] not in str(row)
    assert code not in caplog.text


def test_an_unknown_shop_or_a_nameless_till_gets_no_code(world: World) -> None:
    """A till would be enrolled into a shop that nobody supplies."""
    enrolment = Enrolment(clock=world.clock, ids=world.ids, keys=KEYS, demonstration=False)
    for shop_id, name in (("S-NOWHERE", "Caisse 1"), (SHOP, ""), (SHOP, "x" * 200)):
        with pytest.raises(TurnedAway):
            world.store.write(lambda tx, s=shop_id, n=name: enrolment.issue(tx, shop_id=s, till_name=n))  # type: ignore[misc] # bound now


def test_key_files_are_for_their_owner_and_never_replaced(tmp_path: Path) -> None:
    """Another user could read the master key, or a second init would make every printed card worthless."""
    folder = tmp_path / "keys"
    keys = create_keys(folder)
    assert load_keys(folder).lot_key(7) == keys.lot_key(7)
    assert load_keys(folder).signing.public == keys.signing.public
    with pytest.raises(FileExistsError):
        create_keys(folder)
    for name, harm in (("master.key", _open_to_all), ("signing.key", _cut), ("master.key", Path.unlink)):
        harm(folder / name)
        with pytest.raises(Trouble) as unsafe:
            load_keys(folder)
        assert unsafe.value.code == "AUT-08"
        (folder / name).unlink(missing_ok=True)
        (folder / "signing.key").unlink(missing_ok=True)
        (folder / "master.key").unlink(missing_ok=True)
        create_keys(folder)


def test_secrets_have_no_text() -> None:
    """A traceback or a log line would carry the key of all cards."""
    keys = AuthorityKeys.generate()
    assert repr(keys) == str(keys) == "AuthorityKeys(…)"
    with pytest.raises(ValueError):
        AuthorityKeys(signing=SigningKey.generate(), master=b"short")


def _open_to_all(path: Path) -> None:
    path.chmod(0o644)


def _cut(path: Path) -> None:
    path.write_text("00ff", encoding="ascii")
    path.chmod(0o600)
