"""Setup on the terminal's own screen: one page a question, answered by touching.

An answer leads to the next page; 返回 asks the question before once more, for which setup is gone
through again with the answers so far.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import click

from drivers import catalogue
from drivers.code_scanner.types import ReadCode
from drivers.device import CancelToken, Deadline, DeviceError, Kind
from drivers.sentence import Sentence, en, words_of
from kiosk.doctor import trial_prints
from kiosk.doctor.causes import causes
from kiosk.doctor.console import Examined
from kiosk.doctor.examination import Report
from kiosk.doctor.findings import Finding, Verdict
from kiosk.doctor.text import said_name
from kiosk.endings import How
from kiosk.papers.pictures import CannotDraw, PaperPages
from kiosk.settings import Settings
from kiosk.setup.discovery import Discovery, Table
from kiosk.setup.enrolment_pages import EnrolmentPages, address_page
from kiosk.setup.technician import Check as Meant
from kiosk.setup.technician import Mark, T
from kiosk.terminal.dialogue import Screen
from kiosk.visit.setup_steps import SCAN, CheckLine, EnterText, ShowChecks
from kiosk.visit.steps import Action, Choose, EnterNumber, NotAnAnswer, Option, Step, Tone
from kiosk.visit.visit import Left, WentBack
from kiosk.visit.waits import WORKING
from kiosk.words import Sayable, _, say_sentence

SCAN_S = 60.0
_ON = Action("on", _("继续"), "forward")
_AGAIN = Action("again", _("再查一遍"), "again")
_TONES: Mapping[Mark, Tone] = {"ok": Tone.GOOD, "..": Tone.ATTENTION}


WELCOME = Choose(
    _("安装这台终端"),
    (
        Option("begin", _("开始"), _("查找设备，问几个问题，写设置，自检"), "forward"),
        Option("console", _("到文本控制台"), _("用键盘执行命令：kiosk setup"), "keypad"),
    ),
    _("线都插好、设备都通电了吗？画面上方可以换成英文"),
    waits=WORKING,
    leave=False,
)
"""The first page: 退出 of every other page leads here."""


class AtScreen:
    """A :class:`~kiosk.setup.technician.Technician` before ``screen``, whose listener this is.

    Every question raises :class:`~kiosk.visit.visit.Left` for 退出. The questions are asked in one
    thread; the screen calls the methods of the listener in its own."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._heard: SimpleQueue[tuple[int, object]] = SimpleQueue()
        self._ticket = 0
        self._page: ShowChecks | None = None  # shown now, and still growing
        self._told: list[CheckLine] = []
        self._scanner: Table | None = None
        self._answers: list[object] = []  # of this pass through the questions, and of the last one
        self._asked = 0
        self._usual: dict[object, str] = {}  # what was answered before somebody went back

    # -- ui.current_page.PageListener: the screen's thread ----------------------------------------

    def answer(self, ticket: int, answer: object) -> None:
        self._heard.put((ticket, answer))

    def back(self, ticket: int) -> None:
        self._heard.put((ticket, WentBack()))

    def leave(self, ticket: int) -> None:
        self._heard.put((ticket, Left()))

    def time_out(self, how: How) -> None:
        """Nobody hurries a technician."""

    def framed(self, ticket: int) -> None:
        """Nobody waits for a frame here."""

    def close(self) -> None:
        """The window is closed: the next question raises :class:`ScreenClosed`."""
        self._heard.put((0, ScreenClosed()))

    # -- one page ---------------------------------------------------------------------------------

    def show(self, step: Step[Any], *, back: bool = False) -> None:
        """Show ``step``; its answer is what :meth:`heard` returns."""
        self._ticket += 1
        self._page = None
        self._screen.show(step, ticket=self._ticket, back=back)

    def heard(self, step: Step[T], seconds: float | None = None) -> T:
        """The answer to ``step``, which is shown. Raises :class:`queue.Empty` where there is none
        within ``seconds``, :class:`Left` and :class:`WentBack`."""
        while True:
            ticket, said = self._heard.get(timeout=seconds)
            if isinstance(said, ScreenClosed):
                raise said
            if ticket != self._ticket:
                continue
            if isinstance(said, Left | WentBack):
                raise said
            try:
                return step.check(said)
            except NotAnAnswer as wrong:
                self._screen.hint(wrong.hint)

    def ask(self, step: Step[T], *, back: bool = False) -> T:
        """The answer to ``step``. Raises :class:`Left` and :class:`WentBack`."""
        self.show(step, back=back)
        return self.heard(step)

    def amend(self, step: Step[Any]) -> None:
        """Show on the page of now what ``step`` says."""
        self._screen.amend(step, ticket=self._ticket)

    # -- what is told -----------------------------------------------------------------------------

    def say(self, sentence: str, /) -> str:
        return say_sentence(sentence, self._screen.language)

    def announce(self, sentence: str) -> None:
        page = ShowChecks(sentence, works=True)
        self._told.clear()
        self.show(page)
        self._page = page

    def tell(self, mark: Mark, sentence: str, of: str = "", mend: str = "") -> None:
        first, second = (of, sentence) if of else (sentence, "")
        self._tell(CheckLine(_term(first), _term(second), _term(mend), _TONES[mark]))

    def note(self, sentence: str) -> None:
        self._tell(CheckLine(_term(sentence)))

    def complain(self, sentence: str) -> None:
        self._tell(CheckLine(_term(sentence), tone=Tone.ATTENTION))

    def _tell(self, check: CheckLine) -> None:
        self._told.append(check)
        if self._page:
            self._page = replace(self._page, checks=tuple(self._told))
            self.amend(self._page)

    # -- what is asked ----------------------------------------------------------------------------

    def content(self, found: Discovery) -> bool:
        scanners = found.of(Kind.CODE_SCANNER)
        self._scanner = scanners[0].table if scanners else None
        page = ShowChecks(
            _("找到了这些"),
            tuple(self._told),
            _("缺了什么？看线和电源，再查一遍"),
            actions=(_AGAIN, _ON),
        )
        return self.ask(page) == _ON.key

    def enrolled(self, file: Path) -> bool:
        return EnrolmentPages(self, file).enrolled()

    def through(self, questions: Callable[[], T]) -> T:
        self._answers.clear()
        while True:
            self._asked = 0
            self._told.clear()
            with suppress(WentBack):
                return questions()
            self._answers.pop()

    def _through(self, ask: Callable[[bool], T]) -> T:
        """The answer of this pass: the one of the pass before, or of ``ask``, which is told whether
        there is a question before."""
        self._asked += 1
        if self._asked <= len(self._answers):
            return self._answers[self._asked - 1]  # type: ignore[return-value]  # the same question
        answer = ask(self._asked > 1)
        self._answers.append(answer)
        return answer

    def text(self, question: str, default: str, check: Meant) -> str:
        step = EnterText(question, typed=default)
        return self._through(lambda back: self.typed(step, check, back=back))

    def address(self, question: str, default: str, check: Meant) -> str:
        step = address_page(question, default)
        return self._through(lambda back: self.typed(step, check, back=back))

    @property
    def scans(self) -> bool:
        """Whether a code scanner was found."""
        return self._scanner is not None

    def typed(self, step: EnterText, check: Meant, *, back: bool) -> str:
        """What ``check`` makes of the words that are typed or scanned at ``step``."""

        usual = self._usual.get(step.title, step.typed)
        asked = replace(step, typed=usual, scans=self.scans)
        while True:
            said = self.ask(asked, back=back)
            if said.startswith(SCAN):
                typed = said.removeprefix(SCAN)
                read, why = self.scanned()
                asked = replace(asked, typed=read or typed, wrong=why)
                continue
            try:
                meant = self._usual[step.title] = check(said)
            except click.UsageError as error:
                asked = replace(asked, typed=said, wrong=error.format_message())
            else:
                return meant

    def number(self, question: str, default: str, most: int, check: Meant) -> str:
        step = EnterNumber(
            question,
            _("毫米"),
            _("毫米"),
            Decimal(0),
            Decimal(most),
            places=0,
            whole=False,
            grouped=False,
            waits=WORKING,
        )
        return self._through(lambda back: check(str(self.ask(step, back=back))))

    def choose(self, question: str, answers: Mapping[str, str], default: str) -> str:
        first = sorted(answers, key=lambda key: key != default)
        options = tuple(Option(key, answers[key]) for key in first)
        step = Choose(question, options, waits=WORKING)
        return self._through(partial(self._chosen, step))

    def pick(self, heading: str, things: Sequence[str], question: str) -> int:
        options = tuple(Option(str(index), _term(thing)) for index, thing in enumerate(things))
        return int(
            self._through(partial(self._chosen, Choose(question, options, heading, waits=WORKING)))
        )

    def _chosen(self, step: Choose, back: bool) -> str:
        return self.ask(step, back=back)

    def agrees(self, change: str, *, ask: bool) -> bool:
        page = ShowChecks(
            _("将要写入"),
            (*_lines_of(change), *self._told),
            _("核对后按“写入”；不对就按“返回”改"),
            actions=(Action("write", _("写入"), "check"),),
        )
        if ask:
            self._through(lambda back: self.ask(page, back=back))
        self._told.clear()
        return True

    def scanned(self, lead: Sayable = "") -> tuple[str, Sayable]:
        """What the scanner reads, and why nothing was read; both empty where somebody stops it."""
        if self._scanner is None:
            return "", ""
        stop, came = CancelToken(), SimpleQueue[tuple[str, str]]()
        table = self._scanner
        stops = Action("stop", _("不扫了"), "back")
        page = ShowChecks(_("请把二维码对准扫码窗"), lead=lead, actions=(stops,))
        self.show(page)
        ticket = self._ticket

        def scan() -> None:
            try:
                with catalogue.borrowed(Kind.CODE_SCANNER, table) as driver:
                    driver.open()
                    code = driver.execute(ReadCode(), Deadline(SCAN_S), stop)
                came.put((code.text.strip(), ""))
            except DeviceError as error:
                came.put(("", words_of(error)))
            except Exception as error:  # noqa: BLE001 - told, as the search does
                came.put(("", f"{type(error).__name__}: {error}"))
            self.answer(ticket, "stop")

        reading = threading.Thread(target=scan, name="scan", daemon=True)
        reading.start()
        try:
            self.heard(page)
        finally:
            stop.cancel()
        reading.join()
        self._ticket += 1  # what the thread has put meanwhile answers no page
        try:
            said, why = came.get_nowait()
        except Empty:
            return "", ""
        return said, why

    # -- what the doctor finds --------------------------------------------------------------------

    def accept(
        self, loaded: Settings, file: Path, keep: Path, pdf: Path | None, *, prints: bool
    ) -> int:
        paper = pdf or keep / "acceptance.pdf"
        said: Sayable = ""
        of_the_writing = tuple(self._told)
        examined = self._examined(loaded, file, keep, paper, prints=prints)
        while True:
            page = _verdict(examined.report, (*of_the_writing, *self._told), loaded, said)
            match self.ask(page):
                case "again":
                    said = ""
                    examined = self._examined(loaded, file, keep, paper, prints=prints)
                case "print":
                    said = self._print(loaded, paper)
                case _:
                    return 0

    def _examined(
        self, loaded: Settings, file: Path, keep: Path, paper: Path, *, prints: bool
    ) -> Examined:
        self.announce(_EXAMINES)
        examined = Examined(loaded, file, keep, prints=prints)
        for why in filter(None, (examined.unkept, *examined.write(paper))):
            self.complain(why)
        return examined

    def _print(self, loaded: Settings, paper: Path) -> Sayable:
        try:
            pdf = paper.read_bytes()
            pages = PaperPages(pdf)
            pages.close()
        except (OSError, CannotDraw) as error:
            return str(error)
        found = trial_prints.print_report(loaded, pdf, pages.count)
        return found.seen if found.poor else _("验收报告已出纸，请签字")


_EXAMINES = en("examining everything, and printing the tests (up to a minute)…")


def _verdict(
    report: Report, told: Sequence[CheckLine], loaded: Settings, said: Sayable
) -> ShowChecks:
    """What the doctor has found, what must be mended first; ``said``: what printing came to."""
    wrong = causes(report.findings)
    verdict = en("fit for service")
    if wrong:
        verdict = en("NOT fit for service: {count} to mend", count=len(wrong))
    first = [cause.findings[0] for cause in wrong]
    seen = sorted(
        (one for one in report.findings if not one.poor),
        key=lambda one: one.verdict is Verdict.GOOD,
    )
    no_paper = None if Kind.DOCUMENT_PRINTER in loaded.devices else _("没有 A4 打印机")
    return ShowChecks(
        _("验收：终端 {terminal}", terminal=report.terminal),
        (*map(_check, first), *told, *map(_check, seen)),
        said,
        verdict,
        Tone.BAD if wrong else Tone.GOOD,
        (
            _AGAIN,
            Action("print", _("打印报告"), "printer", no_paper),
            Action("serve", _("投入使用"), "check", _("先处理不合格的") if wrong else None),
        ),
    )


def _check(one: Finding) -> CheckLine:
    tone = Tone.BAD if one.poor else Tone.GOOD if one.verdict is Verdict.GOOD else Tone.PLAIN
    return CheckLine(_term(said_name(one.name, str)), _term(one.seen), _term(one.mend), tone)


def _term(words: str) -> str:
    """``words`` as a sentence: also a name of a class or of a finding is in the catalogue."""
    return words if isinstance(words, Sentence) else Sentence(words)


def _lines_of(change: str) -> Iterator[CheckLine]:
    """A unified diff as people read it: of each file how many lines are new, and each new setting
    with its comment."""
    for file, lines in _NEW_FILE.findall(change):
        new = [line[1:] for line in lines.splitlines() if line.startswith("+")]
        yield CheckLine(file, _("新的或改过的行：{count}", count=len(new)))
        for line in new:
            setting, comment, words = line.partition(" # ")
            if comment and setting.strip():
                yield CheckLine(words.strip(), setting.strip())


_NEW_FILE = re.compile(r"^\+\+\+ (.*) \(new\)\n((?:(?!--- ).*\n?)*)", re.MULTILINE)


class ScreenClosed(Exception):
    """Nobody can answer any more."""
