"""Tells the citizen the one thing to do now, and opens the gate after enough good pictures.

Times are seconds of one clock that only grows, such as a frame's ``at``.
"""

from __future__ import annotations

from kiosk.identity.face.hints import Hint

SETTLE_S = 0.35
"""A hint is said when the trouble has lasted so long."""
SAY_S = 1.2
"""A hint stays at least so long: a sentence that changes sooner cannot be read."""
GOOD_FRAMES = 3
"""Good pictures in a row that open the gate."""


class Coach:
    """Chooses from the hints of the pictures the one that is shown."""

    def __init__(self) -> None:
        self.shown: Hint | None = None
        self._since = 0.0
        self._wanted: Hint | None = None
        self._wanted_since = 0.0

    def hear(self, hint: Hint | None, at: float) -> Hint | None:
        """The hint to show, after a picture taken ``at`` that wants ``hint``."""
        if hint is not self._wanted:
            self._wanted, self._wanted_since = hint, at
        if hint is self.shown:
            return self.shown
        settled = at - self._wanted_since >= SETTLE_S
        if settled and (self.shown is None or at - self._since >= SAY_S):
            self.shown, self._since = hint, at
        return self.shown


class QualityGate:
    """Opens after :data:`GOOD_FRAMES` good pictures in a row."""

    def __init__(self) -> None:
        self.count = 0

    @property
    def was_good(self) -> bool:
        """Whether the last picture was good, so that the looser limits hold for the next."""
        return self.count > 0

    @property
    def open(self) -> bool:
        return self.count >= GOOD_FRAMES

    def pass_by(self, good: bool) -> None:
        """Count one more picture."""
        self.count = self.count + 1 if good else 0
