"""The steps of a face capture: the consent, the whole notice, the capture itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from drivers.camera.types import Stream
from kiosk.centre.face import FaceChallenge, FaceNotice
from kiosk.centre.models import Notice
from kiosk.privacy import Sensitive
from kiosk.visit.steps import AGREE, WHOLE_TEXT, NotAnAnswer, Step
from kiosk.visit.waits import COMPARING
from kiosk.words import Sayable, Text, _

DECLINE = "decline"
OTHER_WAY = "other"

CAPTURE_S = 90.0
"""Seconds that a capture may take, from the first picture of the camera."""


@dataclass(frozen=True, slots=True)
class ConsentToFace(Step[str]):
    """用刷脸确认是您本人？ Two equal buttons, and the whole text one press away. Answered by
    ``AGREE``, ``DECLINE`` or ``WHOLE_TEXT``."""

    notice: FaceNotice

    def check(self, answer: object) -> str:
        if isinstance(answer, str) and answer in (AGREE, DECLINE, WHOLE_TEXT):
            return answer
        raise NotAnAnswer(_("请从页面上的选项中选择"))


@dataclass(frozen=True, slots=True)
class ReadNotice(Step[None]):
    """The whole text of the notice; any answer closes it."""

    turns: ClassVar[bool] = True
    notice: Notice

    def check(self, answer: object) -> None:
        return None


@dataclass(frozen=True, slots=True)
class FaceCoaching:
    """What the page of a capture says now. ``step`` of ``steps``; ``share`` of all is done."""

    say: Text = field(default_factory=lambda: _("请看这里"))
    lead: Sayable = ""
    step: int = 1
    steps: int = 3
    share: float = 0.0


ShowFace = Callable[[FaceCoaching, Stream | None], None]
"""Shows what the page of a capture says now, and the preview once there is one."""


@dataclass(frozen=True, slots=True)
class FaceTaken:
    """What a capture gave: the sealed picture, which only the centre opens, or why there is none.
    ``crowd``: somebody else was in the picture for a while. ``repr`` shows no bytes."""

    sealed: bytes = field(default=b"", repr=False)
    why_not: Text | None = None
    crowd: bool = False


@dataclass(frozen=True, slots=True)
class CaptureFace(Step[FaceTaken | None]):
    """请慢慢向左转头. The capture answers with a :class:`FaceTaken`; the citizen with
    ``OTHER_WAY``, which is ``None``: no face, another way."""

    waits: Sayable = field(default=COMPARING, kw_only=True)
    idles: ClassVar[bool] = False
    challenge: FaceChallenge
    session: str
    coaching: FaceCoaching = FaceCoaching()
    photo: Sensitive[bytes] = field(default=Sensitive(b""), compare=False)
    """The photo of the chip, undecoded; empty: no ID card was read in this visit."""

    def check(self, answer: object) -> FaceTaken | None:
        if answer == OTHER_WAY:
            return None
        raise NotAnAnswer(_("请从页面上的选项中选择"))
