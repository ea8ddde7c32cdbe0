"""The voice: the newest sentence, never one of a page that is gone, and not too often."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from queue import Empty, Queue
from typing import Any

import pytest

from drivers.camera.types import Stream
from drivers.device import (
    CancelToken,
    Check,
    Deadline,
    DeviceError,
    Driver,
    Info,
    Kind,
    Reason,
    Request,
    State,
    Status,
)
from drivers.hosting.thread_host import ThreadHost
from drivers.speaker.types import Play, Say
from kiosk.identity.face.hints import ACTIONS, HINTS, LEADS, HeadAction, Hint
from kiosk.terminal.cabinet import Cabinet
from kiosk.terminal.dialogue import Dialogue
from kiosk.terminal.spoken import clip_of
from kiosk.terminal.voice import AGAIN_S, SETTLED_S, Pace, Voice
from kiosk.visit.face_steps import OTHER_WAY, CaptureFace, FaceCoaching, FaceTaken, ShowFace
from kiosk.visit.steps import TAKE_ALONG, TAKE_CARD, Choose, Farewell, Option
from kiosk.visit.visit import OTHER_CARD
from kiosk.words import Language, Sayable
from tests.services.hall import Glass
from tests.ui.face_samples import CHALLENGE
from tests.waiting import PATIENCE_S as SOON_S

A, B = ("a",), ("b", "c")


# -- the pace -------------------------------------------------------------------------------------


def heard(*pages: tuple[float, tuple[str, ...]], until: float) -> list[tuple[float, str]]:
    """What is said, and when, of a page that shows other sentences at the given times."""
    pace = Pace()
    said = []
    changes = dict(pages)
    for tick in range(round(until * 10)):
        now = tick / 10
        if now in changes:
            pace.show(changes[now], now)
        if pace.wait(now) == 0.0:
            said.append((now, pace.say(now)[0]))
    return said


def test_a_sentence_that_stays_is_said_again_after_a_while() -> None:
    assert [at for at, _ in heard((0.0, A), until=25)] == [0.4, 10.4, 20.4]


def test_a_sentence_of_a_moment_is_never_said() -> None:
    assert heard((0.0, A), (0.3, B), (1.0, ()), until=20) == [(0.7, "b")]


def test_hints_that_flicker_are_not_chattered() -> None:
    """Two hints that change places five times a second are not said at all; those that change each
    second are said once each, then again when :data:`AGAIN_S` has passed."""
    quick = [(tick / 10, (A, B)[tick // 2 % 2]) for tick in range(0, 100, 2)]
    assert heard(*quick, until=10) == []
    slow = [(float(second), (A, B)[second % 2]) for second in range(9)]
    assert [what for _, what in heard(*slow, until=9)] == ["a", "b"]


def test_nothing_waits_where_nothing_is_shown() -> None:
    pace = Pace()
    assert pace.wait(0.0) is None
    pace.show(A, 1.0)
    assert pace.wait(1.0) == pytest.approx(SETTLED_S)
    pace.say(1.4)
    pace.show(A, 5.0)  # the page shows the same
    assert pace.wait(5.0) == pytest.approx(1.4 + AGAIN_S - 5.0)


# -- the voice ------------------------------------------------------------------------------------


class Mouth(Driver):
    """A speaker without a wire that says a sentence until it is cut off."""

    requests = (Play, Say)

    def __init__(self) -> None:
        super().__init__()
        self.said: Queue[Request[Any]] = Queue()
        self.cut: Queue[Request[Any]] = Queue()
        self.host = ThreadHost(self)

    @property
    def info(self) -> Info:
        return Info(Kind.SPEAKER, "test", "nowhere")

    def open(self) -> None: ...

    def close(self) -> None: ...

    def status(self) -> Status:
        return Status(State.ONLINE)

    def reset(self) -> None: ...

    def self_test(self) -> tuple[Check, ...]:
        return ()

    def execute(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> None:
        self.said.put(request)
        if isinstance(request, Say) and cancel.wait(deadline.remaining()):
            self.cut.put(request)
            raise DeviceError(Reason.CANCELLED)


@pytest.fixture
def mouth() -> Iterator[Mouth]:
    driver = Mouth()
    driver.host.start()
    yield driver
    driver.host.stop()


def words(*sentences: Sayable, language: Language = Language.ZH, volume: int = 100) -> Say:
    names = [clip_of(sentence, language) for sentence in sentences]
    return Say(tuple(name for name in names if name), volume)


def test_a_newer_sentence_cuts_the_older_off(mouth: Mouth) -> None:
    voice = Voice(mouth.host, lambda: Language.EN, lambda: 60)
    closer, mask = HINTS[Hint.CLOSER], HINTS[Hint.MASK]
    voice.show(closer, "")
    first = words(closer, language=Language.EN, volume=60)
    assert mouth.said.get(timeout=SOON_S) == first
    voice.show(mask)
    assert mouth.said.get(timeout=SOON_S) == words(mask, language=Language.EN, volume=60)
    assert mouth.cut.get(timeout=SOON_S) == first
    voice.fall_silent()
    assert mouth.cut.get(timeout=SOON_S) == words(mask, language=Language.EN, volume=60)
    assert mouth.said.empty()


def test_a_page_in_the_other_language_is_said_in_it(mouth: Mouth) -> None:
    language = Language.ZH
    voice = Voice(mouth.host, lambda: language, lambda: 100)
    voice.show(HINTS[Hint.NOBODY])
    assert mouth.said.get(timeout=SOON_S) == words(HINTS[Hint.NOBODY])
    language = Language.EN
    assert mouth.said.get(timeout=SOON_S) == words(HINTS[Hint.NOBODY], language=Language.EN)
    voice.fall_silent()


# -- the pages ------------------------------------------------------------------------------------

NOD = FaceCoaching(ACTIONS[HeadAction.NOD], LEADS[HeadAction.NOD], 2)
CAPTURE = CaptureFace(CHALLENGE, "s1")


class NodCoach:
    """Captures that ask for a nod, and end when they are cancelled."""

    def __init__(self) -> None:
        self.shows: Queue[ShowFace] = Queue()

    def take(self, step: CaptureFace, show: ShowFace, cancel: CancelToken) -> Future[FaceTaken]:
        show(NOD, None)
        self.shows.put(show)
        return Future()

    def prepare(self) -> None:
        raise AssertionError("nobody is asked for a consent")

    def aim(self, show: Callable[[Stream], None], cancel: CancelToken) -> Future[Any]:
        raise AssertionError("nobody aims the camera")


def test_a_capture_says_what_its_page_shows(mouth: Mouth) -> None:
    coach, glass = NodCoach(), Glass()
    hosts = {Kind.SPEAKER: mouth.host}
    dialogue = Dialogue(hosts, booth=coach, aloud=True)
    dialogue.screen = glass
    thread = threading.Thread(
        target=dialogue.ask, args=(CAPTURE,), kwargs={"back": False}, daemon=True
    )
    thread.start()
    said = words(NOD.say, NOD.lead)
    assert mouth.said.get(timeout=SOON_S) == said
    assert glass.coached.get(timeout=SOON_S)[0] == replace(CAPTURE, coaching=NOD)
    dialogue.answer(glass.shown.get(timeout=SOON_S)[1], OTHER_WAY)
    thread.join(SOON_S)
    assert mouth.cut.get(timeout=SOON_S) == said
    late = coach.shows.get(timeout=SOON_S)
    late(FaceCoaching(HINTS[Hint.MASK]), None)  # the capture tells once more after its page
    dialogue.cabinet.guide(Farewell(card=Kind.ID_CARD))
    assert mouth.said.get(timeout=SOON_S) == words(TAKE_ALONG[Kind.ID_CARD, False])
    dialogue.cabinet.fall_silent()


def test_the_farewell_says_what_to_take(mouth: Mouth) -> None:
    cabinet = Cabinet({Kind.SPEAKER: mouth.host}, lambda: Language.ZH)
    cabinet.guide(Farewell(lies=True, why=OTHER_CARD))
    assert isinstance(mouth.said.get(timeout=SOON_S), Play)
    assert mouth.said.get(timeout=SOON_S) == words(TAKE_CARD)
    cabinet.guide(Farewell(why=OTHER_CARD))  # the page says why, and nothing to take
    assert mouth.cut.get(timeout=SOON_S) == words(TAKE_CARD)


def test_another_page_says_nothing_and_ends_what_was_said(mouth: Mouth) -> None:
    cabinet = Cabinet({Kind.SPEAKER: mouth.host}, lambda: Language.ZH)
    cabinet.coach(NOD)
    assert mouth.said.get(timeout=SOON_S) == words(NOD.say, NOD.lead)
    cabinet.guide(Choose("请选择", (Option("a", "a"),)))
    assert mouth.cut.get(timeout=SOON_S) == words(NOD.say, NOD.lead)
    with pytest.raises(Empty):
        mouth.said.get(timeout=2 * SETTLED_S)


@pytest.mark.parametrize("aloud", [True, False])
def test_a_terminal_says_sentences_only_where_its_settings_say_so(
    mouth: Mouth, aloud: bool
) -> None:
    dialogue = Dialogue({Kind.SPEAKER: mouth.host}, aloud=aloud)
    dialogue.screen = Glass()
    dialogue.cabinet.coach(NOD)
    if aloud:
        assert mouth.said.get(timeout=SOON_S) == words(NOD.say, NOD.lead)
    else:
        with pytest.raises(Empty):
            mouth.said.get(timeout=2 * SETTLED_S)
    dialogue.cabinet.fall_silent()


def test_a_terminal_without_a_speaker_says_nothing() -> None:
    cabinet = Cabinet({}, lambda: Language.ZH)
    cabinet.guide(CAPTURE)
    cabinet.coach(NOD)
    cabinet.tell_end(CAPTURE, None)
    cabinet.guide(Farewell(lies=True))
