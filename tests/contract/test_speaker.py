"""The speaker through its host: what aplay was given to play, and what it says when it cannot."""

from __future__ import annotations

import array
import importlib.util
import shutil
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from drivers.catalogue import create
from drivers.device import (
    CancelToken,
    Check,
    Deadline,
    DeviceError,
    Info,
    Kind,
    Reason,
    Request,
    State,
    Status,
)
from drivers.emulators.speaker import Speaker
from drivers.hosting.thread_host import ThreadHost
from drivers.speaker.aplay import AplaySpeaker
from drivers.speaker.types import Play, Sound

SOUNDS = Path(__file__).parents[2] / "assets" / "sounds"
PATIENT_S = 10.0
needs_aplay = pytest.mark.skipif(
    shutil.which("aplay") is None,
    reason="aplay is missing: sudo apt install alsa-utils",
)


def samples(path: Path) -> array.array[int]:
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16000)
        return array.array("h", file.readframes(file.getnframes()))


@pytest.fixture
def host(tmp_path: Path) -> Iterator[ThreadHost]:
    """A speaker whose sound card writes down what it plays."""
    heard = tmp_path / "heard.wav"
    one = ThreadHost(AplaySpeaker(AplaySpeaker.Settings(f"tee:null,{heard},wav")))
    yield one
    if one._thread.ident is not None:
        one.stop()


@needs_aplay
@pytest.mark.parametrize("sound", Sound)
@pytest.mark.parametrize("volume", [100, 50, 0])
def test_a_sound_is_played_whole(
    host: ThreadHost, tmp_path: Path, sound: Sound, volume: int
) -> None:
    host.start()
    host.execute(Play(sound, volume), PATIENT_S)
    wanted = [sample * volume // 100 for sample in samples(SOUNDS / f"{sound.value}.wav")]
    # ALSA fills its last period up with silence.
    heard = list(samples(tmp_path / "heard.wav"))
    assert heard[: len(wanted)] == wanted
    assert not any(heard[len(wanted) :])
    assert host.status == Status(State.ONLINE)


@needs_aplay
def test_no_sound_card_is_a_state_with_a_sentence() -> None:
    speaker = AplaySpeaker(AplaySpeaker.Settings("hw:31"))
    assert speaker.status().state is State.NO_DEVICE
    host = ThreadHost(speaker)
    host.start()
    with pytest.raises(DeviceError) as caught:
        host.execute(Play(Sound.READ), PATIENT_S)
    assert caught.value.reason is Reason.NO_DEVICE
    assert host.status.state is State.NO_DEVICE
    assert "hw:31" in host.status.detail
    assert "aplay -l" in host.status.mend
    host.stop()
    [check] = speaker.self_test()
    assert not check.passed


def test_without_aplay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeviceError) as caught:
        AplaySpeaker(AplaySpeaker.Settings()).open()
    assert caught.value.reason is Reason.NO_DEVICE
    assert "alsa-utils" in caught.value.mend


def player(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Another ``aplay``, that has what a card may have."""
    program = folder / "aplay"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_a_card_that_another_program_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "aplay: main:831: audio open error: Device or resource busy"
    player(tmp_path, monkeypatch, f"cat >/dev/null; echo '{said}' >&2; exit 1")
    with pytest.raises(DeviceError) as caught:
        AplaySpeaker(AplaySpeaker.Settings()).open()
    assert caught.value.reason is Reason.OFFLINE
    assert "busy" in caught.value.detail
    assert "fuser" in caught.value.mend


@pytest.mark.parametrize("cancelled", [True, False])
def test_a_card_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cancelled: bool
) -> None:
    player(tmp_path, monkeypatch, f"test -e {tmp_path}/hang && exec sleep 30; exec cat >/dev/null")
    host = ThreadHost(AplaySpeaker(AplaySpeaker.Settings()))
    host.start()
    host.execute(Play(Sound.READ), PATIENT_S)
    (tmp_path / "hang").touch()
    cancel = CancelToken()
    begun = time.monotonic()
    future = host.submit(Play(Sound.READ), PATIENT_S if cancelled else 0.3, cancel)
    time.sleep(0.1)
    if cancelled:
        cancel.cancel()
    with pytest.raises(DeviceError) as caught:
        future.result(PATIENT_S)
    assert caught.value.reason is (Reason.CANCELLED if cancelled else Reason.TIMEOUT)
    assert time.monotonic() - begun < PATIENT_S / 2
    host.stop()


def test_a_player_that_leaves_something_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    player(tmp_path, monkeypatch, "sleep 20 & cat >/dev/null; wait")  # it holds what aplay says
    begun = time.monotonic()
    with pytest.raises(DeviceError) as caught:
        AplaySpeaker(AplaySpeaker.Settings()).open()
    assert caught.value.reason is Reason.TIMEOUT
    assert time.monotonic() - begun < PATIENT_S


@needs_aplay
@pytest.mark.parametrize("sound", Sound)
def test_an_emulated_card_that_hangs(tmp_path: Path, sound: Sound) -> None:
    card = Speaker(tmp_path / "card")
    card.start()
    host = ThreadHost(AplaySpeaker(AplaySpeaker.Settings(card.address)))
    host.start()
    try:
        host.execute(Play(Sound.READ), PATIENT_S)
        card.obey("hang")
        with pytest.raises(DeviceError) as caught:
            host.execute(Play(sound), 0.5)
        assert caught.value.reason is Reason.TIMEOUT
        card.obey("well")
        host.execute(Play(sound), PATIENT_S)
    finally:
        host.stop()
        card.stop()


@needs_aplay
def test_what_a_speaker_is() -> None:
    speaker = create(Kind.SPEAKER, "aplay", {"device": "null"})
    assert speaker.info == Info(Kind.SPEAKER, "aplay", "null")
    assert speaker.requests == (Play,)
    speaker.open()
    assert speaker.self_test() == (Check("sound card", True, "null plays"),)
    speaker.reset()
    for request in (Request[None](), Play(Sound.READ, 101), Play(Sound.READ, -1)):
        with pytest.raises(DeviceError) as caught:
            speaker.execute(request, Deadline(1), CancelToken())
        assert caught.value.reason is Reason.UNSUPPORTED
    speaker.close()
    with pytest.raises(DeviceError) as caught:
        speaker.execute(Play(Sound.READ), Deadline(1), CancelToken())
    assert caught.value.reason is Reason.NO_DEVICE


# -- the sounds ------------------------------------------------------------------------------------


def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_sounds", SOUNDS / "make_sounds.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_is_a_file_for_every_sound_and_no_other() -> None:
    assert {path.stem for path in SOUNDS.glob("*.wav")} == {sound.value for sound in Sound}
    assert sum(path.stat().st_size for path in SOUNDS.glob("*.wav")) < 100_000


@pytest.mark.parametrize("sound", Sound)
def test_sounds_are_short_and_soft_and_end_in_silence(sound: Sound) -> None:
    played = samples(SOUNDS / f"{sound.value}.wav")
    assert 0.1 <= len(played) / 16000 <= 0.6
    assert 4000 < max(map(abs, played)) < 20000
    assert max(map(abs, played[-80:])) < 100


def test_the_script_makes_the_sounds_that_are_here(tmp_path: Path) -> None:
    maker().write(tmp_path)
    for sound in Sound:
        made, kept = (samples(folder / f"{sound.value}.wav") for folder in (tmp_path, SOUNDS))
        assert len(made) == len(kept)
        # Another machine's sine may round the other way.
        assert all(abs(a - b) <= 1 for a, b in zip(made, kept, strict=True))
