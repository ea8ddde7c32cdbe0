"""A technician at the terminal: in by a ticket or a card, works, ends; citizens never get there."""

from __future__ import annotations

import errno
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from queue import Queue
from typing import Any

import msgspec
import pytest
import requests

from drivers.device import Kind
from drivers.emulators.code_scanner import CodeScanner
from kiosk.centre.roster import StaffRole
from kiosk.counters import Counted, CounterFile
from kiosk.maintenance.ticket import SpentTickets
from kiosk.settings import MaintenanceSettings, state_directory
from kiosk.staff.roster_file import FILE, FOLDER, KeptRoster
from kiosk.terminal.closures import Closed, Closures
from kiosk.terminal.terminal import Terminal
from kiosk.terminal.volume import FILE as VOLUME
from kiosk.terminal.volume import keep_volume
from kiosk.upkeep import UpkeepEvent
from kiosk.visit.maintenance_steps import (
    END,
    EnterStaffPin,
    MaintenanceHome,
    PresentStaffIdCard,
    ScanTicket,
    Todo,
)
from kiosk.visit.steps import (
    MAINTENANCE,
    Attract,
    Choose,
    ChooseWay,
    Confirm,
    Menu,
    PrintingSlip,
    Problem,
)
from kiosk.words import Language, say
from kiosk.workshop.sandbox import personas
from kiosk.workshop.sandbox.tickets import maintenance_ticket
from kiosk.workshop.sandbox.tls import SandboxCa
from tests.services.hall import Citizen, Glass, Hall
from tests.waiting import PATIENCE_S, until

PIN = "602100"
STRANGER = {"name": "白工", "role": "technician", "card": "990101199001019996"}


class Workplace:
    """The terminal, its scanner, and who may sign tickets."""

    def __init__(self, hall: Hall, scanner: CodeScanner, directory: Path) -> None:
        self.hall = hall
        self.scanner = scanner
        self.ca = SandboxCa(directory)

    @contextmanager
    def visit(self) -> Iterator[Citizen]:
        """One visit; at its end the terminal writes no roster any more."""
        settings = self.hall.settings(5.0)
        scanner = {"driver": "serial", "port": self.scanner.address}
        settings = msgspec.structs.replace(
            settings,
            devices={**settings.devices, Kind.CODE_SCANNER: scanner},
            maintenance=MaintenanceSettings(tickets=self.ca.signer_of_tickets()),
        )
        citizen = Citizen(self.hall, settings)
        try:
            yield citizen
        finally:
            if not citizen.glass.blanked and isinstance(citizen.step, MaintenanceHome):
                citizen.press(END)  # the page has no 退出
            citizen.go_away()
            until(lambda: not any(one.name == "catalogue" for one in threading.enumerate()))

    def ticket(self, terminal: str = "T0001", **facts: Any) -> str:
        usual = {"order": "W260115-07", "number": "6021", "name": "陈工"}
        return maintenance_ticket(self.ca, terminal, **{**usual, **facts})

    def opens(self, citizen: Citizen, text: str) -> None:
        """Press the brand, choose the ticket, hold it before the scanner."""
        citizen.sees(Attract)
        ready(citizen, Kind.CODE_SCANNER)
        asks(citizen)
        self.scans(citizen, text)

    def scans(self, citizen: Citizen, text: str) -> None:
        self.scanner.obey("remove")  # the scan that begins now would find the code of before
        citizen.chooses(ChooseWay, "ticket")
        citizen.sees(ScanTicket)
        self.scanner.obey("present", text=text)

    def register(self, persona: str, role: str = "technician", **facts: Any) -> None:
        """The centre puts the holder of the persona's ID card on the roster, with ``PIN``."""
        card = str(personas.load()[persona].card()["number"])
        order = {"name": "陈工", "role": role, "card": card, "pin": PIN, **facts}
        self.hall.here.ask("PUT", "/staff/6021", order)

    def takes_off(self) -> None:
        """The centre takes everybody off the roster."""
        self.hall.here.ask("DELETE", "/staff/6021")


def asks(citizen: Citizen) -> None:
    citizen.terminal.dialogue.answer(citizen.ticket, MAINTENANCE)


def ready(citizen: Citizen, *kinds: Kind) -> None:
    until(lambda: all(citizen.terminal.statuses()[kind].usable for kind in kinds))


def fetched(citizen: Citizen) -> None:
    """Wait until the terminal has the roster that the centre has now."""
    edition = citizen.hall.here.client().catalogue().staff
    until(lambda: (found := citizen.terminal._staffed.roster) and found.edition == edition)


def asks_with_roster(citizen: Citizen) -> None:
    citizen.sees(Attract)
    ready(citizen, Kind.ID_CARD, Kind.CODE_SCANNER)
    fetched(citizen)
    asks(citizen)


def why(citizen: Citizen) -> str:
    return say(citizen.sees(Problem).lead, Language.ZH)


@pytest.fixture(scope="module")
def scanner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CodeScanner]:
    one = CodeScanner(tmp_path_factory.mktemp("scanner") / "port")
    one.start()
    yield one
    one.stop()


@pytest.fixture
def work(_hall: Hall, scanner: CodeScanner, tmp_path: Path) -> Iterator[Workplace]:
    _hall.well()
    scanner.obey("remove")
    yield Workplace(_hall, scanner, tmp_path)
    for path in (_hall.directory / FOLDER).glob("*"):
        path.unlink()


def test_a_ticket_opens_the_page_prints_a_test_and_is_spent_at_the_end(work: Workplace) -> None:
    text = work.ticket()
    with work.visit() as citizen:
        work.opens(citizen, text)
        home = citizen.sees(MaintenanceHome)
        assert 0 < home.left_s <= 4 * 3600
        assert {card.device for card in home.devices} == set(citizen.terminal.hosts)
        ready(citizen, Kind.RECEIPT_PRINTER)
        before = work.hall.slips.look()["slips"]
        citizen.press("test-slip")
        citizen.sees(PrintingSlip)
        told = citizen.sees(MaintenanceHome)
        assert "试打凭条已出纸" in say(told.said, Language.ZH)
        assert len(work.hall.slips.look()["slips"]) == len(before) + 1
        citizen.press(END)
        assert citizen.ended() == "left"
        id = citizen.upkeep[0][1]
        assert citizen.upkeep == [
            (UpkeepEvent.OPENED, id, "ticket:technician:6021"),
            (UpkeepEvent.DONE, id, "test-slip"),
            (UpkeepEvent.ENDED, id, "left"),
        ]
    with work.visit() as citizen:
        work.opens(citizen, text)
        assert why(citizen) == "这张工单的维护已经结束，请重新开工单"
        assert citizen.upkeep == [(UpkeepEvent.REFUSED, id, "ticket:spent")]


def test_another_terminals_ticket_and_another_code_are_told_and_noted(work: Workplace) -> None:
    with work.visit() as citizen:
        work.opens(citizen, work.ticket("T0002"))
        assert why(citizen) == "这张工单是终端 T0002 的"
        citizen.press("retry")
        work.scans(citizen, "123456789012")
        assert why(citizen) == "这不是维护工单"
        citizen.press("leave")
        assert citizen.ended() == "left"
        assert citizen.upkeep == [
            (UpkeepEvent.REFUSED, "", "ticket:foreign"),
            (UpkeepEvent.REFUSED, "", "ticket:none"),
        ]


def presents(citizen: Citizen, persona: str) -> None:
    citizen.chooses(ChooseWay, "id-card")
    citizen.sees(PresentStaffIdCard)
    citizen.hall.reader.obey("put", **personas.load()[persona].card())


def enters(citizen: Citizen, pin: str) -> None:
    citizen.chooses(EnterStaffPin, pin)


def test_a_staff_card_and_its_pin_open_the_page(work: Workplace) -> None:
    work.register("P06", "attendant")
    with work.visit() as citizen:
        asks_with_roster(citizen)
        presents(citizen, "P06")
        enters(citizen, "000000")
        wrong = citizen.sees(EnterStaffPin).wrong
        assert say(wrong or "", Language.ZH) == "密码不对，还可以试 2 次"
        citizen.press(PIN)
        home = citizen.sees(MaintenanceHome)
        assert home.left_s == 0
        assert "值守人员 陈工（工号 6021）" in say(home.who, Language.ZH)
        assert citizen.upkeep[0] == (UpkeepEvent.REFUSED, "", "card:wrong-pin:6021")
        assert citizen.upkeep[1][2] == "card:attendant:6021"
        citizen.press(END)
        assert citizen.ended() == "left"


def locks_the_card(citizen: Citizen) -> None:
    asks_with_roster(citizen)
    presents(citizen, "P06")
    for _try in range(3):
        enters(citizen, "000000")
    assert "密码错了太多次，这张卡锁到" in why(citizen)


def test_wrong_pins_lock_the_card_also_for_the_next_visit(work: Workplace) -> None:
    work.register("P06")
    with work.visit() as citizen:
        locks_the_card(citizen)
        assert citizen.upkeep[-1] == (UpkeepEvent.REFUSED, "", "card:locked:6021")
        citizen.press("leave")
        assert citizen.ended() == "left"
    work.hall.reader.obey("lift")
    with work.visit() as citizen:
        asks_with_roster(citizen)
        presents(citizen, "P06")
        assert "锁到" in why(citizen)


def test_no_card_opens_the_page_while_its_tries_cannot_be_counted(work: Workplace) -> None:
    work.register("P06")
    count = work.hall.directory / FOLDER / "wrong-pins.json"
    count.mkdir(parents=True)
    try:
        with work.visit() as citizen:
            asks_with_roster(citizen)
            presents(citizen, "P06")
            assert why(citizen) == "本机不能记录密码次数，工作卡暂时不能用"
            assert citizen.upkeep == [(UpkeepEvent.REFUSED, "", "card:disk")]
    finally:
        count.rmdir()


def test_a_card_of_nobody_opens_nothing(work: Workplace) -> None:
    work.register("P06")
    with work.visit() as citizen:
        asks_with_roster(citizen)
        presents(citizen, "P01")
        assert why(citizen) == "这张卡没有登记"
        assert citizen.upkeep == [(UpkeepEvent.REFUSED, "", "card:unknown")]


def test_with_nobody_on_the_roster_only_tickets_open_the_page(work: Workplace) -> None:
    work.takes_off()
    with work.visit() as citizen:
        asks_with_roster(citizen)
        closed = {tile.way: tile.closed for tile in citizen.sees(ChooseWay).ways}
        assert closed["ticket"] is None
        assert say(closed["id-card"] or "", Language.ZH) == "本机没有登记工作人员"
        citizen.terminal.dialogue.leave(citizen.ticket)
        assert citizen.ended() == "left"
        assert citizen.upkeep == []


def test_who_is_taken_off_the_roster_is_out_and_a_lock_out_outlives_a_new_roster(
    work: Workplace,
) -> None:
    work.register("P06")
    with work.visit() as citizen:
        locks_the_card(citizen)
    work.hall.reader.obey("lift")
    work.register("P06", name="陈师傅")
    with work.visit() as citizen:
        asks_with_roster(citizen)
        presents(citizen, "P06")
        assert "锁到" in why(citizen)
    work.hall.reader.obey("lift")
    work.hall.here.ask("PUT", "/staff/6022", {**STRANGER, "pin": PIN})
    work.takes_off()
    with work.visit() as citizen:
        asks_with_roster(citizen)
        presents(citizen, "P06")
        assert why(citizen) == "这张卡没有登记"


def test_a_card_whose_time_is_over_opens_nothing(work: Workplace) -> None:
    work.register("P06", until="2026-01-01T00:00:00+08:00")
    with work.visit() as citizen:
        asks_with_roster(citizen)
        presents(citizen, "P06")
        assert why(citizen) == "这张卡现在不在有效期内"
        assert citizen.upkeep == [(UpkeepEvent.REFUSED, "", "card:not-now:6021")]


@pytest.mark.parametrize("match", ["/v1", "/v1/staff"])
def test_without_the_centre_or_a_good_answer_the_kept_roster_opens_the_page(
    work: Workplace, match: str
) -> None:
    work.register("P06")
    with work.visit() as citizen:
        citizen.sees(Attract)
        fetched(citizen)
    work.takes_off()
    work.hall.here.fault(match, "garbage")
    with work.visit() as citizen:
        citizen.sees(Attract)
        ready(citizen, Kind.ID_CARD, Kind.CODE_SCANNER)
        asks(citizen)
        presents(citizen, "P06")
        enters(citizen, PIN)
        citizen.sees(MaintenanceHome)
        assert citizen.upkeep[0][::2] == (UpkeepEvent.OPENED, "card:technician:6021")


def test_a_roster_that_the_centre_has_not_confirmed_for_days_opens_nothing(
    work: Workplace,
) -> None:
    work.register("P06")
    with work.visit() as citizen:
        citizen.sees(Attract)
        fetched(citizen)
    work.hall.here.fault("/v1", "garbage")
    path = work.hall.directory / FOLDER / FILE
    kept = KeptRoster.model_validate_json(path.read_bytes())
    for hours, told in ((73, "起没有更新"), (71, "")):
        old = kept.model_copy(update={"confirmed": kept.confirmed - timedelta(hours=hours)})
        path.write_text(old.model_dump_json())
        with work.visit() as citizen:
            citizen.sees(Attract)
            ready(citizen, Kind.ID_CARD, Kind.CODE_SCANNER)
            asks(citizen)
            closed = {tile.way: tile.closed for tile in citizen.sees(ChooseWay).ways}
            assert told in say(closed["id-card"] or "", Language.ZH)
            assert bool(closed["id-card"]) is bool(told)


def test_maintenance_never_opens_while_a_citizen_is_served(work: Workplace) -> None:
    with work.visit() as citizen:
        citizen.signs_in("P06")
        asks(citizen)
        assert citizen.glass.hints.get(timeout=60) is not None
        assert isinstance(citizen.step, Menu)
        assert citizen.upkeep == []


def test_the_page_follows_the_devices(work: Workplace) -> None:
    with work.visit() as citizen:
        work.opens(citizen, work.ticket())
        citizen.sees(MaintenanceHome)
        ready(citizen, Kind.RECEIPT_PRINTER)
        work.hall.slips.obey("paper out")

        def told() -> bool:
            seen: list[Todo] = []
            while not citizen.glass.amended.empty():
                page = citizen.glass.amended.get()
                seen += page.todo if isinstance(page, MaintenanceHome) else ()
            return any(todo.device is Kind.RECEIPT_PRINTER for todo in seen)

        until(told)
        citizen.press(END)
        assert citizen.ended() == "left"


def home_of(work: Workplace, citizen: Citizen) -> MaintenanceHome:
    work.opens(citizen, work.ticket())
    return citizen.sees(MaintenanceHome)


def takes_out(citizen: Citizen, what: str, reason: str) -> MaintenanceHome:
    citizen.press("out-of-service")
    citizen.chooses(Choose, what)
    citizen.chooses(Choose, reason)
    return citizen.sees(MaintenanceHome)


def test_what_is_taken_out_of_service_is_greyed_with_its_reason_until_it_is_brought_back(
    work: Workplace,
) -> None:
    with work.visit() as citizen:
        home_of(work, citizen)
        until(lambda: citizen.terminal.offered is not None)
        takes_out(citizen, Kind.DOCUMENT_PRINTER, "repair")
        home = takes_out(citizen, "ledger", "testing")
        told = [say(todo.title, Language.ZH) for todo in home.todo]
        assert "A4 打印机停用：等待维修" in told
        assert "1 项服务停用" in told
        acts = [detail for event, _id, detail in citizen.upkeep if event is UpkeepEvent.DONE]
        assert acts == ["take-out:document-printer:repair", "take-out:ledger:testing"]
        citizen.press(END)
        assert citizen.ended() == "left"
    with work.visit() as citizen:  # another process, as after a restart
        menu = citizen.signs_in("P06")
        closed = {tile.service: say(tile.closed or "", Language.ZH) for tile in menu.tiles}
        assert closed["ledger"] == "本机停用：正在调试"
        assert closed["deposit-certificate"] == "A4 打印机停用：等待维修"
        assert closed["account"] == ""
        citizen.leaves()
    with work.visit() as citizen:
        home_of(work, citizen)
        citizen.press("out-of-service")
        citizen.chooses(Choose, Kind.DOCUMENT_PRINTER)
        assert "已恢复" in say(citizen.sees(MaintenanceHome).said, Language.ZH)
        citizen.press(END)
        assert citizen.ended() == "left"
    with work.visit() as citizen:
        menu = citizen.signs_in("P06")
        closed = {tile.service: say(tile.closed or "", Language.ZH) for tile in menu.tiles}
        assert closed["deposit-certificate"] == ""
        assert closed["ledger"] == "本机停用：正在调试"


def test_what_is_out_of_service_and_offered_no_more_can_be_brought_back(work: Workplace) -> None:
    closures = Closures(state_directory(work.hall.settings(5.0)))
    closures.change("night-shelter", "testing", "6022")
    closures.change(Kind.PIN_PAD, "repair", "6022")
    with work.visit() as citizen:
        home_of(work, citizen)
        assert Kind.PIN_PAD not in citizen.terminal.hosts
        until(lambda: citizen.terminal.offered is not None)
        for gone in ("night-shelter", Kind.PIN_PAD):
            citizen.press("out-of-service")
            options = {one.key: one for one in citizen.sees(Choose).options}
            assert "工号 6022" in say(options[gone].hint, Language.ZH)
            citizen.press(gone)
            assert "已恢复" in say(citizen.sees(MaintenanceHome).said, Language.ZH)
        assert closures.kept() == Closed()


def test_a_ticket_opens_nothing_while_nobody_can_tell_which_are_spent(
    work: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(tickets: SpentTickets) -> list[str]:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(SpentTickets, "_read", broken)
    with work.visit() as citizen:
        work.opens(citizen, work.ticket())
        assert why(citizen) == "本机读不出用过的工单（Input/output error），请改用工作卡"
        citizen.press("leave")
        assert citizen.ended() == "left"


def test_a_terminal_out_of_service_says_why_and_offers_nothing(work: Workplace) -> None:
    with work.visit() as citizen:
        home_of(work, citizen)
        takes_out(citizen, "terminal", "notice")
        citizen.press(END)
        assert citizen.ended() == "left"
    with work.visit() as citizen:
        first = citizen.sees(Attract)
        until(lambda: citizen.terminal.offered is not None)
        first = citizen.terminal._first_page()
        assert (
            say(first.fault or "", Language.ZH) == "本终端停用（按通知暂停），请换一台终端或到柜台"
        )
        assert first.possible == ()
        offered = citizen.terminal._closed.catalogue(citizen.terminal.offered)  # type: ignore[arg-type]
        assert not any(offer.open for offer in offered.offers)
        assert not any(way.open for way in offered.ways)


def test_a_terminal_that_was_ready_before_takes_the_volume_that_was_set(work: Workplace) -> None:
    ended: Queue[str] = Queue()
    settings = msgspec.structs.replace(work.hall.settings(5.0), devices={})
    standby, glass = Terminal(settings, ended.put), Glass()
    keep_volume(work.hall.directory, 40)
    try:
        standby.open(glass)
        _, ticket, _ = glass.shown.get(timeout=PATIENCE_S)
        assert standby.dialogue.cabinet.usual_volume == 40
        standby.dialogue.leave(ticket)
        assert ended.get(timeout=PATIENCE_S) == "left"
    finally:
        standby.quit(5.0)
        (work.hall.directory / VOLUME).unlink()


def test_supplies_a_reset_and_a_restart_are_noted_acts(work: Workplace) -> None:
    with work.visit() as citizen:
        home_of(work, citizen)
        ready(citizen, Kind.RECEIPT_PRINTER)
        for act in ("roll-changed", "bin-emptied", "head-changed", "reset-receipt-printer"):
            citizen.press(Kind.RECEIPT_PRINTER)
            citizen.chooses(Choose, act)
            assert citizen.sees(MaintenanceHome).said
        citizen.press("restart")
        citizen.chooses(Confirm, "no")
        citizen.sees(MaintenanceHome)
        citizen.press("restart")
        citizen.chooses(Confirm, "yes")
        assert citizen.ended() == "restart"
        done = [detail for event, _id, detail in citizen.upkeep if event is UpkeepEvent.DONE]
        assert done[-2:] == ["reset-receipt-printer", "restart"]
        assert done.count("restart") == 1
        assert citizen.upkeep[-1][::2] == (UpkeepEvent.ENDED, "restart")
    counters = CounterFile(work.hall.directory)
    until(lambda: counters.read().of(Counted.VISITS).total > 0)
    assert counters.read().of(Counted.ROLL_MM).since_reset == 0


def test_an_attendant_may_not_take_anything_out_of_service(work: Workplace) -> None:
    with work.visit() as citizen:
        work.opens(citizen, work.ticket(role=StaffRole.ATTENDANT))
        acts = {act.key for act in citizen.sees(MaintenanceHome).acts}
        assert "test-slip" in acts
        assert not acts & {"out-of-service", "restart"}
        citizen.press("out-of-service")
        assert citizen.glass.hints.get(timeout=60) is not None
        citizen.press(END)
        assert citizen.ended() == "left"


def test_the_centres_page_signs_a_ticket(work: Workplace) -> None:
    form = {"number": "T0001", "order": "W1", "staff": "6021", "name": "陈工", "hours": "2"}
    url = f"{work.hall.here.beside}/terminals/maintenance"
    told = requests.post(url, data=form, timeout=60)
    text = re.findall(r'<p id="ticket"[^>]*><small>([^<]+)', told.text)[0]
    assert text.count(".") == 2
    assert "<svg" in told.text
    for hours in ("", "两", "99", "0"):
        wrong = requests.post(url, data={**form, "hours": hours}, timeout=60)
        assert "有效小时要写 1 到 23 之间的整数" in wrong.text
    wrong = requests.post(url, data={**form, "staff": "?"}, timeout=60)
    assert "终端、工单号、工号或姓名不对" in wrong.text


def test_the_centres_page_puts_people_on_the_roster_and_takes_them_off(work: Workplace) -> None:
    url = f"{work.hall.here.beside}/terminals/staff"
    form = {"number": "6099", "name": "白工", "role": "attendant", "card": "1234", "pin": PIN}
    client = work.hall.here.client()
    assert "6099" in requests.post(url, data={**form, "answer": "on"}, timeout=60).text
    (ours,) = [one for one in client.staff_roster().staff if one.number == "6099"]
    assert (ours.name, ours.role) == ("白工", "attendant")
    for wrong in ({"card": "卡"}, {"pin": "12345"}, {"number": "?"}, {"role": "king"}):
        told = requests.post(url, data={**form, "number": "6098", **wrong}, timeout=60)
        assert "或这张卡已是别人的" in told.text
    told = requests.post(url, data={**form, "number": "6098"}, timeout=60)
    assert "或这张卡已是别人的" in told.text
    requests.post(url, data={"number": "6099", "answer": "off"}, timeout=60)
    assert client.catalogue().staff == client.staff_roster().edition
    assert "6099" not in {one.number for one in client.staff_roster().staff}


def test_a_session_ends_when_the_time_of_its_ticket_is_over(work: Workplace) -> None:
    with work.visit() as citizen:
        work.opens(citizen, work.ticket(hours=3 / 3600))
        citizen.sees(MaintenanceHome)
        assert citizen.ended() == "limit"
        assert citizen.upkeep[-1][::2] == (UpkeepEvent.ENDED, "limit")


def test_a_session_that_nobody_touches_ends_and_its_ticket_opens_again(work: Workplace) -> None:
    text = work.ticket()
    for how in ("idle", "left"):
        with work.visit() as citizen:
            work.opens(citizen, text)
            citizen.sees(MaintenanceHome)
            if how == "idle":
                citizen.terminal.dialogue.time_out("idle")
            else:
                citizen.press(END)
            assert citizen.ended() == how


def test_an_act_that_fails_says_why_and_leads_back(work: Workplace) -> None:
    with work.visit() as citizen:
        home_of(work, citizen)
        ready(citizen, Kind.RECEIPT_PRINTER)
        work.hall.slips.obey("open cover")
        until(lambda: not citizen.terminal.statuses()[Kind.RECEIPT_PRINTER].usable)
        citizen.press("test-slip")
        citizen.sees(PrintingSlip)
        problem = citizen.sees(Problem)
        assert say(problem.title, Language.ZH) == "试打凭条没有做成"
        citizen.press("done")
        home = citizen.sees(MaintenanceHome)
        assert home.said == ""
        assert home.todo[0].device is Kind.RECEIPT_PRINTER
