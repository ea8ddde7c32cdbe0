"""The language of fault scripts: what is understood, where it says what is not, any text at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import Kind
from drivers.emulators import orders
from drivers.emulators.orders import ALIASES, ORDERS, orders_of
from drivers.emulators.script import LONGEST, Clause, ScriptError, parse, resolve

DEVICES = (*ORDERS, "camera_2", "gadget")
DOCS = Path(__file__).parents[2] / "docs" / "fault-scripts.md"


def said(text: str) -> list[tuple[str, str, dict[str, Any], float | None]]:
    return [(c.device, c.order, dict(c.facts), c.delay) for c in parse(text, DEVICES)]


PRINTER, A4, READER = Kind.RECEIPT_PRINTER, Kind.DOCUMENT_PRINTER, Kind.ID_CARD

PIN_ENTRY = {"service": "PinPad", "command": "Keyboard.PinEntry"}
UNDERSTOOD: list[tuple[str, list[tuple[str, str, dict[str, Any], float | None]]]] = [
    (
        "printer: paper out after 12 lines; refill after 5 s",
        [(PRINTER, "paper out", {"after_lines": 12}, None), (PRINTER, "refill", {}, 5.0)],
    ),
    ("printer: jam", [(PRINTER, "jam", {}, None)]),
    ("receipt_printer: jam", [(PRINTER, "jam", {}, None)]),
    ("PRINTER : Jam AFTER 1 LINE", [(PRINTER, "jam", {"after_lines": 1}, None)]),
    ("a4: jam after 2 sheets", [(A4, "jam", {"after_pages": 2}, None)]),
    ("a4: jam after 2 pages after 3 s", [(A4, "jam", {"after_pages": 2}, 3.0)]),
    ("printer: mute after 512 bytes", [(PRINTER, "mute", {"after_bytes": 512}, None)]),
    ("machine: pull card after 3 apdus", [("xfs4iot", "pull card", {"after_apdus": 3}, None)]),
    ("reader: lift after 250ms", [(READER, "lift", {}, 0.25)]),
    ("reader: lift after 1.5 min", [(READER, "lift", {}, 90.0)]),
    ("reader: lift after 0 s", [(READER, "lift", {}, 0.0)]),
    ("reader: mute for 3", [(READER, "mute", {"times": 3}, None)]),
    ("reader: mute for 3 times", [(READER, "mute", {"times": 3}, None)]),
    ("reader: mute times 3", [(READER, "mute", {"times": 3}, None)]),
    ("reader: mute for 3 after 2 s", [(READER, "mute", {"times": 3}, 2.0)]),
    ("reader: mute for 3 command=read", [(READER, "mute", {"times": 3, "command": "read"}, None)]),
    (
        "reader: mute for 3 s",
        [(READER, "mute", {}, None), (READER, "well", {"fault": "mute"}, 3.0)],
    ),
    (
        "printer: open cover for 2 s",
        [(PRINTER, "open cover", {}, None), (PRINTER, "close cover", {}, 2.0)],
    ),
    ("reader: unplug for 2 s", [(READER, "unplug", {}, None), (READER, "plug", {}, 2.0)]),
    (
        "machine: paper out service=DocumentPrinter for 2 s",
        [
            ("xfs4iot", "paper out", {"service": "DocumentPrinter"}, None),
            ("xfs4iot", "refill", {"service": "DocumentPrinter"}, 2.0),
        ],
    ),
    (
        "machine: slow seconds=1 service=PinPad command=Keyboard.PinEntry for 2 s",
        [
            ("xfs4iot", "slow", PIN_ENTRY | {"seconds": 1.0}, None),
            ("xfs4iot", "well", PIN_ENTRY | {"fault": "slow"}, 2.0),
        ],
    ),
    (
        "board: power percent=5 state=battery for 300 ms; volume percent=0 for 200 ms",
        [
            ("io_board", "power", {"state": "battery", "percent": 5}, None),
            ("io_board", "power", {"state": "mains", "percent": 100}, 0.3),
            ("io_board", "volume", {"percent": 0}, None),
            ("io_board", "volume", {"percent": 50}, 0.2),
        ],
    ),
    ("gadget: hop for 2 s", [("gadget", "hop", {}, None), ("gadget", "well", {}, 2.0)]),
    (
        'reader: answer status=0x41 data=00FF; put name="张 三;#" number=990101199003071018',
        [
            (READER, "answer", {"status": 0x41, "data": b"\x00\xff"}, None),
            (READER, "put", {"name": "张 三;#", "number": "990101199003071018"}, None),
        ],
    ),
    (
        "reader: answer data=hex:0a status=65",
        [(READER, "answer", {"data": b"\n", "status": 65}, None)],
    ),
    (
        'scanner: present text=123 end=""',
        [(Kind.CODE_SCANNER, "present", {"text": "123", "end": ""}, None)],
    ),
    ('scanner: two texts=["a",\n"b"]', [(Kind.CODE_SCANNER, "two", {"texts": ["a", "b"]}, None)]),
    (
        "board: power state=none percent=40",
        [("io_board", "power", {"state": None, "percent": 40}, None)],
    ),
    ("a4: revive forget=no", [(A4, "revive", {"forget": False}, None)]),
    ("pad: press key=5", [(Kind.PIN_PAD, "press", {"key": "5"}, None)]),
    ("camera_2: slow fps=0.5", [("camera_2", "slow", {"fps": 0.5}, None)]),
    (
        'gadget: hop height=3 far=2.5 up=true at=none by=x raw=hex:00ff of={"a": [1]} odd=hex:0',
        [
            (
                "gadget",
                "hop",
                {
                    "height": 3,
                    "far": 2.5,
                    "up": True,
                    "at": None,
                    "by": "x",
                    "raw": b"\x00\xff",
                    "of": {"a": [1]},
                    "odd": "hex:0",
                },
                None,
            )
        ],
    ),
    (
        "# a comment\n\n printer:\n jam ; ; clear jam after 1 s # another; jam\nreader：mute；lift",
        [
            (PRINTER, "jam", {}, None),
            (PRINTER, "clear jam", {}, 1.0),
            (READER, "mute", {}, None),
            (READER, "lift", {}, None),
        ],
    ),
]


@pytest.mark.parametrize(("text", "clauses"), UNDERSTOOD, ids=[text for text, _ in UNDERSTOOD])
def test_what_is_understood(text: str, clauses: list[Any]) -> None:
    assert said(text) == clauses


@pytest.mark.parametrize(
    ("text", "line", "column", "why"),
    [
        ("", 1, 1, "no order"),
        ("printer:", 1, 9, "no order"),
        ("jam", 1, 1, "which device"),
        ("; jam", 1, 3, "which device"),
        ("dog: sit", 1, 1, "no device 'dog'; there are id_card"),
        ("printer: papr out", 1, 10, "do you mean 'paper out'"),
        ("printer: levitate", 1, 10, "knows no order 'levitate'"),
        ("printer: jam\na4: jam\n  levitate", 3, 3, "document_printer knows no order"),
        ("printer: after 5 s", 1, 10, "an order is needed"),
        ("printer: times 5", 1, 10, "an order is needed"),
        ("printer: 5", 1, 10, "an order is needed"),
        ("printer: 缺纸", 1, 10, "an order is needed"),
        ("printer: jam after", 1, 19, "a number is needed"),
        ("printer: jam after x", 1, 20, "a number is needed"),
        ("printer: jam after 1234567890 s", 1, 20, "a number is needed"),
        ("printer: jam after 1.2.3 s", 1, 20, "a number is needed"),
        ("printer: jam after ５ s", 1, 20, "a number is needed"),
        ("printer: jam after -5 s", 1, 20, "a number is needed"),
        ("printer: jam after 5", 1, 14, "after how many"),
        ("printer: jam after 5 hours", 1, 14, "after how many"),
        ("printer: jam after 1441 min", 1, 14, "longer than a day"),
        ("printer: jam after 1 s after 2 s", 1, 24, "one time only"),
        ("printer: jam after 2 pages", 1, 14, "takes after_lines"),
        ("printer: jam after 1.5 lines", 1, 14, "a whole number"),
        ("printer: jam after 1 line after 2 lines", 1, 27, "after_lines is said twice"),
        ("printer: jam for 2", 1, 14, "does not take times"),
        ("printer: jam for 2 hours", 1, 14, "for how many"),
        ("printer: jam for 2 s for 2 s", 1, 22, "one time only"),
        ("printer: well for 2 s", 1, 10, "nothing that lasts"),
        ("pad: press key=5 for 2 s", 1, 6, "nothing that lasts"),
        ("camera: play for 2 s", 1, 9, "nothing that lasts"),
        ("gadget: well for 2 s", 1, 9, "nothing that lasts"),
        ("printer: tear paper=1", 1, 15, "takes nothing"),
        ("printer: slow dots_per_s=x", 1, 26, "'x' is no number"),
        ("printer: slow dots_per_s=inf", 1, 26, "'inf' is no number"),
        ("printer: slow dots_per_s=", 1, 26, "a value is needed"),
        ("printer: slow dots_per_s=[1]", 1, 26, "a number is needed"),
        ("printer: slow dots_per_s=1 dots_per_s=2", 1, 28, "said twice"),
        ("reader: answer status=-1", 1, 23, "no count"),
        ("reader: answer status=1000000000", 1, 23, "no count"),
        ("reader: answer data=0", 1, 21, "no bytes"),
        ("reader: put name_cut=none", 1, 22, "no flag"),
        ("reader: put name=[1]", 1, 18, "a text is needed"),
        ('reader: put name="x', 1, 18, "not JSON"),
        ("scanner: two texts=[NaN]", 1, 20, "not JSON"),
        ("scanner: two texts=[" + "9" * 5000 + "]", 1, 20, "not JSON"),
        ("scanner: two texts=" + "[" * 60000, 1, 20, "nested too deeply"),
        ("printer: jam , tear", 1, 14, "an order is needed"),
        ("printer: jam after 1 line tear", 1, 27, "'tear' is not understood here"),
        ("printer: jam after 1 line!", 1, 26, "an option is needed"),
        ('scanner: two texts=["a",\n"b"] !', 2, 6, "an option is needed"),
        ("printer: " + "jam;" * 1001, 1, 4013, "1000 clauses at most"),
        ("#" * (LONGEST + 1), 1, 1, "characters at most"),
    ],
)
def test_what_is_not_says_where(text: str, line: int, column: int, why: str) -> None:
    with pytest.raises(ScriptError, match=r"^line \d+, column \d+: ") as error:
        parse(text, DEVICES)
    assert (error.value.line, error.value.column) == (line, column)
    assert why in str(error.value)


def test_a_clause_knows_its_line() -> None:
    assert [c.line for c in parse("printer: jam\n\nwell after 1 s; tear", DEVICES)] == [1, 3, 3]


@pytest.mark.parametrize(
    ("name", "device"),
    [
        ("printer", PRINTER),
        ("Printer", PRINTER),
        (PRINTER, PRINTER),
        ("A4", A4),
        ("gadget", "gadget"),
    ],
)
def test_short_names(name: str, device: str) -> None:
    assert resolve(name, DEVICES) == device


@pytest.mark.parametrize("name", ["", "dog", "printer_2", None, 7, [PRINTER]])
def test_no_such_device(name: object) -> None:
    with pytest.raises(ValueError, match="no device"):
        resolve(name, DEVICES)


def test_a_device_of_its_own_name_goes_before_a_short_name() -> None:
    assert resolve("printer", ("printer", PRINTER)) == "printer"


def test_the_words_fit_each_other() -> None:
    assert set(ALIASES.values()) <= set(ORDERS)
    assert not set(ALIASES) & set(ORDERS)
    for device, known in ORDERS.items():
        assert orders_of(f"{device}_2") is known
        assert "well" in known
        for name, order in known.items():
            if order.undo:
                assert order.back.keys() <= known[order.undo].facts.keys()
            assert parse(f"{device}: {name}", ORDERS)[0].order == name
    assert orders_of("gadget") is None


WORDS = sorted({word for known in ORDERS.values() for name in known for word in name.split()})
PIECES = st.sampled_from(
    [
        *WORDS,
        *(f"{name}: " for name in (*ALIASES, *ORDERS)),
        *(" after ", " for ", " times ", " s", " ms", " lines", " pages", "; ", "\n", "#", "="),
        *(
            "5",
            "0x41",
            "1.5",
            '"',
            "[",
            "{",
            "]",
            "name=",
            "status=",
            "data=",
            "texts=",
            "；",
            "：",
        ),
    ]
)


@given(st.text(max_size=80) | st.lists(PIECES | st.text(max_size=3), max_size=20).map("".join))
def test_any_text_is_a_script_or_an_error_that_says_where(text: str) -> None:
    said = _outcome(text)
    if isinstance(said, ScriptError):
        lines = text.split("\n")
        assert 1 <= said.line <= len(lines)
        assert 1 <= said.column <= len(lines[said.line - 1]) + 1
    else:
        assert said
        assert all(isinstance(clause, Clause) and clause.device in DEVICES for clause in said)


def _outcome(text: str) -> tuple[Clause, ...] | ScriptError:
    try:
        return parse(text, DEVICES)
    except ScriptError as error:
        return error


def test_the_documented_table_is_the_one_of_the_program() -> None:
    assert orders.table().strip() in DOCS.read_text(encoding="utf-8"), (
        "put the output of `python -m drivers.emulators.orders` into docs/fault-scripts.md"
    )
