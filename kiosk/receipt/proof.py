"""The text of a receipt's QR code: the signed proof of a sale, or of its promises, in ASCII. Never a serial, never a face value.

``K1/<terminal>/<epoch>/<seq>/<receipt>/<unix seconds>/<line>,<pack>,<position>/…/<signature>`` where a line id is 22 characters of
base64url and the signature (raw r‖s, base64url) is the journal key's over everything before its ``/``. Any holder of the
terminal's public key can check it; the hotline reads the line ids from it (AC-13, AC-14). Not responsible for drawing it.
"""

import binascii
import re
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

VERSION: Final = "K1"
LINES_MAX: Final = 10
_PLAIN: Final = re.compile(r"[A-Za-z0-9._-]{1,40}")


class ProofFault(ValueError):  # noqa: N818 - what is the matter with a text, not a failure of ours
    """The text is not a proof; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class ProofLine:
    """One card of the sale. ``pack`` and ``position`` are absent for a card that was not in the stock snapshot."""

    line_id: str
    pack: str | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """What the QR code says: which entry of which terminal, and which lines it sold."""

    terminal: str
    epoch: int
    seq: int
    receipt_no: int
    at_s: int
    lines: tuple[ProofLine, ...]


def proof_text(proof: Proof, sign: Callable[[bytes], bytes]) -> str:
    """The signed text. ``sign`` is the journal key's (raw r‖s of 64 bytes). Raises ``ProofFault`` for more than ``LINES_MAX`` lines
    or an id that cannot stand in it."""
    if not 0 < len(proof.lines) <= LINES_MAX:
        raise ProofFault(f"a proof names 1 to {LINES_MAX} lines, not {len(proof.lines)}")
    for plain in (proof.terminal, *(line.pack for line in proof.lines if line.pack is not None)):
        if not _PLAIN.fullmatch(plain):
            raise ProofFault(f"{plain!r} cannot stand in a proof")
    head = (VERSION, proof.terminal, str(proof.epoch), str(proof.seq), str(proof.receipt_no), str(proof.at_s))
    body = "/".join((*head, *(_line_text(line) for line in proof.lines)))
    return f"{body}/{_text(sign(body.encode('ascii')))}"


def read_proof(text: str, verify: Callable[[str, bytes, bytes], bool]) -> Proof:
    """The proof in a scanned text. ``verify(terminal, signature, signed bytes)`` knows the terminals' public keys.

    Raises ``ProofFault`` for anything else than a text of ours with a good signature."""
    body, _, signature = text.rpartition("/")
    parts = body.split("/")
    if len(parts) < 7 or parts[0] != VERSION:
        raise ProofFault("not a proof of a sale")
    try:
        epoch, seq, receipt_no, at_s = (int(part) for part in parts[2:6])
        lines = tuple(_line(part) for part in parts[6:])
        good = verify(parts[1], _bytes(signature), body.encode("ascii"))
    except (ValueError, binascii.Error) as error:
        raise ProofFault(f"a damaged proof: {error}") from None
    if not good:
        raise ProofFault("the signature of the proof is not this terminal's")
    return Proof(parts[1], epoch, seq, receipt_no, at_s, lines)


def _line_text(line: ProofLine) -> str:
    line_id = _text(uuid.UUID(line.line_id).bytes)
    return line_id if line.pack is None or line.position is None else f"{line_id},{line.pack},{line.position}"


def _line(text: str) -> ProofLine:
    line, *place = text.split(",")
    line_id = str(uuid.UUID(bytes=_bytes(line)))
    if not place:
        return ProofLine(line_id)
    pack, position = place
    return ProofLine(line_id, pack, int(position))


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
