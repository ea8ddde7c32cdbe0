"""The doctor and what runs beside a terminal: a daemon that is dead, deaf or stopped is named."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from drivers.device import Kind
from drivers.emulators.smart_cards import pcscd
from drivers.emulators.xfs4iot import XfsMachine
from kiosk.doctor import daemons, devices, processes, unknown
from kiosk.doctor.causes import causes, linked
from kiosk.doctor.findings import Finding, Verdict, run_guarded
from kiosk.settings import CentreSettings, Settings
from tests.contract import ipp_peers

READER = "Kiosk IC"
QUEUE = "A4"


def settings(**tables: dict[str, Any]) -> Settings:
    return Settings(
        terminal="T0001",
        centre=CentreSettings(url="https://gjj.example", seal_roots=Path("roots.pem")),
        devices={Kind(kind): table for kind, table in tables.items()},
    )


def examined(loaded: Settings) -> dict[str, Finding]:
    """Daemons and devices, as the report has them, by name."""
    probes = devices.probes(loaded)
    beside = [*daemons.pcscd(loaded), *daemons.cupsd(loaded), *daemons.xfs4iot(loaded)]
    return {one.name: one for one in linked([*beside, *run_guarded(probes, loaded)], loaded)}


# -- pcscd -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def service() -> Iterator[pcscd.PcscService]:
    if pcscd.missing():
        pytest.skip(pcscd.missing())
    folder = Path(tempfile.mkdtemp(prefix="kiosk-doctor-"))
    service = pcscd.PcscService(folder, [READER])
    yield service
    service.stop()
    shutil.rmtree(folder, ignore_errors=True)


def card_reader(service: pcscd.PcscService, reader: str = f"{READER} 00 00") -> Settings:
    return settings(smart_card={"driver": "pcsc", "reader": reader, "service": str(service.socket)})


def test_a_service_that_runs(service: pcscd.PcscService) -> None:
    service.start()
    found = examined(card_reader(service))
    assert found["pcscd"].verdict is Verdict.GOOD
    assert f"readers: {READER} 00 00" in found["pcscd"].seen
    assert found["smart_card: found"].verdict is Verdict.GOOD


def test_a_reader_that_is_not_there_is_not_the_services_fault(service: pcscd.PcscService) -> None:
    service.start()
    found = examined(card_reader(service, "Omnikey"))
    assert found["pcscd"].verdict is Verdict.GOOD
    assert (found["smart_card: found"].verdict, found["smart_card: found"].because) == (
        Verdict.BAD,
        "",
    )


def test_the_other_slot_stands_in_no_settings(service: pcscd.PcscService) -> None:
    service.start()
    names = [one.name for one in unknown.neighbours(card_reader(service))]
    assert names == [f"PC/SC reader {READER} 00 01"]


def never_started(service: pcscd.PcscService) -> None:
    service.stop()
    service.socket.unlink(missing_ok=True)


def killed(service: pcscd.PcscService) -> None:
    service.start()
    service.kill()


@pytest.mark.parametrize(
    ("situation", "seen"), [(never_started, "there is no"), (killed, "nobody listens at")]
)
def test_a_service_that_does_not_run_is_the_cause(
    service: pcscd.PcscService, situation: Callable[[pcscd.PcscService], None], seen: str
) -> None:
    situation(service)
    found = examined(card_reader(service))
    assert found["pcscd"].verdict is Verdict.BAD
    assert f"not running: {seen} {service.socket}" == found["pcscd"].seen
    assert "systemctl" in found["pcscd"].mend
    assert found["smart_card: found"].because == "pcscd"
    (cause,) = causes(tuple(found.values()))
    assert cause.behind == ("smart_card: found",)


def test_a_service_that_hangs_holds_up_no_report(service: pcscd.PcscService) -> None:
    service.start()
    pid = int((service.socket.parent / "pcscd.pid").read_text().strip("\n\0"))
    os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        (finding,) = daemons.pcscd(card_reader(service))
        assert time.monotonic() - began < 30
    finally:
        os.kill(pid, signal.SIGCONT)
    assert finding.verdict is Verdict.BAD
    assert "does not answer" in finding.seen
    assert finding.mend == "systemctl restart pcscd"


# -- cupsd -----------------------------------------------------------------------------------------


@pytest.mark.skipif(bool(ipp_peers.missing()), reason=ipp_peers.missing() or "can run")
def test_a_print_server() -> None:
    with ipp_peers.cups() as server:
        uri = server.queue(QUEUE, "file:///dev/null", "raw")
        found = examined(settings(document_printer={"driver": "ipp", "uri": uri}))
        assert found["cupsd"].verdict is Verdict.GOOD
        assert "CUPS" in found["cupsd"].seen
        assert f"queue {QUEUE}" in found["cupsd"].seen
        gone = uri.removesuffix(QUEUE) + "B5"
        found = examined(settings(document_printer={"driver": "ipp", "uri": gone}))
        assert found["cupsd"].verdict is Verdict.GOOD
        assert found["document_printer: found"].verdict is Verdict.BAD
        assert found["document_printer: found"].because == ""
    found = examined(settings(document_printer={"driver": "ipp", "uri": uri}))
    assert found["cupsd"].verdict is Verdict.BAD
    assert "Connection refused" in found["cupsd"].seen
    assert found["document_printer: found"].because == "cupsd"


def test_a_password_of_the_printer_is_in_no_report() -> None:
    for path in ("printers/A4", "ipp/print"):
        uri = f"ipp://admin:secret@127.0.0.1:9/{path}"
        found = examined(settings(document_printer={"driver": "ipp", "uri": uri}))
        assert "127.0.0.1:9" in found["document_printer: found"].seen
        assert not any("secret" in repr(finding) for finding in found.values())


def test_a_printer_without_a_queue_needs_no_print_server() -> None:
    table = {"driver": "ipp", "uri": "ipp://127.0.0.1:9/ipp/print"}
    assert list(daemons.cupsd(settings(document_printer=table))) == []


# -- XFS4IoT ---------------------------------------------------------------------------------------


@pytest.fixture
def machine() -> Iterator[XfsMachine]:
    machine = XfsMachine()
    machine.start()
    yield machine
    machine.stop()


def teller(machine: XfsMachine) -> Settings:
    port = int(machine.uri("Camera").split(":")[2].partition("/")[0])
    table = {"driver": "xfs4iot", "ports": [port]}
    return settings(camera=table, lights=table)


def test_a_machine_and_its_services(machine: XfsMachine) -> None:
    found = examined(teller(machine))
    seen = found["XFS4IoT machine"].seen
    assert found["XFS4IoT machine"].verdict is Verdict.GOOD
    assert "9 services" in seen
    assert "XFS4IoT 2, 3" in seen
    assert "CardReader" in seen
    assert found["camera: found"].verdict is Verdict.GOOD
    assert found["lights: found"].verdict is Verdict.GOOD


def test_services_that_no_setting_uses(machine: XfsMachine) -> None:
    found = {one.name.rpartition("/")[2]: one for one in unknown.neighbours(teller(machine))}
    assert len(found) == 7
    assert "Keyboard, PinPad" in found["PinPad"].seen


def test_a_machine_that_is_down_is_the_cause(machine: XfsMachine) -> None:
    loaded = teller(machine)
    machine.obey("unplug")
    found = examined(loaded)
    assert found["XFS4IoT machine"].verdict is Verdict.BAD
    assert "start the machine's XFS4IoT services" in found["XFS4IoT machine"].mend
    (cause,) = causes(tuple(found.values()))
    assert cause.behind == ("camera: found", "lights: found")


# -- the terminal that runs ------------------------------------------------------------------------

HOLDS = """
import sys, serial
port = serial.Serial(sys.argv[1], exclusive=True)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(
    ("words", "verdict", "seen", "mend"),
    [
        (
            ("kiosk", "visit"),
            Verdict.NOTE,
            "in use by the running terminal",
            "",
        ),
        (
            ("-m", "kiosk.keeper.forking"),  # a forked visit has the words of the fork server
            Verdict.NOTE,
            "in use by the running terminal",
            "",
        ),
        (
            ("-m", "kiosk.keeper.nursery"),  # a forked driver has the words of the nursery
            Verdict.NOTE,
            "in use by the running terminal",
            "",
        ),
        (("minicom", "-D"), Verdict.BAD, "is held by another program", "fuser"),
    ],
)
def test_a_port_in_use(words: tuple[str, ...], verdict: Verdict, seen: str, mend: str) -> None:
    master, slave = os.openpty()
    path = os.ttyname(slave)
    os.close(slave)
    command = [sys.executable, "-c", HOLDS, path, *words]
    with (
        os.fdopen(master, "wb", buffering=0),
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program,
    ):
        assert program.stdout is not None
        assert program.stdout.readline() == b"held\n"
        loaded = settings(pin_pad={"driver": "serial", "port": path})
        (finding,) = run_guarded(devices.probes(loaded), loaded)
        program.communicate()
    assert finding.verdict is verdict
    assert seen in finding.seen
    assert mend in finding.mend


LOOKS_ON = """
import os, sys
os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
print("held", flush=True)
sys.stdin.read()
"""


def test_the_terminal_is_known_beside_another_program_and_behind_a_link(tmp_path: Path) -> None:
    """As in the demo: the desk, which plays the device, has the port open too, and the settings
    name a link outside ``/dev``."""
    master, slave = os.openpty()
    port = tmp_path / "pad"
    port.symlink_to(os.ttyname(slave))
    os.close(slave)

    def start(*command: str) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        return subprocess.Popen([sys.executable, "-c", *command], stdin=pipe, stdout=pipe)

    with (
        os.fdopen(master, "wb", buffering=0),
        start(LOOKS_ON, str(port)) as other,
    ):
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with start(HOLDS, str(port), "kiosk", "visit") as terminal:
            assert terminal.stdout is not None
            assert terminal.stdout.readline() == b"held\n"
            loaded = settings(pin_pad={"driver": "serial", "port": str(port)})
            (finding,) = run_guarded(devices.probes(loaded), loaded)
            terminal.communicate()
        other.communicate()
    assert finding.verdict is Verdict.NOTE
    assert f"in use by the running terminal (process {terminal.pid})" in finding.seen


CALLS = """
import socket, sys
connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("words", [("kiosk", "visit"), ("nc",)])
def test_a_network_printer_that_serves_one_and_the_terminal_is_that_one(
    words: tuple[str, ...],
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1) as printer:
        port = printer.getsockname()[1]
        command = [sys.executable, "-c", CALLS, str(port), *words]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
            assert program.stdout is not None
            assert program.stdout.readline() == b"held\n"
            address = f"tcp://127.0.0.1:{port}"
            loaded = settings(receipt_printer={"driver": "escpos", "address": address})
            (finding,) = [*run_guarded(devices.probes(loaded), loaded)][:1]
            program.communicate()
    in_use = finding.seen.startswith("in use by the running terminal")
    assert in_use == (words[0] == "kiosk")


# -- the unit, the clock, udev, avahi --------------------------------------------------------------


def program(folder: Path, name: str, says: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{says}\nEND\n")
    path.chmod(0o755)


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with systemd, whose programs say what a test wants."""
    monkeypatch.setattr(daemons, "_SYSTEMD", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return tmp_path


@pytest.mark.parametrize(
    ("facts", "verdict", "seen", "mend"),
    [
        ({}, Verdict.GOOD, "active, restarted 2 times", ""),
        ({"LoadState": "not-found"}, Verdict.BAD, "nobody starts", "assets/systemd"),
        ({"UnitFileState": "disabled"}, Verdict.NOTE, "not started when", "systemctl enable"),
        ({"ActiveState": "inactive"}, Verdict.NOTE, "inactive", "start it: systemctl start"),
        ({"ActiveState": "inactive", "UnitFileState": "disabled"}, Verdict.NOTE, "inactive",
         "start it: systemctl enable kiosk.service; systemctl start"),
        ({"ActiveState": "failed"}, Verdict.BAD, "failed", "journalctl"),
        ({"ActiveState": "activating", "NRestarts": 0}, Verdict.NOTE, "activating", ""),
        ({"ActiveState": "activating", "NRestarts": 41}, Verdict.BAD, "does not stay up",
         "journalctl"),
        # Caught while it is up for a moment.
        ({"up_s": 5.0, "NRestarts": 41}, Verdict.BAD,
         "does not stay up: active, restarted 41 times", "journalctl"),
    ],
)  # fmt: skip
def test_the_unit(
    systemd: Path, facts: dict[str, Any], verdict: Verdict, seen: str, mend: str
) -> None:
    usual = {
        "LoadState": "loaded",
        "ActiveState": "active",
        "UnitFileState": "enabled",
        "NRestarts": 2,
    }
    since = time.monotonic() - facts.get("up_s", 3600.0)
    shown = usual | facts | {"ActiveEnterTimestampMonotonic": int(since * 1e6)}
    program(systemd, "systemctl", "\n".join(f"{k}={v}" for k, v in shown.items()))
    (finding,) = daemons.terminal(settings())
    assert finding.verdict is verdict
    assert seen in finding.seen
    assert finding.mend.startswith(mend) if not mend else mend in finding.mend


@contextmanager
def running(name: str) -> Iterator[None]:
    """A program of this name."""
    with subprocess.Popen([name, "60"], executable="/bin/sleep") as process:
        while not processes.first_running(name):  # it has its name a moment after its start
            time.sleep(0.01)
        try:
            yield
        finally:
            process.kill()


@pytest.mark.parametrize(("said", "verdict"), [("yes", Verdict.GOOD), ("no", Verdict.NOTE)])
def test_the_time_service(systemd: Path, said: str, verdict: Verdict) -> None:
    program(systemd, "timedatectl", said)
    with running("chronyd"):
        (finding,) = daemons.time_service(settings())
    assert finding.verdict is verdict
    assert "chronyd" in finding.seen or "timesyncd" in finding.seen


def test_no_time_service() -> None:
    if processes.first_running("systemd-timesyncd", "chronyd", "ntpd", "openntpd"):
        pytest.skip("this machine runs a time service")
    (finding,) = daemons.time_service(settings())
    assert finding.verdict is Verdict.NOTE
    assert "none of" in finding.seen


@pytest.mark.parametrize(
    ("name", "modem", "verdict", "mend"),
    [
        ("brltty", False, Verdict.BAD, "apt-get purge brltty"),
        ("ModemManager", False, Verdict.NOTE, "apt-get purge modemmanager"),
        ("ModemManager", True, Verdict.NOTE, "ID_MM_DEVICE_IGNORE"),
    ],
)
def test_what_takes_serial_ports(
    tmp_path: Path, name: str, modem: bool, verdict: Verdict, mend: str
) -> None:
    if modem:
        (tmp_path / "sys/class/wwan/wwan0").mkdir(parents=True)
    loaded = settings(pin_pad={"driver": "serial", "port": "/dev/ttyUSB0"})
    with running(name):
        assert list(daemons.in_the_way(settings(), tmp_path)) == []  # there is none to take
        found = {one.name: one for one in daemons.in_the_way(loaded, tmp_path)}[name]
    assert found.verdict is verdict
    assert mend in found.mend


@pytest.mark.parametrize("runs", [True, False])
def test_udevd_and_avahi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: bool) -> None:
    for name in ("_UDEV_SOCKET", "_AVAHI_SOCKET"):
        monkeypatch.setattr(daemons, name, tmp_path / "socket")
    if runs:
        (tmp_path / "socket").touch()
    printer = {"driver": "ipp", "uri": "ipp://hp.local/ipp/print"}
    loaded = settings(
        pin_pad={"driver": "serial", "port": "/dev/kiosk/pin_pad"}, document_printer=printer
    )
    (udev,) = daemons.udevd(loaded)
    (avahi,) = daemons.cupsd(loaded)
    assert {udev.verdict, avahi.verdict} == {Verdict.GOOD if runs else Verdict.BAD}
    assert "hp.local" in avahi.seen


def test_programs_that_run() -> None:
    here = Path(sys.executable).name
    assert processes.first_running("no-such-program", here) == here
    assert processes.first_running("no-such-program") == ""
    assert processes.of(os.getpid()) is not None
