"""A technician's acts: counters, the day's report, pictures, touch, volume, brightness."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from drivers.device import DeviceError, Driver, Kind, Reason, Request, State, Status
from drivers.document_printer.types import ReadSupplies, SupplyLevel
from drivers.hosting.process_host import ProcessHost
from drivers.speaker.types import Play, Sound
from kiosk.centre.roster import StaffRole, Worker
from kiosk.counters import Counted, CounterFile
from kiosk.maintenance import page, panel
from kiosk.maintenance.acts import MAINTENANCE_ACTS, MaintenanceAct
from kiosk.maintenance.counting import in_full, in_short
from kiosk.maintenance.home import home
from kiosk.maintenance.session import MaintenanceSession, Pass
from kiosk.settings import CentreSettings, Settings
from kiosk.terminal.cabinet import Cabinet
from kiosk.terminal.volume import FILE, kept_volume
from kiosk.visit.remedies import ShowRemedy, remedy_for
from kiosk.visit.steps import Choose, PrintingSlip, ShowStatement, Step
from kiosk.visit.trial_steps import AimCamera, TouchTest
from kiosk.words import Language, say
from tests.waiting import until

JAMMED = Status(State.USER_ERROR, problem=Reason.JAM)


class MaintenanceBench:
    """A terminal that is maintained: its printers, and what was asked and noted."""

    def __init__(self, directory: Path) -> None:
        centre = CentreSettings(url="http://127.0.0.1:1", seal_roots=directory / "roots.pem")
        self.settings = Settings(
            terminal="T0001", centre=centre, production=False, run_directory=directory
        )
        self.asked: list[Step[Any]] = []
        self.answer = ""
        self.played: list[Request[Any]] = []
        self.requests: tuple[type[Request[Any]], ...] = (ReadSupplies,)
        self.supplies: tuple[SupplyLevel, ...] = ()
        self.statuses = {
            Kind.RECEIPT_PRINTER: JAMMED,
            Kind.DOCUMENT_PRINTER: Status(State.ONLINE),
        }
        self.hosts = dict.fromkeys((*self.statuses, Kind.SPEAKER), self)
        self.asker = self

    def ask(self, step: Step[Any], *, back: bool) -> str:
        assert back
        self.asked.append(step)
        return self.answer

    def execute(self, request: Request[Any], seconds: float) -> Any:
        """As the host of a speaker or a printer does it."""
        self.played.append(request)
        return self.supplies

    submit = execute

    def real_statuses(self) -> Mapping[Kind, Status]:
        return self.statuses


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MaintenanceBench:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    return MaintenanceBench(tmp_path)


def do(bench: MaintenanceBench, key: str, role: StaffRole = StaffRole.ATTENDANT) -> str:
    act: MaintenanceAct = MAINTENANCE_ACTS[key]
    session = MaintenanceSession(
        bench,  # type: ignore[arg-type]  # of a terminal, only what acts use
        Pass("card", "0" * 32, Worker("6021", "陈工", role)),
    )
    assert session.may(act)
    assert any(act.run.__module__ == module.__name__ for module in page.MODULES)
    return say(act.run(session), Language.ZH)


def test_the_page_is_amended_only_when_something_is_new(bench: MaintenanceBench) -> None:
    session = MaintenanceSession(
        bench,  # type: ignore[arg-type]  # of a terminal, only what the page uses
        Pass("card", "0" * 32, Worker("6021", "陈工", StaffRole.TECHNICIAN)),
    )
    shown = home(session)
    assert shown.renew() == shown
    bench.statuses[Kind.RECEIPT_PRINTER] = Status(State.ONLINE)
    assert shown.renew() != shown


def test_a_new_roll_an_empty_bin_and_a_new_head_begin_anew(
    bench: MaintenanceBench, tmp_path: Path
) -> None:
    counters = CounterFile(tmp_path)
    counters.add({Counted.SLIPS: 5, Counted.ROLL_MM: 900, Counted.RETRACTED: 2, Counted.HEAD_MM: 9})
    assert "新的" in do(bench, "roll-changed")
    tally = counters.read()
    assert (tally.of(Counted.SLIPS).since_reset, tally.of(Counted.ROLL_MM).since_reset) == (0, 0)
    assert tally.of(Counted.RETRACTED).since_reset == 2
    do(bench, "bin-emptied")
    do(bench, "head-changed", StaffRole.TECHNICIAN)
    tally = counters.read()
    assert tally.of(Counted.RETRACTED).since_reset == tally.of(Counted.HEAD_MM).since_reset == 0
    assert tally.of(Counted.SLIPS).total == 5


def test_every_device_has_a_reset_but_not_the_mode_of_the_banks_machine() -> None:
    resets = [act.device for key, act in MAINTENANCE_ACTS.items() if key.startswith("reset-")]
    assert resets == [kind for kind in Kind if kind is not Kind.VENDOR_MODE]


@pytest.mark.parametrize("key", ["roll-changed", "bin-emptied", "head-changed"])
def test_what_the_disk_does_not_keep_is_not_called_kept(
    bench: MaintenanceBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    def fails(path: Path) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    counters = CounterFile(tmp_path)
    counters.add(dict.fromkeys((Counted.SLIPS, Counted.RETRACTED, Counted.HEAD_MM), 5))
    kept = counters.read()
    with monkeypatch.context() as disk:
        disk.setattr(Path, "read_bytes", fails)
        with pytest.raises(OSError, match="Input/output"):
            do(bench, key, StaffRole.TECHNICIAN)
    assert counters.read() == kept


def test_the_counters_in_short_and_in_full(bench: MaintenanceBench, tmp_path: Path) -> None:
    counters = CounterFile(tmp_path)
    counters.add({Counted.VISITS: 3, Counted.SLIPS: 2, Counted.ROLL_MM: 2100})
    counters.add({Counted.HEAD_MM: 1_230_000})
    today, roll = (say(fact.value, Language.ZH) for fact in in_short(counters.read()))
    assert today == "3 人次 · A4 0 页 · 凭条 2 张"
    assert roll == "用了约 2 米 · 2 张"
    counters.reset([Counted.SLIPS])
    counters.add({Counted.SLIPS: 1})
    do(bench, "counters")
    (shown,) = bench.asked
    assert isinstance(shown, ShowStatement)
    assert shown == in_full(counters.read())
    said = {say(f.label, Language.ZH): say(f.value, Language.ZH) for f in shown.facts}
    assert said["凭条张"] == "1（共 3）"
    assert said["凭条打印头走纸"] == "1.23 公里"


def test_the_report_of_the_day_comes_out(bench: MaintenanceBench) -> None:
    assert do(bench, "day-report") == "日报已出纸"
    (printed,) = bench.asked
    assert isinstance(printed, PrintingSlip)


def test_the_pictures_are_those_of_the_fault_else_of_new_paper(bench: MaintenanceBench) -> None:
    do(bench, "slip-remedy")
    do(bench, "sheet-remedy")
    jam, paper = bench.asked
    assert isinstance(jam, ShowRemedy)
    assert isinstance(paper, ShowRemedy)
    assert jam.remedy is remedy_for(Kind.RECEIPT_PRINTER, Reason.JAM)
    assert paper.remedy is remedy_for(Kind.DOCUMENT_PRINTER, Reason.PAPER_OUT)


def test_the_volume_is_heard_and_kept(bench: MaintenanceBench, tmp_path: Path) -> None:
    assert kept_volume(tmp_path) == 100
    bench.answer = "40"
    assert "40%" in do(bench, "volume", StaffRole.TECHNICIAN)
    assert bench.played == [Play(Sound.DONE, 40)]
    assert kept_volume(tmp_path) == 40
    for spoilt in (b"", b"\xff", b"loud", b"-1", b"101", b"9" * 5000):
        (tmp_path / FILE).write_bytes(spoilt)
        assert kept_volume(tmp_path) == 100


def test_the_cabinet_plays_at_the_usual_volume(bench: MaintenanceBench) -> None:
    cabinet = Cabinet({Kind.SPEAKER: bench})  # type: ignore[dict-item]  # of a host, only `submit`
    cabinet.usual_volume = 40
    cabinet.tell_end(TouchTest(), None)
    assert bench.played == [Play(Sound.READ, 40)]


def test_a_volume_that_cannot_be_kept_is_told(bench: MaintenanceBench, tmp_path: Path) -> None:
    bench.answer = "40"
    (tmp_path / FILE).mkdir()
    with pytest.raises(OSError, match="directory") as error:
        do(bench, "volume", StaffRole.TECHNICIAN)
    told = page._trouble(MAINTENANCE_ACTS["volume"], error.value)
    assert say(told.title, Language.ZH) == "音量没有做成"
    assert told.lead == "Is a directory"
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_the_brightness_is_set_where_the_panel_can(
    bench: MaintenanceBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = MAINTENANCE_ACTS["brightness"]
    monkeypatch.setattr(panel, "BACKLIGHTS", tmp_path / "backlight")
    session = MaintenanceSession(
        bench,  # type: ignore[arg-type]  # of a terminal, only what acts use
        Pass("card", "0" * 32, Worker("6021", "陈工", StaffRole.TECHNICIAN)),
    )
    assert act.closed(session) is not None
    folder = tmp_path / "backlight" / "intel"
    folder.mkdir(parents=True)
    (folder / "max_brightness").write_text("400")
    # A folder in place of the file: as in the packaged unit, where /sys is read-only, nobody, not
    # even root, may open the file for writing.
    (folder / "brightness").mkdir()
    assert "无权" in say(act.closed(session) or "", Language.ZH)
    (folder / "brightness").rmdir()
    (folder / "brightness").write_text("400")
    assert act.closed(session) is None
    bench.answer = "60"
    assert "60%" in do(bench, "brightness", StaffRole.TECHNICIAN)
    assert (folder / "brightness").read_text() == "240"
    (folder / "max_brightness").write_text("bright")
    with pytest.raises(OSError, match="max_brightness"):
        do(bench, "brightness", StaffRole.TECHNICIAN)
    (folder / "max_brightness").unlink()
    with pytest.raises(FileNotFoundError):
        do(bench, "brightness", StaffRole.TECHNICIAN)
    (folder / "brightness").unlink()
    folder.rmdir()
    with pytest.raises(OSError, match="No such device"):
        do(bench, "brightness", StaffRole.TECHNICIAN)


def _no_library() -> Driver:
    raise DeviceError(Reason.UNSUPPORTED, "no such library", mend="install it")


def test_the_page_of_a_device_whose_driver_cannot_be_made_says_how_it_is(
    bench: MaintenanceBench,
) -> None:
    host = ProcessHost(Kind.CAMERA, _no_library)
    bench.hosts[Kind.CAMERA] = host  # type: ignore[assignment]  # a real one
    session = MaintenanceSession(
        bench,  # type: ignore[arg-type]  # of a terminal, only what the page uses
        Pass("card", "0" * 32, Worker("6021", "陈工", StaffRole.TECHNICIAN)),
    )
    host.start()
    try:
        until(lambda: host.status.problem)
        shown = page.device_page(session, Kind.CAMERA)
    finally:
        host.stop()
    assert isinstance(shown, Choose)
    told = [(say(f.label, Language.ZH), say(f.value, Language.EN)) for f in shown.so_far]
    assert told == [("状态", "To be mended"), ("情况", "no such library; install it")]


def test_the_touch_test_is_asked(bench: MaintenanceBench) -> None:
    do(bench, "touch-test", StaffRole.TECHNICIAN)
    assert isinstance(bench.asked[0], TouchTest)


def test_what_the_camera_sees_is_shown(bench: MaintenanceBench) -> None:
    bench.hosts[Kind.CAMERA] = bench
    assert do(bench, "camera-aim", StaffRole.TECHNICIAN) == ""
    assert bench.asked == [AimCamera()]


def test_the_toner_is_told_where_the_printer_tells_it(bench: MaintenanceBench) -> None:
    silent = "这台打印机不说墨粉还剩多少"
    assert do(bench, "toner") == silent
    bench.supplies = (SupplyLevel("Black", 23), SupplyLevel("Waste", None))
    assert do(bench, "toner") == ""
    (shown,) = bench.asked
    assert isinstance(shown, ShowStatement)
    assert [say(fact.value, Language.ZH) for fact in shown.facts] == ["23%", "没有说"]
    bench.requests = ()
    assert do(bench, "toner") == silent
