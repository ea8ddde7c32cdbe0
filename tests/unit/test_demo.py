"""The demo on the console, and where it leaves its pictures: it removes only what it has made."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from kiosk.__main__ import main
from kiosk.keeper import keeper
from kiosk.workshop import demo, robots
from tests.waiting import HANGS_S, PATIENCE_S, PROMPT_S
from ui.robots import player

MADE = (
    *("1-01-attract.png", "2-13-loan.plan.png", "slip-1.png", "sheet-12.png"),
    *("certificate-1.pdf", "times.txt", "failed.txt", ".story"),
)


def test_what_an_earlier_demo_has_made_is_removed(tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    for _ in range(2):
        demo.empty(out)
        assert [path.name for path in out.iterdir()] == [demo.MARK]
        for name in MADE:
            (out / name).write_text("made by a demo")


@pytest.mark.parametrize("name", ["letter.txt", "1-01-attract.jpg", "pages", "link.png"])
@pytest.mark.parametrize("marked", [True, False])
def test_a_directory_with_anything_else_is_refused(tmp_path: Path, name: str, marked: bool) -> None:
    if marked:
        demo.empty(tmp_path)
    (tmp_path / "slip-1.png").touch()
    if name == "pages":
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).write_text("mine")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(demo.OccupiedError):
        demo.empty(tmp_path)
    assert sorted(tmp_path.iterdir()) == before


def test_pictures_of_somebody_else_are_not_the_demos(tmp_path: Path) -> None:
    """Names like the demo's, and no mark of the demo."""
    (tmp_path / "slip-1.png").write_text("mine")
    with pytest.raises(demo.OccupiedError, match=r"slip-1\.png"):
        demo.empty(tmp_path)
    assert (tmp_path / "slip-1.png").read_text() == "mine"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    demo.empty(out)
    (out / "slip-1.png").symlink_to(elsewhere)
    with pytest.raises(demo.OccupiedError):
        demo.empty(out)
    assert elsewhere.read_text() == "mine"


def test_the_command_says_it_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    told = CliRunner().invoke(main, ["demo", "--offscreen", "--out", str(tmp_path)])
    assert told.exit_code == 2
    assert "letter.txt, which the demo has not made" in told.output
    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_every_visit_of_the_demo_is_told_as_it_begins(tmp_path: Path) -> None:
    assert len(demo.VISITS) == len(player.STORIES)
    file, told = tmp_path / ".story", list[str]()
    with demo._telling(tmp_path, told.append):
        for begun in (1, 3):
            file.write_text(str(begun))
            until = time.monotonic() + PATIENCE_S
            while len(told) < begun:
                assert time.monotonic() < until
                time.sleep(0.01)
    assert told == [f"{number} of 5: {demo.VISITS[number - 1]}" for number in (1, 2, 3)]


def test_a_visit_that_failed_ends_the_demo(tmp_path: Path) -> None:
    ended = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: ended.set())
    try:
        with demo._telling(tmp_path, lambda _: None):
            (tmp_path / robots.FAILED_FILE).write_text("visit 2, MenuPage: waited in vain")
            assert ended.wait(PATIENCE_S)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_technician_restarts_the_terminal_and_not_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = SimpleNamespace(directory=tmp_path, settings=tmp_path, centre="", hardware=None)
    codes = [keeper.RESTARTS, keeper.RESTARTS, 0]
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(demo, "place", lambda **_: nullcontext(here))
    monkeypatch.setattr(demo, "prepare", lambda *_: None)
    monkeypatch.setattr(demo, "_ending_with", lambda _: nullcontext())
    monkeypatch.setattr(keeper, "run", lambda *_, **__: codes.pop(0))
    assert demo.run(tmp_path, offscreen=False) == 0
    assert codes == []


def test_a_part_of_the_demo_that_never_starts_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "START_S", 0.1)
    silent = demo._Part([sys.executable, "-c", "import signal; signal.pause()"])
    with pytest.raises(RuntimeError, match="did not start: it said nothing"):
        silent.next_line()
    silent.end()
    assert silent.process.returncode == -signal.SIGKILL


def test_a_part_of_the_demo_that_does_not_start_says_why(
    capfd: pytest.CaptureFixture[str],
) -> None:
    part = demo._Part([sys.executable, "-c", "raise SystemExit('no room on the disk')"])
    with pytest.raises(RuntimeError, match="did not start: no room on the disk"):
        part.next_line()
    part.end()
    assert capfd.readouterr().err == "no room on the disk\n"


def test_a_part_of_the_demo_ends_though_another_process_holds_its_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(demo, "_END_S", 0.1)
    program = (
        "import subprocess, sys; print(subprocess.Popen(['sleep', sys.argv[1]]).pid, flush=True)"
    )
    part = demo._Part([sys.executable, "-c", program, str(HANGS_S)])
    heir = int(part.next_line())
    ending = threading.Thread(target=part.end, daemon=True)
    ending.start()
    ending.join(PROMPT_S)
    os.kill(heir, signal.SIGKILL)
    assert not ending.is_alive()
    assert part.process.returncode == 0
    part._hearing.join(PROMPT_S)  # it closes the line
