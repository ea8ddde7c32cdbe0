"""What is tried on the emulated terminal: boot, the main job by taps, keys, sticks, a power cut."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

import requests
from PIL import Image

from drivers.device import Kind
from drivers.emulators.rig import Remote
from kiosk.workshop import demo
from kiosk.workshop.demo import DemoPlace
from kiosk.workshop.robots import FAILED_FILE
from kiosk.workshop.sandbox import personas
from lab.debian import Unpacked
from lab.report import Case
from lab.terminal import given, image
from lab.terminal.emulated import SAME, EmulatedTerminal, accelerated, unlike
from lab.terminal.reference import BUTTONS
from lab.terminal.setup_reference import SHOT
from tools.trial import OF_EXPOSURE, PATIENCE_S, WrongError, exposed, until

PERSON = personas.load()["P01"]
GIVEN, BARE = "given", "bare"
"""What lies over the machine's root: a terminal's settings and certificates, or neither."""
BOOT_S, LOOK_S, REFERENCE_S = 180.0, 0.7, 120.0
KEYS = (
    ("ctrl", "alt", "f1"),
    ("ctrl", "alt", "f2"),  # after F1, which leads back to cage; no display is there
    ("alt", "f4"),
    ("alt", "esc"),
    ("alt", "tab"),
    ("ctrl", "alt", "backspace"),
    ("ctrl", "alt", "delete"),
    ("alt", "sysrq", "b"),
    ("alt", "sysrq", "i"),
    ("print",),
    ("menu",),
    ("meta_l",),
    ("f11",),
    ("power",),
    ("sleep",),
)
"""Combinations that lead somewhere on a desk."""


class Reference:
    """The main job as this machine drew it: a picture for each shot, and its buttons."""

    def __init__(self, out: Path) -> None:
        self.pictures: dict[str, Image.Image] = {}
        self.buttons: dict[str, dict[str, list[int]]] = {}
        for path in sorted(out.glob("1-*.png")):
            with Image.open(path) as image:
                self.pictures[path.stem.split("-", 2)[2]] = image.convert("RGB")
        for line in (out / BUTTONS).read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            self.buttons[told["shot"]] = told["buttons"]


def recorded(place: DemoPlace, out: Path, log: Path) -> Reference:
    """Draw the reference into ``out``. Raises ``RuntimeError`` where the main job cannot be played
    here. Not beside the terminal: both would speak to the one ID card reader."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    words = (str(given.reference(place)), str(out), str(place.desk), place.centre)
    with log.open("wb") as told:
        played = _drawn("reference", words, told) and not (out / FAILED_FILE).exists()
        played = played and _drawn("setup_reference", (str(out),), told)
    if not played:
        raise RuntimeError(f"the main job and setup were not played here: {log}")
    return Reference(out)


def _drawn(module: str, words: tuple[str, ...], log: IO[bytes]) -> bool:
    """Whether a program of this folder has ended well in its time; it draws offscreen."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    options: dict[str, Any] = {"env": environment, "stdout": log, "stderr": log}
    program = (sys.executable, "-m", f"lab.terminal.{module}")
    try:
        done = subprocess.run([*program, *words], **options, timeout=REFERENCE_S, check=False)
    except subprocess.TimeoutExpired:
        log.write(f"not done in {REFERENCE_S:.0f} s: {module}\n".encode())
        return False
    return done.returncode == 0


class TerminalTrial:
    """A citizen and a passer-by before the terminal. Every try becomes a :class:`Case`."""

    def __init__(self, place: DemoPlace, folder: Path, server: str = "cage") -> None:
        self._place, self._folder = place, folder
        self.cases: list[Case] = []
        self.figures: dict[str, float] = {}
        self._hardware = Remote(place.desk)
        self._http = requests.Session()
        self._http.trust_env = False  # no proxy: the stand-in centre runs on this machine
        self.reference: Reference
        self.machine: EmulatedTerminal
        self.screen = _SCREENS[server]
        self._seen = ""

    def close(self) -> None:
        self._http.close()
        self._hardware.close()

    def tries(self, test: str, what: Callable[[], object]) -> bool:
        """Try ``what``, and note it. A failure leaves a picture of the screen, and the log."""
        began = time.monotonic()
        why = ""
        try:
            what()
        except (WrongError, AssertionError, OSError, RuntimeError, KeyError) as error:
            why = f"{type(error).__name__}: {error}"
            with suppress(OSError, WrongError):  # QEMU has ended, or nothing runs in the machine
                self.machine.picture().save(self._folder / f"failed-{test}.png")
                log = self.machine.run("journalctl", "--no-pager", "--lines=300", fails=None)
                (self._folder / f"failed-{test}.txt").write_text(log, encoding="utf-8")
        seconds = round(time.monotonic() - began, 2)
        self.cases.append(Case("terminal", test, "terminal", not why, seconds))
        print(f"  {test.replace('_', ' ')}: {why or f'{seconds:.0f} s'}", flush=True)
        return not why

    # -- the screen ---------------------------------------------------------------------------

    def see(self, shot: str, seconds: float = PATIENCE_S, most: float = SAME) -> None:
        """Wait until the panel shows what this machine drew, but for this share of its pixels, and
        is more like that than like the page seen before: two pages may differ in a number alone."""
        least = 1.0
        end = time.monotonic() + seconds

        def holds() -> bool:
            nonlocal least
            # cage 0.1 answers a frame without damage only with the next one that has some; on a
            # processor as slow as an emulated one Qt waits for that. A pointer that moves is some.
            self.machine.move()
            shown = self._upright()
            share = self._otherwise(shown, shot, shot)
            least = min(least, share)
            if share > most:
                return False
            return self._seen in ("", shot) or share < self._otherwise(shown, self._seen, shot)

        while not holds():
            if time.monotonic() > end:
                raise WrongError(f"{shot} is not shown: {least:.1%} are otherwise")
            time.sleep(LOOK_S)
        self._seen = shot

    def _otherwise(self, shown: Image.Image, shot: str, parts_of: str) -> float:
        """In what share of its pixels ``shown`` differs from ``shot``, where ``parts_of`` always
        looks the same."""
        wanted = self.reference.pictures[shot]
        parts = _STANDING.get(parts_of, ((0, 0, *wanted.size),))
        return max(unlike(shown.crop(part), wanted.crop(part)) for part in parts)

    def _upright(self) -> Image.Image:
        """The panel's picture as the citizen sees it: a panel that was built wide hangs turned
        clockwise."""
        picture = self.machine.picture()
        lies = picture.width > picture.height
        return picture.transpose(Image.Transpose.ROTATE_270) if lies else picture

    def tap(self, shot: str, *names: str) -> None:
        """Touch these buttons of the page, one after another."""
        for name in names:
            x, y = self.reference.buttons[shot][name]
            wide, high = self.machine.size
            lies = wide > high
            self.machine.touch(*((y, high - x) if lies else (x, y)))
            time.sleep(0.3)

    # -- the machine --------------------------------------------------------------------------

    def shows_setup(self) -> None:
        """A machine that was just installed, and has no settings."""
        self.see(SHOT, BOOT_S)
        self.figures["boot to setup, s"] = time.monotonic() - self.machine.began
        assert self._activity("kiosk") == "inactive", "the terminal started beside setup"
        user = self.machine.run("stat", "--format=%U", "/run/kiosk-screen").strip()
        assert user == "kiosk", f"the display is {user}'s"

    def gives_the_console(self) -> None:
        """Who asks for it at setup: the display goes, and somebody may log in."""
        self.tap(SHOT, "console")
        console = "getty@tty1"
        until(lambda: self._activity(console) == "active", "no console comes", 60.0)
        until(lambda: self._activity("kiosk-screen") == "inactive", "the display stays", 60.0)

    def _activity(self, unit: str) -> str:
        return self.machine.run("systemctl", "is-active", unit, fails=None).strip()

    def comes_up(self) -> None:
        """From power on to the page that waits for a citizen."""
        self.see("attract", BOOT_S)
        self.figures["boot to attract page, s"] = time.monotonic() - self.machine.began

    def is_locked(self) -> None:
        """The units run as they were written, on a root that can only be read."""
        run = self.machine.run
        for unit in ("kiosk", self.screen, "usbguard"):
            said = self._activity(unit)
            assert said == "active", f"{unit} is {said}"
        for unit in ("getty@tty1", "getty@tty2"):
            assert self._activity(unit) == "inactive", unit
        self.figures["exposed, of 10"] = exposed(run(*OF_EXPOSURE))
        assert run("cat", "/proc/sys/kernel/sysrq").strip() == "0"
        assert run("cat", "/sys/class/watchdog/watchdog0/state").strip() == "active"
        kinds = [run("findmnt", "-no", "FSTYPE", place).strip() for place in ("/", _STATE)]
        assert kinds == ["overlay", "ext4"], kinds

    def was_confined(self) -> None:
        """AppArmor is in force, and has had nothing to refuse since the machine started."""
        keeper = self._main_process("kiosk").strip()
        label = self.machine.run("cat", f"/proc/{keeper}/attr/current").strip()
        assert label == "provident-kiosk (enforce)", label
        said = self.machine.run("journalctl", "-k", "--no-pager", "--output=cat")
        lines = [line for line in said.splitlines() if re.search(_REFUSED, line)]
        assert not lines, f"{len(lines)} refused: {lines[0]}"

    def keeps_no_journal_in_memory(self) -> None:
        """Without its own disk the journal would be lost with the power: the doctor says so."""
        inside = f"umount {_STATE}; kiosk doctor --json"
        said = self.machine.run("unshare", "--mount", "sh", "-c", inside, fails=None)
        found = {one["name"]: one for one in json.loads(said[said.index("{") :])["findings"]}
        assert found["journal"]["verdict"] == "bad", found["journal"]
        assert "overlay" in found["journal"]["seen"], found["journal"]

    # -- the citizen --------------------------------------------------------------------------

    def sign_in(self) -> None:
        self.identify()
        self.tap("enter-code", *self._messages()[0]["code"], "confirm")
        self.see("menu")

    def identify(self) -> None:
        """From the first touch to the page of the code, the card lifted again."""
        self.tap("attract", "start")
        self.see("agreement", most=_UNTICKED)
        self.tap("agreement", "tick")
        self.see("agreement")
        self.tap("agreement", "agree")
        self.see("present-card", most=_MOVING)
        before = len(self._messages())
        self._hardware.tell(Kind.ID_CARD, "put", **PERSON.card())
        until(lambda: len(self._messages()) > before, "no message comes to the phone")
        self.see("enter-code")
        self._hardware.tell(Kind.ID_CARD, "lift")

    def main_job(self) -> None:
        """From the menu to the attract page: account, ledger, certificate, slip. The papers lie on
        the printers, and are those that the reference printed."""
        sheets, slips = self._papers()
        for shot, button, then in _MAIN_JOB:
            self.tap(shot, button)
            self.see(then)
        self.see("attract")
        papers = zip((sheets, slips), self._papers(), _NUMBERED, strict=True)
        for before, now, most in papers:
            assert len(now) == len(before) + 1, f"{len(now) - len(before)} papers"
            share = unlike(_paper(now[-1]), _paper(before[0]))
            assert share <= most, f"{share:.1%} of a paper are otherwise"

    def _papers(self) -> tuple[list[bytes], list[bytes]]:
        """The sheets and the slips that have come out since the start, as pictures."""
        sheets = self._hardware.look(Kind.DOCUMENT_PRINTER)["sheets"]
        return sheets, self._hardware.look(Kind.RECEIPT_PRINTER)["slips"]

    def _messages(self) -> list[dict[str, str]]:
        answer = self._http.get(f"{self._place.centre}/sandbox/messages", timeout=10)
        found: list[dict[str, str]] = answer.json()
        return found

    # -- the passer-by ------------------------------------------------------------------------

    def keys_lead_nowhere(self) -> None:
        """The page stays, and so does the machine; also where nobody guards its sockets."""
        up = self.machine.run("cat", "/proc/sys/kernel/random/boot_id")
        screen = self._main_process(self.screen)
        console = self.machine.run("cat", "/sys/class/tty/tty0/active")
        for keys in (*KEYS, *(("ctrl", "alt", "delete"),) * 7):
            self.machine.keys(*keys)
        self.see("menu")
        assert self.machine.run("cat", "/proc/sys/kernel/random/boot_id") == up, "it started anew"
        assert self._main_process(self.screen) == screen, "the screen started anew"
        assert self.machine.run("cat", "/sys/class/tty/tty0/active") == console

    def _main_process(self, unit: str) -> str:
        return self.machine.run("systemctl", "show", "--value", "--property", "MainPID", unit)

    def second_screen_changes_nothing(self) -> None:
        """It is plugged in during the visit: the page stays whole on the panel."""
        events = self._count_of_events()
        with closing(self.machine.second_screen()):
            until(lambda: self._count_of_events() > events, "the kernel sees no second screen")
            assert self._second() == "disconnected"
            self.see("menu")

    def _count_of_events(self) -> int:
        """How often the graphics card has told of a change of its outputs."""
        said = self.machine.run("grep", "config", "/proc/interrupts")
        return sum(int(word) for word in said.split() if word.isdigit())

    def _second(self) -> str:
        return self.machine.run("cat", "/sys/class/drm/card0-Virtual-2/status").strip()

    def sockets_take_nothing(self) -> None:
        """A keyboard, a mouse, a stick and a network adapter, plugged in during the visit."""
        medium = self._folder / "stick.img"
        medium.write_bytes(b"\0" * (1 << 20))
        self.machine.add_medium("medium", medium)
        before = self.machine.run("ls", "/dev/input", "/dev/disk/by-path", "/sys/class/net")
        for driver, more in _PLUGS:
            refused = self._refusals()
            self.machine.plug(driver, id="plug", **more)
            until(partial(self._refused_since, refused), f"{driver} is let in", 60.0)
            now = self.machine.run("ls", "/dev/input", "/dev/disk/by-path", "/sys/class/net")
            assert now == before, f"{driver}: {now}"
            self.machine.pull("plug")
        self.see("menu")

    def _refused_since(self, count: int) -> bool:
        return self._refusals() > count

    def _refusals(self) -> int:
        """How often usbguard has refused a device."""
        words = ("grep", "-c", "rule='reject id", "/run/kiosk-prepare/usbguard-audit.log")
        return int(self.machine.run(*words, fails=None))

    def sticks_are_not_read_either(self) -> None:
        """Also where usbguard has ended: the kernel has no driver for them."""
        self.machine.run("systemctl", "stop", "usbguard")
        self.machine.run("sh", "-c", "echo 1 > /sys/bus/usb/devices/usb1/authorized_default")
        self.machine.run("sh", "-c", "echo 1 > /sys/bus/usb/devices/usb2/authorized_default")
        self.machine.plug("usb-storage", id="plug", drive="medium")
        until(lambda: "08" in self._usb_interfaces(), "the kernel sees no stick", 60.0)
        time.sleep(3.0)  # the kernel's driver looks at a stick a second after it has come
        assert "sda" not in self.machine.run("cat", "/proc/partitions")
        self.machine.pull("plug")
        self.machine.run("systemctl", "start", "usbguard")

    def _usb_interfaces(self) -> list[str]:
        """The class of every interface at USB, in hex; an unauthorised device has none."""
        return self.machine.run("sh", "-c", "cat /sys/bus/usb/devices/*:*/bInterfaceClass").split()

    def lost_nothing(self) -> None:
        """After a power cut in a visit: nobody's page is shown, and the journal can be read."""
        self.see("attract", BOOT_S)
        self.figures["boot after a power cut, s"] = time.monotonic() - self.machine.began
        self.machine.run("kiosk", "unresolved")
        said = self.machine.run("kiosk", "audit", "verify")
        assert said.startswith("intact"), said


def _paper(picture: bytes) -> Image.Image:
    with Image.open(io.BytesIO(picture)) as image:
        return image.convert("RGB")


_MAIN_JOB = (
    ("menu", "account", "account-hidden"),
    ("account-hidden", "eye", "account"),
    ("account", "ledger", "ledger"),
    ("ledger", "2025", "ledger-2025"),
    ("ledger-2025", "back", "account"),
    ("account", "deposit-certificate", "purpose"),
    ("purpose", "01", "preview"),
    ("preview", "print", "printed"),
    ("printed", "slip", "slip-printed"),
    ("slip-printed", "menu", "menu"),
    ("menu", "leave", "rate"),
    ("rate", "4", "farewell"),
)
"""On which page what is touched, and the page that follows."""
_STANDING = {"attract": ((520, 0, 1080, 120), (0, 1680, 1080, 1880))}
"""What of a page is always the same: the attract page tells news between, and what can be done."""
_UNTICKED = 0.12
"""The agreement was drawn with its tick, which lights a large button."""
_MOVING = 0.08
"""A card moves in the picture of how to put one down."""
_REFUSED = 'apparmor="(DENIED|ALLOWED)".*profile="provident-kiosk"'
_NUMBERED = 0.015, 0.05
"""Each sheet, and each slip, has its own number, verification code and QR code. Half a sheet of no
ink differs by more."""
_SCREENS = {"cage": "kiosk-screen", "xorg": "kiosk-openbox"}
"""The unit that shows the terminal's window, by the display server."""
_STATE = "/var/lib/kiosk"
_PLUGS: tuple[tuple[str, dict[str, str]], ...] = (
    ("usb-kbd", {}),
    ("usb-mouse", {}),
    ("usb-storage", {"drive": "medium"}),
    ("usb-net", {}),
)


def whole(trial: TerminalTrial, boot: Callable[[tuple[int, int], str], EmulatedTerminal]) -> None:
    """Try everything. ``boot`` starts the machine with a panel of so many pixels, and these files
    over its root."""
    trial.machine = boot((1080, 1920), BARE)
    try:
        if trial.tries("shows_setup", trial.shows_setup):
            trial.tries("gives_the_console", trial.gives_the_console)
    finally:
        trial.machine.cut_power()
    trial.machine = boot((1080, 1920), GIVEN)
    try:
        if not trial.tries("comes_up", trial.comes_up):
            return
        trial.tries("is_locked", trial.is_locked)
        trial.tries("keeps_no_journal_in_memory", trial.keeps_no_journal_in_memory)
        if trial.tries("sign_in", trial.sign_in):
            trial.tries("keys_lead_nowhere", trial.keys_lead_nowhere)
            trial.tries("second_screen_changes_nothing", trial.second_screen_changes_nothing)
            trial.tries("sockets_take_nothing", trial.sockets_take_nothing)
            trial.tries("sticks_are_not_read_either", trial.sticks_are_not_read_either)
            if trial.tries("main_job", trial.main_job):
                trial.tries("was_confined", trial.was_confined)
                trial.tries("the_next_citizen_comes", trial.identify)
    finally:
        trial.machine.cut_power()
    trial.machine = boot((1920, 1080), GIVEN)  # and the panel came up in its other orientation
    try:
        if trial.tries("lost_nothing", trial.lost_nothing):
            trial.tries("touch_turns_with_the_picture", partial(turned, trial))
    finally:
        trial.machine.cut_power()


def tried(parts: Unpacked, folder: Path, disk: Path, server: str) -> TerminalTrial:
    """Try everything on a machine with ``disk`` and the display server ``server``, as the settings
    name it; the files of the run lie in ``folder``. Raises :class:`CannotBuildError`, and
    ``RuntimeError`` where nothing can be played here."""
    image.empty_disk(folder / "state.img")
    # The package of the kernel leaves that to its installation.
    subprocess.run(["depmod", "-b", parts.modules.parents[3], parts.modules.name], check=True)
    kvm = accelerated(parts.kernel)
    with demo.place(headless=True) as place:
        demo.prepare(place.centre, demo.PROFILE)
        given.bare(folder / BARE, slow=not kvm)
        card = given.write(folder / GIVEN, place, slow=not kvm, server=server)
        with closing(TerminalTrial(place, folder, server)) as trial:
            trial.reference = recorded(place, folder / "reference", folder / "reference.txt")

            def boot(panel: tuple[int, int], files: str) -> EmulatedTerminal:
                disks = (disk, folder / "state.img")
                # The X server of Debian 12 does not send a turned picture to a virtio card.
                plain = server == "xorg" and panel[0] > panel[1]
                return EmulatedTerminal(
                    *(parts, folder, disks, folder / files, card, panel), kvm=kvm, plain=plain
                )

            whole(trial, boot)
            return trial


def turned(trial: TerminalTrial) -> None:
    """A panel that lies is turned by its output, and its touches with it."""
    trial.tap("attract", "start")
    trial.see("agreement", most=_UNTICKED)
