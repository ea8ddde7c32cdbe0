"""The technician's pages while a terminal is set up: what is so, and words to type."""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.visit.steps import Action, NotAnAnswer, Step, Tone, one_of
from kiosk.visit.waits import WORKING
from kiosk.words import Sayable, _

SCAN = "scan\n"
"""What the button answers that has the scanner read the words, before what was typed so far. No
key types a line break."""
MOST_TYPED = 120


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One thing that was looked at: what is seen, and what mends it."""

    title: Sayable
    text: Sayable = ""
    mend: Sayable = ""
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class ShowChecks(Step[str]):
    """What was looked at, in order; answered by the key of an action. ``works``: the terminal is
    not ready, and nothing can be pressed yet."""

    waits: Sayable = field(default=WORKING, kw_only=True)
    title: Sayable
    checks: tuple[CheckLine, ...] = ()
    lead: Sayable = ""
    note: Sayable = ""
    note_tone: Tone = Tone.ATTENTION
    actions: tuple[Action, ...] = ()
    works: bool = False

    def check(self, answer: object) -> str:
        return one_of(answer, tuple(each.key for each in self.actions if each.closed is None))


@dataclass(frozen=True, slots=True)
class EnterText(Step[str]):
    """Some words of letters, digits and ``.:/-_``, or what the scanner reads. ``typed`` stands
    there already; ``pieces`` are words of several letters that a key of their own types."""

    waits: Sayable = field(default=WORKING, kw_only=True)
    title: Sayable
    lead: Sayable = ""
    typed: str = ""
    pieces: tuple[str, ...] = ()
    scans: bool = False
    wrong: Sayable = ""

    def check(self, answer: object) -> str:
        if not isinstance(answer, str) or not answer.strip():
            raise NotAnAnswer(_("请输入"))
        return answer


@dataclass(frozen=True, slots=True)
class ShowEnrolment(Step[str]):
    """What somebody at the centre needs to take the terminal in: the ``code`` of the enrolment, the
    hash of the terminal's key in hexadecimal, and a QR code of ``scan``. ``steps``: what to do, in
    order; ``trouble``: what hinders it now. Answered by the key of an action."""

    waits: Sayable = field(default=WORKING, kw_only=True)
    title: Sayable
    lead: Sayable
    steps: tuple[Sayable, ...]
    key_hash: str
    scan: str
    code: str = ""
    trouble: Sayable = ""
    actions: tuple[Action, ...] = ()

    def check(self, answer: object) -> str:
        return one_of(answer, tuple(each.key for each in self.actions if each.closed is None))
