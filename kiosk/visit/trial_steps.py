"""The pages on which a technician tries the panel."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.visit.steps import Step, one_of

DONE = "done"


@dataclass(frozen=True, slots=True)
class TouchTest(Step[str]):
    """A grid of fields to press, each of which shows that it was. Answered by ``DONE``."""

    def check(self, answer: object) -> str:
        return one_of(answer, (DONE,))
