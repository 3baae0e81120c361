"""Sounds: as designed, at the volume that was set, and nobody waits for them."""

import io
import json
import re
import threading
import wave
from itertools import pairwise

import pytest

from kiosk.resources import asset
from kiosk.ui.sounds import QUEUE_LIMIT, Sounds, scaled

FOLDER = asset("sounds")
TOKENS = json.loads(asset("themes", "tokens.json").read_text("utf-8"))["sound"]


def frames(wav: bytes) -> tuple[int, list[int]]:
    with wave.open(io.BytesIO(wav)) as source:
        raw = source.readframes(source.getnframes())
        return source.getframerate(), [
            int.from_bytes(raw[i : i + 2], "little", signed=True) for i in range(0, len(raw), 2)
        ]


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.wav")))
def test_every_sound_is_the_design_s(name: str) -> None:
    """A refused card would sound like an accepted one."""
    rate, samples = frames((FOLDER / f"{name}.wav").read_bytes())
    wanted_hz = int(re.findall(r"\d+", TOKENS[name])[0])
    # the first tone: count its zero crossings over 60 ms
    part = samples[: int(rate * 0.06)]
    crossings = sum(1 for a, b in pairwise(part) if (a < 0) != (b < 0))
    assert abs(crossings / 2 / 0.06 - wanted_hz) < wanted_hz * 0.08 + 10


def test_volume_scales_the_samples() -> None:
    """« Bas » would be as loud as « Fort »."""
    wav = (FOLDER / "scan_ok.wav").read_bytes()
    _, full = frames(wav)
    _, low = frames(scaled(wav, 30))
    assert max(low) == pytest.approx(max(full) * 0.3, abs=1)
    assert scaled(wav, 100) == wav


def test_nobody_waits_for_a_sound() -> None:
    """A stuck sound card would stop the till."""
    gate, played = threading.Event(), []

    def backend(wav: bytes) -> None:
        gate.wait(5)
        played.append(len(wav))

    sounds = Sounds(FOLDER, volume=60, backend=backend)
    for _ in range(50):
        sounds.play("scan_ok")  # returns at once although nothing can be played
    gate.set()
    sounds.stop()
    assert 1 <= len(played) <= QUEUE_LIMIT + 2


def test_silence_and_trouble_are_survived() -> None:
    """A missing sound card would stop the till."""

    def backend(wav: bytes) -> None:
        raise OSError("no card")

    sounds = Sounds(FOLDER, volume=60, backend=backend)
    sounds.play("error")
    sounds.volume = 0
    sounds.play("error")
    sounds.stop()


def test_an_unknown_sound_is_a_mistake_of_ours() -> None:
    """A renamed sound would silently be no sound."""
    sounds = Sounds(FOLDER, volume=0, backend=lambda wav: None)
    with pytest.raises(KeyError):
        sounds.play("ding")
    sounds.stop()
