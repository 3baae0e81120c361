"""The receipt's QR code: a stranger with the terminal's public key can check it, and it names no card."""

import pytest

from kiosk.protocol.keys import SigningKey
from kiosk.receipt.proof import LINES_MAX, Proof, ProofFault, ProofLine, proof_text, read_proof

LINE = "01937a3e-5c00-7123-8abc-0123456789ab"
PROOF = Proof("T-0001", 1, 42, 7, 1_795_312_800, (ProofLine(LINE, "P-000123", 17), ProofLine(LINE)))


def test_what_was_written_is_read_back() -> None:
    """A customer whose receipt cannot be read at the hotline has paid for nothing."""
    key = SigningKey.generate()
    text = proof_text(PROOF, key.sign)
    seen: list[str] = []

    def verify(terminal: str, signature: bytes, data: bytes) -> bool:
        seen.append(terminal)
        return key.public.verify(signature, data)

    assert read_proof(text, verify) == PROOF
    assert seen == ["T-0001"]
    assert text.isascii()


def test_every_changed_character_is_noticed() -> None:
    """A receipt that somebody touched up must not be taken for the till's word."""
    key = SigningKey.generate()
    text = proof_text(PROOF, key.sign)
    for place in range(len(text) - 1):  # the last base64url character of 64 bytes has two bits that mean nothing
        other = "x" if text[place] != "x" else "y"
        with pytest.raises(ProofFault):
            read_proof(text[:place] + other + text[place + 1 :], lambda _, s, d: key.public.verify(s, d))


@pytest.mark.parametrize("text", ["", "K1", "3760123456789", "K2/T/1/2/3/4/x/y", "https://example.org/a/b/c/d/e/f/g"])
def test_other_codes_are_no_proof(text: str) -> None:
    """Any QR code may be held before the reader; it gets a sentence, not a crash."""
    with pytest.raises(ProofFault):
        read_proof(text, lambda _terminal, _signature, _data: True)


def test_ten_lines_fit_and_eleven_do_not() -> None:
    """The code must stay readable on 58 mm paper, so the number of its lines has a limit."""
    key = SigningKey.generate()
    many = Proof("T-0001", 1, 42, 7, 1_795_312_800, (ProofLine(LINE, "P-000123", 17),) * LINES_MAX)
    assert len(proof_text(many, key.sign)) < 600
    with pytest.raises(ProofFault):
        proof_text(Proof("T", 1, 1, 1, 1, (ProofLine(LINE),) * (LINES_MAX + 1)), key.sign)


def test_an_id_with_a_slash_is_refused() -> None:
    """A pack id that could end its field would let one proof read as another."""
    with pytest.raises(ProofFault):
        proof_text(Proof("T/1", 1, 1, 1, 1, (ProofLine(LINE),)), SigningKey.generate().sign)
