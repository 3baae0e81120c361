"""The one primitive that we put together ourselves agrees with the standard's own examples and with the standard library."""

import hmac
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.protocol.mac import Mac

# RFC 4231, 4.2 to 4.8 (without 4.6, which truncates): key, data, HMAC-SHA-256
EXAMPLES = [
    (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    (b"\xaa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    (bytes(range(1, 26)), b"\xcd" * 50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
    (
        b"\xaa" * 131,
        b"Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
    (
        b"\xaa" * 131,
        b"This is a test using a larger than block-size key and a larger than block-size data. "
        b"The key needs to be hashed before being used by the HMAC algorithm.",
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ),
]


@pytest.mark.parametrize(("key", "message", "mark"), EXAMPLES)
def test_the_standards_examples(key: bytes, message: bytes, mark: str) -> None:
    """No merchant could sign for us, and no card's code would be found again by another program."""
    assert Mac(key).of(message).hex() == mark


@given(key=st.binary(max_size=200), messages=st.lists(st.binary(max_size=300), min_size=1, max_size=4))
def test_as_the_standard_library_says(key: bytes, messages: list[bytes]) -> None:
    """A key that remembers its last message would mark the next one wrongly."""
    mac = Mac(key)
    for message in messages:
        mark = hmac.digest(key, message, "sha256")
        assert mac.of(message) == mark
        assert mac.is_of(mark, message)
        assert not mac.is_of(mark[:-1], message)
        assert not mac.is_of(mark, message + b"\0")


def test_it_says_nothing_of_its_key() -> None:
    """A crash report would hold it."""
    assert repr(Mac(b"secret" * 6)) == "Mac(…)"
    with pytest.raises(TypeError):
        pickle.dumps(Mac(b"secret" * 6))
