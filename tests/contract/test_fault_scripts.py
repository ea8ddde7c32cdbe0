"""Fault scripts on real emulators: their words are the emulators' own, and they come in time."""

from __future__ import annotations

import json
import re
import shutil
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

import pytest

from drivers.device import Kind
from drivers.emulators.camera import Camera
from drivers.emulators.code_scanner import CodeScanner
from drivers.emulators.document_printer import DocumentPrinter
from drivers.emulators.id_card import IdCardReader
from drivers.emulators.io_board import IoBoard
from drivers.emulators.orders import ORDERS, Form
from drivers.emulators.pin_pad import PinPad
from drivers.emulators.receipt_printer import ReceiptPrinter
from drivers.emulators.rig import MOST_SCRIPTS, Emulator, Remote, Rig
from drivers.emulators.script import Clause, ScriptError, parse, taking_back
from drivers.emulators.smart_card import SmartCardReader
from drivers.emulators.smart_cards.cards import BankFacts, SocialSecurityFacts
from drivers.emulators.speaker import Speaker
from drivers.emulators.xfs4iot.machine import XfsMachine
from drivers.id_card.types import IdCard
from tests.contract import noted
from tests.contract.noted import Noted
from tests.face_material import grey_portrait
from tests.logged import messages
from tests.waiting import PATIENCE_S, PROMPT_S
from ui.desk import app, parts
from ui.desk.citizen import CITIZEN, DeskCitizen, rig_with_citizen
from ui.desk.levers import clauses, undoing

CLASSES: dict[str, type] = {
    Kind.ID_CARD: IdCardReader,
    Kind.SMART_CARD: SmartCardReader,
    Kind.RECEIPT_PRINTER: ReceiptPrinter,
    Kind.DOCUMENT_PRINTER: DocumentPrinter,
    Kind.CAMERA: Camera,
    Kind.CODE_SCANNER: CodeScanner,
    Kind.PIN_PAD: PinPad,
    "io_board": IoBoard,
    Kind.SPEAKER: Speaker,
    "xfs4iot": XfsMachine,
    CITIZEN: DeskCitizen,
}
PERSON = {"name": "张三", "number": "990101199003071018"}
BANK = {"kind": "bank", "number": "6212260000000000006"}
NEEDED: dict[tuple[str, str], dict[str, Any]] = {
    (Kind.ID_CARD, "put"): PERSON,
    (Kind.ID_CARD, "answer"): {"status": 0x41},
    (Kind.SMART_CARD, "put"): BANK,
    (Kind.SMART_CARD, "swap"): BANK,
    (Kind.SMART_CARD, "status"): {"sw": 0x6A82},
    (Kind.CAMERA, "face"): {"who": "live"},
    (Kind.CAMERA, "act"): {"what": "nod"},
    (Kind.CODE_SCANNER, "present"): {"text": "x"},
    (Kind.CODE_SCANNER, "two"): {"texts": ["x", "y"]},
    (Kind.PIN_PAD, "press"): {"key": "5"},
    ("io_board", "volume"): {"percent": 40},
    ("io_board", "power"): {"state": "battery"},
    (Kind.RECEIPT_PRINTER, "slow"): {"dots_per_s": 100.0},
    (Kind.SPEAKER, "well"): {"fault": "hang"},
    ("xfs4iot", "auto retract"): {"seconds": 1.0},
    ("xfs4iot", "present late"): {"seconds": 1.0},
    ("xfs4iot", "bin"): {"state": "high"},
    ("xfs4iot", "put card"): BANK,
    ("xfs4iot", "face"): {"who": "live"},
    ("xfs4iot", "act"): {"what": "nod"},
    ("xfs4iot", "press"): {"key": "5"},
    ("xfs4iot", "power"): {"state": "battery"},
    ("xfs4iot", "volume"): {"level": 400},
    ("xfs4iot", "device"): {"state": "offline"},
    ("xfs4iot", "version"): {"major": 3},
    ("xfs4iot", "host"): {"name": "127.0.0.1"},
    ("xfs4iot", "fail"): {"error": "paperOut"},
    ("xfs4iot", "garbage"): {"form": "text"},
    ("xfs4iot", "refuse"): {"code": "hardwareError"},
    ("xfs4iot", "slow"): {"seconds": 0.1},
    (CITIZEN, "put"): {"who": "P01"},
    (CITIZEN, "type"): {"digits": "1"},
}
"""What an order does not go without."""
SAMPLES: dict[str, Any] = {
    "command": "read",
    "service": "DocumentPrinter",
    "kind": "html",
    "percent": 40,
    "encoding": "gb18030",
    "fault": "mute",
    "who": "mask",
    "what": "blink",
    "card": Kind.ID_CARD,
}
PLAIN = {
    Form.COUNT: 2,
    Form.NUMBER: 0.5,
    Form.TEXT: "x",
    Form.BYTES: b"x",
    Form.FLAG: True,
    Form.VALUE: None,
}
CARDS = {
    (Kind.ID_CARD, "put"),
    (Kind.SMART_CARD, "put"),
    (Kind.SMART_CARD, "swap"),
    ("xfs4iot", "put card"),
}
SERVICE_NEEDED = {(Kind.SMART_CARD, "plug"), (Kind.SMART_CARD, "unplug")}
"""Only with a PC/SC service of one's own; ``test_smart_card`` has them."""
PHONE_NEEDED = {(CITIZEN, "show code"), (CITIZEN, "agree"), (CITIZEN, "decline")}
"""Only with a centre that knows the phone; ``tests/ui/test_desk.py`` has them."""


@pytest.fixture(scope="module")
def emulators() -> Iterator[dict[str, Emulator]]:
    directory = Path(tempfile.mkdtemp(prefix="orders-"))
    with socket.create_server(("127.0.0.1", 0)) as slot:  # where the card of a virtual reader goes
        all_of_them: dict[str, Emulator] = {
            Kind.ID_CARD: IdCardReader(directory / Kind.ID_CARD, pace=False),
            Kind.SMART_CARD: SmartCardReader(slot.getsockname()[1]),
            Kind.RECEIPT_PRINTER: ReceiptPrinter(),
            Kind.DOCUMENT_PRINTER: DocumentPrinter(seconds_per_page=0.0),
            Kind.CAMERA: Camera(size=(64, 48), portrait=grey_portrait(directory)),
            Kind.CODE_SCANNER: CodeScanner(directory / Kind.CODE_SCANNER),
            Kind.PIN_PAD: PinPad(directory / Kind.PIN_PAD),
            "io_board": IoBoard(directory / "io_board"),
            Kind.SPEAKER: Speaker(directory / Kind.SPEAKER),
            "xfs4iot": XfsMachine(portrait=grey_portrait(directory)),
        }
        for emulator in all_of_them.values():
            emulator.start()
        yield rig_with_citizen(all_of_them, directory / "s", None).devices
        for emulator in all_of_them.values():
            emulator.stop()
    shutil.rmtree(directory)


# -- the words ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ORDERS)
def test_every_emulator_obeys_its_orders(emulators: dict[str, Emulator], kind: str) -> None:
    for name, order in ORDERS[kind].items():
        if (kind, name) in SERVICE_NEEDED | PHONE_NEEDED:
            continue
        needed = NEEDED.get((kind, name), {})
        assert needed.keys() <= order.facts.keys()
        emulators[kind].obey(name, **needed)
        if order.seen is not None:
            assert order.seen(emulators[kind].look()) in (True, False)
        if (kind, name) in CARDS:
            continue  # their fields: below
        for fact, form in order.facts.items():
            value = SAMPLES.get(fact, PLAIN[form])
            others = {key: told for key, told in needed.items() if {key, fact} != {"text", "data"}}
            if (kind, name, fact) == ("io_board", "power", "state"):
                value = None
            if fact in ("clip", *needed):
                continue  # a film; what was told above
            emulators[kind].obey(name, **others, **{fact: value})
    emulators[kind].obey("well")


@pytest.mark.parametrize("kind", ORDERS)
def test_every_order_that_is_documented_has_its_words(
    emulators: dict[str, Emulator], kind: str
) -> None:
    doc = CLASSES[kind].__doc__ or ""
    text = " ".join(doc.split())
    named = set(re.findall(r"``([a-z][a-z0-9 -]*)``", text))
    if re.search(r"^ +=+  =+$", doc, re.M):  # a table
        rows = re.findall(r"^    (\S+(?:,? \S+)*)(?:  |$)", doc, re.M)
        named |= {name for row in rows for name in row.split(", ")}
    missing = set(ORDERS[kind]) - named
    assert {order for order in missing if order not in text} == set(), (
        "they are not in its docstring"
    )
    for name in named - set(ORDERS[kind]):
        with pytest.raises((ValueError, TypeError)):
            emulators[kind].obey(name)


@pytest.mark.parametrize("kind", ORDERS)
@pytest.mark.parametrize("standing", ["slow", "mute"])
def test_what_lasts_for_a_while_is_taken_back_and_nothing_else(
    emulators: dict[str, Emulator], kind: str, standing: str
) -> None:
    emulator = emulators[kind]
    emulator.obey("well")
    for name in ORDERS[kind]:
        end = taking_back(Clause(kind, name))
        if end and (kind, end.order) not in SERVICE_NEEDED:
            emulator.obey(end.order, **end.facts)
    if standing in ORDERS[kind]:
        emulator.obey(standing, **NEEDED.get((kind, standing), {}))
    for name in ORDERS[kind]:
        if (kind, name) in SERVICE_NEEDED or name == standing:
            continue
        clause = Clause(kind, name, NEEDED.get((kind, name), {}))
        end = taking_back(clause)
        if end is None:
            with pytest.raises(ScriptError, match="nothing that lasts"):
                parse(f"{kind}: {name} for 1 s", ORDERS)
            continue
        before = lasting(emulator)
        emulator.obey(name, **clause.facts)
        assert (lasting(emulator) != before) is ((kind, name) not in UNSEEN), name
        emulator.obey(end.order, **end.facts)
        assert lasting(emulator) == before, name
    emulator.obey("well")


UNSEEN = {("xfs4iot", name) for name in ("auto retract", "present late", "version", "host")}


def lasting(emulator: Emulator) -> dict[str, Any]:
    """What one sees, without what has happened meanwhile. That a printer was jammed its host must
    also tell it."""
    happened = {"call_presses", "arrivals", "sent", "jammed"}
    return {name: seen for name, seen in emulator.look().items() if name not in happened}


def test_cards_are_told_by_their_fields() -> None:
    assert ORDERS[Kind.ID_CARD]["put"].facts.keys() == {*IdCard.__dataclass_fields__, "new_address"}
    chips = {*BankFacts.__struct_fields__, *SocialSecurityFacts.__struct_fields__, "kind"}
    assert ORDERS[Kind.SMART_CARD]["put"].facts.keys() == chips
    assert ORDERS[Kind.SMART_CARD]["swap"].facts.keys() == chips | {"at"}
    assert ORDERS["xfs4iot"]["put card"].facts.keys() == chips


def test_the_desk_speaks_the_language_of_scripts() -> None:
    for part in parts.of(ORDERS):
        for lever in part.levers:
            assert len(clauses(part.device, lever.script)) == 1
            assert undoing(part.device, lever) or not lever.seen
        for act in part.orders.values():
            assert len(clauses(part.device, act)) == 1
    shown = {part.device for part in parts.of(ORDERS)}
    assert shown == {*ORDERS} - {CITIZEN}, "a device is not on the desk"


# -- scripts that run -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="script-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def whole_rig(directory: Path) -> Iterator[Rig]:
    rig = Rig(
        {
            Kind.ID_CARD: Noted(IdCardReader(directory / Kind.ID_CARD, pace=False)),
            Kind.RECEIPT_PRINTER: Noted(ReceiptPrinter()),
            Kind.DOCUMENT_PRINTER: Noted(DocumentPrinter(seconds_per_page=0.0)),
        },
        directory / app.SOCKET,
    )
    rig.start()
    yield rig
    rig.stop()


@pytest.fixture
def rig(whole_rig: Rig) -> Iterator[Rig]:
    yield whole_rig
    for device in whole_rig.devices:
        whole_rig.tell(device, "well")
    whole_rig.tell(Kind.ID_CARD, "plug")
    whole_rig.tell(Kind.RECEIPT_PRINTER, "tear")
    assert eventually(lambda: not scripts_run())


def scripts_run() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "fault script"]


@pytest.fixture
def remote(rig: Rig, directory: Path) -> Iterator[Remote]:
    with closing(Remote(directory / app.SOCKET)) as remote:
        yield remote


def eventually(true: Callable[[], Any], seconds: float = PATIENCE_S) -> Any:
    until = time.monotonic() + seconds
    while not (seen := true()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)
    return seen


def print_lines(rig: Rig, lines: int) -> None:
    host, _, port = rig.devices[Kind.RECEIPT_PRINTER].address.removeprefix("tcp://").partition(":")
    with socket.create_connection((host, int(port)), 5) as line:
        line.sendall(b"paid\n" * lines + b"\x1dV\x00")


def told(rig: Rig, device: str) -> list[str]:
    return [order for order, _ in noted.told(rig, device)]


def test_paper_runs_out_in_the_middle_of_a_slip_and_comes_back(rig: Rig) -> None:
    run = rig.run("printer: paper out after 12 lines; refill after 2 s")
    time.sleep(0.4)
    assert told(rig, "printer")[-1] == "paper out", "it waits for the lines, not for the clock"
    print_lines(rig, 20)
    eventually(lambda: rig.look("printer")["paper"] == "out")
    begun = time.monotonic()
    assert run.wait(PATIENCE_S)
    assert time.monotonic() - begun > 1.0
    assert run.trouble == ""
    slip = eventually(lambda: rig.look("printer")["texts"])
    assert slip == [["paid"] * 20]
    assert rig.look("printer")["paper"] == "full"


def test_what_lasts_is_taken_back(rig: Rig) -> None:
    run = rig.run("reader: unplug for 100 ms; put name=张三 number=990101199003071018")
    assert run.wait(PATIENCE_S)
    assert told(rig, Kind.ID_CARD)[-3:] == ["unplug", "plug", "put"]
    seen = rig.look(Kind.ID_CARD)
    assert (seen["plugged"], seen["card"]) == (True, "put")
    rig.tell(Kind.ID_CARD, "lift")


def test_clauses_without_a_time_are_told_at_once(rig: Rig) -> None:
    run = rig.run("printer: jam after 50 lines; a4: paper out\nreader: mute for 2")
    assert run.wait(PATIENCE_S)
    assert not rig.look("printer")["jammed"]
    assert "media-empty-error" in rig.look("a4")["reasons"]
    assert rig.look("reader")["faults"] == ["mute"]


@pytest.mark.parametrize(("device", "ended"), [("printer", True), ("a4", True), ("reader", False)])
def test_well_ends_what_is_still_to_come_for_the_device(rig: Rig, device: str, ended: bool) -> None:
    run = rig.run("printer: open cover; a4: jam after 600 s; printer: close cover")
    eventually(lambda: "open cover" in told(rig, "printer"))
    rig.tell(device, "well")
    assert run.wait(0.3 if not ended else 10) is ended
    run.cancel()
    assert run.wait(PATIENCE_S)
    assert "jam" not in told(rig, "a4")


def test_its_own_well_does_not_end_it_another_ones_does(rig: Rig) -> None:
    first = rig.run("printer: jam after 50 lines; mute after 600 s")
    other = rig.run("printer: jam; well after 0 s; open cover after 10 ms")
    assert other.wait(PATIENCE_S)
    assert told(rig, "printer") == ["well", "open cover"]
    assert first.cancelled
    assert first.wait(PATIENCE_S)


def test_the_end_of_one_fault_leaves_others_and_other_scripts(rig: Rig) -> None:
    other = rig.run("reader: slow seconds=1; mute after 600 s")
    eventually(lambda: "slow" in rig.look("reader")["faults"])
    assert rig.run("reader: junk for 50 ms").wait(PATIENCE_S)
    assert rig.look("reader")["faults"] == ["slow"]
    assert not other.cancelled
    rig.tell("reader", "well", fault="slow")
    assert rig.look("reader")["faults"] == []
    assert not other.cancelled
    other.cancel()
    assert other.wait(PATIENCE_S)


def test_an_order_that_the_device_refuses_ends_it(
    rig: Rig, remote: Remote, caplog: pytest.LogCaptureFixture
) -> None:
    text = "printer: jam\nreader: put name=张三 number=1 kind=dog\nprinter: clear jam"
    run = rig.run(text)
    assert run.wait(PATIENCE_S)
    assert run.trouble.startswith("line 2, id_card: no such card")
    assert told(rig, "printer")[-1] == "jam"
    assert messages(caplog, "drivers.emulators.rig") == ["a fault script ended early"]
    with pytest.raises(ValueError, match="line 2, id_card"):
        remote.run(text, wait=PATIENCE_S)


def test_not_too_many_at_once(rig: Rig) -> None:
    runs = [rig.run("reader: mute; lift after 600 s") for _ in range(MOST_SCRIPTS)]
    with pytest.raises(ValueError, match="at the same time"):
        rig.run("reader: mute")
    for run in runs:
        run.cancel()
    assert all(run.wait(PATIENCE_S) for run in runs)
    assert eventually(lambda: not scripts_run())
    assert rig.run("reader: mute").wait(PATIENCE_S)


def test_over_the_socket(rig: Rig, remote: Remote) -> None:
    assert remote.run("reader: mute; slow after 100 ms", wait=PATIENCE_S)
    assert remote.look("reader")["faults"] == ["mute", "slow"]
    assert not remote.run("reader: junk; lift after 600 s", wait=0.05)
    assert not remote.run("reader: split")
    with pytest.raises(ValueError, match="line 1, column 9: id_card knows no order"):
        remote.run("reader: levitate")
    eventually(lambda: "split" in remote.look(Kind.ID_CARD)["faults"])


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"script": 7}, "a text"),
        ({"script": None}, "a text"),
        ({"script": ""}, "no order"),
        ({"script": "reader: mute", "wait": "x"}, "a number"),
        ({"script": "reader: mute", "wait": True}, "a number"),
        ({"script": "reader: mute", "wait": -1}, "0 to 3600"),
        ({"script": "reader: mute", "wait": 1e99}, "0 to 3600"),
        ({"script": "reader: mute", "wait": float("nan")}, "0 to 3600"),
        ({"script": "reader: mute", "device": Kind.ID_CARD}, "order"),
    ],
)
def test_what_is_no_script_is_an_answer(rig: Rig, asked: dict[str, Any], says: str) -> None:
    answer = rig.hear(json.dumps(asked).encode())
    assert list(answer) == ["error"]
    assert says in answer["error"]


def test_the_end_of_the_rig_ends_its_scripts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rig = Rig({Kind.RECEIPT_PRINTER: Noted(ReceiptPrinter())}, Path("s"))
    rig.start()
    waits = rig.run("printer: jam after 12 lines; clear jam after 1 s")
    sleeps = rig.run("printer: mute; well after 600 s")
    answers: list[bool] = []

    def ask() -> None:
        with closing(Remote(Path("s"))) as remote:
            answers.append(remote.run("printer: hot head; tear after 600 s", wait=PATIENCE_S))

    asking = threading.Thread(target=ask)
    asking.start()
    eventually(lambda: "hot head" in told(rig, "printer"))
    begun = time.monotonic()
    rig.stop()
    assert time.monotonic() - begun < PROMPT_S
    asking.join(PATIENCE_S)
    assert not asking.is_alive()
    assert waits.wait(0)
    assert sleeps.wait(0)
    with pytest.raises(ValueError, match="scripts"):
        rig.run("printer: jam")
    rig.start()  # and again
    assert rig.run("printer: well").wait(PATIENCE_S)
    rig.stop()


# -- the command line -----------------------------------------------------------------------------


def test_tell_and_look(rig: Rig, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = directory / "terminal.toml"
    assert app.tell(directory, "a4: paper low", terminal=nowhere) == 0
    eventually(lambda: "paper low" in told(rig, "a4"))
    assert app.tell(directory, "printer: jam; well after 1 ms", wait=10, terminal=nowhere) == 0
    print_lines(rig, 2)
    eventually(lambda: rig.look("printer")["slips"])
    assert capsys.readouterr() == ("", "")
    assert app.look(directory, "printer", terminal=nowhere) == 0
    seen = json.loads(capsys.readouterr().out)
    assert seen["texts"] == [["paid", "paid"]]
    assert re.fullmatch(r"\d+ bytes", seen["slips"][0])


def test_what_cannot_be_told_is_a_sentence(
    rig: Rig, directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = directory / "terminal.toml"
    assert app.tell(directory, "printer: levitate", terminal=nowhere) == 1
    assert "line 1, column 10: receipt_printer knows no order" in capsys.readouterr().err
    assert app.tell(directory, "reader: mute; lift after 9 s", wait=0.05, terminal=nowhere) == 1
    assert "has not ended" in capsys.readouterr().err
    assert app.look(directory, "dog", terminal=nowhere) == 1
    assert "no device 'dog'" in capsys.readouterr().err
    assert app.look(tmp_path, "printer", terminal=nowhere) == 1
    assert "no desk answers" in capsys.readouterr().err


SERVICE = (
    'terminal = "T1"\nproduction = {}\n[centre]\nurl = "http://x"\nseal_roots = "r"\nsealer = "s"\n'
)


def kiosk_desk(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kiosk", "desk", *words],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_whole_command(rig: Rig, directory: Path) -> None:
    settings = directory / "demo.toml"
    settings.write_text(SERVICE.format("false"), encoding="utf-8")
    place = ("--directory", str(directory), "--settings", str(settings))
    done = kiosk_desk(*place, "tell", "-", "--wait", "10", stdin="# from a file\nreader: mute\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = kiosk_desk(*place, "look", "reader")
    assert json.loads(done.stdout)["faults"] == ["mute"]


@pytest.mark.parametrize(
    ("folder", "says"), [("", "somebody listens there"), ("x" * 100, "path too long")]
)
def test_where_there_can_be_no_desk(rig: Rig, directory: Path, folder: str, says: str) -> None:
    where = directory / folder
    where.mkdir(exist_ok=True)
    settings = directory / "demo.toml"
    settings.write_text(SERVICE.format("false"), encoding="utf-8")
    done = kiosk_desk("--directory", str(where), "--settings", str(settings), "--headless")
    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert (directory / Kind.ID_CARD).exists(), "the first desk lost its reader"


@pytest.mark.parametrize("words", [("--headless",), ("tell", "reader: mute"), ("look", "reader")])
def test_refused_in_production(rig: Rig, directory: Path, words: tuple[str, ...]) -> None:
    settings = directory / "service.toml"
    settings.write_text(SERVICE.format("true"), encoding="utf-8")
    place = directory / "none"
    place.mkdir(exist_ok=True)
    where = place if words == ("--headless",) else directory
    done = kiosk_desk("--directory", str(where), "--settings", str(settings), *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is in production" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(place.iterdir()) == []
    assert rig.look("reader")["faults"] == []
