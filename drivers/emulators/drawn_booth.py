"""Somebody before an emulated camera, drawn picture by picture, who does what they are told."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from drivers.emulators.face_scene import ACTIONS, WHO, Actor, FaceScene

_QUALITY = 85
_HEARS_S = 0.4  # from an order until a person moves


class DrawnBooth:
    """``who`` of :data:`drivers.emulators.face_scene.WHO`, drawn from ``portrait`` in ``size``
    (width, height). Raises ``ValueError`` for nobody of these, and without a portrait."""

    def __init__(self, portrait: Path | None, size: tuple[int, int], who: str) -> None:
        if who not in WHO:
            raise ValueError(f"nobody is {who!r}; known: {', '.join(WHO)}")
        if portrait is None:
            raise ValueError("no portrait here: `make models` brings it")
        self.who = who
        self._scene = FaceScene(portrait, size)
        self._actor = Actor()
        self._begun = time.monotonic()

    def act(self, what: str) -> None:
        """Have who stands there do ``what``. Raises ``ValueError`` for what nobody can do."""
        must_be_action(what)
        self._actor.act(what, time.monotonic() - self._begun + _HEARS_S)

    def picture(self) -> bytes:
        """A picture of this moment, JPEG."""
        look = self._actor.look(time.monotonic() - self._begun)
        return jpeg(self._scene.picture(self.who, look))


def must_be_action(what: str) -> None:
    """Raises ``ValueError`` for what nobody can do."""
    if what not in ACTIONS:
        raise ValueError(f"nobody can do {what!r}; known: {', '.join(ACTIONS)}")


def jpeg(image: Any) -> bytes:
    """``image`` (height, width, 3: blue, green, red) as JPEG."""
    import cv2

    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()
