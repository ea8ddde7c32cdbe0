"""Runs both commands of the README on bare Debian 12 and 13, as root and not, on each Python.

A system is what debootstrap makes, with make and git besides, under ``build/matrix``; nothing is
installed on this machine. A command runs in it in namespaces of its own, so that nothing outlives
the command. The mirror and the settings of apt and of pip are those of this machine.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tools.bare_debian import RELEASES, CannotBuildError, copied, do, output

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "matrix"
PYTHONS = ("3.11", "3.12", "3.13")
BOTH = {"make demo": "make demo", "make test": "make test"}
QUICK = {
    "make check": "make check",
    "unit tests": ".venv/bin/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder"
    " tests/unit",
}
"""What ``--quick`` runs instead: in a quarter of the time."""
USER = "somebody"
LIMIT_S = 5400.0


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """How one command ended in one system."""

    debian: str
    python: str
    user: str
    command: str
    well: bool
    seconds: float

    def __str__(self) -> str:
        said = "holds" if self.well else "FAILED"
        where = f"Debian {self.debian}  Python {self.python}  {self.user:8}  {self.command:10}"
        return f"{where}  {said}  {self.seconds:5.0f} s"


def main() -> int:
    """Returns 0 if every command held, or the tools are missing (with a sentence); else 1."""
    parser = argparse.ArgumentParser(prog="make matrix", description=__doc__)
    parser.add_argument("--debian", nargs="+", choices=RELEASES, default=list(RELEASES))
    parser.add_argument("--python", nargs="+", choices=PYTHONS, default=list(PYTHONS))
    parser.add_argument("--quick", action="store_true", help="checks and unit tests only")
    asked = parser.parse_args()
    missing = [each for each in ("debootstrap", "unshare") if shutil.which(each) is None]
    if missing or os.geteuid() != 0:
        print(f"matrix: skipped, needs root and {', '.join(missing) or 'nothing else'}")
        return 0
    cells: list[MatrixCell] = []
    for debian in asked.debian:
        try:
            cells += _tried(debian, asked.python, QUICK if asked.quick else BOTH)
        except CannotBuildError as error:
            print(f"matrix: Debian {debian}: {error}", flush=True)
            return 1
    print("\n".join(map(str, cells)))
    return 0 if all(each.well for each in cells) else 1


def _tried(debian: str, pythons: list[str], commands: dict[str, str]) -> list[MatrixCell]:
    name, own = RELEASES[debian]
    system = System(FOLDER / name)
    system.make(debian)
    cells = [_bare(debian, own, system)]
    print(cells[-1], flush=True)
    for python in pythons:
        place = "" if python == own else system.bring(python)
        if place is None:
            print(
                f"Debian {debian}  Python {python}  not tried: not in Debian, not under pyenv here"
            )
            continue
        for user in ("root", USER):
            tree = system.bring_tree(user)
            for title, command in _ready(place, commands).items():
                log = FOLDER / f"{name}-{python}-{user}-{title.replace(' ', '-')}.txt"
                began = time.monotonic()
                ended = system.run(command, tree, user, log)
                spent = time.monotonic() - began
                cells.append(MatrixCell(debian, python, user, title, ended == 0, spent))
                print(f"{cells[-1]}  {log.relative_to(ROOT)}", flush=True)
    return cells


def _ready(place: str, commands: dict[str, str]) -> dict[str, str]:
    """``commands`` with the Python at ``place``: make is told of it."""
    told = f" PYTHON={place}" if place else ""
    return {
        title: command + told if command.startswith("make") else command
        for title, command in commands.items()
    }


def _bare(debian: str, python: str, system: System) -> MatrixCell:
    """Without root, a command says in one line what may not be installed on a bare system."""
    log = FOLDER / f"{debian}-bare.txt"
    began = time.monotonic()
    ended = system.run("make test", system.bring_tree(USER), USER, log)
    said = "missing system packages; ask for: apt-get install python3-venv" in log.read_text()
    spent = time.monotonic() - began
    return MatrixCell(debian, python, USER, "says what", ended != 0 and said, spent)


class System:
    """One Debian under ``root``: made by :meth:`make`, then used by :meth:`run`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._pip = _pip_settings()

    def make(self, debian: str) -> None:
        """A bare system anew."""
        copied(debian, self._root, ("ca-certificates", "git", "make", "python3"))
        do("chroot", self._root, "useradd", "--create-home", USER)
        # debootstrap leaves that to the installer.
        (self._root / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
        (self._root / "etc/pip.conf").write_text("[global]\n" + "".join(self._pip[0]))
        for file in (Path("/etc/resolv.conf"), *self._pip[1]):
            self._place(file).parent.mkdir(parents=True, exist_ok=True)
            if file.is_file():
                shutil.copyfile(file, self._place(file))
            else:
                self._place(file).mkdir(exist_ok=True)

    def bring(self, python: str) -> str | None:
        """The place in this system of a Python of pyenv's on this machine, if there is one."""
        home = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
        found = sorted(home.glob(f"{python}.*"), key=lambda path: int(path.suffix[1:]))
        if not found:
            return None
        # At its own place: it finds its library there. The home of root is closed to others.
        place = self._place(found[-1])
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            do("cp", "-a", "--reflink=auto", found[-1], place)
            do("chroot", self._root, "chmod", "o+x", *found[-1].parents)
        return f"{found[-1]}/bin/python{python}"

    def bring_tree(self, user: str) -> Path:
        """What is committed here, as a fresh clone in the home of ``user``."""
        people = (self._root / "etc/passwd").read_text().splitlines()
        home = next(line.split(":")[5] for line in people if line.startswith(f"{user}:"))
        tree = Path(home) / "terminal"
        shutil.rmtree(self._place(tree), ignore_errors=True)
        do("git", "clone", "-q", "--no-hardlinks", ROOT, self._place(tree))
        do("chroot", self._root, "chown", "-R", f"{user}:", tree)
        return tree

    def run(self, command: str, tree: Path, user: str, log: Path) -> int:
        """The exit status of ``command`` in ``tree``; what it says is left in ``log``."""
        mounts = [
            f"mount --bind {shlex.quote(str(path))} {shlex.quote(str(self._place(path)))}"
            for path in self._pip[1]
            if path.is_dir()
        ]
        inner = f"cd {tree} && {command}"
        root = shlex.quote(str(self._root))
        script = _MOUNTS.format(root=root, mounts="\n".join(mounts))
        script += f"exec su - {user} -c {shlex.quote(inner)}\n"
        apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", script]
        with log.open("wb") as said:
            try:
                return subprocess.run(
                    apart,
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=said,
                    timeout=LIMIT_S,
                    check=False,
                ).returncode
            except subprocess.TimeoutExpired:
                said.write(f"matrix: not done in {LIMIT_S:.0f} s\n".encode())
                return 1

    def _place(self, path: Path) -> Path:
        return self._root / path.relative_to("/")


# Not chroot: whoever lives in one may make no namespaces of users (user_namespaces(7)), and the
# tests start a pcscd in one.
_MOUNTS = """
mount --bind {root} {root}
mount -t proc proc {root}/proc
mount --rbind -o ro /sys {root}/sys
mount --bind /dev {root}/dev
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts {root}/dev/pts
mount --bind {root}/dev/pts/ptmx {root}/dev/ptmx
mount -t tmpfs -o mode=1777 tmpfs {root}/dev/shm
{mounts}
cd {root}
pivot_root . .
umount --lazy .
cd /
"""


def _pip_settings() -> tuple[list[str], list[Path]]:
    """The lines of this machine's settings of pip, and the files and folders they name."""
    dumped = output(sys.executable, "-m", "pip", "config", "list")
    values: dict[str, list[str]] = {}
    for key, value in re.findall(r"^\S+?\.(\S+)='(.*)'$", dumped, re.MULTILINE):
        values.setdefault(key.strip("."), []).extend(value.split())
    named = sorted({word for words in values.values() for word in words})
    # The files of an index of packages lie beside its pages.
    indexes = {Path(word[7:]).parent for word in named if word.startswith("file:///")}
    plain = {Path(word) for word in named if word.startswith("/")}
    paths = sorted(path for path in indexes | plain if path.exists())
    return [f"{key} = {' '.join(dict.fromkeys(words))}\n" for key, words in values.items()], paths


if __name__ == "__main__":
    sys.exit(main())
