"""Fetches the changes feed page by page (PR-20). The till applies each page with its cursor in one transaction of its journal and
asks for the next; nothing is kept here. Not responsible for what a change means.
"""

import logging
from typing import Protocol

from kiosk.protocol.messages import ChangesAnswer
from kiosk.protocol.problems import Problem, ProblemKind
from kiosk.protocol.routes import MAX_CHANGES, MAX_CURSOR_CHARS
from kiosk.sync.exchange import NoAnswer, Question, changes_question
from kiosk.till.messages import ChangesReceived

PAGE_TIMEOUT_MS = 15_000
_log = logging.getLogger(__name__)


class Asks(Protocol):
    """One attempt at a question; raises ``NoAnswer``."""

    def __call__(self, question: Question[ChangesAnswer], /, *, timeout_ms: int) -> ChangesAnswer | Problem: ...


def fetch_page(ask: Asks, cursor: str) -> ChangesReceived:
    """The page after ``cursor``; without one when nobody answered, or when the answer would lead round in a circle."""
    try:
        answer = ask(changes_question(cursor), timeout_ms=PAGE_TIMEOUT_MS)
    except NoAnswer:
        return ChangesReceived(None)
    if isinstance(answer, Problem):
        return ChangesReceived(None, expired=answer.kind is ProblemKind.CURSOR_EXPIRED)
    endless = answer.more and answer.cursor == cursor
    if endless or len(answer.cursor) > MAX_CURSOR_CHARS or len(answer.changes) > MAX_CHANGES:
        _log.warning("a page of changes leads nowhere or is too long: not applied")
        return ChangesReceived(None)
    return ChangesReceived(answer)
