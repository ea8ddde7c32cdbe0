"""The pages on which a technician tries the panel and aims the camera."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.visit.steps import Step, one_of

DONE = "done"


@dataclass(frozen=True, slots=True)
class TouchTest(Step[str]):
    """A grid of fields to press, each of which shows that it was. Answered by ``DONE``."""

    def check(self, answer: object) -> str:
        return one_of(answer, (DONE,))


@dataclass(frozen=True, slots=True)
class AimCamera(Step[str]):
    """The camera's own picture as it is now, with the oval of a face capture. Answered by ``DONE``.
    The picture is on the page alone: it is not judged, not kept, and ends with the page."""

    def check(self, answer: object) -> str:
        return one_of(answer, (DONE,))
