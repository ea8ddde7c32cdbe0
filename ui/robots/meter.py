"""Plays the bench's stories on a visit, and notes the times of events in a trace for the bench.

The trace is a file of JSON lines that all visits of a bench append to. Its first line is the plan:
``{"stories": ["job", "still", …], "rounds": 10, "settle_s": 1.5}``. The n-th visit that goes live
plays the n-th story, every visit after the last story the last story again:

* ``job``: the main job, begun once the standby has been ready for ``settle_s``
* ``queue``: the main job, begun at once, while the standby still warms up
* ``short``: the start, half a second on the first page, and the end
* ``operation``: a withdrawal, from the first touch to its end, begun at once
* ``still``: nothing

Every other line is ``{"what": …, "at": …, "pid": …}``, ``at`` in seconds of the machine's monotonic
clock. By ``what``, the event and its further fields:

* ``ready``: the visit is warm and hidden; ``live``: its first frame is on the screen
* ``story`` (``story``): the story that the visit will play
* ``frame`` (``page``): the first frame of a new step; ``touch`` (``key``): the mouse goes down on a
  button
* ``card``: the card is put on the reader; ``found``: the reader was asked for it; ``read``: the
  card's last byte was on the wire
* ``blank``: the blank frame at the end of the visit is on the screen
* ``call`` (``endpoint``, ``seconds``): an answer of the centre has come
* ``memory`` (``mb``): proportional set size of the visit's process
* ``failed`` (``page``, ``why``): the story cannot go on
* ``ended`` (``how``): the visit says that it ends
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import requests
from PySide6.QtCore import QPointF, QUrl

from drivers.device import Kind
from ui.robots.finger import click, walk
from ui.robots.player import Condition, Robot, Story
from ui.visit_app import VisitApp

PERSONA = "P01"  # one account, one certificate
BORROWER = "P03"  # may withdraw what was repaid
READS_S = 1.5  # how long a citizen reads the purposes at least


class TraceFile:
    """The trace on disk; any thread of any visit may append, always a whole line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        self._pid = os.getpid()

    def note(self, what: str, *, at: float | None = None, **facts: object) -> None:
        moment = time.monotonic() if at is None else at
        line = json.dumps({"what": what, "at": moment, "pid": self._pid, **facts})
        os.write(self._fd, line.encode() + b"\n")

    def read(self) -> list[dict[str, Any]]:
        """All whole lines. What follows the last line's end is still being written."""
        return [json.loads(line) for line in self._path.read_text().split("\n")[:-1]]


class Meter(Robot):
    """Watches one visit from its start, and plays its story once it is live."""

    def __init__(self, visit_app: VisitApp, trace: Path, desk: Path, centre: str) -> None:
        super().__init__(visit_app, desk, centre)
        self._trace = TraceFile(trace)
        self._new_page = ""
        self._framed = -1  # ticket of the last step whose first frame was on the screen
        visit_app.on_time = self._note_call
        visit_app.ready.connect(lambda: self._trace.note("ready"))
        visit_app.live.connect(self._begin)
        visit_app.ended.connect(self._note_end)
        self._blank = False
        visit_app.page.blanked.connect(self._await_blank)
        visit_app.page.pageShown.connect(self._await_frame)
        visit_app.stage.window.frameSwapped.connect(self._note_frame)

    # -- what happens -------------------------------------------------------------------------

    def _note_call(self, endpoint: str, seconds: float) -> None:
        self._trace.note("call", endpoint=endpoint, seconds=seconds)

    def _note_end(self, how: str) -> None:
        self._trace.note("ended", how=how)

    def _begin(self) -> None:
        self._trace.note("live")
        lines = self._trace.read()
        stories = lines[0]["stories"]
        number = sum(line.get("what") == "live" for line in lines)
        story = stories[min(number, len(stories)) - 1]
        self._trace.note("story", story=story)
        if story == "short":
            self.play(_short(self))
        elif story == "operation":
            self.play(_operation(self))
        elif story != "still":
            settle_s = lines[0]["settle_s"] if story == "job" else None
            self.play(_job(self, rounds=lines[0]["rounds"], settle_s=settle_s))

    def _await_frame(self, _ticket: int, page: str) -> None:
        self._new_page = page
        self._visit_app.stage.window.update()  # a frame even for a step that looks the same

    def _await_blank(self) -> None:
        self._blank = True

    def _note_frame(self) -> None:
        if self._blank:
            self._trace.note("blank")
            self._blank = False
        if self._new_page:
            self._trace.note("frame", page=self._new_page)
            self._new_page = ""
            self._framed = self._visit_app.page.ticket

    def _fail(self, why: str) -> None:
        self._trace.note("failed", page=self._visit_app.page.page, why=why)
        super()._fail(why)

    # -- for stories --------------------------------------------------------------------------

    def page(self, name: str) -> Condition:
        """True once the first frame of this page was on the screen."""
        shown = super().page(name)
        return lambda: shown() and self._framed == self._visit_app.page.ticket

    def tap(self, key: str) -> None:
        """Press a button that leads to another page."""
        self._trace.note("touch", key=key, at=self.press(key))

    def reset_centre(self) -> None:
        """Reset the centre's counts of codes and prints before the persona reaches a limit."""
        requests.post(f"{self._centre}/sandbox/reset", timeout=10).raise_for_status()

    def lay_card(self, persona: str = PERSONA) -> None:
        self._trace.note("card")
        self.put_card(persona)

    def tap_code(self) -> None:
        """Type the newest code, and press the button that leads on."""
        for digit in self.sms_code():
            self.touch(digit)
        self.tap("confirm")

    def note_read(self) -> None:
        seen = self._desk.look(Kind.ID_CARD)
        self._trace.note("found", at=seen["found_at"])
        self._trace.note("read", at=seen["read_at"])

    def note_memory(self) -> None:
        self._trace.note("memory", mb=pss_mb())

    def sheet_drawn(self) -> bool:
        for item in walk(self._visit_app.stage.window.contentItem()):
            source = item.property("source")
            if isinstance(source, QUrl) and source.scheme() == "image" and source.host() == "paper":
                return bool(item.property("progress") == 1.0)
        return False

    def others_ready(self) -> bool:
        """Whether a standby is warm: a visit has noted ``ready`` and not yet ``live``."""
        lines = self._trace.read()
        ready = {line["pid"] for line in lines if line.get("what") == "ready"}
        return bool(ready - {line["pid"] for line in lines if line.get("what") == "live"})

    def tap_anywhere(self) -> None:
        window = self._visit_app.stage.window
        click(window, QPointF(window.width() / 2, window.height() / 2))


def pss_mb() -> float:
    """Proportional set size of this process, in MB (10⁶ bytes)."""
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise LookupError("the kernel does not tell the proportional set size")


def _job(m: Meter, *, rounds: int, settle_s: float | None) -> Story:
    """Sign in, turn between pages for ``rounds``, print the certificate, leave."""
    yield m.page("AttractPage")
    if settle_s is not None:
        yield m.others_ready
        until = time.monotonic() + settle_s
        yield lambda: time.monotonic() > until
    m.tap("start")
    yield m.page("PresentCardPage")
    m.reset_centre()
    m.lay_card()
    yield m.page("EnterCodePage")
    m.note_read()
    m.lift_card()
    m.tap_code()
    yield m.page("MenuPage")
    m.tap("account")
    yield m.page("StatementPage")
    for _ in range(rounds):
        m.tap("deposit-certificate")
        yield m.page("ChoosePage")
        m.tap("back")
        yield m.page("StatementPage")
        m.tap("ledger")
        yield m.page("TablePage")
        m.tap("back")
        yield m.page("StatementPage")
        m.tap("back")
        yield m.page("MenuPage")
        m.tap("account")
        yield m.page("StatementPage")
    m.tap("deposit-certificate")
    yield m.page("ChoosePage")
    chosen = time.monotonic() + READS_S
    yield lambda: time.monotonic() > chosen
    m.tap(m.first_option())
    yield m.page("PreviewPage")
    yield m.sheet_drawn
    m.tap("print")
    yield m.page("PrintingPage")
    yield m.page("PaperReadyPage")
    m.tap("menu")
    yield m.page("MenuPage")
    yield m.others_ready
    m.note_memory()
    yield from _leave(m)


def _leave(m: Meter) -> Story:
    """Leave after a service, without a rating, and close the farewell."""
    m.tap("leave")
    yield m.page("RatePage")
    m.tap("skip")
    yield m.page("FarewellPage")
    m.tap_anywhere()


def _short(m: Meter) -> Story:
    """Begin, stand there for half a second, leave."""
    yield m.page("AttractPage")
    m.tap("start")
    yield m.page("PresentCardPage")
    until = time.monotonic() + 0.5
    yield lambda: time.monotonic() > until
    m.tap("leave")
    yield m.page("FarewellPage")
    m.tap_anywhere()


def _operation(m: Meter) -> Story:
    """Withdraw what was repaid, to the page of the end."""
    yield m.page("AttractPage")
    m.tap("start")
    yield m.page("PresentCardPage")
    m.reset_centre()
    m.lay_card(BORROWER)
    yield m.page("EnterCodePage")
    m.lift_card()
    m.tap_code()
    yield m.page("MenuPage")
    m.tap("withdraw")
    yield m.page("StatementPage")
    m.tap("yes")
    yield m.page("ReasonsPage")
    m.tap("偿还公积金贷款")
    yield m.page("EnterNumberPage")
    m.touch("all")
    m.tap("confirm")
    yield m.page("ConfirmOperationPage")
    m.touch("inTwo")
    m.touch("inTwo")
    m.tap("second")
    yield m.page("EnterCodePage")
    m.tap_code()
    yield m.page("OutcomePage")
    yield from _leave(m)


def attach(visit_app: VisitApp, trace: str, desk: str, centre: str) -> None:
    """Have the visit measured. The file ``trace`` holds the plan and takes the trace; ``desk`` is
    the control socket of the emulated hardware, ``centre`` the stand-in centre's address."""
    visit_app.keep(Meter(visit_app, Path(trace), Path(desk), centre))
