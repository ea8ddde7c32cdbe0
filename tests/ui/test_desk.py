"""The desk: its levers and parts at the real emulators, its window under real clicks."""

from __future__ import annotations

import io
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtQuick import QQuickItem
from PySide6.QtTest import QTest

from drivers.device import Kind
from drivers.emulators.camera import Camera
from drivers.emulators.code_scanner import CodeScanner
from drivers.emulators.document_printer import DocumentPrinter
from drivers.emulators.id_card import IdCardReader
from drivers.emulators.io_board import IoBoard
from drivers.emulators.orders import orders_of
from drivers.emulators.pin_pad import PinPad
from drivers.emulators.receipt_printer import ReceiptPrinter
from drivers.emulators.rig import Emulator, Remote, Rig
from drivers.emulators.smart_card import SmartCardReader, missing
from drivers.emulators.speaker import Speaker
from drivers.emulators.xfs4iot import XfsMachine
from kiosk.words import Language, say
from kiosk.workshop import demo
from kiosk.workshop.sandbox import personas
from kiosk.workshop.sandbox.personas import Persona
from kiosk.workshop.sandbox.server import serving
from tests.contract.noted import Noted, told
from tests.face_material import grey_portrait
from tests.ui.theatre import Theatre, application
from ui.desk import parts, people
from ui.desk.app import refusal, run
from ui.desk.bridge import Desk
from ui.desk.chores import Chores
from ui.desk.citizen import rig_with_citizen
from ui.desk.levers import BANK, CENTRE, DEVICES, Lever, clauses, standing, undoing
from ui.desk.parts import DeskPart
from ui.desk.window import MARGIN, SMALLEST, TITLE_BAR, Window, beside
from ui.robots.finger import walk
from ui.window import LEAST, fitting

WIDE, NARROW, LOW = QSize(1314, 1010), QSize(682, 1010), QSize(640, 732)
"""Windows beside an upright and a wide terminal on 1920×1080, and a wide one on 1280×800."""
SLIP = "收到".encode("gb18030") + b"\n" * 4 + b"\x1dV\x00"


# -- what stands behind the window ----------------------------------------------------------------


ABSENT: dict[str, str] = {Kind.SMART_CARD: why} if (why := missing()) else {}


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("centre")) as url:
        yield url


@pytest.fixture(scope="module")
def rig(centre: str) -> Iterator[Rig]:
    """All devices of a terminal of the centre's own, as far as this computer can emulate them."""
    with tempfile.TemporaryDirectory(prefix="desk-") as name:
        directory = Path(name)
        devices: dict[str, Emulator] = {
            Kind.ID_CARD: Noted(IdCardReader(directory / Kind.ID_CARD, pace=False)),
            Kind.RECEIPT_PRINTER: ReceiptPrinter(),
            Kind.DOCUMENT_PRINTER: DocumentPrinter(seconds_per_page=0.0),
            Kind.CAMERA: Camera(size=(64, 48), portrait=grey_portrait(directory)),
            Kind.CODE_SCANNER: CodeScanner(directory / Kind.CODE_SCANNER),
            Kind.PIN_PAD: Noted(PinPad(directory / Kind.PIN_PAD)),
            "io_board": IoBoard(directory / "io_board"),
            Kind.SPEAKER: Speaker(directory / Kind.SPEAKER),
        }
        if not ABSENT:
            devices[Kind.SMART_CARD] = SmartCardReader(directory / Kind.SMART_CARD)
        rig = rig_with_citizen(devices, directory / "desk.sock", centre)
        rig.start()
        yield rig
        rig.stop()


@pytest.fixture(scope="module")
def bank(centre: str) -> Iterator[Rig]:
    """A branch's STM: the centre's ID card reader and the bank's machine."""
    with tempfile.TemporaryDirectory(prefix="desk-") as name:
        directory = Path(name)
        rig = rig_with_citizen(
            {
                Kind.ID_CARD: IdCardReader(directory / Kind.ID_CARD),
                "xfs4iot": XfsMachine(portrait=grey_portrait(directory)),
            },
            directory / "desk.sock",
            centre,
        )
        rig.start()
        yield rig
        rig.stop()


@pytest.fixture
def all_well(rig: Rig) -> Rig:
    mend(rig)
    rig.tell(Kind.RECEIPT_PRINTER, "tear")
    rig.tell(Kind.DOCUMENT_PRINTER, "take")
    return rig


def mend(rig: Rig) -> None:
    """Take back every fault, plug every cable in, take cards and codes away, let the person go."""
    for device in rig.devices:
        rig.tell(device, "well")
        for order in ("plug", "lift", "remove", "go", "release", "close door"):
            if order in (orders_of(device) or {}):
                rig.tell(device, order)
    if "io_board" in rig.devices:
        rig.tell("io_board", "power", state="mains", percent=100)


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as http:
        http.trust_env = False
        yield http


# -- levers ---------------------------------------------------------------------------------------

EACH = [
    pytest.param(table, key, lever, id=f"{name}{key}-{lever.key}")
    for name, table in (("", DEVICES), ("bank-", BANK))
    for key, levers in table.items()
    for lever in levers
]


def part_of(rig: Rig, key: str) -> DeskPart:
    return next(part for part in parts.of(rig.devices) if part.key == key)


def stand(rig: Rig, key: str) -> tuple[str, ...]:
    part = part_of(rig, key)
    return standing(part.levers, rig.look(part.device))


def press(rig: Rig, key: str, lever: str) -> None:
    part = part_of(rig, key)
    seen = rig.look(part.device)
    (pressed,) = (each for each in part.levers if each.key == lever)
    stands = pressed.seen is not None and pressed.seen(seen)
    script = clauses(part.device, pressed.script)
    for clause in undoing(part.device, pressed) if stands else script:
        rig.tell(clause.device, clause.order, **clause.facts)


def tone(rig: Rig, key: str) -> str:
    part = part_of(rig, key)
    how = part.condition(rig.look(part.device))
    for words in (how.word, *how.line):
        assert all(say(words, language).strip() for language in Language)
    return how.tone


@pytest.mark.parametrize(("table", "key", "lever"), EACH)
def test_a_lever_is_understood_shown_and_taken_back(
    request: pytest.FixtureRequest, table: object, key: str, lever: Lever
) -> None:
    if table is DEVICES and key in ABSENT:
        pytest.skip(f"no emulated chip card reader here: it {ABSENT[key]}")
    rig: Rig = request.getfixturevalue("rig" if table is DEVICES else "bank")
    mend(rig)
    assert stand(rig, key) == ()
    press(rig, key, lever.key)
    if lever.seen is None:
        assert stand(rig, key) == ()
        return
    assert stand(rig, key) == (lever.key,)
    assert lever.act or tone(rig, key) in ("bad", "attention")
    press(rig, key, lever.key)
    if (key, lever.key) in ((Kind.RECEIPT_PRINTER, "jam"), (Kind.RECEIPT_PRINTER, "cutter error")):
        recover(rig)
    assert stand(rig, key) == ()
    assert tone(rig, key) == "good"


def recover(rig: Rig) -> None:
    """Clear the printer's error as a host does: the error outlasts the paper that caused it."""
    if Kind.RECEIPT_PRINTER in rig.devices:
        host, _, port = (
            rig.devices[Kind.RECEIPT_PRINTER].address.removeprefix("tcp://").partition(":")
        )
        with socket.create_connection((host, int(port)), 5) as line:
            line.sendall(b"\x10\x05\x02\x10\x04\x01")
            assert line.recv(1)


def test_what_is_taken_back_alone_leaves_the_rest(all_well: Rig, bank: Rig) -> None:
    for key in ("slow", "junk", "mute"):
        press(all_well, Kind.ID_CARD, key)
    press(all_well, Kind.ID_CARD, "junk")
    assert set(stand(all_well, Kind.ID_CARD)) == {"slow", "mute"}
    press(all_well, Kind.RECEIPT_PRINTER, "hot head")
    press(all_well, Kind.RECEIPT_PRINTER, "near end")
    press(all_well, Kind.RECEIPT_PRINTER, "hot head")
    assert stand(all_well, Kind.RECEIPT_PRINTER) == ("near end",)
    mend(bank)
    for key in ("paper out", "broken"):
        press(bank, Kind.RECEIPT_PRINTER, key)
    press(bank, Kind.DOCUMENT_PRINTER, "paper low")
    press(bank, Kind.RECEIPT_PRINTER, "paper out")
    assert stand(bank, Kind.RECEIPT_PRINTER) == ("broken",)
    assert stand(bank, Kind.DOCUMENT_PRINTER) == ("paper low",)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_presses_are_undone_by_well(rig: Rig, bank: Rig, data: st.DataObject) -> None:
    for one in (rig, bank):
        levers = [
            (part.key, lever.key)
            for part in parts.of(one.devices)
            if part.device != Kind.SMART_CARD  # its service starts slowly
            for lever in part.levers
            if not lever.act
        ]
        for key, lever in data.draw(st.lists(st.sampled_from(levers), max_size=12)):
            press(one, key, lever)
            assert tone(one, key)
        mend(one)
        for part in parts.of(one.devices):
            assert not set(stand(one, part.key)) - {"no chip", "vendor mode"}
            assert tone(one, part.key) == "good"


def test_a_device_without_words_is_looked_at() -> None:
    (part,) = parts.of(["turnstile"])
    how = part.condition({"open": True, "turns": 3, "log": ["…"], "photo": b"PNG"})
    assert how.line == ("open True", "turns 3")
    assert (part.title, how.tone) == ("turnstile", "good")


@pytest.mark.parametrize("lever", CENTRE)
def test_the_centre_understands_its_levers(centre: str, http: requests.Session, lever: str) -> None:
    kind, facts = CENTRE[lever][1]
    fault = {"kind": kind, **facts}
    answer = http.post(f"{centre}/sandbox/faults", json=fault, timeout=5)
    try:
        assert answer.status_code == 204
    finally:
        http.delete(f"{centre}/sandbox/faults", timeout=5)


# -- people ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("persona", personas.load().values(), ids=repr)
def test_the_middle_of_every_persona_is_hidden(persona: Persona) -> None:
    faces = [people.face(persona.id, card) for card in people.CARDS]
    shown = f"{faces} {people.name(persona.id)} {people.owner(persona.phone)}"
    secrets = (persona.full_name, persona.number, persona.phone, persona.address)
    for secret in (*secrets, persona.bank_card):
        assert not secret or secret not in shown
    ((_, number), *_) = faces[0].facts
    assert str(number).startswith(persona.number[:3])
    assert people.has(persona.id, "bank") is bool(persona.bank_card)


def test_every_persona_has_a_purpose() -> None:
    assert [*people.PURPOSES] == [*personas.load()]


def test_kinds_of_cards() -> None:
    ids = ("P01", "P09", "P10", "P16")
    kinds = {id: say(people.face(id, Kind.ID_CARD).kind, Language.ZH) for id in ids}
    assert kinds == {
        "P01": "居民身份证",
        "P09": "港澳居民居住证",
        "P10": "外国人永久居留身份证",
        "P16": "台湾居民居住证",
    }
    facts = [
        [say(each, Language.ZH) for each in fact] for fact in people.face("P04", Kind.ID_CARD)[2]
    ]
    assert dict(facts)["有效期"].endswith("长期")
    assert people.owner("12399999999") == "123****9999"


@pytest.mark.parametrize("language", Language)
def test_the_levers_of_a_device_differ_in_every_language(language: Language) -> None:
    for levers in (*DEVICES.values(), *BANK.values()):
        assert len({lever.words.say(language) for lever in levers}) == len(levers)


# -- chores ---------------------------------------------------------------------------------------


def test_chores_are_done_in_turn_and_errors_are_told() -> None:
    done: list[str] = []
    told: list[str] = []

    def fails(error: Exception) -> Callable[[], None]:
        def chore() -> None:
            raise error

        return chore

    chores = Chores("test", lambda: done.append("look"), told.append, every=60)
    for chore in (
        lambda: done.append("a"),
        fails(ValueError("no such order")),
        fails(ConnectionError()),
        lambda: done.append("b"),
    ):
        chores.ask(chore)
    chores.start()
    chores.stop()
    assert [each for each in done if each != "look"] == ["a", "b"]
    assert done[0] == "look"
    assert told == ["no such order", "ConnectionError"]


def test_chores_look_again_and_again() -> None:
    looks = threading.Semaphore(0)
    chores = Chores("test", looks.release, lambda trouble: None, every=0.01)
    chores.start()
    for _ in range(3):
        assert looks.acquire(timeout=5)
    chores.stop()


# -- the window -----------------------------------------------------------------------------------


class Trainer:
    """A person who uses the desk's window with the mouse."""

    def __init__(self, rig: Rig, centre: str | None, size: QSize = WIDE) -> None:
        self._app = application()
        self.rig = rig
        self.desk = Desk(rig, centre, ABSENT)
        self.window = Window(self.desk)
        self.window.open(QRect(QPoint(0, 0), size))
        self.until(lambda: self.text("part.id_card.word"))

    def close(self) -> None:
        self.window.close()

    def until(self, true: Callable[[], Any], seconds: float = 10.0) -> Any:
        end = time.monotonic() + seconds
        while not (seen := true()):
            assert time.monotonic() < end, "waited in vain"
            self._app.processEvents()
            time.sleep(0.005)
        self._app.processEvents()
        return seen

    def items(self) -> Iterator[QQuickItem]:
        return (item for item in walk(self.window.window.contentItem()) if item.isVisible())

    def names(self) -> list[str]:
        return [item.objectName() for item in self.items()]

    def item(self, name: str) -> QQuickItem:
        return next(item for item in self.items() if item.objectName() == name)

    def texts(self) -> list[str]:
        return [str(item.property("text")) for item in self.items()]

    def text(self, name: str) -> str:
        return str(self.item(name).property("text"))

    def says(self, name: str, text: str) -> bool:
        return self.text(name) == text

    def papers(self, tray: str) -> list[str]:
        """The names of the pictures in ``slips`` or ``sheets``, the newest first."""
        return [*getattr(self.desk, tray).papers]

    def line(self, part: str) -> str:
        """The details of ``part``, which must be the chosen one."""
        return self.text(f"{part}.line")

    def choose(self, part: str) -> None:
        """Click a device in the overview, and wait for its details."""
        self.click(f"part.{part}")
        self.until(lambda: f"{part}.well" in self.names())
        self.window.window.grabWindow()  # rows are laid out only for a frame

    def click(self, name: str) -> None:
        item = self.item(name)
        assert item.isEnabled()
        middle = item.mapToScene(QPoint(int(item.width() / 2), int(item.height() / 2)))
        button, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QTest.mouseClick(self.window.window, button, none, middle.toPoint())


@pytest.fixture
def trainer(all_well: Rig, centre: str, http: requests.Session) -> Iterator[Trainer]:
    http.post(f"{centre}/sandbox/reset", timeout=10)
    with closing(Trainer(all_well, centre)) as trainer:
        yield trainer


def test_after_the_desk_the_pages_of_the_terminal_load(trainer: Trainer) -> None:
    """A process of the tests may open either window first."""
    Theatre().close()


def test_a_card_is_put_and_lifted(trainer: Trainer) -> None:
    trainer.click("person.P03")
    assert trainer.text("holder") == "王*"
    assert trainer.text("where") == "在手里"
    trainer.click("put")
    trainer.until(lambda: trainer.text("where") == "在读卡区")
    assert trainer.rig.look(Kind.ID_CARD)["card"] == "put"
    (order, facts) = told(trainer.rig, Kind.ID_CARD)[-1]
    assert (order, facts["number"]) == ("put", personas.load()["P03"].number)
    trainer.click("person.P02")  # another person; the card stays on the reader
    assert trainer.text("where") == "在手里"
    assert trainer.text("note") == "P03 在读卡区"
    trainer.click("lift")
    trainer.until(lambda: not trainer.item("lift").isEnabled())
    assert trainer.rig.look(Kind.ID_CARD)["card"] == "none"


def test_a_card_that_somebody_else_put_can_be_lifted(trainer: Trainer, rig: Rig) -> None:
    rig.tell(Kind.ID_CARD, "put", **personas.load()["P02"].card())
    trainer.until(lambda: trainer.text("note") == "读卡区上是另一张卡")
    trainer.click("lift")
    trainer.until(lambda: not trainer.item("lift").isEnabled())


@pytest.mark.parametrize(
    ("card", "kind"), [("bank", "bank"), ("social-security", "social-security")]
)
def test_chip_cards(trainer: Trainer, bank: Rig, centre: str, card: str, kind: str) -> None:
    """In the emulated reader, if it can run here, and in the bank's machine."""
    if ABSENT:
        trainer.click("card.bank")
        assert not trainer.item("put").isEnabled()
        assert trainer.text("note") == ABSENT[Kind.SMART_CARD]
    else:
        put_a_chip_card(trainer, card)
        assert trainer.rig.look(Kind.SMART_CARD)["card"] == kind
        trainer.click("lift")
        trainer.until(lambda: not trainer.rig.look(Kind.SMART_CARD)["card"])
    mend(bank)
    with closing(Trainer(bank, centre)) as other:
        put_a_chip_card(other, card)
        assert (bank.look("machine")["card"], bank.look("machine")["kind"]) == ("inside", kind)
        other.click("lift")
        other.until(lambda: bank.look("machine")["card"] == "none")


def put_a_chip_card(trainer: Trainer, card: str) -> None:
    trainer.click("person.P02")
    trainer.click(f"card.{card}")
    trainer.click("put")
    trainer.until(lambda: trainer.text("where") == "在插卡口")


def test_a_phone_shows_its_code_to_the_scanner(
    trainer: Trainer, rig: Rig, centre: str, http: requests.Session
) -> None:
    """The centre knows the code as that of the chosen person."""
    trainer.click("person.P05")
    trainer.click("card.fund-code")
    trainer.click("put")
    trainer.until(lambda: trainer.text("where") == "在扫码窗前")
    code = read_code(rig)
    evidence = {"way": "fund-code", "code": code}
    http.headers["X-Terminal"] = "T0001"
    body = {"terminal": "T0001", "evidence": evidence}
    opened = http.post(f"{centre}/v1/sessions", json=body, timeout=5).json()
    assert opened["level"] == "proved"
    token = {"Authorization": f"Bearer {opened['token']}"}
    person = http.get(f"{centre}/v1/person", headers=token, timeout=5).json()
    assert person["xingming"] == personas.load()["P05"].name
    trainer.click("lift")
    trainer.until(lambda: rig.look(Kind.CODE_SCANNER)["held"] == 0)


def read_code(rig: Rig) -> str:
    """What the shipped driver reads of the code before the scanner."""
    from drivers.catalogue import create
    from drivers.code_scanner.types import ReadCode
    from drivers.hosting.thread_host import ThreadHost

    port = rig.devices[Kind.CODE_SCANNER].address
    host = ThreadHost(create(Kind.CODE_SCANNER, "serial", {"port": port}))
    host.start()
    try:
        return host.execute(ReadCode(), 20.0).text
    finally:
        host.stop()


@pytest.mark.parametrize("size", [WIDE, NARROW, LOW], ids=["wide", "narrow", "low"])
def test_a_phone_agrees_with_the_digits_on_the_screen(
    all_well: Rig, centre: str, http: requests.Session, size: QSize
) -> None:
    http.headers["X-Terminal"] = "T0001"
    login = http.post(f"{centre}/v1/logins", timeout=5).json()
    with closing(Trainer(all_well, centre, size)) as trainer:
        trainer.click("person.P01")
        trainer.until(lambda: "phone.agree" in trainer.names())
        assert size == LOW or trainer.text("phone.asks") == "T0001 请您同意登录：填屏幕上的两位数字"
        assert not trainer.item("phone.agree").isEnabled()
        wrong = f"{(int(login['digits']) + 1) % 100:02}"
        for digits in (wrong, login["digits"]):
            trainer.click("phone.digits")
            for digit in digits:
                QTest.keyClick(trainer.window.window, Qt.Key(ord(digit)))
            trainer.click("phone.agree")
            if digits == wrong:
                trainer.until(lambda: "trouble" in trainer.names())
                assert "数字不对" in trainer.text("trouble")
        trainer.until(lambda: "phone.agree" not in trainer.names())
        state = http.get(f"{centre}/v1/logins/{login['id']}", timeout=5).json()
        assert state == {"state": "agreed", "name": "张*"}


def test_a_phone_does_not_agree(trainer: Trainer, centre: str, http: requests.Session) -> None:
    http.headers["X-Terminal"] = "T0001"
    login = http.post(f"{centre}/v1/logins", timeout=5).json()
    trainer.until(lambda: "phone.decline" in trainer.names())
    trainer.click("phone.decline")
    trainer.until(lambda: "phone.decline" not in trainer.names())
    state = http.get(f"{centre}/v1/logins/{login['id']}", timeout=5).json()
    assert state["state"] == "declined"


def test_every_way_in_is_played_by_scripts(
    all_well: Rig, bank: Rig, centre: str, http: requests.Session
) -> None:
    """What ``kiosk desk … tell`` says; the devices see it, and the centre hears the phone."""
    all_well.run("citizen: put who=P03; lift; show code who=P03").wait(10)
    (order, facts) = told(all_well, Kind.ID_CARD)[-2]
    assert (order, facts["number"]) == ("put", personas.load()["P03"].number)
    assert told(all_well, Kind.ID_CARD)[-1] == ("lift", {})
    assert all_well.look("scanner")["held"] == 1
    run = all_well.run("citizen: lift card=fund-code; type digits=123456; camera: face who=two")
    assert run.wait(10)
    assert run.trouble == ""
    assert all_well.look("scanner")["held"] == 0
    keys = [facts["key"] for order, facts in told(all_well, Kind.PIN_PAD) if order == "press"]
    assert keys == [*"123456", "enter"]
    assert all_well.look("camera")["who"] == "two"
    for card in people.BANK_CARDS:
        run = bank.run(f"citizen: put who=P03 card={card}")
        assert run.wait(10)
        assert (run.trouble, bank.look("machine")["kind"]) == ("", "bank")
        bank.run(f"citizen: lift card={card}").wait(10)
    http.headers["X-Terminal"] = "T0001"
    login = http.post(f"{centre}/v1/logins", timeout=5).json()
    all_well.run(f"citizen: agree who=P03 digits={login['digits']}").wait(10)
    state = http.get(f"{centre}/v1/logins/{login['id']}", timeout=5).json()
    assert state == {"state": "agreed", "name": "王*"}


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("put who=P99", "nobody is 'P99'"),
        ("put who=S1 card=bank", "S1 has no card 'bank'"),
        ("put who=P01 card=library", "P01 has no card 'library'"),
        ("lift card=bank", "nobody can lift anything at the smart_card here"),
        ("put", "a citizen knows no order 'put'"),
        ("agree who=P01 digits=00", "no terminal shows a code"),
    ],
)
def test_a_citizen_says_what_cannot_be_done(
    tmp_path: Path, script: str, why: str, centre: str
) -> None:
    requests.post(f"{centre}/sandbox/reset", timeout=10)
    rig = rig_with_citizen({}, tmp_path / "s", centre)
    run = rig.run(f"citizen: {script}")
    assert run.wait(10)
    assert why in run.trouble


def test_without_a_centre_nobody_has_a_phone(tmp_path: Path) -> None:
    rig = rig_with_citizen({}, tmp_path / "s", None)
    with pytest.raises(ValueError, match="no stand-in centre"):
        rig.tell("citizen", "show code", who="P01")


def test_who_has_no_bank_card_holds_another(trainer: Trainer) -> None:
    (without, *_) = (id for id in personas.load() if not people.has(id, "bank"))
    trainer.click("card.bank")
    trainer.desk._hand.choose(without)
    trainer.until(lambda: not trainer.item("card.bank").isEnabled())
    assert trainer.item("card.id_card").property("stands") is True


def test_what_one_sees_and_does_at_the_other_devices(trainer: Trainer, rig: Rig) -> None:
    trainer.choose(Kind.CODE_SCANNER)
    trainer.click("code.show")
    trainer.until(lambda: rig.look(Kind.CODE_SCANNER)["held"] == 1)
    trainer.click("code.remove")
    trainer.until(lambda: rig.look(Kind.CODE_SCANNER)["held"] == 0)

    trainer.choose(Kind.PIN_PAD)
    assert trainer.text("pad.display") == "没有要密码"
    trainer.click("pad.5")
    trainer.until(lambda: told(rig, Kind.PIN_PAD)[-1] == ("press", {"key": "5"}))

    trainer.choose(Kind.CAMERA)
    assert trainer.item("film").property("source").toString() == ""
    host, _, port = rig.devices[Kind.CAMERA].address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port.partition("/")[0])), 5) as watching:
        watching.sendall(b"GET /stream HTTP/1.0\r\n\r\n")
        trainer.until(lambda: trainer.item("film").property("source").toString())
        trainer.until(lambda: trainer.line(Kind.CAMERA).startswith("在拍"))

    trainer.choose("io_board")
    trainer.click("io_board.come")
    trainer.until(lambda: rig.look("io_board")["person_near"])
    assert trainer.text("part.io_board.word") == "正常"  # a person near the machine is no fault
    trainer.click("io_board.come")
    trainer.until(lambda: not rig.look("io_board")["person_near"])


def test_a_film_or_a_photo_is_held_before_the_camera(
    trainer: Trainer, rig: Rig, tmp_path: Path
) -> None:
    def typed(path: Path) -> None:
        trainer.item("clip.path").setProperty("text", str(path))
        trainer.click("clip.play")

    def said() -> str:
        return str(trainer.desk.property("trouble"))

    photo = grey_portrait(tmp_path)
    trainer.choose(Kind.CAMERA)
    assert "clip.stop" not in trainer.names()
    assert not trainer.item("clip.play").isEnabled()
    typed(photo)
    trainer.until(lambda: rig.look(Kind.CAMERA)["clip"] == photo.name)
    trainer.until(lambda: photo.name in trainer.line(Kind.CAMERA))
    trainer.until(lambda: "clip.stop" in trainer.names())
    trainer.window.window.grabWindow()
    trainer.click("clip.stop")
    trainer.until(lambda: rig.look(Kind.CAMERA)["clip"] == "")

    (tmp_path / "words.mp4").write_text("no film")
    typed(tmp_path / "words.mp4")
    trainer.until(lambda: said() == "words.mp4 不是影片，也不是照片")
    typed(tmp_path / "nowhere.mp4")
    trainer.until(lambda: said().startswith("没有这个文件"))
    assert rig.look(Kind.CAMERA)["clip"] == ""


def test_lights_and_sounds(trainer: Trainer, rig: Rig) -> None:
    """The shipped drivers switch the lights and play the sounds."""
    from drivers.catalogue import create
    from drivers.hosting.thread_host import ThreadHost
    from drivers.lights.types import FlashRate, Light, SetLight
    from drivers.speaker.types import Play, Say, Sound
    from kiosk.terminal.spoken import clips

    trainer.choose("io_board")
    lights = ThreadHost(create(Kind.LIGHTS, "io_board", {"port": rig.devices["io_board"].address}))
    lights.start()
    try:
        assert "都不亮" in trainer.texts()
        lights.execute(SetLight(Light.RECEIPT_PRINTER, FlashRate.MEDIUM), 10.0)
        trainer.until(lambda: "lamp" in trainer.names())
        (lamp,) = (item for item in trainer.items() if item.objectName() == "lamp")
        seen = [lamp.property(name) for name in ("text", "colour", "flashes")]
        assert seen == ["凭条口", "green", True]
        assert "都不亮" not in trainer.texts()
    finally:
        lights.stop()
    if shutil.which("aplay") is None:
        return  # test_speaker reports the missing program
    trainer.choose(Kind.SPEAKER)
    mask = clips()[Language.EN]["Take off your mask"]
    speaker = ThreadHost(
        create(Kind.SPEAKER, "aplay", {"device": rig.devices[Kind.SPEAKER].address})
    )
    speaker.start()
    try:
        for sound in Sound:
            speaker.execute(Play(sound, 50), 10.0)
            trainer.until(partial(last_played, rig, sound.value))
        assert rig.look(Kind.SPEAKER)["played"][-1]["volume"] in range(48, 53)
        trainer.until(lambda: "出错了 5" in trainer.line(Kind.SPEAKER))
        speaker.execute(Say((mask,), 50), 10.0)
        trainer.until(lambda: "Take off your mask 50%" in trainer.line(Kind.SPEAKER))
    finally:
        speaker.stop()


def last_played(rig: Rig, sound: str) -> bool:
    played = rig.look(Kind.SPEAKER)["played"]
    return bool(played) and played[-1].get("sound") == sound


@pytest.mark.parametrize(
    ("device", "lever", "word"),
    [
        (Kind.ID_CARD, "unplug", "线已拔"),
        (Kind.ID_CARD, "slow", "设有故障"),
        (Kind.RECEIPT_PRINTER, "near end", "纸将尽"),
        (Kind.RECEIPT_PRINTER, "cover", "盖子开着"),
        (Kind.RECEIPT_PRINTER, "unplug", "线已拔"),
        (Kind.DOCUMENT_PRINTER, "off", "已关机"),
        (Kind.DOCUMENT_PRINTER, "toner", "没有墨粉"),
        (Kind.CAMERA, "freeze", "设有故障"),
        (Kind.CODE_SCANNER, "blind", "设有故障"),
        (Kind.PIN_PAD, "tamper", "被拆开过"),
        ("io_board", "unplug", "线已拔"),
        (Kind.SPEAKER, "unplug", "线已拔"),
    ],
)
def test_a_fault_is_set_seen_and_mended(
    trainer: Trainer, device: str, lever: str, word: str
) -> None:
    trainer.choose(device)
    trainer.click(f"{device}.{lever}")
    trainer.until(lambda: trainer.text(f"{device}.word") == word)
    assert trainer.text(f"part.{device}.word") == word
    assert trainer.item(f"{device}.{lever}").property("stands") is True
    trainer.click(f"{device}.well")
    trainer.until(lambda: trainer.text(f"{device}.word") == "正常")
    assert trainer.item(f"{device}.{lever}").property("stands") is False


def test_the_machine_of_a_bank_has_its_parts(bank: Rig, centre: str) -> None:
    mend(bank)
    with closing(Trainer(bank, centre)) as trainer:
        for part, lever, word in (
            (Kind.DOCUMENT_PRINTER, "toner", "没有墨粉"),
            (Kind.SMART_CARD, "jam", "卡退不出来"),
            (Kind.CAMERA, "broken", "坏了"),
        ):
            trainer.choose(part)
            trainer.click(f"{part}.{lever}")
            trainer.until(partial(trainer.says, f"{part}.word", word))
        trainer.click("camera.broken")
        trainer.until(lambda: trainer.text("camera.word") == "正常")
        assert trainer.text("part.document_printer.word") == "没有墨粉"
        trainer.choose("xfs4iot")
        trainer.click("xfs4iot.vendor mode")
        trainer.until(lambda: "归技术员" in trainer.line("xfs4iot"))
        trainer.click("xfs4iot.vendor mode")
        trainer.until(lambda: "归终端用" in trainer.line("xfs4iot"))
        trainer.click("all well")
        trainer.until(lambda: trainer.text("part.document_printer.word") == "正常")


def test_all_well(trainer: Trainer, centre: str, http: requests.Session) -> None:
    broken = {
        Kind.ID_CARD: "unplug",
        Kind.RECEIPT_PRINTER: "mute",
        Kind.DOCUMENT_PRINTER: "jam",
        Kind.PIN_PAD: "break",
        "centre": "down",
    }
    for part, lever in broken.items():
        trainer.choose(part)
        trainer.click(f"{part}.{lever}")
    trainer.until(lambda: all(trainer.text(f"part.{part}.word") != "正常" for part in broken))
    trainer.until(lambda: http.get(f"{centre}/v1/catalogue", timeout=5).status_code == 502)
    trainer.click("all well")
    trainer.until(lambda: all(trainer.text(f"part.{part}.word") == "正常" for part in broken))
    trainer.until(lambda: http.get(f"{centre}/v1/catalogue", timeout=5).status_code != 502)


def test_two_faults_of_the_centre_and_one_taken_back(
    trainer: Trainer, centre: str, http: requests.Session
) -> None:
    def status() -> int:
        headers = {"X-Terminal": "T0001"}
        return http.get(f"{centre}/v1/catalogue", headers=headers, timeout=5).status_code

    trainer.choose("centre")
    trainer.click("centre.down")
    trainer.click("centre.refusal")
    trainer.until(lambda: status() == 502)
    trainer.click("centre.down")
    trainer.until(lambda: status() in (429, 503))
    assert stand_at_the_centre(trainer) == ["refusal"]
    trainer.click("centre.more")  # resets the data and takes back the faults
    trainer.until(lambda: status() == 200)
    assert stand_at_the_centre(trainer) == []


def stand_at_the_centre(trainer: Trainer) -> list[str]:
    return [key for key in CENTRE if trainer.item(f"centre.{key}").property("stands")]


def test_the_code_on_the_phone(trainer: Trainer, centre: str, http: requests.Session) -> None:
    assert "code" not in trainer.names()
    http.headers["X-Terminal"] = "T0001"
    for id in ("P03", "P01"):
        card = personas.load()[id]
        until = card.valid_to.strftime("%Y%m%d") if card.valid_to else None
        body = {"way": "id-card", "kind": card.kind, "name": card.name, "number": card.number}
        body |= {"valid_to": until} if until else {}
        sign_in = {"terminal": "T0001", "evidence": body}
        opened = http.post(f"{centre}/v1/sessions", json=sign_in, timeout=5)
        token = {"Authorization": f"Bearer {opened.json()['token']}"}
        http.post(f"{centre}/v1/sessions/current/sms", headers=token, timeout=5)
    sent = http.get(f"{centre}/sandbox/messages", timeout=5).json()
    trainer.until(lambda: "message.1" in trainer.names())
    assert trainer.text("code") == sent[0]["code"]
    assert trainer.text("message").endswith("P01 张* · 123****0001")
    assert sent[1]["code"] in trainer.text("message.1")
    assert "message.2" not in trainer.names()
    trainer.choose("centre")
    trainer.until(lambda: trainer.line("centre") == "1 个会话开着")


def test_paper_comes_out_is_looked_at_and_taken(trainer: Trainer, rig: Rig) -> None:
    for _ in range(2):
        host, _, port = (
            rig.devices[Kind.RECEIPT_PRINTER].address.removeprefix("tcp://").partition(":")
        )
        with socket.create_connection((host, int(port)), 5) as line:
            line.sendall(SLIP)
    trainer.until(lambda: len(trainer.papers("slips")) == 2)
    print_a_sheet(rig)
    trainer.until(lambda: len(trainer.papers("sheets")) == 1)
    image = trainer.desk.pictures.requestImage(trainer.papers("slips")[0], QSize(), QSize(130, 0))
    assert image.width() == 130
    for name in ("slips.0", "sheets.0"):
        trainer.click(name)
        trainer.until(lambda: "large" in trainer.names())
        trainer.click("large")
        trainer.until(lambda: "large" not in trainer.names())
    trainer.click("sheets.0")
    trainer.until(lambda: "large" in trainer.names())
    QTest.keyClick(trainer.window.window, Qt.Key.Key_Escape)
    assert "large" not in trainer.names()
    taken = trainer.papers("slips")[0]
    trainer.click("slips.take")
    trainer.click("sheets.take")
    trainer.until(lambda: not trainer.papers("slips") and not trainer.papers("sheets"))
    assert (
        rig.look(Kind.RECEIPT_PRINTER)["slips"] == rig.look(Kind.DOCUMENT_PRINTER)["sheets"] == []
    )
    gone = trainer.desk.pictures.requestImage(taken, QSize(), QSize(130, 0))
    assert gone.width() == 1


def test_the_next_person_finds_no_paper_of_the_one_before(trainer: Trainer, rig: Rig) -> None:
    trainer.click("person.P03")
    trainer.click("put")
    trainer.until(lambda: trainer.text("where") == "在读卡区")
    print_a_sheet(rig)
    trainer.until(lambda: trainer.papers("sheets"))
    trainer.click("lift")
    trainer.until(lambda: not trainer.item("lift").isEnabled())
    trainer.click("put")  # the same person again: the paper stays
    trainer.until(lambda: trainer.text("where") == "在读卡区")
    assert trainer.papers("sheets")
    trainer.click("lift")
    trainer.until(lambda: not trainer.item("lift").isEnabled())
    trainer.click("person.P02")
    trainer.click("put")
    trainer.until(lambda: not trainer.papers("sheets"))
    trainer.click("lift")
    trainer.until(lambda: not trainer.item("lift").isEnabled())


def print_a_sheet(rig: Rig) -> None:
    """Print one blank page by the shipped IPP driver."""
    from drivers.catalogue import create
    from drivers.document_printer.types import PrintDocument
    from drivers.hosting.thread_host import ThreadHost

    file = io.BytesIO()
    with closing(pypdfium2.PdfDocument.new()) as document:
        document.new_page(595, 842)
        document.save(file)
    uri = rig.devices[Kind.DOCUMENT_PRINTER].address
    host = ThreadHost(create(Kind.DOCUMENT_PRINTER, "ipp", {"uri": uri}))
    host.start()
    try:
        host.execute(PrintDocument("test", file.getvalue(), 1), 20.0)
    finally:
        host.stop()


def test_trouble_is_said_and_passes(trainer: Trainer, rig: Rig) -> None:
    trainer.desk._devices[0].press("turnstile")
    trainer.until(lambda: "trouble" in trainer.names())
    assert trainer.text("trouble") == "no lever turnstile at id_card"
    trainer.desk._calm.setInterval(0)  # not six seconds in a test
    trainer.until(lambda: "trouble" not in trainer.names())


CHINESE = range(0x4E00, 0xA000)


@pytest.mark.parametrize("size", [WIDE, NARROW, LOW], ids=["wide", "narrow", "low"])
@pytest.mark.parametrize("english", [False, True], ids=["zh", "en"])
@pytest.mark.parametrize("machine", ["rig", "bank"])
def test_every_word_fits(
    request: pytest.FixtureRequest, centre: str, machine: str, size: QSize, english: bool
) -> None:
    rig: Rig = request.getfixturevalue(machine)
    mend(rig)
    # The phone is asked for its answer.
    requests.post(f"{centre}/v1/logins", headers={"X-Terminal": "T0001"}, timeout=5)
    with closing(Trainer(rig, centre, size)) as trainer:
        trainer.until(lambda: trainer.text("part.centre.word") == "正常")
        trainer.until(lambda: "phone.agree" in trainer.names())
        if english:
            trainer.click("language")
            trainer.until(lambda: trainer.text("part.centre.word") == "Well")
        for part in [*(part.key for part in parts.of(rig.devices)), "centre"]:
            trainer.choose(part)
            check_words(trainer, size, english=english)


def check_words(trainer: Trainer, size: QSize, *, english: bool) -> None:
    for item in trainer.items():
        text = str(item.property("text") or "")
        if item.metaObject().indexOfProperty("truncated") < 0 or not text:
            continue
        if size == WIDE:
            assert not item.property("truncated"), text
        assert item.property("contentWidth") <= item.width() + 1, text
        left = item.mapToScene(QPoint(0, 0)).x()
        assert left >= 0, text
        assert left + item.width() <= size.width(), text
        if english and not any(c in text for c in "*【文"):
            assert not any(ord(character) in CHINESE for character in text), text


def test_the_screen_waits_for_nobody(all_well: Rig) -> None:
    """The centre takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        trainer = Trainer(all_well, url)
        begun = time.monotonic()
        trainer.choose("centre")
        trainer.click("centre.slow")
        trainer.choose(Kind.RECEIPT_PRINTER)
        trainer.click("receipt_printer.cover")
        assert time.monotonic() - begun < 2.0
        trainer.until(lambda: trainer.text("receipt_printer.word") == "盖子开着", 3)
        deaf.close()
        trainer.close()


def test_a_centre_that_is_gone_is_said(all_well: Rig) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with closing(Trainer(all_well, url)) as trainer:
        trainer.until(lambda: trainer.text("part.centre.word") == "不回答")
        trainer.choose("centre")
        trainer.click("centre.down")
        trainer.until(lambda: "trouble" in trainer.names())
        trainer.until(lambda: stand_at_the_centre(trainer) == [])


def test_without_a_centre_there_is_no_phone(all_well: Rig) -> None:
    with closing(Trainer(all_well, None)) as trainer:
        assert "part.centre" not in trainer.names()
        trainer.click("all well")
        trainer.click("put")
        trainer.until(lambda: trainer.text("where") == "在读卡区")


# -- its place, its start, its end ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("room", "terminal"),
    [
        (QRect(0, 0, 1920, 1080), QSize(558, 993)),
        (QRect(0, 0, 1920, 1080), QSize(1190, 669)),
        (QRect(0, 32, 1920, 1048), QSize(542, 964)),
        (QRect(66, 0, 3774, 2160), QSize(1080, 1920)),
        (QRect(0, 0, 1366, 768), QSize(397, 706)),
    ],
)
def test_beside_the_terminal(room: QRect, terminal: QSize) -> None:
    place = beside(room, terminal)
    assert room.contains(place)
    assert place.left() >= room.left() + MARGIN + terminal.width() + MARGIN
    assert place.bottom() + TITLE_BAR <= room.bottom()
    assert place.width() >= SMALLEST.width()


@pytest.mark.parametrize(
    "room",
    [
        *((1920, 1080), (1920, 1040), (2560, 1440), (1366, 768)),
        *((1600, 1100), (1280, 1024), (1280, 800)),
    ],
)
@pytest.mark.parametrize("stage", [(1080, 1920), (1920, 1080)])
def test_the_windows_of_the_demo_do_not_overlap(
    stage: tuple[int, int], room: tuple[int, int]
) -> None:
    size = fitting(stage, room)
    place = beside(QRect(0, 0, *room), QSize(*size))
    assert place.left() >= MARGIN + size[0] + MARGIN
    assert place.right() < room[0]
    assert size[0] / stage[0] >= LEAST


def test_on_a_small_screen_it_lies_over_the_terminal_but_on_the_screen() -> None:
    place = beside(QRect(0, 0, 1024, 768), QSize(634, 357))
    assert QRect(0, 0, 1024, 768).contains(place)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, ""),
        ('terminal = "T1"\nproduction = false\n', ""),
        ('terminal = "T1"\nproduction = true\n', "is in production"),
        ('terminal = "T1"\n', "is in production"),
        ("what is this", "may be a terminal in service"),
        ('terminal = "T1"\nproduction = "no"\n', "may be a terminal in service"),
    ],
)
def test_no_desk_on_a_terminal_in_service(
    text: str | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "terminal.toml"
    if text is not None:
        path.write_text(
            text + '[centre]\nurl = "http://x"\nseal_roots = "r"\nsealer = "s"\n', encoding="utf-8"
        )
    assert (says in refusal(path)) if says else refusal(path) == ""
    if says:
        assert run(tmp_path, centre=None, headless=True, terminal=path) == 2
        assert says in capsys.readouterr().err
        assert [each.name for each in tmp_path.iterdir()] == ["terminal.toml"]


@pytest.mark.parametrize(
    ("options", "seconds"),
    [(["--headless"], 0.0), ([], 0.0), ([], 1.5)],
    ids=["headless", "before the window", "window"],
)
def test_it_ends_when_told(options: list[str], seconds: float) -> None:
    with tempfile.TemporaryDirectory(prefix="desk-") as directory:
        process = subprocess.Popen(
            [sys.executable, "-m", "kiosk", "desk", "--directory", directory, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        with process:
            assert process.stdout
            assert b"receipt_printer" in process.stdout.readline()
            with closing(Remote(Path(directory) / "desk.sock")) as remote:
                assert remote.look(Kind.ID_CARD)["plugged"]
            time.sleep(seconds)
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=15)
        assert process.returncode == 0
        assert said == b""
        assert list(Path(directory).iterdir()) == []


@pytest.mark.parametrize("desk_first", [True, False])
def test_the_end_of_the_desk_ends_the_demo(desk_first: bool) -> None:
    """The demo gets SIGTERM when the desk ends first, and none when the demo ended before."""
    ended = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: ended.set())
    try:
        command = [sys.executable, "-c", "input()"]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as desk:
            with demo._ending_with(desk):
                if desk_first:
                    desk.communicate(b"\n")
                    assert ended.wait(10)
            desk.kill()
        assert ended.wait(0.2) is desk_first
    finally:
        signal.signal(signal.SIGTERM, before)
