"""One capture, frame by frame: gate, best picture, two actions. Knows no camera and no screen.

The phases: the gate (one face, well placed, well lit, three good pictures), two random actions with
the head back in front after each, and the gate once more. A wrong action, or a flat face, begins
again with other actions, a few times; a face that is lost begins again always. The picture that is
sent is the best of the second gate: the face of a head that has just acted, not one shown before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import cv2
import numpy as np

from kiosk.identity.face.challenge import ActionWatch, draw_actions
from kiosk.identity.face.coach import Coach, QualityGate
from kiosk.identity.face.cues import Cues, passive_cues
from kiosk.identity.face.hints import ChallengeVerdict, FaceProgress, HeadAction, Hint, HowEnded
from kiosk.identity.face.landmarks import FaceLandmarks, FaceNets, FoundFace, Picture
from kiosk.identity.face.quality import Quality, judge, people

T = TypeVar("T")

LARGEST_SIDE = 960
"""Pixels to which the longer side of a camera's picture is scaled down."""
SMALLEST = (320, 240)
"""Pixels below which a picture is too coarse for a face."""
ATTEMPTS = 3
WHOLE_S = 90.0
"""Seconds after which a capture ends without a picture."""
LOST_S = 1.0
"""Seconds without a face that begin again at the first gate. Once an action is asked, one picture
without exactly one face begins again: in that time a photo may have taken the place of a person."""
LAST_GATE_S = 4.0
"""Seconds after the last action within which the pictures that are sent must be taken."""
SAME_FACE = 0.25
"""Overlap of two boxes, by their union, above which they are the same face a frame later."""
JPEG_QUALITY = 92
SENT_SIZE = (480, 640)
"""Width and height of the picture that is sent: the head with a margin."""


@dataclass(frozen=True, slots=True)
class FaceShot:
    """What a capture gives: a JPEG of the head, and how it came about. No part of it is printed:
    ``repr`` shows no picture."""

    jpeg: bytes = field(repr=False)
    actions: tuple[HeadAction, ...]
    reliefs: tuple[float, ...]
    cues: Cues
    measures: Mapping[str, float]
    score: float
    attempts: int


@dataclass(slots=True)
class _Best:
    score: float
    picture: Picture
    face: FoundFace
    quality: Quality
    cues: Cues


class Capture:
    """See the module. ``on_stage`` is told the seconds of each stage, for the bench."""

    def __init__(
        self,
        nets: FaceNets,
        *,
        draw: Callable[[], tuple[HeadAction, ...]] = draw_actions,
        on_stage: Callable[[str, float], None] = lambda stage, seconds: None,
    ) -> None:
        self._nets = nets
        self._draw = draw
        self._on_stage = on_stage
        self._coach = Coach()
        self._gate = QualityGate()
        self._actions = draw()
        self._at = -1  # index of the action that is asked; -1 and len(actions) at the two gates
        self._watch: ActionWatch | None = None
        self._frontal: tuple[FaceLandmarks, float] | None = None
        self._reliefs: list[float] = []
        self._best: _Best | None = None
        self._last: FoundFace | None = None
        self._began: float | None = None
        self._present_at = 0.0
        self._acted_at = 0.0
        self._again: ChallengeVerdict | None = None
        self._rasters = 0
        self.attempts = 1
        self.ended: HowEnded | None = None
        self.shot: FaceShot | None = None

    def see(self, picture: Picture, at: float) -> FaceProgress:
        """Take the next picture, taken ``at`` seconds. After :attr:`ended` is set, take no more."""
        if self._began is None:
            self._began = self._present_at = at
        height, width = picture.shape[:2]
        if min(width, height) < min(SMALLEST) or max(width, height) < max(SMALLEST):
            return self._end(HowEnded.COARSE)
        if at - self._began > WHOLE_S:
            return self._end(HowEnded.TOO_LONG)
        picture = self._timed("scale", lambda: _scaled(picture))
        faces = self._timed("find", lambda: self._nets.find(picture))
        near = people(faces) if faces else []
        marks = None
        if len(near) == 1:
            marks = self._timed("landmarks", lambda: self._nets.landmarks(picture, near[0]))
        quality = self._timed(
            "quality", lambda: judge(picture, faces, marks, was_good=self._gate.was_good)
        )
        if len(near) == 1 and not self._same(near[0]):
            self._restart(None)
        if len(near) == 1 and marks is not None:
            self._present_at = at
            self._last = near[0]
        elif self._at >= 0 or (self._last is not None and at - self._present_at > LOST_S):
            self._restart(None)
        if self._at == len(self._actions) and at - self._acted_at > LAST_GATE_S:
            self._restart(None)
        if not 0 <= self._at < len(self._actions):
            return self._at_gate(picture, near, marks, quality, at)
        return self._asked(picture, near, marks, quality, at)

    # -- the phases ---------------------------------------------------------------------------

    def _at_gate(
        self,
        picture: Picture,
        near: list[FoundFace],
        marks: FaceLandmarks | None,
        quality: Quality,
        at: float,
    ) -> FaceProgress:
        self._gate.pass_by(quality.good)
        if quality.good and marks is not None:
            cues = self._timed("cues", lambda: passive_cues(picture, near[0]))
            self._rasters = self._rasters + 1 if cues.refuses else 0
            self._keep(picture, near[0], quality, cues)
            if self._rasters >= 3:
                return self._end(HowEnded.SCREEN)
            if self._gate.open and self._at >= 0:
                return self._finish()
            if self._gate.open:
                self._frontal = marks, near[0].width
                return self._next_action(at)
        else:
            self._best = None
        return self._progress(self._coach.hear(quality.hint, at))

    def _asked(
        self,
        picture: Picture,
        near: list[FoundFace],
        marks: FaceLandmarks | None,
        quality: Quality,
        at: float,
    ) -> FaceProgress:
        assert self._watch is not None
        assert marks is not None  # a picture without exactly one face has led back to the gate
        self._coach.hear(None, at)
        verdict = self._watch.see(marks, near[0].width, at)
        if verdict is ChallengeVerdict.DONE:
            self._again = None
            self._reliefs.append(round(self._watch.relief, 3))
            if self._at + 1 == len(self._actions):
                return self._last_gate(picture, near, marks, quality, at)
            return self._next_action(at)
        if verdict is not None:
            if self.attempts >= ATTEMPTS:
                return self._end(HowEnded.NOT_LIVE)
            self.attempts += 1
            self._restart(verdict)
        return self._progress(None)

    def _next_action(self, at: float) -> FaceProgress:
        assert self._frontal is not None
        self._at += 1
        self._watch = ActionWatch(self._actions[self._at], *self._frontal, at)
        return self._progress(None)

    def _last_gate(
        self,
        picture: Picture,
        near: list[FoundFace],
        marks: FaceLandmarks,
        quality: Quality,
        at: float,
    ) -> FaceProgress:
        """Begin the second gate with the picture in which the last action ended."""
        self._at, self._watch, self._acted_at = len(self._actions), None, at
        self._gate, self._best = QualityGate(), None
        return self._at_gate(picture, near, marks, quality, at)

    def _finish(self) -> FaceProgress:
        best = self._best
        assert best is not None  # the gate opens on good pictures only, and keeps the best
        jpeg = self._timed("encode", lambda: _head(best.picture, best.face))
        self.shot = FaceShot(
            jpeg,
            self._actions,
            tuple(self._reliefs),
            best.cues,
            {name: round(value, 3) for name, value in best.quality.measures.items()},
            round(best.score, 3),
            self.attempts,
        )
        return self._end(HowEnded.CAPTURED)

    def _end(self, how: HowEnded) -> FaceProgress:
        self.ended = how
        return FaceProgress(self.steps, self.steps, 1.0 if how is HowEnded.CAPTURED else 0.0)

    def _restart(self, why: ChallengeVerdict | None) -> None:
        """Begin again at the gate, with other actions and without the pictures so far."""
        self._gate = QualityGate()
        self._actions, self._at, self._watch = self._draw(), -1, None
        self._reliefs, self._best = [], None
        self._last = None
        self._again = why or self._again

    # -- parts --------------------------------------------------------------------------------

    @property
    def steps(self) -> int:
        """The gate and the actions."""
        return 1 + len(self._actions)

    def _progress(self, hint: Hint | None) -> FaceProgress:
        done = min(self._at + 1, len(self._actions))
        share = self._watch.share if self._watch else min(1.0, self._gate.count / 3)
        if self._at == len(self._actions):
            share = 1.0
        action = self._actions[self._at] if self._watch and hint is None else None
        whole = min(0.99, (done + share) / self.steps)
        return FaceProgress(done + 1, self.steps, whole, hint, action, self._again)

    def _same(self, face: FoundFace) -> bool:
        """Whether ``face`` is the face of the last picture: no face jumps across the view."""
        return self._last is None or _overlap(self._last, face) > SAME_FACE

    def _keep(self, picture: Picture, face: FoundFace, quality: Quality, cues: Cues) -> None:
        if self._best is None or quality.score > self._best.score:
            self._best = _Best(quality.score, picture, face, quality, cues)

    def _timed(self, stage: str, work: Callable[[], T]) -> T:
        begun = time.perf_counter()
        result = work()
        self._on_stage(stage, time.perf_counter() - begun)
        return result


def _scaled(picture: Picture) -> Picture:
    longest = max(picture.shape[:2])
    if longest <= LARGEST_SIDE:
        return picture
    scale = LARGEST_SIDE / longest
    return np.asarray(
        cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
    )


def _overlap(one: FoundFace, other: FoundFace) -> float:
    left, top = max(one.left, other.left), max(one.top, other.top)
    right = min(one.left + one.width, other.left + other.width)
    bottom = min(one.top + one.height, other.top + other.height)
    both = max(0.0, right - left) * max(0.0, bottom - top)
    return both / (one.width * one.height + other.width * other.height - both)


def _head(picture: Picture, face: FoundFace) -> bytes:
    """The head with a margin, as JPEG: no more of the place than the comparison needs."""
    height, width = picture.shape[:2]
    wide = min(face.width * 2.0, width, height * 0.75)
    high = wide * 4 / 3
    x, y = face.centre
    left = round(min(max(x - wide / 2, 0), width - wide))
    top = round(min(max(y - high * 0.52, 0), max(0.0, height - high)))
    crop = picture[top : top + round(high), left : left + round(wide)]
    if crop.shape[1] > SENT_SIZE[0]:
        crop = np.asarray(cv2.resize(crop, SENT_SIZE, interpolation=cv2.INTER_AREA), np.uint8)
    return cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
