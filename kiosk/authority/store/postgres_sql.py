"""From the ``?`` that our SQL is written with to PostgreSQL's ``$1``, ``$2``…; nothing else of a statement is touched."""

import re
from itertools import count

# quoted text and names, and comments, are taken whole so that a ? in them stays what it is
_PARTS = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\?", re.DOTALL)


def numbered(sql: str) -> str:
    """The statement with its values numbered in the order in which they are given."""
    numbers = count(1)
    return _PARTS.sub(lambda found: f"${next(numbers)}" if found[0] == "?" else found[0], sql)
