"""A day of synthetic citizens uses all that is offered, and counts only when it can see."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from typing import Any

import pytest

from kiosk.services import SERVICES
from tests.privacy.__main__ import NOBODY, SHORT, UNITS, unused_ways, whole_day
from tests.privacy.day import PrivacyReport
from tests.privacy.memory import traces_of
from tests.privacy.needles import Needles

GOOD = PrivacyReport(in_the_visit=["P04's name"], core_limits={"keeper": "0 0"})


def test_the_whole_day_goes_through_every_service() -> None:
    day = whole_day()
    assert {service for stay in day for service in stay.services} == SERVICES.keys()
    for stay in day:
        for service in stay.services:
            assert SERVICES[service].needs.unit == (stay.person == UNITS)
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
    ],
)
def test_each_kind_of_complaint_makes_a_day_bad(bad: dict[str, Any], why: str) -> None:
    assert not GOOD.complaints()
    (complaint,) = replace(GOOD, **bad).complaints()
    assert complaint.startswith(why)


def test_pictures_are_looked_for_as_they_are() -> None:
    needles = Needles({"name": "龘𬭎小雨"}, {"face": bytes(range(48))})
    (leak,) = needles.found_in(b"--" + bytes(range(48)), "nursery")
    assert str(leak) == "nursery: face as bytes"
    with pytest.raises(ValueError, match="face is too short"):
        Needles({"name": "龘𬭎小雨"}, {"face": b"1234567"})


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
