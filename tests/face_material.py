"""Where the tests find the models of face capture and the clips, and what they say without."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.identity.face.models import LIVENESS, PORTRAIT, FileState, verify

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"
"""Test data that the project does not contain; see ``docs/face.md``."""
CLIPS = SHARED / "face"


def models_folder() -> Path:
    """A folder with the three models of liveness: what ``make models`` brought, or the shared
    data. The test is skipped, and says why, where neither is there."""
    for folder in (ROOT / ".models", SHARED / "models"):
        if all(verify(folder)[name] is FileState.VERIFIED for name in LIVENESS):
            return folder
    pytest.skip("no models of face capture here: `make models` brings them")


def portrait() -> Path:
    """The portrait from which clips are drawn; skips as :func:`models_folder` does."""
    for folder in (ROOT / ".models", CLIPS):
        if (folder / PORTRAIT).is_file():
            return folder / PORTRAIT
    pytest.skip("no portrait here: `make models` brings it")


def clip(name: str) -> Path:
    """A clip of the shared data; skips where it is not there."""
    path = CLIPS / f"{name}.mp4"
    if not path.is_file():
        pytest.skip(f"no shared test data here: {path.name}")
    return path


def grey_portrait(directory: Path) -> Path:
    """A picture of the portrait's size, for tests in which it does not matter whose face it is."""
    import cv2
    import numpy as np

    path = directory / "portrait.png"
    cv2.imwrite(str(path), np.full((512, 512, 3), 128, np.uint8))
    return path
