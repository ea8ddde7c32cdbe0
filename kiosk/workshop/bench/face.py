"""The bench of face capture: speed by stage, its process, other detectors, attacks and people.

The material is drawn from the pinned portrait by the emulated camera's scene, and the clips of the
shared test data where they are there. Error rates are those of ISO/IEC 30107-3, each with its 95 %
interval (Wilson): APCER, how many attack sequences of a kind were captured; BPCER, how many people
were not. They are figures of drawings, not of people, and claim no conformity.
"""

from __future__ import annotations

import math
import os
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk.workshop.bench.figures import Figure, Name, NotMeasured

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivers.emulators.face_scene import FaceScene, Who
    from kiosk.identity.face.hints import HeadAction
    from kiosk.identity.face.landmarks import FaceNets

ROOT = Path(__file__).parents[3]
FOLDERS = (ROOT / ".models", Path("/var/lib/kiosk/models"))
SHARED = ROOT.parent / "shared" / "data"
STAGES = ("find", "landmarks", "quality", "cues")
ATTACKS = ("print", "tablet", "eyeholes", "bent", "replay_other", "replay_same")
DETECTORS = ("blazeface", "yunet", "haar")
RATE = 12.0
"""Pictures a second of the drawn sequences."""
LONGEST_S = 12.0
"""Seconds that an attack has."""
REACTION_S = 0.5
_TICK_S = 1 / 60

NAMES: Mapping[str, Name] = {
    "face_frame": Name("ms", below=66.0),
    **{f"face_{stage}": Name("ms") for stage in STAGES},
    "face_fps": Name("1/s"),
    "face_load": Name("ms"),
    "face_gate": Name("s"),
    "face_shot": Name("s"),
    **{f"face_find_{detector}": Name("ms") for detector in DETECTORS},
    "face_process_fps": Name("1/s"),
    "face_process_fps_quarter": Name("1/s"),
    "face_process_cpu": Name("%"),
    "face_process_memory": Name("MB"),
    "face_timer_late": Name("ms", below=4.0),
    **{f"face_apcer_{attack}": Name("%") for attack in ATTACKS},
    "face_apcer_clips": Name("%"),
    "face_bpcer": Name("%"),
    "face_bpcer_clips": Name("%"),
}
"""In the rates, "median" is the rate, "least" and "p99" are the ends of its interval."""


def run(quick: bool) -> Mapping[str, Figure | NotMeasured]:
    """Measure; without models everything is left out."""
    from kiosk.identity.face.landmarks import FaceNets, LivenessUnavailable
    from kiosk.identity.face.models import PORTRAIT

    found: dict[str, Figure | NotMeasured] = {}
    folder = next((f for f in FOLDERS if (f / PORTRAIT).is_file()), FOLDERS[0])
    try:
        begun = time.perf_counter()
        nets = FaceNets(folder)
        found["face_load"] = Figure(((time.perf_counter() - begun) * 1000,))
    except LivenessUnavailable as error:
        why = f"no models ({error}): `make models` brings them"
        return {name: NotMeasured(why) for name in NAMES}
    from drivers.emulators.face_scene import FaceScene

    scene = FaceScene(folder / PORTRAIT)
    found |= _people(nets, scene, 2 if quick else 12)
    found |= _attacks(nets, scene, 2 if quick else 12)
    found |= _clips(nets)
    found |= _detectors(nets, scene, 30 if quick else 200)
    found |= _process(folder, scene, 3.0 if quick else 10.0)
    return found


def interval(hits: int, of: int) -> Figure:
    """The rate in per cent between the ends of its 95 % interval (Wilson)."""
    rate, z = hits / of, 1.96
    middle = (rate + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(rate * (1 - rate) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    ends = max(0.0, middle - half), min(1.0, middle + half)
    return Figure(tuple(100 * value for value in (min(ends[0], rate), rate, max(ends[1], rate))))


# -- sequences ------------------------------------------------------------------------------------


def _played(
    nets: FaceNets,
    scene: FaceScene,
    who: Who,
    seed: int,
    *,
    obeys: bool = True,
    on_stage: Callable[[str, float], None] = lambda stage, seconds: None,
) -> tuple[bool, float, float, list[float]]:
    """One sequence: whether it was captured, the seconds to the gate and to the shot in the time of
    the sequence, and the milliseconds of each picture. Who does not obey plays another
    script."""
    from drivers.emulators.face_scene import Actor
    from kiosk.identity.face.capture import Capture
    from kiosk.identity.face.challenge import draw_actions
    from kiosk.identity.face.hints import HowEnded

    script = draw_actions()
    first = [script]
    capture = Capture(
        nets, draw=lambda: first.pop() if first else draw_actions(), on_stage=on_stage
    )
    actor = Actor(seed)
    if not obeys:
        while set(other := draw_actions()) == set(script):
            pass
        for number, action in enumerate(other):
            actor.act(action.value, 1.5 + 2.5 * number)
    took: list[float] = []
    at = gate = 0.0
    before: tuple[int, HeadAction] | None = None
    light = 0.85 + 0.05 * (seed % 7)
    while capture.ended is None and at < LONGEST_S:
        picture = scene.picture(who, actor.look(at), light=light)
        begun = time.perf_counter()
        progress = capture.see(picture, at)
        took.append((time.perf_counter() - begun) * 1000)
        asked = (progress.step, progress.action) if progress.action else None
        if asked and asked != before:
            gate = gate or at
            if obeys:
                actor.act(asked[1].value, at + REACTION_S)
        before = asked
        at += 1 / RATE
    return capture.ended is HowEnded.CAPTURED, gate, at, took


def _people(nets: FaceNets, scene: FaceScene, count: int) -> dict[str, Figure | NotMeasured]:
    stages: dict[str, list[float]] = defaultdict(list)
    frames: list[float] = []
    gates, shots = [], []
    for seed in range(count):
        captured, gate, shot, took = _played(
            nets,
            scene,
            "live",
            seed,
            on_stage=lambda stage, seconds: stages[stage].append(seconds * 1000),
        )
        frames += took
        if captured:
            gates.append(gate)
            shots.append(shot)
    found: dict[str, Figure | NotMeasured] = {
        "face_frame": Figure(tuple(frames)),
        "face_fps": Figure((1000 * len(frames) / sum(frames),)),
        "face_bpcer": interval(count - len(shots), count),
    }
    for stage in STAGES:
        found[f"face_{stage}"] = Figure(tuple(stages[stage]))
    if shots:
        found |= {"face_gate": Figure(tuple(gates)), "face_shot": Figure(tuple(shots))}
    return found


def _attacks(nets: FaceNets, scene: FaceScene, count: int) -> dict[str, Figure | NotMeasured]:
    found: dict[str, Figure | NotMeasured] = {}
    for attack in ATTACKS:
        replay = attack.startswith("replay")
        who: Any = "live" if replay else attack
        hits = sum(
            _played(nets, scene, who, 100 + seed, obeys=attack != "replay_other")[0]
            for seed in range(count)
        )
        found[f"face_apcer_{attack}"] = interval(hits, count)
    return found


def _clips(nets: FaceNets) -> dict[str, Figure | NotMeasured]:
    """The shared clips: each attack under every script, each person under the script they play."""
    from drivers.emulators.films import pictures
    from kiosk.identity.face.capture import Capture
    from kiosk.identity.face.hints import HeadAction, HowEnded

    left, right, blink = HeadAction.TURN_LEFT, HeadAction.TURN_RIGHT, HeadAction.BLINK
    people = {"live_blink_right": (blink, left), "live_left_blink": (right, blink)}
    paths = sorted((SHARED / "face").glob("*.mp4"))
    if not paths:
        why = "the shared test data is not here"
        return {name: NotMeasured(why) for name in ("face_apcer_clips", "face_bpcer_clips")}

    def captured(path: Path, script: tuple[HeadAction, ...]) -> bool:
        capture = Capture(nets, draw=lambda: script)
        for number, picture in enumerate(pictures(path)):
            if capture.ended is not None:
                break
            capture.see(picture, number / RATE)
        return capture.ended is HowEnded.CAPTURED

    scripts = [(left, blink), (blink, left), (right, blink), (blink, right), (left, right)]
    attacks = [path for path in paths if path.name.startswith("attack")]
    hits = [captured(path, script) for path in attacks for script in scripts]
    missed = [not captured(path, people[path.stem]) for path in paths if path.stem in people]
    return {
        "face_apcer_clips": interval(sum(hits), len(hits)),
        "face_bpcer_clips": interval(sum(missed), len(missed)),
    }


# -- speed ----------------------------------------------------------------------------------------


def _detectors(nets: FaceNets, scene: FaceScene, count: int) -> dict[str, Figure | NotMeasured]:
    """Milliseconds to find a face, with each detector, on the same pictures."""
    from drivers.emulators.face_scene import Actor
    from drivers.emulators.films import haar
    from kiosk.identity.face.landmarks import BlazeFace, YuNet
    from kiosk.identity.face.models import BLAZEFACE, YUNET, verified_bytes

    actor = Actor(1)
    pictures = [scene.picture("live", actor.look(number / RATE)) for number in range(10)]
    finds: dict[str, Callable[[Any], object]] = {}
    for name, file, kind in (("blazeface", BLAZEFACE, BlazeFace), ("yunet", YUNET, YuNet)):
        for folder in (*FOLDERS, SHARED / "models"):
            if data := verified_bytes(folder, file):
                finds[name] = kind(data).find
    finds["haar"] = haar()
    found: dict[str, Figure | NotMeasured] = {}
    for detector in DETECTORS:
        name = f"face_find_{detector}"
        if detector not in finds:
            found[name] = NotMeasured("its model is not here")
            continue
        took = []
        for number in range(count):
            begun = time.perf_counter()
            finds[detector](pictures[number % len(pictures)])
            took.append((time.perf_counter() - begun) * 1000)
        found[name] = Figure(tuple(took))
    return found


def _process(folder: Path, scene: FaceScene, seconds: float) -> dict[str, Figure | NotMeasured]:
    """The process of a capture at the full rate of a camera: its rate, its processor time, its
    memory, and how late a 60 Hz timer beside it is; then its rate with a quarter of the time."""
    from drivers.camera.slots import Slots
    from kiosk.identity.face.process import CaptureOrder, CaptureProcess, PreviewReady

    look = [scene.picture("profile", one) for one in _looks()]  # never good: it goes on and on
    slots = Slots(look[0].nbytes)
    slots.put(look[0], time.monotonic())
    over = threading.Event()

    def feed() -> None:
        number = 0
        while not over.wait(1 / 30):
            number += 1
            slots.put(look[number % len(look)], time.monotonic())

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    try:
        with CaptureProcess(CaptureOrder(folder, "s", "c", "T", b""), slots) as process:
            while not isinstance(message := process.receive(10.0), PreviewReady):
                if message is None:
                    return {}
            time.sleep(1.0)
            before = _spent(process.pid)
            late, rate = _watched(message.preview, seconds)
            cpu = (_spent(process.pid) - before) / seconds * 100
            memory = _memory_mb(process.pid)
            with _throttled(process.pid):
                _, slow = _watched(message.preview, seconds)
        return {
            "face_process_fps": Figure((rate,)),
            "face_process_fps_quarter": Figure((slow,)),
            "face_process_cpu": Figure((cpu,)),
            "face_process_memory": Figure((memory,)),
            "face_timer_late": Figure(tuple(late)),
        }
    finally:
        over.set()
        feeder.join()


def _looks() -> list[Any]:
    from drivers.emulators.face_scene import Actor

    return [Actor(1).look(number / RATE) for number in range(12)]


def _watched(preview: Any, seconds: float) -> tuple[list[float], float]:
    """Lateness in ms of a 60 Hz timer, and the pictures a second of the preview meanwhile."""
    late = []
    begun = due = time.monotonic()
    first = last = preview.latest().number
    while (now := time.monotonic()) < begun + seconds:
        due += _TICK_S
        time.sleep(max(0.0, due - now))
        late.append(max(0.0, time.monotonic() - due) * 1000)
        due = max(due, time.monotonic() - _TICK_S)
        last = preview.latest().number
    return late, (last - first) / seconds


@contextmanager
def _throttled(pid: int) -> Iterator[None]:
    """The process runs for a quarter of every 40 ms."""
    over = threading.Event()

    def throttle() -> None:
        while not over.is_set():
            os.kill(pid, signal.SIGSTOP)
            time.sleep(0.03)
            os.kill(pid, signal.SIGCONT)
            time.sleep(0.01)

    thread = threading.Thread(target=throttle, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _spent(pid: int) -> float:
    """Seconds of processor time."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(pid: int) -> float:
    """Proportional share of memory."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0
