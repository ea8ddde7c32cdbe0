"""Finds the devices of this machine: tries the shipped drivers on all that is plugged in."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from drivers import catalogue
from drivers.device import DeviceError, Info, Kind, Reason
from drivers.sentence import en, joined, words_of
from kiosk.display import outputs, server, touch_panels
from kiosk.display.outputs import DisplayOutput
from kiosk.display.touch_panels import Panel
from kiosk.doctor import names, panels, plugged, processes
from kiosk.doctor.panels import ScreenFacts
from kiosk.doctor.plugged import DeviceNode, Usb
from kiosk.setup import network_printers

SECONDS = 45.0
"""Longest time of a search; a silent serial port, tried at every speed, takes about ten."""
Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SearchPlace:
    """Where to look for devices."""

    root: Path = plugged.ROOT
    ports: tuple[Path, ...] = ()
    """Serial ports besides those that the kernel lists."""
    machine: str = ""
    """The machine behind XFS4IoT; "": this one."""
    machine_ports: tuple[int, ...] = ()
    """Where its publisher may listen; empty: the ports of the standard."""
    card_service: str = ""
    """The socket of the PC/SC service; "": the system's."""
    interfaces: tuple[str, ...] = ()
    """The addresses of this machine from which network printers are looked for; empty: all."""
    listen_s: float = network_printers.LISTEN_S
    """How long network printers may take to answer; 0: they are not looked for."""


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """A device that answered to a shipped driver."""

    kind: Kind
    table: Table
    """Its table for the settings, as it was reached."""
    title: str
    """What it is, and where."""
    node: DeviceNode | None = None
    """Its device file; ``None`` for a device without one."""
    known: bool = False
    """Whether the settings name it already, as it is."""


@dataclass(frozen=True, slots=True)
class Unused:
    """What is plugged in, or was asked, and no driver can use."""

    title: str
    why: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Discovery:
    """All that was found. ``devices`` in the order of :class:`Kind`, known ones first."""

    devices: tuple[FoundDevice, ...] = ()
    unused: tuple[Unused, ...] = ()
    screen: ScreenFacts = field(default_factory=ScreenFacts)
    nodes: tuple[DeviceNode, ...] = ()
    """All device files, used or not."""
    usb: tuple[Usb, ...] = ()
    """All USB devices, used or not."""
    panels: tuple[Panel, ...] = ()
    outputs: tuple[DisplayOutput, ...] = ()
    servers: tuple[str, ...] = ()
    """The display servers that are installed, as the settings name them."""

    def of(self, kind: Kind) -> tuple[FoundDevice, ...]:
        return tuple(one for one in self.devices if one.kind is kind)


_Found = FoundDevice | Unused


def look(place: SearchPlace, known: Mapping[Kind, Table] | None = None) -> Discovery:
    """Look everywhere at the same time. ``known``: the tables of the present settings; their
    devices are asked first, and their ports are left to them."""
    first = ask(known or {})
    there = [one for one in first if isinstance(one, FoundDevice)]
    taken = {end for one in there for path in plugged.named(one.table) for end in _ends(path)}
    taken |= {Path(one.table["port"]).resolve() for one in there if "port" in one.table}
    searches = [
        *_ports(place, taken),
        lambda: _cards(place, there),
        lambda: _bank_machine(place, there),
        lambda: _printers(place, there),
        lambda: _speaker(place, there),
    ]
    found = [*first, *_at_once(searches)]
    kinds = list(Kind)
    nodes = plugged.nodes(place.root)
    devices = sorted(
        (_with_node(one, nodes, place.root) for one in found if isinstance(one, FoundDevice)),
        key=lambda one: (kinds.index(one.kind), not one.known),
    )
    unused = tuple(one for one in found if isinstance(one, Unused))
    return Discovery(
        tuple(devices),
        unused,
        panels.look(place.root),
        nodes,
        plugged.usb_devices(place.root),
        touch_panels.all_of(place.root),
        tuple(outputs.all_of(place.root)),
        tuple(name for name in server.PROGRAMS if not server.missing(name, place.root)),
    )


def _with_node(one: FoundDevice, nodes: Sequence[DeviceNode], root: Path) -> FoundDevice:
    """``one`` with its device file: a device of the settings is known by a name that lasts."""
    if one.node is not None:
        return one
    files = {(root / path.relative_to("/")).resolve() for path in plugged.named(one.table)}
    files |= {path.resolve() for path in plugged.named(one.table)}
    node = next((n for n in nodes if (root / n.path.relative_to("/")).resolve() in files), None)
    return replace(one, node=node)


def ask(tables: Mapping[Kind, Table]) -> list[FoundDevice | Unused]:
    """The devices that answer at the addresses of ``tables``."""
    return _at_once([_asking(kind, table) for kind, table in tables.items()])


def _at_once(searches: Sequence[Callable[[], Iterator[_Found]]]) -> list[_Found]:
    """What all ``searches`` find; each runs in a thread of its own, which is left behind when it
    hangs: a driver may wait for ever in the library of a vendor."""
    found: list[list[_Found]] = [[] for _ in searches]

    def run(search: Callable[[], Iterator[_Found]], into: list[_Found]) -> None:
        try:
            for one in search():
                into.append(one)
        except Exception as error:  # noqa: BLE001 - one broken search hides no other
            said = f"{type(error).__name__}: {str(error)[:150]}"
            into.append(Unused(en("a search"), en("failed: {error}", error=said)))

    threads = [
        threading.Thread(target=run, args=(search, into), daemon=True)
        for search, into in zip(searches, found, strict=True)
    ]
    until = time.monotonic() + SECONDS
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    late = sum(thread.is_alive() for thread in threads)
    told = [one for each in found for one in list(each)]
    if late:
        why = en("no answer within {seconds:.0f} s", seconds=SECONDS)
        mend = en("switch the devices off and on, and begin again")
        told += [Unused(en("a search"), why, mend)] * late
    return told


def _asking(kind: Kind, table: Table) -> Callable[[], Iterator[_Found]]:
    """Asks a device of the present settings at its address."""

    def search() -> Iterator[_Found]:
        try:
            info = _opened(kind, table)
        except DeviceError as error:
            if error.reason is Reason.UNSUPPORTED:
                name = en("[devices.{kind}] of the settings", kind=kind)
                yield Unused(name, words_of(error), error.mend)
        else:
            yield FoundDevice(kind, dict(table), _title(info, info.address), known=True)

    return search


def _opened(kind: Kind, table: Table) -> Info:
    """What the device at the address of ``table`` tells of itself. Raises ``DeviceError``."""
    with catalogue.borrowed(kind, table) as driver:
        driver.open()
        return driver.info


def _title(info: Info, where: str) -> str:
    return joined(", ", where, " ".join(part for part in (info.model, info.serial) if part))


# -- device files ---------------------------------------------------------------------------------

_BOARD = (Kind.LIGHTS, Kind.SENSORS)
_SERIAL: tuple[tuple[tuple[Kind, ...], str, dict[str, Any]], ...] = (
    # Printers first: their question is three bytes that no other device takes for anything, while
    # the questions to the others would be printed.
    ((Kind.RECEIPT_PRINTER,), "escpos", {"address": "serial://{port}?baud=115200"}),
    ((Kind.RECEIPT_PRINTER,), "escpos", {"address": "serial://{port}?baud=9600"}),
    (_BOARD, "io_board", {"port": "{port}"}),
    ((Kind.PIN_PAD,), "serial", {"port": "{port}"}),
    ((Kind.ID_CARD,), "sdt", {"port": "{port}"}),
    ((Kind.CODE_SCANNER,), "serial", {"port": "{port}"}),
    ((Kind.RECEIPT_PRINTER,), "escpos", {"address": "serial://{port}?baud=19200"}),
    ((Kind.RECEIPT_PRINTER,), "escpos", {"address": "serial://{port}?baud=38400"}),
    ((Kind.RECEIPT_PRINTER,), "escpos", {"address": "serial://{port}?baud=115200&flow=none"}),
    ((Kind.RECEIPT_PRINTER,), "escpos", {"address": "serial://{port}?baud=9600&flow=none"}),
    (_BOARD, "io_board", {"port": "{port}", "baud": 9600}),
    ((Kind.PIN_PAD,), "serial", {"port": "{port}", "baud": 115200}),
    ((Kind.ID_CARD,), "sdt", {"port": "{port}", "baud": 9600}),
    ((Kind.CODE_SCANNER,), "serial", {"port": "{port}", "baud": 115200}),
)
"""What may answer on a serial port: device classes, driver, table; the usual speeds first."""
_NO_SPEED = re.compile(r"/dev/(ttyACM|pts/)\d+")
"""Ports of USB devices that are no converter, and emulated lines: every speed is the same."""


def _ports(place: SearchPlace, taken: set[Path]) -> Iterator[Callable[[], Iterator[_Found]]]:
    """One search for each device file that is not ``taken``."""
    root = place.root
    consoles = plugged.read(root / "sys/class/tty/console/active").split()
    readers = [rule for rule in names.rules(names.shipped()) if "kiosk/id_card_hid" in rule.names]
    touch = touch_panels.ids(root)
    for node in plugged.nodes(root):
        here = root / node.path.relative_to("/")
        if node.path.name in consoles or here.resolve() in taken:
            continue
        match node.subsystem:
            case "tty":
                yield _serial_port(here, node)
            case "usbmisc":
                yield _file_printer(here, node)
            case "video4linux" if node.index in ("", "0"):
                yield _camera(here, node)
            case "hidraw" if any(rule.fits(node) for rule in readers):
                if not (node.usb and node.usb.ids in touch):
                    yield _hid_reader(here, node)
    for path in place.ports:
        if path.resolve() not in taken:
            yield _serial_port(path, None)


def _serial_port(here: Path, node: DeviceNode | None) -> Callable[[], Iterator[_Found]]:
    shown = str(node.path if node else here)
    title = node.title if node else shown

    def search() -> Iterator[_Found]:
        if obstacle := _obstacle(title, here):
            yield obstacle
            return
        tried = set()
        for kinds, driver, words in _SERIAL:
            if (kinds, driver) in tried and _NO_SPEED.fullmatch(str(here.resolve())):
                continue
            tried.add((kinds, driver))
            try:
                info = _opened(kinds[0], {"driver": driver, **_filled(words, str(here))})
            except DeviceError:
                continue
            for kind in kinds:
                told = {"driver": driver, **_filled(words, shown)}
                yield FoundDevice(kind, told, _title(info, title), node)
            return
        if holder := next(iter(processes.holders(here)), None):
            why = en("in use by {name} (process {pid})", name=holder.name, pid=holder.pid)
            yield Unused(title, why, en("end that program, and begin again"))
        else:
            yield Unused(title, en("no driver gets an answer"), en("what is it? see its manual"))

    return search


def _filled(words: Mapping[str, Any], port: str) -> dict[str, Any]:
    return {
        key: value.replace("{port}", port) if isinstance(value, str) else value
        for key, value in words.items()
    }


def _obstacle(title: str, here: Path) -> Unused | None:
    """Why the port at ``here`` cannot be tried at all."""
    if not here.is_char_device():
        return Unused(title, en("not there, or no device file"))
    if not os.access(here, os.R_OK | os.W_OK):
        return Unused(title, en("this user may not use it"), en("run this command as root"))
    return None


def _file_printer(here: Path, node: DeviceNode) -> Callable[[], Iterator[_Found]]:
    def search() -> Iterator[_Found]:
        yield from _tried(
            Kind.RECEIPT_PRINTER,
            {"driver": "escpos", "address": f"file://{here}"},
            {"address": f"file://{node.path}"},
            node,
            en("if it prints A4, make a queue of it in CUPS"),
        )

    return search


def _camera(here: Path, node: DeviceNode) -> Callable[[], Iterator[_Found]]:
    def search() -> Iterator[_Found]:
        yield from _tried(
            Kind.CAMERA,
            {"driver": "opencv", "source": str(here)},
            {"source": str(node.path)},
            node,
        )

    return search


def _hid_reader(here: Path, node: DeviceNode) -> Callable[[], Iterator[_Found]]:
    def search() -> Iterator[_Found]:
        yield from _tried(
            Kind.ID_CARD,
            {"driver": "sdt", "port": f"hid:{here}"},
            {"port": f"hid:{node.path}"},
            node,
        )

    return search


def _tried(
    kind: Kind, table: Table, shown: Table, node: DeviceNode, mend: str = ""
) -> Iterator[_Found]:
    try:
        info = _opened(kind, table)
    except DeviceError as error:
        yield Unused(node.title, words_of(error), mend or error.mend)
    else:
        yield FoundDevice(kind, {**table, **shown}, _title(info, node.title), node)


def _ends(path: Path) -> set[Path]:
    return {path.resolve()} if path.exists() else set()


# -- services -------------------------------------------------------------------------------------


def _cards(place: SearchPlace, there: Sequence[FoundDevice]) -> Iterator[_Found]:
    """The readers of the PC/SC service."""
    own = {"service": place.card_service} if place.card_service else {}
    table = {"driver": "pcsc", **own}
    plugged_in = [one for one in plugged.usb_devices(place.root) if one.has("0b")]
    try:
        with catalogue.borrowed(Kind.SMART_CARD, table) as driver:
            readers = [one.name for one in driver.neighbours()]
    except DeviceError as error:
        if plugged_in:
            yield Unused(plugged_in[0].title, words_of(error), error.mend)
        return
    if any(one.kind is Kind.SMART_CARD for one in there):
        return
    for reader in readers:
        chosen = {**table, "reader": reader} if len(readers) > 1 else table
        yield FoundDevice(Kind.SMART_CARD, chosen, en("PC/SC reader {model}", model=reader))


def _bank_machine(place: SearchPlace, there: Sequence[FoundDevice]) -> Iterator[_Found]:
    """The services of a machine behind XFS4IoT, each class of devices once."""
    own: dict[str, Any] = {"machine": place.machine} if place.machine else {}
    if place.machine_ports:
        own["ports"] = list(place.machine_ports)
    table = {"driver": "xfs4iot", **own}
    kinds = catalogue.kinds_of("xfs4iot")
    try:
        with catalogue.borrowed(kinds[0], table) as driver:
            driver.neighbours()
    except DeviceError as error:
        if place.machine or place.machine_ports:
            yield Unused(place.machine or "XFS4IoT machine", words_of(error), error.mend)
        return
    for kind in kinds:
        if any(one.kind is kind for one in there):
            continue
        with suppress(DeviceError):  # the machine has none of this class
            info = _opened(kind, table)
            title = en("XFS4IoT service {address}", address=info.address)
            yield FoundDevice(kind, table, _title(info, title))


def _printers(place: SearchPlace, there: Sequence[FoundDevice]) -> Iterator[_Found]:
    """The printers that the network tells of."""
    if not place.listen_s:
        return
    try:
        told = network_printers.look(place.interfaces, place.listen_s)
    except OSError as error:
        why = error.strerror or str(error)
        yield Unused(en("network printers"), en("the network cannot be asked: {why}", why=why))
        return
    used = {str(one.table.get(key, "")) for one in there for key in ("uri", "address")}
    for printer in told:
        if printer.address in used:
            continue
        if printer.address.startswith("tcp:"):
            kind = Kind.RECEIPT_PRINTER
            table = {"driver": "escpos", "address": printer.address}
        else:
            kind, table = Kind.DOCUMENT_PRINTER, {"driver": "ipp", "uri": printer.address}
        title = f"{printer.address} ({printer.title})"
        try:
            _opened(kind, table)
        except DeviceError as error:
            yield Unused(title, words_of(error), error.mend)
        else:
            yield FoundDevice(kind, table, title)


def _speaker(place: SearchPlace, there: Sequence[FoundDevice]) -> Iterator[_Found]:
    """The sound card, where the kernel has one."""
    if any(one.kind is Kind.SPEAKER for one in there):
        return
    cards = sorted((place.root / "sys/class/sound").glob("card*/id"))
    if cards:
        title = en("sound card {name}", name=plugged.read(cards[0]))
        try:
            _opened(Kind.SPEAKER, {"driver": "aplay"})
        except DeviceError as error:
            yield Unused(title, words_of(error), error.mend)
        else:
            yield FoundDevice(Kind.SPEAKER, {"driver": "aplay"}, title)
