"""Finds a driver by its class and name, and gives it its checked settings."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import msgspec

from drivers.device import DeviceError, Driver, Reason

_DRIVERS: Mapping[tuple[str, str], str] = {
    ("id_card", "sdt"): "drivers.id_card.reader:SdtReader",
    ("receipt_printer", "escpos"): "drivers.receipt_printer.escpos:EscPosPrinter",
    ("document_printer", "ipp"): "drivers.document_printer.ipp:IppPrinter",
    ("code_scanner", "serial"): "drivers.code_scanner.serial_scanner:SerialScanner",
}


def create(kind: str, name: str, options: Mapping[str, Any]) -> Driver:
    """The driver ``name`` for the device class ``kind``, not yet opened.

    ``options`` is its table of the terminal's settings. Raises :class:`DeviceError`
    ``UNSUPPORTED`` for an unknown driver, a missing library or an option that does not fit.
    """
    try:
        module, _, cls = _DRIVERS[kind, name].partition(":")
        driver = getattr(import_module(module), cls)
        return driver(msgspec.convert(dict(options), driver.Settings))  # type: ignore[no-any-return]
    except KeyError:
        known = ", ".join(n for k, n in _DRIVERS if k == kind) or "none"
        raise DeviceError(
            Reason.UNSUPPORTED, f"no driver {name!r} for {kind}; known: {known}"
        ) from None
    except ImportError as error:
        raise DeviceError(Reason.UNSUPPORTED, f"{kind}: library missing: {error.name}") from error
    except msgspec.ValidationError as error:
        raise DeviceError(Reason.UNSUPPORTED, f"settings of {kind}: {error}") from error
