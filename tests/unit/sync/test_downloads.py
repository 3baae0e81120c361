"""Pages of changes: applied only when they lead on."""

import logging

import pytest

from kiosk.protocol.messages import Change, ChangesAnswer
from kiosk.protocol.problems import Problem, ProblemKind, problem
from kiosk.sync.downloads import fetch_page
from kiosk.sync.exchange import NoAnswer, Question, Silence
from kiosk.till.messages import ChangesReceived

CHANGE = Change(stream="block", key="0000000000001111", version=1, payload={"blocked": True})


def answering(answer: ChangesAnswer | Problem | NoAnswer) -> ChangesReceived:
    def ask(question: Question[ChangesAnswer], /, *, timeout_ms: int) -> ChangesAnswer | Problem:
        assert question.route.query == "cursor=c1&limit=500"
        if isinstance(answer, NoAnswer):
            raise answer
        return answer

    return fetch_page(ask, "c1")


@pytest.mark.parametrize("more", [True, False])
def test_a_page(more: bool) -> None:
    """The till would not learn of its stock or of a stolen card."""
    page = ChangesAnswer(changes=[CHANGE], cursor="c2", more=more, as_of_ms=1)
    assert answering(page) == ChangesReceived(page)


def test_the_last_page_may_stand_still() -> None:
    """A till that is up to date would never hear how fresh its list is."""
    page = ChangesAnswer(changes=[], cursor="c1", more=False, as_of_ms=1)
    assert answering(page) == ChangesReceived(page)


def test_no_answer() -> None:
    """Silence would be taken for an empty list, and a stolen card be sold."""
    assert answering(NoAnswer(Silence.TIMEOUT, sent=True)) == ChangesReceived(None)
    assert answering(problem(ProblemKind.BUSY)) == ChangesReceived(None)


def test_a_cursor_that_is_too_old() -> None:
    """A till that was off for two months would ask with the same cursor for ever."""
    assert answering(problem(ProblemKind.CURSOR_EXPIRED)) == ChangesReceived(None, expired=True)


@pytest.mark.parametrize(
    "page",
    [
        ChangesAnswer(changes=[CHANGE], cursor="c1", more=True, as_of_ms=1),
        ChangesAnswer(changes=[], cursor="c" * 201, more=False, as_of_ms=1),
        ChangesAnswer(changes=[CHANGE] * 501, cursor="c2", more=False, as_of_ms=1),
    ],
)
def test_a_page_that_leads_nowhere(page: ChangesAnswer, caplog: pytest.LogCaptureFixture) -> None:
    """The till would fetch the same page all day."""
    with caplog.at_level(logging.WARNING):
        assert answering(page) == ChangesReceived(None)
    assert len(caplog.records) == 1
