"""The clock and the ids of a running machine, and the fakes that stand in for them."""

import uuid
from pathlib import Path

import pytest

from kiosk import clock as clock_module
from kiosk.clock import Clock, IdSource, SystemClock, SystemIds, uuid7_text
from tests.fakes.clock import START_MS, FakeClock, SeededIds


def test_the_example_of_the_rfc_comes_out() -> None:
    """Ids laid out in another way would not be UUIDv7 to anybody else (RFC 9562, appendix A.6)."""
    random_a, random_b = 0xCC3, 0x18C4DC0C0C07398F
    random10 = (random_a << 64 | random_b).to_bytes(10, "big")
    assert uuid7_text(unix_ms=0x017F22E279B0, random10=random10) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@pytest.mark.parametrize("fill", [0x00, 0xFF])
def test_version_and_variant_survive_any_random_part(fill: int) -> None:
    """Random bits that reached the version would make ids that other programs refuse."""
    value = uuid.UUID(uuid7_text(unix_ms=START_MS, random10=bytes([fill]) * 10))
    assert (value.version, value.variant, value.int >> 80) == (7, uuid.RFC_4122, START_MS)


@pytest.mark.parametrize(("unix_ms", "count"), [(-1, 10), (1 << 48, 10), (0, 9), (0, 11)])
def test_a_uuid_is_not_made_of_too_little(unix_ms: int, count: int) -> None:
    """A truncated random part would make ids guessable."""
    with pytest.raises(ValueError, match="48 bits"):
        uuid7_text(unix_ms=unix_ms, random10=bytes(count))


def test_system_ids_are_new_each_time_and_carry_the_clocks_time() -> None:
    """Two lines with one id would be one sale to the authority."""
    ids = SystemIds(FakeClock())
    made = {ids.uuid7() for _ in range(1000)}
    assert len(made) == 1000
    assert {uuid.UUID(text).int >> 80 for text in made} == {START_MS}
    assert len(ids.token_bytes(16)) == 16
    assert ids.token_bytes(16) != ids.token_bytes(16)


def test_the_system_clock_tells_the_machines_time() -> None:
    """A clock in seconds, or in local time, would date every entry wrongly."""
    clock = SystemClock()
    assert 1_700_000_000_000 < clock.now_ms() < 4_000_000_000_000
    first = clock.monotonic_ms()
    assert clock.monotonic_ms() >= first
    assert clock.boot_id == SystemClock().boot_id != ""


def test_without_a_boot_id_each_process_has_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Monotonic times of two starts must never look comparable."""
    monkeypatch.setattr(clock_module, "_BOOT_ID_FILE", tmp_path / "absent")
    assert SystemClock().boot_id != SystemClock().boot_id


def test_the_fakes_stand_in_for_the_real_ones(clock: FakeClock, ids: SeededIds) -> None:
    """A fake with other methods would prove nothing about the product."""
    clocks: list[Clock] = [clock, SystemClock()]
    sources: list[IdSource] = [ids, SystemIds(clock)]
    for each in clocks:
        assert isinstance(each.now_ms(), int)
        assert isinstance(each.monotonic_ms(), int)
        assert each.boot_id
    for source in sources:
        assert uuid.UUID(source.uuid7()).version == 7
        assert len(source.token_bytes(5)) == 5


def test_the_fake_clock_jumps_drifts_and_reboots(clock: FakeClock) -> None:
    """Tests of clock faults would test nothing if the fake clock could not misbehave."""
    before = clock.monotonic_ms()
    clock.jump(-3_600_000)
    assert (clock.now_ms(), clock.monotonic_ms()) == (START_MS - 3_600_000, before)
    clock.drift_ppm = 1000
    clock.advance(10_000)
    assert (clock.now_ms(), clock.monotonic_ms()) == (START_MS - 3_600_000 + 10_010, before + 10_000)
    boot = clock.boot_id
    clock.reboot()
    assert clock.boot_id != boot
    assert clock.monotonic_ms() < before


def test_a_seed_repeats(clock: FakeClock) -> None:
    """A failure found by a seed could not be replayed otherwise."""
    assert SeededIds(clock, seed=7).uuid7() == SeededIds(clock, seed=7).uuid7()
    assert SeededIds(clock, seed=7).uuid7() != SeededIds(clock, seed=8).uuid7()
