"""Texts that merchants and operators give us and that people will read, on one line."""

_NO_BREAK_SPACES = "\u00a0\u202f"  # French puts them before its signs and between thousands


def is_line(text: str, *, most: int) -> bool:
    """Whether a text has 1 to ``most`` characters, all of which show or are spaces, and not spaces alone. Nothing that turns the
    direction of writing, breaks the line or is not there to be seen."""
    return (
        0 < len(text) <= most
        and not text.isspace()
        and all(character.isprintable() or character in _NO_BREAK_SPACES for character in text)
    )
