"""Finds faces and their landmarks in one picture: BlazeFace or YuNet, FaceMesh, the iris net.

Pictures have the shape (height, width, 3), channels blue, green, red, 8 bits each. Coordinates are
pixels of the picture; x grows to the right of the picture, which is the left of the person in it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.identity.face.models import BLAZEFACE, FACEMESH, IRIS, LIVENESS, YUNET, verified_bytes

Picture = NDArray[np.uint8]
Floats = NDArray[np.float64]

LEAST_SCORE = 0.5
"""Scores of BlazeFace below which a candidate is no face."""
LEAST_SCORE_YUNET = 0.7
LEAST_PRESENCE = 0.5
"""Presence below which FaceMesh has lost the face."""
EYE_CORNERS = (33, 133, 362, 263)
"""FaceMesh points: outer and inner corner of the eye at the left of the picture, inner and outer
corner of the other."""
NOSE = (4, 1)
MOUTH_CORNERS = (61, 291)

_OVERLAP = 0.3  # two boxes that share more than this are one face
_MESH_ROI = 1.5  # side of FaceMesh's square, in sizes of the box
_EYE_ROI = 2.3  # side of the iris net's square, in widths of the eye
_DETECT_PX = 128
_YUNET_PX = 320
_MESH_PX = 192
_EYE_PX = 64
# Points of the canonical face model of MediaPipe (Apache-2.0), in cm: x to the right of the
# picture, y down, z away from the camera.
CANONICAL = {
    33: (-4.446, -2.664, -3.173),
    133: (-1.856, -2.585, -3.758),
    362: (1.856, -2.585, -3.758),
    263: (4.446, -2.664, -3.173),
    168: (0.0, -3.271, -5.236),
    6: (0.0, -2.473, -5.789),
    4: (0.0, 0.463, -7.587),
    1: (0.0, 1.127, -7.476),
    61: (-2.456, 4.343, -4.284),
    291: (2.456, 4.343, -4.284),
    10: (0.0, -8.262, -4.482),
    152: (0.0, 9.403, -4.264),
    234: (-7.664, -0.673, 2.436),
    454: (7.664, -0.673, 2.436),
}
_RIGID = tuple(CANONICAL)
_RIGID_POINTS = np.array(list(CANONICAL.values()), np.float64)
_FOCAL = 1.1  # focal length, in widths of the picture: most cameras of kiosks lie near it


@dataclass(frozen=True, slots=True)
class FoundFace:
    """One face of a picture: the box (left, top, width, height), and its eyes as the line from
    which FaceMesh turns the face upright."""

    left: float
    top: float
    width: float
    height: float
    eyes: tuple[tuple[float, float], tuple[float, float]]  # left of the picture first
    score: float

    @property
    def centre(self) -> tuple[float, float]:
        return self.left + self.width / 2, self.top + self.height / 2


@dataclass(frozen=True, slots=True)
class Pose:
    """Degrees. ``yaw`` grows as the person turns to their own left, ``pitch`` as they look down,
    ``roll`` as the head leans to the right of the picture."""

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, slots=True)
class EyeLook:
    """One eye: how far it is open, height by width (0.1 closed, 0.4 open), and how far the iris is
    from the middle between the corners, in widths of the eye, to the right of the picture."""

    openness: float
    gaze: float


@dataclass(frozen=True, slots=True, eq=False)
class FaceLandmarks:
    """The landmarks of one face. ``points`` has the shape (468, 3): x, y and a relative depth, all
    in pixels; the depth is smaller the nearer a point is."""

    points: Floats
    presence: float
    pose: Pose
    eyes: tuple[EyeLook, EyeLook]

    @property
    def eye_distance(self) -> float:
        """Pixels between the middles of both eyes: the inter-eye distance of ISO/IEC 29794-5."""
        first, second = (
            self.points[list(pair), :2].mean(axis=0) for pair in ((33, 133), (362, 263))
        )
        return float(np.linalg.norm(first - second))

    @property
    def openness(self) -> float:
        """How far the eye that is open wider is open: a blink closes both."""
        return max(eye.openness for eye in self.eyes)


class FaceNets:
    """The networks of one capture. Used from one thread.

    Raises :class:`LivenessUnavailable` when one of the three models is missing or differs.
    """

    def __init__(self, folder: Path) -> None:
        loaded = {name: verified_bytes(folder, name) for name in (*LIVENESS, YUNET)}
        missing = [name for name in LIVENESS if loaded[name] is None]
        if missing:
            raise LivenessUnavailable(missing)
        used = {name: data for name, data in loaded.items() if data is not None}
        self.hashes = {name: hashlib.sha256(data).hexdigest() for name, data in used.items()}
        """SHA-256 of every model in use, by file name."""
        self._mesh = _net(used[FACEMESH])
        self._iris = _net(used[IRIS])
        self._finder: BlazeFace | YuNet = (
            YuNet(used[YUNET]) if YUNET in used else BlazeFace(used[BLAZEFACE])
        )

    @property
    def engine(self) -> str:
        """What computes, for the record of a capture."""
        return f"OpenCV {cv2.__version__}, {type(self._finder).__name__}, FaceMesh 468, iris"

    def find(self, picture: Picture) -> list[FoundFace]:
        """All faces, the widest first."""
        return self._finder.find(picture)

    def landmarks(self, picture: Picture, face: FoundFace) -> FaceLandmarks | None:
        """The landmarks of ``face``; None when FaceMesh sees no face there."""
        (x0, y0), (x1, y1) = face.eyes
        angle = float(np.arctan2(y1 - y0, x1 - x0))
        side = max(face.width, face.height) * _MESH_ROI
        crop, back = _upright(picture, face.centre, side, angle, _MESH_PX)
        self._mesh.setInput(cv2.dnn.blobFromImage(crop, 1 / 255, swapRB=True))
        presence, flat = self._mesh.forward(["conv2d_31", "conv2d_21"])
        certain = 1 / (1 + float(np.exp(-float(presence.ravel()[0]))))
        if not certain >= LEAST_PRESENCE:  # also when the net gives no number
            return None
        raw = flat.reshape(468, 3).astype(np.float64)
        flat_points = raw[:, :2] @ back[:, :2].T + back[:, 2]
        points = np.concatenate([flat_points, raw[:, 2:] * (side / _MESH_PX)], axis=1)
        if not np.isfinite(points).all():
            return None
        pose = pose_of(points, picture.shape[1], picture.shape[0])
        outer, inner, inner2, outer2 = (points[at, :2] for at in EYE_CORNERS)
        eyes = (
            self._eye(picture, outer, inner, mirrored=False),
            self._eye(picture, inner2, outer2, mirrored=True),
        )
        return FaceLandmarks(points, certain, pose, eyes)

    def _eye(self, picture: Picture, left: Floats, right: Floats, *, mirrored: bool) -> EyeLook:
        """The eye between two corners. The net was trained on one eye; the other is mirrored."""
        along = right - left
        width = float(np.linalg.norm(along))
        angle = float(np.arctan2(along[1], along[0]))
        middle = ((left + right) / 2).tolist()
        crop, _ = _upright(picture, middle, max(width, 1.0) * _EYE_ROI, angle, _EYE_PX)
        if mirrored:
            crop = np.ascontiguousarray(crop[:, ::-1])
        self._iris.setInput(cv2.dnn.blobFromImage(crop, 1 / 255, swapRB=True))
        outline, iris = self._iris.forward(["output_eyes_contours_and_brows", "output_iris"])
        outline, iris = outline.reshape(71, 3)[:, :2], iris.reshape(5, 3)[:, :2]
        across = max(float(np.linalg.norm(outline[0] - outline[8])), 1.0)
        height = float(np.linalg.norm(outline[12] - outline[4]))
        gaze = float(iris[0, 0] - (outline[0, 0] + outline[8, 0]) / 2) / across
        return EyeLook(height / across, -gaze if mirrored else gaze)


class LivenessUnavailable(Exception):
    """Liveness is not available: ``missing`` names the models that are absent or differ."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(", ".join(missing))
        self.missing = tuple(missing)


class BlazeFace:
    """MediaPipe's short-range detector: 896 candidates on two grids, about 3 ms."""

    def __init__(self, model: bytes) -> None:
        self._net = _net(model)
        self._anchors = _anchors()

    def find(self, picture: Picture) -> list[FoundFace]:
        """All faces, the widest first."""
        small, scale, left, top = _letterbox(picture, _DETECT_PX)
        blob = cv2.dnn.blobFromImage(small, 1 / 127.5, mean=(127.5, 127.5, 127.5), swapRB=True)
        self._net.setInput(blob)
        boxes, scores = self._net.forward(["regressors", "classificators"])
        certain = 1 / (1 + np.exp(-np.clip(scores.reshape(-1).astype(np.float64), -80, 80)))
        likely = certain > LEAST_SCORE
        raw = boxes.reshape(-1, 16)[likely].astype(np.float64)
        certain, anchors = certain[likely], self._anchors[likely]
        offset = np.array([left, top])
        centres = (raw[:, :2] + anchors * _DETECT_PX - offset) / scale
        sizes = raw[:, 2:4] / scale
        points = (raw[:, 4:].reshape(-1, 6, 2) + anchors[:, None] * _DETECT_PX - offset) / scale
        rects = np.concatenate([centres - sizes / 2, sizes], axis=1)
        kept = cv2.dnn.NMSBoxes(rects.tolist(), certain.tolist(), LEAST_SCORE, _OVERLAP)
        found = [_face(rects[at], points[at, :2], certain[at]) for at in kept]
        return sorted(found, key=lambda face: -face.width)


class YuNet:
    """OpenCV's detector: better on masks, profiles and small faces, 3 to 5 ms at 320 pixels."""

    def __init__(self, model: bytes) -> None:
        buffer = np.frombuffer(model, np.uint8)
        empty = np.zeros(0, np.uint8)
        size = (_YUNET_PX, _YUNET_PX)
        self._net: Any = cv2.FaceDetectorYN.create(
            "onnx", buffer, empty, size, LEAST_SCORE_YUNET, _OVERLAP
        )

    def find(self, picture: Picture) -> list[FoundFace]:
        """All faces, the widest first."""
        small, scale, left, top = _letterbox(picture, _YUNET_PX)
        _, rows = self._net.detect(small)
        offset = np.array([left, top])
        found = []
        for row in () if rows is None else rows.astype(np.float64):
            corner = (row[:2] - offset) / scale
            points = (row[4:8].reshape(2, 2) - offset) / scale
            found.append(_face(np.concatenate([corner, row[2:4] / scale]), points, row[14]))
        return sorted(found, key=lambda face: -face.width)


def pose_of(points: Floats, width: int, height: int) -> Pose:
    """The pose of a head from its landmarks, by the canonical face. Good to about 30°."""
    focal = _FOCAL * max(width, height)
    camera = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    seen = np.ascontiguousarray(points[list(_RIGID), :2])
    solved, rotation, _ = cv2.solvePnP(_RIGID_POINTS, seen, camera, None, flags=cv2.SOLVEPNP_SQPNP)
    if not solved:
        return Pose(90.0, 90.0, 90.0)
    matrix = cv2.Rodrigues(rotation)[0]
    yaw = np.arctan2(matrix[2, 0], np.hypot(matrix[2, 1], matrix[2, 2]))
    pitch = np.arctan2(matrix[2, 1], matrix[2, 2])
    roll = np.arctan2(matrix[1, 0], matrix[0, 0])
    return Pose(float(np.degrees(yaw)), float(np.degrees(pitch)), float(np.degrees(roll)))


def _net(model: bytes) -> Any:
    return cv2.dnn.readNetFromTFLite(np.frombuffer(model, np.uint8))


def _anchors() -> Floats:
    """The centres of BlazeFace's candidates, 0 to 1: two on each cell of 8 pixels, six on each of
    16."""
    grids = []
    for stride, each in ((8, 2), (16, 6)):
        cells = _DETECT_PX // stride
        y, x = np.mgrid[0:cells, 0:cells]
        centres = np.stack([(x + 0.5) / cells, (y + 0.5) / cells], axis=-1).reshape(-1, 2)
        grids.append(centres.repeat(each, axis=0))
    return np.concatenate(grids)


def _letterbox(picture: Picture, side: int) -> tuple[Picture, float, int, int]:
    """``picture`` in the middle of a black square; with its scale and its place there."""
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    square = np.zeros((side, side, 3), np.uint8)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    square[top : top + size[1], left : left + size[0]] = cv2.resize(
        picture, size, interpolation=cv2.INTER_AREA
    )
    return square, scale, left, top


def _upright(
    picture: Picture, centre: Sequence[float], side: float, angle: float, pixels: int
) -> tuple[Picture, Floats]:
    """A turned square of ``picture``, scaled to ``pixels``; and the map from it back to the
    picture, 2×3."""
    scale = side / pixels
    cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
    back = np.array([[cos, -sin, 0.0], [sin, cos, 0.0]])
    back[:, 2] = np.asarray(centre) - back[:, :2] @ np.full(2, pixels / 2)
    crop = cv2.warpAffine(
        picture, back, (pixels, pixels), flags=cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    )
    return np.asarray(crop, np.uint8), back


def _face(rect: Floats, eyes: Floats, score: float) -> FoundFace:
    left, top, width, height = (float(value) for value in rect)
    first, second = sorted((float(x), float(y)) for x, y in eyes)
    return FoundFace(left, top, width, height, (first, second), float(score))
