"""What travels between terminal and centre: forms of money, days and months, and whole models."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from kiosk.centre import models
from kiosk.centre.models import (
    Catalogue,
    CentreWords,
    Day,
    Hours,
    Line,
    Masking,
    Money,
    Person,
    PrintReport,
    Rate,
    Rating,
    Ratio,
    RefusalBody,
    ShortName,
    SmsCheck,
    WireModel,
    YearMonth,
)
from kiosk.privacy import Sensitive
from kiosk.words import Language

WORDS = {"zh": "", "en": ""}
PERSON = {"xingming": "演示甲", "xingbie": "2", "zjlx": "01", "zjhm": "1", "sjhm": "1"}


class Values(WireModel):
    """One field of each form."""

    money: Money | None = None
    rate: Rate | None = None
    ratio: Ratio | None = None
    day: Day | None = None
    month: YearMonth | None = None
    line: Line = ""


def read(field: str, text: object) -> Any:
    return getattr(Values.model_validate_json(json.dumps({field: text})), field)


def written(field: str, value: object) -> Any:
    return json.loads(Values.model_validate({field: value}).model_dump_json())[field]


GOOD: list[tuple[str, str, object]] = [
    ("money", "0.00", Decimal("0.00")),
    ("money", "56958.05", Decimal("56958.05")),
    ("money", "-18000.00", Decimal("-18000.00")),
    ("money", "9999999999999999.99", Decimal("9999999999999999.99")),
    ("rate", "0.0260000", Decimal("0.026")),
    ("ratio", "0.12", Decimal("0.12")),
    ("day", "20260115", date(2026, 1, 15)),
    ("day", "20240229", date(2024, 2, 29)),
    ("day", "09991231", date(999, 12, 31)),
    ("month", "2026-01", date(2026, 1, 1)),
    ("month", "0001-12", date(1, 12, 1)),
    ("line", "云岭市第一中学(演示)", "云岭市第一中学(演示)"),
]


@pytest.mark.parametrize(("field", "text", "value"), GOOD)
def test_good_forms(field: str, text: str, value: object) -> None:
    assert read(field, text) == value
    assert written(field, value) == text


def forms(field: str, *texts: object) -> list[tuple[str, object]]:
    return [(field, text) for text in texts]


BAD: list[tuple[str, object]] = [
    *forms(
        "money",
        "", "1", "1.0", "1.000", ".00", "-.50", "1.", "+1.00", "--1.00", " 1.00", "1.00 ",
        "1,000.00", "1e3.00", "1_0.00", "１.00", "١.00", "NaN", "Infinity", "1.0٠",
        "10000000000000000.00", "1.00\n", 1.0, 1, True, [], {},
    ),
    *forms("rate", "0.026", "2.6", "0.02600000", 0.026),
    *forms("ratio", "0.1", "0.120", "12%", 0.12),
    *forms(
        "day",
        "", "2026-01-15", "20260230", "20261301", "20260100", "00000101", "2026011",
        "202601155",
        "２0260115", "٢٠٢٦٠١١٥", " 2026115", "20260115\n", 20260115, 0, True, [],
    ),
    *forms(
        "month",
        "", "202601", "2026-13", "2026-00", "0000-01", "2026-1", "2026/01", "2026-01-15",
        "２026-01", "-026-01", "2026-0-", 202601, [],
    ),
    *forms("line", "a\nb", "\x00", "\x1b[2J", "\t", "x" * 256, 1),
]  # fmt: skip


@pytest.mark.parametrize(("field", "text"), BAD)
def test_bad_forms(field: str, text: object) -> None:
    with pytest.raises(ValidationError):
        read(field, text)


@pytest.mark.parametrize(
    "value",
    ["1.005", "NaN", "sNaN", "Infinity", "-Infinity", "1E+16", "1E+999999", "0.001", "1E-999999"],
)
def test_money_in_code_is_never_rounded_on_its_way_out(value: str) -> None:
    with pytest.raises(ValidationError):
        Values(money=Decimal(value))


@pytest.mark.parametrize(
    ("value", "text"), [("1", "1.00"), ("1.5", "1.50"), ("1.500", "1.50"), ("1E+3", "1000.00")]
)
def test_money_in_code_may_be_written_shorter_or_longer(value: str, text: str) -> None:
    assert written("money", Decimal(value)) == text


def test_a_month_in_code_is_its_first_day() -> None:
    assert Values(month=date(2026, 1, 31)).month == date(2026, 1, 1)


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_money_goes_round(fen: int) -> None:
    value = Decimal(fen).scaleb(-2)
    text = written("money", value)
    assert read("money", text) == value
    assert text == f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


@given(st.dates())
def test_days_and_months_go_round(day: date) -> None:
    assert read("day", written("day", day)) == day
    assert len(written("day", day)) == 8
    assert read("month", written("month", day)) == day.replace(day=1)


@given(
    st.sampled_from(sorted(set(Values.model_fields))),
    st.one_of(
        st.text(max_size=12),
        st.text(alphabet="0123456789.-+eE _٢２", max_size=12),
        st.integers(),
        st.floats(),
        st.lists(st.none(), max_size=2),
    ),
)
def test_anything_is_read_or_refused(field: str, value: object) -> None:
    def in_code() -> Values:
        return Values.model_validate({field: value})

    def on_the_wire() -> Values:
        return Values.model_validate_json(json.dumps({field: value}))

    for validate in (in_code, on_the_wire):
        try:
            model = validate()
        except ValidationError:
            continue
        assert Values.model_validate_json(model.model_dump_json()) == model


@pytest.mark.parametrize(
    ("opens", "good"),
    [
        ("00:00", True),
        ("23:59", True),
        ("24:00", False),
        ("8:00", False),
        ("08:60", False),
        ("０8:00", False),
        ("08:00\n", False),
        ("", False),
    ],
)
def test_hours(opens: str, good: bool) -> None:
    if good:
        assert Hours(opens=opens, closes="20:00").opens == opens
    else:
        with pytest.raises(ValidationError):
            Hours(opens=opens, closes="20:00")


@pytest.mark.parametrize("code", ["12345", "1234567", "１２３４５６", "12 456", "123456\n"])
def test_a_code_has_six_digits(code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SmsCheck.model_validate({"code": code})
    assert code not in str(caught.value)


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Rating, {"service": "account", "level": 0}),
        (Rating, {"service": "account", "level": 6}),
        (PrintReport, {"job": "", "pages": 1, "complete": True}),
        (PrintReport, {"job": "j", "pages": 51, "complete": True}),
        (PrintReport, {"job": "j", "complete": True}),  # not saying is said with null
        (Masking, {"first": -1, "last": 4}),
        (CentreWords, {"zh": "x" * 501, "en": ""}),
        (RefusalBody, {"code": "x"}),
    ],
)
def test_limits(model: type[WireModel], values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(values)


def unbounded(schema: Any, where: str = "") -> list[str]:
    """Every place of a JSON schema where a list, a word or a whole number may be of any size."""
    if isinstance(schema, list):
        return [hole for part in schema for hole in unbounded(part, where)]
    if not isinstance(schema, dict):
        return []
    needed: dict[object, tuple[str, ...]] = {
        "string": ("maxLength", "pattern", "const", "enum", "format"),
        "integer": ("maximum",),
        "array": ("maxItems",),
    }
    bounds = needed.get(schema.get("type"))
    holes = [] if bounds is None or any(bound in schema for bound in bounds) else [where]
    for key, part in schema.items():
        holes += unbounded(part, f"{where}/{key}")
    return holes


def test_every_list_word_and_whole_number_of_the_centre_has_a_bound() -> None:
    answers = (
        *(kind for kind in vars(models).values() if isinstance(kind, type)),
        *(models.Accounts, models.Loans, models.Plan, models.Repayments, models.Withdrawals),
    )
    kinds = [kind for kind in answers if not isinstance(kind, type) or issubclass(kind, WireModel)]
    assert len(kinds) > 25
    holes = [
        f"{kind}{hole}"
        for kind in kinds
        for mode in ("validation", "serialization")
        for hole in unbounded(TypeAdapter(kind).json_schema(mode=mode))
    ]
    assert holes == []


def test_no_word_of_the_centre_has_a_line_break() -> None:
    """200 line breaks in one word made a slip of two metres."""
    for text in ("a\nb", "\r", "\t", "\x7f", "\x85", "\u2028", "\u2029"):
        for model, values in (
            (CentreWords, {"zh": text, "en": ""}),
            (RefusalBody, {"code": text, "reason": WORDS, "next_step": WORDS, "reference": "1"}),
            (models.Purpose, {"code": text, "name": WORDS}),
            (models.Place, {"name": WORDS, "distance_m": 1, "offers": [text]}),
            (models.Person, PERSON | {"xingming": text}),
        ):
            with pytest.raises(ValidationError):
                model.model_validate(values)


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-01-15T10:00:00"]
)
def test_a_moment_has_an_offset_and_can_be_written_in_every_time_zone(moment: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(models.Moment).validate_json(json.dumps(moment))


def test_names_of_the_standard_on_the_wire_english_ones_in_code() -> None:
    from kiosk.centre.models import LedgerEntry

    entry = LedgerEntry(
        booked=date(2026, 1, 15),
        kind="01",
        month=date(2026, 1, 1),
        amount=Decimal("1920"),
        balance=Decimal("56958.05"),
        serial="1",
    )
    wire = json.loads(entry.model_dump_json())
    assert wire == {
        "jzrq": "20260115",
        "gjhtqywlx": "01",
        "hbjny": "2026-01",
        "fse": "1920.00",
        "ye": "56958.05",
        "ywlsh": "1",
    }
    assert LedgerEntry.model_validate(wire) == entry


def test_private_code_points_of_old_registers_become_characters() -> None:
    wire = {"xingming": "王\ue863", "xingbie": "1", "zjlx": "01", "zjhm": "1", "sjhm": "1"}
    assert Person.model_validate(wire).name == Sensitive("王䶮")


def test_unknown_fields_and_codes_of_a_newer_centre() -> None:
    wire = {"jzrq": "20260115", "gjhtqywlx": "77", "fse": "1.00", "ye": "1.00", "ywlsh": "1"}
    from kiosk.centre.models import LedgerEntry

    assert LedgerEntry.model_validate(wire | {"new": 1}).kind == "77"


def test_models_do_not_change() -> None:
    rating = Rating(service="account", level=5)
    with pytest.raises(ValidationError):
        rating.level = 1  # type: ignore[misc]  # frozen


def test_words_are_said_in_the_language_asked_for() -> None:
    words = CentreWords(zh="账户", en="Account")
    assert (words.say(Language.ZH), words.say(Language.EN)) == ("账户", "Account")


def test_the_clock_of_the_centre_keeps_its_offset() -> None:
    clock = TypeAdapter(datetime).validate_json('"2026-01-15T10:00:00+08:00"')
    catalogue = Catalogue(
        version=1,
        clock=clock,
        centre=CentreWords(zh="中心", en="Centre"),
        short_name=ShortName(zh="中心", en="Centre"),
        hotline="12329",
        demo=True,
        offers=(),
    )
    assert json.loads(catalogue.model_dump_json())["clock"] == "2026-01-15T10:00:00+08:00"
    assert catalogue.masking.id_number == Masking(first=3, last=4)


@pytest.mark.parametrize(
    ("clock", "inside"),
    [
        (time(7, 59, 59), False),
        (time(8), True),
        (time(20, 0, 30), True),  # the minute that is named belongs to the hours
        (time(20, 1), False),
    ],
)
def test_hours_are_counted_in_whole_minutes(clock: time, inside: bool) -> None:
    assert Hours(opens="08:00", closes="20:00").contain(clock) is inside


def test_hours_until_2359_never_close() -> None:
    assert Hours(opens="00:00", closes="23:59").contain(time(23, 59, 1))
