"""Fuzzes one target in this process: first under hypothesis, then under atheris.

``python -m fuzz.one TARGET --runs N --seconds S`` prints how many inputs were taken;
``python -m fuzz.one TARGET FILE…`` plays kept inputs again, without atheris.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from fuzz.inputs import like
from fuzz.target import guarded
from fuzz.targets import TARGETS

BUILD = Path("build") / "fuzz"
HYPOTHESIS_SHARE = 50
"""One input of so many comes from hypothesis, which is slower, and shrinks what it finds."""
HANGS_S = 5
"""Seconds by the clock after which an input that has not come back is a hang; processor time is
watched more closely, see ``fuzz.target``."""


def under_hypothesis(read: Callable[[bytes], None], seeds: Sequence[bytes], runs: int) -> None:
    """Raises what ``read`` raises, for the smallest input that was found."""

    @settings(
        max_examples=runs,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(like(seeds))
    def any_bytes(data: bytes) -> None:
        read(data)

    any_bytes()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m fuzz.one")
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=0, help="0: however long it takes")
    told = parser.parse_args()
    if told.files:
        read = guarded(TARGETS[told.target]().read)
        for file in told.files:
            read(file.read_bytes())
        return

    import atheris

    with atheris.instrument_imports(include=["drivers", "kiosk"], enable_loader_override=False):
        target = TARGETS[told.target]()
    read = guarded(target.read)
    first = max(1, told.runs // HYPOTHESIS_SHARE)
    under_hypothesis(read, target.seeds, first)
    print(f"hypothesis took {first} inputs", flush=True)

    corpus = BUILD / told.target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [
        f"-runs={told.runs - first}",
        f"-max_total_time={told.seconds}",
        f"-max_len={target.longest}",
        f"-timeout={HANGS_S}",
        f"-artifact_prefix={BUILD}/{told.target}-",
        "-len_control=20",
        "-print_final_stats=0",
        "-verbosity=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
