"""The bench of face capture: speed by stage, its process, other detectors, attacks and people.

The material is drawn from the pinned portrait by the emulated camera's scene, and the clips of the
shared test data where they are there. Error rates are those of ISO/IEC 30107-3, each with its 95 %
interval (Wilson): APCER, how many attack sequences of a kind were captured; BPCER, how many people
were not. They are figures of drawings, not of people, and claim no conformity.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk.workshop.bench import detectors
from kiosk.workshop.bench.detectors import processor_s
from kiosk.workshop.bench.figures import BenchError, Figure, Name, NotMeasured
from kiosk.workshop.bench.peer.throttle import throttled
from kiosk.workshop.bench.visits import offscreen, pss_mb

if TYPE_CHECKING:
    from drivers.emulators.face_scene import FaceScene, Who
    from kiosk.identity.face.hints import HeadAction
    from kiosk.identity.face.landmarks import FaceNets
    from kiosk.identity.face.process import CaptureProcess

ROOT = Path(__file__).parents[3]
FOLDERS = (ROOT / ".models", Path("/var/lib/kiosk/models"))
SHARED = ROOT.parent / "shared" / "data"
STAGES = ("find", "landmarks", "quality", "cues")
ATTACKS = ("print", "tablet", "eyeholes", "bent", "replay_other", "replay_same")
RATE = 12.0
"""Pictures a second of the drawn sequences."""
LONGEST_S = 12.0
"""Seconds that an attack has."""
REACTION_S = 0.5

NAMES: Mapping[str, Name] = {
    "face_frame": Name("ms", below=66.0),
    **{f"face_{stage}": Name("ms") for stage in STAGES},
    "face_fps": Name("1/s"),
    "face_load": Name("ms"),
    "face_gate": Name("s"),
    "face_shot": Name("s"),
    **detectors.NAMES,
    "face_process_fps": Name("1/s"),
    "face_process_fps_quarter": Name("1/s"),
    "face_process_cpu": Name("%"),
    "face_process_memory": Name("MB"),
    "face_screen_late": Name("ms", below=4.0),
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
    models = (*FOLDERS, SHARED / "models")
    found |= detectors.measured(models, folder / PORTRAIT, 1.5 if quick else 10.0)
    found |= _process(folder, scene, 3.0 if quick else 10.0)
    found |= _screen(folder, 3.0 if quick else 10.0)
    return found


def interval(hits: int, of: int) -> Figure:
    """The rate in per cent between the ends of its 95 % interval (Wilson)."""
    rate, z = hits / of, 1.96
    middle = (rate + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(rate * (1 - rate) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    ends = max(0.0, middle - half), min(1.0, middle + half)
    found = min(ends[0], rate), rate, max(ends[1], rate)
    return Figure(tuple(100 * value for value in found), of)


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


@contextmanager
def capturing(folder: Path, scene: FaceScene) -> Iterator[tuple[CaptureProcess, Any]]:
    """A capture process at the full rate of a camera, and its preview. What it sees is never good,
    so that the capture goes on and on. Raises :class:`BenchError` without a picture in 10 s."""
    from drivers.camera.slots import Slots
    from kiosk.identity.face.process import CaptureOrder, CaptureProcess, PreviewReady

    look = [scene.picture("profile", one) for one in _looks()]
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
        with CaptureProcess() as process:
            process.begin(CaptureOrder(folder, "s", "c", "T", b""), slots)
            while not isinstance(message := process.receive(10.0), PreviewReady):
                if message is None:
                    raise BenchError("the process of a capture shows no picture")
            yield process, message.preview
    finally:
        over.set()
        feeder.join()


def _process(folder: Path, scene: FaceScene, seconds: float) -> dict[str, Figure | NotMeasured]:
    """The process of a capture: its rate, its processor time, its memory; then its rate with a
    quarter of the time."""
    with capturing(folder, scene) as (process, preview):
        time.sleep(1.0)
        before = processor_s(process.pid)
        rate = _rate(preview, seconds)
        cpu = (processor_s(process.pid) - before) / seconds * 100
        memory = pss_mb(process.pid)
        with throttled(0.25, lambda: [process.pid]):
            slow = _rate(preview, seconds)
    return {
        "face_process_fps": Figure((rate,)),
        "face_process_fps_quarter": Figure((slow,)),
        "face_process_cpu": Figure((cpu,)),
        "face_process_memory": Figure((memory,)),
    }


def _looks() -> list[Any]:
    from drivers.emulators.face_scene import Actor

    return [Actor(1).look(number / RATE) for number in range(12)]


def _rate(preview: Any, seconds: float) -> float:
    """The pictures a second of the preview."""
    first = preview.latest().number
    time.sleep(seconds)
    return float(preview.latest().number - first) / seconds


def _screen(folder: Path, seconds: float) -> dict[str, Figure | NotMeasured]:
    """How late the screen's thread is while it shows the preview of a capture process."""
    command = [sys.executable, "-m", "ui.robots.preview", str(folder), str(seconds)]
    try:
        with offscreen():
            done = subprocess.run(command, capture_output=True, timeout=seconds + 60, check=True)
    except subprocess.SubprocessError as error:
        raise BenchError(f"the page of a capture does not show: {error}") from None
    told = json.loads(done.stdout)
    if not told["frames"]:
        raise BenchError("the page of a capture draws nothing")
    return {"face_screen_late": Figure(tuple(told["late"]))}
