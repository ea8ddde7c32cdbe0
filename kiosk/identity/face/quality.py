"""Judges one picture of a face: its measures, and one table with the threshold of each.

The components are those of ISO/IEC 29794-5:2025 and the capture rules of GB/T 35678-2017, measured
in simpler ways than the standards' reference algorithms: the names say what is judged, not that the
figures conform. Each rule has two limits: a stricter one to become good, and a looser one to stay
good, so that a measure on the edge does not flicker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from kiosk.identity.face.hints import Hint
from kiosk.identity.face.landmarks import FaceLandmarks, Floats, FoundFace, Picture

Measure = Literal[
    "faces",
    "width",
    "eye_distance",
    "off_x",
    "off_y",
    "yaw",
    "pitch",
    "roll",
    "brightness",
    "clipped",
    "behind",
    "evenness",
    "mouth_colour",
    "eye_darkness",
    "eyes_open",
    "gaze",
    "sharpness",
]


@dataclass(frozen=True, slots=True)
class QualityRule:
    """The limits of one measure: ``good`` to become good, ``stay`` to stay so, both from least to
    most. ``hints`` are for a measure below and above the limits; ``component`` is the standard's
    name."""

    measure: Measure
    component: str
    good: tuple[float, float]
    stay: tuple[float, float]
    hints: tuple[Hint, Hint]


NO_LIMIT = float("inf")
TABLE: tuple[QualityRule, ...] = (
    QualityRule("faces", "Single face present", (1, 1), (1, 1), (Hint.NOBODY, Hint.ALONE)),
    QualityRule("width", "Head size", (0.40, 0.74), (0.36, 0.80), (Hint.CLOSER, Hint.BACK)),
    QualityRule(
        "eye_distance", "Inter-eye distance", (60, NO_LIMIT), (54, NO_LIMIT), (Hint.CLOSER,) * 2
    ),
    QualityRule("off_x", "Face position", (-0.16, 0.16), (-0.20, 0.20), (Hint.CENTRE, Hint.CENTRE)),
    QualityRule("off_y", "Face position", (-0.22, 0.20), (-0.27, 0.25), (Hint.CENTRE, Hint.CENTRE)),
    QualityRule("yaw", "Head pose, yaw", (-11, 11), (-14, 14), (Hint.FACE_ME, Hint.FACE_ME)),
    QualityRule("pitch", "Head pose, pitch", (-12, 22), (-16, 26), (Hint.FACE_ME, Hint.FACE_ME)),
    QualityRule("roll", "Head pose, roll", (-12, 12), (-15, 15), (Hint.UPRIGHT, Hint.UPRIGHT)),
    QualityRule("behind", "Backlight", (-NO_LIMIT, 110), (-NO_LIMIT, 125), (Hint.BACKLIGHT,) * 2),
    QualityRule("brightness", "Exposure", (62, 215), (54, 222), (Hint.DARK, Hint.BRIGHT)),
    QualityRule("clipped", "Over-exposure", (0, 0.18), (0, 0.24), (Hint.BRIGHT, Hint.BRIGHT)),
    QualityRule("evenness", "Even light", (0.55, 9), (0.48, 9), (Hint.UNEVEN, Hint.UNEVEN)),
    QualityRule("mouth_colour", "Mouth and nose not covered", (0, 22), (0, 26), (Hint.MASK,) * 2),
    QualityRule("eye_darkness", "Eyes visible", (0.42, 9), (0.36, 9), (Hint.GLASSES,) * 2),
    QualityRule("eyes_open", "Eyes open", (0.22, 9), (0.19, 9), (Hint.EYES, Hint.EYES)),
    QualityRule("gaze", "Gaze", (-0.20, 0.20), (-0.25, 0.25), (Hint.LOOK, Hint.LOOK)),
    QualityRule("sharpness", "Sharpness", (45, NO_LIMIT), (32, NO_LIMIT), (Hint.STILL,) * 2),
)
"""Every rule, the most urgent first: the coach says the first that is broken."""

VIEW = (3, 4)
"""Width by height of the view: the middle of the camera's picture, which the preview shows."""
OTHERS = 0.45
"""Faces at least this wide, in widths of the widest, are people at the terminal; smaller ones pass
by behind."""
_ALIGNED_PX = 128


@dataclass(frozen=True, slots=True)
class Quality:
    """The judgement of one picture. ``hint`` is the most urgent broken rule, None when all hold.
    ``score`` ranks good pictures, 0 to 1."""

    measures: Mapping[Measure, float]
    hint: Hint | None
    score: float

    @property
    def good(self) -> bool:
        return self.hint is None


def view_of(width: int, height: int) -> tuple[int, int, int, int]:
    """Left, top, width and height of the view in a picture of this size."""
    across, down = VIEW
    if width * down > height * across:
        wide = height * across // down
        return (width - wide) // 2, 0, wide, height
    high = width * down // across
    return 0, (height - high) // 2, width, high


def people(faces: Sequence[FoundFace]) -> list[FoundFace]:
    """The faces of people at the terminal, the widest first."""
    return [face for face in faces if face.width >= OTHERS * faces[0].width]


BLACK = 12.0
"""Mean of all samples, 0 to 255, below which nobody can be seen: a dark hall, a covered lens."""


def judge(
    picture: Picture,
    faces: Sequence[FoundFace],
    landmarks: FaceLandmarks | None,
    *,
    was_good: bool,
) -> Quality:
    """Judge ``picture`` by the first of ``faces`` and its ``landmarks``. ``was_good``: the picture
    before was good, so that the looser limits hold."""
    measures: dict[Measure, float] = {"faces": float(len(people(faces)))}
    if faces:
        measures |= _place(picture, faces[0])
        if landmarks is not None and measures["faces"] == 1:
            measures |= _look(landmarks)
            measures |= _light(picture, faces[0], landmarks)
    hint = _first_broken(measures, was_good=was_good)
    if not faces and float(picture.mean()) < BLACK:
        hint = Hint.DARK
    if hint is None and landmarks is None:
        hint = Hint.FACE_ME  # a face from the side, or one that is covered
    return Quality(measures, hint, _score(measures) if hint is None else 0.0)


def _first_broken(measures: Mapping[Measure, float], *, was_good: bool) -> Hint | None:
    for rule in TABLE:
        value = measures.get(rule.measure)
        if value is None:
            continue
        least, most = rule.stay if was_good else rule.good
        if not value >= least:  # also for a value that is no number
            return rule.hints[0]
        if not value <= most:
            return rule.hints[1]
    return None


def _score(measures: Mapping[Measure, float]) -> float:
    """How near the measures of a good picture are to the best: a frontal, sharp, well-lit face."""
    turned = abs(measures["yaw"]) / 14 + abs(measures["roll"]) / 15 + abs(measures["gaze"]) / 0.25
    sharp = min(1.0, measures["sharpness"] / 300)
    lit = 1 - abs(measures["brightness"] - 130) / 130
    wide = 1 - abs(measures["width"] - 0.55)
    opened = min(1.0, measures["eyes_open"] / 0.4)
    return max(0.0, (1 - turned / 4) * (0.5 + sharp / 2) * (0.5 + lit / 2) * wide * opened)


def _place(picture: Picture, face: FoundFace) -> dict[Measure, float]:
    height, width = picture.shape[:2]
    left, top, wide, high = view_of(width, height)
    x, y = face.centre
    return {
        "width": face.width / wide,
        "off_x": (x - left) / wide - 0.5,
        "off_y": (y - top) / high - 0.5,
    }


def _look(landmarks: FaceLandmarks) -> dict[Measure, float]:
    return {
        "eye_distance": landmarks.eye_distance,
        "yaw": landmarks.pose.yaw,
        "pitch": landmarks.pose.pitch,
        "roll": landmarks.pose.roll,
        "eyes_open": landmarks.openness,
        "gaze": sum(eye.gaze for eye in landmarks.eyes) / 2,
    }


# Points of FaceMesh that bound a patch of the face.
_LEFT_CHEEK = (117, 118, 101, 50, 205, 187, 123)
_RIGHT_CHEEK = (346, 347, 330, 280, 425, 411, 352)
_FOREHEAD = (67, 109, 10, 338, 297, 299, 9, 69)
_MOUTH = (164, 391, 432, 422, 200, 202, 212, 165)  # from under the nose to the chin
_EYE_PATCHES = ((33, 160, 158, 133, 153, 144), (362, 385, 387, 263, 373, 380))


def _light(picture: Picture, face: FoundFace, landmarks: FaceLandmarks) -> dict[Measure, float]:
    """Light, colours and sharpness, on an upright crop of a fixed size, so that no threshold
    depends on how large the face is."""
    crop, points = _aligned(picture, face, landmarks)
    luma = np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), np.uint8)
    lab = cv2.cvtColor(crop, cv2.COLOR_BGR2LAB).astype(np.float64)
    left, right = _patch(points, _LEFT_CHEEK), _patch(points, _RIGHT_CHEEK)
    forehead, mouth = _patch(points, _FOREHEAD), _patch(points, _MOUTH)
    cheeks = left | right
    whole = cheeks | forehead
    sides = sorted((_mean(luma, left), _mean(luma, right)))
    skin = _upper_half(cheeks) | forehead
    first, second = (_wider(_patch(points, patch)) for patch in _EYE_PATCHES)
    eyes = first | second
    lit = max(_mean(luma, whole), 1.0)
    return {
        "brightness": _mean(luma, whole),
        "clipped": float((luma[whole > 0] >= 250).mean()) if (whole > 0).any() else 1.0,
        "behind": _around(picture, face, lit) - lit,
        "evenness": sides[0] / max(sides[1], 1.0),
        "mouth_colour": _colour_distance(lab, skin, mouth),
        "eye_darkness": _mean(luma, eyes) / lit,
        "sharpness": float(cv2.Laplacian(luma, cv2.CV_64F)[whole > 0].var())
        if (whole > 0).any()
        else 0.0,
    }


def _aligned(picture: Picture, face: FoundFace, landmarks: FaceLandmarks) -> tuple[Picture, Floats]:
    """The face upright in a square, and the landmarks there."""
    side = max(face.width, face.height) * 1.25
    angle = np.radians(landmarks.pose.roll)
    scale = side / _ALIGNED_PX
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    back = np.concatenate([turn * scale, np.zeros((2, 1))], axis=1)
    back[:, 2] = np.asarray(face.centre) - back[:, :2] @ np.full(2, _ALIGNED_PX / 2)
    size = (_ALIGNED_PX, _ALIGNED_PX)
    flags = cv2.WARP_INVERSE_MAP | cv2.INTER_AREA
    crop = np.asarray(cv2.warpAffine(picture, back, size, flags=flags), np.uint8)
    points = (landmarks.points[:, :2] - back[:, 2]) @ np.linalg.inv(back[:, :2]).T
    return crop, points


def _patch(points: Floats, outline: Sequence[int]) -> Picture:
    mask = np.zeros((_ALIGNED_PX, _ALIGNED_PX), np.uint8)
    corners = np.clip(points[list(outline)], -999, 999).astype(np.int32)
    cv2.fillConvexPoly(mask, cv2.convexHull(corners), 255)
    return mask


def _upper_half(mask: Picture) -> Picture:
    rows = np.nonzero(mask.any(axis=1))[0]
    upper = mask.copy()
    if rows.size:
        upper[(rows[0] + rows[-1]) // 2 :] = 0
    return upper


def _wider(mask: Picture) -> Picture:
    return np.asarray(cv2.dilate(mask, np.ones((7, 7), np.uint8)), np.uint8)


def _mean(values: Picture, mask: Picture) -> float:
    chosen = values[mask > 0]
    return float(chosen.mean()) if chosen.size else 0.0


def _colour_distance(lab: Floats, skin: Picture, other: Picture) -> float:
    """How far the colours of two patches lie apart in CIELAB, without the lightness: a shadow
    under the nose is no mask. A black or white mask differs in lightness alone, by far more."""
    if not (skin > 0).any() or not (other > 0).any():
        return 99.0  # outside of the picture: nothing that could be judged
    one, two = np.median(lab[skin > 0], axis=0), np.median(lab[other > 0], axis=0)
    colour = float(np.hypot(*(one - two)[1:]))
    lighter = max(0.0, abs(float(one[0] - two[0])) - 55)
    return colour + lighter


def _around(picture: Picture, face: FoundFace, lit: float) -> float:
    """How bright the view is beside the head, 0 to 255; ``lit``, the face's own brightness, where
    the head fills the view."""
    height, width = picture.shape[:2]
    left, _, wide, _ = view_of(width, height)
    small = cv2.cvtColor(picture[::4, ::4], cv2.COLOR_BGR2GRAY)
    begin, end = left // 4, (left + wide) // 4
    bottom = max(1, int((face.top + face.height * 0.6) / 4))
    head = int((face.left - face.width * 0.35) / 4), int((face.left + face.width * 1.35) / 4)
    beside = [small[:bottom, begin : max(begin, head[0])], small[:bottom, min(end, head[1]) : end]]
    values = np.concatenate([part.ravel() for part in beside])
    return float(values.mean()) if values.size else lit
