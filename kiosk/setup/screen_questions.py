"""Finds out which output is the panel's, how it hangs, how its touch layer is built in, what draws.

Asked is only what nobody but who stands before the panel can tell.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from drivers.sentence import en
from kiosk.display import outputs
from kiosk.display.outputs import DisplayOutput
from kiosk.display.touch_panels import Panel
from kiosk.settings import ScreenSettings
from kiosk.setup import touch
from kiosk.setup.discovery import Discovery
from kiosk.setup.proposal import PanelFacts, PresentSettings
from kiosk.setup.questions import GivenAnswers
from kiosk.setup.technician import Technician

_TOPS = {"right": 90, "left": 270}
"""Where the top of an unturned picture points, on a panel that hangs turned clockwise by that."""
_LIFT_S = 1.0
"""How long a finger that pressed no corner may rest there: its reports would be the next press."""


@dataclass(frozen=True, slots=True)
class _Asking:
    given: GivenAnswers
    found: Discovery
    before: PresentSettings
    quiet: bool
    technician: Technician
    pressed: dict[int, int]

    def present(self, key: str, usual: Any) -> Any:
        value = self.before.value("screen", key)
        return usual if value is None else value


def output(
    given: GivenAnswers,
    found: Discovery,
    before: PresentSettings,
    technician: Technician,
    *,
    quiet: bool,
) -> str:
    """The name of the panel's output; empty where the graphics card has no other that could be
    taken for it. ``quiet``: ask nobody, and leave what the settings say. Raises
    ``click.ClickException`` for an output that is not there."""
    return _output(_Asking(given, found, before, quiet, technician, {}))


def ask(
    given: GivenAnswers,
    found: Discovery,
    before: PresentSettings,
    name: str,
    technician: Technician,
    pressed: dict[int, int],
    *,
    quiet: bool,
) -> PanelFacts:
    """Rotation, touch layer and display server of the panel at the output ``name``, whose screen
    ``found`` must have; ``quiet``: as :func:`output`. ``before`` must have the profile of the
    terminal's place. ``pressed``: how the touch layer was found to be built in, by how the panel
    hangs: who goes back to another question presses once."""
    asking = _Asking(given, found, before, quiet, technician, pressed)
    panel = next((one for one in found.outputs if one.name == name), None)
    panel = panel or next((one for one in found.outputs if one.connected), None)
    orientation = found.screen.orientation or asking.present("orientation", "portrait")
    rotation = _rotation(asking, panel, orientation)
    screen = ScreenSettings(orientation=orientation, rotation=rotation)
    touched = _touch(asking, outputs.turns(screen, panel))
    return PanelFacts(name, rotation, touched, _server(asking))


def _server(asking: _Asking) -> str:
    """What draws on the panel: what is told, else what the settings say, unless only the other one
    is installed."""
    present = str(asking.present("server", "cage"))
    there = asking.found.servers
    usual = present if present in there or not there else there[0]
    return asking.given.server or usual


def _output(asking: _Asking) -> str:
    names = [one.name for one in asking.found.outputs]
    there = [one.name for one in asking.found.outputs if one.connected]
    if asking.given.output:
        if asking.given.output not in names:
            told = en("--output: one of {names}", names=", ".join(names) or en("none"))
            raise click.ClickException(asking.technician.say(told))
        return asking.given.output
    present = str(asking.present("output", ""))
    if present in there or not there or len(names) < 2 or (asking.quiet and present):
        return present
    if len(there) == 1 or asking.quiet:
        return there[0]
    heading, question = en("several screens are connected:"), en("Which one do citizens see")
    return there[asking.technician.pick(heading, there, question)]


def _rotation(asking: _Asking, panel: DisplayOutput | None, orientation: str) -> Any:
    if given := asking.given.rotation:
        return int(given) if given.isdecimal() else given
    present = asking.present("rotation", "auto")
    usual = ScreenSettings(orientation="portrait" if orientation == "portrait" else "landscape")
    # An X server turns its picture by its own means. Who has written 0 or 180 knows better than
    # the form of the panel, which is all that is known here.
    known = asking.quiet or asking.found.screen.turned or present not in ("auto", *_TOPS.values())
    if known or not outputs.turns(usual, panel):
        return present
    top = asking.technician.choose(
        en("The panel hangs turned: where does the top of its own picture point"),
        {"right": en("to the right"), "left": en("to the left")},
        "left" if present == _TOPS["left"] else "right",
    )
    return "auto" if (present, _TOPS[top]) == ("auto", 90) else _TOPS[top]


def _touch(asking: _Asking, quarters: int) -> Any:
    if asking.given.touch_turned:
        return int(asking.given.touch_turned)
    present = asking.present("touch_turned", None)
    new = [one for one in asking.found.panels if _is_new(one, present, asking)]
    if asking.quiet or asking.found.screen.turned or not new:
        return present
    if quarters not in asking.pressed:
        devices = [Path("/dev/input") / one.event for one in new if one.event]
        found = _pressed(devices, quarters, asking)
        if found is None:
            return present
        asking.pressed[quarters] = found
    return asking.pressed[quarters]


def _is_new(panel: Panel, present: Any, asking: _Asking) -> bool:
    """Whether nobody has told yet how ``panel`` is built in: it is none of those that the settings
    allow. A panel that is not at USB never is, so there any answer counts."""
    if allowed := asking.before.value("usb", "allow"):
        if {panel.ids, f"{panel.ids[:4]}:*"} & set(allowed):
            return False
        if panel.ids in {usb.ids for usb in asking.found.usb}:
            return True
    return present is None


def _pressed(devices: Sequence[Path], quarters: int, asking: _Asking) -> int | None:
    """How the touch layer is built in, by a press of the upper left corner; None: nobody does."""
    technician, seconds = asking.technician, f"{touch.PRESS_S:.0f}"
    told = en("Press the panel's upper left corner once (within {seconds} s)…", seconds=seconds)
    technician.announce(told)
    while devices and (place := touch.press(devices)):
        if (degrees := touch.turned(place, quarters)) is not None:
            seen = en("the touch layer is turned by {degrees} degrees", degrees=degrees)
            technician.tell("ok", seen)
            return degrees
        technician.announce(en("That was no corner: once more, please"))
        time.sleep(_LIFT_S)
    silent = en("nobody has pressed: touch_turned stays as it is")
    technician.tell("..", silent)
    return None
