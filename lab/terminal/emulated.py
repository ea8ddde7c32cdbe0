"""The emulated machine of a terminal: its panel, its touches and keys, its sockets, its power."""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from io import RawIOBase
from pathlib import Path
from typing import Any

from PIL import Image

from lab import initrd
from lab.debian import Unpacked
from lab.guest.qmp import Monitor
from lab.machine import QEMU
from lab.terminal.second_screen import SecondScreen
from tools.trial import WrongError, until

INIT = Path(__file__).parent / "init"
MODULES = (
    *(
        "virtio_pci",
        "virtio_blk",
        "crc32c_generic",
        "ext4",
        "9pnet_virtio",
        "9p",
        "overlay",
        "virtio_console",
    ),
    *("virtio_net", "virtio_rng", "virtio_gpu", "virtio_input", "evdev", "i6300esb", "xhci-pci"),
    "bochs",
)
MEMORY_MB = 2560
SAME = 0.03
"""Two pictures of a page differ in at most this share of their pixels: a clock, a spinner."""
_UNLIKE = 64  # of 255: two colours, and not two shades of one edge
_FULL = 0x7FFF  # QEMU's scale of an axis
KVM, KVM_S = Path("/dev/kvm"), 4.0
DEBIAN_WORDS = "console=ttyS0 quiet panic=-1 mitigations=off net.ifnames=0"


def accelerated(kernel: Path) -> bool:
    """Whether KVM runs ``kernel`` here. A kernel without a root comes to its end in a second; below
    some hypervisors it never does."""
    if not KVM.exists():
        return False
    words = (*_basics(kernel, kvm=True), "-append", "panic=-1", "-serial", "none", "-m", "512")
    try:
        quiet = subprocess.DEVNULL
        ended = subprocess.run(words, stdout=quiet, stderr=quiet, timeout=KVM_S, check=False)
    except subprocess.TimeoutExpired:
        return False
    return ended.returncode == 0


def _basics(kernel: Path, *, kvm: bool) -> tuple[str, ...]:
    fast = ("-accel", "kvm", "-cpu", "host") if kvm else ("-accel", "tcg,thread=multi")
    model = () if kvm else ("-cpu", "Westmere")
    alone = ("-nodefaults", "-display", "none", "-no-reboot")
    return (QEMU, "-machine", "q35", *fast, *model, *alone, "-kernel", str(kernel))


class EmulatedTerminal:
    """One run of the machine, from power on to :meth:`cut_power`.

    ``disks``: its root, and what it keeps; ``given``: files over its root; ``card``: the line to
    its ID card reader, a pty; ``panel``: width and height as built. ``plain``: the graphics card
    has one output and shows its memory as it is. ``folder`` gets ``console.txt``.
    """

    def __init__(
        self,
        parts: Unpacked,
        folder: Path,
        disks: Sequence[Path],
        given: Path,
        card: str,
        panel: tuple[int, int],
        *,
        kvm: bool,
        plain: bool = False,
    ) -> None:
        self._folder = folder
        self._plain = plain
        self.size = panel
        self._sockets = folder / "sockets"
        shutil.rmtree(self._sockets, ignore_errors=True)
        self._sockets.mkdir(parents=True)
        initrd.write(folder / "initrd", parts.modules, parts.busybox, INIT, MODULES)
        self.began = time.monotonic()
        self._process = subprocess.Popen(
            self._command(parts, disks, given, card, kvm=kvm), stdin=subprocess.DEVNULL
        )
        self._lines: list[socket.socket] = []
        self._monitor = Monitor(self._line("qmp"))
        self._agent: _Agent | None = None
        self._moved = False

    def _command(
        self, parts: Unpacked, disks: Sequence[Path], given: Path, card: str, *, kvm: bool
    ) -> list[str]:
        share = "security_model=none,multidevs=remap,readonly=on"
        root, state = disks
        sockets = [
            part
            for name in ("qmp", "agent")
            for part in (
                "-chardev",
                f"socket,id={name},path={self._sockets / name},server=on,wait=off",
            )
        ]
        return [
            *_basics(parts.kernel, kvm=kvm),
            *("-smp", "2", "-m", str(MEMORY_MB)),
            *("-initrd", str(self._folder / "initrd"), "-append", DEBIAN_WORDS),
            *("-serial", f"file:{self._folder / 'console.txt'}", "-monitor", "none"),
            *("-drive", f"file={root},format=raw,if=virtio,readonly=on"),
            *("-drive", f"file={state},format=raw,if=virtio,cache=directsync"),
            *("-virtfs", f"local,path={given},mount_tag=given,{share}"),
            *("-virtfs", f"local,path={parts.modules.parent},mount_tag=modules,{share}"),
            *self._graphics(),
            *("-device", "virtio-tablet-pci", "-device", "virtio-keyboard-pci"),
            *("-device", "virtio-rng-pci", "-device", "i6300esb", "-action", "watchdog=reset"),
            *("-netdev", "user,id=net,restrict=off", "-device", "virtio-net-pci,netdev=net"),
            *sockets,
            *("-mon", "chardev=qmp,mode=control", "-device", "virtio-serial-pci"),
            *("-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"),
            *("-device", "qemu-xhci,id=usb", "-chardev", f"serial,id=card,path={card}"),
            *("-device", "usb-serial,chardev=card,bus=usb.0"),
        ]

    def _graphics(self) -> tuple[str, ...]:
        wide, high = self.size
        if self._plain:
            return "-device", f"bochs-display,id=gpu,xres={wide},yres={high},vgamem=64M"
        second = ("-vnc", f"unix:{self._sockets / 'second'},display=gpu,head=1")
        return "-device", f"virtio-gpu-pci,id=gpu,xres={wide},yres={high},max_outputs=2", *second

    def _line(self, name: str) -> RawIOBase:
        line = socket.socket(socket.AF_UNIX)

        def there() -> bool:
            if self._process.poll() is not None:
                raise WrongError("QEMU ended at once")
            with contextlib.suppress(OSError):
                line.connect(str(self._sockets / name))
                return True
            return False

        until(there, f"QEMU opens no {name}")
        self._lines.append(line)
        return socket.SocketIO(line, "rw")

    # -- the screen, the finger, the keys -----------------------------------------------------

    def picture(self) -> Image.Image:
        """What the panel shows."""
        path = self._folder / "screen.ppm"
        self._monitor.ask("screendump", filename=str(path))
        with Image.open(path) as image:
            return image.convert("RGB")

    def touch(self, x: int, y: int) -> None:
        """Touch the panel at a pixel of it, as it is built."""
        wide, high = self.size
        for axis, value, most in (("x", x, wide), ("y", y, high)):
            self._input("abs", axis=axis, value=round(value * _FULL / most))
        for down in (True, False):
            self._input("btn", button="left", down=down)
            time.sleep(0.05)

    def move(self) -> None:
        """Move the pointer in the upper corner, where no page has anything, to and fro."""
        self._moved = not self._moved
        self._input("abs", axis="x", value=40 * self._moved)
        self._input("abs", axis="y", value=0)

    def _input(self, kind: str, **data: Any) -> None:
        self._monitor.ask("input-send-event", events=[{"type": kind, "data": data}])

    def keys(self, *names: str) -> None:
        """Press these keys together (QEMU's names), and let them go."""
        held = [{"type": "qcode", "data": name} for name in names]
        self._monitor.ask("send-key", keys=held, **{"hold-time": 100})
        time.sleep(0.2)

    # -- sockets and power --------------------------------------------------------------------

    def plug(self, driver: str, **properties: Any) -> None:
        """Plug a USB device in; ``id`` names it."""
        self._monitor.ask("device_add", driver=driver, bus="usb.0", **properties)

    def second_screen(self) -> SecondScreen:
        """Plug a second screen in."""
        return SecondScreen(self._sockets / "second", 1280, 720)

    def pull(self, device: str) -> None:
        """Pull a device out."""
        self._monitor.pull(device)

    def add_medium(self, name: str, path: Path) -> None:
        """Make a file what a stick holds."""
        backing = {"driver": "file", "filename": str(path)}
        self._monitor.ask("blockdev-add", driver="raw", **{"node-name": name}, file=backing)

    def cut_power(self) -> None:
        """Nothing is written any more; the machine is gone."""
        self._process.kill()
        self._process.wait()
        for line in self._lines:
            line.close()

    # -- what the machine says of itself ------------------------------------------------------

    def run(self, *words: str, fails: bool | None = False) -> str:
        """What ``words`` say in the machine, as root. ``fails``: whether they end with another
        status than 0; None: either."""
        if self._agent is None:
            self._agent = _Agent(self._line("agent"))
        code, said = self._agent.run(*words)
        if fails is not None and bool(code) != fails:
            raise WrongError(f"{' '.join(words)} ended with {code}: {said[-600:]}")
        return said


class _Agent:
    """QEMU's guest agent (qemu-ga): runs commands in the machine."""

    def __init__(self, line: RawIOBase) -> None:
        self._line, self._come = line, b""

    def run(self, *words: str) -> tuple[int, str]:
        """Exit status and output of ``words``."""
        call = {"path": words[0], "arg": words[1:], "capture-output": True}
        number = self._ask("guest-exec", **call)["pid"]
        while not (seen := self._ask("guest-exec-status", pid=number))["exited"]:
            time.sleep(0.1)
        output = b"".join(base64.b64decode(seen.get(name, "")) for name in ("out-data", "err-data"))
        return int(seen.get("exitcode", 255)), output.decode("utf-8", "replace")

    def _ask(self, command: str, **arguments: Any) -> Any:
        self._line.write(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while b"\n" not in self._come:
            self._come += self._line.read(4096) or b""
        line, _, self._come = self._come.partition(b"\n")
        answer = json.loads(line)
        if "error" in answer:
            raise WrongError(f"{command}: {answer['error']['desc']}")
        return answer["return"]


def unlike(one: Image.Image, other: Image.Image) -> float:
    """In what share of their pixels two pictures differ; 1.0 where their sizes do."""
    import numpy as np

    if one.size != other.size:
        return 1.0
    pair = (np.asarray(each.convert("RGB"), dtype=np.int16) for each in (one, other))
    first, second = pair
    return float((np.abs(first - second).max(axis=2) > _UNLIKE).mean())
