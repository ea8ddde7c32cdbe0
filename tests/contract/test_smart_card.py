"""The chip card reader against a real pcscd, with virtual readers and cards that fail on order."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from smartcard import scard

from drivers.catalogue import create, create_host
from drivers.device import (
    CancelToken,
    Check,
    Deadline,
    DeviceError,
    Info,
    Kind,
    Media,
    Reason,
    Request,
    State,
    Status,
)
from drivers.emulators.rig import Remote
from drivers.emulators.smart_card import READER
from drivers.hosting.host import HostPace
from drivers.hosting.process_host import ProcessHost
from drivers.hosting.thread_host import ThreadHost
from drivers.smart_card import pcsc
from drivers.smart_card.pcsc import PcscReader
from drivers.smart_card.types import (
    AwaitRemoval,
    BankCard,
    BankCardKind,
    ReadAnyCard,
    ReadBankCard,
    ReadSocialSecurityCard,
    SocialSecurityCard,
)
from drivers.smart_card.winscard import PRESENT, UNAWARE, Context, PcscError
from tests.contract.pcsc_peer import CONTACT, CONTACTLESS, FOLDER, Bench, bench, missing
from tests.waiting import PATIENCE_S as PATIENT_S
from tests.waiting import PROMPT_S

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "complete")

PACE = HostPace(poll_s=0.1, back_off_s=(0.1, 0.2))

NUMBER, OTHER_NUMBER = "9999990000000000014", "9999990000000000022"
BANK = {"kind": "bank", "number": NUMBER}
OTHER_BANK = {"kind": "bank", "number": OTHER_NUMBER}
ID_NUMBER = "990101199003071018"
SOCIAL = {"kind": "social-security", "number": ID_NUMBER, "name": "张三"}
UNKNOWN = {"kind": "unknown"}


@pytest.fixture(scope="module")
def running() -> Iterator[Bench]:
    with bench() as one:
        yield one


@pytest.fixture
def peer(running: Bench) -> Bench:
    running.clear()
    return running


class ChipReaderDesk:
    """A driver that is open, and what it said about its reader."""

    def __init__(self, peer: Bench, **settings: Any) -> None:
        told = {"reader": CONTACT, "service": peer.address} | settings
        self.driver = PcscReader(PcscReader.Settings(**told))
        self.seen: list[Status] = []
        self.driver.report = self.seen.append

    def do(self, request: Request[Any], seconds: float = PATIENT_S) -> Any:
        return self.driver.execute(request, Deadline(seconds), CancelToken())

    def refuse(self, request: Request[Any], seconds: float = PATIENT_S) -> DeviceError:
        with pytest.raises(DeviceError) as caught:
            self.do(request, seconds)
        return caught.value

    def outcome_of_the_next(self, request: Request[Any]) -> Any:
        """A card or an error, once the service has met the card that was exchanged."""
        while True:
            try:
                return self.do(request)
            except DeviceError as error:
                if error.reason is not Reason.CARD_REMOVED:
                    return error

    @contextmanager
    def doing(self, request: Request[Any]) -> Iterator[tuple[Future[Any], CancelToken]]:
        """The request in a thread of its own, while the block goes on."""
        future: Future[Any] = Future()
        cancel = CancelToken()

        def run() -> None:
            try:
                result = self.driver.execute(request, Deadline(PATIENT_S), cancel)
            except DeviceError as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield future, cancel
        finally:
            cancel.cancel()
            thread.join()


@pytest.fixture
def desk(peer: Bench) -> Iterator[ChipReaderDesk]:
    one = ChipReaderDesk(peer)
    one.driver.open()
    yield one
    one.driver.close()


def eventually(holds: Callable[[], Any], seconds: float = PATIENT_S) -> None:
    until = Deadline(seconds)
    while not holds():
        assert not until.passed()
        time.sleep(0.005)


def reason(future: Future[Any]) -> Reason:
    with pytest.raises(DeviceError) as caught:
        future.result(PATIENT_S)
    return caught.value.reason


# -- what is read --------------------------------------------------------------------------------


def test_a_bank_card(desk: ChipReaderDesk, peer: Bench) -> None:
    peer.tell("put", **BANK, holder="ZHANG/SAN", expires="2030-09-30", sequence=2)
    assert desk.do(ReadBankCard()) == BankCard(
        number=NUMBER,
        holder="ZHANG/SAN",
        expires=date(2030, 9, 30),
        sequence=2,
        aid="A000000333010101",
        label="PBOC DEBIT",
        kind=BankCardKind.DEBIT,
        bank="演示银行",
        bank_en="Demo Bank",
    )
    assert desk.seen[-2:] == [
        Status(State.BUSY, media=Media.PRESENT),
        Status(State.ONLINE, media=Media.PRESENT),
    ]


def test_a_social_security_card(desk: ChipReaderDesk, peer: Bench) -> None:
    peer.tell("put", **SOCIAL, card_number="A12345678", expires="2031-05-06")
    assert desk.do(ReadSocialSecurityCard()) == SocialSecurityCard(
        card_id="990101D156000005000000000000FFFF",
        card_number="A12345678",
        number=ID_NUMBER,
        name="张三",
        sex="1",
        nation="01",
        birth=date(1990, 3, 7),
        birthplace="990101",
        issued=date(2020, 1, 1),
        expires=date(2031, 5, 6),
    )


def test_the_other_cards(desk: ChipReaderDesk, peer: Bench) -> None:
    """Each is exchanged for the next between two reads, faster than the service looks."""
    credit = {"aid": "A000000333010102", "label": "PBOC CREDIT"}
    table: list[tuple[dict[str, Any], Request[Any], dict[str, Any]]] = [
        (BANK | {"protocol": "T1"}, ReadBankCard(), {"number": NUMBER, "holder": ""}),
        (BANK | {"directory": "contactless", "options": "format 2"}, ReadBankCard(), {}),
        (BANK | {"options": "track 2"}, ReadBankCard(), {"number": NUMBER, "sequence": 1}),
        (
            BANK | {"directory": "contactless", "options": "fast"},
            ReadBankCard(),
            {"number": NUMBER, "sequence": None, "expires": date(2035, 12, 31)},
        ),
        (BANK | {"directory": "none"}, ReadBankCard(), {"aid": "A000000333010101"}),
        (
            {"kind": "bank", "number": "6225750000000006", **credit},
            ReadBankCard(),
            {"kind": BankCardKind.CREDIT, "bank": "招商银行", "label": "PBOC CREDIT"},
        ),
        (BANK | credit, ReadBankCard(), {"kind": BankCardKind.UNKNOWN}),  # the BIN says debit
        (
            {"kind": "bank", "number": "4000000000000002", "aid": "A0000000031010"},
            ReadBankCard(),
            {"kind": BankCardKind.UNKNOWN, "bank": ""},
        ),
        (BANK, ReadAnyCard(), {"number": NUMBER}),
        (SOCIAL, ReadAnyCard(), {"name": "张三"}),
        (SOCIAL | {"protocol": "T1"}, ReadSocialSecurityCard(), {"number": ID_NUMBER}),
        (SOCIAL | {"records": "by place"}, ReadSocialSecurityCard(), {"number": ID_NUMBER}),
        (SOCIAL | {"name": "欧阳𬭎㛃"}, ReadSocialSecurityCard(), {"name": "欧阳??"}),
        (SOCIAL | {"bank": NUMBER}, ReadAnyCard(), {"number": ID_NUMBER}),
        (SOCIAL | {"bank": NUMBER}, ReadBankCard(), {"number": NUMBER}),
    ]
    peer.tell("put", **BANK)
    for facts, request, expected in table:
        peer.tell("swap", **facts)
        card = desk.outcome_of_the_next(request)
        assert not isinstance(card, DeviceError), (card, facts, peer.look())
        assert {name: getattr(card, name) for name in expected} == expected, facts


def test_what_is_not_there_is_not_read(desk: ChipReaderDesk, peer: Bench) -> None:
    table: list[tuple[dict[str, Any], Request[Any], Reason]] = [
        (UNKNOWN, ReadBankCard(), Reason.CARD_UNKNOWN),
        (UNKNOWN | {"protocol": "T1"}, ReadSocialSecurityCard(), Reason.CARD_UNKNOWN),
        (UNKNOWN, ReadAnyCard(), Reason.CARD_UNKNOWN),
        (BANK, ReadSocialSecurityCard(), Reason.CARD_UNKNOWN),
        (SOCIAL, ReadBankCard(), Reason.CARD_UNKNOWN),
        (SOCIAL | {"pin_first": True}, ReadAnyCard(), Reason.CARD_UNKNOWN),
        (BANK | {"number": "620000000000"}, ReadBankCard(), Reason.CARD_UNREADABLE),
        (SOCIAL | {"number": "123", "sex": "1"}, ReadAnyCard(), Reason.CARD_UNREADABLE),
    ]
    peer.tell("put", **BANK)
    for facts, request, expected in table:
        peer.tell("swap", **facts)
        assert desk.outcome_of_the_next(request).reason is expected, facts


def test_the_commands_on_the_wire(desk: ChipReaderDesk, peer: Bench) -> None:
    peer.tell("put", **BANK)
    desk.do(ReadBankCard())
    assert peer.look()["commands"] == [
        "00A40400",  # SELECT 1PAY.SYS.DDF01
        "00C00000",
        "00B2010C",  # its first record
        "00B2020C",  # there is no second
        "00A40400",  # SELECT A000000333010101
        "00C00000",
        "80A80000",  # GET PROCESSING OPTIONS
        "00C00000",
        "00B2010C",
        "00B20114",
    ]


def test_the_reader_says_who_it_is(desk: ChipReaderDesk) -> None:
    assert desk.driver.info == Info(Kind.SMART_CARD, "pcsc", CONTACT, CONTACT)
    assert desk.driver.requests == (
        ReadBankCard,
        ReadSocialSecurityCard,
        ReadAnyCard,
        AwaitRemoval,
    )
    assert desk.driver.status() == Status(State.ONLINE, media=Media.NOT_PRESENT)
    assert desk.driver.self_test() == (
        Check("PC/SC service", True, "4 readers"),
        Check("reader", True, CONTACT),
        Check("slot", True, "empty"),
    )
    desk.driver.reset()
    assert desk.driver.status().usable


# -- putting, lifting, waiting -------------------------------------------------------------------


def test_a_card_put_later_is_read_and_may_be_read_again(desk: ChipReaderDesk, peer: Bench) -> None:
    with desk.doing(ReadBankCard()) as (future, _):
        eventually(lambda: desk.seen)
        peer.tell("put", **BANK)
        assert future.result(PATIENT_S).number == NUMBER
    begun = time.monotonic()
    assert desk.do(ReadBankCard()).number == NUMBER
    assert time.monotonic() - begun < PROMPT_S
    assert desk.driver.status() == Status(State.ONLINE, media=Media.PRESENT)


@pytest.mark.parametrize("request_", [ReadBankCard(), AwaitRemoval()], ids=["read", "removal"])
def test_nobody_comes(desk: ChipReaderDesk, peer: Bench, request_: Request[Any]) -> None:
    if isinstance(request_, AwaitRemoval):
        peer.tell("put", **BANK)
        eventually(lambda: desk.driver.status().media is Media.PRESENT)
    begun = time.monotonic()
    assert desk.refuse(request_, 0.2).reason is Reason.TIMEOUT
    assert 0.2 <= time.monotonic() - begun < 0.2 + PROMPT_S
    assert desk.driver.status().usable


def test_removal_is_awaited(desk: ChipReaderDesk, peer: Bench) -> None:
    peer.tell("put", **BANK)
    desk.do(ReadBankCard())
    with desk.doing(AwaitRemoval()) as (future, _):
        eventually(lambda: desk.seen[-1].state is State.BUSY)
        assert not future.done()
        peer.tell("lift")
        future.result(PATIENT_S)
    assert desk.seen[-1] == Status(State.ONLINE, media=Media.NOT_PRESENT)


def exchange_while_nobody_looks(peer: Bench, card: dict[str, Any]) -> None:
    """The service, which looks every 0.4 s, has seen the one go and the other come."""
    context = Context()
    try:
        before = context.look(CONTACT, UNAWARE, 0) >> 16
        peer.tell("swap", **card)

        def come() -> bool:
            state = context.look(CONTACT, UNAWARE, 0)
            return bool(state & PRESENT) and state >> 16 == before + 2

        eventually(come)
    finally:
        context.release()


def test_a_card_that_was_exchanged_between_two_looks_has_gone(
    desk: ChipReaderDesk, peer: Bench
) -> None:
    peer.tell("put", **BANK)
    desk.do(ReadBankCard())
    exchange_while_nobody_looks(peer, OTHER_BANK)
    media = [desk.driver.status().media for _ in "abc"]
    assert media == [Media.NOT_PRESENT, Media.PRESENT, Media.PRESENT]


def test_a_card_that_was_exchanged_after_its_read_has_been_removed(
    desk: ChipReaderDesk, peer: Bench
) -> None:
    peer.tell("put", **BANK)
    desk.do(ReadBankCard())
    exchange_while_nobody_looks(peer, OTHER_BANK)
    desk.do(AwaitRemoval())
    assert desk.seen[-1] == Status(State.ONLINE, media=Media.NOT_PRESENT)
    assert desk.driver.status().media is Media.PRESENT
    assert desk.refuse(AwaitRemoval(), 0.2).reason is Reason.TIMEOUT  # the other one lies there


def test_the_next_read_tells_that_the_card_is_another(desk: ChipReaderDesk, peer: Bench) -> None:
    peer.tell("put", **BANK)
    desk.do(ReadBankCard())
    exchange_while_nobody_looks(peer, OTHER_BANK)
    desk.seen.clear()
    assert desk.do(ReadBankCard()).number == OTHER_NUMBER
    assert [status.media for status in desk.seen[:2]] == [Media.NOT_PRESENT, Media.PRESENT]
    desk.seen.clear()
    assert desk.do(ReadBankCard()).number == OTHER_NUMBER
    assert {status.media for status in desk.seen} == {Media.PRESENT}


def test_a_service_that_counts_anew_has_seen_no_card_go(desk: ChipReaderDesk, peer: Bench) -> None:
    peer.tell("put", **BANK)
    desk.do(ReadBankCard())
    exchange_while_nobody_looks(peer, OTHER_BANK)
    desk.do(ReadBankCard())
    peer.service.kill()
    peer.service.start()
    with pytest.raises(DeviceError):
        desk.driver.status()
    eventually(lambda: peer.look()["connected"])
    context = Context()
    eventually(lambda: context.look(CONTACT, UNAWARE, 0) & PRESENT)
    context.release()
    assert desk.driver.status().media is Media.PRESENT


@pytest.mark.parametrize("request_", [ReadBankCard(), AwaitRemoval()], ids=["read", "removal"])
def test_cancel(desk: ChipReaderDesk, peer: Bench, request_: Request[Any]) -> None:
    if isinstance(request_, AwaitRemoval):
        peer.tell("put", **BANK)
        eventually(lambda: desk.driver.status().media is Media.PRESENT)
    with desk.doing(request_) as (future, cancel):
        eventually(lambda: desk.seen)
        begun = time.monotonic()
        cancel.cancel()
        assert reason(future) is Reason.CANCELLED
        assert time.monotonic() - begun < PROMPT_S


def test_cancel_in_the_middle_of_a_read(desk: ChipReaderDesk, peer: Bench) -> None:
    peer.tell("put", **BANK)
    peer.tell("slow", seconds=0.3)
    with desk.doing(ReadBankCard()) as (future, cancel):
        eventually(lambda: peer.look()["commands"])
        cancel.cancel()
        assert reason(future) is Reason.CANCELLED
    peer.tell("well")
    assert desk.do(ReadBankCard()).number == NUMBER


def test_a_read_that_has_begun_is_finished_unless_it_takes_for_ever(
    desk: ChipReaderDesk, peer: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer.tell("put", **BANK)
    eventually(lambda: desk.driver.status().media is Media.PRESENT)
    peer.tell("slow", seconds=0.05)
    assert desk.do(ReadBankCard(), 0.1).number == NUMBER  # ten commands
    monkeypatch.setattr(pcsc, "FINISH_S", 0.2)
    assert desk.refuse(ReadBankCard(), 0.1).reason is Reason.TIMEOUT


# -- faults of the card --------------------------------------------------------------------------


@pytest.mark.parametrize("at", [1, 5, 10])
def test_yanked_in_the_middle_of_a_command(desk: ChipReaderDesk, peer: Bench, at: int) -> None:
    """The service says success, with no answer."""
    peer.tell("yank in mid-apdu", at=at)
    peer.tell("put", **BANK)
    error = desk.refuse(ReadBankCard())
    assert error.reason is Reason.CARD_REMOVED
    assert desk.seen[-1] == Status(State.ONLINE, media=Media.UNKNOWN)
    peer.tell("put", **OTHER_BANK)
    assert desk.do(ReadBankCard()).number == OTHER_NUMBER


@pytest.mark.parametrize("at", [1, 3, 9])
def test_swapped_faster_than_the_service_looks(desk: ChipReaderDesk, peer: Bench, at: int) -> None:
    """The service notices nothing, and the old handle would read the other card."""
    peer.tell("put", **BANK)
    peer.tell("swap", at=at, **OTHER_BANK)
    assert desk.refuse(ReadBankCard()).reason is Reason.CARD_REMOVED
    assert desk.do(ReadBankCard()).number == OTHER_NUMBER


def test_a_handle_is_never_used_after_an_error(peer: Bench, desk: ChipReaderDesk) -> None:
    peer.tell("put", **BANK)
    eventually(lambda: desk.driver.status().media is Media.PRESENT)
    context = Context()
    try:
        session = context.connect(CONTACT, exclusive=True).result(PATIENT_S)
        select = bytes.fromhex("00A404000E") + b"1PAY.SYS.DDF01"
        assert session.transmit(select)[0] == 0x61
        peer.tell("swap", **OTHER_BANK)
        with pytest.raises(PcscError):
            session.transmit(select)
        count = len(peer.look()["commands"])
        for _ in range(3):
            with pytest.raises(PcscError):
                session.transmit(select)
        assert len(peer.look()["commands"]) == count
        session.end()
        session.end()
        with pytest.raises(PcscError):
            session.transmit(select)
    finally:
        context.release()


def test_status_words(desk: ChipReaderDesk, peer: Bench) -> None:
    table: list[tuple[dict[str, Any], Reason]] = [
        ({"sw": 0x6A82}, Reason.CARD_UNKNOWN),
        ({"sw": 0x6D00}, Reason.CARD_UNKNOWN),
        ({"sw": 0x6A81, "ins": 0xA4}, Reason.CARD_UNKNOWN),
        ({"sw": 0x6985, "ins": 0xA8}, Reason.CARD_UNREADABLE),
        ({"sw": 0x6A83, "ins": 0xB2, "at": 5}, Reason.CARD_UNREADABLE),
        ({"sw": 0x6C00}, Reason.CARD_UNREADABLE),  # for ever
        ({"sw": 0x6101}, Reason.CARD_UNREADABLE),
        ({"sw": 0x9000}, Reason.CARD_UNREADABLE),  # every name is right, and nothing is said
    ]
    peer.tell("put", **BANK)
    for status, expected in table:
        peer.tell("status", **status)
        assert desk.refuse(ReadBankCard()).reason is expected, status


def test_a_card_the_wrong_way_round(desk: ChipReaderDesk, peer: Bench) -> None:
    peer.tell("put", kind="unknown", atr="FFFF")
    error = desk.refuse(ReadAnyCard())
    assert error.reason is Reason.CARD_UNREADABLE
    assert "turn the card round" in error.mend
    assert desk.driver.status() == Status(State.ONLINE, media=Media.PRESENT)


def test_garbage(desk: ChipReaderDesk, peer: Bench) -> None:
    peer.tell("put", **SOCIAL, bank=NUMBER)
    wrong = (Reason.CARD_UNREADABLE, Reason.CARD_UNKNOWN, Reason.GARBLED)
    for at in (1, 2, 3, 4, 6):
        for data in (b"\x90", b"\xff" * 300, b"\x6f\x03\x84\x01\x00\x90\x00"):
            peer.tell("garbage", at=at, data=data)
            error = desk.refuse(ReadBankCard())
            assert error.reason in wrong
            assert NUMBER[:12] not in str(error)
    peer.tell("garbage")
    assert desk.refuse(ReadAnyCard()).reason in wrong
    peer.tell("well")
    assert desk.do(ReadBankCard()).number == NUMBER


@pytest.fixture
def host(peer: Bench) -> Iterator[ProcessHost]:
    one = create_host(
        Kind.SMART_CARD, {"driver": "pcsc", "reader": CONTACT, "service": peer.address}, pace=PACE
    )
    assert isinstance(one, ProcessHost)  # by itself, for the library may hang
    one.start()
    eventually(lambda: one.status.usable)
    yield one
    one.stop()


def test_a_mute_card_is_killed_at_its_deadline(
    host: ProcessHost, peer: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing in PC/SC ends a transmission: its process is ended."""
    monkeypatch.setattr(host._stub, "_grace", 0.3)
    peer.tell("put", **BANK)
    eventually(lambda: host.status.media is Media.PRESENT)
    peer.tell("mute", at=3)
    begun = time.monotonic()
    with pytest.raises(DeviceError) as caught:
        host.execute(ReadBankCard(), 0.5)
    assert caught.value.reason is Reason.TIMEOUT
    assert 0.8 <= time.monotonic() - begun < 0.8 + PROMPT_S
    # The other reader is none the worse for it.
    peer.tell("put", CONTACTLESS, **OTHER_BANK)
    other = ChipReaderDesk(peer, reader=CONTACTLESS)
    try:
        assert other.do(ReadBankCard()).number == OTHER_NUMBER
    finally:
        other.driver.close()
    peer.tell("well")
    peer.tell("put", **OTHER_BANK)  # lifts the mute one
    assert host.execute(ReadBankCard(), PATIENT_S).number == OTHER_NUMBER
    eventually(lambda: host.status == Status(State.ONLINE, media=Media.PRESENT))


def test_a_mute_card_that_still_lies_there_is_to_be_lifted(peer: Bench) -> None:
    """The service keeps it for the process that was killed; the reader is none the worse."""
    told: list[Status] = []
    table = {"driver": "pcsc", "reader": CONTACT, "service": peer.address}
    host = create_host(Kind.SMART_CARD, table, told.append, pace=PACE)
    assert isinstance(host, ProcessHost)
    host._stub._grace = 0.3
    host.start()
    try:
        peer.tell("put", **BANK)
        eventually(lambda: host.status == Status(State.ONLINE, media=Media.PRESENT))
        peer.tell("mute", at=3)
        with pytest.raises(DeviceError) as caught:
            host.execute(ReadBankCard(), 0.5)
        assert caught.value.reason is Reason.TIMEOUT
        for _ in range(2):
            with pytest.raises(DeviceError) as caught:
                host.execute(ReadBankCard(), PATIENT_S)
            assert caught.value.reason is Reason.CARD_UNREADABLE
            assert caught.value.mend.startswith("lift the card")
        eventually(lambda: host.status.state is State.USER_ERROR)
        assert host.status.media is Media.PRESENT
        assert host.status.mend.startswith("lift the card")
        peer.tell("well")
        peer.tell("lift")
        eventually(lambda: host.status == Status(State.ONLINE, media=Media.NOT_PRESENT))
        peer.tell("put", **OTHER_BANK)
        assert host.execute(ReadBankCard(), PATIENT_S).number == OTHER_NUMBER
    finally:
        host.stop()
    states = {status.state for status in told}
    assert states == {State.ONLINE, State.BUSY, State.USER_ERROR}  # never lost


# -- faults of the reader and the service --------------------------------------------------------


@contextmanager
def another_program(mode: int, *, transaction: bool = False) -> Iterator[Callable[[], None]]:
    """Connected to the card in the contact reader until the block ends or it is told to let go."""
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    code, handle, _ = scard.SCardConnect(context, CONTACT, mode, scard.SCARD_PROTOCOL_T0)
    assert code == scard.SCARD_S_SUCCESS
    if transaction:
        assert scard.SCardBeginTransaction(handle) == scard.SCARD_S_SUCCESS
    held = [handle]

    def let_go() -> None:
        while held:
            scard.SCardDisconnect(held.pop(), scard.SCARD_LEAVE_CARD)

    try:
        yield let_go
    finally:
        let_go()
        scard.SCardReleaseContext(context)


def test_another_program_holds_the_card_for_a_moment(desk: ChipReaderDesk, peer: Bench) -> None:
    peer.tell("put", **BANK)
    eventually(lambda: desk.driver.status().media is Media.PRESENT)
    exclusive = another_program(scard.SCARD_SHARE_EXCLUSIVE)
    with exclusive as let_go, desk.doing(ReadBankCard()) as (future, _):
        time.sleep(0.3)
        assert not future.done()
        let_go()
        assert future.result(PATIENT_S).number == NUMBER


def test_another_program_keeps_the_card(
    desk: ChipReaderDesk, peer: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pcsc, "HELD_S", 0.3)
    peer.tell("put", **BANK)
    eventually(lambda: desk.driver.status().media is Media.PRESENT)
    with another_program(scard.SCARD_SHARE_EXCLUSIVE):
        status = desk.driver.status()
        assert (status.state, status.media) == (State.BUSY, Media.PRESENT)
        assert "another program" in status.detail
        error = desk.refuse(ReadBankCard())
        assert error.reason is Reason.CARD_UNREADABLE
        assert "another program" in error.detail
        assert "ss -xp" in error.mend
        status = desk.driver.status()
        assert desk.seen[-1] == status
        assert (status.state, status.problem) == (State.USER_ERROR, Reason.CARD_UNREADABLE)
        assert "another program" in status.detail
    assert desk.driver.status() == Status(State.ONLINE, media=Media.PRESENT)
    assert desk.do(ReadBankCard()).number == NUMBER


@pytest.mark.parametrize("exclusive", [True, False])
def test_another_program_is_in_a_transaction(
    peer: Bench, monkeypatch: pytest.MonkeyPatch, exclusive: bool
) -> None:
    """The service answers nobody else before it is over, which may be never."""
    monkeypatch.setattr(pcsc, "HELD_S", 99.0)
    desk = ChipReaderDesk(peer, exclusive=exclusive)
    desk.driver.open()
    peer.tell("put", **BANK)
    eventually(lambda: desk.driver.status().media is Media.PRESENT)
    with another_program(scard.SCARD_SHARE_SHARED, transaction=True) as let_go:
        with desk.doing(ReadBankCard()) as (future, cancel):
            time.sleep(0.3)
            begun = time.monotonic()
            cancel.cancel()
            assert reason(future) is Reason.CANCELLED
            assert time.monotonic() - begun < PROMPT_S
        with monkeypatch.context() as short:
            short.setattr(pcsc, "CONNECT_S", 0.3)
            error = desk.refuse(ReadBankCard())
        assert error.reason is Reason.CARD_UNREADABLE
        assert "another program" in error.detail
        let_go()
        eventually(lambda: "card" not in {thread.name for thread in threading.enumerate()})
    assert desk.do(ReadBankCard()).number == NUMBER
    desk.driver.close()


def test_a_reader_may_be_shared(
    peer: Bench, desk: ChipReaderDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pcsc, "HELD_S", 0.1)
    peer.tell("put", **BANK)
    eventually(lambda: desk.driver.status().media is Media.PRESENT)
    shared = ChipReaderDesk(peer, exclusive=False)
    try:
        with another_program(scard.SCARD_SHARE_SHARED):
            assert shared.do(ReadBankCard()).number == NUMBER
            assert desk.refuse(ReadBankCard()).reason is Reason.CARD_UNREADABLE
    finally:
        shared.driver.close()


def test_a_read_outlives_a_restart_of_the_service(desk: ChipReaderDesk, peer: Bench) -> None:
    """A context that was valid stays dead, though the library calls it valid."""
    with desk.doing(ReadBankCard()) as (future, _):
        eventually(lambda: desk.seen)
        peer.service.kill()
        time.sleep(0.3)
        assert not future.done()
        peer.service.start()
        peer.tell("put", **BANK)
        assert future.result(PATIENT_S).number == NUMBER


def test_a_card_that_is_in_is_there_after_a_restart(desk: ChipReaderDesk, peer: Bench) -> None:
    peer.tell("put", **BANK)
    assert desk.do(ReadBankCard()).number == NUMBER
    peer.service.kill()
    peer.service.start()
    assert desk.do(ReadBankCard()).number == NUMBER


def test_the_service_dies_while_a_card_is_read(desk: ChipReaderDesk, peer: Bench) -> None:
    peer.tell("put", **BANK)
    peer.tell("slow", seconds=0.3)
    with desk.doing(ReadBankCard()) as (future, _):
        eventually(lambda: peer.look()["commands"])
        peer.service.kill()
        assert reason(future) is Reason.OFFLINE


def test_no_service_is_a_state_with_what_mends_it(
    peer: Bench, desk: ChipReaderDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pcsc, "RECOVER_S", 0.3)
    peer.service.kill()
    for ask in (desk.driver.status, desk.driver.open, desk.driver.reset):
        with pytest.raises(DeviceError) as caught:
            ask()
        assert caught.value.reason is Reason.OFFLINE
        assert caught.value.mend == "systemctl start pcscd"
        assert "8010001D" in caught.value.detail
    assert desk.refuse(ReadBankCard()).reason is Reason.OFFLINE
    assert desk.driver.status().mend == "systemctl start pcscd"
    assert [check.passed for check in desk.driver.self_test()] == [False] * 3


def test_a_host_finds_the_service_again(peer: Bench) -> None:
    driver = ChipReaderDesk(peer).driver
    host = ThreadHost(driver, pace=PACE)
    host.start()
    try:
        eventually(lambda: host.status.usable)
        peer.service.kill()
        eventually(lambda: host.status.state is State.OFFLINE)
        assert host.status.mend == "systemctl start pcscd"
        peer.service.start()
        eventually(lambda: host.status.usable)
        peer.tell("put", **BANK)
        assert host.execute(ReadBankCard(), PATIENT_S).number == NUMBER
    finally:
        host.stop()


def test_the_service_outlives_the_thread_that_started_it(peer: Bench) -> None:
    """As when a fault script plugs the reader in: its thread ends at once."""
    peer.service.kill()
    plug = threading.Thread(target=peer.service.start)
    plug.start()
    plug.join()
    time.sleep(0.3)
    one = ChipReaderDesk(peer)
    one.driver.open()
    assert one.driver.status().usable
    one.driver.close()


def test_the_reader_is_gone_and_comes_back(
    peer: Bench, desk: ChipReaderDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pcsc, "RECOVER_S", 0.3)
    without = {name: port for name, port in peer.readers.items() if "PICC" in name}
    peer.service.kill()
    peer.service.readers = without
    peer.service.start()
    assert desk.refuse(ReadBankCard()).reason is Reason.NO_DEVICE
    with pytest.raises(DeviceError) as caught:
        desk.driver.open()
    assert caught.value.reason is Reason.NO_DEVICE
    assert CONTACT in caught.value.detail
    assert CONTACTLESS in caught.value.detail  # what there is instead
    assert desk.driver.status() == Status(
        State.NO_DEVICE,
        problem=Reason.NO_DEVICE,
        detail=caught.value.detail,
        mend="check the reader's cable, and reader in the settings",
    )
    peer.service.kill()
    peer.service.readers = dict(peer.readers)
    peer.service.start()
    desk.driver.open()
    assert desk.driver.status().usable


def test_two_readers_are_told_apart(peer: Bench, desk: ChipReaderDesk) -> None:
    other = ChipReaderDesk(peer, reader="picc 00 00")
    try:
        peer.tell("put", **BANK)
        peer.tell("put", CONTACTLESS, **OTHER_BANK, directory="contactless", protocol="T1")
        with other.doing(ReadBankCard()) as (future, _):
            assert desk.do(ReadBankCard()).number == NUMBER
            assert future.result(PATIENT_S).number == OTHER_NUMBER
        assert other.driver.info.model == CONTACTLESS
    finally:
        other.driver.close()


@pytest.mark.parametrize("name", ["", "Kiosk", "00 01", "no such reader"])
def test_a_reader_that_is_not_clear_is_none(peer: Bench, name: str) -> None:
    driver = ChipReaderDesk(peer, reader=name).driver
    with pytest.raises(DeviceError) as caught:
        driver.open()
    assert caught.value.reason is Reason.NO_DEVICE
    assert CONTACT in caught.value.detail
    driver.close()


def test_a_reader_with_a_service_of_its_own(running: Bench) -> None:
    """As in the demo: pulled and plugged again, with the card in."""
    program = ["-m", "drivers.emulators.smart_card", str(FOLDER / "own.control")]
    with subprocess.Popen(
        [sys.executable, *program, "--own", str(FOLDER / "own")],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as playing:
        assert playing.stdout is not None
        address = json.loads(playing.stdout.readline())[Kind.SMART_CARD]
        remote = Remote(FOLDER / "own.control")
        table = {"driver": "pcsc", "reader": f"{READER} 00 00", "service": address}
        host = create_host(Kind.SMART_CARD, table, pace=PACE)
        try:
            host.start()
            eventually(lambda: host.status.usable)
            remote.tell(Kind.SMART_CARD, "put", **BANK)
            assert host.execute(ReadBankCard(), PATIENT_S).number == NUMBER
            remote.tell(Kind.SMART_CARD, "unplug")
            eventually(lambda: host.status.state is State.OFFLINE)
            remote.tell(Kind.SMART_CARD, "plug")
            assert host.execute(ReadBankCard(), PATIENT_S).number == NUMBER
        finally:
            host.stop()
            remote.close()
            playing.terminate()


# -- the settings, and the cards' own orders -----------------------------------------------------


def test_the_catalogue_knows_it_and_checks_its_settings() -> None:
    assert isinstance(
        create(Kind.SMART_CARD, "pcsc", {"reader": "x", "exclusive": False}), PcscReader
    )
    with pytest.raises(DeviceError):
        create(Kind.SMART_CARD, "pcsc", {"exclusive": "yes please"})


def test_other_requests_are_refused(desk: ChipReaderDesk) -> None:
    class Other(Request[None]):
        pass

    assert desk.refuse(Other()).reason is Reason.UNSUPPORTED


def test_a_reader_that_was_never_opened_says_so() -> None:
    driver = PcscReader(PcscReader.Settings())
    assert driver.status().problem is Reason.NO_DEVICE
    driver.close()


@pytest.mark.parametrize(
    ("order", "facts"),
    [
        ("dance", {}),
        ("lift", {"slowly": True}),
        ("put", {}),
        ("put", {"kind": "bus"}),
        ("put", {"kind": "bank"}),
        ("put", {"kind": "bank", "number": "12 34"}),
        ("put", {"kind": "bank", "number": NUMBER, "colour": "red"}),
        ("put", {"kind": "social-security", "number": ID_NUMBER, "name": "张三", "birth": "never"}),
        ("put", {"kind": "social-security", "number": ID_NUMBER * 2, "name": "张三"}),
        ("swap", {"kind": "bank", "number": NUMBER, "at": 0}),
        ("mute", {"at": 0}),
        ("mute", {"seconds": 1}),
        ("status", {}),
        ("unplug", {}),  # not its own service
    ],
)
def test_orders_that_make_no_sense(peer: Bench, order: str, facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        peer.tell(order, **facts)
    assert peer.look()["card"] == ""
    assert peer.look()["faults"] == []


def test_a_card_cannot_be_put_where_no_reader_is(peer: Bench) -> None:
    peer.service.kill()
    with pytest.raises(ValueError, match="refused"):
        peer.tell("put", **BANK)
    assert peer.look()["connected"] is False


def test_what_one_sees_of_the_cards_is_nothing_personal(desk: ChipReaderDesk, peer: Bench) -> None:
    peer.tell("put", **SOCIAL, bank=NUMBER)
    card = desk.do(ReadAnyCard())
    seen = repr(peer.look()) + repr(card) + repr(desk.do(ReadBankCard())) + repr(desk.seen)
    for secret in (ID_NUMBER, NUMBER, "张三", "19900307"):
        assert secret not in seen
    assert peer.look()["card"] == "social-security"
    assert peer.look()["connected"] is True
    assert peer.look()["resets"] >= 2
