"""Face detectors side by side, each in a process of its own: its time, its memory, on a quarter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from kiosk.workshop.bench.figures import BenchError, Figure, Name, NotMeasured
from kiosk.workshop.bench.peer.throttle import throttled

OURS = ("blazeface", "yunet")
PEERS = ("haar", "haar_alt2", "haar_profile")
"""Cascades of OpenCV's own package: what many programs still find faces by."""
DETECTORS = (*OURS, *PEERS)
RATE = 15.0
"""Pictures a second, as a capture judges them."""
NAMES: Mapping[str, Name] = {
    f"face_{what}_{detector}": Name(unit)
    for detector in DETECTORS
    for what, unit in (("find", "ms"), ("find_quarter", "ms"), ("cpu", "%"), ("memory", "MB"))
}
"""Of each: milliseconds a picture, and with a quarter of the processor; processor time at
:data:`RATE`; the memory that it adds to a process with OpenCV."""
_PROGRAM = f"import sys; from {__name__} import main; main(*sys.argv[1:])"
_WITHOUT = NotMeasured("its model is not here")
_CASCADES = {
    "haar": "haarcascade_frontalface_default.xml",
    "haar_alt2": "haarcascade_frontalface_alt2.xml",
    "haar_profile": "haarcascade_profileface.xml",
}


def measured(
    folders: Sequence[Path], portrait: Path, seconds: float
) -> dict[str, Figure | NotMeasured]:
    """The figures of every detector, on the same drawn pictures; models lie in ``folders``."""
    found: dict[str, Figure | NotMeasured] = {}
    for detector in DETECTORS:
        found |= _measured(detector, folders, portrait, seconds)
    return found


def _measured(
    detector: str, folders: Sequence[Path], portrait: Path, seconds: float
) -> dict[str, Figure | NotMeasured]:
    from kiosk.workshop.bench.visits import pss_mb  # not in the process of a detector, see `main`

    names = {what: f"face_{what}_{detector}" for what in ("find", "find_quarter", "cpu", "memory")}
    command = [sys.executable, "-c", _PROGRAM, detector, str(portrait), *map(str, folders)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        answers = process.stdout
        try:
            _heard(answers)
            before = pss_mb(process.pid)
            if not _told(process.stdin, answers, 0.0, 0.0):
                return dict.fromkeys(names.values(), _WITHOUT)
            memory = pss_mb(process.pid) - before
            spent = processor_s(process.pid)
            took = _told(process.stdin, answers, seconds, RATE)
            cpu = (processor_s(process.pid) - spent) / len(took) * RATE * 100
            with throttled(0.25, lambda: [process.pid]):
                slow = _told(process.stdin, answers, seconds, RATE)
        finally:
            process.kill()
    return {
        names["find"]: Figure(tuple(took)),
        names["find_quarter"]: Figure(tuple(slow)),
        names["cpu"]: Figure((cpu,)),
        names["memory"]: Figure((memory,)),
    }


def _told(orders: IO[str], answers: IO[str], seconds: float, rate: float) -> list[float]:
    orders.write(json.dumps([seconds, rate]) + "\n")
    orders.flush()
    return _heard(answers)


def _heard(answers: IO[str]) -> list[float]:
    line = answers.readline()
    if not line:
        raise BenchError("the process of a detector has died")
    took: list[float] = json.loads(line)
    return took


# -- of a process ---------------------------------------------------------------------------------


def processor_s(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# -- the process of one detector ------------------------------------------------------------------


def main(detector: str, portrait: str, *folders: str) -> None:
    """Draw the pictures; then at each line of input, ``[seconds, rate]``, find the faces in as many
    of them, and tell the milliseconds of each in a line. Without a model, an empty list."""
    from drivers.emulators.face_scene import Actor, FaceScene
    from drivers.emulators.films import one_thread

    one_thread()
    scene, actor = FaceScene(Path(portrait)), Actor(1)
    pictures = [scene.picture("live", actor.look(number / 12)) for number in range(10)]
    print("[]", flush=True)
    sys.stdin.readline()
    find = _made(detector, [Path(folder) for folder in folders])
    if find is None:
        print("[]", flush=True)
        return
    print(json.dumps(_found(find, pictures, len(pictures), 1000.0)), flush=True)
    for line in sys.stdin:
        seconds, rate = json.loads(line)
        print(json.dumps(_found(find, pictures, max(1, round(seconds * rate)), rate)), flush=True)


def _found(
    find: Callable[[Any], object], pictures: Sequence[Any], many: int, rate: float
) -> list[float]:
    took: list[float] = []
    due = time.monotonic()
    for number in range(many):
        begun = time.perf_counter()
        find(pictures[number % len(pictures)])
        took.append((time.perf_counter() - begun) * 1000)
        due = max(due + 1 / rate, time.monotonic() - 1.0)
        time.sleep(max(0.0, due - time.monotonic()))
    return took


def _made(detector: str, folders: Sequence[Path]) -> Callable[[Any], object] | None:
    from drivers.emulators.films import haar
    from kiosk.identity.face.landmarks import BlazeFace, YuNet
    from kiosk.identity.face.models import BLAZEFACE, YUNET, verified_bytes

    if cascade := _CASCADES.get(detector):
        return haar(cascade)
    file = BLAZEFACE if detector == "blazeface" else YUNET
    for folder in folders:
        if data := verified_bytes(folder, file):
            return BlazeFace(data).find if file == BLAZEFACE else YuNet(data).find
    return None
