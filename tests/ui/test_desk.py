"""The desk: its tables against the real emulators, its window with real clicks."""

from __future__ import annotations

import io
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtQuick import QQuickItem
from PySide6.QtTest import QTest

from drivers.emulators.document_printer import DocumentPrinter
from drivers.emulators.id_card import IdCardReader
from drivers.emulators.receipt_printer import ReceiptPrinter
from drivers.emulators.rig import Remote, Rig
from kiosk.sandbox import personas
from kiosk.sandbox.server import serving
from kiosk.words import Language
from tests import qt_messages
from ui.desk import people, window
from ui.desk.app import refusal, run
from ui.desk.bridge import Desk
from ui.desk.chores import Chores
from ui.desk.levers import CENTRE, DEVICES, Lever, orders_for, standing
from ui.desk.seen import TITLES, condition
from ui.desk.window import MARGIN, SMALLEST, TITLE_BAR, Window, beside
from ui.desk.words import DESK, KINDS, PURPOSES
from ui.finger import walk

WIDE, NARROW = QSize(1314, 1010), QSize(682, 1010)
SLIP = "收到".encode("gb18030") + b"\n" * 4 + b"\x1dV\x00"


# -- what stands behind the window ----------------------------------------------------------------


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    with tempfile.TemporaryDirectory(prefix="desk-") as directory:
        rig = Rig(
            {
                "id_card": IdCardReader(Path(directory) / "id_card", pace=False),
                "receipt_printer": ReceiptPrinter(),
                "document_printer": DocumentPrinter(seconds_per_page=0.0),
            },
            Path(directory) / "desk.sock",
        )
        rig.start()
        yield rig
        rig.stop()


@pytest.fixture
def all_well(rig: Rig) -> Rig:
    for device in rig.devices:
        rig.tell(device, "well")
    rig.tell("id_card", "plug")
    rig.tell("id_card", "lift")
    rig.tell("receipt_printer", "tear")
    rig.tell("document_printer", "take")
    return rig


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("centre")) as url:
        yield url


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as http:
        http.trust_env = False
        yield http


# -- levers ---------------------------------------------------------------------------------------

EACH = [
    pytest.param(device, lever, id=f"{device}-{lever.key}")
    for device, levers in DEVICES.items()
    for lever in levers
]


def stand(rig: Rig, device: str) -> tuple[str, ...]:
    stands: tuple[str, ...] = standing(DEVICES[device], rig.told(device), rig.look(device))
    return stands


def press(rig: Rig, device: str, key: str) -> None:
    for order, facts in orders_for(DEVICES[device], key, stand(rig, device)):
        rig.tell(device, order, **facts)


@pytest.mark.parametrize(("device", "lever"), EACH)
def test_a_lever_is_understood_shown_and_taken_back(
    all_well: Rig, device: str, lever: Lever
) -> None:
    assert stand(all_well, device) == ()
    press(all_well, device, lever.key)
    if lever.once:
        assert stand(all_well, device) == ()
        return
    assert stand(all_well, device) == (lever.key,)
    how = condition(device, all_well.look(device), stand(all_well, device))
    assert how.tone in ("bad", "attention")
    press(all_well, device, lever.key)
    if (device, lever.key) in (("receipt_printer", "jam"), ("receipt_printer", "cutter")):
        # The paper is out of the way, the error stays until the host clears it, as on hardware.
        host, _, port = all_well.devices[device].address.removeprefix("tcp://").partition(":")
        with socket.create_connection((host, int(port)), 5) as line:
            line.sendall(b"\x10\x05\x02\x10\x04\x01")
            assert line.recv(1)
    assert stand(all_well, device) == ()
    how = condition(device, all_well.look(device), ())
    assert how.tone == "good"


def test_what_is_taken_back_alone_leaves_the_rest(all_well: Rig) -> None:
    for key in ("slow", "junk", "mute"):
        press(all_well, "id_card", key)
    press(all_well, "id_card", "junk")
    assert set(stand(all_well, "id_card")) == {"slow", "mute"}
    press(all_well, "receipt_printer", "hot")
    press(all_well, "receipt_printer", "near end")
    press(all_well, "receipt_printer", "hot")
    assert stand(all_well, "receipt_printer") == ("near end",)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([(d, lever.key) for d, ls in DEVICES.items() for lever in ls])))
def test_any_presses_are_undone_by_well(rig: Rig, presses: list[tuple[str, str]]) -> None:
    for device, key in presses:
        press(rig, device, key)
        how = condition(device, rig.look(device), stand(rig, device))
        assert how.word.zh
        assert how.word.en
    for device in rig.devices:
        rig.tell(device, "well")
        if device == "id_card":
            rig.tell(device, "plug")
        assert stand(rig, device) == ()
        assert condition(device, rig.look(device), ()).tone == "good"


def test_a_device_without_words_is_looked_at() -> None:
    how = condition("turnstile", {"open": True, "turns": 3, "log": ["…"], "photo": b"PNG"}, ())
    assert how.line.zh == "open True · turns 3"
    assert condition("turnstile", {}, ("stuck",)).tone == "attention"


@pytest.mark.parametrize("lever", CENTRE, ids=lambda lever: lever.key)
def test_the_centre_understands_its_levers(
    centre: str, http: requests.Session, lever: Lever
) -> None:
    fault = {"kind": lever.order, **lever.facts}
    answer = http.post(f"{centre}/sandbox/faults", json=fault, timeout=5)
    try:
        assert answer.status_code == 204
    finally:
        http.delete(f"{centre}/sandbox/faults", timeout=5)


# -- people ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", list(Language))
def test_the_middle_of_every_persona_is_hidden(language: Language) -> None:
    rows = people.listed(language)
    assert [row["id"] for row in rows] == list(personas.load())
    for persona, row in zip(personas.load().values(), rows, strict=True):
        card = people.card(persona.id, language)
        shown = " ".join((*row.values(), *card.values(), people.owner(persona.phone)))
        for secret in (persona.full_name, persona.number, persona.phone, persona.address):
            assert not secret or secret not in shown.replace(row["purpose"], "")
        assert card["number"].startswith(persona.number[:3])
        assert row["purpose"]


def test_kinds_of_cards() -> None:
    kinds = {id: people.card(id, Language.ZH)["kind"] for id in ("P01", "P09", "P10", "P16")}
    assert kinds == {
        "P01": "居民身份证",
        "P09": "港澳居民居住证",
        "P10": "外国人永久居留身份证",
        "P16": "台湾居民居住证",
    }
    assert people.card("P04", Language.ZH)["valid"].endswith("长期")
    assert people.owner("12399999999") == "123****9999"


def test_the_window_says_all_its_words_and_no_others() -> None:
    folder = Path(window.__file__).parent
    pages = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.qml"))
    named = re.findall(r"words\[([^]]+)\]", pages)
    assert {name for each in named for name in re.findall('"([^"]+)"', each)} == DESK.keys()


def test_everything_is_said_in_both_languages() -> None:
    assert PURPOSES.keys() == personas.load().keys()
    words = [*DESK.values(), *KINDS.values(), *(title for title, _ in TITLES.values())]
    words += [lever.words for levers in (*DEVICES.values(), CENTRE) for lever in levers]
    for each in words:
        assert each.zh.strip()
        assert each.en.strip()
    for levers in (*DEVICES.values(), CENTRE):
        assert len({lever.words.zh for lever in levers}) == len(levers)
        assert len({lever.words.en for lever in levers}) == len(levers)


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
    """Somebody at the desk's window."""

    def __init__(self, rig: Rig, centre: str | None, size: QSize = WIDE) -> None:
        qt_messages.watch()
        app = QGuiApplication.instance() or QGuiApplication(["kiosk"])
        assert isinstance(app, QGuiApplication)
        app.setFont(QFont("Noto Sans CJK SC"))
        self._app = app
        self.rig = rig
        self.desk = Desk(rig, centre)
        self.window = Window(self.desk)
        self.window.open(QRect(QPoint(0, 0), size))
        self.until(lambda: self.desk.looks)

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

    def text(self, name: str) -> str:
        return str(self.item(name).property("text"))

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


def test_a_card_is_put_and_lifted(trainer: Trainer) -> None:
    trainer.click("person.P03")
    assert trainer.desk.card["name"] == "王*"
    assert trainer.text("where") == "在手里"
    trainer.click("put")
    trainer.until(lambda: trainer.text("where") == "在读卡区")
    assert trainer.rig.look("id_card")["card"] == "put"
    (order, facts) = trainer.rig.told("id_card")[-1]
    assert (order, facts["number"]) == ("put", personas.load()["P03"].number)
    trainer.click("person.P02")  # another hand, the card still lies there
    assert trainer.text("where") == "在手里"
    assert trainer.text("other") == "P03 在读卡区"
    trainer.click("lift")
    trainer.until(lambda: not trainer.desk.reader["card"])
    assert trainer.rig.look("id_card")["card"] == "none"


def test_a_card_that_somebody_else_put_can_be_lifted(trainer: Trainer, rig: Rig) -> None:
    rig.tell("id_card", "put", **personas.load()["P02"].card())
    trainer.until(lambda: trainer.desk.reader["stranger"])
    assert trainer.text("other") == "读卡区上是另一张卡"
    trainer.click("lift")
    trainer.until(lambda: not trainer.desk.reader["card"])


@pytest.mark.parametrize(
    ("device", "lever", "word", "after"),
    [
        ("id_card", "unplug", "线已拔", "正常"),
        ("id_card", "slow", "设有故障", "正常"),
        ("receipt_printer", "near end", "纸将尽", "正常"),
        ("receipt_printer", "cover", "盖子开着", "正常"),
        ("receipt_printer", "unplug", "线已拔", "正常"),
        ("document_printer", "off", "已关机", "正常"),
        ("document_printer", "toner", "没有墨粉", "正常"),
    ],
)
def test_a_fault_is_set_seen_and_mended(
    trainer: Trainer, device: str, lever: str, word: str, after: str
) -> None:
    trainer.click(f"{device}.{lever}")
    trainer.until(lambda: trainer.text(f"{device}.word") == word)
    assert trainer.item(f"{device}.{lever}").property("stands") is True
    trainer.click(f"{device}.well")
    trainer.until(lambda: trainer.text(f"{device}.word") == after)
    assert trainer.item(f"{device}.{lever}").property("stands") is False


def test_all_well(trainer: Trainer, centre: str, http: requests.Session) -> None:
    for name in ("id_card.unplug", "receipt_printer.mute", "document_printer.jam", "centre.down"):
        trainer.click(name)
    badges = ("id_card", "receipt_printer", "document_printer", "centre")
    trainer.until(lambda: all(trainer.text(f"{name}.word") != "正常" for name in badges))
    trainer.until(lambda: http.get(f"{centre}/v1/catalogue", timeout=5).status_code == 502)
    trainer.click("all well")
    trainer.until(lambda: all(trainer.text(f"{name}.word") == "正常" for name in badges))
    trainer.until(lambda: http.get(f"{centre}/v1/catalogue", timeout=5).status_code != 502)


def test_two_faults_of_the_centre_and_one_taken_back(
    trainer: Trainer, centre: str, http: requests.Session
) -> None:
    def status() -> int:
        headers = {"X-Terminal": "T0001"}
        return http.get(f"{centre}/v1/catalogue", headers=headers, timeout=5).status_code

    trainer.click("centre.down")
    trainer.click("centre.refusal")
    trainer.until(lambda: status() == 502)
    trainer.click("centre.down")
    trainer.until(lambda: status() in (429, 503))
    assert trainer.desk.centre["stand"] == ["refusal"]
    trainer.click("centre.more")  # the data as on the first day, and no fault
    trainer.until(lambda: status() == 200)
    assert trainer.desk.centre["stand"] == []


def test_the_code_on_the_phone(trainer: Trainer, centre: str, http: requests.Session) -> None:
    assert trainer.desk.phone["newest"] is None
    http.headers["X-Terminal"] = "T0001"
    for id in ("P03", "P01"):
        card = personas.load()[id]
        until = card.valid_to.strftime("%Y%m%d") if card.valid_to else None
        body = {"kind": card.kind, "name": card.name, "number": card.number, "valid_to": until}
        opened = http.post(
            f"{centre}/v1/sessions", json={"terminal": "T0001", "card": body}, timeout=5
        )
        token = {"Authorization": f"Bearer {opened.json()['token']}"}
        http.post(f"{centre}/v1/sessions/current/sms", headers=token, timeout=5)
    sent = http.get(f"{centre}/sandbox/messages", timeout=5).json()
    trainer.until(lambda: trainer.desk.phone["count"] == 2)
    assert trainer.text("code") == sent[0]["code"]
    phone: dict[str, Any] = trainer.desk.phone
    assert phone["newest"]["to"] == "P01 张* · 123****0001"
    assert phone["older"][0]["code"] == sent[1]["code"]
    trainer.until(lambda: "1 个会话" in trainer.desk.centre["line"])


def test_paper_comes_out_is_looked_at_and_taken(trainer: Trainer, rig: Rig) -> None:
    for _ in range(2):
        host, _, port = rig.devices["receipt_printer"].address.removeprefix("tcp://").partition(":")
        with socket.create_connection((host, int(port)), 5) as line:
            line.sendall(SLIP)
    trainer.until(lambda: len(trainer.desk.slips) == 2)
    print_a_sheet(rig)
    trainer.until(lambda: len(trainer.desk.sheets) == 1)
    image = trainer.desk.pictures.requestImage(trainer.desk.slips[0], QSize(), QSize(130, 0))
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
    taken = trainer.desk.slips[0]
    trainer.click("slips.take")
    trainer.click("sheets.take")
    trainer.until(lambda: not trainer.desk.slips and not trainer.desk.sheets)
    assert rig.look("receipt_printer")["slips"] == rig.look("document_printer")["sheets"] == []
    gone = trainer.desk.pictures.requestImage(taken, QSize(), QSize(130, 0))
    assert gone.width() == 1


def print_a_sheet(rig: Rig) -> None:
    """As an IPP client does; the page is blank."""
    from drivers.catalogue import create
    from drivers.document_printer.types import PrintDocument
    from drivers.hosts import ThreadHost

    file = io.BytesIO()
    with closing(pypdfium2.PdfDocument.new()) as document:
        document.new_page(595, 842)
        document.save(file)
    uri = rig.devices["document_printer"].address
    host = ThreadHost(create("document_printer", "ipp", {"uri": uri}))
    host.start()
    try:
        host.execute(PrintDocument("test", file.getvalue(), 1), 20.0)
    finally:
        host.stop()


def test_trouble_is_said_and_passes(trainer: Trainer, rig: Rig) -> None:
    trainer.desk.well("turnstile")
    trainer.until(lambda: "turnstile" in trainer.desk.trouble)
    assert "turnstile" in trainer.text("trouble")
    trainer.desk._calm.setInterval(0)  # not six seconds in a test
    trainer.until(lambda: not trainer.desk.trouble)


CHINESE = range(0x4E00, 0xA000)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("english", [False, True], ids=["zh", "en"])
def test_every_word_fits(all_well: Rig, centre: str, size: QSize, english: bool) -> None:
    with closing(Trainer(all_well, centre, size)) as trainer:
        trainer.until(lambda: trainer.text("centre.word") == "正常")
        if english:
            trainer.click("language")
            trainer.until(lambda: trainer.text("centre.word") == "Well")
        trainer.until(lambda: True)
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
    """A centre that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        trainer = Trainer(all_well, url)
        begun = time.monotonic()
        trainer.click("centre.slow")
        trainer.click("receipt_printer.cover")
        assert time.monotonic() - begun < 0.5
        trainer.until(lambda: trainer.text("receipt_printer.word") == "盖子开着", 3)
        deaf.close()
        trainer.close()


def test_a_centre_that_is_gone_is_said(all_well: Rig) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with closing(Trainer(all_well, url)) as trainer:
        trainer.until(lambda: trainer.text("centre.word") == "不回答")
        trainer.click("centre.down")
        trainer.until(lambda: trainer.desk.trouble)
        trainer.until(lambda: trainer.desk.centre["stand"] == [])


def test_without_a_centre_there_is_no_phone(all_well: Rig) -> None:
    with closing(Trainer(all_well, None)) as trainer:
        assert "centre.down" not in trainer.names()
        trainer.click("all well")
        trainer.click("put")
        trainer.until(lambda: trainer.desk.reader["who"] == "P01")


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
        path.write_text(text + '[centre]\nurl = "http://x"\nseal_roots = "r"\n', encoding="utf-8")
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
                assert remote.look("id_card")["plugged"]
            time.sleep(seconds)
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=15)
        assert process.returncode == 0
        assert said == b""
        assert list(Path(directory).iterdir()) == []
