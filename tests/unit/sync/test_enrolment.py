"""T-ENROL on the terminal's side: keys made here, the authority's key pinned from its own signed answer."""

import json
from pathlib import Path

import msgspec
import pytest

from kiosk.clock import SystemIds
from kiosk.errors import Trouble
from kiosk.protocol.codec import decode
from kiosk.protocol.enrolment import enrolment_keys
from kiosk.protocol.messages import EnrolmentAnswer, EnrolmentRequest
from kiosk.protocol.nonces import Nonces
from kiosk.protocol.problems import ProblemKind, problem
from kiosk.protocol.signing import Verified, verify_request
from kiosk.sync.asker import Endpoint
from kiosk.sync.enrolment import Machine, enrol
from kiosk.sync.identity import FILE_NAME, Enrolled, load_identity, save_identity
from kiosk.sync.keyfiles import DEMONSTRATION_FILE, DemonstrationStore
from kiosk.sync.keystore import KeyState, KeyStoreKind
from tests.fakes.clock import START_MS, FakeClock
from tests.helpers.stand_in import Heard, Reply, StandIn, signed
from tests.helpers.wire import AUTHORITY, AUTHORITY_KEY, OTHER_KEY

CODE = "7K2PM-QX9TD"
SHOP = {
    "shop_id": "s1", "name": "Maison", "address": "1, rue", "siret": "73282932000074", "naf": "4762Z",
    "vat_id": "FR40303265045", "till_name": "1",
}  # fmt: skip
ACCEPTED = EnrolmentAnswer(
    outcome="enrolled", terminal_id="T-7", epoch=1, authority_key=AUTHORITY_KEY.public.text,
    authority_words=list(AUTHORITY_KEY.public.words), shop=SHOP, currency="EUR", demonstration=True,
)  # fmt: skip


class Office:
    """One enrolment against a stand-in."""

    def __init__(self, folder: Path, clock: FakeClock) -> None:
        self.folder = folder
        self.clock = clock
        self.words: list[tuple[str, ...]] = []
        self.agree = True

    def confirm(self, words: tuple[str, ...]) -> bool:
        self.words.append(words)
        return self.agree

    def enrol(self, server: StandIn, code: str = CODE) -> Enrolled:
        return enrol(
            folder=self.folder,
            code=code,
            endpoint=Endpoint(server.address),
            authority=AUTHORITY,
            machine=Machine(software="0.1.0", hardware="Linux x86_64"),
            keystore=DemonstrationStore(self.folder),
            clock=self.clock,
            ids=SystemIds(self.clock),
            confirm=self.confirm,
        )

    def refused(self, reply: Reply, code: str = CODE) -> Trouble:
        with StandIn(reply) as server, pytest.raises(Trouble) as caught:
            self.enrol(server, code)
        assert load_identity(self.folder) is None, "nothing was pinned"
        return caught.value


@pytest.fixture
def office(tmp_path: Path, clock: FakeClock) -> Office:
    return Office(tmp_path / "data", clock)


def accept(heard: Heard) -> bytes:
    return signed(heard, ACCEPTED)


def test_enrolled(office: Office) -> None:
    """No till could be put into service."""
    with StandIn(accept) as server:
        enrolled = office.enrol(server)
    request = decode(server.heard[0].parts.body, EnrolmentRequest)
    assert request.code == "7K2PMQX9TD"
    assert request.keystore == "demonstration"
    keys = DemonstrationStore(office.folder).load()
    assert enrolment_keys(request) == (keys.request_key.public, keys.journal_key.public)
    seen = verify_request(
        server.heard[0].parts, authority=AUTHORITY, keys={"enrolment": keys.request_key.public}.get, nonces=Nonces(),
        now_s=START_MS // 1000,
    )  # fmt: skip
    assert isinstance(seen, Verified)
    assert office.words == [AUTHORITY_KEY.public.words]
    assert load_identity(office.folder) == enrolled
    identity = enrolled.identity(keys, version="0.1.0")
    assert (identity.terminal_id, identity.authority) == ("T-7", AUTHORITY)
    assert identity.authority_key == AUTHORITY_KEY.public
    assert enrolled.shop_identity().siret == SHOP["siret"]
    seed = json.loads((office.folder / DEMONSTRATION_FILE).read_text())["request"]
    assert seed not in server.heard[0].parts.body.decode() + (office.folder / FILE_NAME).read_text()


def test_the_same_request_after_a_lost_answer(office: Office) -> None:
    """The code would be used up by an answer that never came, and the technician be stuck."""
    answers: list[Reply] = [lambda _: None, accept]
    with StandIn(lambda heard: answers.pop(0)(heard)) as server:
        with pytest.raises(Trouble) as caught:
            office.enrol(server)
        assert caught.value.code == "NET-04"
        assert office.enrol(server, CODE.lower()).terminal_id == "T-7"
    first, second = server.heard
    assert first.parts.body == second.parts.body
    assert first.key == second.key


def test_another_code_is_another_request(office: Office) -> None:
    """After a refusal the new code would be sent under the old one's key and refused for that."""
    answers: list[Reply] = [lambda heard: signed(heard, EnrolmentAnswer(outcome="refused", reason="expired")), accept]
    with StandIn(lambda heard: answers.pop(0)(heard)) as server:
        with pytest.raises(Trouble):
            office.enrol(server)
        office.enrol(server, "0000000000")
    assert server.heard[0].key != server.heard[1].key


def test_enrolled_twice(office: Office) -> None:
    """A till that sells would get a new name, and its journal belong to nobody."""
    with StandIn(accept) as server:
        office.enrol(server)
        with pytest.raises(Trouble) as caught:
            office.enrol(server)
        assert caught.value.code == "ENR-04"
        assert len(server.heard) == 1


@pytest.mark.parametrize("reason", ["unknown", "expired", "used", "too_many_tries", "keystore_not_accepted"])
def test_refused(office: Office, reason: str) -> None:
    """The technician would not know why."""
    trouble = office.refused(lambda heard: signed(heard, EnrolmentAnswer(outcome="refused", reason=reason)))
    assert (trouble.code, trouble.detail) == ("ENR-01", reason)
    assert DemonstrationStore(office.folder).state() is KeyState.OPEN, "the keys wait for the next code"


def test_words_that_are_not_the_operators(office: Office) -> None:
    """A till that reached an impostor would be bound to it for good."""
    office.agree = False
    assert office.refused(accept).code == "ENR-02"


@pytest.mark.parametrize("code", ["", "12345", "7K2PM-QX9TU", "7K2PM-QX9TDD"])
def test_a_mistyped_code_is_not_sent(office: Office, code: str) -> None:
    """One of five tries would be lost, and keys be made for nothing."""
    trouble = office.refused(accept, code)
    assert trouble.code == "ENR-01"
    assert "7K2PM-QX9TU" not in str(trouble)
    assert not office.folder.exists()


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        pytest.param(lambda _: None, "NET-04", id="closed"),
        pytest.param(lambda heard: signed(heard, ACCEPTED, key=OTHER_KEY), "NET-07", id="another key than it names"),
        pytest.param(lambda heard: signed(heard, ACCEPTED).replace(b"T-7", b"T-8"), "NET-07", id="altered"),
        pytest.param(
            lambda heard: signed(heard, msgspec.structs.replace(ACCEPTED, authority_key=None)), "NET-08", id="no key"
        ),
        pytest.param(
            lambda heard: signed(heard, msgspec.structs.replace(ACCEPTED, outcome="perhaps")), "NET-07", id="perhaps"
        ),
        pytest.param(
            lambda heard: signed(heard, msgspec.structs.replace(ACCEPTED, terminal_id=None)), "ENR-02", id="no name"
        ),
        pytest.param(
            lambda heard: signed(heard, msgspec.structs.replace(ACCEPTED, shop={"name": "x"})), "ENR-02", id="no shop"
        ),
        pytest.param(
            lambda heard: signed(heard, msgspec.structs.replace(ACCEPTED, authority_words=list("abcdef"))),
            "ENR-02",
            id="other words",
        ),
        pytest.param(lambda heard: signed(heard, problem(ProblemKind.BUSY)), "ENR-01", id="busy"),
        pytest.param(lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "NET-08", id="nothing"),
        pytest.param(lambda _: b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", "NET-06", id="portal"),
    ],
)
def test_nothing_but_a_whole_signed_acceptance_pins(office: Office, reply: Reply, code: str) -> None:
    """Somebody on the line could become this till's authority."""
    assert office.refused(reply).code == code


def test_a_new_machine_with_a_wrong_clock(office: Office, clock: FakeClock) -> None:
    """A machine whose battery is empty could not even be enrolled."""
    clock.jump(-10 * 365 * 86_400_000)

    def reply(heard: Heard) -> bytes:
        keys = {"enrolment": DemonstrationStore(office.folder).load().request_key.public}
        seen = verify_request(heard.parts, authority=AUTHORITY, keys=keys.get, nonces=Nonces(), now_s=START_MS // 1000)
        good = isinstance(seen, Verified)
        return accept(heard) if good else signed(heard, problem(ProblemKind.CLOCK_SKEW, time_ms=START_MS))

    with StandIn(reply) as server:
        assert office.enrol(server).terminal_id == "T-7"
        assert len(server.heard) == 2


GOOD = Enrolled(
    format=1, terminal_id="T", epoch=1, authority=AUTHORITY, authority_key=AUTHORITY_KEY.public.text,
    keystore=KeyStoreKind.KEYRING, currency="EUR", demonstration=False, shop=SHOP,
)  # fmt: skip


def test_identity_there_and_back(tmp_path: Path) -> None:
    """A till would forget who it is."""
    assert load_identity(tmp_path) is None
    save_identity(tmp_path / "new", GOOD)
    assert load_identity(tmp_path / "new") == GOOD


@pytest.mark.parametrize(
    "change",
    [{"authority_key": "AAAA"}, {"format": 2}, {"shop": {"name": "x"}}, {"shop": {**SHOP, "more": "x"}}],
)
def test_damaged_identity(tmp_path: Path, change: dict[str, object]) -> None:
    """A till would start with half an identity, and trust the wrong authority."""
    save_identity(tmp_path, msgspec.structs.replace(GOOD, **change))
    with pytest.raises(Trouble) as caught:
        load_identity(tmp_path)
    assert caught.value.code == "ENR-03"


@pytest.mark.parametrize("text", ["", "{}", "[]", "x" * 300_000, '{"format":1}'])
def test_identity_that_is_no_identity(tmp_path: Path, text: str) -> None:
    """A damaged file would be taken for a terminal that was never enrolled, and be enrolled over."""
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(Trouble) as caught:
        load_identity(tmp_path)
    assert caught.value.code == "ENR-03"
