"""One technician's session: who it is, what they may do, and the record of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeVar

from drivers.device import Kind, Status
from drivers.hosting.host import Host
from kiosk.centre.models import Catalogue
from kiosk.centre.roster import Worker
from kiosk.counters import CounterFile
from kiosk.login import AUDIT_WORD
from kiosk.maintenance.acts import MAINTENANCE_ACTS, MaintenanceAct
from kiosk.settings import Settings, state_directory
from kiosk.upkeep import TellUpkeep, UpkeepEvent
from kiosk.visit.maintenance_steps import OVER
from kiosk.visit.steps import Step
from kiosk.visit.visit import Asker

T = TypeVar("T")


class MaintainedTerminal(Protocol):
    """What maintenance needs of a :class:`~kiosk.terminal.terminal.Terminal`."""

    @property
    def settings(self) -> Settings: ...

    @property
    def asker(self) -> Asker: ...

    @property
    def hosts(self) -> Mapping[Kind, Host]: ...

    @property
    def tell_upkeep(self) -> TellUpkeep: ...

    @property
    def offered(self) -> Catalogue | None: ...

    def real_statuses(self) -> Mapping[Kind, Status]:
        """The states of the devices, also of those that are taken out of service."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What has opened the terminal: a ticket or a card, whose, for how long."""

    by: str  # "ticket" or "card"
    id: str  # of the session: that of the ticket, or 128 random bits
    worker: Worker
    order: str = ""  # the work order of the ticket
    ends: datetime | None = None

    def lasts_s(self) -> float:
        """Seconds from now until the time is over; 0: it has no end."""
        return max(1.0, (self.ends - datetime.now(UTC)).total_seconds()) if self.ends else 0.0


class RestartAsked(Exception):
    """The technician has restarted the terminal."""


class MaintenanceSession:
    """What an act works with."""

    def __init__(self, terminal: MaintainedTerminal, opened_by: Pass) -> None:
        self.terminal = terminal
        self.opened_by = opened_by
        self.since = time.monotonic()
        self.lasts_s = opened_by.lasts_s()

    @property
    def settings(self) -> Settings:
        return self.terminal.settings

    @property
    def state(self) -> Path:
        """Where what outlives a restart lies."""
        return state_directory(self.settings)

    @property
    def counters(self) -> CounterFile:
        """What the devices of this terminal have done."""
        return CounterFile(self.state)

    @property
    def worker(self) -> Worker:
        return self.opened_by.worker

    def ask(self, step: Step[T]) -> T:
        """The answer to ``step``. Raises :class:`~kiosk.visit.visit.WentBack` and
        :class:`~kiosk.visit.visit.Left`, which lead back to the maintenance page;
        :class:`~kiosk.visit.visit.TimedOut`, which ends the session; ``DeviceError``."""
        return self.terminal.asker.ask(step, back=True)

    def over(self) -> str | None:
        """``OVER`` once the time of the ticket has passed."""
        over = self.lasts_s and time.monotonic() - self.since >= self.lasts_s
        return OVER if over else None

    def may(self, act: MaintenanceAct) -> bool:
        """Whether the role of who works here allows the act, and the terminal has its device."""
        has = act.device is None or act.device in self.terminal.hosts
        return has and self.worker.role in act.roles

    def acts(self, fits: Callable[[MaintenanceAct], bool]) -> tuple[MaintenanceAct, ...]:
        """The acts that this session may do, of those that ``fits``."""
        return tuple(act for act in MAINTENANCE_ACTS.values() if self.may(act) and fits(act))

    def note(self, act: str, *about: str) -> None:
        """Tell the audit log of an act and what it was done to."""
        words = (act, *map(_audited, about))
        self.terminal.tell_upkeep(UpkeepEvent.DONE, self.opened_by.id, ":".join(words))


def _audited(word: str) -> str:
    """``word`` as the audit log may hold it: the centre may have named a service by any line, and
    the keeper ends a visit that tells such a one."""
    word = word.replace("_", "-")
    return word if re.fullmatch(AUDIT_WORD, word) else "other"
