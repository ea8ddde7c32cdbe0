"""What a technician has taken out of service, and why; kept until it is brought back.

The reason is one of a closed list, in words that citizens read.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec

from drivers.device import Kind, Reason, State, Status
from kiosk import events
from kiosk.centre.models import Catalogue, CentreWords
from kiosk.enrolment import key as keys
from kiosk.visit.troubles import TakenOut
from kiosk.words import Language, Text, _, say

log = logging.getLogger(__name__)
REASONS: Mapping[str, Text] = {
    "repair": _("等待维修"),
    "supplies": _("等待补充纸张或墨粉"),
    "testing": _("正在调试"),
    "notice": _("按通知暂停"),
}
"""The reasons by their words in the file and in the audit log."""
TERMINAL = "terminal"
"""The whole terminal, where a device or a service could stand."""
_FOLDER, _FILE = "maintenance", "closures.json"


class ClosureNote(msgspec.Struct, frozen=True):
    """Since when something is out of service, by this terminal's clock, and by whom: the staff
    number."""

    since: Annotated[datetime, msgspec.Meta(tz=True)]
    by: str


class Closed(msgspec.Struct, frozen=True):
    """What is out of service, each with its reason."""

    devices: dict[Kind, str] = {}
    services: dict[str, str] = {}
    terminal: str = ""
    notes: dict[str, ClosureNote] = {}
    """Of what is out of service, by device class, service or ``TERMINAL``; a file of an earlier
    version has none."""

    def reason(self, what: str) -> str:
        """Why ``what``, a device class, a service or ``TERMINAL``, is out of service; empty: it is
        not."""
        if what == TERMINAL:
            return self.terminal
        return self.devices[Kind(what)] if what in self.devices else self.services.get(what, "")

    def statuses(self, real: Mapping[Kind, Status]) -> Mapping[Kind, Status]:
        """``real`` as a visit sees it: a device out of service cannot be used."""
        return {kind: self._status(kind, status) for kind, status in real.items()}

    def _status(self, kind: Kind, status: Status) -> Status:
        if kind not in self.devices:
            return status
        why = reason_words(self.devices[kind])
        return TakenOut(State.OFFLINE, status.media, status.paper, Reason.OFFLINE, why=why)

    def catalogue(self, offered: Catalogue) -> Catalogue:
        """``offered`` with the services out of service closed, each with its reason."""
        if not self.services and not self.terminal:
            return offered
        offers = tuple(
            offer.model_copy(update={"open": False, "closed_because": _words(why)})
            if (why := self.terminal or self.services.get(offer.service))
            else offer
            for offer in offered.offers
        )
        if not self.terminal:
            return offered.model_copy(update={"offers": offers})
        because = {"open": False, "because": _words(self.terminal)}
        ways = tuple(way.model_copy(update=because) for way in offered.ways)
        return offered.model_copy(update={"offers": offers, "ways": ways})


_CLOSED: msgspec.json.Decoder[Closed] = msgspec.json.Decoder(Closed)
# Made in the thread that imports this module: see ``kiosk.counters``.


def reason_words(reason: str) -> Text:
    """The reason as citizens read it."""
    return REASONS.get(reason, _("暂停使用"))


def _words(reason: str) -> CentreWords:
    why = _("本机停用：{why}", why=reason_words(reason))
    return CentreWords(zh=say(why, Language.ZH), en=say(why, Language.EN))


class ClosuresSpoilt(Exception):
    """The file cannot be understood: why."""


class Closures:
    """The file, in the ``state`` directory."""

    def __init__(self, state: Path) -> None:
        self._folder = state / _FOLDER
        self._path = self._folder / _FILE

    def read(self) -> Closed:
        """What is out of service. A file that cannot be read takes nothing out, and is an event."""
        try:
            return self.kept()
        except OSError as error:
            events.CLOSURES_SPOILT.log(log, reason=error.strerror or type(error).__name__)
        except ClosuresSpoilt as error:
            events.CLOSURES_SPOILT.log(log, reason=str(error))
        return Closed()

    def kept(self) -> Closed:
        """What is out of service. Raises ``OSError``, for what the disk does not give at this
        moment is not lost, and :class:`ClosuresSpoilt`."""
        try:
            return _CLOSED.decode(self._path.read_bytes())
        except FileNotFoundError:
            return Closed()
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise ClosuresSpoilt(str(error)[:200]) from error

    def change(self, what: str, reason: str, by: str) -> None:
        """Take ``what`` out of service for ``reason``: a device class, a service, ``TERMINAL``;
        bring it back where there is none. ``by``: the staff number. On the disk when this returns.
        Raises ``OSError``."""
        try:
            kept = self.kept()
        except ClosuresSpoilt as error:
            events.CLOSURES_SPOILT.log(log, reason=str(error))
            kept = Closed()
        note = ClosureNote(datetime.now(UTC).replace(microsecond=0), by) if reason else None
        kept = msgspec.structs.replace(kept, notes=_changed(kept.notes, what, note))
        if what == TERMINAL:
            kept = msgspec.structs.replace(kept, terminal=reason)
        elif what in tuple(Kind):
            devices = _changed(kept.devices, Kind(what), reason)
            kept = msgspec.structs.replace(kept, devices=devices)
        else:
            services = _changed(kept.services, what, reason)
            kept = msgspec.structs.replace(kept, services=services)
        keys.make_folder(self._folder)
        keys.write_secret(self._path, msgspec.json.encode(kept))


def _changed(kept: dict, name: str, value: object) -> dict:  # type: ignore[type-arg]
    others = {each: one for each, one in kept.items() if each != name}
    return {**others, name: value} if value else others
