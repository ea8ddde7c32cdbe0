"""Probes of the devices: found, how they are, their self-test; and what nobody has asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from drivers import catalogue
from drivers.device import DeviceError
from kiosk.doctor.findings import Finding, Verdict
from kiosk.settings import Settings

SECTION = "devices"


def configured(settings: Settings) -> Iterator[Finding]:
    """Every device of the settings: opened, asked how it is, tested without wasting paper."""
    if not settings.devices:
        yield Finding(SECTION, "devices", Verdict.BAD, "none in the settings", "add [devices.…]")
    for kind, table in settings.devices.items():
        yield from _examine(kind, table)


def _examine(kind: str, table: dict[str, object]) -> Iterator[Finding]:
    options = {key: value for key, value in table.items() if key not in ("driver", "host")}
    try:
        driver = catalogue.create(kind, str(table["driver"]), options)
    except DeviceError as error:
        yield Finding(SECTION, kind, Verdict.BAD, str(error), error.mend or "correct the settings")
        return
    try:
        driver.open()
        info = driver.info
        name = " ".join(part for part in (info.model, info.serial, info.firmware) if part)
        yield Finding(SECTION, f"{kind}: found", Verdict.GOOD, f"{info.address} {name}".strip())
        status = driver.status()
        verdict = Verdict.GOOD if status.usable else Verdict.BAD
        facts = [status.state.value, status.detail]
        if status.paper.value in ("low", "out"):
            facts.append(f"paper {status.paper.value}")
        seen = ", ".join(fact for fact in facts if fact)
        yield Finding(SECTION, f"{kind}: status", verdict, seen, status.mend)
        for check in driver.self_test():
            passed = Verdict.GOOD if check.passed else Verdict.BAD
            yield Finding(SECTION, f"{kind}: {check.name}", passed, check.seen)
    except DeviceError as error:
        yield Finding(SECTION, f"{kind}: found", Verdict.BAD, str(error), error.mend)
    finally:
        driver.close()


def unknown(settings: Settings) -> Iterator[Finding]:
    """What is plugged in and stands in no settings: maybe the cable in the wrong hole."""
    named = " ".join(str(value) for table in settings.devices.values() for value in table.values())
    ports = (
        sorted(Path("/dev/serial/by-id").glob("*")) if Path("/dev/serial/by-id").is_dir() else []
    )
    for port in ports:
        if str(port) not in named and str(port.resolve()) not in named:
            seen = f"{port} ({port.resolve().name}) is in no settings"
            yield Finding(SECTION, "unknown serial port", Verdict.NOTE, seen)
    for device in _usb_devices():
        yield Finding(SECTION, "USB", Verdict.NOTE, device)


def _usb_devices(root: Path = Path("/sys/bus/usb/devices")) -> Iterator[str]:
    """``1a2b:3c4d Maker Product`` of every USB device that is no hub."""
    for path in sorted(root.glob("*")):
        vendor, product = path / "idVendor", path / "idProduct"
        if not vendor.is_file() or _read(path / "bDeviceClass") == "09":
            continue
        ids = f"{_read(vendor)}:{_read(product)}"
        words = f"{_read(path / 'manufacturer')} {_read(path / 'product')}".strip()
        yield f"{ids} {words}".strip()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
