"""``/v1/entries``: the outbox of a terminal's journal. A revoked terminal's entries are still kept, in quarantine (PR-05)."""

from kiosk.authority.resources import Call, Resource
from kiosk.protocol import routes
from kiosk.protocol.messages import EntriesAnswer, EntriesRequest
from kiosk.protocol.routes import ENTRIES


async def _entries(call: Call) -> EntriesAnswer:
    assert isinstance(call.message, EntriesRequest) and call.terminal is not None, "decoded as this, from a terminal"
    return await call.runner.write(call.authority.entries_work(call.terminal, call.message))


RESOURCES = (
    Resource(
        name="entries",
        method="POST",
        path=ENTRIES,
        summary="Deliver journal entries in order. Each is answered by itself; none is refused for a business conflict.",
        request=EntriesRequest,
        answer=EntriesAnswer,
        handler=_entries,
        route=lambda call: routes.entries(call.body),
        revoked_may=True,
    ),
)
