"""Some thousand inputs for every parser; ``make fuzz`` takes two million. The fuzzing itself."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.inputs import LONGEST, like, mutated
from fuzz.target import TooSlowError, guarded, pieces
from fuzz.targets import SHARES, TARGETS, runs_of

ROOT = Path(__file__).parents[2]
INPUTS = 2000


@pytest.mark.parametrize("name", TARGETS)
def test_a_parser_gives_a_result_or_its_own_error(name: str) -> None:
    target = TARGETS[name]()
    read = guarded(target.read)
    for seed in (b"", *target.seeds):
        read(seed)
    chance = random.Random(name)
    for _ in range(INPUTS):
        data = mutated(target.seeds, chance)
        try:
            read(data)
        except Exception as error:
            error.add_note(f"for {data!r}")
            raise

    @settings(max_examples=100, deadline=None)
    @given(like(target.seeds))
    def any_bytes(data: bytes) -> None:
        read(data)

    any_bytes()


# -- the fuzzing itself ---------------------------------------------------------------------------


def test_every_target_is_of_use() -> None:
    for name, make in TARGETS.items():
        target = make()
        assert target.seeds, name
        assert all(isinstance(seed, bytes) and len(seed) <= LONGEST for seed in target.seeds), name
    assert SHARES.keys() <= TARGETS.keys()


@given(st.lists(st.binary(max_size=100), min_size=1, max_size=3), st.randoms())
def test_mutations_stay_bytes_of_some_length(seeds: list[bytes], chance: random.Random) -> None:
    data = mutated(seeds, chance)
    assert isinstance(data, bytes)
    assert len(data) <= LONGEST


@given(st.binary(max_size=300))
def test_pieces_are_the_whole(data: bytes) -> None:
    assert b"".join(pieces(data)) == data[1:]


def test_who_takes_too_long_is_found() -> None:
    def busy(data: bytes) -> None:
        until = time.thread_time() + 0.05
        while time.thread_time() < until:
            pass

    guarded(busy)(b"")
    with pytest.raises(TooSlowError, match="for 3 bytes"):
        guarded(busy, 0.01)(b"abc")


@pytest.mark.parametrize("total", [1, 2_000_000])
def test_no_fewer_inputs_than_were_asked_for(total: int) -> None:
    shares = runs_of(total, list(TARGETS))
    assert sum(shares.values()) >= total
    assert shares["modbus"] <= shares["sdt"]


def fuzz(program: str, *words: str, where: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *([program] if program.endswith(".py") else ["-m", program]), *words],
        cwd=where,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_make_fuzz_counts_what_it_has_taken(tmp_path: Path) -> None:
    done = fuzz("fuzz", "--runs", "3000", "tlv", "line", where=tmp_path)
    assert done.returncode == 0, done.stdout
    assert re.search(r"^in all +3,00\d inputs, 0 targets", done.stdout, re.M), done.stdout
    done = fuzz("fuzz", "dog", where=tmp_path)
    assert done.returncode == 2
    assert "no target dog" in done.stderr


BROKEN = """
from fuzz import one, targets
from fuzz.target import Target

def read(data):
    {does}

one.TARGETS = {{"broken": lambda: Target(read, [b"seed", b"seven"])}}
one.HANGS_S = 1
one.HYPOTHESIS_SHARE = {share}
one.main()
"""


@pytest.mark.parametrize(
    ("does", "share", "says"),
    [
        ("assert len(data) != 3", 1_000_000, "AssertionError"),
        ("assert not data", 2, "Failing test case"),
        ('while data == b"seven": pass', 1_000_000, "timeout"),
    ],
    ids=["atheris", "hypothesis", "hang"],
)
def test_what_is_found_is_told_and_kept(tmp_path: Path, does: str, share: int, says: str) -> None:
    script = tmp_path / "broken.py"
    script.write_text(BROKEN.format(does=does, share=share), encoding="utf-8")
    (tmp_path / "build" / "fuzz").mkdir(parents=True)
    done = fuzz(str(script), "broken", "--runs", "200000", where=tmp_path)
    assert done.returncode != 0
    assert says in done.stdout + done.stderr
    kept = list((tmp_path / "build" / "fuzz").glob("broken-*"))
    if says == "Failing test case":
        return  # hypothesis shows it, as small as it can be
    assert len(kept) == 1
    if says == "AssertionError":
        again = fuzz(str(script), "broken", str(kept[0]), where=tmp_path)
        assert again.returncode != 0
        assert says in again.stderr
