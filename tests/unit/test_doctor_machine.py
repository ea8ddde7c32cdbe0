"""Permissions of the terminal's user, the screen and the touch panel, as the doctor sees them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest

from drivers.device import Kind
from drivers.emulators.last_words import last_words
from kiosk.doctor import machine, permissions, processes, x_screen
from kiosk.doctor.findings import Finding, Verdict
from kiosk.doctor.permissions import UnixAccount
from kiosk.doctor.x_screen import XScreen
from kiosk.operations import journal
from kiosk.settings import CentreSettings, ScreenSettings, Settings

OWNER, GROUP, OTHER = 60001, 60002, 60003
KIOSK = UnixAccount("kiosk", OWNER, frozenset({OWNER}))
MEMBER = UnixAccount("kiosk", OTHER, frozenset({OTHER, GROUP}))
STRANGER = UnixAccount("kiosk", OTHER, frozenset({OTHER}))
ROOT = UnixAccount("root", 0, frozenset({0}))


def file(folder: Path, mode: int) -> Path:
    path = folder / "file"
    path.write_text("content")
    if os.getuid() == 0:
        os.chown(path, OWNER, GROUP)
    path.chmod(mode)
    return path


needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")


@needs_root
@pytest.mark.parametrize(
    ("account", "mode", "want", "may"),
    [
        (KIOSK, 0o600, 6, True),
        (KIOSK, 0o060, 6, False),  # the owner's bits count for the owner, whatever the others are
        (MEMBER, 0o660, 6, True),
        (MEMBER, 0o640, 6, False),
        (MEMBER, 0o640, 4, True),
        (STRANGER, 0o660, 6, False),
        (STRANGER, 0o666, 6, True),
        (ROOT, 0o000, 6, True),
    ],
)
def test_who_may_what(
    tmp_path: Path, account: UnixAccount, mode: int, want: int, may: bool
) -> None:
    assert account.may(file(tmp_path, mode), want) is may


def settings(tmp_path: Path, **centre: Path) -> Settings:
    roots = tmp_path / "roots.pem"
    roots.write_text("roots")
    roots.chmod(0o644)
    run = tmp_path / "run"
    run.mkdir(mode=0o700)
    files: dict[str, Any] = {"seal_roots": roots} | centre
    return Settings(
        terminal="T0001",
        run_directory=run,
        centre=CentreSettings(url="https://gjj.example", **files),
    )


@needs_root
@pytest.mark.parametrize(
    ("account", "mode", "verdict", "seen", "mend"),
    [
        (KIOSK, 0o600, Verdict.GOOD, "0600", ""),
        (KIOSK, 0o640, Verdict.BAD, "others than its owner", "chmod 600"),
        (KIOSK, 0o604, Verdict.BAD, "others than its owner", "chmod 600"),
        (STRANGER, 0o600, Verdict.BAD, "may not read", "chown kiosk"),
    ],
)
def test_a_private_key_is_its_owners_alone(
    anywhere: Path, account: UnixAccount, mode: int, verdict: Verdict, seen: str, mend: str
) -> None:
    key = file(anywhere, mode)
    loaded = settings(anywhere, key=key, certificate=key)
    found = {one.name: one for one in permissions.look(loaded, account)}["file key"]
    assert found.verdict is verdict
    assert seen in found.seen
    assert mend in found.mend


@pytest.fixture
def anywhere() -> Iterator[Path]:
    """A directory that everybody may enter, unlike those of pytest."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@needs_root
@pytest.mark.parametrize("linked", [False, True])
def test_a_closed_directory_above_a_file_is_named(anywhere: Path, linked: bool) -> None:
    inner = anywhere / "closed"
    inner.mkdir(mode=0o700)
    key = file(inner, 0o600)
    if linked:
        key = anywhere / "link"
        key.symlink_to(inner / "file")
    loaded = settings(anywhere, key=key, certificate=key)
    found = {one.name: one for one in permissions.look(loaded, KIOSK, key)}
    for name in ("file key", "settings file"):
        assert found[name].verdict is Verdict.BAD
        assert found[name].seen == f"kiosk may not enter {inner} (root:root 0700)"
        assert found[name].mend == f"chmod o+x {inner}"
    assert found["file seal_roots"].verdict is Verdict.GOOD


def test_a_run_directory_that_nobody_makes(tmp_path: Path) -> None:
    loaded = msgspec.structs.replace(settings(tmp_path), run_directory=Path("/run/kiosk-nobody"))
    found = {one.name: one for one in permissions.look(loaded)}["run directory"]
    assert (found.verdict, found.seen) == (Verdict.BAD, "/run/kiosk-nobody is not there")


UNIT = """\
#!/bin/sh
echo User=kiosk
echo SupplementaryGroups=
echo RuntimeDirectory={made}
"""


@pytest.mark.parametrize(("made", "verdict"), [("a b", Verdict.GOOD), ("other", Verdict.BAD)])
def test_a_run_directory_that_the_unit_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: str, verdict: Verdict
) -> None:
    program = tmp_path / "systemctl"
    program.write_text(UNIT.format(made=made))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    loaded = msgspec.structs.replace(settings(tmp_path), run_directory=Path("/run/b"))
    found = {one.name: one for one in permissions.look(loaded)}["run directory"]
    assert found.verdict is verdict


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    loaded = settings(tmp_path, ca=tmp_path / "none.pem")
    found = {one.name: one for one in permissions.look(loaded)}["file ca"]
    assert (found.verdict, found.seen) == (
        Verdict.BAD,
        f"{tmp_path / 'none.pem'}: No such file or directory",
    )


def test_a_directory_that_others_may_look_into(tmp_path: Path) -> None:
    loaded = settings(tmp_path)
    loaded.run_directory.chmod(0o755)
    found = {one.name: one for one in permissions.look(loaded)}["run directory"]
    assert found.verdict is Verdict.NOTE
    assert found.mend == f"chmod 700 {loaded.run_directory}"


def screen(root: Path, **outputs: tuple[str, str]) -> None:
    """What the kernel says of each output of the graphics card: status and modes."""
    for name, (status, modes) in outputs.items():
        folder = root / "sys/class/drm" / f"card0-{name}"
        folder.mkdir(parents=True)
        (folder / "status").write_text(f"{status}\n")
        (folder / "modes").write_text(modes)


PANEL = """\
I: Bus=0003 Vendor=222a Product=0001 Version=0110
N: Name="ILITEK Multi-Touch"
B: PROP=2
B: EV=1b
B: ABS=260800000000003

I: Bus=0011 Vendor=0001 Product=0001 Version=ab41
N: Name="AT Translated Set 2 keyboard"
B: PROP=0
B: EV=120013
"""


RESISTIVE = """\
I: Bus=0003 Vendor=0eef Product=0001 Version=0100
N: Name="eGalax TouchScreen"
B: PROP=0
B: EV=b
B: KEY=400 0 0 0 0 0
B: ABS=3
"""
TOUCHPAD = """\
I: Bus=0018 Vendor=06cb Product=cd5f Version=0100
N: Name="SYNA3255 Touchpad"
B: PROP=5
B: EV=1b
B: KEY=e520 10000 0 0 0 0
B: ABS=260800000000003
"""


def inputs(root: Path, listing: str) -> None:
    path = root / "proc/bus/input/devices"
    path.parent.mkdir(parents=True)
    path.write_text(listing)


def loaded_for(*, production: bool) -> Settings:
    return Settings(
        terminal="T0001",
        production=production,
        centre=CentreSettings(url="https://gjj.example", seal_roots=Path("roots.pem")),
    )


def display(root: Path, *, production: bool) -> dict[str, tuple[Verdict, str]]:
    loaded = loaded_for(production=production)
    return {one.name: (one.verdict, one.seen) for one in machine.display(loaded, root)}


def test_what_the_display_server_lacks_is_told(tmp_path: Path) -> None:
    def told(server: Literal["cage", "xorg"], *, production: bool = True) -> list[Finding]:
        screen = ScreenSettings(server=server)
        loaded = msgspec.structs.replace(loaded_for(production=production), screen=screen)
        found = machine.display(loaded, tmp_path)
        return [one for one in found if one.name == "display server"]

    (cage,) = told("cage")
    assert (cage.verdict, cage.seen, cage.mend) == (
        Verdict.BAD,
        "missing: cage, xwayland, seatd",
        "apt-get install cage xwayland seatd",
    )
    for folder in ("usr/bin", "usr/sbin"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "usr/bin/cage").touch()
    (cage,) = told("cage")
    assert cage.mend == "apt-get install xwayland seatd"  # cage alone does not start
    for path in ("usr/bin/Xwayland", "usr/sbin/seatd"):
        (tmp_path / path).touch()
    (cage,) = told("cage")
    assert (cage.verdict, cage.seen) == (Verdict.GOOD, "cage")
    (xorg,) = told("xorg")
    assert xorg.mend == "apt-get install xserver-xorg-core xserver-xorg-input-libinput openbox"
    assert told("cage", production=False) == []  # a desk has a display of its own


@pytest.mark.parametrize(
    ("outputs", "production", "verdict", "seen"),
    [
        ({"HDMI": ("connected", "1080x1920\n720x1280\n")}, True, Verdict.GOOD,
         "card0-HDMI 1080x1920"),
        ({"HDMI": ("disconnected", ""), "DP": ("connected", "")}, True, Verdict.GOOD,
         "card0-DP no mode"),
        ({"HDMI": ("disconnected", "")}, True, Verdict.BAD, "nothing is connected to card0-HDMI"),
        ({}, True, Verdict.BAD, "no graphics card"),
        ({}, False, Verdict.NOTE, "no graphics card"),
    ],
)  # fmt: skip
def test_the_screen(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    outputs: dict[str, tuple[str, str]],
    production: bool,
    verdict: Verdict,
    seen: str,
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    screen(tmp_path, **outputs)
    assert display(tmp_path, production=production)["display"] == (verdict, seen)


def test_an_output_that_the_settings_name_and_has_no_screen_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    screen(tmp_path, **{"DP-1": ("disconnected", ""), "HDMI-A-1": ("connected", "1080x1920\n")})
    for named, verdict in (("DP-1", Verdict.BAD), ("HDMI-A-1", Verdict.GOOD)):
        chosen = msgspec.structs.replace(
            loaded_for(production=True), screen=ScreenSettings(output=named)
        )
        found = {one.name: one for one in machine.display(chosen, tmp_path)}["display"]
        assert found.verdict is verdict
        assert (found.mend == "") is (verdict is Verdict.GOOD)


def test_a_panel_whose_brightness_can_be_set_says_how(tmp_path: Path) -> None:
    folder = tmp_path / "sys/class/backlight/intel"
    folder.mkdir(parents=True)
    assert "brightness" not in display(tmp_path, production=True)
    (folder / "max_brightness").write_text("400\n")
    (folder / "brightness").write_text("240\n")
    assert display(tmp_path, production=True)["brightness"] == (
        Verdict.GOOD,
        "60 %; root sets it: echo 400 > /sys/class/backlight/intel/brightness",
    )


@pytest.mark.parametrize(
    ("listing", "production", "expected"),
    [
        (PANEL, True, (Verdict.GOOD, "ILITEK Multi-Touch")),
        (RESISTIVE, True, (Verdict.GOOD, "eGalax TouchScreen")),
        (TOUCHPAD, True, (Verdict.BAD, "no panel")),
        (TOUCHPAD.replace("PROP=5", "PROP=0"), True, (Verdict.BAD, "no panel")),
        (PANEL.partition("\n\n")[2], True, (Verdict.BAD, "no panel")),
        (PANEL.partition("\n\n")[2], False, (Verdict.NOTE, "no panel")),
    ],
)
def test_touch_panels_are_told_from_keyboards(
    tmp_path: Path, listing: str, production: bool, expected: tuple[Verdict, str]
) -> None:
    inputs(tmp_path, listing)
    assert display(tmp_path, production=production)["touch"] == expected


def with_devices(**tables: dict[str, Any]) -> Settings:
    centre = CentreSettings(url="https://gjj.example", seal_roots=Path("roots.pem"))
    return Settings(
        terminal="T0001",
        centre=centre,
        devices={Kind(kind): table for kind, table in tables.items()},
    )


CARDS, SOUND = {Kind.SMART_CARD: {"driver": "pcsc"}}, {Kind.SPEAKER: {"driver": "aplay"}}


@pytest.mark.parametrize(
    ("tables", "wanted", "not_wanted"),
    [
        ({}, {"fonts-noto-cjk"}, {"pcscd", "libccid", "alsa-utils"}),
        (CARDS, {"pcscd", "libccid"}, {"alsa-utils"}),
        (SOUND, {"alsa-utils"}, {"pcscd", "libccid"}),
    ],
)
def test_the_packages_that_are_missing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tables: dict[str, dict[str, str]],
    wanted: set[str],
    not_wanted: set[str],
) -> None:
    """On a machine whose dpkg knows python3-venv alone."""
    program = tmp_path / "dpkg-query"
    program.write_text("#!/bin/sh\necho python3-venv install ok installed\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    (finding,) = machine.packages(with_devices(**tables))
    assert finding.verdict is Verdict.BAD
    missing = set(finding.mend.removeprefix("apt-get install ").split())
    assert wanted <= missing
    assert not (not_wanted | {"python3-venv"}) & missing


def test_fonts_that_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fonts.conf").write_text(f"<fontconfig><dir>{tmp_path}</dir></fontconfig>")
    monkeypatch.setenv("FONTCONFIG_FILE", str(tmp_path / "fonts.conf"))
    (finding,) = machine.fonts(with_devices())
    assert finding.verdict is Verdict.BAD
    assert finding.seen == f"no font shows {''.join(machine.RARE)}"
    assert "fonts-hanazono" in finding.mend


def test_disk_and_memory_that_are_full(monkeypatch: pytest.MonkeyPatch) -> None:
    free = {one.name: one.verdict for one in machine.resources_left(with_devices())}
    assert free["disk"] is free["memory"] is Verdict.GOOD
    monkeypatch.setattr(machine, "DISK_FREE_MB", 10**12)
    monkeypatch.setattr(machine, "MEMORY_FREE_MB", 10**12)
    full = {one.name: one for one in machine.resources_left(with_devices())}
    assert full["disk"].verdict is full["memory"].verdict is Verdict.BAD
    assert full["disk"].mend.startswith("see what takes it: du")


@pytest.mark.parametrize(
    ("kind", "verdict", "seen"),
    [
        ("ext4", Verdict.GOOD, "is kept at a power cut"),
        ("tmpfs", Verdict.BAD, "is on tmpfs, which forgets at a power cut: no money"),
        ("overlay", Verdict.BAD, "is on overlay, which forgets at a power cut: no money"),
    ],
)
def test_a_journal_that_a_power_cut_takes_is_told_with_what_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, verdict: Verdict, seen: str
) -> None:
    state = tmp_path / "a state"
    state.mkdir()
    mounts = tmp_path / "mountinfo"
    place = str(state).replace(" ", "\\040")
    mounts.write_text(
        f"1 0 8:1 / / rw - squashfs /dev/sda1 rw\n2 1 8:2 / {place} rw - {kind} /dev/sda2 rw\n"
    )
    monkeypatch.setattr(journal, "MOUNTS", mounts)
    monkeypatch.setenv("STATE_DIRECTORY", str(state))
    (told,) = (one for one in machine.resources_left(with_devices()) if one.name == "journal")
    assert (told.verdict, told.seen) == (verdict, f"{state} {seen}")
    assert ("fstab" in told.mend) is (verdict is Verdict.BAD)
    at_a_desk = msgspec.structs.replace(with_devices(), production=False)
    assert "journal" not in {one.name for one in machine.resources_left(at_a_desk)}
    monkeypatch.setenv("STATE_DIRECTORY", str(state / "not there"))
    assert "journal" not in {one.name for one in machine.resources_left(with_devices())}


# -- the screen that goes dark, the user -----------------------------------------------------------


@contextmanager
def x_server(*options: str, size: str = "64x64") -> Iterator[str]:
    """The name of an X server that was started with ``options``."""
    ours, theirs = os.pipe()
    command = ["Xvfb", "-displayfd", str(theirs), "-screen", "0", f"{size}x24", "-nolisten", "tcp"]
    # Without it the server begins anew when its last client leaves, and refuses the next meanwhile.
    command.append("-noreset")
    with (
        tempfile.NamedTemporaryFile() as log,
        subprocess.Popen([*command, *options], pass_fds=[theirs], stderr=log) as server,
    ):
        os.close(theirs)
        try:
            with os.fdopen(ours) as told:
                number = told.readline().strip()
            assert number, f"Xvfb did not start: {last_words(Path(log.name))}"
            yield f":{number}"
        finally:
            server.terminate()


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs the Debian package xvfb")
@pytest.mark.parametrize(
    ("options", "words"),
    [(("-s", "10"), "the screen saver blanks the screen after 600 s"), (("-s", "0"), "")],
)
def test_a_screen_that_goes_dark_is_told(
    options: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with x_server(*options) as name:
        monkeypatch.setenv("DISPLAY", name)
        found = machine._screen(loaded_for(production=True), tmp_path, tmp_path / "no.toml")
    if words:
        assert found.verdict is Verdict.BAD
        assert words in found.seen
        assert "xset s off -dpms" in found.mend
    else:
        assert found.verdict is Verdict.GOOD


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs the Debian package xvfb")
def test_a_screen_that_stands_otherwise_than_the_settings_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(orientation: Literal["portrait", "landscape"], *outputs: str) -> Finding:
        for output in outputs:
            screen(tmp_path, **{output: ("connected", "64x32\n")})
        chosen = msgspec.structs.replace(
            loaded_for(production=True), screen=ScreenSettings(orientation=orientation)
        )
        return machine._screen(chosen, tmp_path, tmp_path / "no.toml")

    with x_server("-s", "0", size="64x32") as name:
        monkeypatch.setenv("DISPLAY", name)
        assert look("landscape").verdict is Verdict.GOOD
        turned = look("portrait")
        assert turned.verdict is Verdict.BAD
        assert turned.seen == "the screen is 64x32, the settings say portrait"
        assert "xrandr -o right" in turned.mend
        two = look("portrait", "HDMI", "DP")
        assert two.verdict is Verdict.GOOD, "the server tells one size for both"
    with x_server("-s", "0", size="32x64") as name:
        monkeypatch.setenv("DISPLAY", name)
        outputs = tmp_path / "sys/class/drm"
        (outputs / "card0-DP" / "status").write_text("disconnected")
        assert look("portrait").verdict is Verdict.GOOD
        assert "xrandr -o normal" in look("landscape").mend


def cookies(file: Path) -> Path:
    """A file of one cookie (Xau(3)), for every display, which only this server knows."""
    fields = (b"", b"", b"MIT-MAGIC-COOKIE-1", os.urandom(16))
    parts = b"".join(len(field).to_bytes(2, "big") + field for field in fields)
    file.write_bytes(b"\xff\xff" + parts)
    return file


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs the Debian package xvfb")
def test_the_terminals_server_is_asked_with_the_terminals_cookie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, wrong = cookies(tmp_path / "right"), cookies(tmp_path / "wrong")
    with x_server("-s", "7", "-auth", str(right)) as name:
        monkeypatch.setenv("XAUTHORITY", str(wrong))
        found = x_screen.ask({"DISPLAY": name, "XAUTHORITY": str(right)})
        assert found == XScreen((64, 64), 420, 0)
        assert x_screen.ask({"DISPLAY": name, "XAUTHORITY": str(wrong)}) is None
        assert os.environ["XAUTHORITY"] == str(wrong)
        monkeypatch.delenv("XAUTHORITY")
        monkeypatch.setenv("HOME", str(tmp_path))
        assert x_screen.ask({"DISPLAY": name}) is None
        assert "XAUTHORITY" not in os.environ


ELSEWHERE = Path("/srv/one.toml")


@pytest.mark.parametrize(
    ("command", "file", "reads"),
    [
        ("kiosk run", processes.DEFAULT_SETTINGS, True),
        ("kiosk run", ELSEWHERE, False),
        ("kiosk run --settings /srv/one.toml", ELSEWHERE, True),
        ("kiosk run --settings /srv/one.toml", processes.DEFAULT_SETTINGS, False),
        ("kiosk run --settings=/srv/one.toml", ELSEWHERE, True),
        ("kiosk run --settings=/srv/one.toml", processes.DEFAULT_SETTINGS, False),
        ("kiosk run --settings=/srv/one.toml2", ELSEWHERE, False),
        ("python -m drivers.hosting.child 7", processes.DEFAULT_SETTINGS, False),
        ("python -m kiosk.keeper.nursery", processes.DEFAULT_SETTINGS, False),
    ],
)
def test_whose_settings_a_process_reads(command: str, file: Path, reads: bool) -> None:
    process = processes.Process(1, tuple(command.split()))
    assert process.is_terminal
    assert process.reads(file) is reads


@pytest.mark.parametrize("production", [True, False])
def test_a_terminal_that_runs_as_root(tmp_path: Path, production: bool) -> None:
    file = tmp_path / "terminal.toml"
    loaded = loaded_for(production=production)
    command = [
        sys.executable,
        "-c",
        "import sys; print(flush=True); sys.stdin.read()",
        "kiosk",
        "run",
        "--settings",
        str(file),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as terminal:
        assert terminal.stdout is not None
        terminal.stdout.readline()  # it runs as what it was started as
        (found,) = machine.user(loaded, file)
        terminal.communicate()
    root = os.geteuid() == 0
    worst = Verdict.BAD if production else Verdict.NOTE
    assert found.verdict is (worst if root else Verdict.GOOD)
    assert ("kiosk.service" in found.mend) == root
    (after,) = machine.user(loaded, file)
    assert after.verdict is (Verdict.NOTE if root else Verdict.GOOD)


SWAPS = """\
Filename				Type		Size		Used		Priority
/dev/zram0                              partition	1000		0		100
/dev/dm-1                               partition	1000		0		-2
"""


def swap_of(root: Path, *, production: bool = True, more: str = "") -> Finding:
    (root / "proc").mkdir(exist_ok=True)
    (root / "proc/swaps").write_text(SWAPS + more)
    (found,) = machine.swap(loaded_for(production=production), root, root / "terminal.toml")
    return found


def test_swap_that_keeps_nothing_is_good(tmp_path: Path) -> None:
    uuid = tmp_path / "sys/class/block/dm-1/dm/uuid"
    uuid.parent.mkdir(parents=True)
    uuid.write_text("CRYPT-PLAIN-cryptswap\n")
    assert swap_of(tmp_path).verdict is Verdict.GOOD
    (tmp_path / "proc/swaps").write_text(SWAPS.splitlines()[0])
    (found,) = machine.swap(loaded_for(production=True), tmp_path)
    assert (found.verdict, found.seen) == (Verdict.GOOD, "none")


@pytest.mark.parametrize("production", [True, False])
def test_swap_on_a_disk_is_told_with_what_mends_it(
    tmp_path: Path, production: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = swap_of(tmp_path, more="/swapfile file 1000 0 -3\n", production=production)
    assert found.verdict is Verdict.NOTE, "no terminal runs"
    assert found.seen == "memory of a visit may be written to dm-1, swapfile"
    assert "swapoff -a" in found.mend
    running = processes.Process(7, ("kiosk", "run"))
    monkeypatch.setattr(processes, "terminal_of", lambda _file: running)
    worst = Verdict.BAD if production else Verdict.NOTE
    assert swap_of(tmp_path, production=production).verdict is worst
    group = tmp_path / "sys/fs/cgroup/system.slice/kiosk.service"
    group.mkdir(parents=True)
    (tmp_path / "proc/7").mkdir()
    (tmp_path / "proc/7/cgroup").write_text("0::/system.slice/kiosk.service\n")
    (group / "memory.swap.max").write_text("max\n")
    assert swap_of(tmp_path, production=production).verdict is worst
    (group / "memory.swap.max").write_text("0\n")
    assert swap_of(tmp_path, production=production).verdict is Verdict.GOOD
