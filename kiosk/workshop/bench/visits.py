"""Measures visits: real processes and hardware emulated on the wire.

A keeper runs real visits. They play the stories of :mod:`ui.robots.meter` and write a trace of what
happened when. All figures come from that trace, from ``/proc``, and from empty windows.
"""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import io
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import pypdfium2

from drivers import catalogue as drivers
from drivers.device import CancelToken, Deadline, Kind
from drivers.emulators import smart_card
from drivers.id_card.types import ReadCard
from kiosk import settings as settings_file
from kiosk.centre.transport import tls_context
from kiosk.keeper.channel import KeeperEnd, Live, Ready, Shown
from kiosk.keeper.fork_server import ForkServer, ForkStage, Preload
from kiosk.keeper.keeper import PRELOAD, visit_command
from kiosk.keeper.visit_process import KeeperPace, VisitProcess
from kiosk.papers.pictures import PaperPages
from kiosk.workshop import demo, robots
from kiosk.workshop.bench.figures import BenchError, Figure, Name, Values
from kiosk.workshop.bench.peer.throttle import throttled
from kiosk.workshop.sandbox import personas
from kiosk.workshop.sandbox.seed import BUSINESS_DAY
from kiosk.workshop.sandbox.sheets import Sheet, SheetBody, SheetLine, SheetPart, render

PATIENCE_S = 60.0
_KEEPER = """\
import sys
from pathlib import Path
from kiosk import __main__
from kiosk.keeper import rising
settings = Path(sys.argv[1])
poster = rising.begin(rising.poster_command(settings))
from kiosk.keeper import keeper, lean, visit_process
lean.grow_lean()
pace = visit_process.KeeperPace(rest_s=float(sys.argv[2]))
committer = keeper.committer_command(settings)
more = {"preload": keeper.PRELOAD, "committer": committer, "poster": poster, "pace": pace}
sys.exit(keeper.run(settings, sys.argv[3:], **more))
"""
# Does and imports the same as `kiosk run`; argv gives the visits' command, which measures.


@dataclass(frozen=True, slots=True)
class VisitsScale:
    """How many visits are measured, and how long."""

    starts: int  # cold starts of a visit, and as many of an empty window
    stories: tuple[str, ...]  # what visits play, see ui.robots.meter; a "still" one is killed
    rounds: int  # in each story; a round is four page changes that need no centre
    idle_s: float  # how long the CPU of idle processes is measured
    settle_s: float = 1.5  # from the standby's Ready until its preparations are over
    rest_s: float = KeeperPace().rest_s  # until the keeper starts the next standby
    shorts: int = 2  # visits that end half a second after they began, one after another


DOCUMENT_PAGES = (1, 10, 50)
PAGE_PX = 900  # how wide the preview draws a page
_STORIES = ("job", "still", "queue", "still")
FULL = VisitsScale(starts=10, stories=_STORIES * 3, rounds=20, idle_s=16.0, shorts=40)
QUICK = VisitsScale(starts=2, stories=_STORIES, rounds=6, idle_s=2.0, settle_s=1.0)


NAMES: Mapping[str, Name] = {
    "start_cold": Name("ms", floor="floor_first_frame"),
    "start_cold_visit": Name("ms"),
    "start_first_frame": Name("ms", floor="floor_first_frame"),
    "start_forked": Name("ms", floor="floor_first_frame"),
    "start_forked_cpu": Name("ms"),
    "standby_takeover": Name("ms", 50),
    "standby_takeover_killed": Name("ms", 50),
    "dark_after_short_visit": Name("ms", 100, p99=True),
    "tap_next_page": Name("ms", 33, floor="floor_tap"),
    "tap_next_page_first": Name("ms"),
    "tap_next_page_queue": Name("ms"),
    "tap_centre_page": Name("ms"),
    "centre_call": Name("ms", floor="floor_centre_call"),
    "card_to_overview": Name("ms"),
    "card_to_overview_noticed": Name("ms"),
    "card_to_overview_reader": Name("ms", floor="floor_reader"),
    "card_to_overview_centre": Name("ms"),
    "card_to_overview_robot": Name("ms"),
    "card_to_overview_own": Name("ms", 40),
    "purpose_to_preview_own": Name("ms", 100),
    **{f"document_page_{pages}": Name("ms", 50) for pages in DOCUMENT_PAGES},
    "print_tap_to_answer": Name("ms", 100, floor="floor_tap"),
    "memory_keeper": Name("MB", 60, floor="floor_memory_python"),
    "memory_terminal": Name("MB"),
    "memory_without_drivers": Name("MB"),
    "memory_fork_server": Name("MB"),
    "memory_visit": Name("MB", 90, floor="floor_memory_window"),
    "memory_standby": Name("MB", floor="floor_memory_window"),
    "idle_cpu": Name("%", 0.35, floor="floor_idle_cpu"),
    "floor_first_frame": Name("ms"),
    "floor_tap": Name("ms"),
    "floor_centre_call": Name("ms"),
    "floor_reader": Name("ms"),
    "floor_memory_python": Name("MB"),
    "floor_memory_window": Name("MB"),
    "floor_idle_cpu": Name("%"),
}
"""All figures, in milliseconds unless said otherwise: MB are 10⁶ bytes of proportional set size, %
is of one core.

* ``start_cold``: start of the keeper to the first page, which is the poster's; ``_visit``: to the
  first frame of the first visit
* ``start_first_frame``: process start of a visit in a fresh interpreter, imports included, to the
  first frame; ``start_forked``: from the request to the fork server to the first frame, and
  ``_cpu``, the CPU time of the visit until it is warm
* ``standby_takeover``: the last visit reports its end, to the first frame of the next visit;
  ``_killed``: the last visit is ended by SIGKILL
* ``dark_after_short_visit``: a visit ends half a second after it began; the longest time without a
  page on the screen until the next visit's first frame
* ``tap_next_page``: mouse press to the next page's frame, for pages that ask nobody; ``_first``:
  the first time that a visit shows the page; ``_queue``: the citizen came at once, while the next
  standby is being warmed; ``tap_centre_page``: pages that ask the centre
* ``centre_call``: one request and its checked answer, without the making of documents
* ``card_to_overview``: from the card on the reader to the frame of the account page, the whole
  sign-in included. Its parts: ``_noticed`` (until the driver looks for the card), ``_reader``
  (until the card's last byte is on the wire), ``_centre``
  (calls to the centre), ``_robot`` (the robot reads the code, types and presses), ``_own`` (the
  rest, which is the terminal's own time)
* ``purpose_to_preview_own``: press on a purpose to the frame of the preview, without the calls to
  the centre; a citizen has read the purposes for 1.5 s
* ``document_page_N``: a document of N pages, from its bytes to the picture of its first page
* ``print_tap_to_answer``: press on 打印证明 to the printing page's frame
* ``memory_terminal``: every process of the terminal, the live visit on the attract page;
  ``memory_without_drivers``: without the processes of drivers and without the committer;
  ``memory_visit``: a visit after the whole main job with preview, while a standby waits
* ``idle_cpu``: every process of the terminal together, the live visit on the attract page
* ``floor_…``: an empty Qt Quick window of the same size (for memory and CPU two windows, since
  there are two visits); a bare request for the catalogue; the reader's driver alone in a process;
  an empty Python process
"""


def run(quick: bool) -> dict[str, Figure]:
    """See :func:`measure`."""
    return measure(QUICK if quick else FULL)


def measure(scale: VisitsScale, here: demo.DemoPlace | None = None) -> dict[str, Figure]:
    """All figures of :data:`NAMES`. Raises :class:`BenchError`. ``here``: see :func:`placed`."""
    found: Values = {name: [] for name in NAMES}
    with placed(here) as place:
        _measure_reader(found, place, scale)
        _measure_documents(found, scale)
        _measure_centre(found, place, scale)
        _measure_starts(found, place, scale)
        _measure_forks(found, place, scale)
        _measure_cold(found, place, scale)
        _measure_floor(found, scale)
        _measure_visits(found, place, scale)
    if missing := [name for name, values in found.items() if not values]:
        raise BenchError(f"nothing was seen of {', '.join(missing)}")
    return {name: Figure(tuple(values)) for name, values in found.items()}


def play(here: demo.DemoPlace, scale: VisitsScale, throttle: float = 1.0) -> Values:
    """One keeper, from its start through the stories of ``scale`` to its rest, with its share of
    one CPU; without stories only to its first visit. The figures that come of it."""
    found: Values = {name: [] for name in NAMES}
    trace = TraceReader(here.directory / "trace")
    _watch(found, here, scale, trace, throttle)
    return found


@contextmanager
def placed(here: demo.DemoPlace | None) -> Iterator[demo.DemoPlace]:
    """For the length of the block, let visits draw offscreen, with the centre and the devices of
    ``here``, or of a demo of their own. Says on stderr which device this machine cannot emulate:
    the terminal needs less without its driver."""
    with ExitStack() as stack:
        place = here or stack.enter_context(demo.place(headless=True))
        devices = settings_file.load(place.settings).devices
        if Kind.SMART_CARD in devices and (why := smart_card.missing()):
            few = f"{len(devices) - 1} of {len(devices)} devices"
            print(f"bench: {few}, without {Kind.SMART_CARD}: {why}", file=sys.stderr)
        stack.enter_context(offscreen())
        yield place


@contextmanager
def offscreen() -> Iterator[None]:
    """For the length of the block, let visits draw offscreen: they run alike on every machine."""
    before = os.environ.get("QT_QPA_PLATFORM")
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    try:
        yield
    finally:
        if before is None:
            del os.environ["QT_QPA_PLATFORM"]
        else:
            os.environ["QT_QPA_PLATFORM"] = before


# -- alone ----------------------------------------------------------------------------------------


def _measure_reader(found: Values, here: demo.DemoPlace, scale: VisitsScale) -> None:
    """The ID card driver alone: put a card and read it."""
    from drivers.emulators.rig import Remote

    reader = drivers.create(Kind.ID_CARD, "sdt", {"port": str(here.directory / Kind.ID_CARD)})
    desk = Remote(here.desk)
    try:
        reader.open()
        for _ in range(min(3, scale.starts)):
            began = time.monotonic()
            desk.tell(Kind.ID_CARD, "put", **personas.load()["P01"].card())
            reader.execute(ReadCard(), Deadline(10), CancelToken())
            found["floor_reader"].append(_ms(began))
            desk.tell(Kind.ID_CARD, "lift")
    finally:
        reader.close()
        desk.close()


def _measure_centre(found: Values, here: demo.DemoPlace, scale: VisitsScale) -> None:
    """The smallest request, over one connection of the standard library's HTTP client."""
    known = settings_file.load(here.settings).centre
    connection = http.client.HTTPSConnection(
        here.api.removeprefix("https://"),
        timeout=10,
        context=tls_context(known.ca, known.certificate, known.key),
    )
    with contextlib.closing(connection):
        for _ in range(10 * len(scale.stories)):
            began = time.monotonic()
            connection.request("GET", "/v1/catalogue", headers={"X-Terminal": "T0001"})
            connection.getresponse().read()
            found["floor_centre_call"].append(_ms(began))


def _measure_starts(found: Values, here: demo.DemoPlace, scale: VisitsScale) -> None:
    """Visits without a standby, and empty windows, in turn."""
    for _ in range(scale.starts):
        found["start_first_frame"].append(_start_visit(here))
        with _window(taps=0) as (_, took):
            found["floor_first_frame"].append(took)


def _start_visit(here: demo.DemoPlace) -> float:
    mine, theirs = socket.socketpair()
    with mine, theirs:
        began = time.monotonic()
        process = subprocess.Popen(
            [*visit_command(here.settings), "--channel", str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        channel = KeeperEnd(mine.detach())
    try:
        _hear(channel, Ready)
        channel.send(Live())
        _hear(channel, Shown)
        return _ms(began)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        channel.close()


def _measure_forks(found: Values, here: demo.DemoPlace, scale: VisitsScale) -> None:
    with forks_of(here) as forks:
        for number in range(scale.starts):
            took, cpu = start_forked(forks, number)
            found["start_forked"].append(took)
            found["start_forked_cpu"].append(cpu)


@contextmanager
def forks_of(here: demo.DemoPlace) -> Iterator[ForkServer]:
    """A fork server that is loaded, and whose keeper is this process."""
    set_child_subreaper = 36  # PR_SET_CHILD_SUBREAPER, prctl(2)
    libc = ctypes.CDLL(None)
    libc.prctl(set_child_subreaper, 1, 0, 0, 0)
    forks = ForkServer(Preload(PRELOAD, here.settings), visit_command(here.settings))
    try:
        while forks.stage is not ForkStage.LOADED:
            if fault := _heard(forks):
                raise BenchError(f"the fork server does not load: {fault}")
        yield forks
    finally:
        forks.reap()
        libc.prctl(set_child_subreaper, 0, 0, 0, 0)


def start_forked(forks: ForkServer, number: int, throttle: float = 1.0) -> tuple[float, float]:
    """A visit from the request to its first frame, with its share of one CPU: the milliseconds, and
    those of CPU time until it was warm."""
    roots = [forks.pid]

    def all_of_them() -> list[int]:
        found: list[int] = []
        for root in roots:
            with contextlib.suppress(KeyError):  # the visit has just been reaped
                found += family(root)
        return found

    with throttled(throttle, all_of_them):
        began = time.monotonic()
        forks.ask_for_visit(number)
        visit = _heard(forks)
        if not isinstance(visit, VisitProcess):
            raise BenchError(f"the fork server gives no visit: {visit}")
        roots.append(visit.pid)
        try:
            _hear(visit.channel, Ready)
            cpu = _cpu_s(visit.pid) * 1000
            visit.channel.send(Live())
            _hear(visit.channel, Shown)
            return _ms(began), cpu
        finally:
            visit.reap()


def _heard(forks: ForkServer) -> object:
    if not select.select([forks], [], [], PATIENCE_S)[0]:
        raise BenchError("the fork server is silent")
    return forks.hear()


def _measure_cold(found: Values, here: demo.DemoPlace, scale: VisitsScale) -> None:
    """Keepers, each until its first visit is on the screen."""
    for _ in range(scale.starts):
        seen = play(here, replace(scale, stories=(), shorts=0))
        for name in ("start_cold", "start_cold_visit"):
            found[name] += seen[name]


def _measure_documents(found: Values, scale: VisitsScale) -> None:
    """The first page of long documents, as the preview draws it."""
    for pages in DOCUMENT_PAGES:
        pdf = document(pages)
        for _ in range(scale.starts):
            began = time.monotonic()
            with contextlib.closing(PaperPages(pdf)) as paper:
                paper.picture(0, PAGE_PX)
                found[f"document_page_{pages}"].append(_ms(began))


def document(pages: int) -> bytes:
    """A document whose pages are as full of letters as a certificate."""
    written, file = pypdfium2.PdfDocument.new(), io.BytesIO()
    with contextlib.closing(written), contextlib.closing(pypdfium2.PdfDocument(_sheet())) as sheet:
        for _ in range(pages):
            written.import_pages(sheet)
        written.save(file)
    return file.getvalue()


def _sheet() -> bytes:
    lines = tuple(SheetLine(f"第 {n} 项", f"{n:,}.00 元") for n in range(16))
    part = SheetPart(statement="兹证明", fields=lines)
    return render(
        Sheet(
            body=SheetBody(title="演示证明", title_en="Certificate", parts=(part,), notes=()),
            number="演示〔2026〕第00000001号",
            issued=BUSINESS_DAY,
            code="ABCD-2345",
            verify_url="https://verify.example/v/x",
            hotline="12329",
            centre="演示中心",
            foot="演示",
        )
    )


def _hear(channel: KeeperEnd, wanted: type) -> None:
    """Wait for a message of the class ``wanted`` from the visit. Raises :class:`BenchError`."""

    def said() -> bool:
        words = channel.receive()
        if any(type(word).__name__ == "Broken" for word in words):
            raise BenchError("a visit died while it started")
        return any(isinstance(word, wanted) for word in words)

    _wait(said, f"a visit to be {wanted.__name__}", pause_s=0.0005)


def _measure_floor(found: Values, scale: VisitsScale) -> None:
    """Two empty windows, and an empty Python process."""
    with ExitStack() as stack:
        python = stack.enter_context(_process([sys.executable, "-c", "input()"]))
        windows = []
        for _ in range(2):
            window, _took = stack.enter_context(_window(taps=10 * len(scale.stories)))
            found["floor_tap"] += json.loads(_line_of(window))
            windows.append(window)
        time.sleep(1.0)
        pids = [window.pid for window in windows]
        found["floor_idle_cpu"].append(cpu_percent(pids, scale.idle_s / 4))
        found["floor_memory_window"] += [pss_mb(pid) for pid in pids]
        found["floor_memory_python"].append(pss_mb(python.pid))


@contextmanager
def _window(taps: int) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """A process that shows an empty window, and the milliseconds from its start to the window."""
    began = time.monotonic()
    with _process([sys.executable, "-m", "ui.robots.empty", str(taps)]) as process:
        if _line_of(process) != b"shown\n":
            raise BenchError("the empty window does not show")
        yield process, _ms(began)


@contextmanager
def _process(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        try:
            yield process
        finally:
            process.kill()


def _line_of(process: subprocess.Popen[bytes]) -> bytes:
    stdout: IO[bytes] = process.stdout  # type: ignore[assignment]
    return stdout.readline()


# -- a keeper and its visits ----------------------------------------------------------------------


def _measure_visits(found: Values, here: demo.DemoPlace, scale: VisitsScale) -> None:
    seen = play(here, scale)
    for name, values in seen.items():
        found[name] += values


def _watch(
    found: Values, here: demo.DemoPlace, scale: VisitsScale, trace: TraceReader, throttle: float
) -> None:
    stories = [*scale.stories, *["short"] * scale.shorts, "still"]
    trace.plan({"stories": stories, "rounds": scale.rounds, "settle_s": scale.settle_s})
    kills = []
    with (
        keeper_of(here, trace, scale) as (keeper, began),
        throttled(throttle, lambda: family(keeper)),
    ):
        log = here.directory / "keeper.log"
        _wait(lambda: b"poster shown" in log.read_bytes(), "the poster", pause_s=0.002)
        found["start_cold"].append(_ms(began))
        trace.wait(trace.lives, "the first visit to be live", pause_s=0.002)
        first = next(event.at for event in trace.events() if event.what == "live")
        found["start_cold_visit"].append((first - began) * 1000)
        if stories == ["still"]:
            return
        kills += [_play(trace, n, story, scale) for n, story in enumerate(stories[:-1])]
        _measure_rest(found, trace, keeper, scale)
    said = log.read_text(errors="replace")
    takeovers = [float(ms) for ms in re.findall(r"visit shown visit=\d+ ms=(\S+)", said)]
    evaluate(trace.events(), [at for at in kills if at], found, takeovers)


@contextmanager
def keeper_of(
    here: demo.DemoPlace,
    trace: TraceReader,
    scale: VisitsScale,
    environment: Mapping[str, str] | None = None,
) -> Iterator[tuple[int, float]]:
    """A keeper whose visits write ``trace``: its process, and when it was started (monotonic s).
    ``environment``: variables that it has besides those of this process."""
    meter = robots.options(robots.METER, trace.path, here.desk, here.centre)
    command = visit_command(here.settings, *meter)
    log = here.directory / "keeper.log"
    began = time.monotonic()
    with log.open("wb") as stderr:
        keeper = subprocess.Popen(
            [sys.executable, "-c", _KEEPER, str(here.settings), str(scale.rest_s), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env={**os.environ, **(environment or {})},
        )
    try:
        yield keeper.pid, began
    except BenchError as error:
        words = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
        raise BenchError(f"{error}\n{words}") from None
    finally:
        keeper.terminate()
        try:
            keeper.wait(10)
        except subprocess.TimeoutExpired:
            keeper.kill()
            keeper.wait()


def _play(trace: TraceReader, number: int, story: str, scale: VisitsScale) -> float:
    """Wait until the visit ``number`` has ended. A visit with the story "still" never ends by
    itself: it is killed. Returns when it was killed (monotonic s), else 0."""
    live = trace.wait(lambda: trace.lives()[number:], "a visit to be live")[0]
    if story != "still":
        trace.wait(lambda: trace.ended(live), "a visit to end")
        return 0.0
    trace.wait(trace.waiting, "a standby to be warm")
    time.sleep(scale.settle_s)
    at = time.monotonic()
    os.kill(live, signal.SIGKILL)
    return at


def _measure_rest(found: Values, trace: TraceReader, keeper: int, scale: VisitsScale) -> None:
    """Measure the last visit while it rests on the attract page, and its standby."""
    ended = len(scale.stories) + scale.shorts
    trace.wait(lambda: trace.lives()[ended:], "the last visit to be live")
    standby = trace.wait(trace.waiting, "the last standby to be warm")[0]
    time.sleep(scale.settle_s)
    seconds = max(1.0, scale.idle_s / 4)
    for _ in range(max(1, round(scale.idle_s / seconds))):
        found["idle_cpu"].append(cpu_percent([*family(keeper)], seconds))
    memory = {pid: pss_mb(pid) for pid in family(keeper)}
    forks = [pid for pid in memory if _runs(pid, b"kiosk.keeper.forking")]
    parents = family(keeper)
    others = [
        pid
        for pid in memory
        if (pid != keeper and parents.get(pid) != keeper and not _runs(pid, b"keeper.nursery"))
        or (_runs(pid, b"committer") and pid not in forks)  # they have its command line, too
    ]
    found["memory_terminal"].append(sum(memory.values()))
    found["memory_without_drivers"].append(sum(memory.values()) - sum(memory[o] for o in others))
    found["memory_fork_server"].append(sum(memory[pid] for pid in forks))
    found["memory_keeper"].append(memory[keeper])
    found["memory_standby"].append(memory[standby])


class TraceReader:
    """Reads the trace to which the visits append, see :mod:`ui.robots.meter`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def plan(self, plan: Mapping[str, Any]) -> None:
        """Write the first line of the trace: the stories that the visits shall play."""
        self.path.write_text(json.dumps(plan) + "\n")

    def events(self) -> list[Event]:
        """All events so far, sorted by time. What follows the last line's end is still being
        written."""
        _, *lines, _ = self.path.read_text().split("\n")
        return sorted((Event(**_split(json.loads(line))) for line in lines), key=lambda e: e.at)

    def lives(self) -> list[int]:
        return [event.pid for event in self.events() if event.what == "live"]

    def waiting(self) -> list[int]:
        """Process ids of standbys: visits that are warm and were never live."""
        ready = [event.pid for event in self.events() if event.what == "ready"]
        return [pid for pid in ready if pid not in self.lives()]

    def ended(self, pid: int) -> bool:
        return any(event.what == "ended" and event.pid == pid for event in self.events())

    def wait(self, look: Callable[[], Any], what: str, *, pause_s: float = 0.05) -> Any:
        """Call ``look`` until its result is true, and return that. Raises :class:`BenchError` when
        a visit reports that its story failed, or after :data:`PATIENCE_S`."""

        def there() -> Any:
            for event in self.events():
                if event.what == "failed":
                    raise BenchError(f"{event.facts['page']}: {event.facts['why']}")
            return look()

        return _wait(there, what, pause_s=pause_s)


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the trace: what happened, when (monotonic s), in which process, and facts."""

    what: str
    at: float
    pid: int
    facts: dict[str, Any] = field(default_factory=dict)


def _split(line: dict[str, Any]) -> dict[str, Any]:
    return {key: line.pop(key) for key in ("what", "at", "pid")} | {"facts": line}


# -- what the trace says --------------------------------------------------------------------------


def evaluate(
    events: Sequence[Event],
    kills: Sequence[float],
    found: Values,
    takeovers: Sequence[float] = (),
) -> None:
    """Add to ``found`` the values from ``events``, which are sorted by time; ``kills``: the times
    at which a live visit was killed; ``takeovers``: how long the screen was without a visit, in ms,
    before each visit but the first."""
    short = {e.pid for e in events if e.what == "story" and e.facts["story"] == "short"}
    lives = [event.at for event in events if event.what == "live"]
    ends = [event.at for event in events if event.what == "ended" and event.pid not in short]
    for name, moments in (("standby_takeover", ends), ("standby_takeover_killed", kills)):
        for end in moments:
            following = [at for at in lives if at > end]
            found[name] += [(following[0] - end) * 1000] if following else []
    found["dark_after_short_visit"] += _dark(events, takeovers, short)
    for pid in {event.pid for event in events if event.what == "card"}:
        mine = [event for event in events if event.pid == pid]
        _evaluate_taps(mine, found)
        _evaluate_preview(mine, found)
        found["centre_call"] += [
            event.facts["seconds"] * 1000
            for event in mine
            if event.what == "call" and event.facts["endpoint"] != "POST /v1/documents"
        ]
        _evaluate_sign_in(mine, found)
        found["memory_visit"] += [e.facts["mb"] for e in mine if e.what == "memory"]


def _dark(events: Sequence[Event], takeovers: Sequence[float], short: Set[int]) -> list[float]:
    """After each short visit, the longest time in ms without a page: from the blank frame to the
    page of nobody's, or from the kill of the visit to the first frame of the next (``takeovers``,
    by the keeper's count, of the second visit and all later ones)."""
    spans = []
    lives = [event for event in events if event.what == "live"]
    for number, (live, following) in enumerate(pairwise(lives)):
        if live.pid in short:
            mine = [e for e in events if e.pid == live.pid and e.at < following.at]
            blank = next(e.at for e in mine if e.what == "blank")
            page = next((e.at for e in mine if e.what == "frame" and e.at > blank), None)
            spans.append(((following.at if page is None else page) - blank) * 1000)
            spans[-1] = max(spans[-1], 0.0 if page is None else takeovers[number])
    return spans


def _evaluate_taps(mine: Sequence[Event], found: Values) -> None:
    """The time from each press to its page, in one figure where the visit asked the centre in
    between, in another where it did not."""
    touched: Event | None = None
    asked = False
    seen: set[str] = set()
    alone = "tap_next_page"
    for event in mine:
        match event.what:
            case "story":
                alone = "tap_next_page_queue" if event.facts["story"] == "queue" else alone
            case "touch":
                touched, asked = event, False
            case "call":
                asked = True
            case "frame" if touched:
                took = (event.at - touched.at) * 1000
                page = event.facts["page"]
                found["tap_centre_page" if asked else alone].append(took)
                if not asked and page not in seen:
                    found["tap_next_page_first"].append(took)
                if touched.facts["key"] == "print":
                    found["print_tap_to_answer"].append(took)
                touched = None
                seen.add(page)


def _evaluate_preview(mine: Sequence[Event], found: Values) -> None:
    """The terminal's own share of the time from the purpose to the preview."""
    for shown in (e for e in mine if e.what == "frame" and e.facts["page"] == "PreviewPage"):
        chosen = max(e.at for e in mine if e.what == "touch" and e.at < shown.at)
        centre = sum(
            e.facts["seconds"] for e in mine if e.what == "call" and chosen < e.at < shown.at
        )
        found["purpose_to_preview_own"].append((shown.at - chosen - centre) * 1000)


def _evaluate_sign_in(mine: Sequence[Event], found: Values) -> None:
    """The time from the card to the account page, whole and in its parts."""
    card = next(event.at for event in mine if event.what == "card")
    found_at = next(event.at for event in mine if event.what == "found")
    read = next(event.at for event in mine if event.what == "read")
    code_page = _frame(mine, "EnterCodePage", card)
    confirm = _touch(mine, "confirm", code_page)
    menu_page = _frame(mine, "MenuPage", confirm)
    chosen = _touch(mine, "account", menu_page)
    overview = _frame(mine, "StatementPage", chosen)
    parts = {
        "_noticed": max(0.0, found_at - card),  # put while the SAM was looking: at once
        "_reader": read - max(card, found_at),
        "_centre": sum(
            event.facts["seconds"]
            for event in mine
            if event.what == "call" and card < event.at < overview
        ),
        "_robot": confirm - code_page + chosen - menu_page,
    }
    whole = overview - card
    for part, seconds in {"": whole, **parts, "_own": whole - sum(parts.values())}.items():
        found[f"card_to_overview{part}"].append(seconds * 1000)


def _frame(mine: Sequence[Event], page: str, after: float) -> float:
    return next(
        e.at for e in mine if e.what == "frame" and e.facts["page"] == page and e.at > after
    )


def _touch(mine: Sequence[Event], key: str, after: float) -> float:
    return next(e.at for e in mine if e.what == "touch" and e.facts["key"] == key and e.at > after)


# -- the machine ----------------------------------------------------------------------------------


def _ms(began: float) -> float:
    return (time.monotonic() - began) * 1000


def _wait(look: Callable[[], Any], what: str, *, pause_s: float) -> Any:
    until = time.monotonic() + PATIENCE_S
    while not (seen := look()):
        if time.monotonic() > until:
            raise BenchError(f"waited in vain for {what}")
        time.sleep(pause_s)
    return seen


def pss_mb(pid: int) -> float:
    """Proportional set size, in MB: shared pages count in part, see proc_pid_smaps_rollup(5)."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024 / 1e6
    raise BenchError("the kernel does not tell how much memory a process has")


def family(keeper: int) -> dict[int, int]:
    """The keeper, its children, and theirs: every process of the terminal, with its parent."""
    parents = {}
    for path in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
    family = {keeper: parents[keeper]}
    while more := {p: o for p, o in parents.items() if o in family and p not in family}:
        family |= more
    return family


def _runs(pid: int, word: bytes) -> bool:
    """Whether ``word`` stands on the command line of the process."""
    return word in Path(f"/proc/{pid}/cmdline").read_bytes()


def cpu_percent(pids: Sequence[int], seconds: float) -> float:
    """The share of one core, in percent, that the processes use together in ``seconds`` from
    now."""
    began, before = time.monotonic(), sum(map(_cpu_s, pids))
    time.sleep(seconds)
    return (sum(map(_cpu_s, pids)) - before) / (time.monotonic() - began) * 100


def _cpu_s(pid: int) -> float:
    """CPU seconds of all threads of a process, ended threads included; exact to nanoseconds."""
    clock = (~pid << 3) | 2  # clock_getcpuclockid(3)
    try:
        return time.clock_gettime(clock)
    except OSError as error:
        raise BenchError("a process died while it was watched") from error
