"""The step of the outlets: where to go, with what can be had there from here."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.centre.outlets import Outlet
from kiosk.visit.steps import Action, Step, one_of
from kiosk.words import Sayable

TICKET = "ticket:"
BOOK = "book:"


@dataclass(frozen=True, slots=True)
class ChooseOutlet(Step[str]):
    """去哪里办最快. Answered by ``TICKET`` or ``BOOK`` with the id of an outlet that offers it, or
    by the key of an action."""

    outlets: tuple[Outlet, ...]
    lead: Sayable
    actions: tuple[Action, ...] = ()

    def check(self, answer: object) -> str:
        return one_of(
            answer, (*filter(None, map(way, self.outlets)), *(a.key for a in self.actions))
        )


def way(outlet: Outlet) -> str:
    """What can be had at ``outlet`` from here, as an answer; empty when there is nothing."""
    if outlet.tickets:
        return TICKET + outlet.id
    return BOOK + outlet.id if outlet.appointments else ""
