"""What a terminal may say aloud: each sentence has its clip, and no clip is left over."""

from __future__ import annotations

import json
import re

import pytest

from drivers.speaker.clips import RATE, clip_samples, spoken
from kiosk.identity.face.booth import coaching_of
from kiosk.identity.face.hints import ChallengeVerdict, FaceProgress, HeadAction, Hint
from kiosk.terminal.spoken import SPOKEN, clip_of, clips
from kiosk.visit.face_steps import FaceCoaching
from kiosk.visit.steps import TAKE_ALONG, Farewell
from kiosk.words import Language, say
from tools.speech import FOLDER, Plan

COACHED = [
    FaceCoaching(),
    *(
        coaching_of(FaceProgress(1, 3, 0.5, hint, action, again))
        for hint in (None, *Hint)
        for action in (None, *HeadAction)
        for again in (None, *ChallengeVerdict)
    ),
]


def test_every_sentence_has_a_clip_and_no_clip_is_left_over() -> None:
    """When this fails: ``python -m tools.speech``, as its docstring says."""
    plan = Plan.read().clips()
    assert json.loads((FOLDER / "clips.json").read_text(encoding="utf-8")) == plan
    named = {name for sentences in plan.values() for name in sentences.values()}
    assert {path.stem for path in FOLDER.glob("*.ogg")} == named


@pytest.mark.parametrize("language", Language)
def test_all_that_is_shown_while_a_face_is_taken_can_be_said(language: Language) -> None:
    for coaching in COACHED:
        assert clip_of(coaching.say, language)
        assert coaching.lead == "" or clip_of(coaching.lead, language)
    for card, papers in TAKE_ALONG:
        farewell = Farewell(papers, card)
        assert clip_of(farewell.words, language) or not farewell.words
    assert clip_of(Farewell(lies=True).words, language)


def test_what_is_said_is_what_the_page_of_a_capture_shows() -> None:
    progress = FaceProgress(1, 3, 0.0, Hint.MASK)
    assert (coaching_of(progress).say, coaching_of(progress).lead) == (
        progress.words,
        progress.lead,
    )
    assert say(progress.words, Language.ZH) == "请摘下口罩"


def test_nothing_about_a_person_is_spoken() -> None:
    """No fact stands in a spoken sentence, so it says the same to everybody."""
    assert not [text for text in SPOKEN if text.arguments]
    assert clip_of("张三", Language.ZH) is None
    assert clip_of("", Language.ZH) is None


def test_the_clips_are_small_short_and_about_as_loud() -> None:
    paths = sorted(FOLDER.glob("*.ogg"))
    assert sum(path.stat().st_size for path in paths) < 3_000_000
    for path in paths:
        samples = memoryview(clip_samples(path.stem)).cast("h")
        assert 0.5 < len(samples) / RATE < 6.0
        assert 10_000 < max(map(abs, samples)) < 32_767


def test_sentences_are_joined_with_a_pause() -> None:
    one, other = list(clips()["en"].values())[:2]
    assert (
        len(spoken((one, other))) == len(clip_samples(one)) + len(clip_samples(other)) + RATE // 2
    )


def test_a_name_without_a_clip_is_refused() -> None:
    for name in ("nothing", "clips.json", "../sounds/read"):
        with pytest.raises(ValueError, match="no clip"):
            clip_samples(name)


def test_the_readings_are_pinyin_with_tones() -> None:
    for word, pinyin in Plan.read().readings.items():
        assert re.fullmatch(r"[a-z]+[1-5]( [a-z]+[1-5])*", pinyin)
        assert len(word) == len(pinyin.split())
