"""Captures of a face that need no camera: what the centre gets, and a terminal that could do it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from drivers.device import Kind, State, Status
from kiosk.identity.face.envelope import FaceContent, seal
from kiosk.identity.face.models import LIVENESS, pinned
from kiosk.visit.face_steps import CaptureFace, FaceTaken
from tests.services.script import WELL

WITH_CAMERA = {**WELL, Kind.CAMERA: Status(State.ONLINE)}


def taken(**changes: Any) -> Callable[[Any], FaceTaken]:
    """What a capture gives for the step, sealed to the centre; ``changes`` of its content."""

    def take(step: Any) -> FaceTaken:
        assert isinstance(step, CaptureFace)
        content = FaceContent(
            session=step.session,
            challenge=step.challenge.challenge,
            taken_at="2026-01-15T10:00:00+08:00",
            terminal="T0001",
            engine="test",
            models={name: pinned()[name].sha256 for name in LIVENESS},
            actions=("nod", "turn_left"),
            reliefs=(0.0, 0.24),
            raster=12.0,
            edges=0,
            attempts=1,
            score=0.7,
            measures={},
            picture=b"\xff\xd8\xff picture",
        )
        content = msgspec.structs.replace(content, **changes)
        return FaceTaken(seal(content, step.challenge.certificate.encode()))

    return take
