"""The activation table as a page for people: ``docs/activation.md`` is exactly this text, and a test compares the two."""

from kiosk.domain.activation import EXTEND_EVERY_MS, HOLD_LIMIT_MS, HOLD_MS, Message, Record
from kiosk.domain.activation_table import TABLE, Row
from kiosk.domain.refusals import ExceptionCode

_HEAD = """# Activation: who may do what to a card

Made from `kiosk/domain/activation_table.py`; a test compares the two. For each message and each record of the line, the rows are
asked from top to bottom, and the first whose condition holds decides. A line's record is one of
{records}.
`cancelled` is a tombstone: it is written even for a line that was never seen, and nothing wakes it.

A hold lasts {hold} s; the till asks for more every {every} s while the basket is open, up to {limit} min in all. A repeat of a
message under its id gets the first answer, word for word, for ever; other content under the same id is refused (422).
"""

_EXCEPTIONS = {
    ExceptionCode.X1: "the card was sold by another line before",
    ExceptionCode.X2: "the card is not this shop's, not received, or not bound to this till",
    ExceptionCode.X3: "the card was blocked, and the till knew",
    ExceptionCode.X4: "the card was blocked, and the till could not know",
    ExceptionCode.X5: "the promise was outside the policy",
    ExceptionCode.X6: "the terminal was revoked",
    ExceptionCode.X7: "the till's face value is not the lot's",
    ExceptionCode.X8: "the money went back after the card was spent",
    ExceptionCode.X9: "promised although the line was refused or cancelled before: the record wins",
}


def table_text() -> str:
    """The whole page, Markdown."""
    parts = [
        _HEAD.format(
            records=", ".join(f"`{record.value}`" for record in Record),
            hold=HOLD_MS // 1000,
            every=EXTEND_EVERY_MS // 1000,
            limit=HOLD_LIMIT_MS // 60_000,
        )
    ]
    for message in Message:
        title = f"{message.value} (advice: the entry `CardPromised`)" if message is Message.PROMISE else message.value
        rows = [_line(row) for row in TABLE if row.message is message]
        head = "| record before | condition | record after | effect | answer | note |\n| --- | --- | --- | --- | --- | --- |"
        parts.append("\n".join([f"\n## {title}\n", head, *rows, ""]))
    listed = "\n".join(f"- **{code.value}**: {text}." for code, text in _EXCEPTIONS.items())
    parts.append(f"\n## Exceptions\n\nEach is a task with an owner and a deadline.\n\n{listed}\n")
    return "".join(parts)


def _line(row: Row) -> str:
    before = "any" if row.before == frozenset(Record) else ", ".join(one.value for one in Record if one in row.before)
    answer = row.outcome.value
    if row.repeats:
        answer += " (the record's reason)"
    elif row.reason is not None and row.after is not Record.REFUSED:
        answer += f" ({row.reason.value})"
    elif row.reason is not None:
        answer += f" ({row.reason.value})" if row.exception is None else ""
    if row.exception is not None:
        answer += f" {row.exception.value}"
    cells = (
        before,
        row.when.value if row.when else "–",
        row.after.value if row.after else "same",
        "; ".join(effect.value for effect in row.effects) or "–",
        answer,
        row.note,
    )
    return "| " + " | ".join(cells) + " |"
