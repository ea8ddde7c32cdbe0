"""Random actions that a live person can do when asked, and the check of their depth.

A picture can be held up, moved and turned, but it is flat: whatever is done with it, one homography
carries all of its points. So the homography that carries eyes and mouth from the frontal picture to
the turned one must fail to predict where the nose is. For a head that turns by 25° it misses by a
quarter of the width between the eyes; for a photo, by a twentieth at most.
"""

from __future__ import annotations

import secrets
from typing import Any

import cv2
import numpy as np

from kiosk.identity.face.hints import ChallengeVerdict, HeadAction
from kiosk.identity.face.landmarks import EYE_CORNERS, MOUTH_CORNERS, NOSE, FaceLandmarks, Floats

TURNS = (HeadAction.TURN_LEFT, HeadAction.TURN_RIGHT)
ACTIONS_ASKED = 2

TURN_DEG = 16.0
"""A turn is done from here."""
NOD_DEG = 11.0
CLOSER_RATIO = 1.22
"""How much wider the face becomes when the citizen comes closer."""
BLINK_RATIO = 0.62
"""Openness of the eyes, relative to the frontal picture, below which they are closed."""
OPEN_RATIO = 0.80
RELIEF = 0.10
"""Least miss of the nose in a turn, in widths between the outer corners of the eyes."""
FLAT_RELIEF = 0.05
FLAT_NARROW = 0.90
"""A face that has become so much narrower while its nose stayed in place is a flat picture that was
turned."""
FLAT_YAW_DEG = 8.0
WRONG_TURN_DEG = 17.0
WRONG_NOD_DEG = 15.0
BACK_DEG = 9.0
"""The head is back in front below this."""
ACTION_S = 10.0
"""Time for one action; elders take two to four seconds."""
FRAMES = 2
"""Pictures that must agree before anything is believed."""
FLAT_FRAMES = 3


def draw_actions() -> tuple[HeadAction, ...]:
    """Two different random actions, at least one of them a turn, in random order."""
    source = secrets.SystemRandom()
    turn = source.choice(TURNS)
    other = source.choice([action for action in HeadAction if action is not turn])
    actions = [turn, other]
    source.shuffle(actions)
    return tuple(actions)


def relief(frontal: FaceLandmarks, turned: FaceLandmarks) -> float:
    """How far the nose lies from where a flat picture would have it, in widths between the outer
    corners of the eyes. 0 for a plane."""
    plane = [*EYE_CORNERS, *MOUTH_CORNERS]
    before, after = frontal.points[:, :2], turned.points[:, :2]
    found: Any = cv2.findHomography(before[plane], after[plane])  # the stub says: never None
    homography = found[0]
    if homography is None:
        return 0.0
    nose = list(NOSE)
    seen = np.concatenate([before[nose], np.ones((len(nose), 1))], axis=1) @ homography.T
    predicted = seen[:, :2] / seen[:, 2:]
    miss = float(np.linalg.norm(predicted - after[nose], axis=1).mean())
    scale = float(np.linalg.norm(before[EYE_CORNERS[0]] - before[EYE_CORNERS[3]]))
    return miss / max(scale, 1.0) if np.isfinite(miss) else 0.0


class ActionWatch:
    """Watches one action, from the frontal picture until the head is back in front."""

    def __init__(self, action: HeadAction, frontal: FaceLandmarks, width: float, at: float) -> None:
        """``width``: the face's width in the frontal picture; ``at``: now, in seconds."""
        self.action = action
        self.relief = 0.0
        """The largest relief that a done turn has shown."""
        self.share = 0.0
        """How much of the action is done, 0 to 1."""
        self._frontal = frontal
        self._width = width
        self._began = at
        self._seen = self._wrong = self._flat = 0
        self._done = False

    def see(self, now: FaceLandmarks, width: float, at: float) -> ChallengeVerdict | None:
        """The verdict after one more picture; None while there is none yet."""
        yaw = now.pose.yaw - self._frontal.pose.yaw
        pitch = now.pose.pitch - self._frontal.pose.pitch
        depth = relief(self._frontal, now)
        self._flat = self._flat + 1 if self._is_flat(now, yaw, depth) else 0
        if self._flat >= FLAT_FRAMES:
            return ChallengeVerdict.FLAT
        if self._done:
            back = abs(yaw) < BACK_DEG and abs(pitch) < BACK_DEG and width < 1.15 * self._width
            if back and now.openness > OPEN_RATIO * self._frontal.openness:
                return ChallengeVerdict.DONE
        else:
            self._wrong = self._wrong + 1 if self._is_wrong(yaw, pitch) else 0
            if self._wrong >= FRAMES:
                return ChallengeVerdict.WRONG
            self._watch(now, yaw, pitch, depth, width)
        return ChallengeVerdict.SLOW if at - self._began > ACTION_S else None

    def _watch(
        self, now: FaceLandmarks, yaw: float, pitch: float, depth: float, width: float
    ) -> None:
        done = self._progress(now, yaw, pitch, width)
        self.share = max(self.share, min(1.0, done))
        deep = self.action not in TURNS or depth >= RELIEF
        self._seen = self._seen + 1 if done >= 1 and deep else 0
        if self.action in TURNS and done >= 1:
            self.relief = max(self.relief, depth)
        # A blink is short: at 12 pictures a second one closed picture may be all there is.
        needed = 1 if self.action is HeadAction.BLINK else FRAMES
        self._done = self._seen >= needed

    def _progress(self, now: FaceLandmarks, yaw: float, pitch: float, width: float) -> float:
        match self.action:
            case HeadAction.TURN_LEFT:
                return max(0.0, yaw / TURN_DEG)
            case HeadAction.TURN_RIGHT:
                return max(0.0, -yaw / TURN_DEG)
            case HeadAction.NOD:
                return abs(pitch) / NOD_DEG
            case HeadAction.CLOSER:
                return max(0.0, (width / self._width - 1) / (CLOSER_RATIO - 1))
            case HeadAction.BLINK:
                return float(now.openness < BLINK_RATIO * self._frontal.openness)

    def _is_wrong(self, yaw: float, pitch: float) -> bool:
        """Whether the head does something that was not asked. Blinking and coming closer are never
        wrong: people blink, and lean in to read."""
        match self.action:
            case HeadAction.TURN_LEFT:
                return yaw < -WRONG_TURN_DEG
            case HeadAction.TURN_RIGHT:
                return yaw > WRONG_TURN_DEG
            case HeadAction.NOD:
                return abs(yaw) > WRONG_TURN_DEG
            case _:
                return abs(yaw) > WRONG_TURN_DEG or abs(pitch) > WRONG_NOD_DEG

    def _is_flat(self, now: FaceLandmarks, yaw: float, depth: float) -> bool:
        narrow = _slimness(now.points) / max(_slimness(self._frontal.points), 1e-6)
        return narrow < FLAT_NARROW and abs(yaw) < FLAT_YAW_DEG and depth < FLAT_RELIEF


def _slimness(points: Floats) -> float:
    """Width between the eyes by the height from eyes to mouth."""
    outer, _, _, outer2 = (points[at, :2] for at in EYE_CORNERS)
    mouth = points[list(MOUTH_CORNERS), :2].mean(axis=0)
    high = float(np.linalg.norm((outer + outer2) / 2 - mouth))
    return float(np.linalg.norm(outer - outer2)) / max(high, 1.0)
