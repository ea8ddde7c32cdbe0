"""Tries both packages in a clean Debian, under a real systemd: from install to purge.

Before that they are built twice, to the same bytes, and lintian finds no error in them. The system
is a bare one of debootstrap under ``build/package``, started by systemd-nspawn. Nothing but what
the packages depend on comes with it, so a library that they forget is missed here. Pages are drawn
for an X server (Xvfb), on which a finger of xdotool presses. Packages for another Debian than this
machine's are built in a bare one of it. ``make package``.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tools import build_deb, matrix
from tools.bare_debian import BROUGHT, RELEASES, CannotBuildError, copied, do
from tools.trial import OF_EXPOSURE, PATIENCE_S, WrongError, exposed, until, wants

FOLDER = build_deb.ROOT / "build" / "package"
NEEDED = {
    "debootstrap": "debootstrap",
    "systemd-nspawn": "systemd-container",
    "lintian": "lintian",
    "apt-get": "apt",
}
VISIT_S = 400.0
"""A visit that nobody goes on with has ended itself by then."""
SETTINGS = """\
terminal = "T0001"

[centre]
url = "https://127.0.0.1:9"
seal_roots = "/etc/kiosk/seal-roots.pem"
sealer = "Somebody"
certificate = "/etc/kiosk/terminal.crt"
key = "/etc/kiosk/terminal.key"
"""
DISPLAY = """\
[Unit]
Description=A display for nobody's eyes
[Service]
ExecStart=/usr/bin/Xvfb :7 -screen 0 1080x1920x24 -noreset
"""
ON_DISPLAY = """\
[Service]
Environment=QT_QPA_PLATFORM=xcb DISPLAY=:7
"""
LARGEST_MB = 450.0
"""What the terminal's package may take on a disk."""
DEMO_S = 400.0
WRITE = """\
import sys
from pathlib import Path
from kiosk.operation import Business
from kiosk.operations.journal import Journal
from kiosk.operations.rows import JournalEntry, JournalEvent
journal = Journal(Path("/var/lib/kiosk/journal.sqlite"))
for word in sys.argv[2:]:
    event = JournalEvent(word)
    journal.append(JournalEntry(sys.argv[1], Business.PREPAYMENT, event, event.rank and 1))
journal.close()
"""
"""Writes what has become of an operation: its id, then events."""


class CleanSystem:
    """A Debian that has been started; ``leader`` is its systemd."""

    def __init__(self, root: Path, leader: int) -> None:
        self.root = root
        self._leader = leader

    def command(self, *words: str) -> list[str]:
        """``words`` as a command of this machine that runs them in there, as root."""
        environment = ("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "DISPLAY=:7")
        entered = ("nsenter", "--target", str(self._leader), "--all", "env", "--ignore-environment")
        return [*entered, *environment, "DEBIAN_FRONTEND=noninteractive", *words]

    def run(self, *words: str, fails: bool = False) -> str:
        """What ``words`` say in there. They succeed, or else fail, as is said."""
        done = subprocess.run(
            self.command(*words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if bool(done.returncode) != fails:
            last = "\n".join(done.stdout.splitlines()[-15:])
            raise WrongError(f"{' '.join(words)} ended with {done.returncode}:\n{last}")
        return done.stdout

    def journal(self) -> str:
        """The log of the service, from its first line."""
        return self.run("journalctl", "--unit", "kiosk", "--no-pager", "--output", "cat")

    def file(self, path: str) -> Path:
        """Where this machine finds a file of the system."""
        return self.root / path.lstrip("/")


@contextmanager
def started(root: Path) -> Iterator[CleanSystem]:
    """The system under ``root``, with its systemd running; it is gone afterwards."""
    words = ("--boot", "--register=no", "--keep-unit", "--console=pipe", "--resolv-conf=copy-host")
    machine = subprocess.Popen(
        ["systemd-nspawn", "--quiet", f"--directory={root}", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    children = Path(f"/proc/{machine.pid}/task/{machine.pid}/children")
    try:
        until(lambda: bool(children.read_text().split()), "systemd-nspawn starts nothing")
        system = CleanSystem(root, int(children.read_text().split()[0]))
        running = ("systemctl", "is-system-running", "--wait")

        def stands() -> bool:
            said = subprocess.run(
                system.command(*running), capture_output=True, text=True, check=False
            )
            return said.stdout.strip() in ("running", "degraded")

        until(stands, "systemd does not come up in there")
        yield system
    finally:
        machine.send_signal(signal.SIGTERM)
        try:
            machine.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            machine.kill()
            machine.wait()


# -- what is tried of the files --------------------------------------------------------------------


def same_bytes(packages: tuple[Path, ...]) -> None:
    """Built once more, elsewhere, with another clock and nothing of the first time at hand, the
    packages are the same byte for byte."""
    with tempfile.TemporaryDirectory(prefix="kiosk-again-", dir=FOLDER) as directory:
        code = "from pathlib import Path; from tools import build_deb as b; b.build({}, {})".format(
            f"Path({directory!r}) / 'out'", f"Path({directory!r}) / 'cache'"
        )
        environment = {**os.environ, "TZ": "Asia/Shanghai", "LC_ALL": "C", "TMPDIR": directory}
        subprocess.run(
            [sys.executable, "-c", code], cwd=build_deb.ROOT, env=environment, check=True
        )
        for package in packages:
            again = Path(directory) / "out" / package.name
            wants(_digest(again) == _digest(package), f"{package.name} differs when built again")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def without_errors(packages: tuple[Path, ...]) -> None:
    """lintian finds no error, and the terminal's package is not larger than it may be."""
    for package in packages:
        words = ("lintian", "--no-cfg", "--allow-root", "--fail-on", "error", "--tag-display-limit")
        done = subprocess.run([*words, "0", package], capture_output=True, text=True, check=False)
        errors = [line for line in done.stdout.splitlines() if line.startswith("E:")]
        wants(not done.returncode, "\n".join(errors) or done.stderr)
    size = int(build_deb.field(packages[0], "Installed-Size")) * 1024 / 1e6
    print(f"  installed {size:.0f} MB", flush=True)
    wants(size < LARGEST_MB, f"{size:.0f} MB, more than {LARGEST_MB:.0f}")


# -- what is tried in the system -------------------------------------------------------------------


def install(system: CleanSystem, package: str) -> None:
    """On a machine without anything: the package brings all it needs, and says what is next."""
    began = time.monotonic()
    said = system.run("apt-get", "install", "-y", "--no-install-recommends", package)
    print(f"  installed in {time.monotonic() - began:.0f} s", flush=True)
    wants("The terminal has no settings yet" in said, "nothing says what to do next")
    missing = system.run("sh", "-c", _UNRESOLVED).split()
    wants(not missing, f"libraries that nobody brings: {' '.join(sorted(set(missing)))}")
    python = f"/{build_deb.PLACE}/bin/python"
    failed = system.run("env", "QT_QPA_PLATFORM=offscreen", python, "-IBc", _IMPORT_ALL)
    wants(not failed, f"modules that cannot be imported:\n{failed}")
    uncompiled = system.run(python, "-IBc", _UNCOMPILED)
    wants(not uncompiled, f"modules that each start would compile anew:\n{uncompiled}")
    wants("kiosk, version" in system.run("kiosk", "--version"), "no command")
    doctor = system.run("kiosk", "doctor", fails=True)
    wants("terminal.toml" in doctor, f"the doctor without settings says: {doctor}")
    for account in ("passwd", "group"):
        system.run("getent", account, "kiosk")
    mode = system.run("stat", "--format", "%U %a", "/var/lib/kiosk").strip()
    wants(mode == "kiosk 700", f"/var/lib/kiosk belongs to {mode}")
    for unit in ("kiosk", "kiosk-setup"):
        enabled = system.run("systemctl", "is-enabled", unit).strip()
        wants(enabled == "enabled", f"{unit} is {enabled}")


_UNRESOLVED = r"""
find /usr/lib/provident-kiosk -name '*.so*' -type f -exec ldd {} + 2>/dev/null |
sed -n 's/^\s*\(\S*\) => not found$/\1/p'
"""


_UNCOMPILED = """\
import pathlib, sys
from importlib.util import cache_from_source
VALID_WHATEVER_THE_SOURCE_IS = b"\\1\\0\\0\\0"  # the flags of PEP 552
for path in pathlib.Path(sys.prefix).rglob("*.py"):
    made = pathlib.Path(cache_from_source(str(path)))
    if not made.exists() or made.read_bytes()[4:8] != VALID_WHATEVER_THE_SOURCE_IS:
        print(path)
"""
"""Says which modules were not compiled, or not for good."""


_IMPORT_ALL = """\
import importlib, pkgutil, drivers, kiosk, ui
for top in (kiosk, drivers, ui):
    for module in pkgutil.walk_packages(top.__path__, top.__name__ + "."):
        if not module.name.endswith("__main__"):
            try:
                importlib.import_module(module.name)
            except Exception as error:
                print(module.name, error)
import cv2, numpy
matrix = numpy.array([[4.0, 1.0, 2.0], [1.0, 5.0, 3.0], [2.0, 3.0, 6.0]])
for method in (cv2.DECOMP_LU, cv2.DECOMP_SVD, cv2.DECOMP_CHOLESKY):
    found = cv2.solve(matrix, matrix[:, :1] * 3, flags=method)[1]
    if not numpy.allclose(found, numpy.linalg.solve(matrix, matrix[:, :1] * 3)):
        print("OpenCV and numpy do not agree:", method, found)
"""
"""Imports every module, which loads every library, and says which cannot be."""


def confined(system: CleanSystem) -> None:
    """AppArmor's parser understands the profile; the unit names it, and starts without it."""
    system.run("apt-get", "install", "-y", "--no-install-recommends", "apparmor")
    profile = f"/etc/apparmor.d/{build_deb.PACKAGE}"
    said = system.run("apparmor_parser", "--skip-kernel-load", "--skip-cache", "--names", profile)
    wants(build_deb.PACKAGE in said.splitlines(), f"the profile has the names {said}")
    system.run("apparmor_parser", "--skip-kernel-load", "--skip-cache", "--debug", profile)
    named = system.run("systemctl", "cat", "kiosk")
    wants(f"AppArmorProfile=-{build_deb.PACKAGE}" in named, "the unit names no profile")
    system.run("apt-get", "purge", "-y", "apparmor")


def demonstrate(system: CleanSystem, workshop: str) -> None:
    """With the workshop's package the whole main job is played by an ordinary user, on the
    terminal's own libraries; without it the command says what to install. The user is of the group
    that may see the terminal's settings: the desk must know that there are none."""
    wants(build_deb.WORKSHOP in system.run("kiosk", "demo", fails=True), "no word of the workshop")
    system.run("apt-get", "install", "-y", "--no-install-recommends", workshop, "openssl")
    home = ("--create-home", "--home-dir", "/srv/trainer")
    system.run("useradd", *home, "--groups", "kiosk", "trainer")
    began = time.monotonic()
    played = f"cd && timeout {DEMO_S:.0f} kiosk demo --offscreen --out demo"
    said = system.run("su", "-", "trainer", "-c", played)
    print(f"  played in {time.monotonic() - began:.0f} s", flush=True)
    made = [path.name for path in system.file("/srv/trainer/demo").iterdir()]
    wants({"slip-1.png", "certificate-1.pdf", "sheet-1.png"} <= set(made), f"no papers: {said}")
    system.run("apt-get", "purge", "-y", build_deb.WORKSHOP)
    wants(build_deb.WORKSHOP in system.run("kiosk", "demo", fails=True), "the workshop is left")


def half_installed(system: CleanSystem, package: str) -> None:
    """The power fails between unpacking and setting up: the next try goes on from there."""
    system.run("dpkg", "--unpack", package)
    status = ("dpkg-query", "--show", "--showformat", "${Status}", build_deb.PACKAGE)
    wants("unpacked" in system.run(*status), "the package is set up already")
    system.run("dpkg", "--configure", "--pending")
    wants("install ok installed" in system.run(*status), "the package is not set up")


def full_disk(system: CleanSystem, package: str) -> None:
    """Where there is no room the package is not installed, and says why; with room it is, by the
    same command."""
    place = f"/{build_deb.PLACE}"
    system.run("apt-get", "remove", "-y", build_deb.PACKAGE)
    system.run("mkdir", "-p", place)
    system.run("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", place)
    try:
        refused = system.run("dpkg", "--install", package, fails=True)
    finally:
        system.run("umount", place)
    wants("No space left on device" in refused, f"a full disk is told as: {refused[-500:]}")
    system.run("dpkg", "--install", package)
    wants("kiosk, version" in system.run("kiosk", "--version"), "no command")


def bring_display(system: CleanSystem) -> None:
    """An X server, brought after the package, whose own dependencies must have been enough."""
    system.run("apt-get", "install", "-y", "--no-install-recommends", "xvfb", "xdotool")
    system.file("/etc/systemd/system/display.service").write_text(DISPLAY)
    unit = system.file("/etc/systemd/system/kiosk.service.d/display.conf")
    unit.parent.mkdir(parents=True, exist_ok=True)
    unit.write_text(ON_DISPLAY)
    system.run("systemctl", "daemon-reload")
    system.run("systemctl", "start", "display")


def enter_service(system: CleanSystem) -> None:
    """With a mistake in the settings the unit says which; mended, the terminal comes by itself."""
    for certificate, key in (("seal-roots.pem", "unused.key"), ("terminal.crt", "terminal.key")):
        names = ("-out", f"/etc/kiosk/{certificate}", "-keyout", f"/etc/kiosk/{key}")
        system.run(*_MAKE_CERTIFICATE, *names)
    system.run("chown", "kiosk", "/etc/kiosk/terminal.key")
    settings = system.file("/etc/kiosk/terminal.toml")
    settings.write_text(SETTINGS.replace("seal_roots", "seal_rots"))
    system.run("systemctl", "start", "kiosk", fails=True)
    wants("terminal.toml: " in system.journal(), "the log does not name the mistake")
    settings.write_text(SETTINGS)
    until(lambda: "visit shown" in system.journal(), "no visit is shown")
    wants(active(system), "the unit is not active")
    print(f"  exposed {exposed(system.run(*OF_EXPOSURE))} of 10", flush=True)
    unconfined = [line for line in system.journal().splitlines() if "not confined" in line]
    if all("no landlock" in line for line in unconfined) and unconfined:
        print("  not tried: confinement, because this kernel has no landlock", flush=True)
    else:
        wants(not unconfined, "\n".join(unconfined))


_MAKE_CERTIFICATE = (
    *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
    *("-subj", "/O=Somebody/CN=T0001"),
)


def active(system: CleanSystem) -> bool:
    """Whether the terminal is in service."""
    said = subprocess.run(
        system.command("systemctl", "is-active", "kiosk"), capture_output=True, check=False
    )
    return said.stdout.strip() == b"active"


def main_process(system: CleanSystem) -> int:
    """The keeper's number in there."""
    return int(system.run("systemctl", "show", "--value", "--property", "MainPID", "kiosk"))


def upgrade_in_a_visit(system: CleanSystem, newer: str) -> None:
    """Whoever stands there is served to the end before the program is replaced; settings stay."""
    before = main_process(system)
    system.run("xdotool", "mousemove", "540", "960", "click", "1")
    until(lambda: "visit begun" in system.journal(), "the finger begins no visit")
    began = time.monotonic()
    upgrade = subprocess.Popen(
        system.command("dpkg", "--install", newer),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    shown = system.journal().count("visit shown")
    over = system.journal().count("visit over")
    while system.journal().count("visit over") == over and upgrade.poll() is None:
        wants(main_process(system) == before, "the terminal was restarted under a citizen")
        wants(time.monotonic() < began + VISIT_S, "the visit does not end")
        time.sleep(1.0)
    waited = time.monotonic() - began
    said, _ = upgrade.communicate(timeout=PATIENCE_S)
    wants(upgrade.returncode == 0, f"the upgrade failed:\n{said[-1000:]}")
    print(f"  waited {waited:.0f} s for the citizen", flush=True)
    wants("visit failed" not in system.journal(), "a visit failed")
    until(lambda: system.journal().count("visit shown") > shown, "no page after the upgrade")
    wants(system.file("/etc/kiosk/terminal.toml").read_text() == SETTINGS, "other settings")
    wants(main_process(system) != before, "the old program still runs")


def downgrade(system: CleanSystem, older: str, version: str) -> None:
    """Back to the version before, with an operation whose end is unknown: the terminal is in
    service again with the same settings, and reads what the newer one has written."""
    system.run("systemctl", "stop", "kiosk")
    _write(system, "intent", "sent")
    system.run("systemctl", "start", "kiosk")
    shown = system.journal().count("visit shown")
    system.run("apt-get", "install", "-y", "--allow-downgrades", older)
    query = ("dpkg-query", "--show", "--showformat", "${Version} ${Status}", build_deb.PACKAGE)
    said = system.run(*query)
    wants(said == f"{version} install ok installed", f"dpkg says {said}")
    until(lambda: system.journal().count("visit shown") > shown, "no page after the downgrade")
    wants(system.file("/etc/kiosk/terminal.toml").read_text() == SETTINGS, "other settings")
    system.run("systemctl", "stop", "kiosk")
    listed = system.run("kiosk", "unresolved", fails=True)
    wants(_ID in listed, f"after a downgrade the operation is not listed: {listed}")
    verify = "kiosk audit export >/srv/audit && kiosk audit verify --heads /dev/null /srv/audit"
    verdict = system.run("sh", "-c", verify)
    wants("intact" in verdict, f"the audit log after a downgrade: {verdict}")


def refuse_removal(system: CleanSystem) -> None:
    """An operation whose end is unknown stays readable, whatever is done to the package."""
    refused = system.run("apt-get", "remove", "-y", build_deb.PACKAGE, fails=True)
    wants("stays" in refused, f"the refusal does not say why: {refused[-500:]}")
    until(lambda: active(system), "the terminal does not go on after the refusal")
    wants(_ID in system.run("kiosk", "unresolved", fails=True), "the operation is gone")
    system.run("systemctl", "stop", "kiosk")
    _write(system, "expired")
    system.run("kiosk", "unresolved")


_ID = "0123456789abcdef0123456789abcdef"


def _write(system: CleanSystem, *events: str) -> None:
    python = f"/{build_deb.PLACE}/bin/python"
    system.run("runuser", "-u", "kiosk", "--", python, "-I", "-c", WRITE, _ID, *events)


def remove(system: CleanSystem) -> None:
    """The program goes; settings and journal stay until a purge, which leaves nothing."""
    system.run("apt-get", "remove", "-y", build_deb.PACKAGE)
    wants(not active(system), "the unit runs without its program")
    wants(system.file("/etc/kiosk/terminal.toml").exists(), "the settings went with the program")
    wants(system.file("/var/lib/kiosk/journal.sqlite").exists(), "the journal went as well")
    wants(not system.file(f"/{build_deb.PLACE}").exists(), "the program is still there")
    system.run("apt-get", "purge", "-y", build_deb.PACKAGE)
    left = [path for path in ("/etc/kiosk", "/var/lib/kiosk") if system.file(path).exists()]
    wants(not left, f"a purge leaves {left}")
    system.run("getent", "passwd", "kiosk", fails=True)
    system.run("systemctl", "cat", "kiosk", fails=True)


# -- the run --------------------------------------------------------------------------------------


def main() -> int:
    """Returns 0 if all held, or the tools are missing (with a sentence); else 1."""
    parser = argparse.ArgumentParser(prog="make package", description=__doc__)
    parser.add_argument("--debian", choices=RELEASES, default=build_deb.release())
    parser.add_argument(
        "--packages", type=Path, nargs=2, help="terminal's and workshop's, instead of new ones"
    )
    asked = parser.parse_args()
    missing = [package for tool, package in NEEDED.items() if shutil.which(tool) is None]
    if missing or os.geteuid() != 0:
        print(f"package: skipped, needs root and apt-get install {' '.join(NEEDED.values())}")
        return 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        if asked.packages:
            packages = tuple(asked.packages)
        elif asked.debian == build_deb.release():
            packages = build_deb.build()
            _done(partial(same_bytes, packages))
        else:
            packages = built_in(asked.debian)
        _done(partial(without_errors, packages))
        _tried(asked.debian, *packages)
    except (CannotBuildError, WrongError) as error:
        print(f"package: {error}")
        return 1
    return 0


def _tried(debian: str, terminal: Path, workshop: Path) -> None:
    """All that is tried in a clean system of ``debian``."""
    root = FOLDER / RELEASES[debian][0]
    copied(debian, root, BROUGHT)
    older, newer, beside = ("/srv/older.deb", "/srv/newer.deb", "/srv/workshop.deb")
    shutil.copyfile(terminal, root / older.lstrip("/"))
    shutil.copyfile(workshop, root / beside.lstrip("/"))
    _later(terminal, root / newer.lstrip("/"))
    version = build_deb.field(terminal, "Version")
    with started(root) as system:
        system.run("apt-get", "update")
        for step in (
            partial(install, package=older),
            partial(half_installed, package=older),
            partial(full_disk, package=older),
            confined,
            partial(demonstrate, workshop=beside),
            bring_display,
            enter_service,
            partial(upgrade_in_a_visit, newer=newer),
            partial(downgrade, older=older, version=version),
            refuse_removal,
            remove,
        ):
            _done(partial(step, system))


def _done(step: partial[None]) -> None:
    """Say what is tried, and try it."""
    inner = step
    while isinstance(inner.func, partial):
        inner = inner.func
    print(inner.func.__name__.replace("_", " "), flush=True)
    step()


def built_in(debian: str) -> tuple[Path, ...]:
    """Both packages of what is committed here, built in a bare system of ``debian``."""
    system = matrix.System(FOLDER / f"builder-{debian}")
    system.make(debian)
    tree = system.bring_tree("root")
    log = FOLDER / f"build-{debian}.txt"
    print(f"building in Debian {debian}, some five minutes: {log}", flush=True)
    wants(system.run(_BUILD, tree, "root", log) == 0, f"the packages cannot be built: {log}")
    out = FOLDER / f"builder-{debian}" / tree.relative_to("/") / "out"
    return tuple(sorted(out.glob("*.deb"), key=lambda path: "workshop" in path.name))


_BUILD = """\
apt-get update -qq && apt-get install -y -qq --no-install-recommends binutils \
$(sed -n 's/^build //p' assets/packages.txt) python3-venv &&
python3 -m venv .venv && .venv/bin/pip install -q \
"$(sed -n 's/^\\(babel==[^ ]*\\).*/\\1/p' requirements.lock)" &&
for l in en zh_CN; do .venv/bin/pybabel -q compile -i assets/translations/$l.po \
-o assets/translations/$l.mo; done && .venv/bin/python -m tools.build_deb
"""


def _later(package: Path, place: Path) -> None:
    """The same package, one version on."""
    with tempfile.TemporaryDirectory(dir=FOLDER) as directory:
        tree = Path(directory) / "tree"
        do("dpkg-deb", "--raw-extract", package, tree)
        control = tree / "DEBIAN" / "control"
        version = f"Version: {build_deb.field(package, 'Version')}"
        control.write_text(
            control.read_text().replace(version, version.replace(": ", f": {LATER}"))
        )
        do("dpkg-deb", "--root-owner-group", "-Zxz", "-z0", "--build", tree, place)


LATER = "99~"


if __name__ == "__main__":
    sys.exit(main())
