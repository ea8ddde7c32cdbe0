"""The acts that try the panel and aim the camera: touch, brightness, loudness, the picture."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from drivers.device import Kind
from drivers.speaker.types import Play, Sound
from kiosk.maintenance.acts import maintenance_act
from kiosk.maintenance.session import MaintenanceSession
from kiosk.terminal.volume import keep_volume
from kiosk.visit.steps import Choose, Option
from kiosk.visit.trial_steps import AimCamera, TouchTest
from kiosk.words import Sayable, _

STEPS = (20, 40, 60, 80, 100)
"""Percent that can be chosen."""
BACKLIGHTS = Path("/sys/class/backlight")
PLAY_S = 5.0


def _percent(title: Sayable) -> Choose:
    options = tuple(Option(str(step), _("{percent}%", percent=step)) for step in STEPS)
    return Choose(title, options)


@maintenance_act("touch-test", title=_("触摸测试"), icon="down", noted=False)
def try_touch(session: MaintenanceSession) -> Sayable:
    """Have every field of the panel pressed."""
    session.ask(TouchTest())
    return ""


@maintenance_act("camera-aim", title=_("摄像头对准"), icon="camera", device=Kind.CAMERA)
def aim_camera(session: MaintenanceSession) -> Sayable:
    """Show what the camera sees, until the technician goes back."""
    session.ask(AimCamera())
    return ""


@maintenance_act("volume", title=_("音量"), icon="speaker", device=Kind.SPEAKER)
def set_volume(session: MaintenanceSession) -> Sayable:
    """Choose how loud the terminal is, and hear it. A knob of the cabinet goes before it."""
    percent = int(session.ask(_percent(_("音量是多少？"))))
    session.terminal.hosts[Kind.SPEAKER].execute(Play(Sound.DONE, percent), PLAY_S)
    keep_volume(session.state, percent)
    return _("音量设为 {percent}%，下一位市民起生效", percent=percent)


def _backlight() -> Path | None:
    """The folder of the panel's backlight in sysfs; None: the panel has none that can be set."""
    try:
        found = sorted(BACKLIGHTS.iterdir())
    except OSError:
        return None
    return found[0] if found else None


def _no_backlight(session: MaintenanceSession) -> Sayable | None:
    folder = _backlight()
    if folder is None:
        return _("这块屏幕的亮度不能由本机调节")
    try:  # opened, not asked with access(2), which knows nothing of Landlock
        os.close(os.open(folder / "brightness", os.O_WRONLY))
    except OSError:
        return _("这项服务无权改亮度：请 root 在控制台改，见 kiosk doctor")
    return None


@maintenance_act("brightness", title=_("亮度"), icon="contrast", closed=_no_backlight)
def set_brightness(session: MaintenanceSession) -> Sayable:
    """Choose how bright the panel is, at once. Raises ``OSError``."""
    percent = int(session.ask(_percent(_("屏幕多亮？"))))
    folder = _backlight()
    if folder is None:  # it has gone since the page was shown
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
    try:
        most = int((folder / "max_brightness").read_text(encoding="ascii"))
    except ValueError as error:
        raise OSError(errno.EINVAL, "max_brightness") from error
    (folder / "brightness").write_text(str(max(1, most * percent // 100)), encoding="ascii")
    return _("亮度设为 {percent}%", percent=percent)
