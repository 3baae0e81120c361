"""A second reading of the activation page, written as plain conditions from its text and without looking at the product's table.

It answers the same question as ``kiosk.domain.activation_table.decide``; where the two differ, one of them misread the page.
"""

from dataclasses import dataclass

from kiosk.domain.activation import CardFacts, Message, Record


@dataclass(frozen=True)
class Verdict:
    """What the page says, in its own words. ``card``: the changes to card and books, sorted."""

    record: str
    answer: str
    reason: str | None = None
    card: tuple[str, ...] = ()
    x: str | None = None


def oracle(message: Message, record: Record, facts: CardFacts) -> Verdict:
    """The page, read again."""
    match message:
        case Message.STATUS:
            return Verdict(record.value, "status")
        case Message.RESERVE | Message.COMMIT:
            return _sell(message, record, facts)
        case Message.EXTEND:
            return _extend(record, facts)
        case Message.CANCEL:
            return _cancel(record, facts)
        case Message.PROMISE:
            return _promise(record, facts)
        case Message.VOID:
            return _void(record, facts)


def _sell(message: Message, record: Record, facts: CardFacts) -> Verdict:
    same = record.value
    if facts.terminal_revoked:
        return Verdict(same, "refused", "not_sellable")
    if same in {"cancelled", "voided"}:  # "later reserve or commit answer refused(cancelled)"
        return Verdict(same, "refused", "cancelled")
    if same == "committed":  # "reserve on a committed line answers committed"
        return Verdict(same, "committed")
    if same == "refused":  # "commit on a refused line repeats the refusal"
        return Verdict(same, "refused", facts.record_reason.value if facts.record_reason else None)
    if message is Message.RESERVE and same == "reserved":
        return Verdict(same, "reserved")
    no = _why_not(message, record, facts)
    if no is not None:
        alert = facts.exists and facts.block is not None and facts.block.value == "stolen" and _in_this_shop(facts)
        card = (("alert",) if alert else ()) + (("free own hold",) if same == "reserved" else ())
        return Verdict("refused", "refused", no, card)
    if (
        message is Message.RESERVE
    ):  # "in_stock(this shop), no block, no other live hold, limits, tender possible → hold 120 s"
        return Verdict("reserved", "reserved", None, ("hold",))
    return Verdict("committed", "committed", None, ("active", "post"))


def _in_this_shop(facts: CardFacts) -> bool:
    return facts.this_shop and facts.state.value != "printed"


def _why_not(message: Message, record: Record, facts: CardFacts) -> str | None:
    # the neutral sentence first: stolen, blocked, other shop and unknown are one answer
    if not facts.exists or not _in_this_shop(facts) or facts.block is not None or facts.state.value == "void":
        return "not_sellable"
    if facts.state.value in {"active", "exhausted", "expired"}:
        return "already_sold"
    if facts.state.value == "shipped":
        return "not_received"
    if not facts.face_matches:
        return "not_sellable"
    if facts.bound.value == "other" or facts.hold.value == "other":
        return "held_elsewhere"
    fresh = record is Record.UNSEEN  # what a reserve granted is not taken back when the series closes meanwhile
    if fresh and not facts.series_open:
        return "series_closed"
    if not facts.tender_possible:
        return "tender_not_allowed"
    if not facts.within_limits:
        return "limit"
    return None


def _extend(record: Record, facts: CardFacts) -> Verdict:
    same = record.value
    if facts.terminal_revoked:
        return Verdict(same, "lost", "not_sellable")
    if same == "unseen":
        return Verdict(same, "lost")
    if same == "committed":
        return Verdict(same, "lost", "already_sold")
    if same == "refused":
        return Verdict(same, "lost", facts.record_reason.value if facts.record_reason else None)
    if same in {"cancelled", "voided"}:
        return Verdict(same, "lost", "cancelled")
    if not facts.exists or not _in_this_shop(facts) or facts.block is not None or facts.state.value == "void":
        return Verdict(same, "lost", "not_sellable")
    if facts.state.value in {"active", "exhausted", "expired"}:
        return Verdict(same, "lost", "already_sold")
    if facts.state.value == "shipped":
        return Verdict(same, "lost", "not_received")
    if facts.bound.value == "other" or facts.hold.value == "other":  # "lapsed and card still free"
        return Verdict(same, "lost", "held_elsewhere")
    if facts.hold_age_ms + 120_000 > 600_000:  # "≤ 10 min in all"
        return Verdict(same, "lost")
    return Verdict(same, "extended", None, ("hold on",))


def _cancel(record: Record, facts: CardFacts) -> Verdict:
    same = record.value
    if facts.terminal_revoked:
        return Verdict(same, "refused", "not_sellable")
    if same in {"unseen", "reserved", "refused"}:  # "→ cancelled, own hold freed"
        return Verdict("cancelled", "cancelled", None, ("free own hold",))
    if same in {"cancelled", "voided"}:
        return Verdict(same, "cancelled")
    if facts.state.value != "active" or facts.spent or facts.authorization_open:
        return Verdict(same, "too_late", "spent", (), "X8")  # "nothing changes … = exception X8"
    if not facts.rescanned and facts.block is None:  # "not rescanned: + block(question)"
        return Verdict("cancelled", "cancelled", None, ("block question", "in stock", "reverse"))
    return Verdict("cancelled", "cancelled", None, ("in stock", "reverse"))


def _promise(record: Record, facts: CardFacts) -> Verdict:
    same = record.value
    if same in {"committed", "voided"}:
        return Verdict(same, "already")
    if same in {"refused", "cancelled"}:  # "exception(X9): the record wins"
        return Verdict(same, "exception", None, (), "X9")
    if facts.terminal_revoked:
        return Verdict(same, "exception", None, (), "X6")
    nothing = ("free own hold",)
    if not facts.exists:
        return Verdict("refused", "exception", "not_sellable", nothing, "X2")
    if facts.state.value in {"active", "exhausted", "expired"}:
        return Verdict("refused", "exception", "already_sold", nothing, "X1")
    if facts.block is not None or facts.state.value == "void":
        return Verdict("refused", "exception", "not_sellable", nothing, "X3" if facts.till_knew_block else "X4")
    in_hand = facts.this_shop and facts.state.value == "in_stock"
    if not in_hand and not facts.shop_trusted:  # "activate if … shop trusted, else hold"
        return Verdict("refused", "exception", "not_sellable", nothing, "X2")
    sold = ("active", "post")
    if not facts.face_matches:  # "lot's face wins, hold"
        return Verdict("committed", "exception", None, ("active", "freeze", "post"), "X7")
    if not in_hand or facts.bound.value != "this":
        return Verdict("committed", "exception", None, sold, "X2")
    if not facts.within_allowance:  # "activate, till → online-only"
        only = () if facts.excess_admitted else ("online only",)
        return Verdict("committed", "exception", None, tuple(sorted(sold + only)), "X5")
    return Verdict("committed", "applied", None, sold)


def _void(record: Record, facts: CardFacts) -> Verdict:
    same, right = record.value, facts.void_right.value
    if facts.terminal_revoked:
        return Verdict(same, "refused", "not_sellable")
    if same != "committed" or (right == "manager" and not facts.this_shop):
        return Verdict(same, "refused", "not_sold")
    if facts.block is not None:  # a block "stops all but status"
        return Verdict(same, "refused", "blocked")
    if facts.state.value != "active" or facts.spent or facts.authorization_open:
        return Verdict(same, "refused", "spent")
    if right == "clerk" and not facts.same_till:
        return Verdict(same, "refused", "other_till")
    if right == "clerk" and not facts.rescanned:
        return Verdict(same, "refused", "not_rescanned")
    if right == "operator" and not facts.two_persons:
        return Verdict(same, "refused", "two_persons")
    minutes = {"clerk": 15, "manager": 24 * 60, "operator": 20 * 24 * 60}[right]
    if facts.sale_age_ms > minutes * 60_000:
        return Verdict(same, "refused", "window")
    return Verdict("voided", "voided", None, ("reverse", "void"))
