"""Services of other makers: entry points that the settings name. All others are refused."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata, resources

from drivers.sentence import en
from kiosk import events
from kiosk.services.catalogue import SERVICES, Service

log = logging.getLogger(__name__)

GROUP = "kiosk.services"
"""The group of entry points. The name of one is the service's id in the centre's catalogue; its
object is a :class:`kiosk.services.catalogue.Service`."""
_OURS = frozenset(SERVICES)  # complete: this module's package enters them before


@dataclass(frozen=True, slots=True)
class AddedService:
    """One entry point, or a name of the settings without one."""

    id: str
    package: str = ""  # "NAME VERSION"; empty when no package is installed that has it
    service: Service | None = None
    refused: str = ""  # why it is not in the menu; empty when ``service`` is
    mend: str = ""


def look(named: Sequence[str]) -> Iterator[AddedService]:
    """Load the services that the settings name, and tell of those that are installed and not named:
    their code is not run. Whatever a package's import raises is the package's own fault."""
    installed = metadata.entry_points(group=GROUP)
    for id_ in sorted({*named, *installed.names}):
        found = tuple(installed.select(name=id_))
        match found:
            case ():
                why = en("no installed package has it")
                yield AddedService(id_, "", None, why, en("install its package, or take it out"))
            case (only,):
                yield _load(only) if id_ in named else _not_named(only)
            case _:
                why = en("{count} packages have it", count=len(found))
                mend = en("keep one of these packages")
                yield AddedService(id_, "; ".join(map(_package, found)), None, why, mend)


def add(named: Sequence[str]) -> None:
    """Enter the services that the settings name in ``SERVICES``; a refused one is logged, and the
    terminal goes on without it."""
    for one in look(named):
        if one.service:
            SERVICES[one.id] = one.service
        else:
            events.SERVICE_REFUSED.log(log, service=one.id, package=one.package, reason=one.refused)


def _load(entry: metadata.EntryPoint) -> AddedService:
    package = _package(entry)
    tell = en("ask who made {package}", package=package)
    if entry.name in _OURS:
        why = en("this program has a service of that name")
        return AddedService(entry.name, package, None, why, tell)
    try:
        service = entry.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the terminal goes on without it
        why = en("its import failed: {error}", error=f"{type(error).__name__}: {error}")
        return AddedService(entry.name, package, None, why, tell)
    if not isinstance(service, Service):
        return AddedService(entry.name, package, None, en("it is no service"), tell)
    if service.id != entry.name:
        why = en("it calls itself {id!r}", id=service.id)
        return AddedService(entry.name, package, None, why, tell)
    if not (resources.files("assets") / "icons" / f"{service.icon}.svg").is_file():
        why = en("there is no icon {icon!r}", icon=service.icon)
        return AddedService(entry.name, package, None, why, tell)
    return AddedService(entry.name, package, service)


def _not_named(entry: metadata.EntryPoint) -> AddedService:
    return AddedService(
        entry.name,
        _package(entry),
        None,
        en("the settings do not name it"),
        en('write services = ["{id}"] into the settings, or remove its package', id=entry.name),
    )


def _package(entry: metadata.EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else ""
