"""`kiosk setup` on a machine of emulated devices: what is found, asked, written and kept."""

from __future__ import annotations

import errno
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from zeroconf import ServiceInfo, Zeroconf

from drivers.device import Info, Kind
from drivers.emulators.code_scanner import CodeScanner
from drivers.emulators.document_printer import DocumentPrinter
from drivers.emulators.id_card import IdCardReader
from drivers.emulators.io_board import IoBoard
from drivers.emulators.pin_pad import PinPad
from drivers.emulators.receipt_printer import ReceiptPrinter
from drivers.emulators.rig import Emulator
from drivers.emulators.smart_cards import pcscd
from drivers.emulators.xfs4iot import XfsMachine
from kiosk import settings as settings_file
from kiosk.__main__ import main
from kiosk.doctor import names, plugged
from kiosk.setup import discovery, network_printers, procedure, rules_file, toml_file, writing
from kiosk.setup.at_console import AtConsole
from kiosk.setup.discovery import Discovery, FoundDevice, SearchPlace
from kiosk.setup.proposal import PresentSettings, Proposal, SiteFacts, guess_place, make
from kiosk.setup.questions import GivenAnswers
from tests.unit.test_doctor_names import CH340, FTDI, PRINTER, Tree

LOOPBACK = "127.0.0.1"
ACM = {"idVendor": "1eab", "idProduct": "8203", "serial": "S1"}
OTHER_ACM = {"idVendor": "0483", "idProduct": "5740"}
SITE = SiteFacts("T0007", "https://gjj.example", "演示中心", "supermarket")


@dataclass
class EmulatedMachine:
    """A machine whose devices are plugged into a tree like that of the kernel."""

    tree: Tree
    devices: dict[str, Emulator] = field(default_factory=dict)

    def plug(self, name: str, hole: str, facts: dict[str, str], make: type[Emulator]) -> None:
        """A USB device in ``hole`` whose serial port ``/dev/NAME`` is a pty with the emulator."""
        self.tree.serial(hole, facts, name)
        port = self.tree.root / "dev" / name
        port.unlink()
        self.start(name, make(port))  # type: ignore[call-arg]

    def start(self, name: str, device: Emulator) -> None:
        self.devices[name] = device
        device.start()

    def stop(self) -> None:
        for device in self.devices.values():
            device.stop()

    @property
    def place(self) -> SearchPlace:
        return SearchPlace(root=self.tree.root, machine_ports=(1,), listen_s=0)


def pty_printer(port: Path) -> ReceiptPrinter:
    return ReceiptPrinter(kind="pty", path=port)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedMachine]:
    machine = EmulatedMachine(Tree(tmp_path_factory.mktemp("machine")))
    machine.plug("ttyUSB0", "1-1", FTDI, IdCardReader)
    machine.plug("ttyUSB1", "1-2", CH340, pty_printer)  # type: ignore[arg-type]
    machine.plug("ttyACM0", "1-3", ACM, CodeScanner)
    machine.plug("ttyACM1", "1-4", OTHER_ACM, PinPad)
    machine.plug("ttyUSB2", "1-5", {**FTDI, "serial": "B20"}, IoBoard)
    yield machine
    machine.stop()


@pytest.fixture(scope="module")
def found(machine: EmulatedMachine) -> Discovery:
    return discovery.look(machine.place)


def test_every_device_is_found_by_its_driver(found: Discovery) -> None:
    tables = {one.kind: dict(one.table) for one in found.devices}
    assert tables == {
        Kind.ID_CARD: {"driver": "sdt", "port": "/dev/ttyUSB0"},
        Kind.RECEIPT_PRINTER: {
            "driver": "escpos",
            "address": "serial:///dev/ttyUSB1?baud=115200",
        },
        Kind.CODE_SCANNER: {"driver": "serial", "port": "/dev/ttyACM0"},
        Kind.PIN_PAD: {"driver": "serial", "port": "/dev/ttyACM1"},
        Kind.LIGHTS: {"driver": "io_board", "port": "/dev/ttyUSB2"},
        Kind.SENSORS: {"driver": "io_board", "port": "/dev/ttyUSB2"},
    }
    assert "0403:6001 FT232R USB UART" in found.of(Kind.ID_CARD)[0].title
    assert "SDT/SAM" in found.of(Kind.ID_CARD)[0].title


def test_the_proposal_names_the_devices_and_says_what_the_profile_lacks(
    machine: EmulatedMachine, found: Discovery, tmp_path: Path
) -> None:
    assert guess_place(found) == "supermarket"
    made = make(found, SITE, PresentSettings())
    assert made.absent == (Kind.DOCUMENT_PRINTER, Kind.SMART_CARD, Kind.CAMERA, Kind.SPEAKER)
    text, rules = written(made, found)
    settings = settings_file.parse(text, tmp_path)
    assert settings.devices[Kind.ID_CARD]["port"] == "/dev/kiosk/id_card"
    assert settings.without == made.absent
    # The devices are those of the profile, under the names of the profile: none needs a table.
    assert "[devices" not in text
    for name, node in made.named.items():
        fitting = [
            n for n in found.nodes for r in names.rules(rules) if name in r.names and r.fits(n)
        ]
        assert fitting == [node]
    assert set(made.named) == {
        "kiosk/id_card",
        "kiosk/receipt_printer",
        "kiosk/code_scanner",
        "kiosk/pin_pad",
        "kiosk/io_board",
    }
    # Two converters of one model are told apart by their serial numbers.
    assert 'ATTRS{serial}=="A10"' in rules
    assert 'ATTRS{serial}=="B20"' in rules
    assert rules.count("ATTRS{serial}") == 2


def written(made: Proposal, found: Discovery) -> tuple[str, str]:
    return (
        toml_file.edited("", made.assignments, ("heading",), str),
        rules_file.edited("", made.named, found.nodes, str),
    )


def test_a_port_without_a_device_and_a_console_are_told_apart(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    ends = []
    for name, hole in (("ttyACM0", "1-1"), ("ttyACM1", "1-2")):
        tree.serial(hole, OTHER_ACM, name)
        master, slave = pty.openpty()
        ends += [master, slave]
        (tmp_path / "dev" / name).unlink()
        (tmp_path / "dev" / name).symlink_to(os.ttyname(slave))
    (tmp_path / "sys/class/tty/console").mkdir()
    (tmp_path / "sys/class/tty/console/active").write_text("tty0 ttyACM1\n")
    tree.node("usbmisc", "lp0", tree.usb("1-3", {"idVendor": "1234"}, PRINTER))
    found = discovery.look(SearchPlace(root=tmp_path, machine_ports=(1,), listen_s=0))
    for end in ends:
        os.close(end)
    assert not found.devices
    told = {one.title: one.why for one in found.unused}
    assert told.pop("/dev/ttyACM0 (0483:5740)") == "no driver gets an answer"
    assert "/dev/usb/lp0 (1234:)" in told
    assert not any("ttyACM1" in title for title in told)


def test_a_printer_of_the_network_is_found_by_mdns() -> None:
    """Other tests of this machine may have printers that tell of themselves at the same time."""
    model = f"Emulated A4 Laser {os.getpid()}"
    printer = DocumentPrinter()
    with ExitStack() as stack:
        printer.start()
        stack.callback(printer.stop)
        port = int(printer.address.rpartition(":")[2].partition("/")[0])
        responder = Zeroconf(interfaces=[LOOPBACK])
        stack.callback(responder.close)
        for kind, number, name, facts in (
            (network_printers.IPP, port, model, {"rp": "ipp/print", "ty": model}),
            (network_printers.IPP, 9, f"Ghost of {model}", {"rp": "ipp/print"}),
            (network_printers.RAW, 9100, f"{model} raw", {"pdl": "application/pdf"}),
        ):
            responder.register_service(
                ServiceInfo(
                    kind,
                    f"{name}.{kind}",
                    addresses=[socket.inet_aton(LOOPBACK)],
                    port=number,
                    properties=facts,
                    server="emulated.local.",
                )
            )
        place = SearchPlace(machine_ports=(1,), interfaces=(LOOPBACK,), listen_s=1.8)
        found = discovery.look(replace(place, root=Path("/nonexistent")))
    (one,) = (each for each in found.of(Kind.DOCUMENT_PRINTER) if model in each.title)
    assert one.table == {"driver": "ipp", "uri": printer.address}
    assert [ghost.title for ghost in found.unused if f"Ghost of {model}" in ghost.title]


def test_the_devices_of_a_banks_machine_are_found(tmp_path: Path) -> None:
    machine = XfsMachine()
    machine.start()
    try:
        port = int(machine.address.rpartition(":")[2].partition("/")[0])
        place = SearchPlace(tmp_path, machine=LOOPBACK, machine_ports=(port,), listen_s=0)
        found = discovery.look(place)
    finally:
        machine.stop()
    kinds = {one.kind for one in found.devices}
    assert {Kind.SMART_CARD, Kind.RECEIPT_PRINTER, Kind.DOCUMENT_PRINTER, Kind.VENDOR_MODE} <= kinds
    assert found.of(Kind.LIGHTS)[0].table == {
        "driver": "xfs4iot",
        "machine": LOOPBACK,
        "ports": [port],
    }
    assert guess_place(found) == "branch-stm"


def test_of_two_card_readers_one_is_chosen(tmp_path: Path) -> None:
    if pcscd.missing():
        pytest.skip(pcscd.missing())
    folder = Path(tempfile.mkdtemp(prefix="kiosk-setup-"))  # a socket's path must be short
    service = pcscd.PcscService(folder, ["Kiosk IC", "Kiosk NFC"])
    service.start()
    try:
        place = SearchPlace(tmp_path, (), "", (1,), str(service.socket), listen_s=0)
        found = discovery.look(place)
    finally:
        service.stop()
        subprocess.run(["rm", "-rf", str(folder)], check=True)
    readers = [one.table["reader"] for one in found.of(Kind.SMART_CARD)]
    assert "Kiosk IC 00 00" in readers
    assert "Kiosk NFC 00 00" in readers
    made = make(found, SITE, PresentSettings())
    assert [one.kind for one in made.spare] == [Kind.SMART_CARD] * (len(readers) - 1)
    assert made.chosen[0].table["reader"] == readers[0]


def test_usb_devices_get_names_and_a_second_run_has_nothing_to_write(
    machine: EmulatedMachine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order = procedure.SetupOrder(
        tmp_path / "terminal.toml",
        GivenAnswers("T0007", "https://127.0.0.1:9", "演示中心", "supermarket"),
        tmp_path / "60-kiosk.rules",
        tmp_path / "kept",
        quiet=True,
        prints=False,
    )
    procedure.run(order, machine.place, AtConsole(str))
    told = capsys.readouterr().out
    assert "ok  id_card: /dev/ttyUSB0 (0403:6001 FT232R USB UART), SDT/SAM" in told
    assert "the profile has a camera, and none was found" in told
    rules = order.rules.read_text(encoding="utf-8")
    # A name that no device has yet stays as the package makes it, since this file goes before.
    given = [name for rule in names.rules(rules) for name in rule.names]
    shipped = [name for rule in names.rules(names.shipped()) for name in rule.names]
    assert {"kiosk/camera", "kiosk/id_card_hid"} <= set(given)
    assert set(given) == set(shipped)
    settings = order.file.read_text(encoding="utf-8")
    procedure.run(order, machine.place, AtConsole(str))
    assert "nothing to write" in capsys.readouterr().out
    assert order.rules.read_text(encoding="utf-8") == rules
    assert order.file.read_text(encoding="utf-8") == settings


# -- the command ----------------------------------------------------------------------------------


@dataclass
class SetupStand:
    """A pad and a board on ptys, and the command that sets them up."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "etc/terminal.toml"

    def command(self, *options: str) -> list[str]:
        ports = [str(self.folder / name) for name in ("pad", "board")]
        return [
            "setup",
            *("--settings", str(self.file), "--rules", str(self.folder / "60-kiosk.rules")),
            *("--keep", str(self.folder / "kept"), "--machine", "", "--no-print"),
            *(word for port in ports for word in ("--port", port)),
            *options,
        ]

    def run(self, *options: str, typed: str = "") -> Result:
        return CliRunner().invoke(main, self.command(*options), input=typed)


ANSWERS = (
    *("--terminal", "T0007", "--centre", "https://127.0.0.1:9", "--sealer", "演示中心"),
    *("--place", "supermarket", "--height-mm", "850"),
)


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SetupStand]:
    """Without the network, the board's ports and the standard ports of XFS4IoT: other tests and
    this machine may have something there."""
    look = discovery.look

    def here(place: SearchPlace, known: dict[Kind, discovery.Table] | None = None) -> Discovery:
        root = tmp_path / "root"
        return look(replace(place, root=root, machine_ports=(1,), listen_s=0), known)

    monkeypatch.setattr(discovery, "look", here)
    devices = [PinPad(tmp_path / "pad"), IoBoard(tmp_path / "board")]
    for device in devices:
        device.start()
    yield SetupStand(tmp_path)
    for device in devices:
        device.stop()


def test_the_console_is_asked_and_the_settings_are_written(stand: SetupStand) -> None:
    typed = (
        "一号\nT0007\ngjj.example\nhttps://127.0.0.1:9/\n演示中心\nsupermaket\nlowered\n-1\n850\n\n"
    )
    told = stand.run(typed=typed)
    assert "letters, digits and hyphens" in told.output
    assert "an address like https://" in told.output
    assert "one of: branch-stm" in told.output
    assert "millimetres, 0 to 3000" in told.output
    assert "NOT fit for service" in told.output  # the doctor has run: there is no centre
    assert told.exit_code == 1
    settings = settings_file.load(stand.file)
    assert settings.terminal == "T0007"
    assert settings.centre.url == "https://127.0.0.1:9"
    assert settings.profile == "lowered"
    assert settings.screen.mounted_mm == 850
    assert settings.devices[Kind.PIN_PAD]["port"] == str(stand.folder / "pad")
    assert settings.devices[Kind.LIGHTS]["port"] == str(stand.folder / "board")
    assert set(settings.devices) == {Kind.PIN_PAD, Kind.LIGHTS, Kind.SENSORS}
    lines = stand.file.read_text(encoding="utf-8").splitlines()
    assert all("#" in line for line in lines if line and not line.startswith("["))
    assert not stand.file.with_name("terminal.toml.before").exists()


def test_of_two_devices_of_a_class_the_technician_chooses(stand: SetupStand) -> None:
    second = PinPad(stand.folder / "second pad")
    second.start()
    try:
        told = stand.run(*ANSWERS, "--port", str(stand.folder / "second pad"), typed="2\n\n")
    finally:
        second.stop()
    assert "several devices of the class pin_pad:\n  1  " in told.output
    assert "not used: " in told.output
    settings = settings_file.load(stand.file)
    assert settings.devices[Kind.PIN_PAD]["port"] == str(stand.folder / "second pad")


def test_of_two_screens_the_chosen_one_decides_how_the_pages_stand(tmp_path: Path) -> None:
    """The first one stands; the chosen one lies, as the pages of a bus station do."""
    for name, modes in (("DP-1", "1080x1920\n"), ("HDMI-A-1", "1920x1080\n")):
        folder = tmp_path / "root/sys/class/drm" / f"card0-{name}"
        folder.mkdir(parents=True)
        (folder / "status").write_text("connected\n")
        (folder / "modes").write_text(modes)
    order = procedure.SetupOrder(
        tmp_path / "terminal.toml",
        GivenAnswers("T0007", "https://127.0.0.1:9", "演示中心", "bus-station", 850),
        tmp_path / "60-kiosk.rules",
        tmp_path / "kept",
        prints=False,
    )
    place = SearchPlace(tmp_path / "root", (), "", (1,), str(tmp_path / "none"), listen_s=0)
    command = click.Command("setup", callback=lambda: procedure.run(order, place, AtConsole(str)))
    told = CliRunner().invoke(command, input="2\nn\n").output
    assert '+output = "HDMI-A-1"' in told
    assert "where does the top of its own picture point" not in told
    assert "+orientation" not in told


def test_a_chinese_console_gets_chinese_words_and_comments(
    stand: SetupStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    monkeypatch.delenv("TERM", raising=False)
    told = stand.run(*ANSWERS, typed="n\n")
    assert '+terminal = "T0007" # 在中心的编号' in told.output
    assert "密码键盘" in told.output
    assert "没有写入任何内容" in told.output


def test_a_second_run_keeps_what_was_written_by_hand(stand: SetupStand) -> None:
    stand.run(*ANSWERS, "--yes")
    text = stand.file.read_text(encoding="utf-8")
    text = re.sub(r'(?m)^(terminal = "T0007").*$', r"\1   # by hand", text)
    text = text.replace("[centre]\n", "[centre]\nread_s = 20.0\n")
    text = text.replace(str(stand.folder / "pad"), "/dev/ttyS77")
    stand.file.write_text(text, encoding="utf-8")
    stand.file.chmod(0o600)
    again = stand.run("--yes", "--height-mm", "900")
    assert "--- " in again.output
    assert "+mounted_mm = 900" in again.output
    new = stand.file.read_text(encoding="utf-8")
    expected = text.replace("/dev/ttyS77", str(stand.folder / "pad")).replace("850", "900")
    assert new == expected
    assert stand.file.stat().st_mode & 0o777 == 0o600
    assert stand.file.with_name("terminal.toml.before").read_text(encoding="utf-8") == text
    third = stand.run("--yes")
    assert "nothing to write" in third.output
    assert stand.file.read_text(encoding="utf-8") == new


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("C.UTF-8", "; its class stands in `without` of the settings"),
        ("zh_CN.UTF-8", "；设置的 `without` 里有这类设备"),
    ],
)
def test_a_device_of_a_class_in_without_is_told_with_the_reason(
    stand: SetupStand, monkeypatch: pytest.MonkeyPatch, locale: str, told: str
) -> None:
    stand.run(*ANSWERS, "--yes")
    text = stand.file.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^without = .*$", 'without = ["pin_pad"]', text)
    text = re.sub(r"(?ms)^\[devices\.pin_pad\].*?(?=^\[|\Z)", "", text)
    stand.file.write_text(text, encoding="utf-8")
    monkeypatch.setenv("LC_ALL", locale)
    lines = stand.run(*ANSWERS, typed="n\n").output.splitlines()
    (line,) = [line for line in lines if str(stand.folder / "pad") in line and "without" in line]
    assert line.startswith(("  ..  not used: ", "  ..  没有使用："))
    assert line.endswith(told)


def test_who_says_no_has_the_file_as_it_was(stand: SetupStand) -> None:
    told = stand.run(*ANSWERS, typed="n\n")
    assert "nothing was written" in told.output
    assert told.exit_code == 1
    assert not stand.file.exists()


def test_nobody_is_asked_with_yes(stand: SetupStand) -> None:
    told = stand.run("--yes", "--centre", "https://127.0.0.1:9", "--terminal", "T1")
    assert told.exit_code == 1
    assert "say --sealer too" in told.output
    told = stand.run("--yes", *ANSWERS, "--terminal", "一号")
    assert told.exit_code == 1
    assert "--terminal: letters, digits" in told.output
    assert not stand.file.exists()


def test_a_typing_mistake_is_told_before_anything_else(stand: SetupStand) -> None:
    stand.file.parent.mkdir()
    stand.file.write_text('terminal = "T1"\n[screen]\nlowred = true\n', encoding="utf-8")
    told = stand.run(*ANSWERS, "--yes")
    assert told.exit_code == 1
    assert "line 3; `lowered` is meant?" in told.output
    assert "looking" not in told.output
    assert "lowred" in stand.file.read_text(encoding="utf-8")


def test_a_file_in_which_an_edit_would_land_elsewhere_stays_as_it_is(stand: SetupStand) -> None:
    stand.file.parent.mkdir()
    text = (
        'terminal = "T1"\ncentre.url = "https://127.0.0.1:9"\ncentre.seal_roots = "/x"\n'
        'centre.sealer = "S"\ndevices.speaker.driver = "aplay"\n'
        'devices.code_scanner.driver = "serial"\ndevices.code_scanner.port = "/dev/nothing"\n'
    )
    stand.file.write_text(text, encoding="utf-8")
    told = stand.run(*ANSWERS, "--yes")
    assert told.exit_code == 1
    assert f"{stand.file}: write a table, [devices.id_card]" in told.output
    assert stand.file.read_text(encoding="utf-8") == text


def test_a_folder_that_cannot_be_written_is_told_before_the_questions(stand: SetupStand) -> None:
    file = Path("/proc/kiosk/terminal.toml")  # a folder that not even root may write
    told = CliRunner().invoke(main, stand.command("--settings", str(file), *ANSWERS))
    assert told.exit_code == 1
    assert "cannot be written: /proc: " in told.output
    assert "looking" not in told.output


def test_a_damaged_enrolment_is_told_before_there_are_settings(
    stand: SetupStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(stand.folder))
    (stand.folder / settings_file.ENROLLED).write_text("terminal = ")
    told = stand.run(*ANSWERS, "--yes")
    assert told.exit_code == 1
    assert "enrol again" in told.output
    assert told.output.endswith("→ kiosk enrol\n")
    assert not stand.file.exists()


@pytest.mark.parametrize("room", [0, 1])
def test_a_full_disk_leaves_the_settings_and_their_backup_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    file = tmp_path / "terminal.toml"
    before = file.with_name("terminal.toml.before")
    file.write_text("one")
    before.write_text("an older one")
    synced: list[int] = []

    def fill(number: int) -> None:
        if len(synced) == room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        synced.append(number)

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", fill)
        with pytest.raises(click.ClickException, match="No space left on device"):
            procedure._write(file, "two", 0o640, AtConsole(str))
    assert file.read_text() == "one"
    assert before.read_text() == ("an older one" if room == 0 else "one")
    assert sorted(tmp_path.iterdir()) == [file, before]


def test_rules_that_cannot_be_written_are_told_before_anything_is(
    machine: EmulatedMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = GivenAnswers("T0007", "https://127.0.0.1:9", "演示中心", "supermarket")
    rules = Path("/proc/kiosk/60-kiosk.rules")
    order = procedure.SetupOrder(tmp_path / "terminal.toml", answers, rules, quiet=True)
    known = FoundDevice(Kind.ID_CARD, {"driver": "sdt", "port": "/dev/ttyUSB0"}, "reader")
    node = plugged.nodes(machine.tree.root)[0]
    found = Discovery((replace(known, node=node),), nodes=(node,))
    monkeypatch.setattr(discovery, "look", lambda place, known: found)
    with pytest.raises(click.ClickException) as refused:
        procedure.run(order, machine.place, AtConsole(str))
    assert "/proc/kiosk/60-kiosk.rules cannot be written: /proc: " in str(refused.value)
    assert not order.file.exists()


@pytest.mark.parametrize("cut", [KeyboardInterrupt(), OSError(errno.ENOSPC, "full")])
def test_settings_are_never_there_without_the_names_they_lean_on(
    machine: EmulatedMachine,
    found: Discovery,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cut: BaseException,
) -> None:
    """Whatever ends setup between its two writes: the machine starts into setup again, which
    writes what lacks, and has udev read the rules."""
    answers = GivenAnswers("T0007", "https://127.0.0.1:9", "演示中心", "supermarket")
    rules, file = tmp_path / "60-kiosk.rules", tmp_path / "terminal.toml"
    order = procedure.SetupOrder(file, answers, rules, quiet=True)
    named: list[bool] = []
    monkeypatch.setattr(discovery, "look", lambda place, known: found)
    monkeypatch.setattr(AtConsole, "accept", lambda *_words, **_more: 0)
    monkeypatch.setattr(plugged, "ROOT", machine.tree.root)
    monkeypatch.setattr(names, "RULES", rules)
    monkeypatch.setattr(procedure, "_UDEV", tmp_path)
    monkeypatch.setattr(
        procedure, "give_names", lambda _technician: named.append(file.exists() and rules.exists())
    )
    write, written = writing.replace, list[Path]()

    def broken_off(path: Path, text: str, mode: int) -> Path | None:
        if written:
            raise cut
        written.append(path)
        return write(path, text, mode)

    with monkeypatch.context() as disk:
        disk.setattr(writing, "replace", broken_off)
        with pytest.raises((KeyboardInterrupt, click.ClickException)):
            procedure.run(order, machine.place, AtConsole(str))
    assert not file.exists()
    assert procedure.run(order, machine.place, AtConsole(str)) == 0
    assert settings_file.load(file).devices[Kind.ID_CARD]["port"] == "/dev/kiosk/id_card"
    assert "kiosk/id_card" in rules.read_text(encoding="utf-8")
    assert named == [True]


@pytest.mark.parametrize(
    ("program", "asked", "told"),
    [
        ('echo "$1" >> "$0.asked"', "control trigger settle", ""),
        ('echo "$1" >> "$0.asked"; echo no daemon >&2; exit 2', "control", "no daemon"),
        (None, "", "udevadm"),
    ],
)
def test_udev_is_asked_for_the_names(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    program: str | None,
    asked: str,
    told: str,
) -> None:
    udevadm = tmp_path / "udevadm"
    if program:
        udevadm.write_text(f"#!/bin/sh\n{program}\n")
        udevadm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    procedure.give_names(AtConsole(str))
    error = capsys.readouterr().err
    assert bool(error) == bool(told)
    assert told in error
    log = tmp_path / "udevadm.asked"
    assert (log.read_text().split() if log.exists() else []) == asked.split()


def test_ctrl_c_leaves_no_half_file(stand: SetupStand) -> None:
    """A real process on a terminal of its own, interrupted at a question. A shell lets what runs
    in its background ignore SIGINT, and children inherit that: ``env`` takes it back."""
    master, slave = pty.openpty()
    heeds = ["env", "--default-signal=INT"]
    command = [*heeds, sys.executable, "-m", "kiosk", *stand.command()]
    with subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    ) as process:
        os.close(slave)
        seen = b""
        until = time.monotonic() + 60
        while b"number at the centre" not in seen and time.monotonic() < until:
            seen += os.read(master, 4096)
        # A signal between the question and the read of the answer waits for the read to end.
        while process.poll() is None and time.monotonic() < until:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(1)
        end = process.poll()
        process.kill()
        assert end not in (None, 0)
    os.close(master)
    assert b"number at the centre" in seen
    assert not stand.file.parent.exists()
    assert not list(stand.folder.glob(".*"))


def test_nothing_plugged_in(tmp_path: Path) -> None:
    order = procedure.SetupOrder(
        tmp_path / "terminal.toml",
        GivenAnswers("T0007", "https://127.0.0.1:9", "演示中心", "supermarket"),
        tmp_path / "rules",
        tmp_path / "kept",
        quiet=True,
        prints=False,
    )
    place = SearchPlace(tmp_path / "root", machine_ports=(1,), listen_s=0)
    assert procedure.run(order, place, AtConsole(str)) == 1
    settings = settings_file.load(order.file)
    assert not settings.devices
    assert Kind.ID_CARD in settings.without


def test_a_device_of_the_settings_that_hangs_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = threading.Event()

    def opened(kind: Kind, table: discovery.Table) -> Info:
        if kind is Kind.PIN_PAD:
            never.wait()
        return Info(kind, table["driver"], "here")

    monkeypatch.setattr(discovery, "_opened", opened)
    monkeypatch.setattr(discovery, "SECONDS", 1.0)
    (tmp_path / "sys/class/sound/card0").mkdir(parents=True)
    (tmp_path / "sys/class/sound/card0/id").write_text("PCH\n")
    place = SearchPlace(tmp_path, machine_ports=(1,), listen_s=0)
    found = discovery.look(place, {Kind.PIN_PAD: {"driver": "serial", "port": "/dev/ttyS1"}})
    never.set()
    assert found.of(Kind.SPEAKER)
    assert "no answer within 1 s" in [one.why for one in found.unused]


def test_a_device_of_the_settings_that_no_driver_can_use_is_told(tmp_path: Path) -> None:
    place = SearchPlace(tmp_path, machine_ports=(1,), listen_s=0)
    found = discovery.look(place, {Kind.PIN_PAD: {"driver": "serail", "port": "/dev/ttyS1"}})
    (told,) = [one for one in found.unused if one.title == "[devices.pin_pad] of the settings"]
    assert "serail" in told.why
