"""The speaker through its host: what aplay was given to play, and what it says when it cannot."""

from __future__ import annotations

import array
import importlib.util
import json
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
from drivers.emulators.speaker import Speaker, recognized
from drivers.hosting.thread_host import ThreadHost
from drivers.speaker.aplay import AplaySpeaker
from drivers.speaker.clips import PAUSE_S, RATE, clip_samples
from drivers.speaker.types import Play, Say, Sound
from tests.waiting import PATIENCE_S as PATIENT_S
from tests.waiting import PROMPT_S

SOUNDS = Path(__file__).parents[2] / "assets" / "sounds"
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
    player(tmp_path, monkeypatch, f"test -e {tmp_path}/hang && exec sleep 300; exec cat >/dev/null")
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
    assert time.monotonic() - begun < PROMPT_S
    host.stop()


def test_a_player_that_leaves_something_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    player(tmp_path, monkeypatch, "sleep 90 & cat >/dev/null; wait")  # it holds what aplay says
    begun = time.monotonic()
    with pytest.raises(DeviceError) as caught:
        AplaySpeaker(AplaySpeaker.Settings()).open()
    assert caught.value.reason is Reason.TIMEOUT
    assert time.monotonic() - begun < PROMPT_S


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


def sentences(language: str) -> dict[str, str]:
    """By sentence, the name of its clip."""
    found = json.loads((SOUNDS.parent / "speech" / "clips.json").read_text(encoding="utf-8"))
    return dict(found[language])


@needs_aplay
def test_sentences_are_said_whole_one_after_the_other(host: ThreadHost, tmp_path: Path) -> None:
    names = list(sentences("zh_CN").values())[:2]
    host.start()
    host.execute(Say(tuple(names), 50), PATIENT_S)
    one, other = (array.array("h", clip_samples(name)) for name in names)
    wanted = [*one, *[0] * round(PAUSE_S * RATE), *other]
    with wave.open(str(tmp_path / "heard.wav"), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        heard = array.array("h", file.readframes(file.getnframes()))
    assert list(heard[: len(wanted)]) == [sample * 50 // 100 for sample in wanted]
    assert not any(heard[len(wanted) :])


@needs_aplay
def test_an_emulated_card_understands_what_is_said(tmp_path: Path) -> None:
    card = Speaker(tmp_path / "card")
    card.start()
    host = ThreadHost(AplaySpeaker(AplaySpeaker.Settings(card.address)))
    host.start()
    mask, after = "请摘下口罩", "拍完就可以戴回去"
    clips = sentences("zh_CN")
    deadline = Deadline(PATIENT_S)

    def heard(count: int) -> dict[str, object]:
        """The last of ``count`` sounds and sayings, once it was played."""
        while len(card.look()["played"]) < count:
            assert not deadline.passed(), card.look()
        last: dict[str, object] = card.look()["played"][-1]
        return last

    try:
        host.execute(Play(Sound.DONE, 70), PATIENT_S)
        heard(1)  # the card hears it together with the driver's probe: no pause was between them
        host.execute(Say((clips[mask], clips[after]), 70), PATIENT_S)
        assert heard(2) == {"said": [mask, after], "volume": 70}
    finally:
        host.stop()
        card.stop()


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("volume", [100, 30])
def test_every_sentence_is_told_from_every_other(language: str, volume: int) -> None:
    """Also one that was cut off after a second."""
    for words, name in sentences(language).items():
        samples = array.array("h", clip_samples(name))
        played = array.array("h", (sample * volume // 100 for sample in samples)).tobytes()
        assert recognized(played) == {"said": [words], "volume": volume}
        assert recognized(played[: 2 * RATE]) == {"said": [words], "volume": volume}


@needs_aplay
def test_what_a_speaker_is() -> None:
    speaker = create(Kind.SPEAKER, "aplay", {"device": "null"})
    assert speaker.info == Info(Kind.SPEAKER, "aplay", "null")
    assert speaker.requests == (Play, Say)
    speaker.open()
    assert speaker.self_test() == (Check("sound card", True, "null plays"),)
    speaker.reset()
    nonsense = (Request[None](), Play(Sound.READ, 101), Say((), -1), Say(("no-such-clip",)))
    for request in nonsense:
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
