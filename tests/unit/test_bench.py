"""The bench: what it makes of a trace, what it prints, and once, small, each of its parts."""

import io
import json
import logging
import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Never

import numpy as np
import pytest
from click.testing import CliRunner

from drivers.emulators import cups, smart_card
from drivers.hosting.host import HostPace
from kiosk import __main__, events
from kiosk.log import AllowListed
from kiosk.operations import journal
from kiosk.workshop import bench, demo
from kiosk.workshop.bench import (
    detectors,
    devices,
    enrolment,
    face,
    flat,
    money,
    readers,
    recovery,
    slips,
    visits,
)
from kiosk.workshop.bench.figures import BenchError, Figure, Name, NotMeasured, Values, as_table
from kiosk.workshop.bench.peer import chromium, comparison, throttle
from kiosk.workshop.bench.stand import bug_lines
from kiosk.workshop.bench.visits import NAMES, Event
from kiosk.workshop.demo import DemoPlace
from tests.waiting import PATIENCE_S
from ui.robots.meter import TraceFile


@pytest.fixture(scope="module")
def here() -> Iterator[DemoPlace]:
    with demo.place(headless=True) as place:
        yield place


def test_every_figure_is_measured_and_sane(here: DemoPlace) -> None:
    stories = ("job", "queue", "still")
    scale = visits.VisitsScale(
        starts=1, stories=stories, rounds=1, idle_s=0.5, settle_s=0.2, rest_s=0.0, shorts=1
    )
    figures = visits.measure(scale, here)
    assert set(figures) == set(NAMES)
    for name, figure in figures.items():
        assert all(math.isfinite(value) and value >= 0 for value in figure.values), name
        assert 0 <= min(figure.values) <= figure.median <= figure.p99 <= max(figure.values), name
    parts = ("_noticed", "_reader", "_centre", "_robot", "_own")
    for number, whole in enumerate(figures["card_to_overview"].values):
        each = [figures[f"card_to_overview{part}"].values[number] for part in parts]
        assert sum(each) == pytest.approx(whole)
    for name in ("memory_keeper", "memory_visit", "memory_standby"):
        assert 5 < figures[name].median < 1000, name
    assert figures["card_to_overview_reader"].median > 500  # paced as a real one


def test_what_stays_of_visits_is_measured_and_sane(here: DemoPlace) -> None:
    found = flat.measure(flat.FlatScale(visits=8, every=1), here)
    assert set(found) == set(flat.NAMES)
    assert (here.directory / "state_directory" / journal.FILE).is_file(), "the terminal's places"
    assert found["flat_visit_s"].median > 0.5
    assert all(abs(found[f"flat_memory_{one}"].median) < 50 for one in ("keeper", "committer"))


def test_what_a_terminal_leaves_anywhere_counts(tmp_path: Path) -> None:
    leaks = (
        "import tempfile; from pathlib import Path\n"
        "Path(tempfile.mkdtemp(), 'left').write_bytes(bytes(1_000_000))\n"
        "Path.home().joinpath('left').write_bytes(bytes(1_000_000))\n"
    )
    environment = {**os.environ, **flat.places(tmp_path)}
    subprocess.run([sys.executable, "-c", leaks], env=environment, check=True)
    assert flat.disk_mb(tmp_path) == pytest.approx(2, abs=0.1)


def test_growth_is_that_of_the_later_looks() -> None:
    def seen(number: int) -> flat.Survey:
        memory = {"keeper": 10.0 + number, "fork_server": 70.0, "committer": 20.0}
        return flat.Survey(memory, descriptors=30 + (number > 5), disk=1.0)

    found = flat.grown([seen(number) for number in range(12)])
    assert found["flat_memory_keeper"].median == 6
    assert found["flat_memory_fork_server"].median == found["flat_disk"].median == 0
    assert found["flat_descriptors"].median == 1
    assert flat.NAMES["flat_descriptors"].failed_by(found["flat_descriptors"])


def test_a_terminal_that_did_not_run_smoothly_tells_nothing_of_what_stays(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        "… kiosk.keeper.keeper: committer started pid=7\n"
        "… kiosk.keeper.keeper: visit over visit=1 stage=begun cause=left\n"
    )
    keeper = flat.KeeperLog(log)
    keeper.await_visits(1)
    assert keeper.started == {"committer": 7}
    with log.open("a") as more:
        more.write("… kiosk.keeper.keeper: visit failed visit=2 stage=live cause=died\n")
    with pytest.raises(BenchError, match="visit failed visit=2"):
        keeper.await_visits(2)


def test_too_few_visits_tell_nothing() -> None:
    with pytest.raises(BenchError, match="too few"):
        flat.measure(flat.FlatScale(visits=7, every=1))


def test_every_figure_of_money_is_measured_and_sane(here: DemoPlace) -> None:
    scale = money.MoneyScale(operations=1, statements=1, turns=2, commits=3, prints=1)
    found = money.measure(scale, here)
    assert set(found) == set(money.NAMES)
    for name, figure in found.items():
        assert all(0 < value < 60_000 for value in figure.values), name
    assert found["end_page_own"].median < found["end_page"].median
    assert len(found["journal_commit"].values) == 3


def test_every_figure_of_an_enrolment_is_measured_or_says_why_not() -> None:
    found = enrolment.measure(enrolment.EnrolmentScale(rounds=1))
    assert set(found) == set(enrolment.NAMES)
    left_out = {name for name, figure in found.items() if isinstance(figure, NotMeasured)}
    assert left_out in (set(), {"enrol_code_tpm", "enrol_whole_tpm"})
    medians = {name: one.median for name, one in found.items() if isinstance(one, Figure)}
    assert (medians["enrol_steps"], medians["enrol_ticket_steps"]) == (4, 5)
    for kind in ("", *(() if left_out else ("_tpm",))):
        assert 0 < medians[f"enrol_code{kind}"] < medians[f"enrol_whole{kind}"]


@pytest.fixture(scope="module")
def of_devices() -> dict[str, Figure | NotMeasured]:
    """In a process of its own: the library of PC/SC looks for its service once in a process."""
    scale = devices.DevicesScale(
        readers.ReadersScale(reads=1, codes=1, films=1, film_s=0.2),
        slips.SlipsScale(slips=1, slow_slips=()),
        recovery.RecoveryScale(
            plugs=1, restarts=1, kills=1, pace=HostPace(poll_s=0.2, back_off_s=(0.2,)), warm_s=0.2
        ),
    )
    with ProcessPoolExecutor(1, get_context("spawn")) as apart:
        return apart.submit(devices.measure, scale).result()


@pytest.mark.soak
def test_every_figure_of_a_device_is_measured_or_it_is_said_why_not(
    of_devices: dict[str, Figure | NotMeasured],
) -> None:
    assert set(of_devices) == set(devices.NAMES)
    reasons = {smart_card.missing(), cups.missing(), "takes half a minute; left out when quick"}
    for name, figure in of_devices.items():
        if isinstance(figure, NotMeasured):
            assert figure.why in reasons - {""}, name
        else:
            assert all(math.isfinite(value) and value >= 0 for value in figure.values), name
        assert devices.NAMES[name].floor in {"", *devices.NAMES}, name


@pytest.mark.soak
@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("id_card_stack", "id_card_read"),  # a SAM and its line take most of the time
        ("id_card_notice", "id_card_read"),
        ("floor_slip_text_bytes", "slip_text_bytes"),
        ("slip_text_bytes", "slip_rare_bytes"),
        ("slip_rare_bytes", "slip_raster_bytes"),
        ("floor_slip_raster_115200", "slip_raster_115200"),
    ],
)
def test_devices_are_as_they_must_be(
    of_devices: dict[str, Figure | NotMeasured], less: str, more: str
) -> None:
    low, high = of_devices[less], of_devices[more]
    assert isinstance(low, Figure)
    assert isinstance(high, Figure)
    assert low.median <= high.median


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("", ""),
        ("needs pcscd", "bench: 9 of 10 devices, without smart_card: needs pcscd\n"),
    ],
)
def test_a_device_that_cannot_be_emulated_is_said(
    missing: str,
    said: str,
    here: DemoPlace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(smart_card, "missing", lambda: missing)
    with visits.placed(here):
        assert capsys.readouterr().err == said


def test_what_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = {name: Figure((1.0, 20.0, 3.0)) for name in NAMES}
    monkeypatch.setattr(visits, "measure", lambda scale: figures)
    assert bench.run(["visits"], json=True, quick=True) == 0
    printed = json.loads(capsys.readouterr().out)
    assert list(printed) == list(NAMES)
    for name, facts in printed.items():
        assert set(facts) == {"median", "p99", "unit", "runs"}
        assert facts["unit"] == NAMES[name].unit
        assert facts["runs"] == len(figures[name].values)
    assert bench.run(["visits"], json=False, quick=True) == 0
    table = capsys.readouterr().out.splitlines()
    assert len({len(line) for line in table}) == 1
    shown = [line.split()[0] for line in table[1:]]
    assert shown == [name for name in NAMES if not name.startswith("floor_")]


def test_what_cannot_be_measured_is_said_and_nothing_is_printed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(scale: object) -> Never:
        raise BenchError("no card reader")

    monkeypatch.setattr(visits, "measure", fail)
    result = CliRunner().invoke(__main__.main, ["bench", "--json", "--quick"])
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "bench: no card reader\n")


def test_what_was_not_measured_is_said_and_the_rest_is_printed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = {
        "restart_pcscd": NotMeasured("needs the Debian packages pcscd"),
        "floor_restart_pcscd": NotMeasured("needs the Debian packages pcscd"),
        "hang_camera": Figure((31.0,)),
    }
    monkeypatch.setattr(devices, "measure", lambda scale: found)
    result = CliRunner().invoke(__main__.main, ["bench", "devices", "--json"])
    assert result.exit_code == 0
    assert list(json.loads(result.stdout)) == ["hang_camera"]
    why = "bench: restart_pcscd not measured: needs the Debian packages pcscd\n"
    assert result.stderr == why


def test_a_figure_stands_beside_its_floor_and_its_target() -> None:
    names = {
        "hang_id_card": Name("ms", 200, floor="floor_held"),
        "id_card_read_with_a_long_name": Name("s"),
        "floor_held": Name("ms"),
    }
    figures = {name: Figure((1.0, 2.0, 30.0)) for name in names}
    head, hang, read = as_table(figures, names).splitlines()
    assert len(head) == len(hang) == len(read)
    assert " ".join(hang.split()) == "hang_id_card 2.00 30.0 1.00 2.00 < 200 ms 3"
    assert " ".join(read.split()) == "id_card_read_with_a_long_name 2.00 30.0 1.00 s 3"


def test_a_target_of_the_99th_percentile_is_judged_by_it() -> None:
    hardly_ever_dark = Figure((*[40.0] * 98, 120.0, 130.0))
    usual, worst = Name("ms", 100, must=True), Name("ms", 100, must=True, p99=True)
    assert not usual.failed_by(hardly_ever_dark)
    assert worst.failed_by(hardly_ever_dark)
    shown = as_table({"dark": hardly_ever_dark}, {"dark": worst}).splitlines()[1]
    assert " ".join(shown.split()) == "dark 40.0 120.0 40.0 p99 < 100 ms 100"


@pytest.mark.parametrize(
    ("gone", "after", "look"),
    [
        (10.0, 10.0, 10.0),  # plugged in at once: it is the look that found it gone
        (10.0, 10.5, 12.0),
        (10.0, 12.0, 12.0),
        (10.0, 12.1, 16.0),
        (10.0, 30.0, 36.0),
        (10.0, 50.0, 56.0),  # the last pause, again and again
    ],
)
def test_the_next_look_of_a_host_that_backs_off(gone: float, after: float, look: float) -> None:
    assert recovery.next_look(gone, after, (2.0, 4.0, 20.0)) == look


@pytest.mark.parametrize(
    ("count", "moments"),
    [(1, [0.2]), (2, [0.1, 0.3]), (4, [0.05, 0.15, 0.25, 0.35])],
)
def test_cards_are_put_at_moments_spread_evenly(count: int, moments: list[float]) -> None:
    assert list(readers.phases(count, 0.4)) == pytest.approx(moments)


@pytest.mark.parametrize(
    ("values", "median", "p99"),
    [
        ((3.0,), 3.0, 3.0),
        ((1.0, 2.0), 1.5, 2.0),
        (tuple(float(n) for n in range(1, 101)), 50.5, 99.0),
        (tuple(float(n) for n in range(1000, 0, -1)), 500.5, 990.0),
    ],
)
def test_median_and_p99_by_nearest_rank(
    values: tuple[float, ...], median: float, p99: float
) -> None:
    assert (Figure(values).median, Figure(values).p99) == (median, p99)


Told = tuple[str, float, dict[str, Any]]
"""One line of a trace, whatever its process: what happened, when, and facts."""


def _visit(pid: int, story: str, *events: Told) -> list[Event]:
    told: list[Told] = [("live", 0.0, {}), ("story", 0.0, {"story": story})]
    return [Event(what, at, pid, facts) for what, at, facts in (*told, *events)]


SIGN_IN: tuple[Told, ...] = (
    ("card", 10.0, {}),
    ("found", 10.2, {}),
    ("read", 11.0, {}),
    ("call", 11.2, {"endpoint": "POST /v1/sessions", "seconds": 0.15}),
    ("frame", 11.25, {"page": "EnterCodePage"}),
    ("touch", 13.25, {"key": "confirm"}),
    ("call", 13.3, {"endpoint": "GET /v1/person", "seconds": 0.04}),
    ("frame", 13.32, {"page": "MenuPage"}),
    ("touch", 13.42, {"key": "account"}),
    ("call", 13.45, {"endpoint": "GET /v1/accounts", "seconds": 0.01}),
    ("frame", 13.5, {"page": "StatementPage"}),
)
TAPS: tuple[Told, ...] = (
    ("touch", 14.0, {"key": "deposit-certificate"}),
    ("frame", 14.01, {"page": "ChoosePage"}),
    ("touch", 15.0, {"key": "back"}),
    ("frame", 15.02, {"page": "StatementPage"}),
    ("touch", 16.0, {"key": "print"}),
    ("frame", 16.03, {"page": "PrintingPage"}),
    ("frame", 18.0, {"page": "PaperReadyPage"}),  # comes by itself: no tap
    ("memory", 19.0, {"mb": 120.0}),
    ("ended", 20.0, {}),
)


def _evaluated(events: list[Event], kills: Sequence[float] = ()) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in NAMES}
    visits.evaluate(sorted(events, key=lambda event: event.at), kills, found)
    return {name: [round(value, 6) for value in values] for name, values in found.items() if values}


def test_a_sign_in_is_split_between_reader_centre_robot_and_us() -> None:
    found = _evaluated(_visit(1, "job", *SIGN_IN))
    assert found["card_to_overview"] == [3500]
    assert found["card_to_overview_noticed"] == [200]
    assert found["card_to_overview_reader"] == [800]
    assert found["card_to_overview_centre"] == [200]
    assert found["card_to_overview_robot"] == [2100]
    assert found["card_to_overview_own"] == [200]
    assert found["centre_call"] == [150, 40, 10]


def test_the_preview_is_split_between_the_centre_and_us() -> None:
    preview: tuple[Told, ...] = (
        ("frame", 14.0, {"page": "ChoosePage"}),
        ("touch", 15.5, {"key": "01"}),
        ("call", 15.6, {"endpoint": "POST /v1/documents", "seconds": 0.1}),
        ("call", 15.62, {"endpoint": "GET /v1/documents/{id}/file", "seconds": 0.01}),
        ("frame", 15.7, {"page": "PreviewPage"}),
    )
    found = _evaluated(_visit(1, "job", *SIGN_IN, *preview))
    assert found["purpose_to_preview_own"] == [90]


@pytest.mark.parametrize(
    ("story", "name"), [("job", "tap_next_page"), ("queue", "tap_next_page_queue")]
)
def test_taps_count_by_whether_the_centre_was_asked(story: str, name: str) -> None:
    found = _evaluated(_visit(1, story, *SIGN_IN, *TAPS))
    assert found[name] == [10, 20, 30]
    assert found["tap_next_page_first"] == [10, 30]  # the statement page had been there
    assert found["tap_centre_page"] == [70, 80]
    assert found["print_tap_to_answer"] == [30]
    assert found["memory_visit"] == [120]


def test_a_line_that_is_still_being_written_is_no_event(tmp_path: Path) -> None:
    file = tmp_path / "trace.jsonl"
    trace = visits.TraceReader(file)
    trace.plan({"stories": ["job"]})
    assert trace.events() == []
    of_visits = TraceFile(file)
    whole = json.dumps({"what": "live", "at": 2.0, "pid": 7}) + "\n"
    for end in range(len(whole)):
        file.write_text('{"stories": ["job"]}\n' + whole + whole[:end])
        assert [event.pid for event in trace.events()] == [7]
        assert [line.get("what") for line in of_visits.read()] == [None, "live"]


def test_takeovers_run_from_an_end_or_a_kill_to_the_next_first_frame() -> None:
    events = [
        *_visit(1, "job", *SIGN_IN, *TAPS),
        Event("live", 20.02, 2),
        Event("live", 30.05, 3),
    ]
    found = _evaluated(events, kills=[30.0])
    assert found["standby_takeover"] == [20]
    assert found["standby_takeover_killed"] == [50]
    assert "standby_takeover" not in _evaluated(events[:-2])  # nobody came after it


def test_the_screen_is_dark_without_any_page() -> None:
    events = [
        *_visit(1, "short", ("blank", 5.0, {}), ("ended", 5.01, {})),
        *(Event("live", 5.05, 2), Event("story", 5.05, 2, {"story": "short"})),
        *(Event("blank", 6.0, 2), Event("ended", 6.01, 2)),
        Event("frame", 6.07, 2, {"page": "AttractPage"}),  # no standby was warm
        *(Event("live", 6.5, 3), Event("story", 6.5, 3, {"story": "short"})),
        *(Event("blank", 7.0, 3), Event("ended", 7.01, 3)),
        Event("frame", 7.07, 3, {"page": "AttractPage"}),
        Event("live", 7.5, 4),
    ]
    found: dict[str, list[float]] = {name: [] for name in NAMES}
    visits.evaluate(events, [], found, [40.0, 30.0, 90.0])
    assert found["dark_after_short_visit"] == pytest.approx([50, 70, 90])
    assert found["standby_takeover"] == [], "they wait for the next visit, and show a page"


def test_a_visit_shows_the_attract_page_until_the_next_is_warm(here: DemoPlace) -> None:
    trace = visits.TraceReader(here.directory / "trace")
    trace.plan({"stories": ["short", "still"], "rounds": 0, "settle_s": 0.0})
    pace = replace(visits.QUICK, rest_s=600.0)  # the next is asked for when the first has ended
    with visits.offscreen(), visits.keeper_of(here, trace, pace):
        trace.wait(lambda: trace.lives()[1:], "the second visit to be live")
    short, following = trace.lives()
    mine = [event for event in trace.events() if event.pid == short]
    blank = next(event.at for event in mine if event.what == "blank")
    ready = next(e.at for e in trace.events() if e.what == "ready" and e.pid == following)
    assert blank < ready
    pages = [e.facts["page"] for e in mine if e.what == "frame" and blank < e.at < ready]
    assert pages == ["AttractPage"]


def test_without_a_peer_nothing_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromium, "program", lambda: "")
    found = comparison.run(True, 0.25)
    assert set(found) == set(comparison.NAMES)
    assert set(found.values()) == {NotMeasured("needs the Debian package chromium")}


class TwoPrograms:
    """Stands for Chromium and the terminal; notes in which order they are measured."""

    def __init__(self) -> None:
        self.measured: list[str] = []

    def measure_peer(
        self, found: Values, scale: comparison.PeerScale, share: float, *, whole: bool
    ) -> None:
        self._note("peer", share, whole)
        found["peer_start"].append(500.0)
        for name, values in (("tap", [20.0, 40.0]), ("memory", [400.0]), ("idle_cpu", [1.0])):
            found[f"peer_{name}"] += values if whole else []

    def measure_terminal(
        self,
        found: Values,
        here: DemoPlace,
        scale: comparison.PeerScale,
        share: float,
        *,
        whole: bool,
        shorts: int,
    ) -> None:
        self._note(f"terminal, {shorts} short" if shorts else "terminal", share, whole)
        found["terminal_start"].append(300.0)
        for name, values in (
            ("tap", [10.0, 30.0]),
            ("memory", [200.0]),
            ("memory_without_drivers", [100.0]),
            ("idle_cpu", [0.5]),
            ("dark_after_short_visit", [90.0] if shorts else []),
        ):
            found[f"terminal_{name}"] += values if whole else []

    def measure_fork(self, found: Values, here: DemoPlace, share: float) -> None:
        self._note("fork", share, False)
        found["terminal_start_forked"].append(125.0)

    def _note(self, which: str, share: float, whole: bool) -> None:
        assert share == 0.25
        self.measured.append(f"{which}, whole" if whole else which)


@pytest.mark.parametrize(
    ("by_group", "way"), [(True, "a control group"), (False, "signals that freeze")]
)
def test_both_are_measured_in_turn_and_compared(
    by_group: bool,
    way: str,
    here: DemoPlace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    two = TwoPrograms()
    monkeypatch.setattr(chromium, "program", lambda: "chromium")
    monkeypatch.setattr(smart_card, "missing", str)
    monkeypatch.setattr(throttle, "by_group", lambda: by_group)
    monkeypatch.setattr(comparison, "_measure_peer", two.measure_peer)
    monkeypatch.setattr(comparison, "_measure_terminal", two.measure_terminal)
    monkeypatch.setattr(comparison, "_measure_fork", two.measure_fork)
    scale = comparison.PeerScale(starts=4, rounds=1, idle_s=1.0, shorts=40)
    found = comparison.measure(scale, 0.25, here)
    assert two.measured == [
        *("peer", "terminal", "fork", "peer, whole", "terminal, whole", "fork"),
        *("peer", "terminal", "fork", "peer, whole", "terminal, 40 short, whole", "fork"),
    ]
    assert list(found) == list(comparison.NAMES)
    assert {n: f.median for n, f in found.items() if isinstance(f, Figure) and "ratio" in n} == {
        "ratio_start": 0.6,
        "ratio_start_forked": 0.25,
        "ratio_tap_p99": 0.75,
        "ratio_memory": 0.5,
        "ratio_memory_without_drivers": 0.25,
    }
    assert capsys.readouterr().err == f"bench: 0.25 of one CPU, by {way}\n"


def test_a_process_gets_a_part_of_a_cpu_by_freezing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "by_group", lambda: False)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        status = Path(f"/proc/{process.pid}/status")
        until = time.monotonic() + PATIENCE_S
        with throttle.throttled(0.25, lambda: [process.pid]):
            while "State:\tT" not in status.read_text():
                assert time.monotonic() < until
        assert "State:\tT" not in status.read_text(), "and is let go in the end"
        process.kill()


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Control groups as plain files: a group with files in it cannot be removed."""
    (tmp_path / "cgroup.subtree_control").write_text("cpu memory\n")
    monkeypatch.setattr(throttle, "GROUPS", tmp_path)
    throttle._own_group().mkdir(parents=True, exist_ok=True)
    return tmp_path


def test_a_process_gets_a_part_of_a_cpu_by_a_control_group(groups: Path) -> None:
    assert throttle.by_group()
    for _ in range(2):  # also when the system has kept the group of the first time
        with throttle.throttled(0.25, lambda: [4711]):
            (group,) = groups.glob("kiosk-bench-*")
            assert (group / "cpu.max").read_text() == "25000 100000"
            assert (group / "cgroup.procs").read_text() == "4711"
        assert (group / "cpu.max").read_text() == "max 100000"
        assert (throttle._own_group() / "cgroup.procs").read_text() == "4711", "back where it was"


def test_a_control_group_that_the_system_refuses_is_said(groups: Path) -> None:
    (groups / f"kiosk-bench-{os.getpid()}").write_text("no directory")
    with pytest.raises(BenchError, match="no control group"), throttle.throttled(0.25, list):
        pytest.fail("nothing is measured on a whole CPU instead")


def test_the_lines_of_a_log_that_tell_of_a_bug() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(AllowListed(as_json=False))
    logger = logging.Logger("kiosk.test")
    logger.addHandler(handler)
    ended: dict[str, Any] = {"visit": 1, "stage": "live", "pause_s": 0.0}
    events.VISIT_OVER.log(logger, cause="left", **ended)
    events.DEVICE.log(logger, device="camera", state="offline", detail="a bug in a cable")
    assert bug_lines(stream.getvalue()) == []
    events.BUG.log(logger, error=ValueError(), reference="20260115-0001")
    events.UNCAUGHT.log(logger, error=ValueError())
    events.DRIVER_FAILED.log(logger, error=ValueError(), device="camera")
    events.VISIT_FAILED.log(logger, cause="died", **ended)
    assert bug_lines(stream.getvalue()) == stream.getvalue().splitlines()[2:]
    assert len(bug_lines(stream.getvalue())) == 4


# -- faces ----------------------------------------------------------------------------------------


def test_a_rate_is_told_with_its_interval_and_its_trials() -> None:
    """Wilson's interval of no hit in ten: from 0 to 27.8 %."""
    none = face.interval(0, 10)
    assert (none.median, min(none.values), round(none.p99, 1), none.runs) == (0, 0, 27.8, 10)
    assert Figure((1.0, 2.0)).runs == 2


def test_detectors_are_asked_side_by_side_and_a_missing_model_is_none(tmp_path: Path) -> None:
    assert detectors._made("yunet", [tmp_path]) is None
    for name in detectors.PEERS:
        find = detectors._made(name, [])
        assert find
        blank = np.full((120, 160, 3), 128, np.uint8)
        assert len(detectors._found(find, [blank], 2, 1000.0)) == 2
    pid = os.getpid()
    assert visits.pss_mb(pid) > 1
    assert detectors.processor_s(pid) > 0


def test_a_page_that_draws_nothing_is_not_on_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def shown(frames: int) -> None:
        out = json.dumps({"late": [0.5], "frames": frames}).encode()
        done = subprocess.CompletedProcess((), 0, out)
        monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)

    shown(12)
    assert face._screen(Path(), 0.0) == {"face_screen_late": Figure((0.5,))}
    shown(0)
    with pytest.raises(BenchError, match="draws nothing"):
        face._screen(Path(), 0.0)
