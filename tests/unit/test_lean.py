"""What a process gives back after its imports, and that it goes on as before."""

import json
import subprocess
import sys

from kiosk.keeper import lean

PROGRAM = r"""
import json, sys
import PySide6.QtQuick
from kiosk.keeper.lean import grow_lean

def figures():
    lines = (line.split() for line in open("/proc/self/smaps_rollup") if line.endswith("kB\n"))
    return {name[:-1]: int(size) for name, size, _ in lines}

before = figures()
grow_lean()
after = figures()
from PySide6.QtQml import QQmlExpression  # reads, and calls into, what was given back
from PySide6.QtQuick import QQuickItem
item = QQuickItem(width=7)
import decimal, ssl
json.dump([before, after, item.width()], sys.stdout)
"""


def test_pages_of_libraries_are_given_back_and_read_again() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    before, after, width = json.loads(done.stdout)
    files = [each["Rss"] - each["Anonymous"] for each in (before, after)]
    assert files[1] < files[0] / 2
    assert after["Anonymous"] < before["Anonymous"] + 4_000, "nothing of its own was lost or copied"
    assert width == 7


def test_what_a_process_has_written_to_is_kept_also_in_swap() -> None:
    def mapping(first: int, anonymous: int, swapped: int) -> str:
        head = f"{first:x}-{first + 4096:x} r--p 00000000 fe:00 1234    /usr/lib/libx.so"
        return (
            f"{head}\nRss:    4 kB\nAnonymous:    {anonymous} kB\nSwap:    {swapped} kB\n"
            "SwapPss:    0 kB\nVmFlags: rd mr mw me\n"
        )

    smaps = mapping(0x1000, 0, 0) + mapping(0x2000, 4, 0) + mapping(0x3000, 0, 4)
    assert lean._untouched(smaps.splitlines(keepends=True)) == [(0x1000, 0x2000)]
