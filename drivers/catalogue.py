"""Finds a driver by device class and name, and makes it with its checked settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from typing import Any

import msgspec

from drivers.device import DeviceError, Driver, Kind, Reason, Status
from drivers.hosting.host import PACE, Host, HostPace
from drivers.hosting.process_host import ProcessDriver, ProcessHost
from drivers.hosting.thread_host import ThreadHost
from drivers.sentence import en

_DRIVERS: Mapping[tuple[Kind, str], str] = {
    (Kind.ID_CARD, "sdt"): "drivers.id_card.sdt:SdtReader",
    (Kind.SMART_CARD, "pcsc"): "drivers.smart_card.pcsc:PcscReader",
    (Kind.RECEIPT_PRINTER, "escpos"): "drivers.receipt_printer.escpos:EscPosPrinter",
    (Kind.DOCUMENT_PRINTER, "ipp"): "drivers.document_printer.ipp:IppPrinter",
    (Kind.CAMERA, "opencv"): "drivers.camera.opencv:OpenCvCamera",
    (Kind.CODE_SCANNER, "serial"): "drivers.code_scanner.serial:SerialScanner",
    (Kind.PIN_PAD, "serial"): "drivers.pin_pad.serial:SerialPinPad",
    (Kind.LIGHTS, "io_board"): "drivers.lights.io_board:BoardLights",
    (Kind.SENSORS, "io_board"): "drivers.sensors.io_board:BoardSensors",
    (Kind.SPEAKER, "aplay"): "drivers.speaker.aplay:AplaySpeaker",
    (Kind.SMART_CARD, "xfs4iot"): "drivers.xfs4iot.card_reader:XfsCardReader",
    (Kind.RECEIPT_PRINTER, "xfs4iot"): "drivers.xfs4iot.receipt_printer:XfsReceiptPrinter",
    (Kind.DOCUMENT_PRINTER, "xfs4iot"): "drivers.xfs4iot.document_printer:XfsDocumentPrinter",
    (Kind.CAMERA, "xfs4iot"): "drivers.xfs4iot.camera:XfsCamera",
    (Kind.CODE_SCANNER, "xfs4iot"): "drivers.xfs4iot.code_scanner:XfsCodeScanner",
    (Kind.PIN_PAD, "xfs4iot"): "drivers.xfs4iot.pin_pad:XfsPinPad",
    (Kind.LIGHTS, "xfs4iot"): "drivers.xfs4iot.lights:XfsLights",
    (Kind.SENSORS, "xfs4iot"): "drivers.xfs4iot.sensors:XfsSensors",
    (Kind.VENDOR_MODE, "xfs4iot"): "drivers.xfs4iot.vendor_mode:XfsVendorMode",
}
_HANGS = {(Kind.CAMERA, "opencv"), (Kind.SMART_CARD, "pcsc")}
"""Drivers whose library may never return: they run in a process host unless settings say else."""
_SHARED = {
    (Kind.CAMERA, "opencv"): ("drivers.camera.opencv",),
    (Kind.SMART_CARD, "pcsc"): ("drivers.smart_card.emv", "drivers.smart_card.ssc"),
}
"""What the process of such a driver may have from the process it was forked from: nothing that
opens a device, a daemon or a vendor's library."""


def kinds_of(name: str) -> tuple[Kind, ...]:
    """The device classes that have a driver called ``name``."""
    return tuple(kind for kind, driver in _DRIVERS if driver == name)


def create(kind: Kind, name: str, options: Mapping[str, Any]) -> Driver:
    """The driver ``name`` for the device class ``kind``, not yet opened.

    ``options`` is the device's table in the terminal's settings; only :func:`create_host` uses its
    ``host``. Raises :class:`DeviceError` ``UNSUPPORTED`` for an unknown driver, a missing library
    or an invalid option.
    """
    try:
        module, _, cls = _DRIVERS[kind, name].partition(":")
        driver = getattr(import_module(module), cls)
        return driver(_settings_of(driver, options))  # type: ignore[no-any-return]
    except KeyError:
        known = ", ".join(n for k, n in _DRIVERS if k == kind) or "none"
        raise _unsupported(
            kind,
            en("no driver {name!r} for {kind}; known: {known}", name=name, kind=kind, known=known),
        ) from None
    except ImportError as error:
        raise _unsupported(
            kind, en("{kind}: library missing: {error}", kind=kind, error=error.name)
        ) from error
    except msgspec.ValidationError as error:
        raise _unsupported(
            kind, en("settings of {kind}: {error}", kind=kind, error=error)
        ) from error


def _settings_of(driver: Any, table: Mapping[str, Any]) -> Any:
    own = {key: value for key, value in table.items() if key not in ("driver", "host")}
    return msgspec.convert(own, driver.Settings)


def load(kind: Kind, table: Mapping[str, Any], *, apart: bool = False) -> None:
    """Import the driver of ``table`` ahead of :func:`create_host`. Of a driver that will run in a
    process of its own, import only what that process may share, and only when ``apart``. What is
    wrong with the driver or the table, :func:`create_host` reports."""
    with suppress(DeviceError, KeyError, ImportError, msgspec.ValidationError):
        key = (kind, str(table["driver"]))
        module, _, cls = _DRIVERS[key].partition(":")
        modules: tuple[str, ...] = (module,)
        if _in_own_process(kind, table):
            modules = _SHARED.get(key, ()) if apart else ()
        for each in modules:
            import_module(each)
        if module in modules:
            # msgspec notes at the type what it has found out; forked processes share the notes.
            _settings_of(getattr(import_module(module), cls), table)


def create_host(
    kind: Kind,
    table: Mapping[str, Any],
    on_status: Callable[[Status], None] | None = None,
    *,
    pace: HostPace = PACE,
) -> Host:
    """A host with its driver for the device class ``kind``, not yet started.

    ``table`` is the device's table in the terminal's settings: ``driver``, the driver's name;
    ``host``, ``"thread"`` or ``"process"``; the rest is the driver's own. Raises
    :class:`DeviceError` as :func:`create` does; a process host makes its driver later and reports
    such an error as its status.
    """
    options = {key: value for key, value in table.items() if key != "driver"}
    name = str(table["driver"])
    if _in_own_process(kind, table):
        return ProcessHost(kind, partial(create, kind, name, options), on_status, pace=pace)
    return ThreadHost(create(kind, name, options), on_status, pace=pace)


@contextmanager
def borrowed(kind: Kind, table: Mapping[str, Any]) -> Iterator[Driver]:
    """The driver without a host, for one look at a device; in a process of its own where
    :func:`create_host` would use one.

    Closes the driver at the end of the block, and ends its process. Raises :class:`DeviceError` as
    :func:`create` does; a driver in a process raises it in ``open``.
    """
    options = {key: value for key, value in table.items() if key != "driver"}
    name = str(table["driver"])
    if not _in_own_process(kind, table):
        driver = create(kind, name, options)
        try:
            yield driver
        finally:
            driver.close()
        return
    process_driver = ProcessDriver(kind, partial(create, kind, name, options), spare=False)
    try:
        yield process_driver
    finally:
        process_driver.close()
        process_driver.end()


def _in_own_process(kind: Kind, table: Mapping[str, Any]) -> bool:
    """Whether the driver runs in a process of its own. Raises ``UNSUPPORTED`` for an unknown
    ``host``."""
    usual = "process" if (kind, table["driver"]) in _HANGS else "thread"
    host = table.get("host", usual)
    if host not in ("thread", "process"):
        raise _unsupported(
            kind,
            en("settings of {kind}: host is thread or process, not {host!r}", kind=kind, host=host),
        )
    return bool(host == "process")


def _unsupported(kind: Kind, detail: str) -> DeviceError:
    return DeviceError(Reason.UNSUPPORTED, detail, device=kind)
