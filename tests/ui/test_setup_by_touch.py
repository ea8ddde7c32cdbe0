"""Setting a terminal up by touching: real clicks, emulated devices, the file that comes of it."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from drivers.device import Kind
from drivers.emulators.code_scanner import CodeScanner
from drivers.emulators.document_printer import DocumentPrinter
from drivers.emulators.io_board import IoBoard
from drivers.emulators.pin_pad import PinPad
from drivers.emulators.rig import Emulator
from kiosk import settings as settings_file
from kiosk.doctor.examination import Report
from kiosk.doctor.findings import Finding, Verdict
from kiosk.enrolment import key as keys
from kiosk.enrolment import ticket as tickets
from kiosk.enrolment.identity import TerminalIdentity
from kiosk.setup import at_screen, procedure
from kiosk.setup.at_screen import AtScreen
from kiosk.setup.discovery import Discovery, FoundDevice, SearchPlace
from kiosk.setup.procedure import SetupOrder
from kiosk.setup.questions import GivenAnswers
from kiosk.workshop.sandbox.server import serving_both
from kiosk.workshop.sandbox.tls import SandboxCa
from tests.centre_server import CentreServer, reply
from tests.contract.test_doctor_network import CertificateAuthority
from tests.contract.test_enrolment import EnrolmentStage
from tests.ui.cases import pdf as one_page
from tests.ui.theatre import Setting, Theatre, is_text
from ui import views
from ui.setup_app import CONSOLE, SERVE, SetupApp

ROOT = Path(__file__).parents[2]
PATIENCE_MS = 60_000
PDF = one_page()


@dataclass
class TouchingTechnician:
    """Who touches the screen, on which setup goes on."""

    theatre: Theatre

    def sees(self, *words: str) -> None:
        """Wait until all ``words`` are on the page, and buttons can be pressed."""
        assert self.theatre.until(lambda: all(map(self._seen, words)), PATIENCE_MS), self.texts()
        self.theatre.settle()

    def _seen(self, words: str) -> bool:
        return any(words in text for text in self.texts())

    def texts(self) -> list[str]:
        return [str(item.property("text")) for item in self.theatre.items() if is_text(item)]

    def presses(self, *buttons: str) -> None:
        for name in buttons:
            assert self.theatre.until(partial(self.can_press, name), PATIENCE_MS), name
            self.theatre.press(self.theatre.button(name))

    def can_press(self, name: str) -> bool:
        return any(each.objectName() == name for each in self.theatre.buttons())

    def types(self, words: str) -> None:
        """Key by key, from an empty field on."""
        self.presses("clear")
        for letter in words:
            if letter.isupper():
                self.presses("shift", letter.lower(), "shift")
            else:
                self.presses(letter)
        self.presses("confirm")


@pytest.fixture
def technician() -> Iterator[TouchingTechnician]:
    theatre = Theatre(Setting())
    yield TouchingTechnician(theatre)
    theatre.page.sets_up = False
    theatre.close()


@dataclass
class TouchStand:
    """A machine with devices on ptys, and the program that sets it up."""

    folder: Path
    devices: dict[str, Emulator]
    printer: DocumentPrinter = field(default_factory=DocumentPrinter)
    app: SetupApp | None = None

    @property
    def order(self) -> SetupOrder:
        return SetupOrder(
            self.folder / "etc/terminal.toml",
            GivenAnswers(),
            self.folder / "60-kiosk.rules",
            self.folder / "kept",
            prints=False,
        )

    @property
    def place(self) -> SearchPlace:
        ports = tuple(self.folder / name for name in self.devices)
        return SearchPlace(
            self.folder / "root", ports, "", (1,), str(self.folder / "none"), listen_s=0
        )

    @property
    def scanner(self) -> Discovery:
        """The code scanner alone, as the search finds it."""
        table = {"driver": "serial", "port": str(self.folder / "scanner")}
        return Discovery((FoundDevice(Kind.CODE_SCANNER, table, "scanner"),))

    def begin(
        self,
        theatre: Theatre,
        run: Callable[[AtScreen], int] | None = None,
    ) -> list[int]:
        """Begin on the screen; the exit code comes into the list."""
        ends: list[int] = []
        usual = lambda technician: procedure.run(self.order, self.place, technician)  # noqa: E731
        self.app = SetupApp(theatre.stage, run or usual)
        self.app.over.connect(ends.append)
        self.app.start()
        return ends


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TouchStand]:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    monkeypatch.delenv(keys.TPM_ELSEWHERE, raising=False)
    devices: dict[str, Emulator] = {
        "scanner": CodeScanner(tmp_path / "scanner"),
        "pad": PinPad(tmp_path / "pad"),
        "board": IoBoard(tmp_path / "board"),
    }
    stand = TouchStand(tmp_path, devices)
    emulators: tuple[Emulator, ...] = (*devices.values(), stand.printer)
    for device in emulators:
        device.start()
    yield stand
    if stand.app:
        stand.app.close()
    for device in emulators:
        device.stop()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EnrolmentStage]:
    directory = tmp_path_factory.mktemp("centre")
    with serving_both(directory) as addresses:
        yield EnrolmentStage(addresses.api, addresses.beside, SandboxCa(directory))


class FitTerminal:
    """What the doctor finds where nothing is to mend."""

    unkept = ""
    findings: tuple[Finding, ...] = (Finding("machine", "clock", Verdict.GOOD, "right"),)

    def __init__(self, *_where: Any, prints: bool) -> None:
        self.report = Report("T0007", datetime.now(UTC), self.findings)

    def write(self, pdf: Path) -> list[str]:
        pdf.parent.mkdir(exist_ok=True)
        pdf.write_bytes(PDF)
        return []


def test_a_machine_is_set_up_by_touching_alone(
    technician: TouchingTechnician, stand: TouchStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(at_screen, "Examined", FitTerminal)
    ends = stand.begin(technician.theatre)
    technician.sees("安装这台终端")
    technician.presses("begin")
    technician.sees("找到了这些", "密码键盘")
    technician.presses("on")
    technician.sees("先不入网")
    technician.presses("later")
    technician.sees("终端在中心的编号")
    technician.types("T_7")
    technician.sees("请用字母、数字和连字符，最多 32 个")
    technician.types("T0007")
    technician.sees("中心的地址", "https://▏")
    technician.presses("gjj.", "y", "l", ".gov.cn", "confirm")
    technician.sees("中心的文件由谁盖章")
    technician.presses("scan")
    technician.sees("请把二维码对准扫码窗")
    stand.devices["scanner"].obey("present", text="演示中心")
    technician.sees("演示中心▏")
    technician.presses("confirm")
    technician.sees("终端安装在哪里", "低位：坐着用")
    technician.presses("back")
    technician.sees("中心的文件由谁盖章", "演示中心▏")
    technician.presses("confirm")
    technician.sees("低位：坐着用")
    technician.presses("lowered")
    technician.sees("触摸屏下边缘离地高度")
    technician.presses("8", "5", "0", "confirm")
    technician.sees("将要写入", "在中心的编号")
    assert not stand.order.file.exists()
    technician.presses("write")
    technician.sees("验收：终端 T0007", "可以投入使用")
    settings = settings_file.load(stand.order.file)
    assert settings.terminal == "T0007"
    assert settings.centre.url == "https://gjj.yl.gov.cn"
    assert settings.centre.sealer == "演示中心"
    assert (settings.profile, settings.screen.mounted_mm) == ("lowered", 850)
    assert settings.devices[Kind.PIN_PAD]["port"] == str(stand.folder / "pad")
    assert settings.devices[Kind.CODE_SCANNER]["port"] == str(stand.folder / "scanner")
    technician.presses("serve")
    assert technician.theatre.until(lambda: ends == [SERVE])


def test_leaving_leads_to_the_first_page_which_nobody_can_leave(
    technician: TouchingTechnician, stand: TouchStand
) -> None:
    stand.begin(technician.theatre, lambda at: at.content(Discovery()))
    technician.sees("安装这台终端")
    assert not technician.can_press("leave")
    technician.presses("begin")
    technician.sees("找到了这些")
    technician.presses("leave")
    technician.sees("安装这台终端")
    assert not technician.can_press("leave")


def test_the_language_changes_in_the_middle(
    technician: TouchingTechnician, stand: TouchStand
) -> None:
    stand.begin(technician.theatre)
    technician.sees("安装这台终端")
    technician.presses("begin")
    technician.sees("找到了这些", "密码键盘")
    technician.presses("language")
    technician.sees("This was found", Kind.PIN_PAD)
    technician.presses("again")
    technician.sees("This was found")
    technician.presses("on")
    technician.sees("Not now")
    technician.presses("later")
    technician.sees("The terminal's number at the centre")
    technician.types("T_7")
    technician.sees("letters, digits and hyphens, at most 32")
    technician.presses("leave")
    technician.sees("Set this terminal up")
    technician.presses("language")


def test_what_is_typed_at_a_keyboard_counts_too(
    technician: TouchingTechnician, stand: TouchStand
) -> None:
    """As a scanner types that is a keyboard to the machine."""
    stand.begin(technician.theatre, lambda at: len(at.text("number", "", str)))
    technician.sees("安装这台终端")
    technician.presses("begin")
    technician.sees("number")
    for key in (Qt.Key.Key_T, Qt.Key.Key_Minus, Qt.Key.Key_9):
        QTest.keyClick(technician.theatre.window, key)
    technician.sees("t-9▏")


def is_asked_for_a_number(
    technician: TouchingTechnician, stand: TouchStand, scanner: Discovery
) -> list[int]:
    """Go to a question whose usual answer is 1, after ``scanner`` was found."""

    def run(at: AtScreen) -> int:
        at.content(scanner)
        return int(at.text("number", "1", str))

    ends = stand.begin(technician.theatre, run)
    technician.sees("安装这台终端")
    technician.presses("begin")
    technician.sees("找到了这些")
    technician.presses("on")
    technician.sees("1▏")
    return ends


def test_a_scan_that_is_stopped_leaves_what_was_typed(
    technician: TouchingTechnician, stand: TouchStand
) -> None:
    ends = is_asked_for_a_number(technician, stand, stand.scanner)
    technician.presses("2", "scan")
    technician.sees("请把二维码对准扫码窗")
    technician.presses("stop")
    technician.sees("12▏")
    stand.devices["scanner"].obey("unplug")
    technician.presses("3", "scan")
    technician.sees("123▏", str(stand.folder / "scanner"))
    assert not ends


def test_a_bug_of_a_scan_is_told_and_words_can_be_typed(
    technician: TouchingTechnician, stand: TouchStand
) -> None:
    no_driver = Discovery((FoundDevice(Kind.CODE_SCANNER, {}, "scanner"),))
    is_asked_for_a_number(technician, stand, no_driver)
    technician.presses("scan")
    technician.sees("1▏", "KeyError: 'driver'")


def test_what_hinders_setup_is_told_and_it_begins_again(
    technician: TouchingTechnician, stand: TouchStand
) -> None:
    troubles: list[Exception] = [
        click.ClickException("/etc cannot be written"),
        RuntimeError("a bug"),
    ]

    def run(_at: AtScreen) -> int:
        raise troubles.pop(0)

    ends = stand.begin(technician.theatre, run)
    for told in ("/etc cannot be written", "RuntimeError: a bug"):
        technician.sees("安装这台终端")
        technician.presses("begin")
        technician.sees("没有做成", told)
        technician.presses("again")
    technician.sees("安装这台终端")
    technician.presses("console")
    assert technician.theatre.until(lambda: ends == [CONSOLE])


def test_a_terminal_that_is_not_fit_does_not_serve(
    technician: TouchingTechnician, stand: TouchStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    class UnfitTerminal(FitTerminal):
        findings = (Finding("network", "TLS", Verdict.BAD, "no certificate", "kiosk enrol"),)

    monkeypatch.setattr(at_screen, "Examined", UnfitTerminal)
    settings = settings_file.Settings(
        terminal="T0007",
        centre=settings_file.CentreSettings(url="", seal_roots=Path()),
        devices={Kind.DOCUMENT_PRINTER: {"driver": "ipp", "uri": stand.printer.address}},
    )
    order = stand.order

    def run(at: AtScreen) -> int:
        at.complain("udev has not named the devices")  # as the writing of their names does
        return at.accept(settings, order.file, order.keep, None, prints=False)

    stand.begin(technician.theatre, run)
    technician.sees("安装这台终端")
    technician.presses("begin")
    technician.sees("验收：终端 T0007", "不合格", "kiosk enrol", "先处理不合格的")
    technician.sees("udev has not named the devices")
    assert not technician.can_press("serve")
    technician.presses("print")
    technician.sees("验收报告已出纸，请签字")
    assert stand.printer.look()["pages"] == 1
    stand.printer.stop()
    technician.presses("print")
    technician.sees("127.0.0.1")
    monkeypatch.setattr(at_screen, "Examined", FitTerminal)
    technician.presses("again")
    technician.sees("可以投入使用", "udev has not named the devices")


def test_the_program_itself_ends_with_what_was_chosen(tmp_path: Path) -> None:
    """In a process of its own, whose window nobody can click: the first page is answered for it."""
    program = (
        "import sys; from pathlib import Path; from kiosk.setup import at_screen, questions\n"
        "from kiosk.setup.discovery import SearchPlace\n"
        "from kiosk.setup.procedure import SetupOrder; from ui import setup_app\n"
        "at_screen.AtScreen.heard = lambda self, step, seconds=None: step.check('console')\n"
        "order = SetupOrder(Path(sys.argv[1]), questions.GivenAnswers())\n"
        "setup_app.main(order, SearchPlace())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "terminal.toml")],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (CONSOLE, "")


# -- enrolment -------------------------------------------------------------------------------------


def enrols(technician: TouchingTechnician, stand: TouchStand) -> list[bool]:
    """Begin an enrolment alone, with the scanner of the stand; what comes of it is in the list."""
    ends: list[bool] = []

    def run(at: AtScreen) -> int:
        at.content(stand.scanner)
        ends.append(at.enrolled(stand.order.file))
        return 1

    stand.begin(technician.theatre, run)
    technician.sees("安装这台终端")
    technician.presses("begin")
    technician.sees("找到了这些")
    technician.presses("on")
    technician.sees("先不入网")
    return ends


def code_of(technician: TouchingTechnician) -> str:
    """The code on the page, once there is one."""
    shown = technician.theatre.page
    assert technician.theatre.until(lambda: bool(getattr(shown.shows, "code", "")), PATIENCE_MS)
    technician.theatre.settle()
    return str(shown.shows.code)  # type: ignore[attr-defined]  # of this page


def test_a_terminal_is_enrolled_on_its_way_into_service(
    technician: TouchingTechnician,
    stand: TouchStand,
    stage: EnrolmentStage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the centre tells is neither asked nor written a second time."""
    monkeypatch.setattr(at_screen, "Examined", FitTerminal)
    stand.begin(technician.theatre)
    technician.sees("安装这台终端")
    technician.presses("begin")
    technician.sees("找到了这些")
    technician.presses("on")
    technician.sees("先不入网")
    technician.presses("centre")
    technician.sees("中心的入网网址")
    technician.types(stage.beside)
    code = code_of(technician)
    key = TerminalIdentity(stand.folder).waiting_key()
    assert key
    technician.sees(code, key.hash[:8])
    assert technician.theatre.page.shows.rows == views._qr_rows(key.hash)  # type: ignore[attr-defined]
    stage.allow(code, "YL-0301", place="新客站")
    technician.sees("入网完成", "YL-0301", "新客站")
    technician.presses("on")
    technician.sees("终端安装在哪里")
    technician.presses("supermarket")
    technician.sees("触摸屏下边缘离地高度")
    technician.presses("0", "confirm")
    technician.sees("将要写入")
    technician.presses("write")
    technician.sees("可以投入使用")
    settings = settings_file.load(stand.order.file)
    assert (settings.terminal, settings.centre.url) == ("YL-0301", stage.api)
    assert "YL-0301" not in stand.order.file.read_text(encoding="utf-8")
    technician.presses("leave")
    technician.sees("安装这台终端")


def test_a_terminal_that_is_enrolled_already_goes_on(
    technician: TouchingTechnician, stand: TouchStand, stage: EnrolmentStage
) -> None:
    ends = enrols(technician, stand)
    technician.presses("centre")
    technician.types(stage.beside)
    stage.allow(code_of(technician), "YL-0302")
    technician.sees("入网完成")
    technician.presses("on")
    technician.sees("安装这台终端")
    technician.presses("begin")
    technician.sees("找到了这些")
    technician.presses("on")
    technician.sees("这台终端已经入网", "YL-0302")
    technician.presses("on")
    technician.sees("安装这台终端")
    assert ends == [True, True]


def test_a_refusal_of_the_centre_is_told_and_it_can_be_put_off(
    technician: TouchingTechnician, stand: TouchStand, stage: EnrolmentStage
) -> None:
    ends = enrols(technician, stand)
    technician.presses("centre")
    technician.types(stage.beside)
    stage.page("/allow", code=code_of(technician), number="YL-0303", answer="no")
    technician.sees("没有入网", "中心拒绝这台终端：中心没有同意这台终端入网。")
    technician.presses("on")
    technician.sees("先不入网")
    technician.presses("later")
    technician.sees("安装这台终端")
    assert ends == [False]


def test_without_a_network_the_page_says_so_and_back_leads_out(
    technician: TouchingTechnician, stand: TouchStand
) -> None:
    enrols(technician, stand)
    technician.presses("centre")
    technician.sees("中心的入网网址")
    technician.types("nothing")
    technician.sees("https://gjj.example.gov.cn")
    technician.types("http://127.0.0.1:9")
    technician.sees("现在连不上中心", "查网线和网址")
    technician.presses("back")
    technician.sees("先不入网")
    technician.presses("centre")
    technician.sees("http://127.0.0.1:9▏")
    technician.presses("back")
    technician.sees("先不入网")


def test_a_centre_with_a_ca_of_its_own_is_known_by_the_sha256_it_tells(
    technician: TouchingTechnician, stand: TouchStand, tmp_path: Path
) -> None:
    files = CertificateAuthority(tmp_path, "Root of the Centre").issue("centre")
    told = x509.load_pem_x509_certificate(files[0].read_bytes()).fingerprint(SHA256()).hex()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    opened = {"id": "secret", "code": "K7Q2-9XMD", "valid_s": 1800, "poll_s": 1}
    with CentreServer(context) as centre:
        centre.on("POST", "/v1/enrolments", reply(201, opened))
        centre.on("GET", "/v1/enrolments/secret", reply(200, {"state": "waiting"}))
        enrols(technician, stand)
        technician.presses("centre")
        technician.types(centre.url)
        technician.sees("中心证书的 SHA-256", "请中心告诉您")
        technician.types("3f")
        technician.sees("请填 64 位")
        technician.types("3f" * 32)
        technician.sees("服务器出示的是另一张证书：不要继续")
        assert not centre.requests
        technician.presses("scan")
        technician.sees("请把二维码对准扫码窗")
        stand.devices["scanner"].obey("present", text=told)
        technician.sees(f"{told}▏")
        technician.presses("confirm")
        technician.sees("K7Q2-9XMD")
        technician.presses("back")
        technician.sees("先不入网")


def test_without_the_certificate_of_a_signer_no_ticket_is_scanned(
    technician: TouchingTechnician, stand: TouchStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    signers = stand.folder / "signers.pem"
    asked = settings_file.EnrolmentSettings(tickets=signers)
    monkeypatch.setattr(settings_file, "before_enrolment", lambda _file: (asked, stand.folder))
    enrols(technician, stand)
    technician.presses("ticket")
    technician.sees("用入网票", "终端不读 U 盘", f"没有签票人的证书 {signers}", "缺签票人的证书")
    assert not technician.can_press("scan")
    signers.touch()
    technician.presses("back", "ticket")
    technician.sees("用入网票")
    assert technician.can_press("scan")


def test_a_ticket_is_scanned_from_its_codes(
    technician: TouchingTechnician,
    stand: TouchStand,
    stage: EnrolmentStage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signers = stand.folder / "signers.pem"
    asked = settings_file.EnrolmentSettings(tickets=signers)
    monkeypatch.setattr(settings_file, "before_enrolment", lambda _file: (asked, stand.folder))
    signer = stage.ca.signer_of_tickets().read_text()
    signers.write_text(signer.partition("-----BEGIN PRIVATE")[0])
    ends = enrols(technician, stand)
    technician.presses("ticket")
    technician.sees("用入网票", "发给中心")
    shown = technician.theatre.page.shows
    key = TerminalIdentity(stand.folder).waiting_key()
    assert key
    request = TerminalIdentity(stand.folder).request(key).request
    assert shown.rows == views._qr_rows(request)  # type: ignore[attr-defined]
    text = stage.page("/ticket", request=request, number="YL-0320", place="山里", hours="8")
    parts = tickets.parts(text)
    stand.devices["scanner"].obey("unplug")
    technician.presses("scan")
    technician.sees("没有入网", str(stand.folder / "scanner"))
    technician.presses("back")
    technician.sees("先不入网")
    technician.presses("ticket", "scan")
    technician.sees("没有入网")
    stand.devices["scanner"].obey("plug")
    technician.presses("on")
    technician.sees("请把二维码对准扫码窗")
    stand.devices["scanner"].obey("present", text=parts[1])
    technician.sees(f"已扫 1 张，共 {len(parts)} 张")
    stand.devices["scanner"].obey("present", text="KT9/9:abc")
    technician.sees("没有入网", "扫到的不是同一张入网票")
    stand.devices["scanner"].obey("remove")
    technician.presses("on", "ticket", "scan")
    for count, part in enumerate(parts, 1):
        technician.sees("请把二维码对准扫码窗")
        stand.devices["scanner"].obey("present", text=part)
        technician.sees(f"已扫 {count} 张" if count < len(parts) else "入网完成")
    technician.sees("YL-0320", "山里")
    technician.presses("on")
    technician.sees("安装这台终端")
    assert ends == [True]
