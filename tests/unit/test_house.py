"""The rules of the house, read from the source: who imports whom, what is said where."""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from drivers.device import Kind

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for package in ("kiosk", "drivers", "ui")
    for path in (ROOT / package).rglob("*.py")
)
OTHERS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py"))
FURTHER = sorted(
    path.relative_to(ROOT).as_posix()
    for package in ("fuzz", "lab", "tools", "assets")
    for path in (ROOT / package).rglob("*.py")
)

# Who may import what. The first line whose module pattern fits says it; names are patterns of
# whole dotted names. What no line forbids is free.
QT = ("PySide6*", "shiboken6*")
DEVICE_LIBRARIES = ("serial*", "escpos*", "pyipp*", "smartcard*", "usb*")
CONTRACT = (
    "drivers",
    "drivers.device",
    "drivers.gb18030",
    "drivers.sentence",
    "drivers.types",
    "drivers.*.types",
)
APART = ("drivers.hosting.apart", "drivers.hosting.confine")
RULES = [
    ("kiosk/__main__.py", (*QT, "cv2*", *DEVICE_LIBRARIES), ()),
    ("kiosk/workshop/*", (*QT, "cv2*", *DEVICE_LIBRARIES), ()),
    # The capture's process is a child like a driver's, and gets the camera's pictures as one does.
    (
        "kiosk/identity/face/process.py",
        (*QT, *DEVICE_LIBRARIES, "ui*", "drivers*"),
        (
            *CONTRACT,
            "drivers.hosting.channel",
            "drivers.hosting.apart",
            "drivers.hosting.confine",
            "drivers.camera.slots",
        ),
    ),
    (
        "kiosk/papers/checker.py",
        (*QT, "cv2*", *DEVICE_LIBRARIES, "ui", "ui.*", "drivers*"),
        (*CONTRACT, *APART),
    ),
    # The committer takes from itself what it does not need, as a driver's process does.
    (
        "kiosk/operations/process.py",
        (*QT, "cv2*", *DEVICE_LIBRARIES, "ui", "ui.*", "drivers*"),
        APART,
    ),
    # The doctor asks what the kernel can take from a process.
    (
        "kiosk/doctor/machine.py",
        (*QT, "cv2*", *DEVICE_LIBRARIES, "ui", "ui.*", "drivers*"),
        (*CONTRACT, "drivers.hosting.confine"),
    ),
    # The nursery of a visit makes the processes that the others start.
    (
        "kiosk/keeper/nursery.py",
        (*QT, "cv2*", *DEVICE_LIBRARIES, "ui", "ui.*", "drivers*"),
        (*CONTRACT, "drivers.hosting.apart"),
    ),
    (
        "kiosk/identity/face/*",
        (*QT, *DEVICE_LIBRARIES, "ui*", "drivers*"),
        (*CONTRACT, "drivers.hosting.host", "drivers.catalogue"),
    ),
    # The picture of a test slip is drawn by the code that lays out the real one.
    (
        "kiosk/doctor/trial_prints.py",
        (*QT, "cv2*", *DEVICE_LIBRARIES, "ui", "ui.*", "drivers*"),
        (*CONTRACT, "drivers.catalogue", "drivers.receipt_printer.encode"),
    ),
    # How much paper a slip takes is what its layout says.
    (
        "kiosk/counters.py",
        (*QT, "cv2*", *DEVICE_LIBRARIES, "ui", "ui.*", "drivers*"),
        (*CONTRACT, "drivers.receipt_printer.layout"),
    ),
    (
        "kiosk/*",
        (*QT, "cv2*", *DEVICE_LIBRARIES, "ui", "ui.*", "drivers*"),
        (*CONTRACT, "drivers.hosting.host", "drivers.catalogue"),
    ),
    ("drivers/*", (*QT, "kiosk", "kiosk.*", "ui", "ui.*"), ()),
    # The desk and the player of the demo move the emulated hardware.
    ("ui/desk/*", (*DEVICE_LIBRARIES, "drivers*"), (*CONTRACT, "drivers.emulators*")),
    ("ui/robots/*", (*DEVICE_LIBRARIES, "drivers*"), (*CONTRACT, "drivers.emulators*")),
    ("ui/app.py", (*DEVICE_LIBRARIES, "drivers*"), (*CONTRACT, "drivers.hosting.confine")),
    ("ui/poster.py", (*DEVICE_LIBRARIES, "drivers*"), (*CONTRACT, "drivers.hosting.confine")),
    ("ui/*", (*DEVICE_LIBRARIES, "drivers*"), CONTRACT),
]
WORKSHOP = ("kiosk.workshop*", "drivers.emulators*", "ui.desk*", "ui.robots*")
"""What never runs for a citizen, and is on no terminal in the field."""
ORDER = (
    {
        "kiosk.privacy",
        "kiosk.words",
        "kiosk.events",
        "kiosk.endings",
        "kiosk.operation",
        "kiosk.login",
        "kiosk.renminbi",
        "kiosk.calculations",
        "kiosk.mistyped",
        "kiosk.upkeep",
    },
    {"kiosk.settings", "kiosk.log", "kiosk.counters", "kiosk.whole_file"},
    {"kiosk.centre"},
    {"kiosk.papers", "kiosk.audit", "kiosk.enrolment", "kiosk.display"},
    {"kiosk.operations", "kiosk.staff"},
    {"kiosk.visit"},
    {"kiosk.services", "kiosk.identity"},
    {"kiosk.terminal"},
    {"kiosk.doctor"},
    {"kiosk.maintenance"},
    {"kiosk.setup"},
    {"kiosk.workshop"},
)
"""The rooms of ``kiosk``, from the ground up: a room imports only from rooms that stand below."""
BESIDE = {
    "kiosk.keeper": {
        "kiosk.events",
        "kiosk.log",
        "kiosk.settings",
        "kiosk.endings",
        "kiosk.operation",
        "kiosk.login",
        "kiosk.upkeep",
    }
}
"""Rooms that stand beside the others, and all that they may import; any room may start a keeper."""
LARGE = ("ui", "ui.*", "drivers.emulators*")
"""What is imported only inside functions, so that the keeper and the command line stay small."""


@cache
def parsed(module: str) -> ast.Module:
    return ast.parse((ROOT / module).read_text(encoding="utf-8"), module)


def imports(module: str, nodes: Iterable[ast.AST]) -> Iterator[tuple[str, int]]:
    """Every dotted name that is imported; ``from a import b`` is both ``a`` and, if it is a
    module of ours, ``a.b`` instead."""
    package = module.removesuffix(".py").replace("/", ".").split(".")[:-1]
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for name in node.names:
                below = ROOT / base.replace(".", "/") / name.name
                known = below.is_dir() or below.with_suffix(".py").is_file()
                yield (f"{base}.{name.name}" if known else base), node.lineno


def fits(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def broken(module: str, name: str) -> bool:
    forbidden, allowed = next((f, a) for pattern, f, a in RULES if fnmatch(module, pattern))
    return fits(name, forbidden) and not fits(name, allowed)


def at_top(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when the module is imported: not in functions, not for type checkers."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from at_top(node)


@pytest.mark.parametrize(
    ("module", "name", "forbidden"),
    [
        ("kiosk/visit/visit.py", "PySide6.QtCore", True),
        ("kiosk/visit/visit.py", "cv2", True),
        ("kiosk/visit/visit.py", "serial", True),
        ("kiosk/visit/visit.py", "ui.app", True),
        ("kiosk/visit/visit.py", "drivers.id_card.sdt", True),
        ("kiosk/visit/visit.py", "drivers.emulators.rig", True),
        ("kiosk/visit/visit.py", "drivers.id_card.types", False),
        ("kiosk/visit/visit.py", "drivers.hosting.host", False),
        ("kiosk/identity/face/process.py", "drivers.camera.slots", False),
        ("kiosk/identity/face/process.py", "drivers.camera.opencv", True),
        ("kiosk/identity/face/capture.py", "drivers.camera.slots", True),
        ("kiosk/identity/face/mesh.py", "cv2.data", False),
        ("kiosk/identity/sign_in.py", "cv2", True),
        ("kiosk/workshop/demo.py", "drivers.emulators.rig", False),
        ("kiosk/workshop/demo.py", "PySide6", True),
        ("drivers/id_card/sdt.py", "kiosk.privacy", True),
        ("drivers/id_card/sdt.py", "ui", True),
        ("drivers/id_card/sdt.py", "serial", False),
        ("ui/app.py", "drivers.hosting.host", True),
        ("ui/app.py", "drivers.id_card.types", False),
        ("ui/app.py", "drivers.device", False),
        ("ui/app.py", "drivers.emulators.rig", True),
        ("ui/desk/app.py", "drivers.emulators.rig", False),
        ("ui/desk/app.py", "drivers.id_card.sdt", True),
    ],
)
def test_the_rules_themselves(module: str, name: str, forbidden: bool) -> None:
    assert broken(module, name) is forbidden


@pytest.mark.parametrize("module", MODULES)
def test_imports(module: str) -> None:
    found = imports(module, ast.walk(parsed(module)))
    assert [f"{name}, line {line}" for name, line in found if broken(module, name)] == []


def room_of(name: str) -> str:
    return ".".join(name.split(".")[:2])


def may_import(room: str, other: str) -> bool:
    """Whether a module in ``room`` of ``kiosk`` may import from another room of ``kiosk``."""
    if room in BESIDE:
        return other in BESIDE[room]
    if other in BESIDE:
        # The committer speaks the keeper's channel, as a visit does in `ui`.
        return room in ("kiosk.workshop", "kiosk.operations")
    floors = {room: floor for floor, rooms in enumerate(ORDER) for room in rooms}
    return floors[other] < floors[room]


@pytest.mark.parametrize(
    "module", [m for m in MODULES if m.startswith("kiosk/") and not m.endswith("__main__.py")]
)
def test_the_rooms_import_downward_only(module: str) -> None:
    room = room_of(module.removesuffix(".py").replace("/", "."))
    if room in ("kiosk", "kiosk.__init__"):
        return
    found = imports(module, ast.walk(parsed(module)))
    others = [(name, line) for name, line in found if name.startswith("kiosk.")]
    assert [
        f"{name}, line {line}"
        for name, line in others
        if room_of(name) != room and not may_import(room, room_of(name))
    ] == []


@pytest.mark.parametrize(
    "module",
    [m for m in MODULES if not fits(m.removesuffix(".py").replace("/", "."), WORKSHOP)],
)
def test_the_core_imports_nothing_of_the_workshop(module: str) -> None:
    found = imports(module, ast.walk(parsed(module)))
    assert [f"{name}, line {line}" for name, line in found if fits(name, WORKSHOP)] == []


def test_no_circle_of_imports() -> None:
    names = {m.removesuffix(".py").removesuffix("/__init__").replace("/", "."): m for m in MODULES}
    graph = {
        name: {to for to, _ in imports(module, at_top(parsed(module))) if to in names} - {name}
        for name, module in names.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_a_class_name_means_one_thing() -> None:
    meanings = defaultdict(set)
    for module in MODULES + OTHERS + FURTHER:
        for node in ast.walk(parsed(module)):
            # A driver's `Settings` stands inside the driver: one contract, not a name for itself.
            if isinstance(node, ast.ClassDef) and node.name != "Settings":
                meanings[node.name].add(module)
    assert {name: where for name, where in meanings.items() if len(where) > 1} == {}


@pytest.mark.parametrize("module", [m for m in MODULES if m.startswith("kiosk/")])
def test_what_is_large_is_imported_late(module: str) -> None:
    found = imports(module, at_top(parsed(module)))
    late = ("ui", "ui.*") if module.startswith("kiosk/workshop/") else LARGE
    assert [f"{name}, line {line}" for name, line in found if fits(name, late)] == []


@pytest.mark.parametrize("module", MODULES + OTHERS)
def test_a_module_says_what_it_is_for(module: str) -> None:
    tree = parsed(module)
    if not tree.body:
        return  # an empty __init__
    first = (ast.get_docstring(tree) or "").partition("\n")[0]
    assert len(first) > 10, "no docstring, or an empty first line"
    assert first.rstrip().endswith((".", "。", ":")), f"no sentence: {first!r}"


KINDS = {kind.value for kind in Kind if "_" in kind}
"""Names of device classes that mean nothing else; "camera" may be a light, an icon, a table."""


@pytest.mark.parametrize("module", MODULES + OTHERS + FURTHER)
def test_a_device_class_is_a_kind_and_no_bare_string(module: str) -> None:
    if module in ("drivers/device.py", "kiosk/doctor/terms.py"):  # the classes, and their words
        return
    found = [
        f"line {node.lineno}: {node.value}"
        for node in ast.walk(parsed(module))
        if isinstance(node, ast.Constant) and node.value in KINDS
    ]
    assert found == []


@pytest.mark.parametrize("module", MODULES)
def test_no_caught_error_is_changed(module: str) -> None:
    found = [
        f"line {node.lineno}: {handler.name}"
        for handler in ast.walk(parsed(module))
        if isinstance(handler, ast.ExceptHandler)
        for node in ast.walk(handler)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == handler.name
    ]
    assert found == []


@pytest.mark.parametrize(
    "module", [m for m in MODULES if fits(m, ("drivers/*",)) and not fits(m, ("*/emulators/*",))]
)
def test_serial_ports_are_opened_in_one_place(module: str) -> None:
    opened = [
        node.lineno
        for node in ast.walk(parsed(module))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("serial.Serial", "Serial")
    ]
    assert bool(opened) == (module == "drivers/serial_line.py"), f"lines {opened}"


def committed() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:  # no checkout: an archive of one
        return [ROOT / name for name in MODULES + OTHERS]
    return [ROOT / name for name in listed.stdout.split("\0") if name]


# Put together here, so that this file does not name them.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("crates", "io"),
        ("anaconda", "org"),
        ("rubygems", "org"),
        ("proxy", "golang", "org"),
        ("mirrors", "aliyun"),
        ("tuna", "tsinghua"),
    )
]
HOMES = re.compile(
    rb"(?<![\w.~-])/(?:" + b"|".join((b"root", b"home/[a-z]", b"Users/[A-Za-z]")) + rb")"
)


def test_no_committed_file_names_a_registry_or_a_home() -> None:
    found = []
    # Where terminals are installed may be named, also when the tests run there.
    named = not fits(str(ROOT), ("/opt/*", "/usr/*", "/srv/*", "/?", "/??", "/???"))
    for path in committed():
        if not path.is_file():
            continue
        data = path.read_bytes()
        hits = [name for name in REGISTRIES if name.encode() in data]
        hits += ["a home directory"] if HOMES.search(data) else []
        hits += ["the checkout"] if named and str(ROOT).encode() in data else []
        found += [f"{path.relative_to(ROOT)}: {hit}" for hit in hits]
    assert found == []


def test_the_keeper_loads_no_large_library() -> None:
    program = "import sys, kiosk.keeper.keeper; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    modules = set(done.stdout.split())
    # The settings name device classes, whose names stand in the contract.
    assert {name for name in modules if name.startswith("drivers.")} <= {
        "drivers.device",
        "drivers.sentence",
    }
    loaded = {name.partition(".")[0] for name in modules}
    assert not loaded & {
        "PySide6",
        "pydantic",
        "requests",
        "numpy",
        "difflib",  # for the words of a mistake in the settings
        "cv2",
        "ui",
        "click",
    }
