"""What a way in is: what it proves, which devices it needs, and the steps by which it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from drivers.device import Kind
from kiosk.centre.evidence import LoginEvidence
from kiosk.centre.models import Session
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, Text


class Proves(StrEnum):
    """What a way in proves. Which level that makes is for the centre to say."""

    HELD = "held"  # a card was read
    KNOWN = "known"  # a secret of the citizen was right
    ARE = "are"  # the citizen's own face
    PHONE = "phone"  # the citizen agreed on their own phone
    UNIT = "unit"  # a secret of the unit was right, for which the citizen acts


Present = Callable[[LoginEvidence], Session]
"""Lays evidence before the centre: it opens the session, or raises the level of the open one."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way in. ``id`` is its name at the centre; ``begins``: it tells who the citizen is, so a
    visit may begin with it.

    ``run`` asks the citizen its steps and has the centre check what came of them; without a refusal
    the centre's session has been opened or raised when ``run`` returns. It is told whether other
    ways are open: then its pages have 换其他方式, which raises ``OtherWay`` out of ``run``.
    """

    id: str
    proves: Proves
    title: Text
    hint: Text
    icon: str
    run: Callable[[Visit, Present, bool], None]
    devices: tuple[Kind, ...] = ()
    closed: Callable[[Visit], Sayable | None] = lambda visit: None
    """Why this terminal lacks what the way needs besides its devices; None where nothing lacks."""
    seconds: int = 0
    """How long the way usually takes from its first page, for the page that compares the ways; 0:
    not known."""
    begins: bool = False
