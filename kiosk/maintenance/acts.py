"""The table of a technician's acts: each is one function that enters itself here.

A module of acts says what it adds, and is named in :data:`kiosk.maintenance.page.MODULES`::

    @maintenance_act("test-slip", title=_("试打凭条"), icon="receipt", device=Kind.RECEIPT_PRINTER)
    def print_test_slip(session: MaintenanceSession) -> Sayable:
        ...
        return _("试打凭条已出纸")

The function asks with ``session.ask``; 返回 and 退出 lead back to the page. What it returns, the
page says. An act is an audit event before it is done, unless it only shows something, or tells the
event itself with ``session.note``: then it is not ``noted``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.device import Kind
from kiosk.centre.roster import OF_MAINTENANCE, StaffRole
from kiosk.words import Sayable

if TYPE_CHECKING:
    from kiosk.maintenance.session import MaintenanceSession

ActFunction = Callable[["MaintenanceSession"], Sayable]
ALL_ROLES = OF_MAINTENANCE
TECHNICIANS = frozenset({StaffRole.TECHNICIAN})


@dataclass(frozen=True, slots=True)
class MaintenanceAct:
    """One act. With a ``device``, it stands on the page of that device where the terminal has one,
    otherwise on the maintenance page; ``front``: on the maintenance page too."""

    key: str
    title: Sayable
    icon: str
    run: ActFunction
    device: Kind | None = None
    front: bool = False
    roles: frozenset[StaffRole] = TECHNICIANS
    closed: Callable[[MaintenanceSession], Sayable | None] = lambda session: None
    """Why it cannot be done now."""
    noted: bool = True
    """Whether it is an audit event; not one that only shows something."""


MAINTENANCE_ACTS: dict[str, MaintenanceAct] = {}
"""All acts by their keys, in the order of their modules."""


def maintenance_act(
    key: str,
    *,
    title: Sayable,
    icon: str,
    device: Kind | None = None,
    front: bool = False,
    roles: frozenset[StaffRole] = TECHNICIANS,
    closed: Callable[[MaintenanceSession], Sayable | None] = lambda session: None,
    noted: bool = True,
) -> Callable[[ActFunction], ActFunction]:
    """A decorator that enters a function in :data:`MAINTENANCE_ACTS`."""

    def enter(run: ActFunction) -> ActFunction:
        MAINTENANCE_ACTS[key] = MaintenanceAct(
            key, title, icon, run, device, front, roles, closed, noted
        )
        return run

    return enter
