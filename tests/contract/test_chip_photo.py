"""The photo of a chip: decoded by a program, found and aligned as the captured face is."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from drivers.device import Kind
from kiosk.doctor import faces
from kiosk.identity.face import chip, comparing
from kiosk.identity.face.chip import ChipPhoto, NotCompared, chip_photo
from kiosk.identity.face.comparing import SFace, compare, models_of, sface
from kiosk.identity.face.landmarks import FaceNets, Floats, Picture
from kiosk.identity.face.models import LIVENESS, SFACE, FileState, pinned
from kiosk.settings import CentreSettings, FaceSettings, Settings
from tests.face_material import models_folder, portrait

WLT = b"WLf\0" + bytes(range(1, 256)) * 4
PICTURE = b"\xff\xd8\xff picture"


def program(directory: Path, *lines: str) -> Path:
    path = directory / "decoder"
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]), encoding="utf-8")
    path.chmod(0o755)
    return path


def test_the_decoder_gets_the_photo_and_gives_a_picture(tmp_path: Path) -> None:
    turns_round = program(tmp_path, "printf 'BM'", "cat")
    assert chip_photo(WLT, turns_round) == ChipPhoto(b"BM" + WLT)
    assert chip_photo(PICTURE, None) == ChipPhoto(PICTURE), "a JPEG needs no decoder"
    assert "WLf" not in repr(chip_photo(WLT, turns_round))


@pytest.mark.parametrize(
    ("lines", "photo", "why"),
    [
        (None, WLT, NotCompared.NO_DECODER),
        (("cat",), b"", NotCompared.NO_PHOTO),
        (("cat",), bytes(1024), NotCompared.NO_PHOTO),
        (("exit 1",), WLT, NotCompared.DECODER_FAILED),
        (("kill -SEGV $$",), WLT, NotCompared.DECODER_FAILED),
        (("exec sleep 30",), WLT, NotCompared.DECODER_FAILED),
        (("cat > /dev/null",), WLT, NotCompared.DECODER_FAILED),
        (("head -c 2000000 /dev/zero",), WLT, NotCompared.DECODER_FAILED),
    ],
)
def test_a_decoder_that_fails_only_leaves_the_comparison_out(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lines: tuple[str, ...] | None,
    photo: bytes,
    why: NotCompared,
) -> None:
    monkeypatch.setattr(chip, "DECODE_S", 0.3)
    decoder = program(tmp_path, *lines) if lines else None
    assert chip_photo(photo, decoder) == ChipPhoto(why_not=why)
    assert chip_photo(WLT, tmp_path / "nothing").why_not is NotCompared.DECODER_FAILED


# -- comparing ------------------------------------------------------------------------------------


@cache
def nets() -> FaceNets:
    return FaceNets(models_folder())


def jpeg(picture: Any) -> bytes:
    return cv2.imencode(".jpg", picture)[1].tobytes()


@cache
def face() -> Any:
    """A head, as a capture sends it."""
    whole: Any = cv2.imread(str(portrait()))
    return whole[0:320, 110:350]


@cache
def small() -> bytes:
    """The same person on a chip: 102 by 126 pixels."""
    return cv2.imencode(".bmp", cv2.resize(face(), (102, 126)))[1].tobytes()


class LooksAlike:
    """A recogniser in place of SFace, whose file no package carries: the correlation of both faces
    after the alignment that SFace uses."""

    WANTED = np.array(
        [[38.3, 51.7], [73.5, 51.5], [56.0, 71.7], [41.5, 92.4], [70.7, 92.2]], np.float64
    )

    def similarity(self, one: Picture, row: Floats, other: Picture, other_row: Floats) -> float:
        first, second = self._aligned(one, row), self._aligned(other, other_row)
        return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])

    def _aligned(self, picture: Picture, row: Floats) -> Floats:
        points = row[4:14].reshape(5, 2)
        by, _ = cv2.estimateAffinePartial2D(points, self.WANTED, method=cv2.LMEDS)
        missed = np.abs(points @ by[:, :2].T + by[:, 2] - self.WANTED).max()
        assert missed < 12, "the five points lie where a face has them"
        grey = cv2.cvtColor(cv2.warpAffine(picture, by, (112, 112)), cv2.COLOR_BGR2GRAY)
        return np.asarray(cv2.GaussianBlur(grey, (9, 9), 0), np.float64)


def test_the_photo_of_a_chip_is_found_and_aligned_as_the_face_is() -> None:
    alike = compare(nets(), LooksAlike(), ChipPhoto(small()), jpeg(face()))
    assert alike.why_not is None
    assert alike.similarity is not None
    assert alike.similarity > 0.7
    assert models_of(alike) == {SFACE: pinned()[SFACE].sha256}


def test_what_cannot_be_compared_says_why(tmp_path: Path) -> None:
    nobody = jpeg(np.full((126, 102, 3), 200, np.uint8))
    two = jpeg(np.hstack([face(), face()]))
    good = ChipPhoto(small())
    table: list[tuple[ChipPhoto, bytes, Any, NotCompared]] = [
        (ChipPhoto(why_not=NotCompared.NO_PHOTO), jpeg(face()), LooksAlike(), NotCompared.NO_PHOTO),
        (good, jpeg(face()), sface(tmp_path), NotCompared.NO_MODEL),
        (ChipPhoto(b"BM no picture"), jpeg(face()), LooksAlike(), NotCompared.DECODER_FAILED),
        (ChipPhoto(nobody), jpeg(face()), LooksAlike(), NotCompared.NO_FACE),
        (good, two, LooksAlike(), NotCompared.NO_FACE),
    ]
    for photo, taken, comparer, why in table:
        found = compare(nets(), comparer, photo, taken)
        assert (found.similarity, found.why_not) == (None, why)
        assert models_of(found) == {}


def test_a_file_that_is_no_net_is_no_recogniser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(cv2.error):
        SFace(b"no net")
    monkeypatch.setattr(comparing, "verified_bytes", lambda folder, name: None)
    assert sface(tmp_path) is None


# -- the doctor -----------------------------------------------------------------------------------


def told(
    face: FaceSettings, states: dict[str, FileState], *, camera: bool = True
) -> dict[str, str]:
    centre = CentreSettings(url="https://c", seal_roots=Path("r"))
    devices: dict[Kind, Any] = {Kind.CAMERA: {"driver": "opencv"}} if camera else {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faces, "verify", lambda folder: states)
        found = faces.look(Settings(terminal="T1", centre=centre, devices=devices, face=face))
        return {one.name: f"{one.verdict.value}: {one.seen}" for one in found}


def test_the_doctor_says_whether_faces_are_captured_and_compared(tmp_path: Path) -> None:
    all_there = dict.fromkeys((*LIVENESS, SFACE), FileState.VERIFIED)
    decoder = program(tmp_path, "cat")
    assert told(FaceSettings(), all_there, camera=False) == {}
    assert told(FaceSettings(), all_there) == {
        "face models": "good: all 3 there",
        "chip photo": "good: not compared here: the settings name no decoder",
    }
    changed = all_there | {LIVENESS[0]: FileState.DIFFERS, SFACE: FileState.MISSING}
    assert told(FaceSettings(decoder=decoder), changed) == {
        "face models": f"note: nobody can sign in by face; missing or changed: {LIVENESS[0]}",
        "chip photo": f"note: not compared here: {SFACE} is missing or changed",
    }
    nowhere = tmp_path / "nowhere"
    assert told(FaceSettings(decoder=nowhere), all_there)["chip photo"] == (
        f"note: not compared here: {nowhere} cannot be run"
    )
    assert told(FaceSettings(decoder=decoder), all_there)["chip photo"].startswith("good: compared")
