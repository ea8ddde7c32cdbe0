"""A personal value gets out only where somebody asks for it, and masks show what they may."""

from __future__ import annotations

import copy
import dataclasses
import io
import json
import logging
import pickle
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError

from kiosk.centre.models import Money, WireModel
from kiosk.privacy import (
    Sensitive,
    mask,
    mask_bank_card,
    mask_id_number,
    mask_name,
    mask_phone,
)

SECRET = "990101199001011020"


@dataclass(frozen=True)
class Holder:
    number: Sensitive[str]


class Model(WireModel):
    number: Sensitive[str] = Field(alias="zjhm")
    balance: Sensitive[Money]
    phone: Sensitive[str] | None = None


MODEL = Model(number=Sensitive(SECRET), balance=Sensitive(Decimal("1234.50")))


# -- what refuses ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "leak",
    [
        pytest.param(str, id="str"),
        pytest.param(lambda value: f"{value}", id="f-string"),
        pytest.param(lambda value: f"{value:>20}", id="f-string with a width"),
        pytest.param(lambda value: f"{value!s}", id="f-string as str"),
        pytest.param("{}".format, id="format"),
        pytest.param(lambda value: "%s" % value, id="percent"),  # noqa: UP031
        pytest.param(lambda value: "number " + value, id="plus"),
        pytest.param(lambda value: "".join([value]), id="join"),
        pytest.param(bytes, id="bytes"),
        pytest.param(list, id="iteration"),
        pytest.param(lambda value: value[0], id="index"),
        pytest.param(json.dumps, id="JSON"),
        pytest.param(lambda value: json.dumps(value, default=str), id="JSON through str"),
        pytest.param(pickle.dumps, id="pickle"),
        pytest.param(lambda value: pickle.dumps(value, protocol=0), id="the oldest pickle"),
        pytest.param(lambda value: pickle.dumps(Holder(value)), id="pickle of its holder"),
        pytest.param(lambda value: pickle.dumps(MODEL), id="pickle of a model"),
        pytest.param(copy.deepcopy, id="copy"),
        pytest.param(lambda value: dataclasses.asdict(Holder(value)), id="asdict"),
        pytest.param(lambda value: print(value, file=io.StringIO()), id="print"),
    ],
)
def test_it_refuses(leak: Callable[[Sensitive[str]], object]) -> None:
    with pytest.raises(TypeError) as caught:
        leak(Sensitive(SECRET))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(repr, id="repr"),
        pytest.param(lambda value: f"{value!r}", id="f-string as repr"),
        pytest.param(lambda value: repr([value]), id="in a list"),
        pytest.param(lambda value: str({"number": value}), id="in a dictionary"),
        pytest.param(lambda value: repr(Holder(value)), id="in a dataclass"),
        pytest.param(lambda value: repr(MODEL), id="a model"),
        pytest.param(lambda value: str(MODEL), id="a model as text"),
        pytest.param(lambda value: repr(MODEL.model_dump()), id="a model as a dictionary"),
        pytest.param(lambda value: repr(vars(MODEL)), id="the inside of a model"),
    ],
)
def test_it_shows_nothing(shown: Callable[[Sensitive[str]], str]) -> None:
    text = shown(Sensitive(SECRET))
    assert "<Sensitive>" in text
    assert SECRET not in text
    assert "1234" not in text


@pytest.mark.parametrize("form", ["%s", "%r", "%d", "%.3s"])
def test_a_log_line_does_not_show_it(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whether the line is written or refused: the value is neither in it nor in the complaint."""
    written = io.StringIO()
    log = logging.Logger("test")
    log.addHandler(logging.StreamHandler(written))
    log.warning(form, Sensitive(SECRET))
    assert SECRET[:3] not in written.getvalue() + capsys.readouterr().err


def test_a_traceback_with_locals_does_not_show_it() -> None:
    def fail(number: Sensitive[str]) -> None:
        raise RuntimeError("bug")

    try:
        fail(Sensitive(SECRET))
    except RuntimeError:
        kind, error, trace = sys.exc_info()
        assert kind is not None
        report = traceback.TracebackException(kind, error, trace, capture_locals=True)  # type: ignore[arg-type]
    assert "<Sensitive>" in "".join(report.format())
    assert SECRET not in "".join(report.format())


def test_it_is_what_it_holds() -> None:
    assert Sensitive(SECRET).reveal() == SECRET
    assert Sensitive(SECRET) == Sensitive(SECRET)
    assert Sensitive(SECRET) != Sensitive("other")
    assert Sensitive(SECRET) != SECRET
    assert len({Sensitive(SECRET), Sensitive(SECRET)}) == 1
    assert Sensitive(SECRET)
    assert not Sensitive("")


# -- in models ------------------------------------------------------------------------------------


def test_on_the_wire_it_is_the_value() -> None:
    wire = MODEL.model_dump_json()
    assert json.loads(wire) == {"zjhm": SECRET, "balance": "1234.50", "phone": None}
    assert Model.model_validate_json(wire) == MODEL
    assert MODEL.model_dump(mode="json") == json.loads(wire)


def test_in_python_it_stays_wrapped() -> None:
    assert MODEL.model_dump()["balance"] == Sensitive(Decimal("1234.50"))
    assert MODEL.model_copy() == MODEL


def test_its_type_on_the_wire_is_the_type_inside() -> None:
    for mode in ("validation", "serialization"):
        schema = Model.model_json_schema(mode=mode)
        assert schema["properties"]["zjhm"]["type"] == "string"
        assert schema["properties"]["balance"]["pattern"] == "^-?[0-9]{1,16}\\.[0-9]{2}$"


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize("bad", ["1234.5", "1234,50", "NaN", 1234.5, None])
def test_wrapping_does_not_spare_the_check(bad: Any, wrapped: bool) -> None:
    with pytest.raises(ValidationError) as caught:
        Model(number=Sensitive(SECRET), balance=Sensitive(bad) if wrapped else bad)
    assert "1234" not in str(caught.value)
    assert "1234" not in repr(caught.value)


@given(number=st.one_of(st.integers(10**9), st.lists(st.integers(10**9), min_size=1)))
def test_an_error_of_the_model_does_not_show_it(number: object) -> None:
    body = json.dumps({"zjhm": number, "balance": SECRET})
    reader = TypeAdapter(tuple[Model, ...], config={"hide_input_in_errors": True})
    for read in (
        lambda: Model.model_validate_json(body),
        lambda: Model.model_validate(json.loads(body)),
        lambda: reader.validate_json(f"[{body}]"),
    ):
        with pytest.raises(ValidationError) as caught:
            read()
        for text in (str(caught.value), repr(caught.value)):
            assert SECRET not in text
            assert json.dumps(number).strip("[]") not in text


# -- masks (JR/T 0171-2020 appendix A style) ------------------------------------------------------


@pytest.mark.parametrize(
    ("masked", "value", "shown"),
    [
        (mask_name, "张三", "张*"),
        (mask_name, "张小三", "张*三"),
        (mask_name, "欧阳测试", "欧*试"),
        (mask_name, "欧阳\U0002cb4e\u36c3", "欧*\u36c3"),
        (mask_name, "\U0002cb4e甲", "\U0002cb4e*"),
        (mask_name, "阿依·买买提", "阿*提"),
        (mask_name, "甲", "甲*"),
        (mask_name, "PETROVA ANNA MARIA", "P** A** M**"),
        (mask_name, "", ""),
        (mask_id_number, SECRET, "990***********1020"),
        (mask_id_number, "99010119860714202X", "990***********202X"),
        (mask_id_number, "CHN199001010", "CHN*****1010"),
        (mask_phone, "12300000001", "123****0001"),
        (mask_bank_card, "9999990000000000014", "**** **** **** 0014"),
    ],
)
def test_masks(masked: Callable[[str], str], value: str, shown: str) -> None:
    assert masked(value) == shown


@given(st.text(min_size=1, max_size=30), st.integers(0, 20), st.integers(0, 20))
def test_a_mask_keeps_the_length_and_hides_something(value: str, first: int, last: int) -> None:
    masked = mask(value, first, last, mark="\0")
    assert len(masked) == len(value)
    hidden = masked.count("\0") - value.count("\0")
    assert "\0" in masked
    if "\0" not in value:
        assert hidden == max(1, len(value) - first - last)
        assert all(seen in (real, "\0") for seen, real in zip(masked, value, strict=True))


@given(st.text(alphabet="赵钱孙李\U0002cb4e\u36c3·", min_size=2, max_size=20))
def test_a_masked_name_shows_two_characters_at_most(name: str) -> None:
    assert sum(character != "*" for character in mask_name(name)) <= 2
