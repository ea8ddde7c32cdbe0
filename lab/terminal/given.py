"""The files of one run over a terminal's root: settings, certificates, the way to this machine."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from drivers.device import Kind
from kiosk.settings import profile_table
from kiosk.workshop.demo import PROFILE, DemoPlace

HERE = "10.0.2.2"
"""This machine, as QEMU's network shows it to the guest."""
OVER = (Kind.RECEIPT_PRINTER, Kind.DOCUMENT_PRINTER)
"""Devices that the guest reaches by its network; the ID card reader is a USB serial converter."""
_UNWANTED = (
    *("apt-daily.timer", "apt-daily-upgrade.timer", "e2scrub_all.timer", "fstrim.timer"),
    *("e2scrub_reap.service", "serial-getty@ttyS0.service", "usbguard-dbus.service"),
)
"""What Debian does beside, and no terminal needs while it comes up."""


def bare(folder: Path, *, slow: bool) -> None:
    """Write the files of a machine without settings into ``folder``, instead of what is there."""
    shutil.rmtree(folder, ignore_errors=True)
    system = folder / "etc/systemd/system"
    wanted = system / "multi-user.target.wants"
    wanted.mkdir(parents=True)
    if slow:
        drop_in = system / "kiosk-setup.service.d"
        drop_in.mkdir()
        (drop_in / "slow.conf").write_text(f"[Service]\n{_PATIENT_WINDOW}\n")
    for unit in _UNWANTED:
        (system / unit).symlink_to("/dev/null")
    (wanted / "systemd-networkd.service").symlink_to("/lib/systemd/system/systemd-networkd.service")
    network = folder / "etc/systemd/network/lab.network"
    network.parent.mkdir()
    network.write_text("[Match]\nName=eth0\n[Network]\nAddress=10.0.2.15/24\n")
    (folder / "etc/fstab").write_text("/dev/vdb /var/lib/kiosk ext4 nodev 0 2\n")
    (folder / "etc/hostname").write_text("terminal\n")
    (folder / "etc/machine-id").write_text("0123456789abcdef0123456789abcdef\n")


def write(folder: Path, place: DemoPlace, *, slow: bool, server: str = "cage") -> str:
    """Write the files into ``folder``, instead of what is there; returns the line to the ID card
    reader. ``slow``: the machine's processor is emulated; ``server``: its display server."""
    bare(folder, slow=slow)
    told = tomllib.loads(place.settings.read_text(encoding="utf-8"))
    settings = folder / "etc/kiosk/terminal.toml"
    settings.parent.mkdir(parents=True)
    centre = told["centre"]
    for name in ("ca", "certificate", "key", "seal_roots"):
        file = Path(centre[name])
        shutil.copyfile(file, settings.parent / f"{name}.pem")
        centre[name] = f"/etc/kiosk/{name}.pem"
    # The terminal's user is one of the image's, unknown here; the folder is closed to others.
    for file in settings.parent.iterdir():
        file.chmod(0o644)
    devices = {f"devices.{kind}": told["devices"][kind] for kind in OVER}
    limits = {"idle_s": 600.0, "limit_s": 3600.0}
    tables = {"screen": {"server": server}, "visit": limits, "centre": centre, **devices}
    first = {"terminal": told["terminal"], **_machine()}
    settings.write_text(_lines(first) + _toml(tables), encoding="utf-8")
    system = folder / "etc/systemd/system"
    if slow:
        _slow(folder, system / "kiosk.service.d")
    for port in sorted(_ports(tables)):
        _forward(system, port)
    return str(told["devices"][Kind.ID_CARD]["port"])


def reference(place: DemoPlace) -> Path:
    """Settings of the same machine for this one's own terminal, in front of the same emulators."""
    told = tomllib.loads(place.settings.read_text(encoding="utf-8"))
    first = {name: told[name] for name in ("terminal", "production", "run_directory")}
    kept = {f"devices.{kind}": told["devices"][kind] for kind in (*OVER, Kind.ID_CARD)}
    path = place.directory / "reference.toml"
    tables = {"screen": told["screen"], "centre": told["centre"], **kept}
    path.write_text(_lines({**first, **_machine()}) + _toml(tables), encoding="utf-8")
    return path


def _machine() -> dict[str, Any]:
    usual = profile_table(PROFILE)["devices"]
    return {
        "profile": PROFILE,
        "without": [kind for kind in usual if kind not in (*OVER, Kind.ID_CARD)],
    }


def _slow(folder: Path, drop_in: Path) -> None:
    """An emulated processor needs ten times as long: the keeper gives its processes that time, the
    check of a document too, and a window without a new frame for some seconds counts as shown."""
    drop_in.mkdir(parents=True)
    program = folder / "srv/slow.py"
    program.parent.mkdir()
    program.write_text(_PATIENT.format(times=TIMES))
    local = folder / "etc/apparmor.d/local/provident-kiosk"
    local.parent.mkdir(parents=True)
    local.write_text("/srv/ r,\n/srv/slow.py r,\n")
    (drop_in / "slow.conf").write_text(
        "[Service]\nWatchdogSec=120\nExecStart=\n"
        f"{_PATIENT_WINDOW}\nEnvironment=PYTHONPATH=/srv\n"
        "ExecStart=/usr/lib/provident-kiosk/bin/python -IB /srv/slow.py run\n"
    )


TIMES = 20
_PATIENT_WINDOW = "Environment=QT_WAYLAND_FRAME_CALLBACK_TIMEOUT=60000"
_PATIENT = """\
import sys
from kiosk.__main__ import main
from kiosk.keeper import keeper
from kiosk.keeper.visit_process import KeeperPace

def load(settings):  # in the fork server, for its visits
    from kiosk.papers import checker
    from ui import loading
    checker.SECONDS *= {times}
    loading.load(settings)

if __name__ == "__main__":
    start = KeeperPace.__init__
    start.__defaults__ = tuple({times} * each for each in start.__defaults__)
    keeper.PRELOAD = "slow:load"
    sys.argv[0] = "kiosk"
    main()
"""


def _toml(tables: Mapping[str, Mapping[str, Any]]) -> str:
    return "".join(f"\n[{name}]\n{_lines(table)}" for name, table in tables.items())


def _lines(table: Mapping[str, Any]) -> str:
    """JSON's texts, numbers, truth values and lists are written the same in TOML."""
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())


def _ports(tables: Mapping[str, Mapping[str, Any]]) -> Iterator[int]:
    for table in tables.values():
        for value in table.values():
            if isinstance(value, str) and (port := urlsplit(value).port if "://" in value else 0):
                yield port


def _forward(system: Path, port: int) -> None:
    """What listens here on ``port`` listens there on the same, so that one certificate and one line
    of settings fit both."""
    wanted = system / "sockets.target.wants"
    wanted.mkdir(parents=True, exist_ok=True)
    name = f"here-{port}"
    (system / f"{name}.socket").write_text(f"[Socket]\nListenStream=127.0.0.1:{port}\n")
    (system / f"{name}.service").write_text(
        f"[Service]\nExecStart=/lib/systemd/systemd-socket-proxyd {HERE}:{port}\n"
    )
    (wanted / f"{name}.socket").symlink_to(f"../{name}.socket")
