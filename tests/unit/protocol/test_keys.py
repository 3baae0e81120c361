"""Keys, how they are written, and that a secret one shows itself nowhere."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.protocol.keys import BadKey, SharedSecret, SigningKey, VerifyKey, base64url, unbase64url
from kiosk.protocol.words import WORDS
from tests.helpers.wire import OTHER_KEY, TERMINAL_KEY

GROUP_SIZE = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def test_sign_and_verify() -> None:
    """Good signatures would be refused, or others' be accepted."""
    signature = TERMINAL_KEY.sign(b"data")
    assert len(signature) == 64
    assert TERMINAL_KEY.public.verify(signature, b"data")
    assert not TERMINAL_KEY.public.verify(signature, b"Data")
    assert not OTHER_KEY.public.verify(signature, b"data")


@pytest.mark.parametrize("signature", [b"", bytes(64), b"\xff" * 64, bytes(63), bytes(65), bytes(32) + b"\x01" * 32])
def test_impossible_signatures(signature: bytes) -> None:
    """A signature of zeros, famous for having been believed elsewhere, would be believed here."""
    assert not TERMINAL_KEY.public.verify(signature, b"data")


def test_a_longer_signature_is_another_one() -> None:
    """One signature would have many forms, and a list of those seen would miss the others."""
    signature = TERMINAL_KEY.sign(b"data")
    for other in (signature + b"x", b"x" + signature, signature[:-1], signature[:32] + b"\0" + signature[32:]):
        assert not TERMINAL_KEY.public.verify(other, b"data")


def test_every_flipped_bit_matters() -> None:
    """A damaged signature would be taken for a good one."""
    signature = TERMINAL_KEY.sign(b"data")
    for bit in range(0, 512, 3):
        damaged = bytearray(signature)
        damaged[bit // 8] ^= 1 << bit % 8
        assert not TERMINAL_KEY.public.verify(bytes(damaged), b"data")


def test_public_key_as_text() -> None:
    """The authority would register another key than the till's."""
    text = TERMINAL_KEY.public.text
    assert len(text) == 87
    assert VerifyKey.from_text(text) == TERMINAL_KEY.public
    assert hash(VerifyKey.from_text(text)) == hash(TERMINAL_KEY.public)
    assert VerifyKey.from_text(text) != OTHER_KEY.public


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AAAA",
        TERMINAL_KEY.public.text + "=",
        TERMINAL_KEY.public.text[:-1],
        TERMINAL_KEY.public.text.swapcase(),
        base64url(b"\x04" + bytes(64)),
        base64url(b"\x02" + TERMINAL_KEY.public.point[1:33]),
        base64url(b"\x06" + TERMINAL_KEY.public.point[1:]),
        "é" * 87,
    ],
)
def test_what_is_no_public_key(text: str) -> None:
    """A point that is not on the curve gives signatures that mean nothing."""
    with pytest.raises(BadKey):
        VerifyKey.from_text(text)


def test_seed_there_and_back() -> None:
    """A till would lose its identity when its keystore is read."""
    made = SigningKey.generate()
    assert len(made.seed()) == 32
    assert SigningKey.from_seed(made.seed()).public == made.public
    assert SigningKey.generate().public != made.public


@pytest.mark.parametrize(
    "seed", [b"", bytes(32), bytes(31), GROUP_SIZE.to_bytes(32, "big"), b"\xff" * 32, b"\x01" * 33]
)
def test_what_is_no_seed(seed: bytes) -> None:
    """A damaged keystore would give the till some other identity."""
    with pytest.raises(BadKey):
        SigningKey.from_seed(seed)


def test_secret_keys_keep_to_themselves() -> None:
    """A crash report or a log would carry the till's secret key."""
    for secret in (SigningKey.from_seed(b"\x11" * 32), SharedSecret(b"\x11" * 32)):
        text = f"{secret!r} {secret!s} {[secret]}"
        assert "11" not in text.replace("x11", "11")
        assert "\\x11" not in text
    with pytest.raises(TypeError):
        pickle.dumps(TERMINAL_KEY)
    with pytest.raises(TypeError):
        copy.deepcopy(TERMINAL_KEY)


def test_six_words() -> None:
    """Owner and operator would compare words that do not name the key."""
    assert TERMINAL_KEY.public.words == ("abricot", "produit", "cartable", "immense", "seconde", "bruine")
    assert len({SigningKey.generate().public.words for _ in range(50)}) == 50
    assert all(word in WORDS for word in OTHER_KEY.public.words)


def test_word_list() -> None:
    """Two words could be mistaken for one another on the phone."""
    assert len(WORDS) == len(set(WORDS)) == 1024
    assert all(word.isascii() and word.isalpha() and word.islower() and 4 <= len(word) <= 8 for word in WORDS)
    assert list(WORDS) == sorted(WORDS)
    shapes: set[str] = set()
    for word in WORDS:
        near = {word[:at] + "*" + word[at + 1 :] for at in range(len(word))}
        assert not near & shapes, word
        shapes |= near


@given(st.binary(max_size=70))
def test_base64url(data: bytes) -> None:
    """A key or signature would change on its way through text."""
    assert unbase64url(base64url(data)) == data


@pytest.mark.parametrize("text", ["A", "AA=", "AB", "AA AA", "AA\n", "++++", "é"])
def test_base64url_has_one_form(text: str) -> None:
    """One key would have several texts, and a ban of one of them would miss the others."""
    with pytest.raises(BadKey):
        unbase64url(text)
