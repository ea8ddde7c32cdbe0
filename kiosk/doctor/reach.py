"""Whether somebody in a wheelchair reaches all buttons, as high as the panel hangs."""

from __future__ import annotations

from collections.abc import Iterator

from drivers.sentence import en
from kiosk.doctor import panels, plugged
from kiosk.doctor.findings import Finding
from kiosk.doctor.machine import MACHINE
from kiosk.settings import Settings


def look(settings: Settings) -> Iterator[Finding]:
    """A note where a button lies too high or too low; nothing where nobody has measured."""
    yield from judge(settings, panels.look(plugged.ROOT, output=settings.screen.output))


def judge(settings: Settings, screen: panels.ScreenFacts) -> Iterator[Finding]:
    """The same for a known ``screen``."""
    height = screen.height_mm(settings.screen.orientation)
    if not settings.screen.mounted_mm or height is None:
        return
    lowered = settings.screen.lowered
    least, most = panels.REACH_MM
    low, high = panels.reach(settings.screen.mounted_mm, height, lowered)
    seen = en("buttons from {low} to {high} mm above the floor", low=low, high=high)
    if high > most:
        half = panels.reach(settings.screen.mounted_mm, height, True)[1]
        mend = (
            en("set lowered = true in [screen]")
            if not lowered and half <= most
            else en("hang the panel at least {millimetres} mm lower", millimetres=half - most)
        )
        yield MACHINE.note("reach", seen, mend)
    elif low < least:
        mend = en("hang the panel at least {millimetres} mm higher", millimetres=least - low)
        yield MACHINE.note("reach", seen, mend)
    else:
        yield MACHINE.good("reach", seen)
