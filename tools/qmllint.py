"""Checks every QML file of the project with qmllint: any warning is a fault.

``python -m tools.qmllint`` writes down for qmllint what types the Python of ``ui`` gives to QML,
into ``build/qml``, as their meta-objects say: what a page reads must be there and have that type.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMetaMethod, QMetaObject, QMetaProperty, QObject
from PySide6.QtQuick import QQuickItem

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "qml"
SINGLETONS = ("Appearance", "CurrentPage", "IdleClock")
PLAIN = {"PyObject": "QVariant", "double": "double", "QStringList": "QStringList"}


def lint(files: Sequence[Path]) -> subprocess.CompletedProcess[str]:
    """Check ``files``; the return code is 0 when there is nothing to warn of."""
    for module, types in types_by_module().items():
        folder = BUILD.joinpath(*module.split("."))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "qmldir").write_text(
            f"module {module}\ndepends QtQuick\ntypeinfo types.qmltypes\n"
        )
        text = "".join(component(module, name, type_) for name, type_ in sorted(types.items()))
        head = "import QtQuick.tooling 1.2\nModule {\n"
        (folder / "types.qmltypes").write_text(head + text + "}\n", encoding="utf-8")
    program = str(Path(sys.executable).with_name("pyside6-qmllint"))
    command = [program, "--max-warnings", "0", "-I", str(BUILD), *map(str, files)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def types_by_module() -> dict[str, dict[str, type[QObject]]]:
    """Every type that ``ui`` gives to QML, by the module that QML imports and by its name there."""
    found: dict[str, dict[str, type[QObject]]] = defaultdict(dict)
    for path in sorted((ROOT / "ui").rglob("*.py")):
        if "robots" in path.parts:
            continue
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        module = importlib.import_module(name)
        uri = getattr(module, "QML_IMPORT_NAME", None)
        if uri:
            own = [each for each in vars(module).values() if isinstance(each, type)]
            found[uri] |= {
                each.__name__: each
                for each in own
                if issubclass(each, QObject) and each.__module__ == name
            }
    from ui.properties import MODULE
    from ui.qml_types import TYPES

    found[MODULE] |= {content.__name__: type_ for content, type_ in TYPES.items()}
    return found


def component(module: str, name: str, type_: type[QObject]) -> str:
    """One type as a qmltypes file has it."""
    meta: QMetaObject = type_.staticMetaObject
    base = type_.__mro__[1]
    own = hasattr(sys.modules[base.__module__], "QML_IMPORT_NAME")
    item = issubclass(base, QQuickItem)  # an item that a page makes, drawn by Python
    inherits = base.__name__ if own or item else "QObject"
    own_properties = range(meta.propertyOffset(), meta.propertyCount())
    own_methods = range(meta.methodOffset(), meta.methodCount())
    lines = [
        f'name: "{name}"',
        'accessSemantics: "reference"',
        f'prototype: "{inherits}"',
        f'exports: ["{module}/{name} 1.0"]',
        "exportMetaObjectRevisions: [256]",
        f"isCreatable: {'true' if item else 'false'}",
        *(["isSingleton: true"] if name in SINGLETONS else []),
        *(a_property(type_, meta.property(index)) for index in own_properties),
        *(a_method(meta.method(index)) for index in own_methods),
    ]
    return "    Component {\n" + "".join(f"        {line}\n" for line in lines) + "    }\n"


def a_property(type_: type[QObject], prop: QMetaProperty) -> str:
    facts = [f'name: "{prop.name()}"']
    kind = kind_of_list(type_, prop.name())
    if kind is not None:
        facts += [f'type: "{kind.__name__}"', "isList: true"]
    else:
        facts.append(qml_type(prop.typeName()))
    if prop.isConstant():
        facts.append("isPropertyConstant: true")
    if prop.hasNotifySignal():
        facts.append(f'notify: "{prop.notifySignal().name().toStdString()}"')
    if not prop.isWritable():
        facts.append("isReadonly: true")
    return "Property { " + "; ".join(facts) + " }"


def a_method(method: QMetaMethod) -> str:
    word = "Signal" if method.methodType() == QMetaMethod.MethodType.Signal else "Method"
    facts = [f'name: "{method.name().toStdString()}"']
    if method.typeName() not in ("void", ""):
        facts.append(qml_type(method.typeName()))
    for at, type_ in enumerate(method.parameterTypes()):
        facts.append(f'Parameter {{ name: "p{at}"; {qml_type(type_.toStdString())} }}')
    return word + " {\n" + "".join(f"            {fact}\n" for fact in facts) + "        }"


def qml_type(name: str) -> str:
    """The type of Qt as a qmltypes file names it; an object is a pointer."""
    if name.endswith("*"):
        return f'type: "{name[:-1]}"; isPointer: true'
    return f'type: "{PLAIN.get(name, name)}"'


def kind_of_list(type_: type[QObject], name: str) -> type[QObject] | None:
    """What the list property ``name`` is a list of."""
    from ui.lists import KINDS

    for each in type_.__mro__:
        if name in vars(each):
            return KINDS.get(id(vars(each)[name]))
    return None


if __name__ == "__main__":
    done = lint(sorted((ROOT / "ui").rglob("*.qml")))
    print(done.stdout + done.stderr, end="")
    sys.exit(done.returncode)
