"""Builds both wheels, and installs the terminal's alone, as in the field, into ``.terminal``.

Nothing is done twice: the libraries are installed anew when their lock has changed, the wheels are
built and the terminal's is installed anew when a file of theirs has.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / ".terminal"
WHEELS = PLACE / "wheels"
LOCK = ROOT / "requirements-terminal.lock"
SOURCES = ("assets", "drivers", "kiosk", "packaging", "ui")
FILES = ("README.md", "pyproject.toml", "setup.cfg")
NOT_SOURCE = shutil.ignore_patterns("__pycache__", "build", "*.egg-info")
_QUIET = ("--quiet", "--disable-pip-version-check")


def main() -> None:
    PLACE.mkdir(exist_ok=True)
    with (PLACE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests that run side by side ask for the same
        _once("libraries", f"{sys.version} {_digest(LOCK)}", _install_libraries)
        with copied_tree() as copy:
            files = sorted(path for path in copy.rglob("*") if path.is_file())
            said = "\n".join(f"{path.relative_to(copy)} {_digest(path)}" for path in files)
            _once("wheels", said, lambda: _install_wheels(copy))


@contextmanager
def copied_tree() -> Iterator[Path]:
    """A copy of what both distributions are made of: setuptools also packs what an earlier build
    has left beside it."""
    with tempfile.TemporaryDirectory(prefix="kiosk-wheels-") as directory:
        copy = Path(directory)
        for folder in SOURCES:
            shutil.copytree(ROOT / folder, copy / folder, ignore=NOT_SOURCE)
        for file in FILES:
            shutil.copy2(ROOT / file, copy)
        yield copy


def _once(what: str, state: str, work: Callable[[], None]) -> None:
    """Do ``work`` unless it was done, to its end, for the same ``state``."""
    stamp = PLACE / f"{what}.done"
    if stamp.exists() and stamp.read_text() == state:
        return
    stamp.unlink(missing_ok=True)
    work()
    stamp.write_text(state)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _install_libraries() -> None:
    (PLACE / "wheels.done").unlink(missing_ok=True)
    for left in ("bin", "include", "lib", "lib64", "share"):
        path = PLACE / left
        path.unlink() if path.is_symlink() else shutil.rmtree(path, ignore_errors=True)
    venv.create(PLACE, with_pip=True, symlinks=True)
    _pip("install", "--require-hashes", "--requirement", str(LOCK))


def _install_wheels(copy: Path) -> None:
    shutil.rmtree(WHEELS, ignore_errors=True)
    options = ("--no-deps", "--no-build-isolation", "--wheel-dir", str(WHEELS))
    _pip("wheel", *options, str(copy), str(copy / "packaging" / "workshop"))
    (wheel,) = WHEELS.glob("provident_kiosk-*.whl")
    _pip("install", "--no-index", "--no-deps", "--force-reinstall", str(wheel))


def _pip(command: str, *arguments: str) -> None:
    outside = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    python = PLACE / "bin" / "python"
    subprocess.run([python, "-m", "pip", command, *_QUIET, *arguments], check=True, env=outside)


if __name__ == "__main__":
    main()
