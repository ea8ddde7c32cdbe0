"""Probes of the machine itself: system, packages, fonts, disk, memory, display, touch."""

from __future__ import annotations

import os
import platform
import pwd
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata, resources
from pathlib import Path

from drivers.hosting.confine import landlock
from drivers.sentence import en, joined
from kiosk.display import outputs, server, touch_panels
from kiosk.doctor import plugged, processes, x_screen
from kiosk.doctor.findings import Finding, Section
from kiosk.doctor.x_screen import XScreen
from kiosk.operations.journal import unfit_file_system
from kiosk.settings import Settings, state_directory

MACHINE = Section("machine")
RARE = {"𬭎": 0x2CB4E, "㛃": 0x36C3, "䶮": 0x4DAE, "𠅤": 0x20164}
"""Name characters that a terminal must be able to show."""
DISK_FREE_MB = 500
MEMORY_FREE_MB = 500
STATE = Path("/var/lib/kiosk")
_SWAPS = Path("proc/swaps")
_ONLY_FOR = {"pcscd": "pcsc", "libccid": "pcsc", "alsa-utils": "aplay"}
"""Packages that one driver alone needs."""


def system(_settings: Settings) -> Iterator[Finding]:
    """Which system, which Python, which Qt."""
    release = platform.freedesktop_os_release().get("PRETTY_NAME", platform.platform())
    yield MACHINE.good("system", f"{release}, {platform.machine()}")
    python = sys.version_info[:2]
    supported = (3, 11) <= python < (3, 14)
    yield MACHINE.judged(
        "python", supported, platform.python_version(), en("install Python 3.11 to 3.13")
    )
    yield _confining()
    qt = metadata.version("PySide6-Essentials")
    # PySide6 6.12 loses references to True and None on Python 3.11 and aborts after a while.
    sound = not (python < (3, 12) and qt.startswith("6.12"))
    yield MACHINE.judged("qt", sound, f"PySide6 {qt}", en("reinstall from requirements.lock"))


def _confining() -> Finding:
    """Whether the kernel takes from processes what they do not need."""
    if version := landlock():
        return MACHINE.good("landlock", en("version {version}", version=version))
    command = "lsm=landlock,yama,apparmor,bpf"
    mend = en("add to the kernel's command line: {command}", command=command)
    return MACHINE.note("landlock", en("the kernel has no landlock"), mend)


def packages(settings: Settings) -> Iterator[Finding]:
    """The Debian packages a terminal needs."""
    if shutil.which("dpkg-query") is None:
        yield MACHINE.unknown("packages", en("no dpkg here"))
        return
    listing = (resources.files("assets") / "packages.txt").read_text(encoding="utf-8")
    listed = [line.split()[1] for line in listing.splitlines() if line.startswith("terminal ")]
    drivers = {table["driver"] for table in settings.devices.values()}
    wanted = [one for one in listed if one not in _ONLY_FOR or _ONLY_FOR[one] in drivers]
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Status}\n", *wanted],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    there = {line.split()[0] for line in asked.stdout.splitlines() if "ok installed" in line}
    missing = [package for package in wanted if package not in there]
    seen = (
        en("missing: {missing}", missing=", ".join(missing))
        if missing
        else en("all {count} there", count=len(wanted))
    )
    yield MACHINE.judged("packages", not missing, seen, f"apt-get install {' '.join(missing)}")


def fonts(_settings: Settings) -> Iterator[Finding]:
    """Whether the rare characters in people's names can be shown."""
    if shutil.which("fc-list") is None:
        yield MACHINE.unknown("rare characters", en("no fc-list"), "apt-get install fontconfig")
        return
    without = [
        character
        for character, code in RARE.items()
        if not subprocess.run(
            ["fc-list", f":charset={code:x}", "family"],
            capture_output=True,
            timeout=20,
            check=False,
        ).stdout.strip()
    ]
    seen = (
        en("no font shows {characters}", characters="".join(without))
        if without
        else en("fonts show {rare}", rare="".join(RARE))
    )
    yield MACHINE.judged(
        "rare characters", not without, seen, "apt-get install fonts-noto-cjk fonts-hanazono"
    )


def resources_left(settings: Settings) -> Iterator[Finding]:
    """Disk and memory."""
    if settings.production:
        yield from _kept(state_directory(settings))
    for name, path in (("disk", Path("/")), ("disk of results", STATE)):
        if path.is_dir() and (path == Path("/") or path.stat().st_dev != Path("/").stat().st_dev):
            yield _disk(name, path)
    table = dict(line.split(":", 1) for line in plugged.read(Path("/proc/meminfo")).splitlines())
    available_mb = int(table["MemAvailable"].split()[0]) // 1024
    seen = en("{available_mb} MB available", available_mb=available_mb)
    mend = en("see what takes it: {command}", command="ps -eo rss,comm --sort -rss | head")
    yield MACHINE.judged("memory", available_mb > MEMORY_FREE_MB, seen, mend)


def _kept(path: Path) -> Iterator[Finding]:
    """Whether what the committer writes in ``path`` is there after a power cut: on a root that is
    read-only under an overlay, only a partition of its own keeps it."""
    if not path.is_dir():
        return
    unfit = unfit_file_system(path)
    yield MACHINE.judged(
        "journal",
        not unfit,
        en("{path} is on {unfit}, which forgets at a power cut: no money", path=path, unfit=unfit)
        if unfit
        else en("{path} is kept at a power cut", path=path),
        en("mount a partition of a disk there, in /etc/fstab: ext4, with the option nodev"),
    )


def _disk(name: str, path: Path) -> Finding:
    if os.statvfs(path).f_flag & os.ST_RDONLY:
        mend = en("look for disk errors: journalctl -k | grep -i error; replace the disk")
        return MACHINE.bad(name, en("{path} can only be read", path=path), mend)
    free_mb = shutil.disk_usage(path).free // 2**20
    mend = en("see what takes it: {command}", command=f"du -xh {path} | sort -h | tail")
    return MACHINE.judged(
        name,
        free_mb > DISK_FREE_MB,
        en("{free_mb} MB free on {path}", free_mb=free_mb, path=path),
        mend,
    )


def display(
    settings: Settings, root: Path = plugged.ROOT, file: Path = processes.DEFAULT_SETTINGS
) -> Iterator[Finding]:
    """A screen to draw on and a panel to touch. A machine on a desk may do without."""
    lacks = MACHINE.bad if settings.production else MACHINE.note
    yield _screen(settings, root, file)
    if settings.production:
        lacking = server.missing(settings.screen.server, root)
        seen = en("missing: {missing}", missing=", ".join(lacking)) if lacking else ""
        mend = f"apt-get install {' '.join(lacking)}"
        name = settings.screen.server
        yield MACHINE.judged("display server", not lacking, seen or name, mend)
    yield from _brightness(root)
    if not (root / touch_panels.INPUTS).is_file():
        yield MACHINE.unknown("touch", en("no list of input devices here"))
        return
    touched = touch_panels.all_of(root)
    if touched:
        yield MACHINE.good("touch", ", ".join(panel.name for panel in touched))
    else:
        yield lacks("touch", en("no panel"), en("check the USB cable and power of the touch panel"))


def _screen(settings: Settings, root: Path, file: Path = processes.DEFAULT_SETTINGS) -> Finding:
    """The screens that the kernel knows (``/sys/class/drm``), else the display server in use."""
    lacks = MACHINE.bad if settings.production else MACHINE.note
    known = tuple(outputs.all_of(root))
    there = [one for one in known if one.connected]
    if screen := _server(file):
        if dark := _goes_dark(screen):
            mend = en("in the session's start: {command}", command=x_screen.MEND)
            return lacks("display", dark, mend)
        # The X server tells one size for all its screens together.
        if len(there) < 2 and (turned := _turned(settings, screen)):
            return turned
    named = settings.screen.output
    if there and named and named not in [one.name for one in there]:
        names = ", ".join(one.name for one in there)
        seen = en(
            "the settings name {output}, and connected is: {names}", output=named, names=names
        )
        command = f"kiosk setup --output {there[0].name}"
        mend = en("plug the screen in there, or find it anew: {command}", command=command)
        return lacks("display", seen, mend)
    if there:
        return MACHINE.good("display", joined(", ", *(_output(one.path) for one in there)))
    place = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
    if place:
        return MACHINE.good("display", en("display server {server}", server=place))
    if known:
        names = ", ".join(one.path.name for one in known)
        mend = en("check the screen's cable and power")
        return lacks("display", en("nothing is connected to {names}", names=names), mend)
    return lacks(
        "display", en("no graphics card"), en("check the graphics card and its driver: lspci -k")
    )


def _brightness(root: Path) -> Iterator[Finding]:
    """How bright the panel is, where the machine can set it; the packaged unit may not."""
    for folder in sorted((root / "sys/class/backlight").glob("*"))[:1]:
        now, most = (plugged.read(folder / name) for name in ("brightness", "max_brightness"))
        if now.isdecimal() and most.isdecimal() and int(most):
            file = Path("/sys/class/backlight") / folder.name / "brightness"
            seen = en(
                "{percent} %; root sets it: {command}",
                percent=round(100 * int(now) / int(most)),
                command=f"echo {most} > {file}",
            )
            yield MACHINE.good("brightness", seen)


def _server(file: Path) -> XScreen | None:
    """The screen of the X server of the terminal, or else of this process."""
    terminal = processes.terminal_of(file)
    environment = processes.environment(terminal.pid) if terminal else {}
    return x_screen.ask({**os.environ, **environment})


def _goes_dark(screen: XScreen) -> str:
    """That the X server blanks the screen: the touch that wakes the screen also presses what lies
    under the finger. "" where it does not."""
    saver = en("the screen saver blanks the screen after {seconds} s", seconds=screen.saver_s)
    dpms = en("DPMS switches the screen off after {seconds} s", seconds=screen.dpms_s)
    return joined(", ", saver if screen.saver_s else "", dpms if screen.dpms_s else "")


def _turned(settings: Settings, screen: XScreen) -> Finding | None:
    """That the screen stands otherwise than the settings say: the pages are whole, and small."""
    width, height = screen.size
    upright = settings.screen.orientation == "portrait"
    if width == height or upright == (width < height):
        return None
    lacks = MACHINE.bad if settings.production else MACHINE.note
    return lacks(
        "display",
        en(
            "the screen is {width}x{height}, the settings say {orientation}",
            width=width,
            height=height,
            orientation=settings.screen.orientation,
        ),
        en(
            "in the session's start: {command}, or change orientation in [screen]",
            command="xrandr -o right" if upright else "xrandr -o normal",
        ),
    )


def user(settings: Settings, file: Path = processes.DEFAULT_SETTINGS) -> Iterator[Finding]:
    """Whom the terminal runs as. Root may read and change all that others have left."""
    terminal = processes.terminal_of(file)
    number = processes.user_of(terminal.pid) if terminal else os.geteuid()
    if number is None:
        return
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:
        name = str(number)
    if number:
        yield MACHINE.good("user", name)
    elif terminal:
        lacks = MACHINE.bad if settings.production else MACHINE.note
        mend = en("run it by assets/systemd/kiosk.service, as the user kiosk")
        yield lacks("user", en("the terminal runs as root"), mend)
    else:
        mend = en("as the terminal's user: {command}", command="sudo -u kiosk kiosk doctor")
        yield MACHINE.note("user", en("the doctor runs as root, whom every file lets in"), mend)


def swap(
    settings: Settings, root: Path = plugged.ROOT, file: Path = processes.DEFAULT_SETTINGS
) -> Iterator[Finding]:
    """Whether pages of a visit's memory, and with them a citizen's data, may reach a disk."""
    areas = [Path(line.split()[0]) for line in plugged.read(root / _SWAPS).splitlines()[1:]]
    open_ = [area.name for area in areas if not _is_private(root, area)]
    if not areas:
        yield MACHINE.good("swap", en("none"))
    elif not open_:
        names = ", ".join(area.name for area in areas)
        yield MACHINE.good("swap", en("in memory or encrypted: {names}", names=names))
    elif _swaps_nothing(root, terminal := processes.terminal_of(file)):
        yield MACHINE.good("swap", en("the systemd unit allows the terminal none"))
    else:
        # Without a terminal that runs, nobody knows what the unit will allow it.
        lacks = MACHINE.bad if settings.production and terminal else MACHINE.note
        seen = en("memory of a visit may be written to {names}", names=", ".join(open_))
        mend = en("run it by assets/systemd/kiosk.service, or: {command}", command="swapoff -a")
        yield lacks("swap", seen, mend)


def _is_private(root: Path, area: Path) -> bool:
    """Whether this swap area keeps nothing that can be read after power is cut: compressed memory
    (zram), or dm-crypt."""
    if re.fullmatch(r"zram\d+", area.name):
        return True
    return plugged.read(root / "sys/class/block" / area.name / "dm/uuid").startswith("CRYPT-")


def _swaps_nothing(root: Path, terminal: processes.Process | None) -> bool:
    """Whether the control group of the terminal may swap nothing (cgroups(7), memory.swap.max)."""
    if terminal is None:
        return False
    group = plugged.read(root / f"proc/{terminal.pid}/cgroup").rpartition("::/")[2]
    return bool(group) and plugged.read(root / "sys/fs/cgroup" / group / "memory.swap.max") == "0"


def _output(path: Path) -> str:
    """A connected output of ``/sys/class/drm``, and its first mode."""
    mode = plugged.read(path / "modes").partition("\n")[0]
    return f"{path.name} {mode}" if mode else en("{output} no mode", output=path.name)
