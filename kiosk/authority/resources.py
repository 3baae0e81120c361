"""What an endpoint is, as data: address, message, answer and handler. The application and the OpenAPI document are made from it.
Terminals and merchants have one kind each: their idempotency keys, problems and answers follow other rules.

Not responsible for signatures (``access``, ``merchant_access``) nor for what the messages mean (the services).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from kiosk.authority.core import Authority
from kiosk.authority.directory import KnownKey
from kiosk.authority.services.checkouts import Checkouts
from kiosk.authority.services.guard import Guard
from kiosk.authority.services.pay.answers import Declined
from kiosk.authority.services.pay.asked import Ask
from kiosk.authority.services.pay.spending import Outcome
from kiosk.authority.services.refused import TurnedAway
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


class MerchantCall(msgspec.Struct, frozen=True):
    """One request of a merchant whose signature is good and whose content was decoded. ``key`` is its idempotency key, empty for a
    GET; ``params`` holds the id in the address; ``pause`` waits that many seconds."""

    authority: Authority
    runner: Runner
    guard: Guard
    checkouts: Checkouts
    who: KnownKey
    key: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    message: msgspec.Struct | None
    pause: Callable[[float], Awaitable[None]]


class Question(msgspec.Struct, frozen=True):
    """What the lane of payments is asked, and who is told of its answer before the merchant is."""

    ask: Ask
    said: Callable[[Outcome], None] | None = None


MerchantHandler = Callable[[MerchantCall], Awaitable[msgspec.Struct | Declined]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantResource:
    """One address and method of the merchants' interface. ``path`` holds at most one id, below the second part; its last part says
    what is done with it. ``question``: what the lane of payments is asked; ``handler`` answers where there is none. ``presents``:
    codes are taken, which needs the direct contract. ``takes_money``: not for a suspended merchant, who may still look and give
    back. ``stopped``: why not just now. A request that is not let through hears its first answer if it was decided before."""

    name: str
    method: str
    path: str
    summary: str
    request: type[msgspec.Struct] | None = None
    answer: type[msgspec.Struct]
    handler: MerchantHandler | None = None
    question: Callable[[MerchantCall], Question | None] | None = None
    stopped: Callable[[MerchantCall], TurnedAway | None] | None = None
    parameters: tuple[Parameter, ...] = field(default=())
    presents: bool = False
    takes_money: bool = False
    refuses: bool = False
