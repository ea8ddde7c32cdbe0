"""Compares a captured face with the photo of a chip: SFace, on faces that FaceMesh has aligned.

The similarity is told to the centre, and decides nothing here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from kiosk.identity.face.chip import ChipPhoto, NotCompared
from kiosk.identity.face.landmarks import (
    EYE_CORNERS,
    MOUTH_CORNERS,
    NOSE,
    FaceLandmarks,
    FaceNets,
    Floats,
    FoundFace,
    Picture,
)
from kiosk.identity.face.models import SFACE, pinned, verified_bytes

CHIP_WIDTH = 408
"""Pixels to which a chip's photo, 102 pixels wide, is enlarged for the nets."""


@dataclass(frozen=True, slots=True)
class ChipComparison:
    """How alike two faces are, as a cosine; or why they were not compared."""

    similarity: float | None = None
    why_not: NotCompared | None = None


class FaceComparer(Protocol):
    """Compares two pictures with one face each, whose row :func:`face_row` has made."""

    def similarity(self, one: Picture, row: Floats, other: Picture, other_row: Floats) -> float: ...


class SFace:
    """OpenCV's recogniser with the model SFace. Raises ``cv2.error`` for bytes that are no net."""

    def __init__(self, model: bytes) -> None:
        empty = np.zeros(0, np.uint8)
        self._net: Any = cv2.FaceRecognizerSF.create("onnx", np.frombuffer(model, np.uint8), empty)

    def similarity(self, one: Picture, row: Floats, other: Picture, other_row: Floats) -> float:
        """The cosine of both faces: 1 is the same picture. OpenCV takes 0.363 for one person."""
        features = [
            self._net.feature(self._net.alignCrop(picture, at.astype(np.float32))).copy()
            for picture, at in ((one, row), (other, other_row))
        ]
        return float(self._net.match(*features, cv2.FaceRecognizerSF_FR_COSINE))


def sface(folder: Path) -> SFace | None:
    """The recogniser, where its pinned file is installed."""
    data = verified_bytes(folder, SFACE)
    return SFace(data) if data is not None else None


def compare(
    nets: FaceNets, comparer: FaceComparer | None, chip: ChipPhoto, face: bytes
) -> ChipComparison:
    """Compare the photo of a chip with ``face``, the JPEG that a capture has taken."""
    if chip.why_not is not None:
        return ChipComparison(why_not=chip.why_not)
    if comparer is None:
        return ChipComparison(why_not=NotCompared.NO_MODEL)
    photo, taken = _picture(chip.picture), _picture(face)
    if photo is None:
        return ChipComparison(why_not=NotCompared.DECODER_FAILED)
    if photo.shape[1] < CHIP_WIDTH:
        scale = CHIP_WIDTH / photo.shape[1]
        enlarged = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        photo = np.asarray(enlarged, np.uint8)
    row = _row_of(nets, photo)
    taken_row = _row_of(nets, taken) if taken is not None else None
    if taken is None or row is None or taken_row is None:
        return ChipComparison(why_not=NotCompared.NO_FACE)
    return ChipComparison(round(comparer.similarity(photo, row, taken, taken_row), 4))


def face_row(face: FoundFace, marks: FaceLandmarks) -> Floats:
    """A face as YuNet tells one, and SFace aligns it: box, eyes, nose, corners of the mouth (those
    at the left of the picture first), score."""
    outer, inner, inner2, outer2 = (marks.points[at, :2] for at in EYE_CORNERS)
    left, right = (marks.points[at, :2] for at in MOUTH_CORNERS)
    points = ((outer + inner) / 2, (inner2 + outer2) / 2, marks.points[NOSE[0], :2], left, right)
    box = np.array([face.left, face.top, face.width, face.height])
    return np.concatenate([box, *points, [face.score]])


def models_of(comparison: ChipComparison) -> dict[str, str]:
    """SHA-256 of the model that has compared, by file name; none where nothing was compared."""
    return {} if comparison.similarity is None else {SFACE: pinned()[SFACE].sha256}


def _row_of(nets: FaceNets, picture: Picture) -> Floats | None:
    faces = nets.find(picture)
    marks = nets.landmarks(picture, faces[0]) if len(faces) == 1 else None
    return face_row(faces[0], marks) if marks is not None else None


def _picture(data: bytes) -> Picture | None:
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return None if found is None else np.asarray(found, np.uint8)
