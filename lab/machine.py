"""The emulated machine: QEMU with its chardevs, and the TPM emulator."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from lab import initrd
from lab.debian import Unpacked

REPO = Path(__file__).parents[1]
QEMU = "qemu-system-x86_64"
SWTPM = "swtpm"
MEMORY_MB = 3072


def boot(parts: Unpacked, folder: Path, seconds: float) -> bool:
    """Run the guest until it switches itself off; False if it has not within ``seconds``.

    ``folder`` gets ``console.txt`` and the directory ``out``, into which the guest writes.
    """
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    initrd.write(folder / "initrd", parts.modules, parts.busybox)
    sockets = folder / "sockets"
    shutil.rmtree(sockets, ignore_errors=True)
    sockets.mkdir()
    with _tpm(folder / "tpm", sockets / "tpm") as tpm:
        try:
            machine = subprocess.Popen(_command(parts, folder, out, sockets))
            return _ended(machine, seconds)
        finally:
            tpm.terminate()


def _ended(machine: subprocess.Popen[bytes], seconds: float) -> bool:
    with machine:
        try:
            machine.wait(seconds)
        except subprocess.TimeoutExpired:
            machine.kill()
            return False
    return machine.returncode == 0


def _tpm(state: Path, socket: Path) -> subprocess.Popen[bytes]:
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir()
    return subprocess.Popen(
        [
            SWTPM,
            "socket",
            "--tpm2",
            "--tpmstate",
            f"dir={state}",
            "--ctrl",
            f"type=unixio,path={socket}",
        ]
    )


def _command(parts: Unpacked, folder: Path, out: Path, sockets: Path) -> list[str]:
    # A checkout's .venv may be a link: only the folder behind the link is mounted into the guest.
    python = Path(sys.prefix).resolve() / "bin" / "python"
    words = f"console=ttyS0 quiet panic=-1 mitigations=off repo={REPO} python={python}"
    share = "security_model=none,multidevs=remap"
    # Each pair of chardevs is a loop through a socket outside: bytes that the guest writes to its
    # virtio port arrive at the far end of the device, so the tests inside drive the whole lab.
    loops = [
        part
        for name in ("qmp", "serial", "card")
        for part in (
            *("-chardev", f"socket,id={name},path={sockets / name},server=on,wait=off"),
            *("-chardev", f"socket,id={name}-end,path={sockets / name}"),
            *("-device", f"virtserialport,chardev={name}-end,name={name}"),
        )
    ]
    return [
        *(QEMU, "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "Westmere"),
        *("-smp", "2", "-m", str(MEMORY_MB), "-nodefaults", "-display", "none", "-no-reboot"),
        *("-serial", f"file:{folder / 'console.txt'}", "-monitor", "none", "-net", "none"),
        *("-kernel", str(parts.kernel), "-initrd", str(folder / "initrd"), "-append", words),
        *("-virtfs", f"local,path=/,mount_tag=host,readonly=on,{share}"),
        *("-virtfs", f"local,path={parts.root},mount_tag=extra,readonly=on,{share}"),
        *("-virtfs", f"local,path={out},mount_tag=out,{share}"),
        *("-device", "virtio-serial-pci", *loops, "-mon", "chardev=qmp,mode=control"),
        *("-device", "qemu-xhci,id=usb"),
        *("-chardev", f"socket,id=tpm,path={sockets / 'tpm'}"),
        *("-tpmdev", "emulator,id=tpm0,chardev=tpm", "-device", "tpm-tis,tpmdev=tpm0"),
    ]
