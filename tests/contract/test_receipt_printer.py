"""The receipt printer driver against a printer on the other end of the wire, well and failing."""

from __future__ import annotations

import io
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image, ImageChops

from drivers import catalogue
from drivers.device import (
    CancelToken,
    Deadline,
    DeviceError,
    Kind,
    Media,
    Reason,
    State,
    Status,
    Supply,
)
from drivers.emulators.receipt_printer import ReceiptPrinter
from drivers.hosting.thread_host import ThreadHost
from drivers.receipt_printer.escpos import EscPosPrinter
from drivers.receipt_printer.types import (
    Align,
    Pair,
    Paragraph,
    Printed,
    PrintSlip,
    Qr,
    Rule,
    Slip,
    Space,
)
from tests.waiting import PATIENCE_S as SOON_S
from tests.waiting import PROMPT_S, quickest, until

SLIP = Slip(
    (
        Paragraph("住房公积金中心", Align.CENTRE, size=2, bold=True),
        Rule(),
        Pair("姓名", "欧阳𬭎㛃"),
        Pair("证件号码", "3502**********1234"),
        Pair("提取金额", "￥12,345.67", bold=True),
        Space(),
        Qr("https://example.org/v/8Q2M4T6W1Z9K3B5D"),
        Paragraph("本凭条不作为证明"),
    )
)
LONG = Slip(tuple(Paragraph(f"第{n}行") for n in range(100)))
PICTURES = Slip(tuple(Paragraph("㛃" * 24) for _ in range(60)))
"""About 140 kB of raster: more than a printer's buffer holds."""


@pytest.fixture
def printer() -> Iterator[ReceiptPrinter]:
    emulator = ReceiptPrinter()
    emulator.start()
    yield emulator
    emulator.stop()


def settings(address: str, **options: Any) -> EscPosPrinter.Settings:
    return msgspec.convert({"address": address, **options}, EscPosPrinter.Settings)


@contextmanager
def host_of(
    emulator: ReceiptPrinter, on_status: Callable[[Status], None] | None = None, **options: Any
) -> Iterator[ThreadHost]:
    host = ThreadHost(EscPosPrinter(settings(emulator.address, **options)), on_status)
    host.start()
    try:
        yield host
    finally:
        host.stop()


@pytest.fixture
def host(printer: ReceiptPrinter) -> Iterator[ThreadHost]:
    with host_of(printer) as started:
        until(lambda: started.status.state is State.ONLINE)
        yield started


@pytest.fixture
def driver(printer: ReceiptPrinter) -> Iterator[EscPosPrinter]:
    with opened(printer.address) as opening:
        yield opening


@contextmanager
def opened(address: str, **options: Any) -> Iterator[EscPosPrinter]:
    driver = EscPosPrinter(settings(address, **options))
    try:
        driver.open()
        yield driver
    finally:
        driver.close()


def fails(
    host: ThreadHost, slip: Slip = SLIP, *, job: str = "failing", seconds: float = SOON_S
) -> DeviceError:
    with pytest.raises(DeviceError) as caught:
        host.execute(PrintSlip(job, slip), seconds)
    return caught.value


def picture(png: bytes) -> Image.Image:
    with Image.open(io.BytesIO(png)) as image:
        return image.convert("L")


# -- printing -------------------------------------------------------------------------------------


@contextmanager
def bridge(printer: ReceiptPrinter, change: Callable[[bytes, bytes], bytes]) -> Iterator[str]:
    """The address of a line to ``printer`` on which each answer is changed; ``change`` is also told
    what was sent last."""

    def serve(near: socket.socket) -> None:
        host, _, port = printer.address.removeprefix("tcp://").partition(":")
        asked = b""
        with near, socket.create_connection((host, int(port))) as far:
            while True:
                for sock in select.select([near, far], [], [])[0]:
                    data = sock.recv(4096)
                    if not data:
                        return
                    if sock is far:
                        near.sendall(change(data, asked))
                    else:
                        asked = data
                        far.sendall(data)

    def accept() -> None:
        with suppress(OSError):
            while True:
                near, _ = server.accept()
                threading.Thread(target=tolerant(serve), args=(near,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def tolerant(serve: Callable[[socket.socket], None]) -> Callable[[socket.socket], None]:
    def served(near: socket.socket) -> None:
        with suppress(OSError):
            serve(near)

    return served


def check_slip(emulator: ReceiptPrinter) -> None:
    seen = emulator.look()
    assert seen["unknown"] == []
    assert len(seen["slips"]) == 1
    assert seen["texts"] == [
        [
            "住房公积金中心",
            "证件号码 3502**********1234",
            "提取金额 ￥12,345.67",
            "本凭条不作为证明",
        ]
    ]
    image = picture(seen["slips"][0])
    assert image.width == 640  # of 80 mm, 72 mm are printed on
    assert image.crop((0, 0, 32, image.height - 1)).getextrema() == (255, 255)
    assert image.height > 400


def test_a_slip_over_tcp(printer: ReceiptPrinter, host: ThreadHost) -> None:
    assert host.execute(PrintSlip("a", SLIP), SOON_S) == Printed("a")
    check_slip(printer)


@pytest.mark.parametrize("scheme", ["serial", "file"])
def test_a_slip_over_a_terminal_line(tmp_path: Path, scheme: str) -> None:
    link = tmp_path / "printer"
    emulator = ReceiptPrinter(kind="pty", path=link)
    address = emulator.address if scheme == "serial" else f"file://{link}"
    emulator.start()
    try:
        with opened(address) as driver:
            # A character device can be read, so its answer proves the slip here too.
            assert driver.status().state is State.ONLINE
            job = PrintSlip("a", SLIP)
            assert driver.execute(job, Deadline(SOON_S), CancelToken()) == Printed("a")
            check_slip(emulator)
            emulator.obey("unplug")
            with pytest.raises(DeviceError) as caught:
                driver.status()
            assert caught.value.reason in (Reason.OFFLINE, Reason.NO_DEVICE)
            emulator.obey("plug")
            assert driver.status().state is State.ONLINE
    finally:
        emulator.stop()


def test_a_serial_line_that_takes_nothing_for_seconds_is_waited_for(tmp_path: Path) -> None:
    emulator = ReceiptPrinter(kind="pty", path=tmp_path / "printer")
    emulator.start()
    try:
        with opened(emulator.address, text="raster") as driver:
            emulator.obey("stop reading", after_bytes=500)
            threading.Timer(2.5, emulator.obey, ("well",)).start()
            long = Slip((Paragraph("住房公积金缴存证明" * 2),) * 40)  # more than the line holds
            began = time.monotonic()
            driver.execute(PrintSlip("a", long), Deadline(2 * SOON_S), CancelToken())
            assert time.monotonic() - began > 2
            assert len(emulator.look()["slips"]) == 1
    finally:
        emulator.stop()


@pytest.mark.soak
def test_a_slow_serial_line_that_is_full_of_the_slip_is_no_silence(tmp_path: Path) -> None:
    emulator = ReceiptPrinter(kind="pty", path=tmp_path / "printer")
    emulator.start()
    try:
        with opened(emulator.address, text="raster") as driver:
            emulator.obey("slow", bytes_per_s=960)
            threading.Timer(6, emulator.obey, ("well",)).start()
            # A little more than the line holds: from then on a question has to wait.
            job = PrintSlip("a", Slip((Paragraph("住房公积金缴存证明" * 2),) * 16))
            driver.execute(job, Deadline(5 * SOON_S), CancelToken())
            assert len(emulator.look()["slips"]) == 1
    finally:
        emulator.stop()


def test_a_file_that_cannot_be_read_is_refused_unless_trusted(tmp_path: Path) -> None:
    emulator = ReceiptPrinter(kind="pipe", path=tmp_path / "lp0")
    emulator.start()
    try:
        with host_of(emulator) as host:
            error = fails(host)
            assert (error.reason, error.pages) == (Reason.UNSUPPORTED, 0)
            assert "trust_file" in error.detail
            assert emulator.look()["slips"] == []
        with host_of(emulator, trust_file=True) as host:
            assert host.execute(PrintSlip("a", SLIP), SOON_S) == Printed("a")
            until(lambda: len(emulator.look()["slips"]) == 1)
            check_slip(emulator)
            until(lambda: host.status.state is State.ONLINE)
            assert host.status.paper is Supply.UNKNOWN
            emulator.obey("unplug")
            assert fails(host, job="b").reason in (Reason.OFFLINE, Reason.NO_DEVICE)
    finally:
        emulator.stop()


@pytest.mark.parametrize("scale", [1, 2])
def test_characters_and_raster_look_the_same(printer: ReceiptPrinter, scale: int) -> None:
    slip = Slip(tuple(e for e in SLIP.elements if getattr(e, "size", 1) == 1), scale)
    for text in ("gb18030", "raster"):
        with host_of(printer, text=text) as host:
            host.execute(PrintSlip("a", slip), SOON_S)
    one, other = map(picture, printer.look()["slips"])
    assert one.size == other.size
    difference = sum(ImageChops.difference(one, other).histogram()[128:])
    ink = sum(one.histogram()[:128])
    if scale == 1:
        assert difference < ink * 0.005  # what reaches beyond its cell
    else:  # the printer doubles the dots of its own font, drawn characters are finer
        assert difference < ink * 0.25


def test_scale_two_is_twice_as_high(printer: ReceiptPrinter, host: ThreadHost) -> None:
    slip = Slip((Paragraph("公积金"),))
    for scale in (1, 2):
        host.execute(PrintSlip(f"scale {scale}", Slip(slip.elements, scale)), SOON_S)
    boxes = [picture(png) for png in printer.look()["slips"]]
    small, big = (image.crop((32, 96, 608, image.height - 32)) for image in boxes)
    assert (small.height, big.height) == (32, 56)
    inked = [image.point(lambda level: 255 - level).getbbox() for image in (small, big)]
    assert inked[0] is not None
    assert inked[1] == tuple(2 * edge for edge in inked[0])


def test_an_answer_with_a_name_of_its_own_proves_a_slip(printer: ReceiptPrinter) -> None:
    printer.obey("deaf to gs r")
    with host_of(printer, proof="process-id") as host:
        assert host.execute(PrintSlip("a", SLIP), SOON_S) == Printed("a")
        assert host.execute(PrintSlip("b", SLIP), SOON_S) == Printed("b")
    assert printer.look()["unknown"] == []


def test_what_succeeded_is_never_printed_again(printer: ReceiptPrinter, host: ThreadHost) -> None:
    for _ in range(3):
        assert host.execute(PrintSlip("a", SLIP), SOON_S) == Printed("a")
    assert len(printer.look()["slips"]) == 1
    printer.obey("open cover")
    assert host.execute(PrintSlip("a", SLIP), SOON_S) == Printed("a")


def test_what_failed_may_be_printed_again(printer: ReceiptPrinter, host: ThreadHost) -> None:
    printer.obey("open cover")
    assert fails(host, job="a").reason is Reason.COVER_OPEN
    printer.obey("close cover")
    assert host.execute(PrintSlip("a", SLIP), SOON_S) == Printed("a")
    check_slip(printer)


def test_tear(printer: ReceiptPrinter, host: ThreadHost) -> None:
    host.execute(PrintSlip("a", SLIP), SOON_S)
    printer.obey("tear")
    assert printer.look()["slips"] == []


# -- status ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("well", (State.ONLINE, Supply.FULL, None)),
        ("paper near end", (State.ONLINE, Supply.LOW, None)),
        ("paper out", (State.USER_ERROR, Supply.OUT, Reason.PAPER_OUT)),
        ("open cover", (State.USER_ERROR, Supply.FULL, Reason.COVER_OPEN)),
        ("jam", (State.HARDWARE_ERROR, Supply.FULL, Reason.JAM)),
        ("cutter error", (State.HARDWARE_ERROR, Supply.FULL, Reason.JAM)),
        ("hot head", (State.BUSY, Supply.FULL, None)),
    ],
)
def test_status(
    printer: ReceiptPrinter,
    driver: EscPosPrinter,
    order: str,
    expected: tuple[State, Supply, Reason | None],
) -> None:
    _, paper, problem = expected
    printer.obey(order)
    status = driver.status()
    assert (status.state, status.paper, status.problem) == expected
    assert status.usable == (problem is None)
    assert (status.media is Media.JAMMED) == (problem is Reason.JAM)
    assert bool(status.mend) == (problem is not None or paper is Supply.LOW)
    printer.obey("well")
    assert driver.status() == Status(State.ONLINE, paper=Supply.FULL)


def test_a_nearly_empty_roll_still_prints(printer: ReceiptPrinter, host: ThreadHost) -> None:
    printer.obey("paper near end")
    assert host.execute(PrintSlip("a", SLIP), SOON_S) == Printed("a")
    check_slip(printer)


def test_status_of_a_silent_printer_takes_at_most_a_second(
    printer: ReceiptPrinter, driver: EscPosPrinter
) -> None:
    printer.obey("mute")

    def ask() -> None:
        with pytest.raises(DeviceError) as caught:
            driver.status()
        assert caught.value.reason is Reason.OFFLINE

    assert quickest(ask, 1.0 + 0.5) < 1.0 + 0.5
    printer.obey("well")
    assert driver.status().state is State.ONLINE


def test_garbled_answers_are_named_so(printer: ReceiptPrinter, driver: EscPosPrinter) -> None:
    printer.obey("garbage")
    with pytest.raises(DeviceError) as caught:
        driver.status()
    assert caught.value.reason is Reason.GARBLED
    printer.obey("well")
    assert driver.status().state is State.ONLINE


@pytest.mark.parametrize(("width", "mm"), [(384, 58), (432, 58), (576, 80), (512, 80)])
def test_the_roll_of_this_printer_is_named(printer: ReceiptPrinter, width: int, mm: int) -> None:
    driver = catalogue.create(
        Kind.RECEIPT_PRINTER, "escpos", {"address": printer.address, "width": width}
    )
    for order in ("paper out", "paper near end"):
        printer.obey("well")
        printer.obey(order)
        assert f"{mm} mm" in driver.status().mend
    driver.close()


def test_noise_of_an_adapter_that_wakes_up_fails_nothing(printer: ReceiptPrinter) -> None:
    """The first answer on a line comes behind bytes that are no answer."""

    def noisy(answer: bytes, asked: bytes) -> bytes:
        return (b"\xff\xfe\xff" if answer.startswith(b"\x37") else b"") + answer

    with bridge(printer, noisy) as there:
        driver = catalogue.create(Kind.RECEIPT_PRINTER, "escpos", {"address": there})
        for _ in range(2):
            driver.open()
            assert driver.status().usable
        assert driver.execute(PrintSlip("a", SLIP), Deadline(SOON_S), CancelToken())
        driver.close()


def test_answers_to_the_question_before_tell_no_trouble_that_is_not_there(
    printer: ReceiptPrinter,
) -> None:
    def late() -> Callable[[bytes, bytes], bytes]:
        owed = b"\x12"

        def change(answer: bytes, asked: bytes) -> bytes:
            nonlocal owed
            before, answer = answer[:-1], answer[-1:]
            if answer[0] & 0x93 != 0x12:  # no answer to DLE EOT: the buffer is clear
                return before + answer
            if asked[-3:] == b"\x10\x04\x01":
                answer = b"\x16"  # the drawer's pin is high; as an answer to DLE EOT 2: cover open
            said, owed = owed, answer
            return before + said

        return change

    for _ in range(3):
        # A line of its own each time: what an answer on a line that was closed is behind, counts
        # for that line alone.
        with bridge(printer, late()) as there:
            driver = catalogue.create(Kind.RECEIPT_PRINTER, "escpos", {"address": there})
            with pytest.raises(DeviceError) as caught:
                driver.open()
            assert caught.value.reason is Reason.OFFLINE
            driver.close()


def test_a_cleared_jam_is_recovered_from(printer: ReceiptPrinter, driver: EscPosPrinter) -> None:
    printer.obey("jam")
    for _ in range(2):  # told to go on once, in vain
        assert driver.status().problem is Reason.JAM
    printer.obey("clear jam")
    assert driver.status().problem is Reason.JAM  # told to go on only every ten seconds
    driver.reset()
    until(lambda: driver.status().problem is None)


def test_what_the_printer_tells_of_itself(driver: EscPosPrinter) -> None:
    info = driver.info
    assert (info.model, info.serial, info.firmware) == ("RP-80", "0001", "1.0")


def test_self_test_wastes_no_paper(printer: ReceiptPrinter, driver: EscPosPrinter) -> None:
    assert all(check.passed for check in driver.self_test())
    printer.obey("paper out")
    failed = {check.name for check in driver.self_test() if not check.passed}
    assert failed == {"ready", "paper", "answers behind the data (gs-r)"}
    printer.obey("well")
    printer.obey("deaf to gs r")
    failed = {check.name for check in driver.self_test() if not check.passed}
    assert failed == {"answers behind the data (gs-r)"}
    printer.obey("well")
    printer.obey("deaf to clear")
    failed = {check.name for check in driver.self_test() if not check.passed}
    assert failed == {"drops what it has not printed"}
    assert printer.look()["slips"] == []


# -- before a slip --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ("paper out", Reason.PAPER_OUT),
        ("open cover", Reason.COVER_OPEN),
        ("jam", Reason.JAM),
        ("cutter error", Reason.JAM),
        ("mute", Reason.OFFLINE),
        ("garbage", Reason.GARBLED),
        ("unplug", Reason.NO_DEVICE),
    ],
)
def test_a_printer_that_cannot_print_gets_nothing(
    printer: ReceiptPrinter, host: ThreadHost, order: str, reason: Reason
) -> None:
    printer.obey(order)
    error = fails(host)
    assert (error.reason, error.pages) == (reason, 0)
    assert printer.look()["hanging"] == 0
    printer.obey("well")
    assert host.execute(PrintSlip("after", SLIP), SOON_S) == Printed("after")
    check_slip(printer)


def test_a_line_that_broke_while_idle_is_opened_again(
    printer: ReceiptPrinter, driver: EscPosPrinter
) -> None:
    printer.obey("unplug")
    printer.obey("plug")
    job = PrintSlip("a", SLIP)
    assert driver.execute(job, Deadline(SOON_S), CancelToken()) == Printed("a")
    check_slip(printer)


# -- in the middle of a slip ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "mend", "reason"),
    [
        ("paper out", "refill", Reason.PAPER_OUT),
        ("jam", "clear jam", Reason.JAM),
    ],
)
def test_what_stops_a_slip(printer: ReceiptPrinter, order: str, mend: str, reason: Reason) -> None:
    seen: list[Status] = []
    with host_of(printer, seen.append) as host:
        printer.obey(order, after_lines=12)
        error = fails(host, LONG)
        assert (error.reason, error.pages) == (reason, 0)
        assert host.status.problem is reason
        assert host.status.mend
        assert [s.state for s in seen if s.state is State.BUSY] == [State.BUSY]
        printer.obey(mend)
        # The printer dropped the rest: nothing of it comes out before the next slip.
        assert host.execute(PrintSlip("next", SLIP), SOON_S) == Printed("next")
    leftover, slip = printer.look()["texts"]
    assert leftover == [f"第{n}行" for n in range(len(leftover))]
    assert 0 < len(leftover) < 20
    assert slip[0] == "住房公积金中心"


def test_a_cover_opened_in_the_middle(printer: ReceiptPrinter, host: ThreadHost) -> None:
    printer.obey("slow", dots_per_s=2000)
    future = host.submit(PrintSlip("a", LONG), SOON_S)
    until(lambda: printer.look()["hanging"] > 300)
    printer.obey("open cover")
    with pytest.raises(DeviceError) as caught:
        future.result()
    assert (caught.value.reason, caught.value.pages) == (Reason.COVER_OPEN, 0)


def test_a_printer_that_answers_though_it_stopped(
    printer: ReceiptPrinter, host: ThreadHost
) -> None:
    printer.obey("goes on when stopped")
    printer.obey("paper out", after_lines=12)
    error = fails(host, LONG)
    assert error.reason is Reason.PAPER_OUT
    assert printer.look()["slips"] == []


def test_garbled_answers_in_the_middle(printer: ReceiptPrinter, host: ThreadHost) -> None:
    printer.obey("slow", dots_per_s=2000)
    future = host.submit(PrintSlip("a", LONG), SOON_S)
    until(lambda: printer.look()["hanging"] > 300)
    printer.obey("garbage")
    with pytest.raises(DeviceError) as caught:
        future.result()
    assert (caught.value.reason, caught.value.pages) == (Reason.GARBLED, None)


@pytest.fixture
def always_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip's driver asks again as soon as it was answered, and is patient: whenever the proof
    comes, the answer to a status request is on its way."""
    monkeypatch.setattr("drivers.receipt_printer.escpos.LOOK_S", 0.0)
    monkeypatch.setattr("drivers.receipt_printer.escpos.ANSWER_S", SOON_S)


def proves(answer: bytes, printer: ReceiptPrinter) -> bool:
    """Whether the answer to the request after the data of a whole slip is in ``answer``."""
    return bool(printer.look()["slips"]) and any(not byte & 0x90 for byte in answer)


@pytest.mark.usefixtures("always_asking")
def test_the_proof_overtakes_a_status_request_of_a_slow_printer(
    printer: ReceiptPrinter, driver: EscPosPrinter
) -> None:
    """The drawer's pin, as an answer to the next question, is an open cover."""
    printer.obey("drawer high")
    printer.obey("slow", seconds=0.05)
    job = PrintSlip("a", SLIP)
    assert driver.execute(job, Deadline(SOON_S), CancelToken()) == Printed("a")
    check_slip(printer)


@pytest.mark.usefixtures("always_asking")
def test_a_cutter_that_blocks_when_the_proof_overtakes_a_status_request(
    printer: ReceiptPrinter,
) -> None:
    """Each of the cutter's bits, as an answer to the next question, is harmless."""

    def block(answer: bytes, asked: bytes) -> bytes:
        if proves(answer, printer):
            printer.obey("cutter error")
        return answer

    with bridge(printer, block) as there, opened(there) as driver:
        printer.obey("slow", seconds=0.05)
        with pytest.raises(DeviceError) as caught:
            driver.execute(PrintSlip("a", SLIP), Deadline(SOON_S), CancelToken())
    assert (caught.value.reason, caught.value.pages) == (Reason.JAM, None)


def test_a_status_request_that_is_lost_does_not_hold_up_the_proof(
    printer: ReceiptPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.receipt_printer.escpos.LOOK_S", 0.0)
    printing = threading.Event()
    lost = 0

    def lose(answer: bytes, asked: bytes) -> bytes:
        nonlocal lost
        if not printing.is_set():
            return answer
        if proves(answer, printer):
            printing.clear()
        kept = bytes(byte for byte in answer if byte & 0x93 != 0x12)
        lost += len(answer) - len(kept)
        return kept

    with bridge(printer, lose) as there, opened(there) as driver:
        driver.report = lambda status: printing.set()
        job = PrintSlip("a", SLIP)
        assert driver.execute(job, Deadline(SOON_S), CancelToken()) == Printed("a")
    assert lost == 1


def wait_for_an_answer(driver: EscPosPrinter) -> None:
    """Until something of the printer lies in the line, unread."""
    assert driver._wire is not None
    assert select.select([driver._wire._fd], [], [], SOON_S)[0]


@pytest.mark.parametrize("late", ["the limit is over", "a cancel waits"])
def test_a_proof_that_lies_in_the_line_counts(
    printer: ReceiptPrinter, driver: EscPosPrinter, monkeypatch: pytest.MonkeyPatch, late: str
) -> None:
    """This process stood still between the slip and its look for the answer."""
    driver.execute(PrintSlip("first", SLIP), Deadline(SOON_S), CancelToken())
    deadline, cancel = Deadline(SOON_S), CancelToken()
    await_proof = driver._await

    def stand_still(*args: Any) -> None:
        wait_for_an_answer(driver)
        if late == "the limit is over":
            deadline.at = 0.0
        else:
            cancel.cancel()
        await_proof(*args)

    monkeypatch.setattr(driver, "_await", stand_still)
    assert driver.execute(PrintSlip("a", SLIP), deadline, cancel) == Printed("a")
    assert len(printer.look()["slips"]) == 2


def test_a_status_that_lies_in_the_line_counts(
    driver: EscPosPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This process stood still between a question and its look for the answer."""
    send, ask = driver._send, driver._ask

    def stand_still(data: bytes) -> None:
        send(data)
        wait_for_an_answer(driver)

    def ask_too_late(n: int, kind: Any, deadline: Deadline) -> Any:
        deadline.at = 0.0
        return ask(n, kind, deadline)

    monkeypatch.setattr(driver, "_send", stand_still)
    monkeypatch.setattr(driver, "_ask", ask_too_late)
    assert driver.status() == Status(State.ONLINE, paper=Supply.FULL)


def test_paper_that_ends_at_the_end_of_a_slip(
    printer: ReceiptPrinter, driver: EscPosPrinter
) -> None:
    # Out of paper while the slip moves to the knife: the cut waits, the answer with it.
    printer.obey("paper out", after_lines=102)
    with pytest.raises(DeviceError) as caught:
        driver.execute(PrintSlip("a", LONG), Deadline(SOON_S), CancelToken())
    assert caught.value.reason is Reason.PAPER_OUT


@pytest.mark.parametrize("after_bytes", [200, 1000])
def test_a_connection_reset_in_the_middle(
    printer: ReceiptPrinter, host: ThreadHost, after_bytes: int
) -> None:
    printer.obey("reset connection", after_bytes=after_bytes)
    error = fails(host, LONG)
    assert (error.reason, error.pages) == (Reason.OFFLINE, None)
    printer.obey("well")
    assert host.execute(PrintSlip("next", SLIP), SOON_S) == Printed("next")
    assert printer.look()["texts"][-1][0] == "住房公积金中心"


@pytest.mark.parametrize("slip", [LONG, PICTURES], ids=["short", "long"])
def test_a_printer_that_stops_reading(
    printer: ReceiptPrinter, host: ThreadHost, slip: Slip
) -> None:
    # A short slip disappears whole in socket buffers, a long one fills them. Neither is printed.
    started = time.monotonic()
    host.execute(PrintSlip("whole", slip), 12 * SOON_S)
    seconds = 1.0 + 3 * (time.monotonic() - started)  # on a busy machine its pictures take long
    printer.obey("stop reading", after_bytes=300)
    started = time.monotonic()
    error = fails(host, slip, seconds=seconds)
    assert (error.reason, error.pages) == (Reason.TIMEOUT, None)
    assert time.monotonic() - started < 2 * seconds + PROMPT_S
    printer.obey("well")
    assert host.execute(PrintSlip("next", SLIP), SOON_S) == Printed("next")
    assert printer.look()["texts"][-1][0] == "住房公积金中心"


def test_a_printer_that_falls_silent(printer: ReceiptPrinter, host: ThreadHost) -> None:
    printer.obey("mute", after_bytes=300)
    error = fails(host, LONG, seconds=0.6)
    assert (error.reason, error.pages) == (Reason.TIMEOUT, None)


def test_a_printer_that_never_answers_the_question_behind_the_data(
    printer: ReceiptPrinter, host: ThreadHost
) -> None:
    printer.obey("deaf to gs r")
    # Asked once before the slip, so nothing of the slip was sent.
    error = fails(host, seconds=0.6)
    assert (error.reason, error.pages) == (Reason.TIMEOUT, 0)
    assert printer.look()["slips"] == []


def test_a_slow_printer_is_waited_for(printer: ReceiptPrinter, host: ThreadHost) -> None:
    printer.obey("slow", bytes_per_s=8_000)
    started = time.monotonic()
    assert host.execute(PrintSlip("a", SLIP), 2 * SOON_S) == Printed("a")
    assert time.monotonic() - started > 0.3
    check_slip(printer)


@pytest.mark.parametrize("slow", [{"bytes_per_s": 1000}, {"dots_per_s": 2000}])
def test_a_cancelled_slip_never_comes_out(
    printer: ReceiptPrinter, host: ThreadHost, slow: dict[str, float]
) -> None:
    printer.obey("slow", **slow)
    cancel = CancelToken()
    future = host.submit(PrintSlip("a", LONG), SOON_S, cancel)
    until(lambda: printer.look()["hanging"] > 300)
    cancel.cancel()
    cancelled = time.monotonic()
    with pytest.raises(DeviceError) as caught:
        future.result()
    assert (caught.value.reason, caught.value.pages) == (Reason.CANCELLED, None)
    assert time.monotonic() - cancelled < PROMPT_S
    printer.obey("well")
    assert host.execute(PrintSlip("next", SLIP), SOON_S) == Printed("next")
    leftover, slip = printer.look()["texts"]
    assert len(leftover) < 100
    assert slip[0] == "住房公积金中心"


def test_the_beginning_of_a_slip_is_cut_off_though_no_other_follows(
    printer: ReceiptPrinter, host: ThreadHost
) -> None:
    """Else it hangs out for the next citizen, and their slip is printed behind it."""
    printer.obey("slow", dots_per_s=2000)
    cancel = CancelToken()
    future = host.submit(PrintSlip("a", LONG), SOON_S, cancel)
    until(lambda: printer.look()["hanging"] > 300)
    cancel.cancel()
    with pytest.raises(DeviceError):
        future.result()
    printer.obey("well")
    until(lambda: len(printer.look()["slips"]) == 1)
    assert printer.look()["hanging"] == 0


def test_a_slip_whose_deadline_has_passed_is_not_begun(
    printer: ReceiptPrinter, host: ThreadHost
) -> None:
    error = fails(host, seconds=0)
    assert (error.reason, error.pages) == (Reason.TIMEOUT, 0)
    assert printer.look()["hanging"] == 0


# -- after a visit that was killed ----------------------------------------------------------------


def stop_a_slip(printer: ReceiptPrinter, driver: EscPosPrinter) -> None:
    """The visit dies between sending and knowing: its port is closed, nothing else happens."""
    printer.obey("paper out", after_lines=3)
    wire = driver._connected()
    wire.send(b"\x1b@\x1c&" + "第一行\n".encode("gb18030") * 9, lambda: None)
    until(lambda: printer.look()["paper"] == "out" and printer.look()["waiting"] > 0)
    driver.close()


@pytest.mark.parametrize("waits_for", ["status", "slip"])
def test_what_a_killed_visit_left_is_on_nobody_else_s_slip(
    printer: ReceiptPrinter, driver: EscPosPrinter, waits_for: str
) -> None:
    stop_a_slip(printer, driver)
    with opened(printer.address) as following:
        with pytest.raises(DeviceError) as caught:
            following.reset()
        assert caught.value.reason is Reason.PAPER_OUT
        assert printer.look()["waiting"] == 0
        printer.obey("refill")
        if waits_for == "status":
            until(lambda: following.status().state is State.ONLINE)
            assert len(printer.look()["slips"]) == 1
        following.execute(PrintSlip("next", SLIP), Deadline(SOON_S), CancelToken())
    leftover, slip = printer.look()["texts"]
    assert 0 < leftover.count("第一行") < 9
    assert "第一行" not in slip
    assert slip[0] == "住房公积金中心"


def test_a_reset_is_done_when_nothing_hangs_whoever_connects_then(
    printer: ReceiptPrinter, driver: EscPosPrinter
) -> None:
    stop_a_slip(printer, driver)
    printer.obey("refill")
    printer.obey("slow", dots_per_s=300)  # the cut waits for its feed: 0.4 s
    until(lambda: printer.look()["waiting"] == 0)
    with opened(printer.address) as following:
        following.reset()
        following.reset()
        assert len(printer.look()["slips"]) == 1, "cut off once"
    with opened(printer.address):  # connecting drops what has not been done yet
        assert printer.look()["hanging"] == 0


def test_a_printer_that_never_answers_is_not_told_to_cut_again_and_again(
    printer: ReceiptPrinter, driver: EscPosPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.receipt_printer.escpos.RESET_S", 0.3)
    printer.obey("deaf to gs r")
    for _ in range(3):
        with pytest.raises(DeviceError) as caught:
            driver.reset()
        assert caught.value.reason is Reason.TIMEOUT
        assert driver.status().usable
    assert printer.look()["slips"] == []
    printer.obey("well")
    assert driver.status() == Status(State.ONLINE, paper=Supply.FULL)
    assert len(printer.look()["slips"]) == 1


def test_a_printer_that_drops_nothing_prints_the_rest_on_paper_of_its_own(
    printer: ReceiptPrinter, host: ThreadHost
) -> None:
    printer.obey("deaf to clear")
    printer.obey("slow", dots_per_s=2000)
    future = host.submit(PrintSlip("a", LONG), SOON_S)
    until(lambda: printer.look()["hanging"] > 300)
    printer.obey("open cover")
    error = future.exception()
    assert isinstance(error, DeviceError)
    assert (error.reason, error.pages) == (Reason.COVER_OPEN, None)
    printer.obey("well", fault="slow")
    printer.obey("close cover")
    host.execute(PrintSlip("next", SLIP), SOON_S)
    whole, nothing, slip = printer.look()["texts"]
    assert (len(whole), nothing, slip[0]) == (100, [], "住房公积金中心")


def test_a_printer_that_drops_nothing_and_waits_for_the_rest_of_a_picture(
    printer: ReceiptPrinter, host: ThreadHost
) -> None:
    """It would take the question and the cut for dots of the picture."""
    printer.obey("deaf to clear")
    printer.obey("reset connection", after_bytes=5000)
    assert fails(host, PICTURES).pages is None
    host.execute(PrintSlip("next", SLIP), SOON_S)
    assert printer.look()["hanging"] == 0
    picture, slip = printer.look()["texts"]
    assert (picture, slip[0]) == ([], "住房公积金中心")


SENDS = """
import sys
from drivers.receipt_printer.wire import connect
connect(sys.argv[1]).send(bytes(1 << 26), lambda: None)
"""


def read_all(line: socket.socket) -> None:
    while line.recv(65536):
        pass


def test_a_killed_process_leaves_nothing_on_its_way() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with subprocess.Popen([sys.executable, "-c", SENDS, address]) as child:
            line, _ = server.accept()
            with line:
                until(lambda: bool(line.recv(1, socket.MSG_PEEK)))
                child.kill()
                child.wait()
                with pytest.raises(ConnectionResetError):
                    read_all(line)  # else what the kernel still held comes too, and then the end


# -- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("tcp://127.0.0.1:1", Reason.NO_DEVICE),
        ("serial:///dev/no-such-port", Reason.NO_DEVICE),
        ("file:///dev/no-such-file", Reason.NO_DEVICE),
        ("tcp://", Reason.UNSUPPORTED),
        ("tcp://host:port", Reason.UNSUPPORTED),
        ("usb://04b8:0202", Reason.UNSUPPORTED),
        ("serial:///dev/null?speed=9600", Reason.UNSUPPORTED),
        ("serial:///dev/null?baud=fast", Reason.UNSUPPORTED),
        ("serial:///dev/null?flow=maybe", Reason.UNSUPPORTED),
        ("serial:///dev/null?flow", Reason.UNSUPPORTED),
        ("file:///dev/null?x=1", Reason.UNSUPPORTED),
        ("", Reason.UNSUPPORTED),
    ],
)
def test_addresses(address: str, reason: Reason) -> None:
    driver = EscPosPrinter(settings(address))
    with pytest.raises(DeviceError) as caught:
        driver.open()
    assert (caught.value.reason, caught.value.pages) == (reason, 0)
    driver.close()


def test_a_full_file(tmp_path: Path) -> None:
    # It takes everything and gives end-of-file: no printer.
    driver = EscPosPrinter(settings("file:///dev/full"))
    with pytest.raises(DeviceError) as caught:
        driver.open()
    assert caught.value.reason is Reason.OFFLINE
    driver.close()


def test_the_catalogue_makes_it() -> None:
    options = {"address": "tcp://printer", "text": "raster", "proof": "process-id", "width": 384}
    driver = catalogue.create(Kind.RECEIPT_PRINTER, "escpos", options)
    assert isinstance(driver, EscPosPrinter)
    assert driver.requests == (PrintSlip,)
    with pytest.raises(DeviceError) as caught:
        catalogue.create(Kind.RECEIPT_PRINTER, "escpos", {"address": "tcp://printer", "width": 100})
    assert caught.value.reason is Reason.UNSUPPORTED
