"""Personal values that no log or error can leak, and their masked forms for the screen."""

from __future__ import annotations

from typing import Any, Generic, NoReturn, TypeVar

T = TypeVar("T")


class Sensitive(Generic[T]):
    """A citizen's value in transit. Only :meth:`reveal` gives it out.

    ``str``, ``format`` and pickle refuse. ``repr`` shows nothing of the value, because a traceback
    and a debugger call it. Equal to another ``Sensitive`` of the same value.
    """

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """The value itself: for the screen, the wire to the centre, the paper. Never for a log."""
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sensitive) and bool(self._value == other._value)

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "<Sensitive>"

    def __str__(self) -> NoReturn:
        raise TypeError("a personal value must be revealed on purpose")

    def __format__(self, spec: str) -> NoReturn:
        raise TypeError("a personal value must be revealed on purpose")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a personal value is never pickled")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from typing import get_args

        from pydantic_core import core_schema

        inner = handler.generate_schema((get_args(source) or (str,))[0])
        wrap = core_schema.no_info_after_validator_function(cls, inner)
        # A value that is Sensitive already is checked like any other.
        unwrap = core_schema.no_info_before_validator_function(
            lambda value: value.reveal() if isinstance(value, cls) else value, wrap
        )
        return core_schema.json_or_python_schema(
            json_schema=wrap,
            python_schema=unwrap,
            # JSON in the form of the inner type: Sensitive[Money] keeps its two places.
            serialization=core_schema.wrap_serializer_function_ser_schema(
                lambda value, write, info: write(value.reveal()) if info.mode == "json" else value,
                info_arg=True,
                schema=inner,
            ),
        )


def mask(value: str, first: int, last: int, mark: str = "*") -> str:
    """``value`` with its middle hidden, as long as before: ``mask("12300000001", 3, 4)`` is
    ``"123****0001"``. At least one character is always hidden."""
    hidden = max(1, len(value) - first - last)
    kept = len(value) - hidden
    first = min(first, kept)
    return value[:first] + mark * hidden + value[len(value) - (kept - first) :]


def mask_name(name: str, mark: str = "*") -> str:
    """张三 becomes 张*, 王小明 becomes 王*明, a Latin name keeps the first letter of each word.

    Counts characters, not UTF-16 units: 欧阳𬭎㛃 becomes 欧*㛃.
    """
    if not name:
        return ""
    if name.isascii():
        return " ".join(word[0] + mark * 2 for word in name.split())
    return name[0] + mark if len(name) < 3 else name[0] + mark + name[-1]


def mask_id_number(number: str) -> str:
    """First 3 and last 4 of an ID or permit number."""
    return mask(number, 3, 4)


def mask_phone(number: str) -> str:
    """First 3 and last 4 of a mobile number."""
    return mask(number, 3, 4)


def mask_bank_card(number: str) -> str:
    """The last 4 only, in groups: ``**** **** **** 0014``."""
    return "**** **** **** " + number[-4:]
