"""Whether every name under ``/dev`` in the settings leads to the right device (udev).

Names under ``/dev/kiosk`` are made by ``assets/udev/60-kiosk.rules``, adapted on site. This module
reads the installed rules as udev does, as far as such rules go, and compares them with the devices
that are plugged in. So the report can say which name is missing, and why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path

from drivers.device import Kind
from drivers.sentence import en
from kiosk.display import touch_panels
from kiosk.doctor import plugged
from kiosk.doctor.findings import Finding, Section
from kiosk.doctor.plugged import DeviceNode
from kiosk.settings import Settings

NAMES = Section("names")
RULES = Path("/etc/udev/rules.d/60-kiosk.rules")
OURS = Path("/dev/kiosk")
NOTHING_FITS = en("not there, and nothing plugged in fits")
_PAIR = re.compile(r'([A-Z]+(?:\{[^}]*\})?)\s*(==|!=|\+=|:=|=)\s*"([^"]*)"')
_PASSING = re.compile(r"(ttyUSB|ttyACM|video|hidraw)\d+")
"""Names that the kernel gives in the order in which it finds devices."""
_AGAIN = "udevadm control --reload && udevadm trigger"


def _subsystems_above(node: DeviceNode) -> tuple[str, ...]:
    found = [node.subsystem]
    if node.subsystem == "hidraw":
        found.append("hid")
    if node.path.name.startswith("ttyUSB"):
        found.append("usb-serial")
    if node.usb:
        found.append("usb")
    return tuple(found)


# What a key of a rule is compared with. Keys in the plural look at the device and all above it.
_FACTS: Mapping[str, Callable[[DeviceNode], tuple[str, ...]]] = {
    "SUBSYSTEM": lambda node: (node.subsystem,),
    "SUBSYSTEMS": _subsystems_above,
    "KERNEL": lambda node: (node.path.name,),
    "ATTR{index}": lambda node: (node.index,),
    "ATTRS{idVendor}": lambda node: (node.usb.vendor if node.usb else "",),
    "ATTRS{idProduct}": lambda node: (node.usb.product if node.usb else "",),
    "ATTRS{serial}": lambda node: (node.usb.serial if node.usb else "",),
    "ENV{ID_VENDOR_ID}": lambda node: (node.usb.vendor if node.usb else "",),
    "ENV{ID_MODEL_ID}": lambda node: (node.usb.product if node.usb else "",),
    "ENV{ID_SERIAL_SHORT}": lambda node: (node.usb.serial if node.usb else "",),
    "KERNELS": lambda node: (node.usb.place if node.usb else "",),
}


@dataclass(frozen=True, slots=True)
class UdevRule:
    """A rule that makes names: its conditions, and the names without ``/dev``."""

    conditions: tuple[tuple[str, str, str], ...]  # key, "==" or "!=", pattern
    names: tuple[str, ...]

    def fits(self, node: DeviceNode) -> bool:
        """Whether the rule names ``node``. A key outside `_FACTS` counts as not fulfilled."""
        return all(
            key in _FACTS
            and any(
                fnmatchcase(fact, one) for fact in _FACTS[key](node) for one in pattern.split("|")
            )
            == (sign == "==")
            for key, sign, pattern in self.conditions
        )


def rules(text: str) -> tuple[UdevRule, ...]:
    """The rules of a file (udev(7)) that make names."""
    found = []
    for line in text.replace("\\\n", " ").splitlines():
        if line.lstrip().startswith("#"):
            continue
        pairs = _PAIR.findall(line)
        conditions = tuple((key, sign, value) for key, sign, value in pairs if sign in ("==", "!="))
        names = [
            name
            for key, sign, value in pairs
            if key == "SYMLINK" and sign in ("+=", "=", ":=")
            for name in value.split()
        ]
        if names:
            found.append(UdevRule(conditions, tuple(names)))
    return tuple(found)


def shipped() -> str:
    """The rules that come with the program."""
    return (resources.files("assets") / "udev" / RULES.name).read_text(encoding="utf-8")


def installed(root: Path = plugged.ROOT) -> str:
    """The rules that are installed; "" without any."""
    return plugged.read(root / RULES.relative_to("/"))


def look(settings: Settings, root: Path = plugged.ROOT) -> Iterator[Finding]:
    """The rules, then every name of the settings. ``root`` holds the ``dev``, ``sys``, ``etc`` that
    is looked at."""
    wanted = {
        path: (kind, _subsystems(kind, f"hid:{path}" in table.values()))
        for kind, table in settings.devices.items()
        for path in plugged.named(table)
    }
    ours = [path for path in wanted if path.is_relative_to(OURS)]
    text = installed(root)
    if ours:
        yield _rules(text, ours, root)
    here = plugged.nodes(root)
    made = rules(text or shipped())
    panels = touch_panels.ids(root)
    nameless = [
        node
        for node in here
        if node.usb and node.usb.ids not in panels and not any(rule.fits(node) for rule in made)
    ]
    for path, (kind, subsystems) in wanted.items():
        if path.is_relative_to("/dev/pts") or path.is_relative_to("/dev/usb"):
            continue  # an emulated line; a name that only the kernel gives
        alike = [node for node in nameless if node.subsystem in subsystems]
        yield _name(path, kind, root, made, here, alike, bool(text))


def _rules(text: str, ours: list[Path], root: Path) -> Finding:
    known = {name for rule in rules(text) for name in rule.names}
    without = [path for path in ours if str(path.relative_to("/dev")) not in known]
    if without and all((root / path.relative_to("/")).exists() for path in without):
        listed = ", ".join(map(str, without))
        return NAMES.note(
            "udev rules",
            en("{listed}: there, and not by a rule of {rules}", listed=listed, rules=RULES),
        )
    if not text:
        return NAMES.bad(
            "udev rules",
            en("{rules} is not there: no name under {ours} is made", rules=RULES, ours=OURS),
            en("install assets/udev/{rules} there; {again}", rules=RULES.name, again=_AGAIN),
        )
    if without:
        listed = ", ".join(map(str, without))
        return NAMES.bad(
            "udev rules",
            en("no rule makes {listed}", listed=listed),
            en("add a line to {rules}; {again}", rules=RULES, again=_AGAIN),
        )
    same = text.strip() == shipped().strip()
    return NAMES.good(
        "udev rules", en("as shipped") if same else en("adapted on site, every name is made")
    )


def _name(
    path: Path,
    kind: Kind,
    root: Path,
    made: tuple[UdevRule, ...],
    here: tuple[DeviceNode, ...],
    alike: list[DeviceNode],
    are_installed: bool,
) -> Finding:
    name = en("name {path}", path=path)
    there = root / path.relative_to("/")
    fitting = [
        node
        for node in here
        for rule in made
        if str(path.relative_to("/dev")) in rule.names and rule.fits(node)
    ]
    if len(fitting) > 1 and (are_installed or not there.exists()):
        return NAMES.bad(
            name,
            en(
                "{count} devices would get it: {titles}; which one does is chance",
                count=len(fitting),
                titles=_titles(fitting),
            ),
            en(
                'tell them apart in {rules}, by ATTRS{{serial}} or by the hole: KERNELS=="1-2*"',
                rules=RULES,
            ),
        )
    if there.exists():
        if _PASSING.fullmatch(path.name):
            leads_to = _leads_to(there, root, here)
            seen = en("{title}: the next start may give it to another device", title=leads_to)
            return NAMES.note(
                name,
                seen,
                en("give the {kind} a name in {rules}, and put that in", kind=kind, rules=RULES),
            )
        return NAMES.good(name, _leads_to(there, root, here))
    if fitting and are_installed:
        seen = en("not there, and {title} should have it", title=fitting[0].title)
        return NAMES.bad(name, seen, _AGAIN)
    if fitting:
        seen = en("not there; the rules would give it to {title}", title=fitting[0].title)
        return NAMES.bad(name, seen, en("install {rules}; {again}", rules=RULES, again=_AGAIN))
    dangling = (
        en("leads to {path}, which is gone", path=there.readlink())
        if there.is_symlink()
        else en("not there")
    )
    if alike and path.is_relative_to(OURS):
        return NAMES.bad(
            name,
            en("{dangling}; without a name is: {titles}", dangling=dangling, titles=_titles(alike)),
            en(
                "if that is the {kind}, put its ids into {rules}; {again}",
                kind=kind,
                rules=RULES,
                again=_AGAIN,
            ),
        )
    mend = en("check its cable and power")
    if there.is_symlink():
        return NAMES.bad(name, dangling, mend)
    return NAMES.bad(name, NOTHING_FITS, mend)


def _leads_to(there: Path, root: Path, here: tuple[DeviceNode, ...]) -> str:
    end = Path("/dev") / there.resolve().relative_to((root / "dev").resolve())
    node = next((node for node in here if node.path == end), None)
    return node.title if node else str(end)


def _titles(some: list[DeviceNode]) -> str:
    return ", ".join(node.title for node in some)


def _subsystems(kind: Kind, hid: bool) -> tuple[str, ...]:
    return ("hidraw",) if hid else _KINDS.get(kind, ("tty",))


_KINDS: Mapping[Kind, tuple[str, ...]] = {
    Kind.CAMERA: ("video4linux",),
    Kind.RECEIPT_PRINTER: ("tty", "usbmisc"),
}
"""The kernel's subsystems in which a class of devices appears, where that is not a serial port
alone."""
