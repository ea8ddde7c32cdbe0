"""Clips as the emulated camera plays them, and the face detectors that OpenCV itself brings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


def pictures(clip: Path) -> Iterator[Any]:
    """The pictures of ``clip``, BGR arrays of height × width × 3; none where it is no film."""
    import cv2

    capture = cv2.VideoCapture(str(clip))
    try:
        while (read := capture.read())[0]:
            yield read[1]
    finally:
        capture.release()


def one_thread() -> None:
    """Have OpenCV use one thread in this process, as a capture does."""
    import cv2

    cv2.setNumThreads(1)


def haar(file: str) -> Callable[[Any], object]:
    """Finds the faces of a BGR picture by a Haar cascade of OpenCV's own package: a peer beside
    which ours are measured."""
    import cv2

    cascade = cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / file))
    return lambda picture: cascade.detectMultiScale(
        cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), 1.1, 5, minSize=(80, 80)
    )
