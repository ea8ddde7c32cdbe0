"""Makes of what was found, and of what people know, the settings of a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from drivers.device import Kind
from drivers.sentence import en
from kiosk.display import rules
from kiosk.doctor import names, panels, plugged
from kiosk.doctor.names import UdevRule
from kiosk.doctor.plugged import DeviceNode
from kiosk.settings import over, profile_table
from kiosk.setup.discovery import Discovery, FoundDevice, Table

STM = "branch-stm"
NOT_FOUND = en("of the profile, and not found here")
"""The comment beside a `without` that setup has written."""
_ADDRESSES = ("port", "baud", "address", "uri", "source", "reader", "service", "machine", "ports")
"""The settings of a table that say where its device is: a device that was found elsewhere has
others."""


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What only people know of a terminal."""

    terminal: str
    """Its number at the centre."""
    centre: str
    """The centre's address."""
    sealer: str
    """Who seals the centre's papers."""
    place: str
    """What kind of place it stands in: the name of a profile."""
    height_mm: int = 0
    """How high the panel's lower edge is above the floor; 0: not measured."""


@dataclass(frozen=True, slots=True)
class PanelFacts:
    """Which output is the panel's, how the panel hangs, how its touch layer is built in and what
    draws on it, as :class:`~kiosk.settings.ScreenSettings` says it."""

    output: str = ""
    rotation: str | int = "auto"
    touch_turned: int | None = None
    """None: nobody has told."""
    server: str = "cage"


@dataclass(frozen=True, slots=True)
class PresentSettings:
    """The settings before the change: the file alone, and merged with what the enrolment brought
    and with the profile."""

    own: Mapping[str, Any] = field(default_factory=dict)
    merged: Mapping[str, Any] = field(default_factory=dict)
    withheld: frozenset[str] = frozenset()
    """The classes that somebody has put into `without` by hand: devices of theirs are not used."""

    @property
    def devices(self) -> dict[Kind, Table]:
        return {Kind(name): table for name, table in self.merged.get("devices", {}).items()}

    @property
    def profile(self) -> str:
        return str(self.own.get("profile", ""))

    def value(self, *path: str) -> Any:
        """The value in force at ``path``, or ``None``."""
        here: Any = self.merged
        for name in path:
            here = here.get(name) if isinstance(here, Mapping) else None
        return here


@dataclass(frozen=True, slots=True)
class Assignment:
    """A key that the file shall have, and the comment beside it. ``value`` ``None``: not at all."""

    path: tuple[str, ...]
    value: Any
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What to write, and what to tell."""

    assignments: tuple[Assignment, ...]
    chosen: tuple[FoundDevice, ...]
    spare: tuple[FoundDevice, ...]
    """Found, and not used: the class has another device, or is withheld."""
    absent: tuple[Kind, ...]
    """Classes of the profile of which nothing was found."""
    named: Mapping[str, DeviceNode]
    """Names under ``/dev`` that the rules must give, without ``/dev``."""
    unguarded: str = ""
    """Why the settings name no USB device, though there is a touch panel; "": they do."""


def guess_place(found: Discovery) -> str:
    """The profile that fits best what was found."""
    if any(one.table["driver"] == "xfs4iot" for one in found.devices):
        return STM
    return "bus-station" if found.screen.orientation == "landscape" else "supermarket"


def make(
    found: Discovery,
    site: SiteFacts,
    before: PresentSettings,
    preferred: Mapping[Kind, FoundDevice] | None = None,
    panel: PanelFacts | None = None,
    udev: str = "",
) -> Proposal:
    """The proposal. What ``before`` says already is not assigned again; a device of ``before`` that
    does not answer now keeps its table. ``preferred``: the choice among several devices; without
    ``panel`` nothing is said of its display server, output, rotation and touch layer. ``udev``: the
    rules so far that give devices names; "": those that come with the program."""
    profile = profile_table(site.place)
    same = before.profile == site.place
    own: dict[str, Any] = dict(before.own.get("devices", {}))
    tables = over(own, profile["devices"])
    below: dict[Kind, Table] = {Kind(name): table for name, table in tables.items()}
    chosen: dict[Kind, FoundDevice] = {}
    for kind in Kind:
        if kind in before.withheld:
            continue
        if candidates := found.of(kind):
            usual = below.get(kind, {}).get("driver")
            chosen[kind] = (preferred or {}).get(kind) or min(
                candidates,
                key=lambda one: (not one.known, one.table["driver"] != usual),
            )
    absent = tuple(
        Kind(kind)
        for kind in profile["devices"]
        if kind not in {*chosen, *own, *before.withheld} and not (same and kind in before.devices)
    )
    named = _named(chosen, found.nodes)
    kept = {
        kind: table
        for kind, table in below.items()
        if kind not in {*chosen, *absent, *before.withheld}
    }
    used = [*kept.values(), *(device.table for device in chosen.values())]
    banks = _of_a_bank(used) or _of_a_bank([below[kind] for kind in absent])
    made = names.rules(udev or names.shipped())
    unguarded = _unguarded(found, banks, kept, made, before)
    assignments = [
        *_of_the_site(site, before),
        *_without(absent, before),
        *_of_the_screen(found.screen, site, before, profile),
        *_of_the_panel(panel, before),
        *([] if unguarded else _of_the_sockets(found, chosen, kept, made, before)),
        *_of_the_centre(site, before),
    ]
    for kind, device in chosen.items():
        table = _stable(device, named)
        assignments += _of_a_device(kind, table, below.get(kind, {}), own.get(kind, {}))
    spare = tuple(one for one in found.devices if one is not chosen.get(one.kind))
    return Proposal(tuple(assignments), tuple(chosen.values()), spare, absent, named, unguarded)


def _of_the_site(site: SiteFacts, before: PresentSettings) -> list[Assignment]:
    told = [
        Assignment(("terminal",), site.terminal, en("its number at the centre")),
        Assignment(("profile",), site.place, en("the kind of machine: its screen and devices")),
    ]
    return [one for one in told if before.value(*one.path) != one.value]


def _without(absent: tuple[Kind, ...], before: PresentSettings) -> list[Assignment]:
    so_far = list(before.own.get("without", ()))
    lacking = [str(kind) for kind in absent]
    lacking += [one for one in so_far if one in before.withheld]
    if set(so_far) == set(lacking):
        return []
    # Those that stand there stay in their order.
    names_ = [one for one in so_far if one in lacking]
    names_ += [one for one in lacking if one not in so_far]
    return [Assignment(("without",), names_ or None, NOT_FOUND)]


def _of_the_screen(
    screen: panels.ScreenFacts, site: SiteFacts, before: PresentSettings, profile: dict[str, Any]
) -> list[Assignment]:
    under = profile.get("screen", {}) | dict(before.own.get("screen", {}))
    told = []
    orientation = screen.orientation or under.get("orientation", "portrait")
    if orientation != under.get("orientation", "portrait"):
        comment = en("as the screen stands now")
        told.append(Assignment(("screen", "orientation"), orientation, comment))
    if not site.height_mm or site.height_mm == before.value("screen", "mounted_mm"):
        return told
    comment = en("from the floor to the panel's lower edge")
    told.append(Assignment(("screen", "mounted_mm"), site.height_mm, comment))
    height = screen.height_mm(orientation)
    if height is not None:
        lowered = panels.reach(site.height_mm, height, False)[1] > panels.REACH_MM[1]
        if lowered and not under.get("lowered", False):
            comment = en(
                "in the lower half; the panel's top, at {top} mm, is out of reach",
                top=site.height_mm + height,
            )
            told.append(Assignment(("screen", "lowered"), True, comment))
    return told


def _of_the_panel(panel: PanelFacts | None, before: PresentSettings) -> list[Assignment]:
    if panel is None:
        return []
    told: list[tuple[str, str | int | None, str, str | int | None]] = [
        ("server", panel.server, en("the display server"), "cage"),
        ("output", panel.output, en("the panel's output"), ""),
        ("rotation", panel.rotation, en("how the panel hangs, clockwise"), "auto"),
        # Also the usual 0: that it stands there tells that somebody has pressed.
        ("touch_turned", panel.touch_turned, en("how the touch layer is built in"), None),
    ]
    found = []
    for key, value, comment, usual in told:
        present = before.value("screen", key)
        if value != (usual if present is None else present):
            found.append(Assignment(("screen", key), value, comment))
    return found


def _of_the_sockets(
    found: Discovery,
    chosen: Mapping[Kind, FoundDevice],
    kept: Mapping[Kind, Table],
    made: Sequence[UdevRule],
    before: PresentSettings,
) -> list[Assignment]:
    """The USB devices that may be plugged in: the touch panel's and those of the settings, also
    those that are silent today, besides what stands there; of all these only what usbguard would
    refuse. While no touch panel was seen, none is named: a panel of the HID kind would be refused
    when it is plugged in."""
    present = list(before.value("usb", "allow") or ())
    if not present and not found.panels:
        return []
    panels_ = {one.ids for one in found.panels}
    used = {one.node.usb.ids for one in chosen.values() if one.node and one.node.usb}
    paths = {path for table in kept.values() for path in plugged.named(table)}
    used |= {
        node.usb.ids
        for node in found.nodes
        if node.usb and (node.path in paths or any(rule.fits(node) for rule in made))
    }
    classes = {_CLASSES[kind] for kind in (*chosen, *kept) if kind in _CLASSES}
    needed = [
        usb
        for usb in found.usb
        if usb.ids in panels_ | used or any(usb.has(one) for one in classes)
    ]
    refused = {
        usb.ids for usb in needed if usb.ids in panels_ or rules.must_be_named(usb.interfaces)
    }
    # Another device of the HID kind is refused only once some device is named.
    wanted = refused if present or refused else {usb.ids for usb in needed}
    more = sorted(ids for ids in wanted if ids not in present and f"{ids[:4]}:*" not in present)
    if not more:
        return []
    comment = en("the USB devices of this machine; of keyboards and sticks, no others")
    return [Assignment(("usb", "allow"), [*present, *more], comment)]


def _unguarded(
    found: Discovery,
    banks: Sequence[Table],
    kept: Mapping[Kind, Table],
    made: Sequence[UdevRule],
    before: PresentSettings,
) -> str:
    """Why no USB device may be named: some that the settings need are not known, and usbguard would
    refuse them once any is named. "" where all are known, or where somebody has named some."""
    if before.value("usb", "allow") or not found.panels:
        return ""
    if any(_is_here(table) for table in banks):
        return en(
            "[usb] allow is not written: only the bank knows the USB devices behind XFS4IoT; name "
            "those of the HID kind yourself, and the touch panel {ids}",
            ids=", ".join(sorted({one.ids for one in found.panels})),
        )
    for kind, table in kept.items():
        for path in plugged.named(table):
            if f"hid:{path}" in table.values() and not _plugged_in(path, found, made):
                return en(
                    "[usb] allow is not written: the {kind} at {path} is not plugged in, and would "
                    "be refused later; plug it in, and run setup again",
                    kind=kind,
                    path=path,
                )
    return ""


def _of_a_bank(tables: Iterable[Table]) -> list[Table]:
    """Those of ``tables`` whose devices belong to the bank's programs."""
    return [table for table in tables if table.get("driver") == "xfs4iot"]


def _is_here(table: Table) -> bool:
    """Whether the services of a table of :func:`_of_a_bank` are on this machine."""
    service, machine = str(table.get("service", "")), str(table.get("machine", "localhost"))
    host = urlsplit(service).hostname if "://" in service else machine
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"


def _plugged_in(path: Path, found: Discovery, made: Sequence[UdevRule]) -> bool:
    """Whether a device has the name ``path``, or gets it by a rule of ``made``."""
    name = str(path.relative_to("/dev"))
    fitting = [rule for rule in made if name in rule.names]
    return any(
        node.path == path or any(rule.fits(node) for rule in fitting) for node in found.nodes
    )


_CLASSES = {Kind.SMART_CARD: "0b", Kind.SPEAKER: "01"}
"""USB-IF class codes of devices that a service opens, not a device file."""


def _of_the_centre(site: SiteFacts, before: PresentSettings) -> list[Assignment]:
    told = [
        Assignment(("centre", "url"), site.centre, en("the centre's address")),
        Assignment(("centre", "sealer"), site.sealer, en("who seals the centre's papers")),
    ]
    told = [one for one in told if before.value(*one.path) != one.value]
    if before.value("centre", "seal_roots") is None:
        told.insert(
            1,
            Assignment(
                ("centre", "seal_roots"),
                "/etc/kiosk/seal-roots.pem",
                en("a file of the centre: the authorities of its seals"),
            ),
        )
    return told


def _of_a_device(kind: Kind, table: Table, below: Table, own: Table) -> list[Assignment]:
    """What ``table`` has otherwise than the settings so far; ``own``: the table of the file."""
    other = table["driver"] != below.get("driver")
    stale = [
        key for key in own if key not in table and (other or key in _ADDRESSES) and key != "driver"
    ]
    if not stale and all(below.get(key) == value for key, value in table.items()):
        return []
    told = [Assignment(("devices", kind, key), None) for key in stale]
    for key, value in table.items():
        if own.get(key) != value and (other or not own or below.get(key) != value):
            told.append(Assignment(("devices", kind, key), value, _COMMENTS.get(key, _WHERE)))
    return told


_WHERE = en("where it is")
_COMMENTS = {"driver": en("how it is spoken to"), "baud": en("its speed")}


# -- names ----------------------------------------------------------------------------------------


def _named(chosen: Mapping[Kind, FoundDevice], here: Sequence[DeviceNode]) -> dict[str, DeviceNode]:
    """The names that the rules must give: USB devices get another number at every start. The ports
    of one converter with several cannot be told apart by such rules."""
    named: dict[str, DeviceNode] = {}
    for kind, device in chosen.items():
        if (node := device.node) and node.usb and not device.known:
            same = [one for one in here if _socket(one) == _socket(node)]
            if len(same) < 2:
                named[_name(kind, device)] = node
    return named


def _socket(node: DeviceNode) -> tuple[str, str, str]:
    return node.usb.place if node.usb else str(node.path), node.subsystem, node.index


def _name(kind: Kind, device: FoundDevice) -> str:
    if device.table["driver"] == "io_board":
        return "kiosk/io_board"
    hid = device.node is not None and device.node.subsystem == "hidraw"
    return f"kiosk/{kind}_hid" if hid else f"kiosk/{kind}"


def _stable(device: FoundDevice, named: Mapping[str, DeviceNode]) -> dict[str, Any]:
    """The table of ``device`` with the name that lasts instead of the kernel's."""
    name = next((name for name, node in named.items() if node is device.node), None)
    if name is None or device.node is None:
        return dict(device.table)
    old, new = str(device.node.path), f"/dev/{name}"
    return {
        key: value.replace(old, new) if isinstance(value, str) else value
        for key, value in device.table.items()
    }
