"""What the terminal's package is made of beside the program: its scripts, its profile, its fields.

The package as a whole is ``make package``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kiosk.doctor.names import RULES
from lab import __main__ as lab
from lab.terminal import image
from tools import build_deb, trial

SCRIPTS = build_deb.PARTS
needs_dpkg = pytest.mark.skipif(
    shutil.which("dpkg-deb") is None, reason="dpkg-deb is missing: packages are Debian's"
)


# -- the scripts -----------------------------------------------------------------------------------

SYSTEMCTL = """\
echo "$@" >>$told
case "$1" in
is-enabled) echo $state; [ $state = enabled ] ;;
is-active) [ $serves = 1 ] && ! grep -q SIGUSR2 $told ;;
enable | start | restart) [ $state != masked ] ;;
mask) [ "$target" = ours ] ;;
esac
"""
"""``systemctl`` in front of a unit that is ``$state``; a masked one it does not start."""


class ScriptedMachine:
    """A machine without anything, under ``root``, on which the package's scripts are run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.state = "enabled"
        self.target = "ours"
        self.unresolved = False
        self.serves = False  # until the keeper was told to let the visit end
        self.said = ""
        (root / "programs").mkdir()
        for name in ("adduser", "deluser", "getent", "udevadm", "sleep"):
            self.program(name, f'echo {name} "$@" >>$told')
        self.program("systemctl", SYSTEMCTL)
        self.program("kiosk", "exit $unresolved")
        self.program("install", 'for last; do :; done; mkdir -p "$last"')
        (root / "run/systemd/system").mkdir(parents=True)

    def program(self, name: str, lines: str) -> None:
        """Have the machine a program ``name``, in place of its own."""
        path = self.root / "programs" / name
        path.write_text(f"#!/bin/sh\n{lines}\n")
        path.chmod(0o755)

    def run(self, script: str, *words: str) -> int:
        """What the script ends with; it touches nothing outside of ``root``."""
        text = (SCRIPTS / script).read_text(encoding="utf-8")
        text = re.sub(r"(?<![\w/])/(etc|var/lib|run|sys)/", rf"{self.root}/\1/", text)
        environment = {
            "PATH": f"{self.root / 'programs'}:{os.environ['PATH']}",
            "told": str(self.root / "told"),
            "state": self.state,
            "target": self.target,
            "unresolved": str(int(self.unresolved)),
            "serves": str(int(self.serves)),
        }
        done = subprocess.run(
            ["sh", "-c", text, script, *words],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.said = done.stdout
        return done.returncode

    @property
    def told(self) -> list[str]:
        """What the programs were told until now."""
        path = self.root / "told"
        return path.read_text().splitlines() if path.exists() else []

    def file(self, path: str) -> Path:
        """A file of the machine, whose folder is there."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        return place


@pytest.fixture
def machine(tmp_path: Path) -> ScriptedMachine:
    return ScriptedMachine(tmp_path)


JOURNAL, SETTINGS = "var/lib/kiosk/journal.sqlite", "etc/kiosk/terminal.toml"


@pytest.mark.parametrize("word", ["configure", "abort-remove"])
def test_a_unit_that_somebody_has_masked_stays_out_of_service(
    machine: ScriptedMachine, word: str
) -> None:
    machine.file(SETTINGS).touch()
    machine.state = "masked"
    assert machine.run("postinst", word) == 0, machine.said
    assert not [each for each in machine.told if re.match("enable|start|restart", each)]
    assert ("systemctl unmask kiosk" in machine.said) is (word == "configure")
    machine.state = "enabled"
    assert machine.run("postinst", word) == 0, machine.said
    assert machine.told[-1] == f"{'restart' if word == 'configure' else 'start'} kiosk.service"


@pytest.mark.parametrize(
    ("script", "word", "then"),
    [
        ("prerm", "upgrade", "stop"),
        ("preinst", "upgrade", "stop"),
        ("postinst", "configure", "restart"),
    ],
)
def test_no_step_of_an_upgrade_cuts_off_a_visit(
    machine: ScriptedMachine, script: str, word: str, then: str
) -> None:
    """Where an upgrade was broken off, the terminal serves again, and dpkg begins in the middle."""
    machine.file(SETTINGS).touch()
    machine.program("findmnt", "")
    machine.program("lsblk", "")
    machine.serves = True
    assert machine.run(script, word) == 0, machine.said
    told = machine.told
    lets_end = told.index("kill --kill-whom=main --signal=SIGUSR2 kiosk.service")
    assert lets_end < told.index(f"{then} kiosk.service")


def test_setup_does_not_take_the_console_from_who_installs(machine: ScriptedMachine) -> None:
    assert machine.run("postinst", "configure") == 0, machine.said
    assert not [each for each in machine.told if re.match("start|restart", each)]
    assert "systemctl start kiosk-setup" in machine.said


@pytest.mark.parametrize("settings", [True, False])
def test_an_upgrade_goes_on_with_the_setup_that_the_panel_shows(
    machine: ScriptedMachine, settings: bool
) -> None:
    """Without settings nothing else would show anything. With them, the terminal is started."""
    if settings:
        machine.file(SETTINGS).touch()
    machine.state = "inactive"
    assert machine.run("prerm", "upgrade") == 0, machine.said
    assert ("stop kiosk-setup.service" in machine.told) is settings
    assert machine.run("postinst", "configure") == 0, machine.said
    assert ("try-restart kiosk-setup.service" in machine.told) is not settings
    assert machine.run("prerm", "remove") == 0, machine.said
    assert "stop kiosk-setup.service" in machine.told


@pytest.mark.parametrize(
    ("disk", "refused"),
    [("ata1/host0/block/sda", False), ("usb1/1-2/host6/block/sda", True)],
)
@pytest.mark.parametrize("word", ["install", "upgrade"])
def test_a_machine_that_starts_from_a_disk_at_usb_is_left_as_it_is(
    machine: ScriptedMachine, disk: str, refused: bool, word: str
) -> None:
    """The initramfs would have no driver for its root."""
    machine.program("findmnt", "echo /dev/mapper/root")
    machine.program(
        "lsblk", 'for last; do :; done; [ "$last" = /dev/mapper/root ] && echo dm-0 sda2'
    )
    block = machine.file("sys/class/block/sda2")
    part = machine.file(f"sys/devices/pci0000:00/{disk}/sda2/partition").parent
    block.symlink_to(part)
    assert machine.run("preinst", word) == int(refused), machine.said
    assert ("a disk at USB" in machine.said) == refused
    shutil.rmtree(machine.root / "run/systemd")  # an image is made
    assert machine.run("preinst", word) == 0, machine.said


@pytest.mark.parametrize("target", ["ours", "the machine's"])
def test_a_target_of_the_machine_itself_does_not_break_the_installation(
    machine: ScriptedMachine, target: str
) -> None:
    machine.target = target
    assert machine.run("postinst", "configure") == 0, machine.said
    enabled = {f"enable --quiet {unit}.service" for unit in ("kiosk", "kiosk-setup")}
    assert enabled | {"mask --quiet ctrl-alt-del.target"} <= set(machine.told)
    assert ("Ctrl-Alt-Del is not switched off" in machine.said) is (target != "ours")


def test_a_purge_leaves_nothing_of_a_terminal_whose_operations_are_known(
    machine: ScriptedMachine,
) -> None:
    machine.file(JOURNAL).touch()
    machine.file(SETTINGS).touch()
    assert machine.run("prerm", "remove") == 0, machine.said
    assert machine.run("postrm", "remove") == 0
    assert machine.file(JOURNAL).exists()
    assert machine.run("postrm", "purge") == 0
    left = [path for path in ("etc/kiosk", "var/lib/kiosk") if (machine.root / path).exists()]
    assert left == []
    assert machine.told[-1] == "deluser --quiet --system kiosk"


def test_a_purge_of_a_package_that_was_not_set_up_takes_no_witness_away(
    machine: ScriptedMachine,
) -> None:
    """dpkg runs no prerm of it, as after an upgrade that was broken off."""
    machine.file(JOURNAL).touch()
    machine.file(SETTINGS).touch()
    for word in ("remove", "purge"):
        assert machine.run("postrm", word) == 0, machine.said
    assert machine.file(JOURNAL).exists()
    assert machine.file(SETTINGS).exists(), "the centre cannot be asked without"
    assert "Install the package again" in machine.said


def test_a_package_that_was_never_set_up_can_be_purged(machine: ScriptedMachine) -> None:
    for word in ("remove", "purge"):
        assert machine.run("postrm", word) == 0, machine.said


def test_a_journal_that_is_written_again_is_asked_again(machine: ScriptedMachine) -> None:
    machine.file(JOURNAL).touch()
    assert machine.run("prerm", "remove") == 0, machine.said
    assert machine.run("postinst", "configure") == 0, machine.said
    assert machine.run("postrm", "purge") == 0
    assert machine.file(JOURNAL).exists()
    machine.unresolved = True
    assert machine.run("prerm", "remove") == 1
    assert machine.run("postrm", "purge") == 0
    assert machine.file(JOURNAL).exists()


# -- the package -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The terminal's package without the libraries in its virtual environment."""
    root = tmp_path_factory.mktemp("tree") / build_deb.PACKAGE
    place = root / build_deb.PLACE
    (place / "bin").mkdir(parents=True)
    (place / "pyvenv.cfg").write_text("")
    build_deb._commands(place)
    build_deb._beside(root)
    build_deb._control(root, ("adduser",))
    made = root.with_suffix(".deb")
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "--build", root, made], check=True)
    return made


def files(package: Path) -> list[str]:
    """The files of ``package``, as they lie where ``/lib`` is ``/usr/lib``."""
    lines = build_deb._said("dpkg-deb", "--contents", str(package)).splitlines()
    found = [line.split(maxsplit=5)[5].split(" -> ")[0].removeprefix(".") for line in lines]
    return [re.sub("^/lib/", "/usr/lib/", path) for path in found]


def profile() -> dict[str, str]:
    """The rules of the profile that name files: what may be done, by path."""
    text = (SCRIPTS / "apparmor").read_text(encoding="utf-8")
    return dict(re.findall(r"^  (?:owner )?(/\S+) ([a-zA-Z]+),$", text, re.M))


def pattern(path: str) -> str:
    """AppArmor's wildcards as a regular expression."""
    parts = re.split(r"(\*\*|\*|\{.*?\}|\[.*?\])", path)
    read = {"**": ".*", "*": "[^/]*"}
    for at, part in enumerate(parts):
        if part.startswith("{"):
            parts[at] = f"({part[1:-1].replace(',', '|')})"
        elif not part.startswith("["):
            parts[at] = read.get(part, re.escape(part))
    return "".join(parts)


@needs_dpkg
def test_what_the_profile_names_of_the_terminal_is_in_the_package(package: Path) -> None:
    brought = files(package)
    ours = [path for path in profile() if re.match(r"/usr/.*kiosk", path)]
    assert len(ours) == 5, ours
    for path in ours:
        assert any(re.fullmatch(pattern(path), each) for each in brought), path


def test_every_program_of_the_profile_is_started_by_the_terminal() -> None:
    programs = {path for path, may in profile().items() if "x" in may}
    code = "".join(
        each.read_text(encoding="utf-8")
        for room in ("drivers", "kiosk", "ui")
        for each in (build_deb.ROOT / room).rglob("*.py")
    )
    own = {"/usr/lib/provident-kiosk/bin/kiosk", "/usr/bin/kiosk", "/usr/bin/python3*"}
    started = {path for path in programs if f'"{path.rpartition("/")[2]}"' in code}
    assert programs - started - own == {"/usr/bin/{,ba,da}sh"}, "what libraries start by a shell"


@needs_dpkg
def test_the_initramfs_is_made_anew_with_the_rules_for_sticks(package: Path) -> None:
    assert "/usr/lib/modprobe.d/60-kiosk.conf" in files(package)
    triggers = build_deb._said("dpkg-deb", "--info", str(package), "triggers")
    assert triggers.splitlines()[-1] == "activate-noawait update-initramfs"


@needs_dpkg
def test_the_rule_of_the_tpm_is_not_in_the_file_that_a_site_replaces(package: Path) -> None:
    """`kiosk setup` writes ``/etc/udev/rules.d/60-kiosk.rules``, which udev reads in place of the
    package's: a site that has one gets no rule that a later package adds to that file."""
    own = build_deb.ROOT / "assets" / "udev"
    (file,) = [each for each in own.iterdir() if "tpmrm" in each.read_text(encoding="utf-8")]
    assert f"/usr/lib/udev/rules.d/{file.name}" in files(package)
    assert file.name != RULES.name
    assert file.name < "60-tpm-udev.rules"  # Debian's own, which gives the TPM to the group tss


@needs_dpkg
def test_the_lab_takes_the_package_of_this_commit_only(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = tmp_path / "built.deb"
    monkeypatch.setattr(image, "NEEDED", {})
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(build_deb, "place", lambda: package)
    monkeypatch.setattr(build_deb, "build", lambda: (built, built))
    monkeypatch.setattr(image, "made", lambda made_of, debian, folder: made_of)
    assert build_deb.field(package, "Version") == build_deb.version()
    assert lab._disk() == package
    monkeypatch.setattr(build_deb, "commit", lambda: "another")
    assert lab._disk() == built


# -- what trials share -----------------------------------------------------------------------------


def test_what_does_not_come_is_told() -> None:
    trial.until(lambda: True, "never told")
    with pytest.raises(trial.WrongError, match=r"nothing comes \(0 s\)"):
        trial.until(lambda: False, "nothing comes", 0.0)


def test_an_exposed_unit_is_told() -> None:
    line = "→ Overall exposure level for kiosk.service: {} OK 🙂"
    assert trial.exposed(f"more\n{line.format(1.6)}") == 1.6
    with pytest.raises(trial.WrongError, match=r"exposed 4\.0 of 10"):
        trial.exposed(line.format("4.0"))
