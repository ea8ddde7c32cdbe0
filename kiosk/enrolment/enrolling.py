"""Asks the centre for a certificate until it is granted: a code for the screen, growing pauses."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from drivers.sentence import en
from kiosk.centre.enrolment import EnrolledTerminal, Enrolment, EnrolmentRequest, EnrolmentState
from kiosk.centre.errors import CentreUnavailable, Refusal
from kiosk.enrolment.identity import NotEnrolled
from kiosk.words import Language, Sayable, say

GROWS = 1.5
MOST_PAUSE_S = 30.0
"""Each pause is so much longer than the one before, up to this."""


class AsksForEnrolment(Protocol):
    """The two calls to the centre."""

    def open(self, request: EnrolmentRequest) -> Enrolment: ...

    def state(self, id: str) -> EnrolmentState: ...


class EnrolmentRefused(NotEnrolled):
    """The centre refuses the terminal: ``because``, in both languages where the centre tells it in
    both. ``sentence``: the same for a console."""

    def __init__(self, because: Sayable, sentence: str = "") -> None:
        why = say(because, Language.EN)
        super().__init__(sentence or en("the centre refuses this terminal: {why}", why=why))
        self.because = because


@dataclass(frozen=True, slots=True)
class EnrolmentView:
    """What people see of an enrolment that goes on: the code to be allowed at the centre, or why
    there is none at the moment; ``untrusted`` as in
    :class:`~kiosk.centre.errors.CentreUnavailable`."""

    code: str = ""
    trouble: str = ""
    untrusted: bool = False


def enrol(
    centre: AsksForEnrolment,
    request: EnrolmentRequest,
    show: Callable[[EnrolmentView], None],
    wait: Callable[[float], None] = time.sleep,
) -> EnrolledTerminal:
    """Ask until the centre grants what a terminal needs; a code whose time has passed is replaced.

    ``wait`` may raise to end the asking. Raises :class:`EnrolmentRefused` when the centre refuses.
    """
    pauses = _pauses(1.0)
    while True:
        try:
            opened = centre.open(request)
        except CentreUnavailable as error:
            show(EnrolmentView(trouble=str(error), untrusted=error.untrusted))
            wait(max(next(pauses), float(error.retry_after_s or 0)))
            continue
        except Refusal as refusal:
            if refusal.code != "try-later":
                raise EnrolmentRefused(refusal.reason, _because(refusal)) from refusal
            show(EnrolmentView(trouble=_because(refusal)))
            wait(MOST_PAUSE_S)
            continue
        granted = _await(centre, opened, show, wait)
        if granted:
            return granted


def _await(
    centre: AsksForEnrolment,
    opened: Enrolment,
    show: Callable[[EnrolmentView], None],
    wait: Callable[[float], None],
) -> EnrolledTerminal | None:
    """What was granted under the code of ``opened``; None when the code is over."""
    show(EnrolmentView(opened.code))
    for pause in _pauses(float(opened.poll_s)):
        wait(pause)
        try:
            told = centre.state(opened.id)
        except CentreUnavailable as error:
            show(EnrolmentView(opened.code, str(error)))
            continue
        except Refusal as refusal:
            if refusal.code == "not-found":
                return None
            raise EnrolmentRefused(refusal.reason, _because(refusal)) from refusal
        show(EnrolmentView(opened.code))
        match told.state:
            case "allowed" if told.terminal:
                return told.terminal
            case "refused":
                raise EnrolmentRefused(told.because or "")
            case "over" | "allowed":
                return None
    return None


def _because(refusal: Refusal) -> str:
    return en("the centre refuses this terminal: {why}", why=str(refusal))


def _pauses(first: float) -> Iterator[float]:
    pause = first
    while True:
        yield min(pause, MOST_PAUSE_S)
        pause *= GROWS
