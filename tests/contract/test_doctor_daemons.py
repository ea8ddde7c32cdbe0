"""The doctor and what runs beside a terminal: a daemon that is dead, deaf or stopped is named."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from drivers.emulators.smart_cards import pcscd
from drivers.emulators.xfs4iot import XfsMachine
from kiosk.doctor import daemons, devices, processes, unknown
from kiosk.doctor.causes import causes, linked
from kiosk.doctor.findings import Verdict, run_guarded
from kiosk.settings import Centre, Settings
from tests.contract import ipp_peers

READER = "Kiosk IC"
QUEUE = "A4"


def settings(**tables):
    return Settings(
        terminal="T0001",
        centre=Centre(url="https://gjj.example", seal_roots=Path("roots.pem")),
        devices=tables,
    )


def examined(loaded):
    """Daemons and devices, as the report has them, by name."""
    probes = devices.probes(loaded)
    beside = [*daemons.pcscd(loaded), *daemons.cupsd(loaded), *daemons.xfs4iot(loaded)]
    return {one.name: one for one in linked([*beside, *run_guarded(probes, loaded)], loaded)}


# -- pcscd -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def service():
    if pcscd.missing():
        pytest.skip(pcscd.missing())
    folder = Path(tempfile.mkdtemp(prefix="kiosk-doctor-"))
    service = pcscd.PcscService(folder, {READER: pcscd.free_ports()})
    yield service
    service.stop()
    shutil.rmtree(folder, ignore_errors=True)


def card_reader(service, reader=f"{READER} 00 00"):
    return settings(smart_card={"driver": "pcsc", "reader": reader, "service": str(service.socket)})


def test_a_service_that_runs(service):
    service.start()
    found = examined(card_reader(service))
    assert found["pcscd"].verdict is Verdict.GOOD
    assert f"readers: {READER} 00 00" in found["pcscd"].seen
    assert found["smart_card: found"].verdict is Verdict.GOOD


def test_a_reader_that_is_not_there_is_not_the_services_fault(service):
    service.start()
    found = examined(card_reader(service, "Omnikey"))
    assert found["pcscd"].verdict is Verdict.GOOD
    assert (found["smart_card: found"].verdict, found["smart_card: found"].because) == (
        Verdict.BAD,
        "",
    )


def test_the_other_slot_stands_in_no_settings(service):
    service.start()
    names = [one.name for one in unknown.neighbours(card_reader(service))]
    assert names == [f"PC/SC reader {READER} 00 01"]


def never_started(service):
    service.stop()
    service.socket.unlink(missing_ok=True)


def killed(service):
    service.start()
    service.kill()


@pytest.mark.parametrize(
    ("situation", "seen"), [(never_started, "there is no"), (killed, "nobody listens at")]
)
def test_a_service_that_does_not_run_is_the_cause(service, situation, seen):
    situation(service)
    found = examined(card_reader(service))
    assert found["pcscd"].verdict is Verdict.BAD
    assert f"not running: {seen} {service.socket}" == found["pcscd"].seen
    assert "systemctl" in found["pcscd"].mend
    assert found["smart_card: found"].because == "pcscd"
    (cause,) = causes(tuple(found.values()))
    assert cause.behind == ("smart_card: found",)


def test_a_service_that_hangs_holds_up_no_report(service):
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
def test_a_print_server():
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


def test_a_printer_without_a_queue_needs_no_print_server():
    table = {"driver": "ipp", "uri": "ipp://127.0.0.1:9/ipp/print"}
    assert list(daemons.cupsd(settings(document_printer=table))) == []


# -- XFS4IoT ---------------------------------------------------------------------------------------


@pytest.fixture
def machine():
    machine = XfsMachine()
    machine.start()
    yield machine
    machine.stop()


def teller(machine):
    port = int(machine.uri("Camera").split(":")[2].partition("/")[0])
    table = {"driver": "xfs4iot", "ports": [port]}
    return settings(camera=table, lights=table)


def test_a_machine_and_its_services(machine):
    found = examined(teller(machine))
    seen = found["XFS4IoT machine"].seen
    assert found["XFS4IoT machine"].verdict is Verdict.GOOD
    assert "9 services" in seen
    assert "XFS4IoT 2, 3" in seen
    assert "CardReader" in seen
    assert found["camera: found"].verdict is Verdict.GOOD
    assert found["lights: found"].verdict is Verdict.GOOD


def test_services_that_no_setting_uses(machine):
    found = {one.name.rpartition("/")[2]: one for one in unknown.neighbours(teller(machine))}
    assert len(found) == 7
    assert "Keyboard, PinPad" in found["PinPad"].seen


def test_a_machine_that_is_down_is_the_cause(machine):
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
            Verdict.UNKNOWN,
            "in use by the running terminal",
            "systemctl stop kiosk.service",
        ),
        (("minicom", "-D"), Verdict.BAD, "is held by another program", "fuser"),
    ],
)
def test_a_port_in_use(words, verdict, seen, mend):
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


def test_programs_that_run():
    here = Path(sys.executable).name
    assert processes.first_running("no-such-program", here) == here
    assert processes.first_running("no-such-program") == ""
    assert processes.of(os.getpid()) is not None
