"""Some thousand inputs for every parser (``make fuzz`` gives millions), and the fuzzing itself."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.device import DeviceError
from drivers.xfs4iot.messages import decode
from fuzz.__main__ import FuzzOutcome, await_end, keep, kept
from fuzz.inputs import LONGEST, like, mutated, reworded
from fuzz.one import HYPOTHESIS_SHARE
from fuzz.target import pieces
from fuzz.targets import TARGETS
from fuzz.watch import LIMIT_S, Progress

ROOT = Path(__file__).parents[2]
INPUTS = 2000


@pytest.mark.parametrize("name", TARGETS)
def test_a_parser_gives_a_result_or_its_own_error(name: str) -> None:
    target = TARGETS[name]()

    def read(data: bytes) -> None:
        begun = time.thread_time()
        target.read(data)
        assert time.thread_time() - begun < LIMIT_S

    for seed in (b"", *target.seeds):
        read(seed)
    chance = random.Random(name)
    for _ in range(INPUTS):
        data = mutated(target.seeds, chance, target.words)
        try:
            read(data)
        except Exception as error:
            error.add_note(f"for {data!r}")
            raise

    @settings(max_examples=100, deadline=None)
    @given(like(target.seeds, target.words))
    def any_bytes(data: bytes) -> None:
        read(data)

    any_bytes()


# -- the fuzzing itself ---------------------------------------------------------------------------


def test_every_target_is_of_use() -> None:
    for name, make in TARGETS.items():
        target = make()
        assert target.seeds, name
        assert all(isinstance(seed, bytes) and len(seed) <= LONGEST for seed in target.seeds), name


@given(st.lists(st.binary(max_size=100), min_size=1, max_size=3), st.randoms())
def test_mutations_stay_bytes_of_some_length(seeds: list[bytes], chance: random.Random) -> None:
    data = mutated(seeds, chance)
    assert isinstance(data, bytes)
    assert len(data) <= LONGEST


def test_rewording_mostly_keeps_the_grammar() -> None:
    text, chance, good = b'{"a": [1, "b"], "c d": {"e": null}}', random.Random(1), 0
    for _ in range(100):
        data = reworded(text, [b'"x"', b'"y z"'], chance)
        assert data != text
        with suppress(ValueError):
            json.loads(data)
            good += 1
    assert good > 70


def test_text_for_parsers_of_text_is_mostly_of_their_grammar() -> None:
    target, chance = TARGETS["xfs4iot"](), random.Random(1)
    inputs = [mutated(target.seeds, chance, target.words) for _ in range(1000)]
    messages = 0
    for data in inputs:
        with suppress(DeviceError):
            decode(data)
            messages += 1
    assert messages > 200


@given(st.binary(max_size=300))
def test_pieces_are_the_whole(data: bytes) -> None:
    assert b"".join(pieces(data)) == data[1:]


def fuzz(program: str, *words: str, where: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *([program] if program.endswith(".py") else ["-m", program]), *words],
        cwd=where,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_make_fuzz_counts_what_it_has_taken(tmp_path: Path) -> None:
    done = fuzz("fuzz", "--runs", "3000", "tlv", "channel", where=tmp_path)
    assert done.returncode == 0, done.stdout
    rows = re.findall(r"^(\S+) +([\d,]+) +([\d,]+) +\d+ +[\d,]+ +[\d.]+$", done.stdout, re.M)
    assert {row[0] for row in rows} == {"tlv", "channel"}, done.stdout
    for _, first, then in rows:
        assert int(first) >= 3000 // HYPOTHESIS_SHARE
        assert int(first) + int(then.replace(",", "")) >= 3000
    done = fuzz("fuzz", "dog", where=tmp_path)
    assert done.returncode == 2
    assert "no target dog" in done.stderr


def test_a_run_that_was_interrupted_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fuzz.__main__._KEPT", tmp_path / "outcomes.json")
    done = [FuzzOutcome(name, 1, 9, 1.0, 0.5) for name in TARGETS]
    bad = FuzzOutcome("tlv", 1, 3, 1.0, 0.5, "IndexError")
    assert kept(10) == []
    keep([done[0], bad], 10)
    assert kept(10) == [done[0]]  # what was found is looked for again
    assert kept(11) == []
    keep(done, 10)
    assert kept(10) == []  # the whole is done anew
    keep(done[:2], 10)
    monkeypatch.setattr("fuzz.__main__._SOURCES", ("fuzz",))
    assert kept(10) == []  # other code


BROKEN = """
import re, time
import fuzz.one
from fuzz import targets
from fuzz.target import Target

def read(data):
    {does}

fuzz.one.TARGETS = {{"broken": lambda: Target(read, [b"seed", b"seven"])}}
fuzz.one.HYPOTHESIS_SHARE = {share}
{before}
fuzz.one.main()
"""
FEW, ALL = 1_000_000, 1  # of the inputs, from hypothesis


def found(id_: str, does: str, share: int, says: str, before: str = "", *marks: Any) -> Any:
    return pytest.param(does, share, before, says, id=id_, marks=marks)


REGEX = 'data != b"seven" or re.match(b"(a+)+$", b"a" * 40 + b"b")'
UNAIDED = "fuzz.one.atheris = None"
SLOW = pytest.mark.soak  # each waits for seconds of processor time, or of silence


@pytest.mark.parametrize(
    ("does", "share", "before", "says"),
    [
        found("atheris", "assert len(data) != 3", FEW, "AssertionError"),
        found("hypothesis", "assert not data", ALL, "Failing test case"),
        found("endless", 'while data == b"seven": pass', FEW, "processor time", "", SLOW),
        found("endless in a library", REGEX, FEW, "processor time", "", SLOW),
        found("endless under hypothesis", "while len(data) > 4: pass", ALL, "processor time"),
        found("waits", 'data != b"seven" or time.sleep(600)', FEW, "has waited", "", SLOW),
        found("without atheris", "assert len(data) != 3", FEW, "AssertionError", UNAIDED),
    ],
)
def test_what_is_found_is_told_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str, share: int, before: str, says: str
) -> None:
    script = tmp_path / "broken.py"
    script.write_text(BROKEN.format(does=does, share=share, before=before), encoding="utf-8")
    log, state = tmp_path / "log", tmp_path / "build" / "fuzz" / "broken.state"
    command = [sys.executable, str(script), "broken", "--runs", "200000"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with log.open("w") as said:
        ended = await_end(command, state, said, stalled_s=5.0 if says == "has waited" else 100.0)
    assert ended
    assert says in ended + log.read_text()
    kept = tmp_path / "kept"
    kept.write_bytes(Progress.of(state).data)
    if says == "has waited":
        return
    again = fuzz(str(script), "broken", str(kept), where=tmp_path)
    assert again.returncode != 0
