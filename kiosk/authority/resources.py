"""What an endpoint is, as data: address, message, answer and handler. The application and the OpenAPI document are made from it.

Not responsible for signatures (``access``) nor for what the messages mean (the services).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from kiosk.authority.core import Authority
from kiosk.authority.store.places import TerminalRow
from kiosk.authority.store.ports import Runner
from kiosk.protocol.routes import Route


@dataclass(frozen=True, slots=True)
class Call:
    """One request whose signature is good and whose content was decoded. ``terminal`` is missing for an enrolment alone."""

    authority: Authority
    runner: Runner
    terminal: TerminalRow | None
    params: Mapping[str, str]
    query: Mapping[str, str]
    message: msgspec.Struct | None
    body: bytes

    @property
    def terminal_id(self) -> str:
        """Who asks."""
        assert self.terminal is not None, "the door lets only an enrolment in without a terminal"
        return self.terminal.terminal_id


Handler = Callable[[Call], Awaitable[msgspec.Struct]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One query parameter: its JSON schema and what it is for."""

    name: str
    schema: Mapping[str, object]
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One address and method. ``route`` makes the address and its idempotency key again from what was asked, so that a header which
    says otherwise is noticed."""

    name: str
    method: str
    path: str
    summary: str
    request: type[msgspec.Struct] | None = None
    answer: type[msgspec.Struct]
    handler: Handler
    route: Callable[[Call], Route]
    parameters: tuple[Parameter, ...] = field(default=())
    revoked_may: bool = False
    enrols: bool = False
