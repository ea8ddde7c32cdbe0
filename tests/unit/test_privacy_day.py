"""A day of synthetic citizens uses all that is offered, and counts only when it can see."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import fields, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from drivers.device import Kind
from kiosk.services import SERVICES
from tests.privacy.__main__ import NOBODY, SHORT, UNITS, show, unused_ways, whole_day
from tests.privacy.citizens import Cast
from tests.privacy.day import Day, PrivacyReport, Stay, of_one_person
from tests.privacy.memory import traces_of
from tests.privacy.needles import Needles
from tests.privacy.plays import SyntheticCitizen
from tests.privacy.stand import PlayedTerminal, Sight, StoryError

GOOD = PrivacyReport(
    in_the_visit=["P04's name"],
    core_limits={"keeper": "0 0"},
    searched=dict.fromkeys(("keeper", "committer", "fork server", "visit", "standby"), 1 << 23),
)


def test_the_whole_day_goes_through_every_service() -> None:
    day = whole_day()
    assert {service for stay in day for service in stay.services} == SERVICES.keys()
    for stay in day:
        assert {SERVICES[each].needs.unit for each in stay.services} == {stay.for_unit}
        assert not stay.for_unit or stay.person == UNITS
        assert bool(stay.person) == bool(stay.way)
    assert any(stay.person == NOBODY for stay in day)
    assert any(stay.killed for stay in day)


def test_a_way_in_that_nobody_uses_is_told() -> None:
    assert "face" in unused_ways(SHORT)
    assert "id-card" not in unused_ways(SHORT)
    assert replace(GOOD, unused=["new-way"]).complaints() == ["not played: the way in new-way"]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ({"leaks": ["log: P04's name as utf-8"]}, "leak: log"),
        ({"blind": ["keeper: utf-16-le"]}, "blind: keeper"),
        ({"failed": ["P04 by id-card: no button"]}, "not played: P04"),
        ({"strangers": ["udp 127.0.0.1:1 to 8.8.8.8:53"]}, "spoke to a stranger: udp"),
        ({"undead": [7]}, "undead: process 7"),
        ({"core_limits": {"committer": "0 unlimited"}}, "core files: committer 0 unlimited"),
        ({"in_the_visit": []}, "the search found nothing"),
        ({"served": {"signing": ["ReasonsPage", "ProblemPage"]}}, "not gone through: signing"),
        ({"searched": {**GOOD.searched, "committer": 0}}, "not searched: committer"),
        (
            {"searched": {place: 1 for place in GOOD.searched if place != "standby"}},
            "not searched: standby",
        ),
    ],
)
def test_each_kind_of_complaint_makes_a_day_bad(bad: dict[str, Any], why: str) -> None:
    assert not GOOD.complaints()
    (complaint,) = replace(GOOD, **bad).complaints()
    assert complaint.startswith(why)


class Faceless:
    """A played terminal whose camera has nobody to show."""

    PAGES: tuple[str, ...] = (
        "PresentCardPage",
        "ConfirmNamePage",
        "EnterCodePage",
        "ChoosePage",
        "MenuPage",
    )
    x = None
    buttons: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.desk, self.at, self.pressed = self, 0, list[str]()

    def lever(self, method: str, path: str, body: object) -> None: ...

    def tell(self, kind: Kind, what: str, **_: str) -> None:
        raise ValueError("there is no portrait")

    def put_card(self, person: str) -> None:
        self.at += 1

    def lift_card(self) -> None:
        self.at += 1

    def order(self, *, look: bool = False, press: Sequence[str] = ()) -> Sight:
        self.pressed += press
        self.at += bool(press)
        nothing = {f.name: "" for f in fields(Sight)} | {
            "least": 0,
            "most": 0,
            "buttons": self.buttons,
        }
        page = {"page": self.PAGES[min(self.at, len(self.PAGES) - 1)], "ticket": self.at + 1}
        return Sight(**nothing | page)  # type: ignore[arg-type]


def test_a_way_that_was_played_by_another_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Faceless()
    citizen = SyntheticCitizen(cast(PlayedTerminal, terminal), "P06")
    citizen.sign_in_by("face")
    assert terminal.pressed == ["other", "sms"]
    show(replace(GOOD, instead=[f"P06 by face: {citizen.instead}"]))
    told = "P06 by face: a code by SMS, because there is no portrait"
    assert told in capsys.readouterr().out


class Agents(Faceless):
    """One that lets whoever comes choose between themselves and a unit, again and again."""

    PAGES = ("AttractPage", "PresentCardPage", "ConfirmNamePage", "ChoosePage")
    buttons = ("own", "unit-1", "back")


@pytest.mark.parametrize(("for_unit", "chosen"), [(True, "unit-1"), (False, "own")])
def test_an_agent_acts_for_the_unit_or_for_themselves(for_unit: bool, chosen: str) -> None:
    terminal = Agents()
    citizen = SyntheticCitizen(cast(PlayedTerminal, terminal), "A1")
    with pytest.raises(StoryError, match="no menu after"):
        citizen.sign_in("id-card", for_unit=for_unit)
    assert set(terminal.pressed[1:]) == {chosen}


def test_pictures_are_looked_for_as_they_are() -> None:
    needles = Needles({"name": "龘𬭎小雨"}, {"face": bytes(range(48))})
    (leak,) = needles.found_in(b"--" + bytes(range(48)), "nursery")
    assert str(leak) == "nursery: face as bytes"
    with pytest.raises(ValueError, match="face is too short"):
        Needles({"name": "龘𬭎小雨"}, {"face": b"1234567"})


class Withdrawing:
    """A played terminal at which somebody with two accounts withdraws from one, twice."""

    x = None
    place = SimpleNamespace(centre="http://127.0.0.1:8000")
    cast = Cast({}, {}, {"P07": {}})

    def __init__(self) -> None:
        self.fen = [20_000_000, 30_000_050]

    def at_centre(self, _sql: str, *_values: object) -> list[tuple[int]]:
        return [(each,) for each in self.fen]

    def events(self, _event: str) -> list[str]:
        return []

    def live(self) -> int:
        return 1

    def next_visit(self, _shown: int) -> None: ...


def test_every_balance_of_a_visit_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Withdrawing()

    def withdraws(_citizen: SyntheticCitizen, _way: str, *, for_unit: bool) -> None:
        terminal.fen[0] -= 1_000_000

    monkeypatch.setattr(SyntheticCitizen, "sign_in", withdraws)
    monkeypatch.setattr(SyntheticCitizen, "leave", lambda _citizen: None)
    day = Day(cast(PlayedTerminal, terminal), None)
    day.report.in_the_visit = ["it was looked for there"]
    for _ in range(2):
        day.play(Stay("P07", "id-card"))
    balances = {"200000.00", "190000.00", "180000.00", "300000.50"}
    assert set(day._values.values()) == balances | {f"{float(each):,.2f}" for each in balances}


def test_what_two_people_have_seen_is_nobody_s() -> None:
    heading, hers, his = b"h" * 8, b"a" * 8, b"b" * 8
    pictures = {"P01's page 0": heading, "P01's page 1": hers, "P01's page 2": hers}
    pictures |= {"P02's page 0": heading, "P02's page 1": his}
    assert of_one_person(pictures) == {"P01's page 1": hers, "P02's page 1": his}


def test_what_the_kernel_shows_of_a_process_is_searched() -> None:
    program = "print(flush=True); import threading; threading.Event().wait()"
    with tempfile.TemporaryFile() as nameless, tempfile.NamedTemporaryFile() as named:
        nameless.write(b"nameless content")
        nameless.flush()
        with subprocess.Popen(
            [sys.executable, "-S", "-c", program, "an argument"],
            env={"LEAK": "a variable"},
            stdout=subprocess.PIPE,
            pass_fds=(nameless.fileno(), named.fileno()),
        ) as process:
            assert process.stdout
            process.stdout.readline()  # the kernel shows all of it from then on
            traces = dict[str, bytes]()
            for what, data in traces_of(process.pid):
                traces[what] = traces.get(what, b"") + data
            process.kill()
        assert b"an argument" in traces["cmdline"]
        assert b"a variable" in traces["environ"]
        assert os.fsencode(named.name) in traces["name of an open file"]
        assert traces["content of an open file"] == b"nameless content"
        assert b"python" in traces["name of a thread"]
