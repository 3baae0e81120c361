"""The messages about a line: reserve, extend, commit, status, cancel, void, and the advice of a promise.

Gathers the facts, asks the table, applies the decision and answers, all inside one transaction that is passed in. Not responsible
for signatures (``access`` checked them) nor for reading journals (``intake``).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from kiosk.authority.services.effects import apply_effects
from kiosk.authority.services.limits import RollingLimit, limited_until, load_limit
from kiosk.authority.services.once import once
from kiosk.authority.services.refused import TurnedAway, conflict, malformed
from kiosk.authority.services.watching import watch
from kiosk.authority.store.cards import CardRow, card_id_of, find_card
from kiosk.authority.store.lines import LineRow, find_line, find_line_in_shop, put_line
from kiosk.authority.store.places import TerminalRow, find_shop, find_terminal
from kiosk.authority.store.ports import Transaction
from kiosk.clock import Clock
from kiosk.domain.activation import (
    HOLD_MS,
    Bound,
    CardFacts,
    CardState,
    Decision,
    EntryMode,
    Hold,
    Message,
    Outcome,
    Record,
    VoidRight,
)
from kiosk.domain.activation_table import decide
from kiosk.domain.card import NumberFault, parse_serial
from kiosk.domain.events import CardPromised
from kiosk.domain.refusals import Reason
from kiosk.domain.series import Catalogue, Series
from kiosk.domain.tender import TenderKind
from kiosk.protocol.messages import (
    CancelRequest,
    CommitRequest,
    ExtendRequest,
    LineAnswer,
    ReserveRequest,
    VoidAnswer,
    VoidRequest,
)
from kiosk.protocol.problems import ProblemKind

LineRequest = ReserveRequest | ExtendRequest | CommitRequest | CancelRequest
MAX_ID_CHARS = 64
MAX_EXTENSIONS = 1_000  # far more than ten minutes hold
TAKEN_TENDERS = frozenset({TenderKind.CASH, TenderKind.BANK_CARD})

_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What intake found out about a promise: whether it kept to the policy, whether the till admits that it did not, and which
    block list the till had."""

    kept: bool
    admitted: bool
    blocklist_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What one message says, in one form for all of them."""

    message: Message
    serial: str | None = None
    sale_id: str = ""
    entry_mode: EntryMode = EntryMode.SCANNED
    face_minor: int | None = None
    currency: str | None = None
    tender: TenderKind | None = None
    rescanned: bool = True
    allowance: Allowance | None = None


class Activations:
    """See the module. Holds no state but what is passed in; every method runs inside the transaction it is given."""

    def __init__(self, *, clock: Clock, catalogues: Sequence[Catalogue]) -> None:
        self._clock = clock
        self._catalogues = tuple(catalogues)

    def line(self, tx: Transaction, *, terminal_id: str, line_id: str, request: LineRequest) -> LineAnswer:
        """Answer a reserve, extend, commit or cancel; a repeat gets the first answer. Raises ``TurnedAway``."""
        check_id(line_id)
        terminal = known_terminal(tx, terminal_id)
        asked = _asked(request)
        now_ms = self._clock.now_ms()
        return once(
            tx,
            terminal_id=terminal_id,
            verb=asked.message.value,
            key=line_id,
            n=request.n if isinstance(request, ExtendRequest) else 0,
            request=request,
            kind=LineAnswer,
            now_ms=now_ms,
            effect=lambda: self._handle(tx, terminal, line_id, asked, now_ms)[1],
        )

    def status(self, tx: Transaction, *, terminal_id: str, line_id: str) -> LineAnswer:
        """The record and the card's state; another terminal's line is ``unseen`` like one that never was."""
        check_id(line_id)
        terminal = known_terminal(tx, terminal_id)
        line = find_line(tx, terminal_id, line_id)
        if line is None:
            return LineAnswer(outcome=Outcome.STATUS.value, record=Record.UNSEEN.value)
        card = find_card(tx, line.card_id)
        held = card if card and card.hold_terminal == terminal_id and card.hold_line == line_id else None
        return LineAnswer(
            outcome=Outcome.STATUS.value,
            record=line.record.value,
            reason=line.reason.value if line.reason else None,
            card=_shown_state(card, terminal, line.reason),
            until_ms=held.hold_until_ms if held else None,
        )

    def promise(self, tx: Transaction, *, terminal: TerminalRow, event: CardPromised, allowance: Allowance) -> Decision:
        """Apply the advice of a promised card. Intake makes sure that an entry is applied once."""
        check_id(event.line_id)
        asked = _Asked(
            message=Message.PROMISE,
            serial=_digits(event.serial),
            sale_id=event.sale_id,
            face_minor=event.face_minor,
            allowance=allowance,
        )
        return self._handle(tx, terminal, event.line_id, asked, self._clock.now_ms())[0]

    def void(self, tx: Transaction, *, terminal_id: str, void_id: str, request: VoidRequest) -> VoidAnswer:
        """Withdraw an activation after hand-over, if right and window allow it. Raises ``TurnedAway``."""
        check_id(void_id)
        check_id(request.line_id)
        terminal = known_terminal(tx, terminal_id)
        now_ms = self._clock.now_ms()
        return once(
            tx,
            terminal_id=terminal_id,
            verb=Message.VOID.value,
            key=void_id,
            n=0,
            request=request,
            kind=VoidAnswer,
            now_ms=now_ms,
            effect=lambda: self._void(tx, terminal, request, now_ms),
        )

    def _void(self, tx: Transaction, terminal: TerminalRow, request: VoidRequest, now_ms: int) -> VoidAnswer:
        card_id = card_id_of(_digits(request.serial))
        line = find_line_in_shop(tx, terminal.shop_id, request.line_id)
        if line is not None and line.card_id != card_id:
            line = None  # names another card than the line sold: the same neutral answer as for a line that never was
        record = line.record if line else Record.UNSEEN
        card = find_card(tx, card_id) if line else None
        facts = CardFacts(
            exists=card is not None,
            state=card.state if card else CardState.PRINTED,
            block=card.block if card else None,
            spent=card.spent if card else False,
            authorization_open=card.authorizations > 0 if card else False,
            terminal_revoked=terminal.revoked_ms is not None,
            rescanned=request.card_rescanned,
            same_till=line is not None and line.terminal_id == terminal.terminal_id,
            void_right=VoidRight(request.right),
            sale_age_ms=now_ms - line.committed_ms if line and line.committed_ms is not None else 0,
        )
        decision = decide(Message.VOID, record, facts)
        if line is not None and decision.after is not record:
            put_line(tx, line.now(decision.after, reason=None, at_ms=now_ms))
            apply_effects(tx, decision, message=Message.VOID, line=line, card=card, now_ms=now_ms)
        return VoidAnswer(outcome=decision.outcome.value, reason=decision.reason.value if decision.reason else None)

    def _handle(
        self, tx: Transaction, terminal: TerminalRow, line_id: str, asked: _Asked, now_ms: int
    ) -> tuple[Decision, LineAnswer]:
        line = find_line(tx, terminal.terminal_id, line_id)
        if line is not None and asked.serial is not None and line.card_id != card_id_of(asked.serial):
            raise conflict("this line names another card")
        if line is None and asked.serial is None:  # an extend of a line that never was
            decision = decide(asked.message, Record.UNSEEN, CardFacts())
            return decision, LineAnswer(outcome=decision.outcome.value, record=Record.UNSEEN.value)
        known = line or LineRow(
            terminal_id=terminal.terminal_id,
            line_id=line_id,
            record=Record.UNSEEN,
            reason=None,
            card_id=card_id_of(asked.serial or ""),
            sale_id=asked.sale_id,
            entry_mode=asked.entry_mode,
            shop_id=terminal.shop_id,
        )
        card = find_card(tx, known.card_id)
        limit = load_limit(tx)
        until_ms = _limit(tx, limit, terminal, asked, now_ms)
        facts = self._facts(tx, terminal, known, card, asked, over_limit=until_ms is not None, now_ms=now_ms)
        decision = decide(asked.message, known.record, facts)
        if decision.after is not known.record:
            reason = decision.reason if isinstance(decision.reason, Reason) else None
            put_line(tx, known.now(decision.after, reason=reason, at_ms=now_ms))
        apply_effects(tx, decision, message=asked.message, line=known, card=card, now_ms=now_ms)
        watch(tx, limit, decision, asked.message, known, now_ms)
        return decision, self._answer(tx, terminal, decision, card, limit_until_ms=until_ms, now_ms=now_ms)

    def _facts(
        self,
        tx: Transaction,
        terminal: TerminalRow,
        line: LineRow,
        card: CardRow | None,
        asked: _Asked,
        *,
        over_limit: bool,
        now_ms: int,
    ) -> CardFacts:
        revoked = terminal.revoked_ms is not None
        if card is None:
            return CardFacts(exists=False, terminal_revoked=revoked, record_reason=line.reason)
        series = self._series(card)
        allowance = asked.allowance
        shop = find_shop(tx, terminal.shop_id) if allowance else None
        return CardFacts(
            state=card.state,
            this_shop=card.shop_id == terminal.shop_id,
            block=card.block,
            hold=_hold(card, line, now_ms),
            hold_age_ms=now_ms - line.reserved_ms if line.reserved_ms is not None else 0,
            bound=_bound(card, terminal),
            spent=card.scratched,
            authorization_open=card.authorizations > 0,
            within_limits=not over_limit,
            tender_possible=series is not None and _tender_possible(series, asked.tender),
            series_open=series is not None and series.sellable_on(datetime.fromtimestamp(now_ms / 1000, UTC).date()),
            face_matches=asked.face_minor in (None, card.face_minor) and asked.currency in (None, card.currency),
            terminal_revoked=revoked,
            till_knew_block=allowance is not None and card.block_version <= allowance.blocklist_version,
            shop_trusted=shop is not None and shop.trusted,
            within_allowance=allowance is None or allowance.kept,
            excess_admitted=allowance is not None and allowance.admitted,
            rescanned=asked.rescanned,
            record_reason=line.reason,
        )

    def _series(self, card: CardRow) -> Series | None:
        for catalogue in self._catalogues:
            if catalogue.currency.code == card.currency:
                return catalogue.find(card.series)
        return None

    def _answer(
        self,
        tx: Transaction,
        terminal: TerminalRow,
        decision: Decision,
        card: CardRow | None,
        *,
        limit_until_ms: int | None,
        now_ms: int,
    ) -> LineAnswer:
        reason = decision.reason
        answer = LineAnswer(
            outcome=decision.outcome.value,
            record=decision.after.value,
            reason=reason.value if reason else None,
        )
        fresh = find_card(tx, card.card_id) if card else None
        if fresh is None or reason is Reason.NOT_SELLABLE:
            return answer  # one neutral answer: nothing about the card, whatever the cause
        answer = _with(answer, card=_shown_state(fresh, terminal, None))
        match decision.outcome:
            case Outcome.RESERVED | Outcome.EXTENDED:
                return _with(
                    answer,
                    until_ms=now_ms + HOLD_MS if decision.effects else fresh.hold_until_ms,
                    series=fresh.series,
                    pack=fresh.pack,
                    position=fresh.position,
                )
            case Outcome.COMMITTED:
                return _with(answer, series=fresh.series, pack=fresh.pack, position=fresh.position)
            case Outcome.REFUSED | Outcome.LOST if reason is Reason.HELD_ELSEWHERE:
                holder = fresh.bound_terminal if _bound(fresh, terminal) is Bound.OTHER else fresh.hold_terminal
                until = fresh.hold_until_ms if holder == fresh.hold_terminal else None
                return _with(answer, till=_till_name(tx, terminal, holder), until_ms=until)
            case Outcome.REFUSED if reason is Reason.ALREADY_SOLD:
                here = _till_name(tx, terminal, fresh.sold_terminal)
                return _with(answer, till=here, sold_at_ms=fresh.sold_ms if here else None)
            case Outcome.REFUSED if reason is Reason.LIMIT:
                return _with(answer, until_ms=limit_until_ms)
            case _:
                return answer


def known_terminal(tx: Transaction, terminal_id: str) -> TerminalRow:
    """The terminal's row. Raises ``TurnedAway`` if there is none."""
    terminal = find_terminal(tx, terminal_id)
    if terminal is None:
        raise TurnedAway(ProblemKind.UNKNOWN_TERMINAL, "no such terminal")
    return terminal


def check_id(text: str) -> None:
    """A line's or a void's id is a UUIDv7 in lower case. Raises ``TurnedAway``."""
    if not _UUID7.fullmatch(text):
        raise malformed("an id in the path or the body is not a UUIDv7")


def _limit(tx: Transaction, limit: RollingLimit, terminal: TerminalRow, asked: _Asked, now_ms: int) -> int | None:
    if asked.message not in {Message.RESERVE, Message.COMMIT}:
        return None
    return limited_until(
        tx,
        limit,
        terminal_id=terminal.terminal_id,
        shop_id=terminal.shop_id,
        mode=asked.entry_mode,
        now_ms=now_ms,
    )


def _asked(request: LineRequest) -> _Asked:
    match request:
        case ReserveRequest() | CommitRequest():
            if not 0 < len(request.sale_id) <= MAX_ID_CHARS:
                raise malformed("sale_id is empty or too long")
            return _Asked(
                message=Message.COMMIT if isinstance(request, CommitRequest) else Message.RESERVE,
                serial=_digits(request.serial),
                sale_id=request.sale_id,
                entry_mode=EntryMode(request.entry_mode),
                face_minor=request.face.amount_minor,
                currency=request.face.currency,
                tender=TenderKind(request.tender) if isinstance(request, CommitRequest) else None,
            )
        case CancelRequest():
            return _Asked(message=Message.CANCEL, serial=_digits(request.serial), rescanned=request.card_rescanned)
        case ExtendRequest():
            if not 1 <= request.n <= MAX_EXTENSIONS:
                raise malformed("n counts the extensions from 1")
            return _Asked(message=Message.EXTEND)


def _digits(text: str) -> str:
    serial = parse_serial(text)
    if isinstance(serial, NumberFault) or serial.digits != text:
        raise malformed("the serial is not 16 digits with a right check")
    return serial.digits


def _hold(card: CardRow, line: LineRow, now_ms: int) -> Hold:
    if card.hold_line is None or card.hold_until_ms is None or card.hold_until_ms <= now_ms:
        return Hold.NONE
    own = card.hold_line == line.line_id and card.hold_terminal == line.terminal_id
    return Hold.OWN if own else Hold.OTHER


def _bound(card: CardRow, terminal: TerminalRow) -> Bound:
    if card.bound_terminal is None:
        return Bound.NONE
    return Bound.THIS if card.bound_terminal == terminal.terminal_id else Bound.OTHER


def _tender_possible(series: Series, tender: TenderKind | None) -> bool:
    return bool(series.tenders & TAKEN_TENDERS) if tender is None else tender in series.tenders


def _shown_state(card: CardRow | None, terminal: TerminalRow, reason: Reason | None) -> str | None:
    if card is None or reason is Reason.NOT_SELLABLE or card.shop_id != terminal.shop_id:
        return None
    if card.sold_terminal is None and (card.block is not None or card.state is CardState.VOID):
        return (
            None  # refused neutrally: what is asked after the refusal, or after its cancel, tells no more than it did
        )
    return card.state.value


def _till_name(tx: Transaction, asking: TerminalRow, terminal_id: str | None) -> str | None:
    other = find_terminal(tx, terminal_id) if terminal_id else None
    return other.till_name if other and other.shop_id == asking.shop_id else None


def _with(answer: LineAnswer, **fields: str | int | None) -> LineAnswer:
    return msgspec.structs.replace(answer, **fields)
