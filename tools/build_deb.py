"""Builds the Debian packages of terminal and workshop for the Debian that this machine runs.

The terminal's holds a virtual environment at its final place, with the libraries that
``requirements-terminal.lock`` names and without what a terminal never uses, compiled; the
workshop's adds to the same environment what never runs for a citizen. The same tree makes the same
bytes: times are those of the last commit, owners are root, and nothing is in a package that depends
on where it was built.
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
WORKSHOP = "provident-kiosk-workshop"
WORKSHOP_LIBRARIES = (
    "annotated-doc",
    "anyio",
    "fastapi",
    "h11",
    "opentelemetry-api",
    "starlette",
    "uvicorn",
)
"""What ``requirements.lock`` pins for the workshop beyond the terminal's own libraries."""
PLACE = Path("usr/lib") / PACKAGE
"""Where the virtual environment lies in a terminal; relative to its root."""
DEBIAN_PYTHON = Path("/usr/bin/python3")
HANDBOOKS = (
    "installation.zh.md",
    "operation.zh.md",
    "setup.md",
    "enrolment.md",
    "events.md",
    "package.md",
    "screen.md",
)
"""The pages of ``docs/`` that a technician reads on the terminal itself."""

QT_MODULES = ("QtCore", "QtGui", "QtNetwork", "QtOpenGL", "QtQml", "QtQuick", "QtSvg")
"""What of PySide6 the terminal imports; QtQuick imports QtNetwork and QtOpenGL."""
QT_KEPT = (
    "plugins/iconengines",
    "plugins/imageformats/libqsvg.so",
    "plugins/platforms/libqlinuxfb.so",
    "plugins/platforms/libqoffscreen.so",
    "plugins/platforms/libqwayland.so",
    "plugins/platforms/libqxcb.so",
    "plugins/tls",
    "plugins/wayland-decoration-client",
    "plugins/wayland-graphics-integration-client",
    "plugins/wayland-shell-integration",
    "plugins/xcbglintegrations",
    "qml/QtQml/Models",
    "qml/QtQml/WorkerScript",
    "qml/QtQml/libqmlplugin.so",
    "qml/QtQml/qmldir",
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
    "numpy/_pyinstaller",
    "numpy/conftest.py",
    "numpy/distutils",
    "numpy/f2py",
    "lxml/includes",
    "lxml/objectify*",
    "PIL/_avif*",
    "PIL/_imagingtk*",
    "cv2/data",
    "apsw/sqlite_extra_binaries",
    "certifi/tests",
    "tests",  # of python-escpos
    "numpy/_core/*_tests.*.so",
    "numpy/_core/_simd.*.so",
    "setuptools*",
    "_distutils_hack",
    "distutils-precedence.pth",  # would run at each start
)
"""What libraries bring for who builds against them or tests them."""


def main() -> None:
    """Build the packages into ``out/``, and say what they are and how large."""
    build()


def build(out: Path = OUT, cache: Path = ROOT / "build" / "pip-deb") -> tuple[Path, Path]:
    """The terminal's package and the workshop's, built into ``out``; pip keeps what it has fetched
    and compiled in ``cache``."""
    if not shutil.which("dpkg-deb"):
        sys.exit("dpkg-deb is missing: a package is built on Debian 12 or 13")
    os.environ.update(SOURCE_DATE_EPOCH=_said("git", "log", "-1", "--format=%ct"))
    os.umask(0o022)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kiosk-deb-") as directory:
        terminal, workshop = Path(directory) / PACKAGE, Path(directory) / WORKSHOP
        _environments(terminal, workshop, cache)
        _beside(terminal)
        _papers(workshop)
        return _packed(terminal, tuple(_depends()), out), _packed(workshop, (), out)


def _packed(root: Path, depends: tuple[str, ...], out: Path) -> Path:
    """The package of what is under ``root``, which is named as the package is."""
    _control(root, depends)
    _same_times(root)
    package = place(root.name, out)
    options = ("--root-owner-group", "-Zxz", "-z1", "--threads-max=2", "--build")
    subprocess.run(["dpkg-deb", *options, root, package], check=True, stdout=subprocess.DEVNULL)
    size = package.stat().st_size / 1e6
    print(f"{package.name}: {size:.1f} MB, installed {_size(root) / 1e6:.1f} MB", flush=True)
    return package


def place(name: str = PACKAGE, out: Path = OUT) -> Path:
    """Where the package ``name`` is built."""
    return out / f"{name}_{version()}_{_said('dpkg', '--print-architecture')}.deb"


def _size(root: Path) -> int:
    return sum(each.lstat().st_size for each in root.rglob("*") if not each.is_dir())


def version() -> str:
    """The version of the package: the distribution's, and the Debian release it is for."""
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    return f"{setup['metadata']['version']}+deb{release()}"


def commit() -> str:
    """The commit of which a package is built now, and which the package names."""
    return _said("git", "rev-parse", "HEAD")


def field(package: Path, name: str) -> str:
    """What ``package`` says of itself in the field ``name``; "" where it lacks the field."""
    return _said("dpkg-deb", "--field", str(package.resolve()), name)


def release() -> str:
    """The number of this machine's Debian."""
    facts = dict(re.findall(r'^(\w+)="?([^"\n]*)', Path("/etc/os-release").read_text(), re.M))
    return facts["VERSION_ID"]


# -- the virtual environment ----------------------------------------------------------------------


def _environments(terminal: Path, workshop: Path, cache: Path) -> None:
    """The virtual environment in ``terminal``: Debian's Python, the libraries, the terminal; and
    in ``workshop`` what the workshop adds to it."""
    place = terminal / PLACE
    subprocess.run([DEBIAN_PYTHON, "-m", "venv", "--without-pip", place], check=True)
    _pip(
        place, cache, "--require-hashes", "--requirement", str(ROOT / "requirements-terminal.lock")
    )
    from_tree = ("--no-index", "--no-deps", "--no-build-isolation")
    with copied_tree() as copy:
        _pip(place, cache, *from_tree, str(copy))
        before = set(place.rglob("*"))
        libraries = copy / "libraries.txt"
        libraries.write_text(_locked(WORKSHOP_LIBRARIES), encoding="utf-8")
        _pip(place, cache, "--require-hashes", "--no-deps", "--requirement", str(libraries))
        _pip(place, cache, *from_tree, str(copy / "packaging" / "workshop"))
    python = str(place / "bin" / "python")
    subprocess.run([sys.executable, "-m", "pip", "--python", python, "check"], check=True)
    (packages,) = place.glob("lib/python3.*/site-packages")
    added = workshop / packages.relative_to(terminal)
    for path in sorted(set(packages.rglob("*")) - before):
        if not path.is_dir():
            final = added / path.relative_to(packages)
            final.parent.mkdir(parents=True, exist_ok=True)
            path.rename(final)
    _remove_empty(packages)
    _prune_qt(packages / "PySide6")
    _share_lapack(packages)
    for folder in (packages, added):
        for pattern in UNUSED:
            for path in tuple(folder.glob(pattern)):
                _remove(path)
        for path in folder.rglob("*"):
            if not path.is_symlink() and path.is_file():
                path.chmod(0o644)
    _prune_bundled(packages)
    _strip(packages.rglob("*.so"))
    _commands(place)
    for folder in (packages, added):
        _compile(folder)


def _locked(names: tuple[str, ...]) -> str:
    """The lines of ``requirements.lock`` about ``names``, with their hashes."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = dict(re.findall(r"^(([\w.-]+)==(?:.*\\\n)*.*\n)", text, re.M))
    by_name = {name: entry for entry, name in entries.items()}
    return "".join(by_name[name] for name in names)


def _remove_empty(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
            path.rmdir()


def _pip(place: Path, cache: Path, *arguments: str) -> None:
    """Install into ``place`` with the pip of this tree's own environment."""
    outside = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    # Not the user's cache: what another Python has compiled names that Python's own place.
    outside["PIP_CACHE_DIR"] = str(cache)
    # What is compiled here names the place of the build in what a debugger reads; the linker's
    # build id is a hash of that too, and stays when the rest is stripped.
    outside.update(CFLAGS="-g0", LDFLAGS="-Wl,--build-id=none")
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


def _share_lapack(packages: Path) -> None:
    """Have OpenCV compute with Debian's LAPACK (2 MB) instead of the OpenBLAS that its wheel brings
    (39 MB): the same functions, for the few equations of a pose. The loader finds it by the name
    that OpenCV was linked to."""
    (bundled,) = packages.glob("opencv_python_headless.libs/libopenblas*.so")
    triplet = _said(
        str(DEBIAN_PYTHON), "-c", "import sysconfig as s; print(s.get_config_var('MULTIARCH'))"
    )
    (top,) = (each for each in packages.parents if (each / PLACE).is_dir())
    up = Path(*(".." for _ in bundled.parent.relative_to(top / "usr/lib").parts))
    bundled.unlink()
    bundled.symlink_to(up / triplet / "liblapack.so.3")


def _prune_bundled(packages: Path) -> None:
    """Take out the libraries in wheels that nothing loads any more; again, until none is left."""
    while True:
        files = [path for path in packages.rglob("*.so*") if not path.is_symlink()]
        loaded = {
            name
            for path in files
            for name in re.findall(r"\(NEEDED\).*\[(.+)\]", _said("readelf", "-d", str(path)))
        }
        unused = [p for p in files if p.parent.suffix == ".libs" and p.name not in loaded]
        if not unused:
            return
        for path in unused:
            path.unlink()


def _commands(place: Path) -> None:
    """Of all commands, only ``kiosk`` and ``python`` stay; both name the final place."""
    final = Path("/") / PLACE
    for path in tuple((place / "bin").iterdir()):
        if path.name not in ("python", "python3", "kiosk"):
            _remove(path)
    for name in ("python", "python3"):
        (place / "bin" / name).unlink(missing_ok=True)
        (place / "bin" / name).symlink_to(DEBIAN_PYTHON)
    # Written anew: where the path of the build is long, pip's own names it in more than one line.
    command = place / "bin" / "kiosk"
    lines = (f"#!{final}/bin/python -IB", "import sys", "from kiosk.__main__ import main")
    command.write_text("\n".join((*lines, "sys.exit(main())", "")), encoding="utf-8")
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
    """Take out what only a debugger reads; it also names the place where pyscard was compiled. Not
    from libraries that were edited after linking, in the wheels' ``*.libs``: strip breaks some."""
    for path in paths:
        if not path.is_symlink() and path.parent.suffix != ".libs":
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
    for unit in sorted((assets / "systemd").glob("*.service")):
        _write(root / "lib/systemd/system" / unit.name, unit.read_text(encoding="utf-8"))
    lockdown = assets / "lockdown"
    for path in sorted(each for each in lockdown.rglob("*") if each.is_file()):
        _write(root / path.relative_to(lockdown), path.read_text(encoding="utf-8"))
    for rules in sorted((assets / "udev").glob("*.rules")):
        _write(root / "lib/udev/rules.d" / rules.name, rules.read_text(encoding="utf-8"))
    manual = (assets / "man" / "kiosk.1").read_bytes()
    _pack(root / "usr/share/man/man1/kiosk.1.gz", manual)
    profile = (PARTS / "apparmor").read_text(encoding="utf-8")
    _write(root / "etc/apparmor.d" / PACKAGE, profile)
    papers = _papers(root)
    handbooks = papers / "handbooks"
    for page in HANDBOOKS:
        _write(handbooks / page, (ROOT / "docs" / page).read_text(encoding="utf-8"))
    (handbooks / "pictures").mkdir()
    for picture in (ROOT / "docs" / "pictures").glob("*.webp"):
        shutil.copyfile(picture, handbooks / "pictures" / picture.name)
    _write(papers / "terminal.toml", (PARTS / "terminal.toml").read_text(encoding="utf-8"))
    command = root / "usr/bin/kiosk"
    command.parent.mkdir(parents=True)
    command.symlink_to(f"../lib/{PACKAGE}/bin/kiosk")


def _papers(root: Path) -> Path:
    """The folder with the papers that each package has: changes, licence, overrides of lintian."""
    papers = root / "usr/share/doc" / root.name
    _pack(papers / "CHANGELOG.md.gz", (ROOT / "CHANGELOG.md").read_bytes())
    when = _said("git", "log", "-1", "--format=%cD")
    maker = re.findall(r"^Maintainer: (.+)$", (PARTS / "control").read_text(encoding="utf-8"), re.M)
    entry = f"{root.name} ({version()}) stable; urgency=medium\n\n  * See CHANGELOG.md.gz.\n\n"
    _pack(papers / "changelog.gz", f"{entry} -- {maker[0]}  {when}\n".encode())
    _write(papers / "copyright", (PARTS / "copyright").read_text(encoding="utf-8"))
    overrides = (PARTS / "lintian-overrides").read_text(encoding="utf-8")
    _write(
        root / "usr/share/lintian/overrides" / root.name,
        overrides.replace(f"{PACKAGE}:", f"{root.name}:"),
    )
    return papers


def _control(root: Path, depends: tuple[str, ...]) -> None:
    """The package's own description, its scripts, and the settings that it keeps on upgrade."""
    parts = PARTS if root.name == PACKAGE else PARTS / root.name
    installed = _size(root)
    place = root / "DEBIAN"
    place.mkdir(mode=0o755)
    text = (parts / "control").read_text(encoding="utf-8")
    said = {
        "Version": version(),
        "Commit": commit(),
        "Architecture": _said("dpkg", "--print-architecture"),
        "Installed-Size": str(installed // 1024),
        "Depends": ", ".join(depends or (f"{PACKAGE} (= {version()})",)),
    }
    for field, value in said.items():
        text = text.replace(f"{field}:\n", f"{field}: {value}\n")
    _write(place / "control", text)
    for script in ("preinst", "postinst", "prerm", "postrm"):
        if (parts / script).exists():
            shutil.copyfile(parts / script, place / script)
            (place / script).chmod(0o755)
    if (parts / "triggers").exists():
        _write(place / "triggers", (parts / "triggers").read_text(encoding="utf-8"))
    kept = sorted(path for path in (root / "etc").rglob("*") if path.is_file())
    if kept:
        _write(place / "conffiles", "".join(f"/{path.relative_to(root)}\n" for path in kept))
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
    yield "libglib2.0-0 | libglib2.0-0t64"  # Debian 12, Debian 13
    yield "liblapack3"  # for OpenCV
    yield "libgssapi-krb5-2"  # for Qt Network; Debian 12 has it without being asked
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
