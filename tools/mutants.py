"""Changes the files of ``tools/whole.py`` one place at a time, and prints what no test noticed.

``python -m tools.mutants [FILE…]``: without a file, all of them, which takes a night. cosmic-ray
makes the changes in a copy of the tree, ``build/mutants/tree``, and runs the file's own tests.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter

from tools.whole import BUILD, ROOT, WHOLE

COSMIC_RAY = "cosmic-ray==8.7.0"
TREE = BUILD / "mutants" / "tree"
TOOL = BUILD / "mutants" / "tool"
"""A virtual environment of its own: what cosmic-ray needs is nothing that the tests need."""
NEEDED = ("assets", "drivers", "kiosk", "tests", "ui", "setup.cfg")
LONGEST_S = 300.0
"""Tests that run longer than this have noticed the change: something hangs."""

CONFIG = """\
[cosmic-ray]
module-path = "{file}"
timeout = {seconds}
excluded-modules = []
test-command = "{python} -m pytest -x -q -p no:cacheprovider --hypothesis-seed=0 {tests}"
[cosmic-ray.distributor]
name = "local"
[cosmic-ray.filters.operators-filter]
# One other operator for each is enough, and `|` stands mostly in types.
exclude-operators = [
    'core/ReplaceBinaryOperator_(?!(Add_Sub|Sub_Add|Mul_Add|Div_Mul|FloorDiv_Mul|Mod_Add)$).*',
    'core/ReplaceComparisonOperator_(?!(Eq_NotEq|NotEq_Eq|Lt_LtE|LtE_Lt|Gt_GtE|GtE_Gt)$)(?!Is|.*In$).*',
    'core/ReplaceComparisonOperator_Is(Not)?_(?!Is(Not)?$).*',
    'core/ReplaceComparisonOperator_(Not)?In_(?!(Not)?In$).*',
]
"""


def main(files: list[str]) -> int:
    """Print the survivors of each file, and how many changes the tests noticed."""
    if unknown := set(files) - set(WHOLE):
        sys.exit(f"{', '.join(sorted(unknown))}: not in tools/whole.py")
    if not (TOOL / "bin" / "cosmic-ray").is_file():
        subprocess.run([sys.executable, "-m", "venv", str(TOOL)], check=True)
        subprocess.run([TOOL / "bin" / "pip", "install", "--quiet", COSMIC_RAY], check=True)
    shutil.rmtree(TREE, ignore_errors=True)
    for name in NEEDED:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copyfile
        (TREE / name).parent.mkdir(parents=True, exist_ok=True)
        copy(source, TREE / name)
    for file in files or WHOLE:
        change(file)
    return 0


def change(file: str) -> None:
    """Make every change to ``file``, one after another, and print the survivors."""
    config = TREE / "cosmic-ray.toml"
    session = TREE / "cosmic-ray.sqlite"
    session.unlink(missing_ok=True)
    tests = " ".join(WHOLE[file])
    config.write_text(
        CONFIG.format(file=file, seconds=LONGEST_S, python=sys.executable, tests=tests),
        encoding="utf-8",
    )
    _cosmic_ray("cosmic-ray", "init", config.name, session.name)
    _cosmic_ray("cr-filter-operators", session.name, config.name)
    _cosmic_ray("cosmic-ray", "baseline", config.name)  # fails when the tests do, without a change
    _cosmic_ray("cosmic-ray", "exec", config.name, session.name)
    print("\n".join(told(file, _cosmic_ray("cosmic-ray", "dump", session.name).splitlines())))


def told(file: str, dump: list[str]) -> list[str]:
    """The survivors in a session's dump, one JSON array a line, and the sum of all changes."""
    outcomes: Counter[str] = Counter()
    lines = []
    for line in dump:
        job, result = json.loads(line)
        outcome = (result or {}).get("test_outcome")
        if outcome is None:  # an operator that is left out
            continue
        outcomes[outcome] += 1
        if outcome == "survived":
            (mutation,) = job["mutations"]
            _, _, hunk = result["diff"].partition("\n@@")
            changed = [text for text in hunk.splitlines() if text[:1] in ("+", "-")]
            lines += [f"{file}:{mutation['start_pos'][0]}: nobody noticed", *changed]
    survived, total = outcomes["survived"], sum(outcomes.values())
    return [*lines, f"{file}: {total} changes, {total - survived} noticed, {survived} survived"]


def _cosmic_ray(program: str, *arguments: str) -> str:
    # The tests' own processes import the changed copy, not the tree that is installed.
    environment = {**os.environ, "PYTHONPATH": str(TREE)}
    done = subprocess.run(
        [TOOL / "bin" / program, *arguments],
        cwd=TREE,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
