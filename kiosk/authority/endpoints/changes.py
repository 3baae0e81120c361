"""``/v1/changes``: what a terminal must know of its shop's stock, blocked cards and offline policy."""

from kiosk.authority.resources import Call, Parameter, Resource
from kiosk.authority.services.refused import malformed
from kiosk.protocol import routes
from kiosk.protocol.messages import ChangesAnswer
from kiosk.protocol.routes import CHANGES, MAX_CHANGES, MAX_CURSOR_CHARS


async def _changes(call: Call) -> ChangesAnswer:
    terminal_id, cursor = call.terminal_id, call.query.get("cursor", "")
    if len(cursor) > MAX_CURSOR_CHARS:
        raise malformed(f"a cursor has at most {MAX_CURSOR_CHARS} characters")
    if await call.runner.read(call.authority.renewal_due(terminal_id)):
        await call.runner.write(call.authority.renewal_work(terminal_id))
    return await call.runner.read(call.authority.changes_work(terminal_id, cursor, _limit(call)))


def _limit(call: Call) -> int:
    text = call.query.get("limit", str(MAX_CHANGES))
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise malformed("limit is a whole number")
    return int(text)


RESOURCES = (
    Resource(
        name="changes",
        method="GET",
        path=CHANGES,
        summary="The changes after a cursor, at least once and in order; an empty cursor begins anew.",
        answer=ChangesAnswer,
        handler=_changes,
        # the query is under the signature; only the absence of an idempotency key is asked for
        route=lambda call: routes.changes(call.query.get("cursor", "")),
        parameters=(
            Parameter(
                name="cursor",
                schema={"type": "string", "maxLength": MAX_CURSOR_CHARS, "default": ""},
                description="Where the last page ended; opaque.",
            ),
            Parameter(
                name="limit",
                schema={"type": "integer", "minimum": 1, "maximum": MAX_CHANGES, "default": MAX_CHANGES},
                description="At most this many changes.",
            ),
        ),
    ),
)
