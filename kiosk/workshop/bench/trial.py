"""Plays a citizen's visits on a stand while devices fail, and judges pages and paper."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from drivers.device import Kind
from kiosk.privacy import mask_name
from kiosk.workshop.bench.cabinets import SLIP_END, SLIP_HEAD
from kiosk.workshop.bench.cases import FAULTS, KILL, STATES, USED_AT, DeviceFault, FaultCase
from kiosk.workshop.bench.figures import BenchError
from kiosk.workshop.bench.stand import Page, Stand
from kiosk.workshop.sandbox import personas

_PRINTERS = (Kind.DOCUMENT_PRINTER, Kind.RECEIPT_PRINTER)
_STATUS = {"io_board": (Kind.LIGHTS, Kind.SENSORS)}
_NOTICED_S = 2.5
"""After this time a host has looked at its idle device at least once, see
:class:`drivers.hosting.host.HostPace`."""
_QUIET_S = 5.0
_MOMENT_S = 5.0
_PERSONAS = ("P01", "P05")  # alternate from visit to visit
_MOST_PRINTS = 3  # the centre's limit for one account and day
_MOST_ROUNDS = 8  # in one visit


@dataclass(slots=True)
class CaseVerdict:
    """The result of a case. A complaint is the name of the figure that counts it, and a
    sentence."""

    case: FaultCase
    stall_ms: float = 0.0
    to_page_ms: float | None = None
    met: bool = False
    complaints: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class _RunningCase:
    """A case whose fault is on."""

    verdict: CaseVerdict
    since: float
    prelude: bool = False  # another fault is still on, to reach its problem page first
    done_before: bool = False  # the device had done its work when the fault came

    @property
    def case(self) -> FaultCase:
        return self.verdict.case

    @property
    def fault(self) -> DeviceFault:
        return self.verdict.case.fault


@dataclass(slots=True)
class _Round:
    """From the menu and back to it: one document. Counts of paper at its start, and how often the
    pages said that paper came out."""

    sheets: int
    slips: int
    reports: int
    said_printed: int = 0
    said_slip: int = 0
    doubtful: set[str] = field(
        default_factory=set
    )  # printers for which a page asks to look in the slot
    cases: list[_RunningCase] = field(default_factory=list)


class CaseTrial:
    """Tries cases on one stand, as many in a visit as can be told apart.

    At most one fault is on that the citizen will meet: the main fault. Each device that the citizen
    does not need (any more) may have a background fault at the same time, which ends when the host
    has noticed, or after :data:`_NOTICED_S`.
    """

    def __init__(self, its: Stand, chosen: Iterable[FaultCase], calm: int) -> None:
        self._stand = its
        self._cabinet = its.cabinet
        self._pending = [case for case in chosen if case.fault.rig in its.rig.devices]
        self._calm = calm
        self._main: _RunningCase | None = None
        self._beside: dict[str, _RunningCase] = {}
        self._round: _Round | None = None
        self._carried: _RunningCase | None = (
            None  # the citizen left while its fault was on; the next visit's paper judges it
        )
        self._killed = False
        self._recent: list[_RunningCase] = []  # begun since paper was last compared
        self._earlier = 0  # pieces of paper that the last citizen left in the slot
        self._lying: tuple[int, int] | None = None  # sheets and slips at the end of the last round
        self._state = "attract"
        self._visits = 0
        self._at = dict.fromkeys(USED_AT.values(), 0.0)  # when a device was last needed
        self._done = dict.fromkeys(USED_AT, 0)  # `_done_by` at that moment
        self._printed = self._rounds = self._tried = 0
        self._ledger_seen = False
        self.verdicts: list[CaseVerdict] = []
        self.calm_stalls: list[float] = []

    def run(self) -> None:
        """Play visits until no case is left."""
        while self._pending or self._calm or self._carried:
            self._visit()

    # -- one visit ----------------------------------------------------------------------------

    def _visit(self) -> None:
        self._printed = self._rounds = 0
        self._visits += 1
        acts: Mapping[str, Callable[[Page], None]] = {
            "attract": lambda page: self._need("start", "card"),
            "card": self._put_card,
            "code": self._type_code,
            "menu": self._at_menu,
            "account": self._at_account,
            "ledger": lambda page: self._press("back"),
            "purpose": lambda page: self._press(page.view["options"][0]["key"]),
            "preview": lambda page: self._need("print", "printing"),
            "printing": lambda page: None,
            "printed": self._at_printed,
            "slip": lambda page: None,
            "slip-printed": self._at_slip_printed,
            "problem": self._at_problem,
            "rate": lambda page: self._press("skip"),
            "farewell": lambda page: None if self._beside else self._press(""),
        }
        while True:
            page = self._stand.page()
            self._state = _state_of(page)
            if self._killed and self._state != "attract":
                continue  # a page that the killed visit had shown
            self._settle_ripe()
            self._prepare()
            acts[self._state](page)
            if self._killed or self._state == "farewell":
                return

    def _press(self, name: str) -> None:
        self._stand.press(name)

    def _need(self, name: str, state: str) -> None:
        """Press the button ``name``, which leads to the step ``state`` with its device. Note the
        moment here, since the page of that step may be gone before its first frame."""
        for device, used_at in USED_AT.items():
            if used_at == state:
                self._done[device] = self._done_by(device)
        self._at[state] = self._stand.press(name)

    def _prepare(self) -> None:
        """Wait until devices are well again, then begin the cases of this step."""
        state = self._state
        if state == "attract":
            self._killed = False
            if self._carried and self._carried.case.lasting:
                self._stand.do(self._carried.case.ends)
            self._await_health(USED_AT)
            if any(case.state == state for case in self._pending):
                self._await_health({case.fault.device for case in self._pending})
        if state == "menu":
            while any(device in self._beside for device in _PRINTERS):
                time.sleep(0.05)
                self._settle_ripe()
            self._end_round()
            self._judge_between()
            self._await_health(_PRINTERS)
        if self._calm:
            return
        begun = self._begin_beside()
        if state in ("rate", "farewell"):
            time.sleep(_NOTICED_S if begun else 0.0)  # no later page waits for it
        elif state not in ("menu", "problem", "card"):
            self._begin_main()

    # -- pages --------------------------------------------------------------------------------

    def _put_card(self, page: Page) -> None:
        self._stand.centre(
            "POST", "/reset"
        )  # or the persona of earlier visits would reach the limit of prints
        main = None if self._calm else self._begin_main()
        self._stand.rig.tell(Kind.ID_CARD, "put", **personas.load()[self._persona].card())
        if main and main.fault.kind == "unplugged" and not main.prelude:
            self._fail_at(
                main, lambda: self._stand.rig.look(Kind.ID_CARD)["commands"][-1:] == ["read"]
            )

    def _type_code(self, page: Page) -> None:
        self._stand.rig.tell(Kind.ID_CARD, "lift")
        self._settle_main(Kind.ID_CARD, worked=True)
        for digit in self._stand.centre("GET", "/messages")[0]["code"]:
            self._press(digit)
        self._press("confirm")

    def _at_menu(self, page: Page) -> None:
        wanted = any(case.state in STATES[3:13] for case in self._pending)
        wanted |= bool(
            self._main or self._carried or self._calm or not self._rounds
        )  # a visit without a round shows no page to rate it
        if self._printed >= _MOST_PRINTS or self._rounds >= _MOST_ROUNDS or not wanted:
            self._press("leave")
            return
        self._rounds += 1
        self._round = _Round(
            self._cabinet.sheets(), self._cabinet.slips(), len(self._stand.centre("GET", "/prints"))
        )
        if self._carried:
            self._round.cases.append(self._carried)
        elif self._main:
            self._round.cases.append(self._main)
        elif not self._calm:
            self._begin_main()
        self._ledger_seen = False
        self._press("account")

    def _at_account(self, page: Page) -> None:
        closed = page.action("deposit-certificate")["closed"]
        if closed:
            self._read(closed, Kind.DOCUMENT_PRINTER)
            self._press("back")
        elif self._ledger_seen:
            self._press("deposit-certificate")
        else:
            self._ledger_seen = True
            self._press("ledger")

    def _at_printed(self, page: Page) -> None:
        assert self._round
        self._round.said_printed += 1
        self._printed += 1
        self._settle_main(Kind.DOCUMENT_PRINTER, worked=True)
        closed = page.action("slip")["closed"]
        if closed:
            self._read(closed, Kind.RECEIPT_PRINTER)
            self._press("menu")
        else:
            self._need("slip", "slip")

    def _at_slip_printed(self, page: Page) -> None:
        assert self._round
        self._round.said_slip += 1
        self._settle_main(Kind.RECEIPT_PRINTER, worked=True)
        self._press("menu")

    def _at_problem(self, page: Page) -> None:
        title, lead = page.view["title"], page.view["lead"]
        main = self._main
        device = max(USED_AT, key=lambda device: self._at[USED_AT[device]])
        if self._round and "出纸口" in title + lead:
            self._round.doubtful.add(device)
        if main and main.prelude:
            self._stand.do(_prelude(main.fault)[1])
            main.prelude = False
            self._fail_now(main)
            self._need("retry", USED_AT[device])
            return
        if main:
            main.verdict.to_page_ms = (page.at - max(main.since, *self._at.values())) * 1000
        self._read(title, device)
        if self._carried:
            # Paper that the printer still finishes comes out while this citizen stands there.
            self._watch_for(self._cabinet.quiet, _QUIET_S)
            self._leave_paper()
            self._press("leave")
            return
        keys = [action["key"] for action in page.view["actions"]]
        self._tried += 1
        again = "menu" not in keys or (self._tried % 2 == 0 and not self._paper_is_out(device))
        if again:
            self._need("retry", USED_AT[device])
        else:
            self._press("menu")

    # -- cases --------------------------------------------------------------------------------

    def _begin_main(self) -> _RunningCase | None:
        """Begin a main fault, if a case for this step is left and no main fault is on."""
        if self._main or self._carried:
            return None
        closed = self._closed()
        for case in self._pending:
            begins_at = _BEFORE[case.fault.device] if case.state == "problem" else case.state
            if case.met and begins_at == self._state and not closed & _kinds(case.fault.device):
                break
        else:
            return None
        if case.fault.device in self._beside:
            return None
        self._pending.remove(case)
        main = self._main = _RunningCase(
            CaseVerdict(case), time.monotonic(), case.state == "problem"
        )
        self._recent.append(main)
        if self._round:
            self._round.cases.append(main)
        if main.prelude:
            self._stand.do(_prelude(case.fault)[0])
        elif case.state in ("printing", "slip") and not case.early:
            self._fail_at(main, lambda: self._cabinet.prints(case.fault.device))
        elif not (case.state == "card" and case.fault.kind == "unplugged"):
            self._fail_now(main)
        return main

    def _fail_at(self, main: _RunningCase, moment: Callable[[], bool]) -> None:
        """Begin the fault at the ``moment`` when its device works."""
        if self._watch_for(moment, _MOMENT_S):
            self._fail_now(main)
        else:
            self._complain("fault_without_page", "the device was never seen at its work")
            self._main = None
            self._end(main)

    def _fail_now(self, running: _RunningCase) -> None:
        running.since = time.monotonic()
        if running.fault.order == KILL:
            self._kill(running)
            return
        self._stand.do(running.fault.begins)
        device = running.fault.device
        if device in USED_AT and not running.case.early:
            running.done_before = self._done_by(device) > self._done[device]

    def _kill(self, main: _RunningCase) -> None:
        """Kill the visit. The citizen stays until no more paper comes out."""
        main.verdict.met = True
        os.kill(self._stand.live_pid(), signal.SIGKILL)
        self._watch_for(self._cabinet.quiet, _QUIET_S)
        self._main, self._carried, self._killed = None, main, True
        self._leave_paper()

    def _begin_beside(self) -> bool:
        """Begin background faults, which the citizen should not notice: one for each device that is
        well. Returns whether any began."""
        closed = self._closed()
        begun = False
        for case in list(self._pending):
            device = case.fault.device
            on = self._main or self._carried
            busy = device in self._beside or (on and on.fault.device == device)
            if case.met or case.state != self._state or busy or closed & _kinds(device):
                continue
            self._pending.remove(case)
            self._beside[device] = running = _RunningCase(CaseVerdict(case), 0.0)
            self._recent.append(running)
            self._fail_now(running)
            begun = True
        return begun

    def _settle_ripe(self) -> None:
        """End the background faults that their hosts have noticed, or that lasted
        :data:`_NOTICED_S`."""
        if not self._beside:
            return
        closed = self._closed()
        for device, running in list(self._beside.items()):
            noticed = closed & _kinds(device)
            if noticed or time.monotonic() - running.since > _NOTICED_S:
                del self._beside[device]
                self._end(running)

    def _read(self, said: str, device: str) -> None:
        """The citizen reads ``said``, the reason why ``device`` cannot be used: judge it, and end
        the main fault."""
        main = self._main
        if main is None or main.fault.device != device or not main.fault.says:
            self._complain("fault_without_page", f"“{said}” though all that is needed is well")
        elif not any(words in said for words in main.fault.says.split("|")):
            self._complain("fault_without_page", f"reads “{said}”, not {main.fault.says}")
        if main is None:
            return
        self._main = None
        main.verdict.met = main.fault.device == device
        if main.case.lasting:
            self._carried = main
        else:
            self._end(main)

    def _settle_main(self, device: str, *, worked: bool) -> None:
        """``device`` has done its work: end the main fault if it is on that device."""
        main = self._main
        if main is None or main.fault.device != device:
            return
        if worked and main.fault.says and not main.done_before:
            self._complain("fault_without_page", "went on as if all were well")
        main.verdict.met = not main.done_before
        self._main = None
        self._end(main)

    def _end(self, running: _RunningCase) -> None:
        killed = running.fault.order == KILL
        if not killed:
            self._stand.do(running.fault.ends)
        verdict, now = running.verdict, time.monotonic()
        stalls = [s.ms for s in self._stand.stalls if s.at > running.since and s.since < now]
        verdict.stall_ms = max(stalls, default=0.0)
        bugs = [line for line in self._stand.bugs() if not (killed and "cause=" in line)]
        verdict.complaints += [("fault_bugs", line) for line in bugs]
        self.verdicts.append(verdict)

    def _complain(self, figure: str, what: str) -> None:
        """Book the complaint on the main fault, else on every background fault. The main fault may
        be a fault of the visit before, which was still on when the last citizen left."""
        main = self._main or self._carried
        on = [main] if main else list(self._beside.values())
        beside = ", ".join(str(running.case) for running in self._beside.values())
        for running in on:
            running.verdict.complaints.append((figure, f"{what} (beside: {beside})"))
        if not on:
            raise BenchError(f"without any fault: {what}")

    # -- paper --------------------------------------------------------------------------------

    def _end_round(self) -> None:
        """Compare the paper that came out with what the pages and the reports said."""
        done, self._round = self._round, None
        if done is None:
            return
        quiet = self._watch_for(self._cabinet.quiet, _QUIET_S)
        reports = self._stand.centre("GET", "/prints")[done.reports :]
        doubtful = {*done.doubtful, *(Kind.DOCUMENT_PRINTER for r in reports if r["pages"] is None)}
        complaints = [
            *judge_paper(
                "document",
                self._cabinet.sheets() - done.sheets,
                done.said_printed,
                Kind.DOCUMENT_PRINTER in doubtful,
            ),
            *judge_paper(
                "slip",
                self._cabinet.slips() - done.slips,
                done.said_slip,
                Kind.RECEIPT_PRINTER in doubtful,
            ),
        ]
        if not quiet:
            complaints.append(("fault_paper_lost", "paper is on its way though all has been said"))
        others = [mask_name(personas.load()[one].full_name) for one in _PERSONAS]
        others.remove(holder := mask_name(personas.load()[self._persona].full_name))
        complaints += judge_slips(self._cabinet.slip_texts()[self._earlier :], holder, others)
        complete = sum(report["complete"] for report in reports)
        if complete != done.said_printed:
            complaints.append(
                (
                    "fault_paper_lost",
                    f"the centre was told of {complete}, the citizen of {done.said_printed}",
                )
            )
        for running in done.cases:
            running.verdict.complaints += complaints
        if complaints and not done.cases:
            raise BenchError(f"without any fault: {complaints[0][1]}")
        if self._calm:
            self._calm -= 1
            self.calm_stalls.append(max((s.ms for s in self._stand.stalls), default=0.0))
            self._stand.stalls.clear()
        self._cabinet.clear()
        self._recent, self._earlier, self._lying = [], 0, self._paper()
        if self._carried:
            carried, self._carried = self._carried, None
            self._end(carried)

    def _judge_between(self) -> None:
        """Complain when paper came out between the end of a round, or of a visit, and this menu."""
        before, self._lying = self._lying, self._paper()
        if before in (None, self._lying):
            return
        said = f"{before} sheets and slips lay there, {self._lying} when nobody had asked for more"
        for running in {id(one): one for one in (*self._recent, self._carried) if one}.values():
            running.verdict.complaints.append(("fault_paper_others", said))
        if not self._recent and not self._carried:
            raise BenchError(f"without any fault: {said}")

    def _leave_paper(self) -> None:
        """Note the paper in the slots as the citizen leaves: later paper is not theirs."""
        self._round, self._lying = None, self._paper()
        self._earlier = len(self._cabinet.slip_texts())

    def _paper(self) -> tuple[int, int]:
        return self._cabinet.sheets(), self._cabinet.slips()

    def _done_by(self, device: str) -> int:
        """How often ``device`` has done its work since the start: sheets, slips or reads."""
        if device == Kind.DOCUMENT_PRINTER:
            return self._cabinet.sheets()
        if device == Kind.RECEIPT_PRINTER:
            return self._cabinet.slips()
        return int(self._stand.rig.look(Kind.ID_CARD)["reads"])

    @property
    def _persona(self) -> str:
        return _PERSONAS[self._visits % len(_PERSONAS)]

    def _paper_is_out(self, device: str) -> bool:
        """Whether new paper lies in the slot of ``device``, once no more comes."""
        if self._round is None:
            return False
        self._watch_for(self._cabinet.quiet, _QUIET_S)
        if device == Kind.DOCUMENT_PRINTER:
            return self._cabinet.sheets() > self._round.sheets
        return self._cabinet.slips() > self._round.slips

    # -- health -------------------------------------------------------------------------------

    def _closed(self) -> set[str]:
        return set(self._stand.look()["devices"])

    def _await_health(self, devices: Iterable[str]) -> None:
        """Wait until the terminal can use ``devices`` again, without those that have a fault on."""
        on = {*self._beside, *([self._main.fault.device] if self._main else [])}
        kinds = {kind for device in devices if device not in on for kind in _kinds(device)}
        if not self._watch_for(lambda: not self._closed() & kinds, 60.0):
            raise BenchError(f"{', '.join(self._closed() & kinds)} does not come back")

    def _watch_for(self, seen: Callable[[], bool], seconds: float = 3.0) -> bool:
        until = time.monotonic() + seconds
        while not seen():
            if time.monotonic() > until:
                return False
            time.sleep(0.01)
        return True


_BEFORE: Mapping[str, str] = {
    Kind.ID_CARD: "card",
    Kind.DOCUMENT_PRINTER: "preview",
    Kind.RECEIPT_PRINTER: "printed",
}
"""The step at which the earlier fault begins that leads to a device's problem page."""


def _prelude(fault: DeviceFault) -> tuple[str, str]:
    """Another fault of the same device, with other words for the citizen: the orders that begin and
    end it."""
    other = next(
        other
        for other in FAULTS
        if (other.device, other.rig) == (fault.device, fault.rig)
        and other.kind in ("cover", "garbage", "broken")
        and other.says != fault.says
    )
    return other.begins, other.ends


def judge_paper(what: str, out: int, said: int, doubtful: bool) -> list[tuple[str, str]]:
    """Complaints about one round's paper: ``out`` pieces came out, pages announced ``said``.
    ``doubtful``: a page asked the citizen to look in the slot, so unannounced paper is no fault."""
    if out > 1:
        return [("fault_paper_twice", f"the {what} came out {out} times")]
    if said > out:
        return [("fault_paper_lost", f"the {what} did not come out, though it was said")]
    if out > said and not doubtful:
        return [("fault_paper_lost", f"the {what} came out, though it was said that it did not")]
    return []


def judge_slips(texts: Iterable[str], holder: str, others: Iterable[str]) -> list[tuple[str, str]]:
    """Complaints about the pieces of paper that ``holder`` takes, from the text on each piece."""
    for text in texts:
        if SLIP_END not in text:
            continue
        if holder not in text or any(other in text for other in others):
            return [("fault_paper_others", "a slip bears another name")]
        if text.count(SLIP_HEAD) != 1:
            return [("fault_paper_others", "a slip hangs on the rest of another one")]
    return []


def _kinds(device: str) -> set[str]:
    """The device classes behind the rig's name ``device``."""
    return set(_STATUS.get(device, (device,)))


def _state_of(page: Page) -> str:
    match page.name:
        case "PrintingPage":
            return "slip" if page.view["paper"] == "slip" else "printing"
        case "PaperReadyPage":
            keys = {action["key"] for action in page.view["actions"]}
            return "printed" if "slip" in keys else "slip-printed"
    return _PAGES[page.name]


_PAGES: Mapping[str, str] = {
    "AttractPage": "attract",
    "PresentCardPage": "card",
    "EnterCodePage": "code",
    "MenuPage": "menu",
    "StatementPage": "account",
    "TablePage": "ledger",
    "ChoosePage": "purpose",
    "PreviewPage": "preview",
    "ProblemPage": "problem",
    "RatePage": "rate",
    "FarewellPage": "farewell",
}
