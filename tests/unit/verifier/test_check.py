"""The negative suite of the verifier: every way we know to change a journal is found, and the first bad entry is named (CAI-17)."""

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kiosk.protocol.canonical import canonical_bytes
from kiosk.protocol.keys import SigningKey
from tests.helpers.journal import public_key_pair
from tests.unit.verifier.conftest import Forger

Verify = Callable[..., tuple[int, str]]
Content = dict[str, Any]  # Any: a JSON object that a test changes in arbitrary ways
SOUND, NOT_SOUND, NOT_CHECKED = 0, 3, 4
TICKET_SEQ = 9  # the first SaleCompleted of the sound journal


def resealed(forger: Forger, change: Callable[[Content], object], *, at: int, key: SigningKey | None = None) -> None:
    """The skilled forger's work: change one content, then renumber nothing but hash and sign everything anew, with his own key or,
    worst of all, with the terminal's."""
    key = key or public_key_pair()
    rows = forger.rows("SELECT seq, content FROM entry ORDER BY seq")
    prev = bytes(32)
    heads: dict[str, str] = {}
    for seq, data in rows:
        assert isinstance(seq, int)
        assert isinstance(data, bytes)
        content = json.loads(data)
        if "chain" in content:
            content["chain_prev"] = heads.get(content["chain"], "00" * 32)
        if seq == at:
            change(content)
        raw = canonical_bytes(content)
        digest = hashlib.sha256(prev + raw).digest()
        forger.run(
            "UPDATE entry SET content = ?, prev = ?, hash = ?, signature = ? WHERE seq = ?",
            values=(raw, prev, digest, key.sign(digest), seq),
        )
        prev = digest
        if "chain" in content:
            heads[content["chain"]] = digest.hex()


def test_a_sound_journal_is_sound(sound_journal: Path, verify: Verify) -> None:
    """An honest shop would be accused."""
    code, said = verify(sound_journal, "--key", public_key_pair().public.text)
    assert code == SOUND, said
    assert "23 entries" in said
    assert "chain ticket: 1 to 3" in said
    assert "sold: 30.00 EUR" in said


def test_without_a_key_it_says_what_it_cannot_know(sound_journal: Path, verify: Verify) -> None:
    """A journal signed by its forger would be taken for the terminal's."""
    code, said = verify(sound_journal)
    assert code == SOUND
    assert "--key" in said
    assert "--anchor" in said


def test_another_key_is_found(sound_journal: Path, verify: Verify) -> None:
    """Somebody else's journal would pass for this terminal's."""
    code, said = verify(sound_journal, "--key", public_key_pair("another").public.text)
    assert code == NOT_SOUND
    assert "first: entry 1: it was not signed with this key" in said


def test_a_key_of_another_epoch_is_not_used(sound_journal: Path, verify: Verify) -> None:
    """A retired key would still be good."""
    code, said = verify(sound_journal, "--key", f"2={public_key_pair().public.text}")
    assert code == NOT_SOUND
    assert "there is no key" in said


@pytest.mark.parametrize("column", ["kind", "chain", "chain_no", "content", "prev", "hash", "signature"])
@pytest.mark.parametrize("seq", [1, TICKET_SEQ, 23])
def test_every_column_of_a_row_is_covered(forger: Forger, verify: Verify, column: str, seq: int) -> None:
    """A field that nothing covers could be rewritten at night."""
    value = forger.rows(f"SELECT {column} FROM entry WHERE seq = {seq}")[0][0]
    if isinstance(value, bytes):
        forged: object = value[:-2] + bytes([value[-2] ^ 1]) + value[-1:]
    elif isinstance(value, int):
        forged = value + 100
    else:
        forged = {"kind": "SaleClosed", "chain": "training"}[column]
    forger.run(f"UPDATE entry SET {column} = ? WHERE seq = ?", values=(forged, seq))
    code, said = verify(forger.path)
    assert code == NOT_SOUND
    assert f"entry {seq}" in said


def _leaves(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(value, dict):
        return [leaf for name, inner in value.items() for leaf in _leaves(inner, (*path, name))]
    if isinstance(value, list):
        return [leaf for index, inner in enumerate(value) for leaf in _leaves(inner, (*path, index))]
    return [path]


def test_every_field_of_a_receipt_is_covered(forger: Forger, verify: Verify) -> None:
    """One field of a receipt, from the shop's SIRET to the price, could be altered without a trace (CAI-02)."""
    original = forger.rows(f"SELECT content FROM entry WHERE seq = {TICKET_SEQ}")[0][0]
    assert isinstance(original, bytes)
    leaves = _leaves(json.loads(original))
    assert len(leaves) > 35
    for path in leaves:
        content = json.loads(original)
        inner = content
        for step in path[:-1]:
            inner = inner[step]
        old = inner[path[-1]]
        inner[path[-1]] = old + 1 if isinstance(old, int) else old[:-1] + ("0" if old[-1:] != "0" else "1")
        forger.run("UPDATE entry SET content = ? WHERE seq = ?", values=(canonical_bytes(content), TICKET_SEQ))
        code, said = verify(forger.path)
        assert code == NOT_SOUND, path
        assert f"first: entry {TICKET_SEQ}:" in said, path


@pytest.mark.parametrize("seq", [1, 2, TICKET_SEQ, 21])
def test_a_deleted_row_is_found(forger: Forger, verify: Verify, seq: int) -> None:
    """A sale could be taken out."""
    forger.run(f"DELETE FROM outbox WHERE seq = {seq}", f"DELETE FROM entry WHERE seq = {seq}")
    code, said = verify(forger.path)
    assert code == NOT_SOUND
    assert f"first: entry {seq + 1}: one entry is missing before it" in said
    assert f"expected: entry {seq}" in said


def test_a_gap_that_was_closed_is_found(forger: Forger, verify: Verify) -> None:
    """A sale could be taken out and the rest be renumbered."""
    forger.run(
        "DELETE FROM outbox",
        f"DELETE FROM entry WHERE seq = {TICKET_SEQ}",
        f"UPDATE entry SET seq = -seq WHERE seq > {TICKET_SEQ}",
        "UPDATE entry SET seq = -seq - 1 WHERE seq < 0",
    )
    code, said = verify(forger.path)
    assert code == NOT_SOUND
    assert f"first: entry {TICKET_SEQ}:" in said


def test_swapped_rows_are_found(forger: Forger, verify: Verify) -> None:
    """Two sales could change places."""
    forger.run(
        "DELETE FROM outbox",
        "UPDATE entry SET seq = -1 WHERE seq = 5",
        "UPDATE entry SET seq = 5 WHERE seq = 6",
        "UPDATE entry SET seq = 6 WHERE seq = -1",
    )
    code, said = verify(forger.path)
    assert code == NOT_SOUND
    assert "first: entry 5:" in said


def test_an_inserted_row_is_found(forger: Forger, verify: Verify) -> None:
    """A sale that never was could be put in."""
    forger.run(
        "INSERT INTO entry SELECT 24, kind, NULL, NULL, content, (SELECT hash FROM entry WHERE seq = 23), hash, signature"
        " FROM entry WHERE seq = 5"
    )
    code, said = verify(forger.path)
    assert code == NOT_SOUND
    assert "first: entry 24:" in said


def test_a_tail_that_was_cut_shows_against_an_anchor(forger: Forger, verify: Verify, tmp_path: Path) -> None:
    """The last sales of a day could be taken off: the one change that the chain alone cannot show."""
    digest = forger.rows("SELECT hash FROM entry WHERE seq = 23")[0][0]
    assert isinstance(digest, bytes)
    head = f"23:{digest.hex()}"
    assert verify(forger.path, "--anchor", head)[0] == SOUND
    forger.run("DELETE FROM outbox WHERE seq > 21", "DELETE FROM entry WHERE seq > 21")
    assert verify(forger.path)[0] == SOUND
    code, said = verify(forger.path, "--anchor", head)
    assert code == NOT_SOUND
    assert "first: file: the end is missing" in said
    assert "entry 23" in said
    code, said = verify(forger.path, "--anchor", f"21:{'ab' * 32}")
    assert code == NOT_SOUND
    assert "first: entry 21: the anchor saw another entry here" in said


def test_the_tills_own_anchor_file_serves_too(sound_journal: Path, forger: Forger, verify: Verify) -> None:
    """Without the authority at hand nobody could see that the end is missing."""
    anchor = sound_journal.with_name("journal-T0001.anchor")
    assert verify(forger.path, "--anchor", str(anchor))[0] == SOUND
    forger.run("DELETE FROM outbox WHERE seq > 21", "DELETE FROM entry WHERE seq > 21")
    assert verify(forger.path, "--anchor", str(anchor))[0] == NOT_SOUND


def test_an_older_journal_continued_is_found_by_the_anchor(forger: Forger, verify: Verify) -> None:
    """Yesterday's file could be put back and be sold on with, properly signed."""
    resealed(forger, lambda content: content.update(user="clerk-2"), at=10)
    assert verify(forger.path)[0] == SOUND, "who has the terminal's key makes a sound journal"
    original = "23:" + "ab" * 32
    assert verify(forger.path, "--anchor", original)[0] == NOT_SOUND


def test_resealing_with_another_key_is_found(forger: Forger, verify: Verify) -> None:
    """Somebody who recomputes every hash could sign with a key of his own."""
    resealed(forger, lambda content: content.update(user="clerk-2"), at=10, key=public_key_pair("forger"))
    code, said = verify(forger.path, "--key", public_key_pair().public.text)
    assert code == NOT_SOUND
    assert "it was not signed with this key" in said


SIGNED_NONSENSE: dict[str, tuple[int, Callable[[Content], object], str]] = {
    "a date that goes back": (10, lambda c: c.update(at="2020-01-01T00:00:00.000Z"), "it is older than the entry before"),
    "a date that is none": (10, lambda c: c.update(at="2026-02-30T00:00:00.000Z"), "its time is not one"),
    "a date without its milliseconds": (10, lambda c: c.update(at="2026-01-01T09:00:08Z"), "its time is not one"),
    "a ticket number left out": (TICKET_SEQ, lambda c: c.update(chain_no=2), "a number is missing in the chain ticket"),
    "a ticket number used twice": (23, lambda c: c.update(chain_no=2), "a number was used twice in the chain ticket"),
    "a ticket that follows another": (
        23, lambda c: c.update(chain_prev="ab" * 32), "the hash of the entry before it in the chain ticket",
    ),
    "a ticket outside its chain": (
        23, lambda c: [c.pop(name) for name in ("chain", "chain_no", "chain_prev")], "in the wrong fiscal chain",
    ),
    "a ticket in another chain": (23, lambda c: c.update(chain="copy"), "in the wrong fiscal chain"),
    "half a chain": (23, lambda c: c.pop("chain_no"), "stand together"),
    "a chain that there is not": (4, lambda c: c.update(chain="gifts", chain_no=1, chain_prev="00" * 32), "fiscal chain"),
    "another terminal": (10, lambda c: c.update(terminal="T0002"), "it is another terminal's"),
    "an epoch that goes back": (10, lambda c: c.update(epoch=0), "its epoch is older"),
    "another number": (10, lambda c: c.update(seq=11), "the column seq"),
    "a missing field": (10, lambda c: c.pop("boot"), "'boot' is missing"),
    "a field too many": (10, lambda c: c.update(note="x"), "'note' does not belong"),
    "a truth value for a number": (10, lambda c: c.update(mono_ms=True), "'mono_ms' is missing or of the wrong type"),
    "an impossible offset": (10, lambda c: c.update(offset_minutes=900), "so far from UTC"),
    "a total that is too small": (23, lambda c: c["body"].update(total_minor=900), "not the sum of the lines"),
    "a line that is not quantity × price": (
        23, lambda c: c["body"]["lines"][0].update(quantity=2), "not quantity × unit price",
    ),
    "a line taken out of the total": (
        23, lambda c: c["body"]["lines"][0].update(outcome="refunded"), "not the sum of the lines",
    ),
    "an outcome that there is not": (23, lambda c: c["body"]["lines"][0].update(outcome="lost"), "unknown outcome"),
    "change that was not given": (
        23, lambda c: c["body"]["tenders"][0].update(change_minor=900), "what was received less change",
    ),
    "money that was not taken": (23, lambda c: c["body"].update(tenders=[]), "less money was taken"),
    "a receipt without its shop": (23, lambda c: c["body"]["shop"].pop("siret"), "'siret'"),
    "a receipt without its software": (23, lambda c: c["body"].pop("software"), "'software'"),
}  # fmt: skip


@pytest.mark.parametrize("name", SIGNED_NONSENSE)
def test_what_is_wrong_is_found_even_if_it_is_properly_signed(forger: Forger, verify: Verify, name: str) -> None:
    """A fault of ours would be signed like any entry, and nobody but the verifier would see it."""
    at, change, sentence = SIGNED_NONSENSE[name]
    resealed(forger, change, at=at)
    code, said = verify(forger.path, "--key", public_key_pair().public.text)
    assert code == NOT_SOUND
    assert sentence in said
    assert f"entry {at}" in said


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b'{"v":1, "seq":10}', "canonical form"),
        (b'{"v":1,"seq":10}', "canonical form"),
        (b'{"seq":10,"seq":10}', "stands twice"),
        (b'{"v":1.0}', "not a whole number"),
        (b'{"v":NaN}', "not a whole number"),
        (b'{"v":null}', "null"),
        (b'{"v":[null]}', "null"),
        ('{"é":1}'.encode(), "not ASCII"),
        (b'{"v":' + b"[" * 17 + b"]" * 17 + b"}", "deeper"),
        (b'{"v":9007199254740992}', "2^53"),
        (b'{"v":"\\u0041"}', "canonical form"),
        (b"[]", "not a JSON object"),
        (b"{", "not JSON"),
        (b'{"v":"\xff"}', "not UTF-8"),
        (b"[" * 5000, "not JSON"),
    ],
)
def test_what_is_not_canonical_is_found(forger: Forger, verify: Verify, raw: bytes, sentence: str) -> None:
    """One entry could have two readings: one for us and one for the tax office."""
    forger.run("UPDATE entry SET content = ? WHERE seq = 10", values=(raw,))
    code, said = verify(forger.path)
    assert code == NOT_SOUND
    assert sentence in said


def test_an_entry_of_a_newer_format_keeps_its_chains(forger: Forger, verify: Verify) -> None:
    """An older verifier would call a newer till's journal forged, or not look at its chains."""
    resealed(forger, lambda content: content.update(v=2, extra="x"), at=10)
    code, said = verify(forger.path, "--key", public_key_pair().public.text)
    assert code == SOUND
    assert "1 entries are of a newer format" in said
    resealed(forger, lambda content: content.update(v=2, chain_no=7), at=23)
    assert verify(forger.path)[0] == NOT_SOUND


def test_a_removed_trigger_is_found(forger: Forger, verify: Verify) -> None:
    """Nobody would ask why the protection of the entries is gone."""
    connection = sqlite3.connect(forger.path)
    connection.execute("DROP TRIGGER entry_no_update")
    connection.commit()
    connection.close()
    code, said = verify(forger.path)
    assert code == NOT_SOUND
    assert "entry_no_update" in said


def test_a_beginning_that_was_moved_is_found(forger: Forger, verify: Verify) -> None:
    """The first sales could be cut off and the file be said to begin later."""
    digest = forger.rows("SELECT hash FROM entry WHERE seq = 2")[0][0]
    forger.run("UPDATE genesis SET no = 2, hash = ? WHERE chain = 'master'", values=(digest,))
    forger.run("DELETE FROM outbox WHERE seq < 3", "DELETE FROM entry WHERE seq < 3")
    assert verify(forger.path)[0] == NOT_SOUND, "the event chain tells"


def test_a_truncated_file_is_never_sound(sound_journal: Path, tmp_path: Path, verify: Verify) -> None:
    """Half a journal, from a full USB stick, would be taken for a whole one."""
    data = sound_journal.read_bytes()
    path = tmp_path / "half.db"
    cuts = [0, 1, 99, 100, 101, 4095, *range(4096, len(data), 4096), len(data) - 1]
    for cut in cuts:
        path.write_bytes(data[:cut])
        code, said = verify(path)
        assert code in (NOT_SOUND, NOT_CHECKED), (cut, said)
        assert said.strip()


def test_a_flipped_bit_changes_nothing_or_is_found(sound_journal: Path, tmp_path: Path, verify: Verify) -> None:
    """A disk's or a forger's flipped bit would pass: what is still called sound must hold exactly the same entries."""
    data = bytearray(sound_journal.read_bytes())
    question = "SELECT seq, kind, chain, chain_no, content, prev, hash, signature FROM entry NOT INDEXED ORDER BY seq"
    wanted = Forger(sound_journal).rows(question)
    path = tmp_path / "flipped.db"
    found = 0
    positions = range(0, len(data), int(os.environ.get("KIOSK_CUT_STRIDE", "397")))
    for position in positions:
        data[position] ^= 0x10
        path.write_bytes(data)
        data[position] ^= 0x10
        code, _ = verify(path, "--key", public_key_pair().public.text)
        if code == SOUND:
            connection = sqlite3.connect(path.as_uri() + "?mode=ro&immutable=1", uri=True)
            assert connection.execute(question).fetchall() == wanted, position
            connection.close()
        else:
            found += 1
    assert found > len(positions) // 4
