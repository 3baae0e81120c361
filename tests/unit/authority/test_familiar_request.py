"""The shortest way of reading a request: whatever it reads, the whole way reads in the same bytes, and it learns from the true."""

import base64
import random
from dataclasses import dataclass

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from kiosk.authority.familiar_request import LESSONS, MISSES, Familiar, Manner, learn
from kiosk.authority.usual_request import Usual, read_usual
from kiosk.protocol.keys import SharedSecret, Signer, SigningKey
from kiosk.protocol.messages import MAX_BODY_BYTES
from kiosk.protocol.signing import MERCHANT_TAG, Claim, RequestParts, claim_of, content_digest, sign_request
from tests.unit.authority.test_usual_request import PIECES

AUTHORITY = "authority.example"
SECRET = SharedSecret(bytes(range(32)))
CODE = "118703216048"


@dataclass(frozen=True)
class Client:
    """How one merchant's site writes."""

    signer: Signer = SECRET
    keyid: str = "K-1"
    path: str = "/v1/payments"
    query: str = ""
    capitals: bool = False
    shuffled: int | None = None  # a seed for the order of the fields
    more: tuple[str, ...] = ("Accept: */*", "user-agent: shop/1 (a; b)")

    def write(self, number: int, *, body: bytes | None = None) -> bytes:
        """The request of this number, each with values of its own."""
        draw = random.Random(number)
        body = b'{"code":"%b","n":%d}' % (CODE.encode(), number) if body is None else body
        signed = sign_request(
            signer=self.signer, keyid=self.keyid, authority=AUTHORITY, method="POST", path=self.path, query=self.query, body=body,
            idempotency_key=f"order:{number}", version="0.1.0", created_s=1_796_000_000 + number, nonce=draw.randbytes(16),
            tag=MERCHANT_TAG,
        )  # fmt: skip
        lines = ["host: a", f"content-length: {len(body)}", *self.more]
        lines += [f"{name}: {value}" for name, value in signed.headers.items()]
        if self.shuffled is not None:
            random.Random(self.shuffled).shuffle(lines)
        if self.capitals:
            lines = [f"{name.title()}: {value}" for name, value in (line.split(": ", 1) for line in lines)]
        target = f"{self.path}?{self.query}" if self.query else self.path
        return "\r\n".join([f"POST {target} HTTP/1.1", *lines, "", ""]).encode("ascii") + body


CLIENTS = (
    Client(),
    Client(capitals=True, shuffled=3),
    Client(shuffled=8, more=()),
    Client(signer=SigningKey.generate(), keyid="K-2 (new; 50%)", shuffled=5),
    Client(path="/v1/payments/a%20b/capture", query="a=1&b=%s", shuffled=1),
    Client(more=("x-trace: ;created=1796000001;nonce=", "x.y: (?P<key>.*)\\d%s")),
)


def _whole_way(data: bytes) -> tuple[Usual, Claim] | None:
    usual = read_usual(data)
    if not isinstance(usual, Usual):
        return None
    parts = RequestParts(usual.method, usual.path, usual.query, (), usual.body)
    claim = claim_of(parts, usual.fields, authority=AUTHORITY, tag=MERCHANT_TAG)
    return (usual, claim) if isinstance(claim, Claim) else None


def _learnt(client: Client, number: int = 1) -> Familiar:
    data = client.write(number)
    read = _whole_way(data)
    assert read is not None
    familiar = learn(data, *read)
    assert familiar is not None
    return familiar


def _agree(familiar: Familiar, data: bytes) -> Claim | None:
    """The claim; fails when the whole way finds another one, or none, in the same bytes."""
    claim = familiar.claim(data)
    if claim is not None:
        read = _whole_way(data)
        assert read is not None and read[1] == claim, data
    return claim


@pytest.mark.parametrize("client", CLIENTS)
def test_what_was_written_alike_is_read_alike(client: Client) -> None:
    """Every payment would be taken apart anew, which is what learning is there to spare."""
    familiar = _learnt(client)
    for number in range(2, 40):
        claim = _agree(familiar, client.write(number))
        assert claim is not None and claim.idempotency_key == f"order:{number}"
        verifier = client.signer.public if isinstance(client.signer, SigningKey) else SECRET
        assert verifier.verify(claim.proof, claim.base)


@pytest.mark.parametrize("client", CLIENTS)
def test_another_manner_is_not_taken_for_this_one(client: Client) -> None:
    """One client's request would be read by the rules of another's."""
    familiar = _learnt(client)
    for other in CLIENTS:
        claim = _agree(familiar, other.write(7))
        assert (claim is not None) == (other == client)


@given(st.sampled_from(CLIENTS), st.integers(0, 2**32), st.data())
def test_altered_bytes_are_never_read_differently(client: Client, seed: int, data: st.DataObject) -> None:
    """A request that two readers understand differently is how signatures are got around."""
    familiar, altered = _learnt(client), bytearray(client.write(seed % 1000))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(altered)))
        end = min(len(altered), at + data.draw(st.integers(0, 4)))
        altered[at:end] = data.draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=3)))
    event("read" if _agree(familiar, bytes(altered)) is not None else "left to the whole way")


@pytest.mark.parametrize("place", ["created", "nonce", "digest", "key", "proof"])
@given(text=st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=90))
def test_whatever_stands_in_a_place_ends_there(place: str, text: str) -> None:
    """A value could bring lines of its own, unsigned ones among them."""
    client = CLIENTS[0]
    familiar, data = _learnt(client), client.write(2)
    claim = familiar.claim(data)
    assert claim is not None
    values = {
        "created": str(claim.created_s), "nonce": claim.nonce, "digest": content_digest(claim.request.body),
        "key": claim.idempotency_key or "", "proof": base64.b64encode(claim.proof).decode(),
    }  # fmt: skip
    _agree(familiar, data.replace(values[place].encode(), text.encode("latin-1"), 1))


def test_a_body_is_whole_and_its_own() -> None:
    """Half a payment would be decided, or one with another content than was signed."""
    client = CLIENTS[0]
    familiar, data = _learnt(client), client.write(2)
    head = data.index(b"\r\n\r\n") + 4
    assert all(familiar.claim(data[:end]) is None for end in range(len(data)))
    assert familiar.claim(data + b" ") is None and familiar.claim(data[:head] + data[head:].upper()) is None
    assert _agree(familiar, client.write(3, body=b"")) is None, "a length of nothing is read the whole way"
    assert _agree(familiar, client.write(3, body=b"x" * MAX_BODY_BYTES)) is not None
    assert _agree(familiar, client.write(3, body=b"x" * (MAX_BODY_BYTES + 1))) is None


def test_nothing_secret_is_kept() -> None:
    """What was learnt lives as long as the connection: no code and no signature may."""
    familiar = _learnt(CLIENTS[0])
    claim = _whole_way(CLIENTS[0].write(1))
    assert claim is not None
    assert (
        CODE not in repr(familiar)
        and repr(claim[1].proof) not in repr(familiar)
        and claim[1].signature not in repr(familiar)
    )


STRANGE = {
    "creation behind the nonce": lambda text: text.replace(";created=1796000001", "").replace(
        ";tag=", ";created=1796000001;tag="
    ),
    "creation twice, once in quotes": lambda text: text.replace('keyid="K-1"', 'keyid="K;created=1796000001"'),
    "a creation with a zero before it": lambda text: text.replace("created=", "created=0"),
    "a nonce with other signs": lambda text: text.replace('nonce="', 'nonce="%s.'),
}


@pytest.mark.parametrize("how", STRANGE)
def test_a_strange_manner_is_not_learnt(how: str) -> None:
    """A pattern that puts a value in another's place would claim what nobody wrote."""
    data = STRANGE[how](CLIENTS[0].write(1).decode()).encode()
    read = _whole_way(data)
    assert read is not None, "strange, and good"
    assert learn(data, *read) is None


def _meet(manner: Manner[str], data: bytes, *, true: bool = True) -> None:
    read = _whole_way(data)
    assert read is not None
    manner.met(data, *read, "here")
    manner.judged(true=true)


def test_a_manner_is_learnt_from_the_second_true_request() -> None:
    """Strangers could have patterns made, which takes far longer than an answer."""
    client, manner = CLIENTS[0], Manner[str]()
    _meet(manner, client.write(1))
    assert manner.read(client.write(2)) is None, "one request is no habit"
    _meet(manner, client.write(2), true=False)
    assert manner.read(client.write(3)) is None, "who is not let in teaches nothing"
    _meet(manner, client.write(3))
    read = manner.read(client.write(4))
    assert read is not None and read[0] == "here" and read[1].idempotency_key == "order:4"


def test_a_manner_that_has_gone_is_forgotten_and_new_ones_are_learnt_a_few_times() -> None:
    """A client that changes its manner would pay for two readings of each request for ever."""
    manner = Manner[str]()
    _meet(manner, CLIENTS[0].write(0))
    for lesson in range(LESSONS):
        client = CLIENTS[lesson % 2]
        _meet(manner, client.write(1))
        assert manner.read(client.write(2)) is not None
        for _ in range(MISSES - 1):
            assert manner.read(b"another") is None
        assert manner.read(client.write(3)) is not None, "one that fits forgives those that did not"
        for _ in range(MISSES):
            assert manner.read(b"another") is None
        assert manner.read(client.write(4)) is None
    _meet(manner, CLIENTS[0].write(5))
    assert manner.read(CLIENTS[0].write(6)) is None, "enough was learnt"
