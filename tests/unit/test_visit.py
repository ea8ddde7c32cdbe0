"""A visit and its dialogue: replay, what is never gone back over, and every race."""

from __future__ import annotations

import io
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from queue import Empty, Queue
from types import SimpleNamespace
from typing import Any

import pypdfium2
import pytest

from drivers.catalogue import create
from drivers.device import (
    CancelToken,
    Check,
    Deadline,
    DeviceError,
    Driver,
    Info,
    Kind,
    Media,
    Reason,
    Request,
    State,
    Status,
)
from drivers.document_printer.types import PagesPrinted, PrintDocument
from drivers.emulators.document_printer import DocumentPrinter
from drivers.emulators.id_card import IdCardReader
from drivers.hosting.host import LostError
from drivers.hosting.thread_host import ThreadHost
from drivers.id_card.types import ReadCard
from drivers.receipt_printer.types import PrintSlip, Slip
from drivers.smart_card.types import ReadSocialSecurityCard
from kiosk.centre.document_orders import DepositCertificateOrder
from kiosk.centre.errors import CentreUnavailable, Refusal, Trouble
from kiosk.centre.models import Document
from kiosk.privacy import Sensitive
from kiosk.services import SERVICES, menu
from kiosk.terminal.dialogue import Dialogue
from kiosk.visit.pin_steps import PresentBankCard
from kiosk.visit.replay import Entry
from kiosk.visit.steps import (
    Action,
    Attract,
    Choose,
    DeviceStep,
    Farewell,
    Menu,
    NotAnAnswer,
    Option,
    OtherWay,
    PaperReady,
    PollStep,
    PresentIdCard,
    PresentSocialSecurityCard,
    PrintingDocument,
    PrintingSlip,
    Problem,
    Rate,
    Step,
)
from kiosk.visit.troubles import LEAVE, MENU, RETRY
from kiosk.visit.visit import Left, TimedOut, Visit, WentBack
from kiosk.words import _
from kiosk.workshop.sandbox import personas
from tests.services.hall import Glass
from tests.services.script import (
    WELL,
    Fixed,
    Line,
    Played,
    ServiceScript,
    World,
    printed,
    slip_printed,
    titled,
    world,
)
from tests.waiting import PATIENCE_S, until

BACK = WentBack()
HOME = (Action(MENU, "home", "home"),)


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("centre")) as here:
        yield here


@pytest.fixture
def here(centre: World) -> World:
    centre.reset()
    return centre


def run(here: World, service: Callable[[Visit], None], *lines: Line) -> Played:
    """A visit of P01 in which ``service`` stands in the place of 账户查询."""
    begin = (*here.signed_in("P01"), (Menu, "account"))
    return here.play(*begin, *lines, services={"account": service})


GONE: tuple[Line, ...] = ((Menu, Left()), (Rate, "skip"), (Farewell, None))
REFUSED: tuple[Line, ...] = ((Menu, Left()), (Farewell, None))


def certificate(visit: Visit) -> tuple[Document, Sensitive[bytes]]:
    """A document of the centre, ready to be printed."""
    (account,) = visit.look_up(visit.centre.accounts)
    order = DepositCertificateOrder(
        kind="deposit-certificate", account=account.id, purpose="01", key="k" * 16
    )
    document = visit.look_up(lambda: visit.centre.make_document(order))
    return document, Sensitive(visit.look_up(lambda: visit.centre.document_file(document)))


def question(title: str) -> Choose:
    return Choose(title, (Option("a", "a"), Option("b", "b")))


# -- replay ---------------------------------------------------------------------------------------


def test_back_asks_the_last_question_again_and_keeps_the_others(here: World) -> None:
    seen: list[tuple[str, ...]] = []
    asked = []

    def service(visit: Visit) -> None:
        first = visit.ask(question("one"))
        visit.look_up(lambda: asked.append(first))
        second = visit.ask(question("two"))
        third = visit.ask(question("three"))
        seen.append((first, second, third))

    run(
        here,
        service,
        (titled("one"), "a"),
        (titled("two"), "a"),
        (titled("three"), BACK),
        (titled("two"), BACK),
        (titled("one"), "b"),
        (titled("two"), "a"),
        (titled("three"), BACK),
        (titled("two"), "b"),
        (titled("three"), "a"),
        *GONE,
    )
    assert seen == [("b", "b", "a")]
    assert asked == ["a", "b"], "looked up once for each answer that it depends on"


def test_what_is_made_once_stays_the_same_until_an_answer_before_it_changes(here: World) -> None:
    numbers = iter(range(10))
    seen = []

    def service(visit: Visit) -> None:
        first = visit.ask(question("one"))
        key = visit.once(lambda: next(numbers))
        second = visit.ask(question("two"))
        seen.append((first, key, second, visit.once(lambda: next(numbers))))
        visit.ask(question("three"))

    run(
        here,
        service,
        (titled("one"), "a"),
        (titled("two"), "a"),
        (titled("three"), BACK),
        (titled("two"), "b"),
        (titled("three"), BACK),
        (titled("two"), BACK),
        (titled("one"), "b"),
        (titled("two"), "a"),
        (titled("three"), "a"),
        *GONE,
    )
    assert seen == [("a", 0, "a", 1), ("a", 0, "b", 2), ("b", 3, "a", 4)]


def test_a_service_is_left_by_going_back_from_its_first_question(here: World) -> None:
    def service(visit: Visit) -> None:
        visit.ask(question("one"))

    run(here, service, (titled("one"), BACK), *GONE)


def test_a_refusal_is_the_same_on_a_replay(here: World) -> None:
    calls = []

    def refuse() -> None:
        calls.append("refused")
        raise Refusal("no", "no", "later", "AAAA-BBBB")

    def service(visit: Visit) -> None:
        try:
            visit.look_up(refuse)
        except Refusal:
            visit.ask(question("after the refusal"))
        visit.ask(question("and then"))

    run(
        here,
        service,
        (titled("after the refusal"), "a"),
        (titled("and then"), BACK),
        (titled("after the refusal"), "b"),
        (titled("and then"), "a"),
        *GONE,
    )
    assert calls == ["refused"]


@pytest.mark.parametrize("code", ["service-busy", "seal-unavailable"])
def test_a_refusal_that_passes_is_asked_again_and_the_answers_are_kept(
    here: World, code: str
) -> None:
    refusals = [Refusal(code, "busy", "later", "AAAA-BBBB")]

    def once_busy() -> str:
        if refusals:
            raise refusals.pop()
        return "done"

    def service(visit: Visit) -> None:
        visit.ask(question("one"))
        assert visit.look_up(once_busy) == "done"

    run(here, service, (titled("one"), "a"), (Problem, RETRY), *GONE)


def test_what_a_risk_rule_stops_is_an_event_of_its_own(
    here: World, caplog: pytest.LogCaptureFixture
) -> None:
    def service(visit: Visit) -> None:
        raise Refusal("risk-card", "stopped", "to the counter", "AAAA-BBBB")

    run(here, service, (Problem, MENU), *REFUSED)
    told = [record for record in caplog.records if record.message == "stopped by a risk rule"]
    assert [(each.reference, each.reason) for each in told] == [("AAAA-BBBB", "risk-card")]  # type: ignore[attr-defined]


def test_trying_again_after_an_outage_keeps_the_answers(here: World) -> None:
    outages = [CentreUnavailable(Trouble.DOWN)] * 2

    def service(visit: Visit) -> None:
        visit.ask(question("one"))

        def look() -> None:
            if outages:
                raise outages.pop()

        visit.look_up(look)

    run(here, service, (titled("one"), "a"), (Problem, RETRY), (Problem, RETRY), *GONE)


def test_a_service_that_did_not_come_about_is_not_rated(here: World) -> None:
    def service(visit: Visit) -> None:
        raise Refusal("no", "no", "later", "AAAA-BBBB")

    run(here, service, (Problem, MENU), *REFUSED)


# -- paper ----------------------------------------------------------------------------------------


def test_what_came_out_is_never_printed_again_by_trying_again(here: World) -> None:
    outages = [CentreUnavailable(Trouble.SLOW)]

    def look() -> None:
        if outages:
            raise outages.pop()

    def service(visit: Visit) -> None:
        assert visit.print_document(*certificate(visit), _("缴存证明"))
        assert visit.print_slip(Slip(()))
        visit.look_up(look)
        visit.ask(PaperReady("out", "", actions=HOME))

    run(
        here,
        service,
        (PrintingDocument, printed),
        (PrintingSlip, slip_printed),
        (Problem, RETRY),
        (PaperReady, MENU),
        *GONE,
    )
    assert [each["complete"] for each in here.ask("GET", "/prints")] == [1]


def test_what_did_not_come_out_stays_so_on_a_replay(here: World) -> None:
    outages = [CentreUnavailable(Trouble.SLOW)]

    def look() -> None:
        if outages:
            raise outages.pop()

    def service(visit: Visit) -> None:
        assert not visit.print_document(*certificate(visit), _("缴存证明"))
        visit.look_up(look)

    jam = DeviceError(Reason.JAM)
    run(here, service, (PrintingDocument, jam), (Problem, MENU), (Problem, RETRY), *GONE)


@pytest.mark.parametrize("pages", [None, 0])
def test_a_slip_that_may_be_out_is_not_forgotten(here: World, pages: int | None) -> None:
    def service(visit: Visit) -> None:
        visit.print_slip(Slip(()))
        visit.ask(question("after"))

    silent = DeviceError(Reason.OFFLINE, pages=pages)
    lines = ((PrintingSlip, silent), (Problem, MENU), (titled("after"), "a"))
    played = run(here, service, *lines, *GONE)
    assert played.last(Farewell).papers is (pages is None)


def test_no_way_back_once_paper_is_under_way(here: World) -> None:
    def service(visit: Visit) -> None:
        visit.ask(question("before"))
        visit.print_slip(Slip(()))
        visit.ask(question("after"))

    played = run(
        here,
        service,
        (titled("before"), "a"),
        (PrintingSlip, slip_printed),
        (titled("after"), "a"),
        *GONE,
    )
    back = {
        getattr(s, "title", type(s).__name__): b
        for s, b in zip(played.script.steps, played.script.backs, strict=True)
    }
    assert back["before"]
    assert not back["after"]


@pytest.mark.parametrize(
    ("reason", "ends"), [(Reason.CARD_REMOVED, True), (Reason.CARD_UNREADABLE, False)]
)
def test_a_chip_card_that_goes_in_the_middle_ends_the_visit(
    here: World, reason: Reason, ends: bool
) -> None:
    def service(visit: Visit) -> None:
        visit.ask(PresentBankCard())

    lines: tuple[Line, ...] = (
        ((Problem, LEAVE), (Farewell, None)) if ends else ((Problem, MENU), *REFUSED)
    )
    played = run(here, service, (PresentBankCard, DeviceError(reason)), *lines)
    problem = played.last(Problem)
    assert problem.reference
    assert {LEAVE, MENU} & {action.key for action in problem.actions} == {LEAVE if ends else MENU}


@pytest.mark.parametrize(
    ("error", "device"),
    [
        (DeviceError(Reason.HARDWARE, device=Kind.SMART_CARD), Kind.SMART_CARD),
        (CentreUnavailable(Trouble.DOWN), None),
    ],
)
def test_the_log_of_a_trouble_names_the_device_that_failed(
    here: World, caplog: pytest.LogCaptureFixture, error: Exception, device: Kind | None
) -> None:
    def service(visit: Visit) -> None:
        visit.ask(question("before"))
        raise error

    played = run(here, service, (titled("before"), "a"), (Problem, MENU), *REFUSED)
    told = [vars(one) for one in caplog.records if one.getMessage() == "trouble"]
    assert [one["reference"] for one in told] == [played.last(Problem).reference]
    assert [one.get("device") for one in told] == [device]


def test_a_slip_names_who_has_no_chinese_name(here: World) -> None:
    holders = []

    def service(visit: Visit) -> None:
        assert visit.person
        latin = {"name": Sensitive(""), "name_latin": Sensitive("PETROVA ANNA")}
        visit.person = visit.person.model_copy(update=latin)
        holders.append(visit.terms().holder)

    run(here, service, *GONE)
    assert holders == ["P** A**"]


def test_a_slip_says_when_it_was_printed_not_when_the_visit_began(here: World) -> None:
    times = []

    def service(visit: Visit) -> None:
        times.append(visit.terms().now)
        time.sleep(0.2)
        times.append(visit.terms().now)
        assert timedelta() <= times[0] - visit.catalogue.clock < timedelta(minutes=1)

    run(here, service, *GONE)
    assert timedelta(seconds=0.2) <= times[1] - times[0] < timedelta(seconds=5)


# -- the end --------------------------------------------------------------------------------------


def test_a_menu_is_never_shown_to_somebody_unknown(here: World) -> None:
    """Not even when something says 返回 where none was offered."""

    class Insists(ServiceScript):
        def ask(
            self, step: Step[Any], *, back: bool, on_screen: Callable[[], None] | None = None
        ) -> Any:
            if isinstance(step, Choose):
                assert not back
                raise WentBack
            return super().ask(step, back=back, on_screen=on_screen)

    def service(visit: Visit) -> None:
        visit.ask(question("who"))

    script = Insists((Attract, None))
    with here.client() as centre:
        visit = Visit(script, centre, Fixed(WELL), here.settings)
        visit.run(service, menu, {})
    assert [type(step) for step in script.steps] == [Attract]


@pytest.mark.parametrize("how", ["idle", "limit"])
def test_a_time_out_says_no_farewell(here: World, how: Any) -> None:
    assert run(here, lambda visit: None, (Menu, TimedOut(how))).how == how


@pytest.mark.parametrize("end", [Left(), TimedOut()])
def test_who_does_not_wait_for_the_farewell_has_left_all_the_same(
    here: World, end: Left | TimedOut
) -> None:
    assert run(here, lambda visit: None, (Menu, Left()), (Rate, "skip"), (Farewell, end)).how == (
        "left"
    )


def test_what_a_visit_does_not_know_yet_is_never_made_up(here: World) -> None:
    with here.client() as centre:
        visit = Visit(ServiceScript(), centre, Fixed(WELL), here.settings)
        with pytest.raises(RuntimeError, match="catalogue"):
            visit.terms()
        with pytest.raises(RuntimeError, match="publication"):
            _ = visit.publication
        with pytest.raises(RuntimeError, match="signed in"):
            visit.holder()

    def service(visit: Visit) -> None:
        visit.centre.close()
        with pytest.raises(RuntimeError, match="signing in"):
            visit.holder()

    run(here, service, (Menu, Left()), (Rate, "skip"), (Farewell, None))


def test_services_are_known_by_the_names_of_the_centre(here: World) -> None:
    from kiosk.workshop.sandbox.offers import SERVICES as OFFERED

    assert set(SERVICES) <= set(OFFERED), "the centre may offer more than this program knows"


# -- the dialogue ----------------------------------------------------------------------------------


class Asking:
    """A dialogue over real drivers; its ``ask`` runs in the visit's thread, one after another."""

    def __init__(self, hosts: Mapping[Kind, ThreadHost]) -> None:
        self.glass = Glass()
        self.dialogue = Dialogue(hosts)
        self.dialogue.screen = self.glass
        self._outcomes: Queue[Any] = Queue()
        self._threads: list[threading.Thread] = []

    def ask(self, step: Step[Any], *, back: bool = False) -> None:
        def work() -> None:
            try:
                self._outcomes.put(self.dialogue.ask(step, back=back))
            except (Left, TimedOut, WentBack, DeviceError) as end:
                self._outcomes.put(end)

        self._threads.append(threading.Thread(target=work, daemon=True))
        self._threads[-1].start()

    def ticket(self) -> int:
        return self.glass.shown.get(timeout=60)[1]

    def outcome(self) -> Any:
        return self._outcomes.get(timeout=60)

    def nothing_yet(self) -> bool:
        try:
            self._outcomes.get(timeout=0.1)
        except Empty:
            return True
        return False

    def end(self) -> None:
        for thread in self._threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


@pytest.fixture
def it() -> Iterator[Asking]:
    asking = Asking({})
    yield asking
    asking.end()


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdCardReader]:
    emulator = IdCardReader(tmp_path_factory.mktemp("reader") / "port", pace=False)
    emulator.start()
    yield emulator
    emulator.stop()


@pytest.fixture(scope="module")
def printer() -> Iterator[DocumentPrinter]:
    emulator = DocumentPrinter(seconds_per_page=0.0)
    emulator.start()
    yield emulator
    emulator.stop()


@pytest.fixture(scope="module")
def hosts(reader: IdCardReader, printer: DocumentPrinter) -> Iterator[dict[Kind, ThreadHost]]:
    drivers = {
        Kind.ID_CARD: create(Kind.ID_CARD, "sdt", {"port": reader.address}),
        Kind.DOCUMENT_PRINTER: create(
            Kind.DOCUMENT_PRINTER, "ipp", {"uri": printer.address, "poll_s": 0.02}
        ),
    }
    hosts = {kind: ThreadHost(driver) for kind, driver in drivers.items()}
    for host in hosts.values():
        host.start()
    yield hosts
    for host in hosts.values():
        host.stop()


@pytest.fixture
def at_devices(hosts: dict[Kind, ThreadHost], printer: DocumentPrinter) -> Iterator[Asking]:
    asking = Asking(hosts)
    yield asking
    printer.obey("well")
    asking.end()


@pytest.fixture(scope="module")
def sheet() -> bytes:
    """One empty page."""
    pdf = pypdfium2.PdfDocument.new()
    pdf.new_page(595, 842)
    buffer = io.BytesIO()
    pdf.save(buffer)
    pdf.close()
    return buffer.getvalue()


def test_an_answer_to_an_old_page_is_dropped(it: Asking) -> None:
    it.ask(question("one"))
    first = it.ticket()
    it.dialogue.answer(first, "a")
    it.dialogue.answer(first, "a")  # pressed twice
    assert it.outcome() == "a"
    it.ask(question("two"))
    second = it.ticket()
    it.dialogue.answer(first, "b")
    assert it.nothing_yet()
    it.dialogue.answer(second, "b")
    assert it.outcome() == "b"


@pytest.mark.parametrize("nonsense", ["c", "", None, 7, b"a", ("a",)])
def test_what_is_no_answer_is_a_hint_on_the_same_page(it: Asking, nonsense: object) -> None:
    it.ask(question("one"))
    ticket = it.ticket()
    it.dialogue.answer(ticket, nonsense)
    assert it.glass.hints.get(timeout=60).message == "请从页面上的选项中选择"
    it.dialogue.answer(ticket, "a")
    assert it.outcome() == "a"


def test_back_is_heard_only_where_it_was_offered(it: Asking) -> None:
    it.ask(question("one"))
    ticket = it.ticket()
    it.dialogue.back(ticket)
    assert it.nothing_yet()
    it.dialogue.answer(ticket, "a")
    assert it.outcome() == "a"
    it.ask(question("two"), back=True)
    it.dialogue.back(ticket)
    assert it.nothing_yet(), "it was pressed on the page before"
    it.dialogue.back(it.ticket())
    assert isinstance(it.outcome(), WentBack)


def test_leaving_while_the_centre_is_asked_is_heard_once_and_shows_nothing_more(
    it: Asking,
) -> None:
    for _time in range(5):
        it.dialogue.leave(1)  # pressed again and again: nothing seemed to move
    it.ask(question("the answer that nobody waits for"))
    assert isinstance(it.outcome(), Left)
    assert it.glass.shown.empty()
    it.ask(Farewell())
    it.dialogue.answer(it.ticket(), "bye")
    assert it.outcome() is None, "the last page is still seen"


@pytest.mark.parametrize("how", [Left, TimedOut])
def test_a_wait_for_the_centre_hears_who_leaves_and_takes_nothing_else(
    it: Asking, how: type[Exception]
) -> None:
    it.ask(question("one"))
    ticket = it.ticket()
    it.dialogue.answer(ticket, "a")
    assert it.outcome() == "a"
    it.dialogue.hear()
    it.dialogue.answer(ticket + 1, "b")  # of a page that polls the centre
    it.dialogue.hear()
    it.dialogue.leave(ticket) if how is Left else it.dialogue.time_out("limit")
    with pytest.raises(how):
        it.dialogue.hear()
    it.dialogue.hear()  # once


def test_time_that_runs_out_while_the_centre_is_asked(it: Asking) -> None:
    it.dialogue.time_out("limit")
    it.dialogue.time_out("limit")
    it.ask(question("one"))
    assert it.outcome().how == "limit"
    assert it.glass.shown.empty()


def test_an_answer_just_before_the_time_out_counts_and_so_does_the_time_out(it: Asking) -> None:
    it.ask(question("one"))
    ticket = it.ticket()
    it.dialogue.answer(ticket, "a")
    it.dialogue.time_out("idle")
    assert it.outcome() == "a"
    it.ask(question("two"))
    assert it.outcome().how == "idle"


def test_an_answer_just_after_the_time_out_comes_too_late(it: Asking) -> None:
    it.ask(question("one"))
    ticket = it.ticket()
    it.dialogue.time_out("idle")
    it.dialogue.answer(ticket, "a")
    assert it.outcome().how == "idle"


def test_a_device_that_is_not_in_the_settings(it: Asking) -> None:
    it.ask(PresentIdCard())
    assert it.outcome().reason is Reason.NO_DEVICE


class InVain(Driver):
    """A reader that says ``errors``, one a request, and then a card."""

    info = Info(Kind.ID_CARD, "in vain", "nowhere")
    requests = (ReadCard, ReadSocialSecurityCard)

    def __init__(self, *errors: DeviceError) -> None:
        super().__init__()
        self._errors = list(errors)
        self.asked = 0

    def open(self) -> None: ...
    def close(self) -> None: ...
    def reset(self) -> None: ...

    def status(self) -> Status:
        return Status(State.ONLINE, media=Media.PRESENT)

    def self_test(self) -> tuple[Check, ...]:
        return ()

    def execute(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> str:
        self.asked += 1
        if self._errors:
            raise self._errors.pop(0)
        if cancel.wait(0.05):
            raise DeviceError(Reason.CANCELLED)
        return "a card"


@contextmanager
def reading(*errors: DeviceError, kind: Kind = Kind.ID_CARD) -> Iterator[tuple[Asking, InVain]]:
    driver = InVain(*errors)
    host = ThreadHost(driver)
    host.start()
    asking = Asking({kind: host})
    try:
        yield asking, driver
    finally:
        asking.end()
        host.stop()


def test_a_page_waits_for_a_card_until_the_clock_says_that_nobody_is_there() -> None:
    """Not for as long as the reader waits: who is asked whether they are there has their time."""
    with reading(*[DeviceError(Reason.TIMEOUT)] * 3) as (asking, driver):
        asking.ask(PresentIdCard())
        asking.ticket()
        assert asking.outcome() == "a card"
        assert asking.glass.shown.empty(), "the same page, so that the idle time runs on"
        assert driver.asked == 4


def test_a_card_that_lies_there_is_told_on_the_same_page_until_it_is_lifted() -> None:
    with reading(*[DeviceError(Reason.NOT_TAKEN)] * 2) as (asking, _):
        asking.ask(PresentIdCard())
        assert asking.outcome() == "a card"
        told = [asking.glass.amended.get() for _ in range(asking.glass.amended.qsize())]
        assert [step.lies for step in told if isinstance(step, PresentIdCard)] == [True]


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (PresentIdCard(), DeviceError(Reason.OFFLINE)),
        (PresentIdCard(), LostError(Reason.TIMEOUT, "killed", pages=None)),
        (PresentSocialSecurityCard(), DeviceError(Reason.NOT_TAKEN)),
    ],
    ids=["offline", "killed", "the machine took a card in"],
)
def test_a_reader_in_trouble_is_no_reader_in_vain(
    step: DeviceStep[Any], error: DeviceError
) -> None:
    with reading(error, kind=step.device) as (asking, driver):
        asking.ask(step)
        assert asking.outcome().reason is error.reason
        assert driver.asked == 1


class Consent(PollStep[str]):
    """Answered by a phone."""

    yields = True

    def check(self, answer: object) -> str:
        raise NotAnAnswer(_("请用手机扫码"))


@pytest.mark.parametrize("yields", [True, False])
def test_who_goes_back_while_the_phones_answer_is_on_its_way_goes_back(
    it: Asking, yields: bool
) -> None:
    """Unless that answer cannot be taken back: then the page goes on with it."""

    def poll() -> str:
        it.dialogue.back(1)
        return "agreed"

    step = Consent(poll, every_s=0.01)
    object.__setattr__(step, "yields", yields)
    it.ask(step, back=True)
    found = it.outcome()
    assert isinstance(found, WentBack) if yields else found == "agreed"


def test_who_leaves_before_the_printer_is_in_trouble_again_waits_for_no_paper(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """退出 was pressed as the tray was closed, and the tray is empty."""
    printer = JamsLater()
    host = ThreadHost(printer)
    host.start()
    asking = Asking({Kind.RECEIPT_PRINTER: host})
    try:
        asking.ask(PrintingSlip(PrintSlip("job", Slip(()))))
        ticket = asking.ticket()
        assert printer.told.wait(PATIENCE_S)
        asking.dialogue.leave(ticket)
        assert asking.nothing_yet()
        printer.report(Status(State.USER_ERROR, problem=Reason.PAPER_OUT))
        until(lambda: not host.status.usable)
        asking.dialogue.look_again()
        assert asking.outcome().reason is Reason.CANCELLED
    finally:
        asking.end()
        host.stop()


class NeverComesBack(Driver):
    """Hangs in a library of its vendor, whatever it was told."""

    info = Info(Kind.RECEIPT_PRINTER, "hangs", "nowhere")
    requests = (PrintSlip,)

    def __init__(self, freed: threading.Event) -> None:
        super().__init__()
        self._freed = freed

    def open(self) -> None: ...
    def close(self) -> None: ...
    def reset(self) -> None: ...

    def status(self) -> Status:
        return Status(State.ONLINE)

    def self_test(self) -> tuple[Check, ...]:
        return ()

    def execute(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> None:
        self._freed.wait(60)


def test_a_driver_that_never_comes_back_holds_no_page_up_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("drivers.hosting.host.HUNG_S", 0.1)
    freed = threading.Event()
    host = ThreadHost(NeverComesBack(freed))
    host.start()
    asking = Asking({Kind.RECEIPT_PRINTER: host})
    try:
        step = PrintingSlip(PrintSlip("job", Slip(())))
        object.__setattr__(step, "seconds", 0.1)
        asking.ask(step)
        error = asking.outcome()
        assert (error.reason, error.pages) == (Reason.TIMEOUT, None)
        freed.set()  # an answer that comes after that answers no other page
        asking.ask(question("the next page"))
        asking.ticket()
        assert asking.nothing_yet()
        asking.dialogue.answer(asking.ticket(), "a")
        assert asking.outcome() == "a"
    finally:
        freed.set()
        asking.end()
        host.stop()


@pytest.mark.parametrize("first", ["limit", "leave"])
def test_after_a_print_with_leaving_and_the_longest_time_only_the_farewell_is_shown(
    first: str,
) -> None:
    """In either order: the clock says it once, and no rating is asked for."""
    freed = threading.Event()
    host = ThreadHost(NeverComesBack(freed))
    host.start()
    asking = Asking({Kind.RECEIPT_PRINTER: host})
    try:
        asking.ask(PrintingSlip(PrintSlip("job", Slip(()))))
        ticket = asking.ticket()
        for word in ("limit", "leave") if first == "limit" else ("leave", "limit"):
            if word == "limit":
                asking.dialogue.time_out("limit")
            else:
                asking.dialogue.leave(ticket)
        assert asking.nothing_yet()
        freed.set()
        assert asking.outcome() is None
        for end in (Left, TimedOut):
            asking.ask(question("a rating"))
            assert isinstance(asking.outcome(), end)
        asking.ask(Farewell())
        asking.dialogue.answer(asking.ticket(), "bye")
        assert asking.outcome() is None
    finally:
        freed.set()
        asking.end()
        host.stop()


class NotingPrinter(NeverComesBack):
    """Prints at once, and notes that it was told to."""

    def __init__(self) -> None:
        super().__init__(threading.Event())
        self.told = threading.Event()

    def execute(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> None:
        self.told.set()


class JamsLater(NotingPrinter):
    """Prints for as long as it is let."""

    def execute(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> None:
        self.told.set()
        cancel.wait(60)
        raise DeviceError(Reason.CANCELLED)


@pytest.mark.parametrize("shows", [True, False], ids=["a screen", "a covered screen"])
def test_a_printer_begins_when_its_page_is_on_the_screen(
    monkeypatch: pytest.MonkeyPatch, shows: bool
) -> None:
    """Otherwise its driver takes Python's lock from the screen, which is making the page."""
    monkeypatch.setattr("kiosk.terminal.dialogue.FRAME_S", 60.0 if shows else 0.05)
    driver = NotingPrinter()
    host = ThreadHost(driver)
    host.start()
    asking = Asking({Kind.RECEIPT_PRINTER: host})
    try:
        asking.ask(PrintingSlip(PrintSlip("job", Slip(()))))
        ticket = asking.ticket()
        if shows:
            assert not driver.told.wait(0.1)
            asking.dialogue.framed(ticket - 1)  # the frame of another page
            assert not driver.told.wait(0.1)
            asking.dialogue.look_again()
            asking.dialogue.framed(ticket)
        assert asking.outcome() is None
        assert driver.told.is_set()
    finally:
        asking.end()
        host.stop()


def test_leaving_while_the_reader_waits_takes_the_command_back(
    at_devices: Asking, reader: IdCardReader
) -> None:
    at_devices.ask(PresentIdCard())
    at_devices.dialogue.leave(at_devices.ticket())
    assert isinstance(at_devices.outcome(), Left)
    reader.obey("put", **personas.load()["P01"].card())
    at_devices.ask(question("the next page"))
    ticket = at_devices.ticket()
    assert at_devices.nothing_yet(), "a card put too late answers no page"
    at_devices.dialogue.answer(ticket, "a")
    assert at_devices.outcome() == "a"
    assert reader.look()["reads"] == 0
    at_devices.ask(PresentIdCard())
    assert at_devices.outcome().number == personas.load()["P01"].number
    reader.obey("lift")


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (lambda dialogue: dialogue.leave(1), Left),
        (lambda dialogue: dialogue.time_out("limit"), TimedOut),
        (lambda dialogue: [dialogue.time_out("limit") for _ in range(3)], TimedOut),
    ],
)
def test_a_sheet_on_its_way_is_not_cut_off(
    at_devices: Asking, printer: DocumentPrinter, sheet: bytes, act: Any, kind: type[Exception]
) -> None:
    job = secrets.token_hex(8)
    printer.obey("stall")
    before = len(printer.look()["sheets"])
    at_devices.ask(PrintingDocument(PrintDocument(job, sheet, 1), _("缴存证明")))
    until(lambda: bool(printer.look()["jobs"]) and not printer.look()["jobs"][-1]["pages"])
    act(at_devices.dialogue)
    assert at_devices.nothing_yet()
    printer.obey("well")
    assert at_devices.outcome() == PagesPrinted(job, 1)
    assert len(printer.look()["sheets"]) == before + 1
    at_devices.ask(question("after the paper"))
    assert isinstance(at_devices.outcome(), kind)


def test_a_print_that_fails_after_the_time_was_up(
    at_devices: Asking, printer: DocumentPrinter, sheet: bytes
) -> None:
    printer.obey("stall")
    at_devices.ask(PrintingDocument(PrintDocument(secrets.token_hex(8), sheet, 1), _("缴存证明")))
    until(lambda: any(job["state"] == "PROCESSING" for job in printer.look()["jobs"]))
    at_devices.dialogue.time_out("limit")
    printer.obey("cancel at panel")
    assert at_devices.outcome().reason is Reason.CANCELLED
    at_devices.ask(Problem("cancelled", "", "AAAA-BBBB", actions=HOME))
    assert at_devices.outcome().how == "limit"


# -- proofs ----------------------------------------------------------------------------------------


def nobody(here: World) -> Visit:
    """A visit in which no page is shown."""
    nothing: Any = SimpleNamespace()
    return Visit(nothing, nothing, nothing, here.settings)


def test_proofs_go_on_until_the_centre_is_sure(here: World) -> None:
    asked: list[str] = []

    def prove(visit: Visit, service: str) -> bool:
        asked.append(service)
        return len(asked) == 2

    assert nobody(here)._has_proved(prove, "withdraw")
    assert asked == ["withdraw", "withdraw"]


def test_the_wish_for_another_way_is_replayed(here: World) -> None:
    """Going back must not bring the page again that the citizen turned away from."""
    visit = nobody(here)
    other = OtherWay()
    visit._answers.keep(Entry(other, "answer"))
    visit._answers.rewind()
    with pytest.raises(OtherWay) as replayed:
        visit.ask(Menu(()))
    assert replayed.value is other
