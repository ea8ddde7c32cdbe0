"""Fuzzes one target in this process: first under hypothesis, then under atheris.

``python -m fuzz.one TARGET --runs N`` gives the target N inputs, and writes its progress to
``build/fuzz/TARGET.state`` for ``fuzz.watch.Progress``. Without atheris (which has wheels for
x86-64 only) seeds are mutated without guidance. ``python -m fuzz.one TARGET FILE…`` plays kept
inputs again.
"""

from __future__ import annotations

import argparse
import gc
import random
import sys
from contextlib import nullcontext
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from fuzz.inputs import REWORDED, like, mutated, reworded
from fuzz.target import Read, Target
from fuzz.targets import TARGETS
from fuzz.watch import InputWatch

try:
    import atheris
except ImportError:
    atheris = None

BUILD = Path("build") / "fuzz"
HYPOTHESIS_SHARE = 50
"""One input of so many comes from hypothesis, which is slower, but shrinks its findings."""
INSTRUMENTED = ["drivers", "kiosk", "pymodbus.framer", "pymodbus.pdu"]
"""Packages whose branches guide atheris."""


def under_hypothesis(target: Target, read: Read, runs: int) -> None:
    """Raises the error of ``read`` for the smallest input that was found, which is tried last."""

    @settings(
        max_examples=runs,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(like(target.seeds, target.words))
    def any_bytes(data: bytes) -> None:
        read(data)

    any_bytes()


def under_atheris(name: str, target: Target, read: Read, runs: int) -> None:
    """Never returns: libFuzzer ends the process, with code 0 if nothing was found."""
    assert atheris is not None
    corpus = BUILD / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [
        f"-runs={runs}",
        f"-max_len={target.longest}",
        "-exact_artifact_path=/dev/null",  # the state file has the input, also after SIGKILL
        "-len_control=20",
        "-verbosity=1",
    ]

    chance = random.Random()  # noqa: S311 - makes no secret

    def mutate(data: bytes, longest: int, _seed: int) -> bytes:
        if chance.random() < REWORDED:
            return reworded(data, target.words, chance)[:longest]
        return atheris.Mutate(data, longest)  # type: ignore[no-any-return]  # untyped library

    own = {"custom_mutator": mutate} if target.words else {}
    atheris.Setup([sys.argv[0], *options, str(corpus)], read, **own)
    atheris.Fuzz()


def unguided(target: Target, read: Read, runs: int) -> None:
    """Raises the first error of ``read``."""
    chance = random.Random()  # noqa: S311 - makes no secret
    for _ in range(runs):
        read(mutated(target.seeds, chance, target.words)[: target.longest])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m fuzz.one")
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--runs", type=int, default=10_000)
    told = parser.parse_args()

    guide = atheris if not told.files else None
    with (
        guide.instrument_imports(include=INSTRUMENTED, enable_loader_override=False)
        if guide
        else nullcontext()
    ):
        target = TARGETS[told.target]()
    gc.freeze()  # keep all modules loaded so far out of every collection
    BUILD.mkdir(parents=True, exist_ok=True)
    watch = InputWatch(target.read, BUILD / f"{told.target}.state")
    if told.files:
        for file in told.files:
            watch(file.read_bytes())
        return
    first = max(1, told.runs // HYPOTHESIS_SHARE)
    under_hypothesis(target, watch, first)
    watch.stage = 1
    if guide:
        under_atheris(told.target, target, watch, told.runs - first)
    else:
        unguided(target, watch, told.runs - first)


if __name__ == "__main__":
    main()
