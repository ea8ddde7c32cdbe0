"""A process that is started apart and tells what it is, for the tests of its start."""

import ctypes
import json
import os
import resource
import signal
import socket
import sys
import time
from pathlib import Path

from drivers.hosting.apart import end_with, is_dumpable, keep_memory_private
from tests.faults.preloads import random_numbers

_PR_GET_PDEATHSIG = 2


def main(end: int, parent: int, *, dumpable: bool) -> None:
    """Say what this process is, then do what the other end says: end, fail, die, or wait."""
    end_with(parent)
    keep_memory_private(dumpable=dumpable)
    with socket.socket(fileno=end) as line:
        line.sendall(json.dumps(_facts(end)).encode() + b"\n")
        match line.recv(100):
            case b"fail":
                raise ValueError("张三")
            case b"leave":
                sys.exit(0)
            case b"crash":
                os.kill(os.getpid(), signal.SIGSEGV)
            case b"wait":
                time.sleep(999)


def _facts(end: int) -> dict[str, object]:
    status = Path("/proc/self/status").read_text().splitlines()
    kept = ("SigBlk", "SigIgn", "SigCgt", "Umask", "Threads", "PPid", "NSpgid")
    leash = ctypes.c_int()
    ctypes.CDLL(None).prctl(_PR_GET_PDEATHSIG, ctypes.byref(leash), 0, 0, 0)
    return {
        "pid": os.getpid(),
        "status": {
            name: value.strip()
            for name, _, value in (line.partition(":") for line in status)
            if name in kept
        },
        "descriptors": {fd: os.readlink(f"/proc/self/fd/{fd}") for fd in ("0", "1", "2", str(end))},
        "count": len(os.listdir("/proc/self/fd")) - 1,  # without the one that lists
        "command": Path("/proc/self/cmdline").read_bytes().rstrip(b"\0").decode().split("\0"),
        "environment": sorted(Path("/proc/self/environ").read_text().rstrip("\0").split("\0")),
        "leash": leash.value,
        "dumpable": is_dumpable(),
        "cores": resource.getrlimit(resource.RLIMIT_CORE),
        "random": random_numbers(),
        "interval": sys.getswitchinterval(),
        "folder": os.getcwd(),
    }
