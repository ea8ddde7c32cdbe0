"""Builds the terminal's Debian package for the Debian that this machine runs.

The package holds a virtual environment at its final place, with the libraries that
``requirements-terminal.lock`` names and without what a terminal never uses, compiled. The same tree
makes the same bytes: times are those of the last commit, owners are root, and nothing is in the
package that depends on where it was built.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from configparser import ConfigParser
from pathlib import Path

from tools.install_terminal import copied_tree

ROOT = Path(__file__).resolve().parents[1]
PARTS = ROOT / "packaging" / "debian"
OUT = ROOT / "out"
PACKAGE = "provident-kiosk"
PLACE = Path("usr/lib") / PACKAGE
"""Where the virtual environment lies in a terminal; relative to its root."""
DEBIAN_PYTHON = Path("/usr/bin/python3")

QT_MODULES = ("QtCore", "QtGui", "QtNetwork", "QtOpenGL", "QtQml", "QtQuick", "QtSvg")
"""What of PySide6 the terminal imports; QtQuick imports QtNetwork and QtOpenGL."""
QT_KEPT = (
    "plugins/egldeviceintegrations",
    "plugins/iconengines",
    "plugins/imageformats/libqsvg.so",
    "plugins/platforms",
    "plugins/tls",
    "plugins/wayland-decoration-client",
    "plugins/wayland-graphics-integration-client",
    "plugins/wayland-shell-integration",
    "plugins/xcbglintegrations",
    "qml/QtQml",
    "qml/QtQuick/Shapes",
    "qml/QtQuick/Templates",
    "qml/QtQuick/Window",
    "qml/QtQuick/libqtquick2plugin.so",
    "qml/QtQuick/qmldir",
)
"""What the pages import of Qt Quick, and what a window on any display needs, under PySide6/Qt."""
UNUSED = (
    "*.dist-info/RECORD",  # names files that are taken out here
    "*.dist-info/INSTALLER",
    "*.dist-info/direct_url.json",  # names the place of the build
    "**/*.pyi",
    "**/*.pxd",
    "**/*.pyx",
    "numpy/**/tests",
    "numpy/_core/include",
    "numpy/f2py",
    "lxml/includes",
    "cv2/data",
    "apsw/sqlite_extra_binaries",
    "certifi/tests",
    "tests",  # of python-escpos
    "numpy/_core/*_tests.*.so",
    "setuptools*",
    "_distutils_hack",
    "distutils-precedence.pth",  # would run at each start
)
"""What libraries bring for who builds against them or tests them."""


def main() -> None:
    """Build the package into ``out/``, and say what it is and how large."""
    if not shutil.which("dpkg-deb"):
        sys.exit("dpkg-deb is missing: a package is built on Debian 12 or 13")
    os.environ.update(SOURCE_DATE_EPOCH=_said("git", "log", "-1", "--format=%ct"))
    os.umask(0o022)
    with tempfile.TemporaryDirectory(prefix="kiosk-deb-") as directory:
        root = Path(directory) / "root"
        _environment(root / PLACE)
        _beside(root)
        _control(root)
        _same_times(root)
        package = OUT / f"{PACKAGE}_{version()}_{_said('dpkg', '--print-architecture')}.deb"
        OUT.mkdir(exist_ok=True)
        options = ("--root-owner-group", "-Zxz", "-z1", "--threads-max=2", "--build")
        subprocess.run(["dpkg-deb", *options, root, package], check=True, stdout=subprocess.DEVNULL)
        size = package.stat().st_size / 1e6
        installed = sum(each.lstat().st_size for each in root.rglob("*") if not each.is_dir()) / 1e6
    print(f"{package.relative_to(ROOT)}: {size:.0f} MB, installed {installed:.0f} MB")


def version() -> str:
    """The version of the package: the distribution's, and the Debian release it is for."""
    release = dict(re.findall(r'^(\w+)="?([^"\n]*)', Path("/etc/os-release").read_text(), re.M))
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    return f"{setup['metadata']['version']}+deb{release['VERSION_ID']}"


# -- the virtual environment ----------------------------------------------------------------------


def _environment(place: Path) -> None:
    """The virtual environment in ``place``: Debian's Python, the libraries, the terminal."""
    subprocess.run([DEBIAN_PYTHON, "-m", "venv", "--without-pip", place], check=True)
    _pip(place, "--require-hashes", "--requirement", str(ROOT / "requirements-terminal.lock"))
    with copied_tree() as copy:
        _pip(place, "--no-index", "--no-deps", "--no-build-isolation", str(copy))
    (packages,) = place.glob("lib/python3.*/site-packages")
    _prune_qt(packages / "PySide6")
    for pattern in UNUSED:
        for path in tuple(packages.glob(pattern)):
            _remove(path)
    for path in place.rglob("*.so*"):
        if not path.is_symlink() and path.is_file():
            path.chmod(0o644)
    _strip(packages.rglob("*.so"))
    _commands(place)
    _compile(packages)


def _pip(place: Path, *arguments: str) -> None:
    """Install into ``place`` with the pip of this tree's own environment."""
    outside = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    # Not the user's cache: what another Python has compiled names that Python's own place.
    outside["PIP_CACHE_DIR"] = str(ROOT / "build" / "pip-debian")
    options = (
        "--quiet",
        "--disable-pip-version-check",
        "--no-compile",
        "--no-warn-script-location",
    )
    pip = (sys.executable, "-m", "pip", "--python", str(place / "bin" / "python"))
    subprocess.run([*pip, "install", *options, *arguments], check=True, env=outside)


def _prune_qt(pyside: Path) -> None:
    """Keep of Qt what ``QT_MODULES`` and ``QT_KEPT`` name, and the libraries that these load."""
    qt = pyside / "Qt"
    bindings = {f"{name}.abi3.so" for name in QT_MODULES}
    for path in tuple(pyside.iterdir()):
        code = path.suffix == ".py" or path.name.startswith("libpyside6")
        if path != qt and path.name not in bindings and not code and path.name != "support":
            _remove(path)
    kept = tuple(qt / name for name in QT_KEPT)
    for path in sorted((*qt.glob("plugins/**/*"), *qt.glob("qml/**/*")), reverse=True):
        inside = any(path == each or each in path.parents for each in kept)
        holds = any(path in each.parents for each in kept)
        if not (inside or holds):
            _remove(path)
    for path in tuple(qt.iterdir()):
        if path.name not in ("lib", "plugins", "qml"):
            _remove(path)
    wanted = [*pyside.glob("*.so*"), *qt.glob("plugins/**/*.so"), *qt.glob("qml/**/*.so")]
    loaded: set[str] = set()
    while wanted:
        named = set(re.findall(r"\(NEEDED\).*\[(.+)\]", _said("readelf", "-d", str(wanted.pop()))))
        wanted += [qt / "lib" / name for name in named - loaded if (qt / "lib" / name).exists()]
        loaded |= named
    for path in tuple((qt / "lib").iterdir()):
        if path.name not in loaded:
            _remove(path)


def _commands(place: Path) -> None:
    """Of all commands, only ``kiosk`` and ``python`` stay; both name the final place."""
    final = Path("/") / PLACE
    for path in tuple((place / "bin").iterdir()):
        if path.name not in ("python", "python3", "kiosk"):
            _remove(path)
    for name in ("python", "python3"):
        (place / "bin" / name).unlink(missing_ok=True)
        (place / "bin" / name).symlink_to(DEBIAN_PYTHON)
    command = place / "bin" / "kiosk"
    lines = command.read_text(encoding="utf-8").splitlines()
    lines[0] = f"#!{final}/bin/python -IB"
    command.write_text("\n".join(lines) + "\n", encoding="utf-8")
    shutil.rmtree(place / "include", ignore_errors=True)
    (place / "lib64").unlink(missing_ok=True)
    given = place / "pyvenv.cfg"
    kept = [line for line in given.read_text().splitlines() if not line.startswith("command")]
    given.write_text("\n".join(kept) + "\n")


def _compile(packages: Path) -> None:
    """Compile every module, for the final place. The files are valid whatever the times of their
    sources say: a package manager sets those."""
    (top,) = (each for each in packages.parents if (each / PLACE).is_dir())
    final = ("-s", str(top), "-p", "/")
    options = ("-q", "-f", "--invalidation-mode", "unchecked-hash", *final)
    subprocess.run(
        [DEBIAN_PYTHON, "-m", "compileall", *options, packages],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "0"},  # sets of constants stand in the order of hashes
    )


def _strip(paths: Iterable[Path]) -> None:
    """Take out what only a debugger reads; it also names the place where pyscard was compiled."""
    for path in paths:
        if not path.is_symlink():
            subprocess.run(["strip", "--strip-unneeded", path], check=True)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


# -- what stands beside it ------------------------------------------------------------------------


def _beside(root: Path) -> None:
    """Unit, udev rules, manual, command, papers of the package."""
    assets = ROOT / "assets"
    unit = (assets / "systemd" / "kiosk.service").read_text(encoding="utf-8")
    _write(root / "lib/systemd/system/kiosk.service", unit)
    rules = assets / "udev" / "60-kiosk.rules"
    _write(root / "lib/udev/rules.d/60-kiosk.rules", rules.read_text(encoding="utf-8"))
    manual = (assets / "man" / "kiosk.1").read_bytes()
    _pack(root / "usr/share/man/man1/kiosk.1.gz", manual)
    papers = root / "usr/share/doc" / PACKAGE
    _pack(papers / "CHANGELOG.md.gz", (ROOT / "CHANGELOG.md").read_bytes())
    when = _said("git", "log", "-1", "--format=%cD")
    maker = re.findall(r"^Maintainer: (.+)$", (PARTS / "control").read_text(encoding="utf-8"), re.M)
    entry = f"{PACKAGE} ({version()}) stable; urgency=medium\n\n  * See CHANGELOG.md.gz.\n\n"
    _pack(papers / "changelog.gz", f"{entry} -- {maker[0]}  {when}\n".encode())
    _write(papers / "copyright", (PARTS / "copyright").read_text(encoding="utf-8"))
    _write(papers / "terminal.toml", (PARTS / "terminal.toml").read_text(encoding="utf-8"))
    _write(
        root / "usr/share/lintian/overrides" / PACKAGE,
        (PARTS / "lintian-overrides").read_text(encoding="utf-8"),
    )
    command = root / "usr/bin/kiosk"
    command.parent.mkdir(parents=True)
    command.symlink_to(f"../lib/{PACKAGE}/bin/kiosk")


def _control(root: Path) -> None:
    """The package's own description and its scripts."""
    place = root / "DEBIAN"
    place.mkdir(mode=0o755)
    installed = sum(each.lstat().st_size for each in root.rglob("*") if not each.is_dir())
    text = (PARTS / "control").read_text(encoding="utf-8")
    said = {
        "Version": version(),
        "Architecture": _said("dpkg", "--print-architecture"),
        "Installed-Size": str(installed // 1024),
        "Depends": ", ".join(_depends()),
    }
    for field, value in said.items():
        text = text.replace(f"{field}:\n", f"{field}: {value}\n")
    _write(place / "control", text)
    for script in ("preinst", "postinst", "prerm", "postrm"):
        if (PARTS / script).exists():
            shutil.copyfile(PARTS / script, place / script)
            (place / script).chmod(0o755)
    sums = [
        f"{_said('md5sum', str(path)).split()[0]}  {path.relative_to(root)}"
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink() and place not in path.parents
    ]
    _write(place / "md5sums", "\n".join(sums) + "\n")


def _depends() -> Iterator[str]:
    """The packages of Debian that a terminal needs. Python's next version has another place for
    its libraries, so the package is for the one of this release alone."""
    major, minor = _said(
        str(DEBIAN_PYTHON), "-c", "import sys; print(*sys.version_info[:2])"
    ).split()
    yield f"python3 (>= {major}.{minor})"
    yield f"python3 (<< {major}.{int(minor) + 1})"
    yield "libc6"
    yield "adduser"
    lines = (ROOT / "assets" / "packages.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        use, _, package = line.partition(" ")
        if use == "terminal" and package != "python3-venv":
            yield package


def _same_times(root: Path) -> None:
    """Everything has the time of the last commit."""
    epoch = int(os.environ["SOURCE_DATE_EPOCH"])
    for path in (root, *root.rglob("*")):
        os.utime(path, (epoch, epoch), follow_symlinks=False)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _pack(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, 9, mtime=0))


def _said(*command: str) -> str:
    return subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout.strip()


if __name__ == "__main__":
    main()
