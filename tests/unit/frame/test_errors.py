"""Trouble carries a code that a technician can look up."""

import pickle

import pytest

from kiosk.errors import Bug, Trouble


def test_trouble_says_its_code_and_detail() -> None:
    """A log line without its code could not be found in the operations page."""
    trouble = Trouble("PRN-02", retryable=True, detail="paper out")
    assert (trouble.code, trouble.retryable, trouble.detail) == ("PRN-02", True, "paper out")
    assert str(trouble) == "PRN-02: paper out"
    assert str(Trouble("NET-04", retryable=False)) == "NET-04"


@pytest.mark.parametrize("code", ["", "prn-02", "PRN-2", "PRN-002", "paper", "PRN-02 "])
def test_a_malformed_code_is_a_bug(code: str) -> None:
    """A code of another form would escape the test that compares code, screen and operations page."""
    with pytest.raises(Bug):
        Trouble(code, retryable=False)


def test_a_bug_is_not_trouble() -> None:
    """A handler for trouble that swallowed a broken invariant would let the till go on with wrong state."""
    assert not issubclass(Bug, Trouble)
    assert issubclass(Bug, AssertionError)


def test_trouble_is_an_ordinary_exception() -> None:
    """An exception that cannot tell its arguments would print as an empty line in a crash report."""
    assert Trouble("NET-01", retryable=True, detail="no route").args == ("NET-01", True, "no route")
    with pytest.raises(TypeError):
        pickle.loads(pickle.dumps(Trouble("NET-01", retryable=True)))
