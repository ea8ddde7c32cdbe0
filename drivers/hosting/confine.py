"""Takes from a process what it does not need: privileges, files, programs, TCP (landlock(7))."""

from __future__ import annotations

import ctypes
import os
import resource
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass

_PR_SET_NO_NEW_PRIVS = 38
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on x86-64 and aarch64
_VERSION = 1
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_CHANGE = _WRITE_FILE | sum(1 << bit for bit in range(4, 13))  # remove and make, of every kind
_READ = _READ_FILE | _READ_DIR
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
_BIND, _CONNECT = 1 << 0, 1 << 1
_ABI_OF_REFER, _ABI_OF_TRUNCATE, _ABI_OF_TCP = 2, 3, 4


@dataclass(frozen=True, slots=True)
class ProcessNeeds:
    """What a process needs; it may do no more, and nothing that it starts may.

    ``reads``, ``writes`` and ``runs`` are files and directories with all that lies in them; a path
    that is not there is left out. ``reads`` is None where every file may be read. ``connects``:
    whether connections over TCP may be made; none may ever be waited for. ``files`` is how many
    descriptors may be open, ``grows`` whether any file may be written to.
    """

    reads: tuple[str, ...] | None = None
    writes: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    connects: bool = False
    files: int = 1024
    grows: bool = True


LIBRARIES = ("/usr", "/etc", "/lib", "/lib64", "/proc/self", "/dev/null", "/dev/urandom")
"""Where the system keeps programs, libraries and how they are set up."""


PASSING = ("/dev", "/run", "/tmp", "/var/tmp", "/proc", "/sys")  # noqa: S108 - no file is made here
"""Devices, and where nothing outlives a restart."""


def of_python() -> tuple[str, ...]:
    """Where this interpreter finds its modules."""
    return (sys.prefix, sys.base_prefix, *(path for path in sys.path if path))


def confine(needs: ProcessNeeds, *, wanted: bool = True) -> str:
    """Leave this process what ``needs`` names. To be called before it has a second thread.

    Returns why the kernel does not confine the process, or an empty string. Raises ``OSError``
    where the kernel should, and does not. Does nothing unless ``wanted``: a process that is looked
    into, debugged or measured writes its findings.
    """
    if not wanted:
        return ""
    _check(ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = needs.files if most == resource.RLIM_INFINITY else min(needs.files, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    if not needs.grows:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    abi = landlock()
    if not abi:
        return "the kernel has no landlock"
    rules = _ruleset(needs, abi)
    try:
        _check(_call(_RESTRICT_SELF, rules, 0))
    finally:
        os.close(rules)
    return ""


def landlock() -> int:
    """The version of the kernel's landlock; 0: it has none, or it is switched off."""
    return max(0, _call(_CREATE_RULESET, None, 0, _VERSION))


def _ruleset(needs: ProcessNeeds, abi: int) -> int:
    """The descriptor of the rules of ``needs``, for a kernel with the version ``abi``."""
    change = _CHANGE | (_TRUNCATE if abi >= _ABI_OF_TRUNCATE else 0)
    handled = change | _EXECUTE | (_REFER if abi >= _ABI_OF_REFER else 0)
    handled |= _READ if needs.reads is not None else 0
    words = [handled]
    if abi >= _ABI_OF_TCP:
        words.append(_BIND if needs.connects else _BIND | _CONNECT)
    asked = struct.pack(f"{len(words)}Q", *words)
    rules = _check(_call(_CREATE_RULESET, asked, len(asked), 0))
    _allow(rules, needs.writes, handled & (change | _READ | _REFER))
    _allow(rules, needs.runs, handled & (_EXECUTE | _READ))
    _allow(rules, needs.reads or (), handled & _READ)
    return rules


def _allow(rules: int, paths: Iterable[str], access: int) -> None:
    for path in paths:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            mine = access if os.path.isdir(path) else access & _OF_A_FILE
            if mine:
                rule = struct.pack("=Qi", mine, place)
                _check(_call(_ADD_RULE, rules, _PATH_BENEATH, rule, 0))
        finally:
            os.close(place)


def _call(number: int, *given: int | bytes | None) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    wide = [ctypes.c_long(each) if isinstance(each, int) else each for each in given]
    return int(libc.syscall(ctypes.c_long(number), *wide))


def _check(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
