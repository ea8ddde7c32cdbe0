"""What the attract page says before anybody begins: what can be done here now, and when."""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Queue
from typing import Any

import msgspec
import pytest

from drivers.device import Kind, Reason, State, Status
from kiosk.centre.models import Catalogue, Hours
from kiosk.services import possible_now, service_hours, usual_menu
from kiosk.staff.roster_file import FILE, FOLDER, RosterFile
from kiosk.terminal import terminal as terminals
from kiosk.terminal.closures import TERMINAL, Closures
from kiosk.terminal.terminal import Terminal
from kiosk.terminal.volume import FILE as VOLUME
from kiosk.terminal.volume import keep_volume
from kiosk.visit.remedies import DONE, ShowRemedy
from kiosk.visit.steps import STAFF, Attract, Farewell, Menu, OutOfService, PresentIdCard
from kiosk.words import Language, say
from kiosk.workshop.sandbox import personas
from tests.services import script
from tests.services.hall import Citizen, Glass, Hall
from tests.services.money import DirectCommitLine
from tests.services.script import LEAVE, World
from tests.services.test_maintenance import fetched, ready
from tests.waiting import PATIENCE_S, until

WELL = {kind: Status(State.ONLINE) for kind in (Kind.DOCUMENT_PRINTER, Kind.RECEIPT_PRINTER)}


def possible(catalogue: Catalogue, *, money: bool = True) -> dict[str, list[str]]:
    kinds = possible_now(catalogue, WELL, money=money)
    return {kind.group: [say(title, Language.ZH) for title in kind.titles] for kind in kinds}


def hours(catalogue: Catalogue) -> list[str]:
    return [say(line, Language.ZH) for line in service_hours(catalogue)]


def test_what_can_be_done_is_named_by_kind_three_of_each(here: World) -> None:
    catalogue = here.kept().catalogue
    can = possible(catalogue)
    assert list(can) == [*("query", "paper", "withdrawal", "loan", "change", "transfer", "other")]
    assert can["query"] == ["账户余额", "缴存明细", "办理进度"]
    assert can["change"] == ["手机号", "收款银行卡", "个人信息"]
    assert can["withdrawal"] != ["提取记录"]
    assert possible(catalogue, money=False)["withdrawal"] == ["提取记录"]


def test_what_is_closed_is_not_named(here: World) -> None:
    here.ask("PUT", "/offers/ledger", {"open": False, "because": {"zh": "更新", "en": "Renewed"}})
    catalogue = here.kept().catalogue
    assert possible(catalogue)["query"] == ["账户余额", "办理进度"]
    night = catalogue.model_copy(update={"clock": catalogue.clock.replace(hour=23)})
    assert "paper" not in possible(night)
    empty = {**WELL, Kind.DOCUMENT_PRINTER: Status(State.USER_ERROR, problem=Reason.PAPER_OUT)}
    assert "paper" not in [kind.group for kind in possible_now(catalogue, empty, money=True)]


def test_the_usual_menu_is_the_menu_while_nothing_is_closed(here: World) -> None:
    """The standby makes its page before anybody comes, perhaps at night."""
    seen = here.play(
        *here.signed_in("P01"), LEAVE, (Farewell, None), committer=DirectCommitLine(here)
    )
    catalogue = here.kept().catalogue
    night = catalogue.model_copy(update={"clock": catalogue.clock.replace(hour=23)})
    assert usual_menu(night, tuple(script.WELL)) == seen.last(Menu)
    assert any(tile.closed for tile in usual_menu(night, ()).tiles), "without devices"


def test_hours_are_told_apart_only_where_they_differ(here: World) -> None:
    catalogue = here.kept().catalogue
    assert hours(catalogue) == ["查询 24 小时", "办理 08:00–20:00"]
    day = Hours(opens="09:00", closes="17:30")
    same = [offer.model_copy(update={"hours": day}) for offer in catalogue.offers]
    assert hours(catalogue.model_copy(update={"offers": tuple(same)})) == ["服务时间 09:00–17:30"]

    def with_papers_from(opens: str, closes: str) -> list[str]:
        offers = [
            offer.model_copy(update={"hours": Hours(opens=opens, closes=closes)})
            if offer.service == "papers"
            else offer
            for offer in catalogue.offers
        ]
        return hours(catalogue.model_copy(update={"offers": tuple(offers)}))

    assert with_papers_from("00:00", "23:59") == ["查询 24 小时", "办理 08:00–20:00"], "not by one"
    assert with_papers_from("20:30", "23:00") == [], "never open together with the rest"
    assert hours(catalogue.model_copy(update={"offers": ()})) == []


@pytest.fixture
def machine(_hall: Hall) -> Hall:
    _hall.well()
    return _hall


def test_the_page_follows_the_devices(machine: Hall) -> None:
    with machine.visit() as citizen:
        said = citizen.sees(Attract)
        if "paper" not in [kind.group for kind in said.possible]:  # centre or printer was not heard
            said = amended(citizen, lambda page: "paper" in [kind.group for kind in page.possible])
        assert say(said.hours[0], Language.ZH) == "查询 24 小时"
        machine.sheets.obey("paper out")
        said = amended(citizen, lambda page: "paper" not in [kind.group for kind in page.possible])
        assert said.possible


def test_who_looks_after_the_place_sees_what_to_do_without_a_key(machine: Hall) -> None:
    with machine.visit() as citizen:
        said = citizen.sees(Attract)
        assert not said.helps
        machine.slips.obey("paper out")
        amended(citizen, lambda page: page.helps)
        citizen.press(STAFF)
        shown = citizen.sees(ShowRemedy)
        assert say(shown.remedy.title, Language.ZH) == "给凭条打印机换纸卷"
        citizen.press(DONE)
        assert citizen.ended() == "left"


def test_the_page_follows_the_committer(machine: Hall) -> None:
    def withdraws(page: Attract) -> bool:
        (kind,) = (kind for kind in page.possible if kind.group == "withdrawal")
        return [say(title, Language.ZH) for title in kind.titles] != ["提取记录"]

    line = DirectCommitLine(machine.here)
    line.open = False
    with machine.visit(committer=line) as citizen:
        said = citizen.sees(Attract)
        if not said.possible:  # the centre was not heard
            said = amended(citizen, lambda page: bool(page.possible))
        assert not withdraws(said)
        line.open = True
        citizen.terminal.money_changed()
        assert withdraws(amended(citizen, withdraws))


def test_the_page_follows_the_roster_and_reads_no_disk(machine: Hall) -> None:
    """A clerk can approve as soon as the roster has come, not only with the next catalogue."""

    def withdraws(page: Attract) -> bool:
        titles = [say(one, Language.ZH) for kind in page.possible for one in kind.titles]
        return "提取公积金" in titles

    roster = machine.directory / FOLDER / FILE
    roster.unlink(missing_ok=True)
    machine.here.ask("PUT", "/offers/withdraw/clerk", {"open": True})
    with machine.visit(committer=DirectCommitLine(machine.here)) as citizen:
        if not withdraws(citizen.sees(Attract)):  # the roster has not come yet
            amended(citizen, withdraws)
        roster.unlink()
        assert withdraws(citizen.terminal._first_page())


def test_who_begins_before_the_centre_was_asked_finds_what_a_clerk_must_approve(
    machine: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = RosterFile(machine.settings(PATIENCE_S))
    with machine.here.client() as client:
        kept.follow(client.catalogue().staff, client.staff_roster)
    machine.here.ask("PUT", "/offers/withdraw/clerk", {"open": True})
    monkeypatch.setattr(Terminal, "_refresh", lambda terminal: None)  # its thread is late
    with machine.visit(committer=DirectCommitLine(machine.here)) as citizen:
        ready(citizen, Kind.ID_CARD)
        tiles = {tile.service: tile for tile in citizen.signs_in("P03").tiles}
        assert tiles["withdraw"].closed is None
        citizen.leaves()


KEPT = (f"{FOLDER}/closures.json", f"{FOLDER}/{FILE}", VOLUME)


@pytest.mark.parametrize("hangs", KEPT)
def test_a_disk_that_hangs_closes_the_terminal_and_does_not_hold_up_the_screen(
    machine: Hall, hangs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another thread reads what is kept; the first page on which a visit begins tells of it."""
    monkeypatch.setattr(terminals, "DISK_S", 0.05)
    settings = msgspec.structs.replace(machine.settings(PATIENCE_S), devices={})
    Closures(machine.directory).change(TERMINAL, "notice", "6021")
    keep_volume(machine.directory, 40)
    with machine.here.client() as client:
        RosterFile(settings).follow(client.catalogue().staff, client.staff_roster)
    ended: Queue[str] = Queue()
    terminal, glass = Terminal(settings, ended.put), Glass()
    try:
        with slow_disk(machine.directory / hangs) as read:
            screen = threading.Thread(target=terminal.open, args=(glass,), daemon=True)
            screen.start()
            until(read)
            screen.join(PATIENCE_S)
            assert not screen.is_alive()
            terminal.money_changed()  # in the screen's thread, at any time
            hung, *_ = glass.shown.get(timeout=PATIENCE_S)
            assert isinstance(hung, OutOfService)
            assert glass.surrounded == 0
        first, ticket, _ = glass.shown.get(timeout=PATIENCE_S)
        assert isinstance(first, Attract)
        assert say(first.fault or "", Language.ZH).startswith("本终端停用（按通知暂停）")
        assert terminal.dialogue.cabinet.usual_volume == 40
        assert terminal._staffed.roster is not None
        terminal.dialogue.leave(ticket)
        assert ended.get(timeout=PATIENCE_S) == "left"
    finally:
        terminal.quit(5.0)
        until(lambda: not any(one.name == "catalogue" for one in threading.enumerate()))
        for kept in KEPT:
            (machine.directory / kept).unlink()


@contextmanager
def slow_disk(path: Path) -> Iterator[Callable[[], bool]]:
    """For the length of the block, the first reader of the file waits for it; yields what says
    whether one does."""
    content = path.read_bytes()
    path.unlink()
    os.mkfifo(path)
    writers: list[int] = []

    def read() -> bool:
        with suppress(OSError):  # no reader yet
            writers.append(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        return bool(writers)

    try:
        yield read
    finally:
        fresh = path.with_name("fresh")
        fresh.write_bytes(content)
        fresh.replace(path)
        for writer in writers:
            os.write(writer, content)
            os.close(writer)


def test_a_visit_reads_its_certificate_and_the_roots_once(
    machine: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attract page and the visit ask the centre on one TLS context."""
    read: list[object] = []
    load = ssl.SSLContext.load_cert_chain

    def noted(context: ssl.SSLContext, *files: Any, **more: Any) -> None:
        read.append(files)
        load(context, *files, **more)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", noted)
    with machine.visit() as citizen:
        until(lambda: citizen.terminal.offered is not None)
        citizen.chooses(Attract, "start")
        citizen.sees(PresentIdCard)
        assert len(read) == 1


def test_a_reader_that_was_starting_at_the_first_touch_closes_nothing_later(
    machine: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.here.ask("PUT", "/offers/withdraw/clerk", {"open": True})
    with machine.visit(committer=DirectCommitLine(machine.here)) as citizen:
        fetched(citizen)
        starting = {**citizen.terminal.statuses(), Kind.ID_CARD: Status(State.STARTING)}
        with monkeypatch.context() as early:
            early.setattr(citizen.terminal, "statuses", lambda: starting)
            citizen.chooses(Attract, "start")
            citizen.sees(PresentIdCard)
        citizen.hall.reader.obey("put", **personas.load()["P03"].card())
        citizen.types_code()
        tiles = {tile.service: tile for tile in citizen.sees(Menu).tiles}
        assert tiles["withdraw"].closed is None
        citizen.leaves()


def amended(citizen: Citizen, wanted: Callable[[Attract], bool]) -> Attract:
    """What the attract page says once it says what is ``wanted``."""
    while True:
        page = citizen.glass.amended.get(timeout=PATIENCE_S)
        if isinstance(page, Attract) and wanted(page):
            return page
