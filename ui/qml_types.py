"""Types for QML, made from the dataclasses of :mod:`ui.contents`.

A page gets one object of such a type. The object's properties never change: for another content,
the page gets another object. ``tools/qmllint.py`` describes these types to qmllint.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Any, ClassVar, cast, get_args, get_type_hints

from PySide6.QtCore import Property, QObject
from PySide6.QtQml import qmlRegisterUncreatableType

from ui import contents
from ui.lists import ListProperty
from ui.properties import MODULE


class ContentObject(QObject):
    """Base of the types: holds a content, with its fields as properties and its parts as
    objects."""

    lists: ClassVar[tuple[str, ...]] = ()
    """The fields that are tuples of parts."""

    def __init__(
        self, content: Any, parent: QObject | None = None, before: ContentObject | None = None
    ) -> None:
        """``before``: the object of the page's earlier content. Parts that are the same in both are
        taken over from it, so that the page keeps their buttons: a button that is made anew
        loses the finger and the focus that are on it."""
        super().__init__(parent)
        self.content = content
        self.parts = {name: self._parts(name, before) for name in self.lists}

    def _parts(self, name: str, before: ContentObject | None) -> list[ContentObject]:
        parts = getattr(self.content, name)
        if type(before) is type(self) and getattr(before.content, name) == parts:
            for part in before.parts[name]:
                part.setParent(self)
            return before.parts[name]
        return [TYPES[type(part)](part, self) for part in parts]


def part_of(content: type, name: str) -> type | None:
    """The class of the parts in the field ``name``; None for a field that holds no parts."""
    item, *_rest = (*get_args(_hints(content)[name]), None)
    return item if item is not None and item is not str else None


def camel(name: str) -> str:
    """``resend_after`` as QML writes it: ``resendAfter``."""
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def object_of(
    content: contents.PageContent, parent: QObject, before: ContentObject | None = None
) -> ContentObject:
    """The object to which the page of ``content`` binds; ``before`` as :class:`ContentObject` has
    it."""
    return TYPES[type(content)](content, parent, before)


def same_buttons(one: ContentObject, other: ContentObject) -> bool:
    """Whether two contents of a page have the same parts that can be pressed."""
    return all(
        parts is other.parts[name]
        for name, parts in one.parts.items()
        if any(hasattr(part, "key") for part in (*parts, *other.parts[name]))
    )


def register() -> None:
    """Register all types with QML, in the module ``Kiosk``."""
    for content, type_ in TYPES.items():
        # The stub says bytes where the call takes str only.
        name: Any = content.__name__
        why: Any = "made from a step"
        qmlRegisterUncreatableType(type_, MODULE, 1, 0, name, why)


@cache
def _hints(content: type) -> dict[str, Any]:
    return get_type_hints(content, vars(contents))


def _type_of(content: type) -> type[ContentObject]:
    names = [field.name for field in fields(content)]
    members: dict[str, Any] = {camel(name): _property(content, name) for name in names}
    members["lists"] = tuple(name for name in names if part_of(content, name))
    return cast(type[ContentObject], type(content.__name__, (ContentObject,), members))


def _property(content: type, name: str) -> Property:
    hint = _hints(content)[name]
    if part := part_of(content, name):
        return ListProperty(TYPES[part], lambda self: self.parts[name])
    if hint in (str, bool, int, float):
        return Property(hint, lambda self: getattr(self.content, name), constant=True)
    return Property("QStringList", lambda self: list(getattr(self.content, name)), constant=True)  # type: ignore[arg-type]  # the stub knows types only


TYPES: dict[type, type[ContentObject]] = {}
"""The QML type of every content and part. Parts come first, because contents are made of parts."""

_found = [each for each in vars(contents).values() if isinstance(each, type)]
for _each in sorted(_found, key=lambda each: issubclass(each, contents.PageContent)):
    if _each is not contents.PageContent:
        TYPES[_each] = _type_of(_each)
