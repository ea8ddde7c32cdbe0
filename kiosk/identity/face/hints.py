"""What a capture tells and how it ends, in words; without a library that computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from kiosk.words import Sayable, Text, _


class Hint(StrEnum):
    """The one thing that the citizen should do now."""

    NOBODY = "nobody"
    ALONE = "alone"
    CLOSER = "closer"
    BACK = "back"
    CENTRE = "centre"
    FACE_ME = "face-me"
    UPRIGHT = "upright"
    DARK = "dark"
    BRIGHT = "bright"
    BACKLIGHT = "backlight"
    UNEVEN = "uneven"
    MASK = "mask"
    GLASSES = "glasses"
    EYES = "eyes"
    LOOK = "look"
    STILL = "still"


class HeadAction(StrEnum):
    """What the citizen is asked to do. Left and right are the citizen's own."""

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    NOD = "nod"
    CLOSER = "closer"
    BLINK = "blink"


class ChallengeVerdict(StrEnum):
    """What a challenge found."""

    DONE = "done"
    WRONG = "wrong-action"
    FLAT = "flat"
    SLOW = "too-slow"


class HowEnded(StrEnum):
    """How a capture ended."""

    CAPTURED = "captured"
    NOT_LIVE = "not-live"
    """A wrong action, a flat face or none in time, each time."""
    SCREEN = "screen"
    """The raster of a screen was in the face."""
    TOO_LONG = "too-long"
    COARSE = "camera-too-coarse"


@dataclass(frozen=True, slots=True)
class FaceProgress:
    """What the page shows now. ``step`` of ``steps``: 1 the gate, then the actions; ``share`` how
    much of all is done, 0 to 1. One of ``hint`` and ``action`` tells what to do; neither: hold
    still."""

    step: int
    steps: int
    share: float
    hint: Hint | None = None
    action: HeadAction | None = None
    again: ChallengeVerdict | None = None
    """Why the capture began again, until something else happens."""

    @property
    def words(self) -> Text:
        """The one thing to do now, on the screen and by voice."""
        if self.hint:
            return HINTS[self.hint]
        return ACTIONS[self.action] if self.action else HOLD_STILL

    @property
    def lead(self) -> Sayable:
        """One quiet sentence under the words."""
        if self.hint in HELP:
            return HELP[self.hint]
        if self.action and not self.hint:
            return LEADS[self.action]
        return AGAIN.get(self.again, "") if self.again else ""


HOLD_STILL = _("很好，请保持不动")
HINTS: Mapping[Hint, Text] = {
    Hint.NOBODY: _("请看这里"),
    Hint.ALONE: _("请一个人操作"),
    Hint.CLOSER: _("请靠近一点"),
    Hint.BACK: _("请退后一点"),
    Hint.CENTRE: _("请把脸放到圆框中间"),
    Hint.FACE_ME: _("请正对屏幕"),
    Hint.UPRIGHT: _("请把头摆正"),
    Hint.DARK: _("光线太暗"),
    Hint.BRIGHT: _("光线太亮"),
    Hint.BACKLIGHT: _("背后太亮"),
    Hint.UNEVEN: _("脸上一边太暗"),
    Hint.MASK: _("请摘下口罩"),
    Hint.GLASSES: _("请摘下墨镜"),
    Hint.EYES: _("请睁开眼睛"),
    Hint.LOOK: _("请看屏幕"),
    Hint.STILL: _("请保持不动"),
}
HELP: Mapping[Hint | None, Text] = {
    Hint.NOBODY: _("让脸出现在圆框里"),
    Hint.ALONE: _("旁边的人请离开画面"),
    Hint.DARK: _("请面向亮的地方"),
    Hint.BRIGHT: _("请避开直射的灯光"),
    Hint.BACKLIGHT: _("请换个方向，不要背对窗户"),
    Hint.UNEVEN: _("请换个方向，让两边一样亮"),
    Hint.MASK: _("拍完就可以戴回去"),
    Hint.GLASSES: _("普通眼镜可以不摘"),
}
ACTIONS: Mapping[HeadAction, Text] = {
    HeadAction.TURN_LEFT: _("请慢慢向左转头"),
    HeadAction.TURN_RIGHT: _("请慢慢向右转头"),
    HeadAction.NOD: _("请慢慢点一下头"),
    HeadAction.CLOSER: _("请靠近一点，再退回来"),
    HeadAction.BLINK: _("请眨一下眼睛"),
}
LEADS: Mapping[HeadAction, Text] = {
    HeadAction.TURN_LEFT: _("转一点就停，再转回来"),
    HeadAction.TURN_RIGHT: _("转一点就停，再转回来"),
    HeadAction.NOD: _("低一点就停，再抬起来"),
    HeadAction.CLOSER: _("脸变大就停，再退回来"),
    HeadAction.BLINK: _("闭上再睁开，不用急"),
}
AGAIN: Mapping[ChallengeVerdict, Text] = {
    ChallengeVerdict.WRONG: _("动作不一样，我们再来一次"),
    ChallengeVerdict.FLAT: _("没有看清，我们再来一次"),
    ChallengeVerdict.SLOW: _("不着急，我们再来一次"),
}
ENDS: Mapping[HowEnded, Text] = {
    HowEnded.NOT_LIVE: _("几次都没有拍好"),
    HowEnded.SCREEN: _("没有拍到您本人"),
    HowEnded.TOO_LONG: _("时间太长了"),
    HowEnded.COARSE: _("这台机器的摄像头不够清楚"),
}
"""Why no picture was taken; every page with these words offers another way."""
