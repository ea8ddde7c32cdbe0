"""Measures how soon a device can be used again after its plug, daemon or driver was gone."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, chain, repeat
from pathlib import Path
from typing import Any

from drivers.camera.types import StartStream, StopStream
from drivers.catalogue import create
from drivers.device import Deadline, DeviceError, Kind, Reason, Status
from drivers.document_printer.types import PrintDocument
from drivers.emulators import bare
from drivers.hosting.host import PACE, Host, HostPace
from drivers.hosting.process_host import ProcessHost
from drivers.id_card.types import ReadCard
from drivers.smart_card.types import ReadBankCard
from kiosk.workshop.bench.figures import BenchError, Figure, Name, NotMeasured, Values
from kiosk.workshop.bench.hardware import CONTROL, EmulatedHardware
from kiosk.workshop.bench.readers import BANK_CARD, await_usable, host, ms, no_smart_cards, phases
from kiosk.workshop.sandbox import personas

PLUGS = (
    Kind.ID_CARD,
    Kind.RECEIPT_PRINTER,
    Kind.DOCUMENT_PRINTER,
    Kind.CODE_SCANNER,
    Kind.PIN_PAD,
    Kind.CAMERA,
    "xfs_card",
)
HELD = (Kind.ID_CARD, Kind.SMART_CARD, Kind.CAMERA)

NAMES: Mapping[str, Name] = {
    "unplug_noticed": Name("s", floor="floor_unplug_noticed"),
    **{f"replug_{name}": Name("s", floor=f"floor_replug_{name}") for name in PLUGS},
    "restart_pcscd": Name("ms", floor="floor_restart_pcscd"),
    "restart_cupsd": Name("ms", floor="floor_restart_cupsd"),
    "hang_id_card": Name("ms", 200, floor="floor_held_id_card"),
    "hang_smart_card": Name("ms", 200, floor="floor_held_smart_card"),
    "hang_camera": Name("ms", floor="floor_held_camera"),
    "crash_id_card": Name("ms", 200, floor="floor_held_id_card"),
    "crash_smart_card": Name("ms", 200, floor="floor_held_smart_card"),
    "crash_camera": Name("ms", floor="floor_held_camera"),
    "floor_unplug_noticed": Name("s"),
    **{f"floor_replug_{name}": Name("s") for name in PLUGS},
    "floor_restart_pcscd": Name("ms"),
    "floor_restart_cupsd": Name("ms"),
    **{f"floor_held_{name}": Name("ms") for name in HELD},
}
"""In seconds where the pauses of the host decide, else in milliseconds.

* ``unplug_noticed``: a cable is pulled, or the service behind the port ends, while no command runs;
  until the status that says so; all devices of ``replug_…`` together. Floor: a host gives a silent
  device up after three looks, so at least two pauses of the host pass
* ``replug_…``: the device is plugged in again; until the status that it can be used. Floor: from
  that moment to the host's next look. The moments are spread over the pauses between the looks
* ``restart_pcscd``: the service is killed and started again with a card in the reader; from the
  start until the next command has read the card. Floor: the same by bare calls
* ``restart_cupsd``: the print server is killed and started again; from the start to the end of a
  document that is printed at once. Floor: a start, plus the time of a document on a running server
* ``hang_…``: the driver in a process host hangs past its deadline (its process is stopped) and the
  host gives it up; from then to the end of the next command. ``crash_…``: the driver's process is
  killed while idle; until the first command that succeeds, failed attempts included. Floor: the
  same command when nothing happened. ID card: SDT without its pace; smart card: a bank card over
  PC/SC; camera: from switching on to the first picture
"""

_PATIENCE_S = 60.0
_HANGS_S = 0.2


@dataclass(frozen=True, slots=True)
class RecoveryScale:
    """How often devices, daemons and drivers go away."""

    plugs: int  # how often every cable is pulled
    restarts: int
    kills: int
    pace: HostPace = PACE  # of the hosts whose devices are pulled; a test takes shorter pauses
    warm_s: float = 1.5  # until the spare process of a driver is warm; in service it has minutes


def measure(hardware: EmulatedHardware, scale: RecoveryScale) -> dict[str, Figure | NotMeasured]:
    """All figures of :data:`NAMES`. Raises :class:`BenchError`."""
    from drivers.emulators import cups

    found: Values = {name: [] for name in NAMES}
    missing: dict[str, str] = {}
    try:
        _replugs(found, hardware, scale)
        if why := no_smart_cards(hardware):
            missing |= {n: why for n in NAMES if n.endswith(("_pcscd", "_smart_card"))}
        else:
            _restart_pcscd(found, hardware, scale)
        if why := cups.missing():
            missing |= {n: why for n in NAMES if n.endswith("_cupsd")}
        else:
            _restart_cupsd(found, hardware, scale)
        for name in HELD:
            if f"hang_{name}" not in missing:
                _kills(found, name, hardware, scale)
    except (DeviceError, OSError, ValueError) as error:
        raise BenchError(f"a device did not come back: {error}") from error
    return {
        name: NotMeasured(missing[name]) if name in missing else Figure(tuple(values))
        for name, values in found.items()
    }


# -- cables ---------------------------------------------------------------------------------------


def _replugs(found: Values, hardware: EmulatedHardware, scale: RecoveryScale) -> None:
    """Pull all devices at the same time, because the hosts' pauses are long."""
    with ThreadPoolExecutor(len(PLUGS)) as threads:
        jobs = [threads.submit(_replug, found, name, hardware, scale) for name in PLUGS]
    for job in jobs:
        job.result()
    found["floor_unplug_noticed"].append((scale.pace.misses - 1) * scale.pace.poll_s)


def _replug(found: Values, name: str, hardware: EmulatedHardware, scale: RecoveryScale) -> None:
    from drivers.emulators.rig import Remote

    pace, pause = scale.pace, scale.pace.back_off_s
    told: list[tuple[float, Status]] = []

    def note(status: Status) -> None:
        told.append((time.monotonic(), status))

    device, kind, table = _cable(name, hardware)
    out, back = ("die", "revive") if device == Kind.DOCUMENT_PRINTER else ("unplug", "plug")
    with closing(Remote(hardware.directory / CONTROL)) as hand, host(kind, table, note, pace):
        for part in phases(scale.plugs, 1.0):
            time.sleep(part * pace.poll_s)  # since the host's last look
            pulled = time.monotonic()
            hand.tell(device, out)
            gone = _first(told, pulled, usable=False)
            found["unplug_noticed"].append(gone - pulled)
            time.sleep(max(0.0, gone + part * pause[0] - time.monotonic()))
            plugged = time.monotonic()
            hand.tell(device, back)
            found[f"replug_{name}"].append(_first(told, plugged, usable=True) - plugged)
            found[f"floor_replug_{name}"].append(next_look(gone, plugged, pause) - plugged)


def _cable(name: str, hardware: EmulatedHardware) -> tuple[str, Kind, Mapping[str, Any]]:
    """The emulated device, its device class, and its table in the settings."""
    at = hardware.addresses
    if name == "xfs_card":
        service = f"{at['xfs4iot']}/CardReader"
        return "xfs4iot", Kind.SMART_CARD, {"driver": "xfs4iot", "service": service}
    match kind := Kind(name):
        case Kind.ID_CARD:
            return "id_card_2", kind, {"driver": "sdt", "port": at["id_card_2"]}
        case Kind.RECEIPT_PRINTER:
            return name, kind, {"driver": "escpos", "address": at[name]}
        case Kind.DOCUMENT_PRINTER:
            return name, kind, {"driver": "ipp", "uri": at[name]}
        case Kind.CAMERA:
            return name, kind, {"driver": "opencv", "source": at[name]}
    return name, kind, {"driver": "serial", "port": at[name]}


def _first(told: Sequence[tuple[float, Status]], after: float, *, usable: bool) -> float:
    """When (monotonic s) a status of ``told`` was first ``usable``, or not, at or after ``after``.
    Raises :class:`BenchError`."""
    limit = Deadline(_PATIENCE_S)
    while not limit.passed():
        for at, status in list(told):
            if at >= after and status.usable is usable:
                return at
        time.sleep(0.005)
    raise BenchError("a device was pulled or plugged, and its status does not say so")


def next_look(gone: float, after: float, pauses: Sequence[float]) -> float:
    """First retry at or after ``after``, for a host that lost its device at ``gone`` and backs off
    by ``pauses`` (the last repeats)."""
    looks = accumulate(chain(pauses, repeat(pauses[-1])), initial=gone)
    return next(look for look in looks if look >= after)


# -- daemons --------------------------------------------------------------------------------------


def _restart_pcscd(found: Values, hardware: EmulatedHardware, scale: RecoveryScale) -> None:
    from drivers.emulators.smart_card import READER

    hand, service = hardware.hand, hardware.addresses[Kind.SMART_CARD]
    slot = f"{READER} 00 00"

    def restart() -> float:
        hand.tell(Kind.SMART_CARD, "unplug")
        began = time.monotonic()
        hand.tell(Kind.SMART_CARD, "plug")
        return began

    hand.tell(Kind.SMART_CARD, "put", **BANK_CARD)
    table = {"driver": "pcsc", "service": service, "reader": slot}
    with host(Kind.SMART_CARD, table) as one:
        one.execute(ReadBankCard(), _PATIENCE_S)
        for _ in range(scale.restarts):
            began = restart()
            one.execute(ReadBankCard(), _PATIENCE_S)
            found["restart_pcscd"].append(ms(began))
    for _ in range(scale.restarts):
        began = restart()
        with closing(bare.CardReader(service, slot)) as reader:
            reader.await_card()
            reader.send([])
        found["floor_restart_pcscd"].append(ms(began))
    hand.tell(Kind.SMART_CARD, "lift")


def _restart_cupsd(found: Values, hardware: EmulatedHardware, scale: RecoveryScale) -> None:
    from drivers.emulators.cups import PrintServer

    folder = Path(tempfile.mkdtemp(prefix="kiosk-"))
    server = PrintServer(folder)
    try:
        server.start()
        uri = server.queue("A4", hardware.addresses[Kind.DOCUMENT_PRINTER])
        pdf = _blank_page()
        with host(Kind.DOCUMENT_PRINTER, {"driver": "ipp", "uri": uri}) as one:
            one.execute(
                PrintDocument("first", pdf, 1), _PATIENCE_S
            )  # the first job of a queue takes longer
            for number in range(scale.restarts):
                began = time.monotonic()
                one.execute(PrintDocument(f"usual-{number}", pdf, 1), _PATIENCE_S)
                usual = ms(began)
                server.kill()
                began = time.monotonic()
                server.start()
                started = ms(began)
                one.execute(PrintDocument(f"after-{number}", pdf, 1), _PATIENCE_S)
                found["restart_cupsd"].append(ms(began))
                found["floor_restart_cupsd"].append(started + usual)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _blank_page() -> bytes:
    """A PDF of one A4 page."""
    import io

    import pypdfium2

    document = pypdfium2.PdfDocument.new()
    document.new_page(595, 842).close()
    file = io.BytesIO()
    document.save(file)
    document.close()
    return file.getvalue()


# -- processes ------------------------------------------------------------------------------------


def _kills(found: Values, name: str, hardware: EmulatedHardware, scale: RecoveryScale) -> None:
    device, kind, table = _held(name, hardware)
    driver = str(table["driver"])
    options = {key: value for key, value in table.items() if key != "driver"}
    put, act, lift = _acts(name, device, hardware)
    one = ProcessHost(kind, partial(create, kind, driver, options), grace=_HANGS_S)
    one.start()
    try:
        await_usable(one)
        put()
        act(one, _PATIENCE_S)  # the first command of a process takes longer
        lift(one)
        for _ in range(scale.kills):
            put()
            began = time.monotonic()
            act(one, _PATIENCE_S)
            found[f"floor_held_{name}"].append(ms(began))
            lift(one)
            put()
            time.sleep(scale.warm_s)
            _hang(one, act)
            began = time.monotonic()
            act(one, _PATIENCE_S)
            found[f"hang_{name}"].append(ms(began))
            lift(one)
            put()
            time.sleep(scale.warm_s)
            found[f"crash_{name}"].append(_crash(one, act))
            lift(one)
    finally:
        one.stop()


def _held(name: str, hardware: EmulatedHardware) -> tuple[str, Kind, Mapping[str, Any]]:
    from drivers.emulators.smart_card import READER

    if name != Kind.SMART_CARD:
        return _cable(name, hardware)
    service = hardware.addresses[name]
    return (
        name,
        Kind.SMART_CARD,
        {"driver": "pcsc", "service": service, "reader": f"{READER} 00 00"},
    )


Act = Callable[[Host, float], Any]


def _acts(
    name: str, device: str, hardware: EmulatedHardware
) -> tuple[Callable[[], None], Act, Callable[[Host], None]]:
    """Three functions: one to call before a command, the command, and one to call after it."""
    hand = hardware.hand
    match name:
        case Kind.CAMERA:
            return (
                lambda: None,
                lambda one, seconds: one.execute(StartStream(), seconds),
                lambda one: one.execute(StopStream(), _PATIENCE_S),
            )
        case Kind.ID_CARD:
            return (
                lambda: hand.tell(device, "put", **personas.load()["P01"].card()),
                lambda one, seconds: one.execute(ReadCard(), seconds),
                lambda one: hand.tell(device, "lift"),
            )
    hand.tell(device, "put", **BANK_CARD)  # the card stays in the reader
    return (
        lambda: None,
        lambda one, seconds: one.execute(ReadBankCard(), seconds),
        lambda one: None,
    )


def _hang(one: Host, act: Act) -> None:
    """Stop the driver's process, and wait until the host has given a command up and killed it."""
    os.kill(_child(), signal.SIGSTOP)
    try:
        act(one, _HANGS_S)
    except DeviceError as error:
        if error.reason is Reason.TIMEOUT:
            return
        raise
    raise BenchError("a driver that was stopped has answered")


def _crash(one: Host, act: Act) -> float:
    """Kill the driver's process; returns the milliseconds until a command succeeds."""
    limit = Deadline(_PATIENCE_S)
    began = time.monotonic()
    os.kill(_child(), signal.SIGKILL)
    while True:
        try:
            act(one, _PATIENCE_S)
            return ms(began)
        except DeviceError:
            if limit.passed():
                raise


def _child() -> int:
    """The process id of the driver of the only process host. Of a host's two processes, the older
    one runs the driver; the younger one is the spare."""
    children: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            # proc_pid_stat(5): state and parent follow the name, which may hold any character
            facts = (path / "stat").read_text().rpartition(")")[2].split()
            if (
                int(facts[1]) == os.getpid()
                and b"drivers.hosting.child" in (path / "cmdline").read_bytes()
            ):
                children[int(facts[19])] = int(path.name)
    if not children:
        raise BenchError("a process host has no process")
    return children[min(children)]
