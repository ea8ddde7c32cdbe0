"""What the lab does before and after its machine runs; the machine itself is ``make lab``."""

from __future__ import annotations

import io
import json
import os
import select
import struct
import subprocess
import time
import tty
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image, ImageDraw

from drivers.device import Kind
from kiosk import settings as settings_file
from kiosk.workshop.demo import DemoPlace
from lab import __main__ as command
from lab import initrd, machine, report
from lab.guest import card_reader
from lab.report import Case, LabReport
from lab.terminal import emulated, given, image, play
from lab.terminal.play import KEYS, Reference
from tests.waiting import PATIENCE_S
from tools.trial import WrongError


def module(folder: Path, name: str, *depends: str) -> None:
    path = folder / "kernel" / f"{name}.ko"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x7fELF\0depends=" + ",".join(depends).encode() + b"\0name=" + name.encode())


def test_a_module_stands_behind_those_it_depends_on(tmp_path: Path) -> None:
    module(tmp_path, "usblp", "usbcore")
    module(tmp_path, "usbcore", "usb-common")
    module(tmp_path, "usb-common")
    module(tmp_path, "never_asked_for")
    names = [name for name, _ in initrd.in_order(tmp_path)]
    assert names == ["usb_common", "usbcore", "usblp"]


def test_the_first_file_system_is_one_that_cpio_reads(tmp_path: Path) -> None:
    module(tmp_path, "vivid")
    busybox = tmp_path / "busybox"
    busybox.write_bytes(b"a program")
    initrd.write(tmp_path / "initrd", tmp_path, busybox)
    into = tmp_path / "root"
    into.mkdir()
    with (tmp_path / "initrd").open("rb") as archive:
        subprocess.run(
            ["cpio", "-i", "--quiet"], stdin=archive, cwd=into, check=True, capture_output=True
        )
    assert (into / "bin/busybox").read_bytes() == b"a program"
    assert (into / "init").read_bytes() == initrd.INIT.read_bytes()
    assert (into / "init").stat().st_mode & 0o111
    assert (into / "mods/order").read_text() == f"vivid.ko {initrd.OPTIONS['vivid']}\n"
    assert (into / "proc").is_dir()


GOOD = Case("test_contract", "test_a_change_is_told_once", "usblp", True, 1.25)
BAD = Case("test_unplug", "test_it_ends", "ftdi: ID card", False, 2.0)
TPM = Case("test_tpm", "test_the_kernel_has_the_tpm", "", True, 0.5)


def written(folder: Path, *cases: Case, end: str = "0\n") -> Path:
    text = "".join(report.line(case) for case in cases)
    (folder / report.CASES).write_text(text, encoding="utf-8")
    if end:
        (folder / report.EXIT).write_text(end)
    return folder


def test_what_the_guest_wrote_is_read(tmp_path: Path) -> None:
    assert report.read(written(tmp_path, GOOD, BAD, TPM)).cases == (GOOD, BAD, TPM)
    assert report.read(written(tmp_path, GOOD, TPM)).well
    assert not report.read(written(tmp_path, GOOD, BAD, end="1\n")).well


@pytest.mark.parametrize("end", ["", "2\n", "139\n"])
def test_a_run_that_did_not_come_to_its_end_is_not_well(tmp_path: Path, end: str) -> None:
    found = report.read(written(tmp_path, GOOD, end=end))
    assert not found.well
    assert "did not come to their end" in report.text(found)


def test_a_machine_that_wrote_nothing_or_half_a_line_is_not_well(tmp_path: Path) -> None:
    assert report.read(tmp_path) == LabReport((), "")
    (tmp_path / report.CASES).write_text(report.line(GOOD) + '{"file": "te', encoding="utf-8")
    assert report.read(tmp_path).cases == (GOOD,)


def test_the_table_has_a_row_for_every_device_and_a_line_for_what_failed() -> None:
    assert report.text(LabReport((GOOD, BAD, TPM), "1")).splitlines() == [
        "",
        "device        held   of   seconds",
        "usblp            1    1       1.2",
        "ftdi             0    1       2.0",
        "tpm              1    1       0.5",
        "all              2    3       3.8",
        "failed: ftdi: test_unplug.test_it_ends[ftdi: ID card]",
    ]


def test_without_qemu_it_is_skipped_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert command.main() == 0
    said = capsys.readouterr().out
    assert said.startswith("lab: skipped, there is no qemu-system-x86_64 and no swtpm here")
    assert "apt-get install qemu-system-x86 swtpm" in said


def test_a_guest_that_died_says_so_with_its_last_lines(tmp_path: Path) -> None:
    assert "no test has run" in report.text(report.read(tmp_path))
    assert "pytest ended with 2" in report.text(report.read(written(tmp_path, end="2\n")))
    console = tmp_path / "console.txt"
    assert report.last_lines(console) == ""
    console.write_bytes(b"line\r\n" * 30 + b"Kernel panic - not syncing: \xff\r\n")
    said = report.last_lines(console).splitlines()
    assert len(said) == 15
    assert said[-1].startswith("  Kernel panic - not syncing")


@pytest.mark.parametrize(
    ("repo", "python"),
    [
        ("/tmp/w/here", "/tmp/w/here/.venv/bin/python"),
        ("/run/user/here", "/srv/venv/bin/python"),
        ("/srv/here", "/srv/here/.venv/bin/python"),
    ],
)
def test_the_guest_keeps_a_checkout_that_lies_under_its_ram_disks(
    tmp_path: Path, repo: str, python: str
) -> None:
    """The guest's init with a ``mount`` that only notes what it is told; the place of the checkout
    is there again behind the RAM disk that was laid over it."""
    script = initrd.INIT.read_text()
    part = script[script.index("venv=${python") : script.index("mount -t configfs")]
    part = part.replace("/new", f"{tmp_path}/new")
    part = part.replace("mkdir /repo /venv", "").replace("mkdir -p", "/bin/mkdir -p")
    (tmp_path / "new").mkdir()
    stub = f'mount() {{ echo "$@" >> {tmp_path}/mounts; }}\n'
    told = f'repo="{repo}" python="{python}"\n'
    subprocess.run(["sh", "-eu", "-c", told + stub + part], check=True, cwd=tmp_path)
    mounts = (tmp_path / "mounts").read_text().splitlines()
    disk = mounts.index(f"-t tmpfs tmp {tmp_path}/new/tmp")
    venv = python.removesuffix("/bin/python")
    for name, place in (("repo", repo), ("venv", venv)):
        assert f"-o bind {tmp_path}/new{place} /{name}" in mounts[:disk]
    assert f"-o bind /repo {tmp_path}/new{repo}" in mounts[disk:]


def test_a_card_in_the_chip_card_reader_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """QEMU asks for no power: between its reader and our card the lab does."""
    qemu, line = os.openpty()
    tty.setraw(line)
    monkeypatch.setattr(card_reader, "port", lambda name: Path(os.ttyname(line)))
    nothing: Any = SimpleNamespace(unplug=lambda: None)
    reader = card_reader.CcidReader(nothing)
    reader._plugged = True
    reader._thread.start()

    def told() -> tuple[int, bytes]:
        assert select.select([qemu], [], [], PATIENCE_S)[0], "the card says nothing"
        kind, _, length = struct.unpack(">III", os.read(qemu, 12))
        return kind, os.read(qemu, length)

    reader.obey("put", kind="bank", number="6212260000000000000")
    assert told()[0] == card_reader._Type.ATR
    apdu = bytes.fromhex("00A404000E") + b"1PAY.SYS.DDF01"
    os.write(qemu, struct.pack(">III", card_reader._Type.APDU, 0, len(apdu)) + apdu)
    kind, answer = told()
    assert kind == card_reader._Type.APDU
    assert len(answer) >= 2
    monkeypatch.setattr(reader, "_listed", lambda: False)
    reader.stop()
    os.close(qemu)
    os.close(line)


# -- the terminal's machine ------------------------------------------------------------------------


def demo_place(folder: Path) -> DemoPlace:
    """A running demo's settings, as they stand in the guest's files later."""
    for name in ("ca.pem", "own.pem", "seals.pem"):
        (folder / name).write_text(name)
    settings = folder / "terminal.toml"
    settings.write_text(
        f"""\
terminal = "T0001"
profile = "supermarket"
production = false
run_directory = "{folder}"
[screen]
orientation = "portrait"
[centre]
url = "https://127.0.0.1:4443"
ca = "{folder}/ca.pem"
certificate = "{folder}/own.pem"
key = "{folder}/own.pem"
seal_roots = "{folder}/seals.pem"
sealer = "Somebody"
revocation_list = true
[devices.id_card]
port = "/dev/pts/7"
model = "emulated"
[devices.receipt_printer]
address = "tcp://127.0.0.1:9100"
[devices.document_printer]
uri = "ipp://127.0.0.1:6310/ipp/print"
"""
    )
    nobody: Any = None
    return DemoPlace(folder, "", "", settings, folder / "desk.sock", nobody)


@pytest.mark.parametrize("slow", [True, False])
def test_the_terminal_gets_settings_that_lead_here(tmp_path: Path, slow: bool) -> None:
    files = tmp_path / "given"
    assert given.write(files, demo_place(tmp_path), slow=slow) == "/dev/pts/7"
    path = files / "etc/kiosk/terminal.toml"
    chosen = settings_file.load(path)
    assert chosen.production
    assert chosen.screen.server == "cage"
    assert chosen.centre.url == "https://127.0.0.1:4443"
    assert chosen.devices[Kind.ID_CARD] == {"driver": "sdt", "port": "/dev/kiosk/id_card"}
    assert {each["driver"] for each in chosen.devices.values()} == {"sdt", "escpos", "ipp"}
    assert chosen.where[Kind.ID_CARD] == "below-right"  # as the page shows it here
    assert (files / "etc/kiosk/seal_roots.pem").read_text() == "seals.pem"
    system = files / "etc/systemd/system"
    ports = sorted(each.stem for each in system.glob("here-*.socket"))
    assert ports == ["here-4443", "here-6310", "here-9100"]
    assert "10.0.2.2:6310" in (system / "here-6310.service").read_text()
    assert (system / "sockets.target.wants/here-9100.socket").is_symlink()
    assert (system / "kiosk.service.d/slow.conf").exists() is slow
    if slow:
        compile((files / "srv/slow.py").read_text(), "slow.py", "exec")
    given.write(files, demo_place(tmp_path), slow=slow)  # over those of the run before


def test_the_reference_is_the_same_machine(tmp_path: Path) -> None:
    place = demo_place(tmp_path)
    given.write(tmp_path / "given", place, slow=False)
    there = settings_file.load(tmp_path / "given/etc/kiosk/terminal.toml")
    here = settings_file.load(given.reference(place))
    assert not here.production
    assert here.without == there.without
    assert here.devices.keys() == there.devices.keys()


def test_pictures_are_alike_but_for_a_clock() -> None:
    one = Image.new("RGB", (100, 100), "white")
    other = one.copy()
    other.paste((0, 0, 0), (0, 0, 10, 20))
    assert emulated.unlike(one, one) == 0.0
    assert emulated.unlike(one, other) == pytest.approx(0.02)
    shaded = Image.new("RGB", (100, 100), (220, 220, 220))  # an edge that was drawn otherwise
    assert emulated.unlike(one, shaded) == 0.0
    assert emulated.unlike(one, Image.new("RGB", (10, 10), "white")) == 1.0


def test_the_reference_knows_its_pictures_and_buttons(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "1-06-account-hidden.png")
    line = {"shot": "account-hidden", "buttons": {"eye": [1, 2]}}
    (tmp_path / "buttons.jsonl").write_text(json.dumps(line) + "\n")
    reference = Reference(tmp_path)
    assert list(reference.pictures) == ["account-hidden"]
    assert reference.buttons["account-hidden"]["eye"] == [1, 2]


def test_the_reference_is_drawn_without_a_display_and_comes_to_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    seen: list[str] = []

    def run(words: list[str], **options: Any) -> None:
        seen.append(options["env"]["QT_QPA_PLATFORM"])
        raise subprocess.TimeoutExpired(words, options["timeout"])

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(RuntimeError, match="not played here"):
        play.recorded(demo_place(tmp_path), tmp_path / "out", tmp_path / "log")
    assert (tmp_path / "log").read_text() == "not done in 120 s: reference\n"
    assert seen == ["offscreen"]


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[play.TerminalTrial]:
    """A trial of no machine yet, before no hardware."""
    monkeypatch.setattr(play, "Remote", lambda desk: SimpleNamespace(close=lambda: None))
    with closing(play.TerminalTrial(demo_place(tmp_path), tmp_path)) as begun:
        yield begun


def test_a_page_is_seen_once_the_panel_is_more_like_it_than_like_the_one_before(
    trial: play.TerminalTrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two pages may differ in a number alone."""
    before = Image.new("RGB", (1000, 100), "white")
    after = before.copy()
    after.paste((0, 0, 0), (0, 0, 5, 100))
    shown = [before]
    panel: Any = SimpleNamespace(move=lambda: None, picture=lambda: shown[-1])
    monkeypatch.setattr(play, "LOOK_S", 0.01)
    monkeypatch.setattr(Image.Image, "transpose", lambda image, how: image)
    trial.machine = panel
    pictures: Any = SimpleNamespace(pictures={"before": before, "after": after})
    trial.reference = pictures
    trial.see("before", 0.1)
    with pytest.raises(WrongError, match="after is not shown"):
        trial.see("after", 0.1)
    shown.append(after)
    trial.see("after", 0.1)


def paper(size: tuple[int, int], every: int, down_to: float = 1.0, own: str = "") -> bytes:
    """A paper with a line of two dots' height every so many, as far down as that share, and with
    ``own`` words."""
    drawn = Image.new("RGB", size, "white")
    for y in range(0, int(size[1] * down_to), every):
        drawn.paste((0, 0, 0), (0, y, size[0], y + 2))
    ImageDraw.Draw(drawn).text((9, 9), own, fill="black")
    made = io.BytesIO()
    drawn.save(made, "png")
    return made.getvalue()


A4, SLIP = (827, 1170), (640, 935)


@pytest.mark.parametrize(
    ("sheet_to", "slip_to", "well"), [(1.0, 1.0, True), (0.5, 1.0, False), (1.0, 0.5, False)]
)
def test_half_a_paper_is_not_what_the_reference_printed(
    trial: play.TerminalTrial,
    monkeypatch: pytest.MonkeyPatch,
    sheet_to: float,
    slip_to: float,
    well: bool,
) -> None:
    """As much ink as on the real ones: 6.2 % of a sheet and 10 % of a slip."""
    sheets, slips = [paper(A4, 32, own="1")], [paper(SLIP, 19, own="1")]

    def print_both(shot: str, *names: str) -> None:
        if names == ("print",):
            sheets.append(paper(A4, 32, sheet_to, own="2"))
            slips.append(paper(SLIP, 19, slip_to, own="2"))

    monkeypatch.setattr(trial, "_papers", lambda: (list(sheets), list(slips)))
    monkeypatch.setattr(trial, "see", lambda shot: None)
    monkeypatch.setattr(trial, "tap", print_both)
    differs = pytest.raises(AssertionError, match="of a paper are otherwise")
    with nullcontext() if well else differs:
        trial.main_job()


class MachineWithSocket:
    """Its kernel sees a stick some time after it was plugged in, and reads it a second later, if it
    has a driver for it."""

    def __init__(self, *, driver: bool) -> None:
        self._driver, self._now, self._plugged = driver, 0.0, 0.0

    def passes(self, seconds: float) -> None:
        self._now += seconds

    def plug(self, driver: str, **properties: str) -> None:
        self._plugged = self._now

    def pull(self, device: str) -> None:
        pass

    def run(self, *words: str) -> str:
        there_s = self._now - self._plugged
        if "bInterfaceClass" in words[-1]:
            return "09\n08\n" if there_s > 0.5 else "09\n"
        if words[-1] == "/proc/partitions":
            return "vda sda" if self._driver and there_s > 1.6 else "vda"
        return ""


@pytest.mark.parametrize("driver", [True, False])
def test_a_stick_that_the_kernel_reads_is_noticed(
    trial: play.TerminalTrial, monkeypatch: pytest.MonkeyPatch, driver: bool
) -> None:
    machine: Any = MachineWithSocket(driver=driver)
    monkeypatch.setattr(time, "sleep", machine.passes)
    trial.machine = machine
    with pytest.raises(AssertionError) if driver else nullcontext():
        trial.sticks_are_not_read_either()


DENIED = 'audit: type=1400 apparmor="DENIED" operation="open" profile="{}" name="/etc/shadow"'


@pytest.mark.parametrize(
    ("log", "why"),
    [
        (["Linux version 6.1", DENIED.format("man_groff")], ""),
        ([DENIED.format("man_groff"), DENIED.format("provident-kiosk")], "1 refused: audit"),
        (None, "journalctl ended with 1"),
    ],
)
def test_what_was_refused_is_known_from_a_log_that_could_be_read(
    trial: play.TerminalTrial, log: list[str] | None, why: str
) -> None:
    def run(*words: str, fails: bool | None = False) -> str:
        if words[0] != "journalctl":
            return "provident-kiosk (enforce)\n" if words[0] == "cat" else "7\n"
        if log is None and fails is not None:
            raise WrongError("journalctl ended with 1")
        return "\n".join(log or [])

    machine: Any = SimpleNamespace(run=run)
    trial.machine = machine
    wrong = (AssertionError, WrongError)
    with pytest.raises(wrong, match=why) if why else nullcontext():
        trial.was_confined()


def test_the_passer_by_tries_what_leads_out_of_a_desk() -> None:
    assert {("ctrl", "alt", "f2"), ("ctrl", "alt", "delete"), ("alt", "f4"), ("print",)} <= set(
        KEYS
    )
    assert any("sysrq" in keys for keys in KEYS)
    # Where these keys do lead to consoles, the panel is left at one without a display.
    assert KEYS.index(("ctrl", "alt", "f1")) < KEYS.index(("ctrl", "alt", "f2"))


def test_without_kvm_the_processor_is_emulated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emulated, "KVM", tmp_path / "kvm")
    assert not emulated.accelerated(tmp_path / "kernel")
    (tmp_path / "kvm").touch()
    program = tmp_path / machine.QEMU
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for lines, runs in (("exit 0", True), ("exit 1", False), ("exec sleep 9", False)):
        program.write_text(f"#!/bin/sh\n{lines}\n")
        program.chmod(0o755)
        monkeypatch.setattr(emulated, "KVM_S", 0.2 if "sleep" in lines else 20.0)
        assert emulated.accelerated(tmp_path / "kernel") is runs


def test_a_disk_is_made_again_once_it_would_hold_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def copied(debian: str, root: Path, packages: tuple[str, ...]) -> None:
        made.append(debian)
        for folder in ("srv", "usr/sbin"):
            (root / folder).mkdir(parents=True, exist_ok=True)

    def do(*command: str | Path) -> None:
        (tmp_path / "disk.img").touch()

    monkeypatch.setattr(image, "copied", copied)
    monkeypatch.setattr(image, "do", do)
    package = tmp_path / "terminal.deb"
    package.write_bytes(b"one")
    for _ in range(2):
        image.made(package, "12", tmp_path)
    assert made == ["12"]
    monkeypatch.setattr(image, "BESIDE", ("cage",))
    image.made(package, "12", tmp_path)
    package.write_bytes(b"other")
    image.made(package, "12", tmp_path)
    assert made == ["12"] * 3


def test_without_tools_no_terminal_is_made_and_the_sentence_says_which(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert command._disk() is None
    assert "debootstrap systemd-container e2fsprogs kmod" in capsys.readouterr().out
