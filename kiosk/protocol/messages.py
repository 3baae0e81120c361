"""The messages between a terminal and the authority, as strict structures. Times are UTC milliseconds since 1970.

A terminal ignores fields it does not know (an older till meets a newer authority); the authority refuses them
(``Request``), since a
misspelt field near money must not pass. Answers to terminals are 200 with an ``outcome``, yes or no; everything else is a problem.
"""

from typing import Literal

import msgspec

MAX_BATCH_ENTRIES = 50
MAX_BODY_BYTES = 262_144


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a terminal sends; unknown fields are refused."""


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the authority answers; unknown fields are ignored by the terminal."""


class Amount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Money on the wire: whole minor units and an ISO 4217 code. Integral floats are normalised by the codec, text is refused."""

    amount_minor: int
    currency: str


class ReserveRequest(Request, frozen=True):
    """POST /v1/lines/{line_id}/reserve: hold the card for this sale."""

    sale_id: str
    serial: str
    entry_mode: Literal["scanned", "keyed"]
    face: Amount


class ExtendRequest(Request, frozen=True):
    """POST /v1/lines/{line_id}/extend: keep the hold while the basket is open; ``n`` counts the extensions from 1."""

    n: int


class CommitRequest(Request, frozen=True):
    """POST /v1/lines/{line_id}/commit: make the card spendable, the money is in."""

    sale_id: str
    serial: str
    entry_mode: Literal["scanned", "keyed"]
    face: Amount
    tender: Literal["cash", "bank_card"]


class CancelRequest(Request, frozen=True):
    """POST /v1/lines/{line_id}/cancel: the line was not handed over, whatever the authority knows of it. Leaves a tombstone."""

    serial: str
    card_rescanned: bool


class LineAnswer(Answer, frozen=True):
    """The answer to every message about a line.

    ``outcome``: reserved · extended · lost · committed · refused · cancelled · too_late · status. ``record`` and ``card`` are
    the authority's record and card state after the message. ``until_ms`` ends a hold, or the limit of a refusal.
    """

    outcome: str
    record: str
    reason: str | None = None
    card: str | None = None
    until_ms: int | None = None
    series: str | None = None
    pack: str | None = None
    position: int | None = None
    till: str | None = None  # who holds it, for held_elsewhere
    sold_at_ms: int | None = None  # when it was sold, if sold in this shop


class SignedEntry(Request, frozen=True):
    """One journal entry as it stands in the journal. ``content`` is the signed UTF-8 JSON text, ``signature`` base64url r‖s."""

    seq: int
    content: str
    prev: str
    hash: str
    signature: str


class EntriesRequest(Request, frozen=True):
    """POST /v1/entries: the outbox in order, at most ``MAX_BATCH_ENTRIES``. ``source`` is ``receipt`` when read from paper."""

    epoch: int
    entries: list[SignedEntry]
    source: Literal["journal", "receipt"] = "journal"


class EntryResult(Answer, frozen=True):
    """``outcome``: applied · already · exception, then with ``code`` X1 to X9. Never a refusal for a business conflict (AC-10).

    An entry that cannot be taken at all has a problem's name as its outcome (``malformed-request``, ``bad-signature``): the
    terminal parks it for a person, and it holds up nothing.
    """

    seq: int
    outcome: str
    code: str | None = None


class Anchor(Answer, frozen=True):
    """The head of the terminal's journal as the authority holds it (JR-08); part of a signed answer."""

    epoch: int
    seq: int
    hash: str
    at_ms: int


class EntriesAnswer(Answer, frozen=True):
    results: list[EntryResult]
    anchor: Anchor | None = None  # always there in an answer; absent only inside the terminal, when nothing was taken
    max_batch: int = MAX_BATCH_ENTRIES


class Change(Answer, frozen=True):
    """One change for this terminal. ``stream``: stock · block · policy · clerk. Idempotent by (stream, key, version).

    ``payload`` is a JSON object of the stream: stock ``{pack, position, series, bound, state}`` keyed by serial;
    block ``{blocked: bool}`` keyed by serial; policy = the fields of ``OfflinePolicy`` keyed ``offline``.
    """

    stream: str
    key: str
    version: int
    payload: dict[str, str | int | bool]


class ChangesAnswer(Answer, frozen=True):
    """GET /v1/changes?cursor=&limit=: at least once, in order. ``as_of_ms`` dates the snapshot when ``more`` is false."""

    changes: list[Change]
    cursor: str
    more: bool
    as_of_ms: int


class TimeAnswer(Answer, frozen=True):
    """GET /v1/time: the probe while the link is down; the only signed clock a till trusts."""

    time_ms: int


class BalanceRequest(Request, frozen=True):
    """POST /v1/balances: by serial, in the body so that no address or log line carries it."""

    serial: str


class SpentRow(Answer, frozen=True):
    """One payment of a card, without the merchant."""

    at_ms: int
    amount: Amount


class BalanceAnswer(Answer, frozen=True):
    """``outcome``: found · not_found (unknown, other currency and not yet received alike). ``state``: active · inactive · blocked ·
    expired · exhausted · void."""

    outcome: str
    state: str | None = None
    series: str | None = None
    face: Amount | None = None
    balance: Amount | None = None
    codes_left: int | None = None
    codes: int | None = None
    expires_ms: int | None = None
    payments: list[SpentRow] | None = None


class EnrolmentRequest(Request, frozen=True):
    """POST /v1/enrolments: exchange a one-time code for an identity (PR-02). Keys are uncompressed P-256 points, base64url.

    ``proof`` signs SHA-256(code | request_key | journal_key | nonce), the texts joined by ``|``, with the request key;
    ``journal_proof`` with the other.
    """

    code: str
    request_key: str
    journal_key: str
    nonce: str
    proof: str
    journal_proof: str
    software: str
    machine: str
    keystore: str  # what keeps the keys: keyring · credential · file · demonstration


class EnrolmentAnswer(Answer, frozen=True):
    """``outcome``: enrolled · refused (``reason``: unknown · expired · used · too_many_tries · keystore_not_accepted)."""

    outcome: str
    reason: str | None = None
    terminal_id: str | None = None
    epoch: int | None = None
    authority_key: str | None = None
    authority_words: list[str] | None = None
    shop: dict[str, str] | None = None  # the fields of ShopIdentity
    currency: str | None = None
    demonstration: bool | None = None


class VoidRequest(Request, frozen=True):
    """POST /v1/voids/{void_id}: withdraw an activation after hand-over, unused."""

    line_id: str
    serial: str
    card_rescanned: bool
    right: Literal["clerk", "manager"]


class VoidAnswer(Answer, frozen=True):
    """``outcome``: voided · refused."""

    outcome: str
    reason: str | None = None
