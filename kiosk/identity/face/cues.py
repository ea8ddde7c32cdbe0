"""Passive signs of a picture of a face: the raster of a screen, and the straight edges of a card.

The cues travel with the sealed picture for the centre to weigh. Only a cue far above anything that
a person shows refuses here.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from kiosk.identity.face.landmarks import FoundFace, Picture

RASTER = 60.0
"""Peak of the spectrum, in medians of its ring, from which a face is on a screen."""
_SPECTRUM_PX = 128
_EDGES_PX = 320


@dataclass(frozen=True, slots=True)
class Cues:
    """``raster``: the strongest regular pattern in the face, in medians: people up to 34, a tablet
    from 88. ``edges``: on how many sides of the face a straight line runs along, 0 to 4; a held
    card has three or four, and so has a person in a door, so edges alone refuse nobody."""

    raster: float
    edges: int

    @property
    def refuses(self) -> bool:
        """Whether the face is on a screen, beyond doubt."""
        return self.raster >= RASTER


def passive_cues(picture: Picture, face: FoundFace) -> Cues:
    """The cues of one picture."""
    return Cues(_raster(picture, face), _edges(picture, face))


def _raster(picture: Picture, face: FoundFace) -> float:
    x, y = face.centre
    half = int(min(face.width, face.height) * 0.45)
    if half < 24:
        return 0.0
    crop = picture[max(0, int(y) - half) : int(y) + half, max(0, int(x) - half) : int(x) + half]
    best = 0.0
    for channel in cv2.split(crop):
        tile = channel[: _SPECTRUM_PX * 2, : _SPECTRUM_PX * 2].astype(np.float64)
        if min(tile.shape) < 48:
            return 0.0
        window = np.outer(np.hanning(tile.shape[0]), np.hanning(tile.shape[1]))
        spectrum = np.fft.fftshift(np.abs(np.fft.fft2((tile - tile.mean()) * window)))
        rows, columns = spectrum.shape
        v, u = np.mgrid[0:rows, 0:columns]
        radius = np.hypot((v - rows // 2) / rows, (u - columns // 2) / columns)
        ring = spectrum[(radius > 0.18) & (radius < 0.5)]
        best = max(best, float(ring.max() / max(np.median(ring), 1e-6)))
    return best


def _edges(picture: Picture, face: FoundFace) -> int:
    """Sides of the face on which a line runs straight along, longer than the face."""
    scale = _EDGES_PX / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    edges = cv2.Canny(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), 60, 160)
    least = max(20, int(face.height * scale * 1.1))
    lines = cv2.HoughLinesP(edges, 1, np.pi / 360, 40, minLineLength=least, maxLineGap=6)
    x, y = (value * scale for value in face.centre)
    wide, high = face.width * scale, face.height * scale
    sides: set[str] = set()
    for x0, y0, x1, y1 in () if lines is None else lines.reshape(-1, 4).astype(float):
        across, down = abs(x1 - x0), abs(y1 - y0)
        middle = ((x0 + x1) / 2, (y0 + y1) / 2)
        if down > 4 * across and abs(middle[1] - y) < high:
            off = (middle[0] - x) / wide
            if 0.65 < abs(off) < 1.6:
                sides.add("left" if off < 0 else "right")
        elif across > 4 * down and abs(middle[0] - x) < wide:
            off = (middle[1] - y) / high
            if 0.7 < abs(off) < 2.2:
                sides.add("top" if off < 0 else "bottom")
    return len(sides)
