"""Which programs run, and which of them holds a device file (Linux ``/proc``)."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

_PROC = Path("/proc")
_PEER, _INODE = 2, 9  # columns of /proc/net/tcp
_OURS = ("run", "visit")
DEFAULT_SETTINGS = Path("/etc/kiosk/terminal.toml")
_UNTOLD = ("drivers.hosting.child", "kiosk.keeper.nursery")
"""The process of a driver, and what a visit forks it from: neither was told the settings."""
_MODULES = (*_UNTOLD, "kiosk.keeper.forking")
"""Beside them, what the keeper forks its visits from: a forked process keeps the words of the
process it was forked from."""


@dataclass(frozen=True, slots=True)
class Process:
    """A program that runs, with the words it was started with."""

    pid: int
    command: tuple[str, ...]

    @property
    def name(self) -> str:
        return Path(self.command[0]).name if self.command else ""

    def reads(self, settings: Path) -> bool:
        """Whether a keeper or a visit was started with this file of settings."""
        if any(module in word for word in self.command for module in _UNTOLD):
            return False
        options = [word.partition("=") for word in self.command]
        if any(option == "--settings" for option, _, _ in options):
            return str(settings) in self.command or ("--settings", "=", str(settings)) in options
        return settings == DEFAULT_SETTINGS

    @property
    def is_terminal(self) -> bool:
        """Whether the process is a keeper, a visit, or the process of a driver of a visit."""
        if any(module in word for word in self.command for module in _MODULES):
            return True
        words = [Path(word).name for word in self.command]
        return any(first == "kiosk" and then in _OURS for first, then in pairwise(words))


def terminal_of(settings: Path) -> Process | None:
    """A process of the terminal that runs by this file of settings; ``None`` when none runs."""
    return next((one for one in all_running() if one.is_terminal and one.reads(settings)), None)


def user_of(pid: int) -> int | None:
    """The number of the user a process runs as; ``None`` when it has ended."""
    try:
        return (_PROC / str(pid)).stat().st_uid
    except OSError:
        return None


def environment(pid: int) -> dict[str, str]:
    """The environment a process was started with; empty when it may not be read."""
    try:
        raw = (_PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return {}
    pairs = (os.fsdecode(one).partition("=") for one in raw.split(b"\0") if b"=" in one)
    return {name: value for name, _, value in pairs}


def of(pid: int) -> Process | None:
    """The process with this number; None when none runs."""
    try:
        words = (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return None
    return Process(pid, tuple(os.fsdecode(word) for word in words.split(b"\0") if word))


def all_running() -> Iterator[Process]:
    """Every program that runs now, kernel threads left out."""
    for path in _PROC.iterdir():
        if path.name.isdecimal():
            process = of(int(path.name))
            if process is not None and process.command:
                yield process


def first_running(*names: str) -> str:
    """The first of these programs that runs; "" when none does."""
    there = {process.name for process in all_running()}
    return next((name for name in names if name in there), "")


def holders(path: Path) -> Iterator[Process]:
    """The other processes that have the device file open, without those of another user, whose
    files we may not see."""
    return _who_have({str(path.resolve())})


def callers(host: str, port: int) -> Iterator[Process]:
    """The other processes that are connected to this address (proc(5), ``/proc/net/tcp``; IPv4)."""
    try:
        address = socket.inet_aton(socket.gethostbyname(host))
    except OSError:
        return iter(())
    wanted = f"{int.from_bytes(address, sys.byteorder):08X}:{port:04X}"
    lines = [line.split() for line in (_PROC / "net/tcp").read_text().splitlines()[1:]]
    sockets = {f"socket:[{line[_INODE]}]" for line in lines if line[_PEER] == wanted}
    return _who_have(sockets)


def _who_have(targets: set[str]) -> Iterator[Process]:
    for process in all_running():
        if process.pid == os.getpid():
            continue
        try:
            open_files = list((_PROC / str(process.pid) / "fd").iterdir())
        except OSError:
            continue  # the process has ended, or is another user's
        if any(_target(file) in targets for file in open_files):
            yield process


def _target(file: Path) -> str:
    try:
        return os.readlink(file)
    except OSError:
        return ""  # closed meanwhile
