"""Draws a person, or a picture of a person, before the emulated camera, from one portrait.

The portrait is the pinned ``astronaut.png`` of ``assets/models.toml`` (NASA, public domain). The
head is a relief: every pixel has a depth, and turning the head moves near pixels further than far
ones, as with a real head. A photo is a plane, and all its pixels move by one homography. So the
depth check of face capture meets here what it meets in the field, as far as a drawing goes.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

Who = Literal[
    "live",
    "print",
    "tablet",
    "eyeholes",
    "bent",
    "two",
    "ten",
    "mask",
    "sunglasses",
    "child",
    "profile",
    "backlight",
    "nobody",
]
WHO: tuple[Who, ...] = (
    "live",
    "print",
    "tablet",
    "eyeholes",
    "bent",
    "two",
    "ten",
    "mask",
    "sunglasses",
    "child",
    "profile",
    "backlight",
    "nobody",
)
"""Who or what stands before the camera. ``print``, ``tablet``, ``eyeholes`` (a live pair of eyes
behind a photo) and ``bent`` (a photo bent round a bottle) are attacks."""
PHOTOS = ("print", "tablet", "eyeholes", "bent")
ACTIONS = ("turn_left", "turn_right", "nod", "closer", "blink")
"""What a person can do; left and right are the person's own."""
ACTION_S = 2.0
"""Seconds of one action, there and back."""

_FACE = (224.0, 122.0)  # the middle of the face in the portrait, pixels
_NECK = 46.0  # how far behind the eyes the head turns, pixels
_HEAD = (78.0, 104.0)  # half width and half height of the head with its hair
_RELIEF = (  # x, y, depth towards the camera
    (225, 73, 11), (222, 175, -9), (178, 111, -41), (270, 116, -42), (194, 101, -4),
    (213, 104, 0), (237, 105, -1), (256, 104, -5), (225, 101, 11), (225, 106, 14),
    (224, 127, 25), (224, 131, 23), (203, 139, -6), (246, 142, -7), (224, 142, 6),
    (224, 40, -10), (165, 75, -44), (285, 75, -44), (180, 40, -40), (270, 40, -40),
    (224, 15, -44), (150, 120, -50), (298, 120, -50), (180, 160, -42), (268, 160, -42),
    (205, 120, 1), (245, 122, 0), (222, 200, -45),
)  # fmt: skip
_EYES = ((194.0, 213.5, 101.0, 97.6, 104.4), (237.0, 256.5, 104.5, 100.0, 106.4))
# left, right, height of the corners, of the upper lid and of the lower lid
_TURN = 27.0  # degrees
_NOD = 22.0
_CLOSER = 1.42


@dataclass(frozen=True, slots=True)
class HeadLook:
    """Where a head is and how it looks: degrees as the person feels them (``yaw`` to their own
    left, ``pitch`` down, ``roll``), ``zoom`` 1 at a good distance, ``closed`` 0 to 1 the eyelids,
    ``x`` and ``y`` in widths of the face from the middle."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    zoom: float = 1.0
    closed: float = 0.0
    x: float = 0.0
    y: float = 0.0


class Actor:
    """Somebody who stands before the camera and does what is asked, a little differently each
    time."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)  # noqa: S311 - the same seed plays the same
        self._phase = self._random.uniform(0, 6.28)
        self._done: list[tuple[float, float, float, str]] = []  # begin, seconds, strength, action

    def act(self, action: str, at: float, seconds: float = ACTION_S) -> None:
        """Do ``action`` at ``at`` seconds. Raises ``ValueError`` for no action."""
        if action not in ACTIONS:
            raise ValueError(f"nobody can do {action!r}; known: {', '.join(ACTIONS)}")
        seconds = 0.7 if action == "blink" else seconds
        strength = self._random.uniform(0.92, 1.08)
        self._done.append((at, seconds * self._random.uniform(0.9, 1.1), strength, action))
        del self._done[:-8]

    def look(self, at: float) -> HeadLook:
        """How the head looks at ``at`` seconds."""
        sway = math.sin(at * 1.1 + self._phase)
        look = HeadLook(
            yaw=1.2 * sway,
            pitch=0.8 * math.sin(at * 0.8 + 1),
            x=0.02 * sway,
            y=0.012 * math.sin(at * 1.7),
        )
        for begun, seconds, strength, action in self._done:
            share = (at - begun) / seconds
            if 0 < share < 1:
                look = _doing(look, action, strength * min(1.0, 1.6 * math.sin(math.pi * share)))
        return look


def _doing(look: HeadLook, action: str, much: float) -> HeadLook:
    match action:
        case "turn_left":
            return replace(look, yaw=look.yaw + _TURN * much)
        case "turn_right":
            return replace(look, yaw=look.yaw - _TURN * much)
        case "nod":
            return replace(look, pitch=look.pitch + _NOD * much)
        case "closer":
            return replace(look, zoom=look.zoom * (1 + (_CLOSER - 1) * much))
        case _:
            return replace(look, closed=min(1.0, max(look.closed, 1.1 * much)))


class FaceScene:
    """Draws pictures of ``size`` (width, height): arrays (height, width, 3) of blue, green, red.

    Raises ``ValueError`` when ``portrait`` is no picture of 512×512 pixels.
    """

    def __init__(self, portrait: Path, size: tuple[int, int] = (640, 480), seed: int = 1) -> None:
        import cv2
        import numpy as np

        image = cv2.imread(str(portrait))
        if image is None or image.shape != (512, 512, 3):
            raise ValueError(f"{portrait} is not the portrait")
        self._size = size
        self._random = np.random.default_rng(seed)
        self._portrait: Any = image
        self._textures: dict[str, Any] = {}
        self._depth, self._weight = _relief()
        self._scale = min(size) / 480 * 2.05

    def picture(self, who: Who, look: HeadLook, *, noise: float = 2.0, light: float = 1.0) -> Any:
        """One picture of ``who``. ``light`` multiplies it; ``noise`` is that of the sensor."""
        import cv2
        import numpy as np

        if who in PHOTOS:
            image = self._photo(who, look)
        elif who == "nobody":
            image = self._wall()
        elif who == "two":
            image = self._beside(look)
        elif who == "ten":
            image = self._crowd(look)
        else:
            image = self._person(who, look)
        if who == "backlight":
            image = self._against_light(image, look)
        image = cv2.GaussianBlur(image, (0, 0), 0.6).astype(np.float32) * light
        grain = self._random.standard_normal(image.shape[:2]).astype(np.float32)[..., None] * noise
        return np.clip(image + grain, 0, 255).astype(np.uint8)

    # -- persons ------------------------------------------------------------------------------

    def _person(self, who: Who, look: HeadLook) -> Any:
        if who == "child":
            look = replace(look, zoom=look.zoom * 0.62, y=look.y + 0.75)
        if who == "profile":
            look = replace(look, yaw=look.yaw + 34)
        return self._relief_of(self._texture(who), look)

    def _texture(self, who: str) -> Any:
        """The portrait, with what ``who`` wears."""
        import cv2
        import numpy as np

        if who not in self._textures:
            image = self._portrait.copy()
            if who == "mask":
                shape = [(183, 122), (224, 112), (267, 125), (262, 160), (240, 180), (205, 180),
                         (186, 158)]  # fmt: skip
                cv2.fillPoly(image, [np.array(shape, np.int32)], (222, 205, 170), cv2.LINE_AA)
                for y in (132, 146, 160):
                    cv2.line(image, (190, y), (258, y + 2), (200, 182, 148), 1, cv2.LINE_AA)
            if who == "sunglasses":
                for x, y in ((203, 103), (248, 105)):
                    cv2.ellipse(image, (x, y), (19, 14), 0, 0, 360, (16, 14, 14), -1, cv2.LINE_AA)
                cv2.line(image, (215, 100), (236, 101), (16, 14, 14), 3, cv2.LINE_AA)
            self._textures[who] = image
        return self._textures[who]

    def _relief_of(self, texture: Any, look: HeadLook) -> Any:
        import cv2
        import numpy as np

        width, height = self._size
        zoom = self._scale * look.zoom
        x = (np.arange(width, dtype=np.float32) - width / 2) / zoom + _FACE[0] - look.x * 94
        y = (np.arange(height, dtype=np.float32) - height / 2) / zoom + _FACE[1] - look.y * 94
        to_x, to_y = np.meshgrid(x, y)
        from_x, from_y = self._turned(to_x, to_y, look)
        if look.closed > 0:
            from_y = _blinked(from_x, from_y, look.closed)
        return cv2.remap(texture, from_x, from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    def _turned(self, to_x: Any, to_y: Any, look: HeadLook) -> tuple[Any, Any]:
        """Where in the portrait each pixel comes from: the inverse of the turn, by iteration."""
        import cv2
        import numpy as np

        yaw, pitch = math.radians(look.yaw), math.radians(look.pitch)
        from_x, from_y = to_x.copy(), to_y.copy()
        for step in (1.0, 0.7, 0.7, 0.6, 0.5):
            depth = cv2.remap(self._depth, from_x, from_y, cv2.INTER_LINEAR,
                              borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
            weight = cv2.remap(self._weight, from_x, from_y, cv2.INTER_LINEAR)
            near = depth + _NECK
            off_x, off_y = from_x - _FACE[0], from_y - _FACE[1] - 20
            moved_x = weight * (off_x * (math.cos(yaw) - 1) + near * math.sin(yaw))
            moved_y = weight * (off_y * (math.cos(pitch) - 1) + near * math.sin(pitch))
            from_x += step * (to_x - moved_x - from_x)
            from_y += step * (to_y - moved_y - from_y)
        return from_x.astype(np.float32), from_y.astype(np.float32)

    def _beside(self, look: HeadLook) -> Any:
        import numpy as np

        one = self._relief_of(self._portrait, replace(look, zoom=look.zoom * 0.8))
        half = self._size[0] // 2
        quarter = half // 2
        middle = one[:, half - quarter : half - quarter + half]
        return np.concatenate([middle, middle[:, ::-1]], axis=1)[:, : self._size[0]]

    def _crowd(self, look: HeadLook) -> Any:
        import cv2
        import numpy as np

        width, height = self._size
        one = self._relief_of(self._portrait, look)
        side = min(height, width) * 3 // 5
        square = one[(height - side) // 2 :, (width - side) // 2 :][:side, :side]
        cell = cv2.resize(square, (width // 5, height // 2))
        row = np.concatenate([cell] * 5, axis=1)
        whole = np.concatenate([row, row], axis=0)
        return cv2.resize(whole, (width, height))

    def _against_light(self, image: Any, look: HeadLook) -> Any:
        import cv2
        import numpy as np

        width, height = self._size
        mask: Any = np.zeros((height, width), np.float32)
        middle = (round(width / 2), round(height / 2))
        axes = (round(self._scale * 66), round(self._scale * 92))
        cv2.ellipse(mask, middle, axes, 0, 0, 360, (1.0,), -1)
        mask[middle[1] :, middle[0] - axes[0] : middle[0] + axes[0]] = 1.0
        mask = cv2.GaussianBlur(mask, (0, 0), 12)[..., None]
        return image * (0.28 * mask) + 252 * (1 - mask)

    def _wall(self) -> Any:
        import numpy as np

        width, height = self._size
        ramp = np.linspace(120, 170, width, dtype=np.float32)
        return np.repeat(np.repeat(ramp[None, :, None], height, axis=0), 3, axis=2)

    # -- photos -------------------------------------------------------------------------------

    def _photo(self, who: Who, look: HeadLook) -> Any:
        """A flat picture that is held up and turned by hand as ``look`` says."""
        import cv2
        import numpy as np

        texture = self._held(who)
        if who == "eyeholes" and look.closed > 0:
            grid_x, grid_y = np.meshgrid(
                np.arange(512, dtype=np.float32), np.arange(512, dtype=np.float32)
            )
            closed = _blinked(grid_x, grid_y, look.closed)
            texture = cv2.remap(texture, grid_x, closed, cv2.INTER_LINEAR)
        width, height = self._size
        zoom = self._scale * look.zoom
        yaw, pitch, roll = (math.radians(v) for v in (look.yaw * 1.4, look.pitch * 1.2, look.roll))
        turn = _rotation(0.0 if who == "bent" else yaw, pitch, roll)
        left, top, right, bottom = 112.0, 20.0, 336.0, 300.0
        source = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
        if who == "bent":
            texture = _bent(texture, look.yaw)
        far = 420.0  # from camera to photo, in pixels of the portrait
        target = []
        for x, y in source:
            place = turn @ np.array([x - _FACE[0], y - _FACE[1], 0.0])
            k = far / (far + place[2])
            target.append((place[0] * k * zoom + width / 2 + look.x * 94 * zoom,
                           place[1] * k * zoom + height / 2 + look.y * 94 * zoom))  # fmt: skip
        homography = cv2.getPerspectiveTransform(source, np.array(target, np.float32))
        card = np.zeros((512, 512), np.float32)
        card[int(top) : int(bottom), int(left) : int(right)] = 1
        mask = cv2.warpPerspective(card, homography, self._size)[..., None]
        flat = cv2.warpPerspective(texture, homography, self._size)
        return flat * mask + self._wall() * (1 - mask)

    def _held(self, who: str) -> Any:
        """The photo's own picture: a margin of paper, or a tablet's frame and the raster of its
        screen."""
        import cv2
        import numpy as np

        key = f"held {who}"
        if key not in self._textures:
            image = self._portrait.copy()
            edge = (25, 25, 25) if who == "tablet" else (235, 238, 238)
            cv2.rectangle(image, (112, 20), (336, 300), edge, 10)
            if who == "tablet":
                columns = np.arange(512) % 3
                raster = np.stack([np.where(columns == at, 1.12, 0.88) for at in range(3)], axis=-1)
                image = np.clip(image * raster[None].astype(np.float32), 0, 255).astype(np.uint8)
            self._textures[key] = image
        return self._textures[key]


def _bent(texture: Any, yaw: float) -> Any:
    """``texture`` bent round an upright bottle that turns by ``yaw`` degrees: the strongest
    imitation of a turning head that paper gives."""
    import cv2
    import numpy as np

    radius = 120.0
    turn = math.radians(yaw * 0.8)
    x = np.arange(512, dtype=np.float32)
    across = np.clip((x - _FACE[0]) / radius, -0.999, 0.999)
    angle = np.arcsin(across) - turn
    from_x = (_FACE[0] + radius * angle).astype(np.float32)
    grid_x, grid_y = np.meshgrid(from_x, np.arange(512, dtype=np.float32))
    return cv2.remap(texture, grid_x, grid_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _rotation(yaw: float, pitch: float, roll: float) -> Any:
    import numpy as np

    about_y = np.array([
        [math.cos(yaw), 0, math.sin(yaw)], [0, 1, 0], [-math.sin(yaw), 0, math.cos(yaw)]
    ])  # fmt: skip
    about_x = np.array([
        [1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]
    ])  # fmt: skip
    about_z = np.array([
        [math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]
    ])  # fmt: skip
    return about_y @ about_x @ about_z


def _relief() -> tuple[Any, Any]:
    """The depth of every pixel of the portrait, and how much it turns with the head (0 to 1)."""
    import cv2
    import numpy as np

    known = np.array(_RELIEF, np.float64)
    step = 8  # a coarse grid is enough: the relief is smooth
    y, x = np.mgrid[0:512:step, 0:512:step].astype(np.float64)
    grid = np.stack([x.ravel(), y.ravel()], axis=1)
    reach = 26.0

    def near(points: Any) -> Any:
        squares = ((points[:, None, :] - known[None, :, :2]) ** 2).sum(-1)
        return np.exp(-squares / (2 * reach**2))

    floor = -45.0
    weights = np.linalg.lstsq(
        near(known[:, :2]) + 0.05 * np.eye(len(known)), known[:, 2] - floor, rcond=None
    )[0]
    depth = floor + near(grid) @ weights
    coarse = np.clip(depth, -60, 30).reshape(x.shape).astype(np.float32)
    whole = cv2.resize(coarse, (512, 512), interpolation=cv2.INTER_CUBIC)
    full_y, full_x = np.mgrid[0:512, 0:512].astype(np.float32)
    inside = ((full_x - _FACE[0]) / _HEAD[0]) ** 2 + ((full_y - _FACE[1] + 12) / _HEAD[1]) ** 2
    weight = np.clip((1.45 - inside) / 0.9, 0, 1)
    return whole, cv2.GaussianBlur(weight.astype(np.float32), (0, 0), 6)


def _blinked(from_x: Any, from_y: Any, closed: float) -> Any:
    """``from_y`` where the eyelids have come down by ``closed``: the skin from the brow to the
    lashes is stretched over the eye."""
    import numpy as np

    moved = from_y.copy()
    for left, right, corner, upper, lower in _EYES:
        along = np.clip((from_x - left) / (right - left), 0, 1)
        arch = np.sin(np.pi * along)
        lashes = corner + (upper - corner) * arch + 0.8 * arch
        below = corner + (lower - corner) * arch + 0.8 * arch
        edge = lashes + closed * (below - lashes)
        brow = corner - 11.0
        lid = (along > 0) & (along < 1) & (from_y > brow) & (from_y < edge)
        stretched = brow + (from_y - brow) * (lashes - brow) / (edge - brow)
        moved = np.where(lid, stretched, moved)
    return moved.astype(np.float32)
