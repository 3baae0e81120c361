"""Two writers of canonical JSON that share no code agree: ours, which signs, and the verifier's, which doubts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.protocol.canonical import NotCanonical as Unsignable
from kiosk.protocol.canonical import canonical_bytes, read_canonical
from kiosk.verifier import canonical

texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
keys = st.text(alphabet="abcdefgh_0123", min_size=1, max_size=8)
values = st.recursive(
    st.one_of(texts, st.booleans(), st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=20,
)


@given(st.dictionaries(keys, values, max_size=6))
def test_what_we_sign_the_verifier_reads(value: dict[str, object]) -> None:
    """The verifier would call an honest entry forged because of an accent or a control character."""
    assert canonical.read(canonical_bytes(value)) == value


@given(st.binary(max_size=60) | st.text(alphabet='{}[]":,01.e-nultrfas\\ u', max_size=30).map(str.encode))
def test_they_refuse_the_same_bytes(data: bytes) -> None:
    """An entry that one of the two takes and the other does not has two meanings."""
    try:
        ours: object = read_canonical(data)
    except Unsignable:
        with pytest.raises(canonical.NotCanonical):
            canonical.read(data)
    else:
        assert canonical.read(data) == ours
