"""The technician's pages while a terminal is set up by touching."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from drivers.device import Kind
from drivers.sentence import Sentence, en
from kiosk.setup.at_screen import WELCOME
from kiosk.setup.enrolment_pages import SHA256, WAYS
from kiosk.visit.setup_steps import CheckLine, EnterText, ShowChecks, ShowEnrolment
from kiosk.visit.steps import Action, Choose, EnterNumber, Option, Step, Tone
from kiosk.words import _

_FOUND = (
    CheckLine(
        Sentence(Kind.ID_CARD),
        "/dev/ttyUSB0 (0403:6001 FT232R USB UART), SDT/SAM 05.07",
        tone=Tone.GOOD,
    ),
    CheckLine(
        Sentence(Kind.RECEIPT_PRINTER),
        "/dev/ttyUSB1 (1a86:7523 USB Serial), ESC/POS",
        tone=Tone.GOOD,
    ),
    CheckLine(
        Sentence(Kind.DOCUMENT_PRINTER), "ipp://192.0.2.20/ipp/print, Laser 2200", tone=Tone.GOOD
    ),
    CheckLine(
        "/dev/ttyACM0 (0483:5740)",
        en("no driver gets an answer"),
        en("switch what it asks off and on, and examine again"),
        Tone.ATTENTION,
    ),
    CheckLine(en("touch panel"), "ILITEK Multi-Touch", tone=Tone.GOOD),
)
CODE = ShowEnrolment(
    _("等中心准许"),
    _("代码半小时有效，过期自动换新的"),
    (
        _("打开中心的入网页面，或给中心打电话"),
        _("输入代码、本机编号、放在哪里"),
        _("核对公钥的 SHA-256 相同，准许；这里会自动继续"),
    ),
    "3f7a09c1" * 8,
    "3f7a09c1" * 8,
    "K7Q2-9XMD",
)
_TICKET = replace(
    CODE,
    title=_("用入网票"),
    lead=_("只给这一个密钥，只用一次。终端不读 U 盘：票在 U 盘上，到文本控制台做"),
    steps=(
        _("用手机扫这个码，把读出的请求发给中心"),
        _("中心为它签入网票，发回几个二维码"),
        _("按“扫入网票”，逐个对准扫码窗，先后不论"),
    ),
    code="",
    scan="-----BEGIN CERTIFICATE REQUEST-----\n" + "MIHYMIGAAgEAMB4x" * 24,
    actions=(Action("scan", _("扫入网票"), "scan"),),
)
_AGAIN = Action("again", _("再查一遍"), "again")


def setup_samples() -> dict[str, Step[Any]]:
    """A step of every kind."""
    looking = en("looking at everything that is plugged in (up to half a minute)…")
    return {
        "97-setup-welcome": WELCOME,
        "97-setup-looking": ShowChecks(looking, _FOUND[:2], works=True),
        "97-setup-found": ShowChecks(
            _("找到了这些"),
            _FOUND,
            _("缺了什么？看线和电源，再查一遍"),
            actions=(_AGAIN, Action("on", _("继续"), "forward")),
        ),
        "97-setup-address": EnterText(
            en("The centre's address"),
            _("中心给的，以 https:// 开头"),
            "https://gjj.example.gov.cn",
            ("https://", "gjj.", ".gov.cn"),
            scans=True,
        ),
        "97-setup-number": EnterText(
            en("The terminal's number at the centre"),
            typed="T0001_",
            wrong=en("letters, digits and hyphens, at most 32"),
        ),
        "97-setup-sealer": EnterText(
            en("Who seals the centre's papers (organisation in the certificate)"),
            typed="云岭市住房公积金管理中心",
            wrong=en("a name"),
            scans=True,
        ),
        "97-setup-place": Choose(
            en("Where the terminal stands"),
            (
                Option("supermarket", en("supermarket: upright, for people who stand")),
                Option("bus-station", en("bus station: a wide screen in bright light")),
                Option("lowered", en("lowered: for people who sit")),
                Option("branch-stm", en("bank branch: the bank's own machine, XFS4IoT")),
            ),
        ),
        "97-setup-height": EnterNumber(
            en("Panel's lower edge above the floor, in mm (0: not measured)"),
            _("毫米"),
            _("毫米"),
            Decimal(0),
            Decimal(3000),
            places=0,
            whole=False,
            grouped=False,
        ),
        "97-setup-press": ShowChecks(
            en("Press the panel's upper left corner once (within {seconds} s)…", seconds="30"),
            works=True,
        ),
        "97-setup-ways": WAYS,
        "97-setup-enrolment": CODE,
        "97-setup-enrolment-trouble": replace(
            CODE,
            code="",
            trouble=_(
                "现在连不上中心：{why}。查网线和网址，这里会一直再试",
                why="unreachable: [Errno -3] Temporary failure in name resolution",
            ),
        ),
        "97-setup-sha256": replace(
            SHA256,
            typed=":".join(["3F"] * 32),
            scans=True,
            wrong=en("the server shows another certificate: go no further, ask the centre"),
        ),
        "97-setup-ticket": _TICKET,
        "97-setup-ticket-signer": replace(
            _TICKET,
            trouble=_(
                "没有签票人的证书 {file}：先在文本控制台放好", file="/etc/kiosk/ticket-signers.pem"
            ),
            actions=(Action("scan", _("扫入网票"), "scan", _("缺签票人的证书")),),
        ),
        "97-setup-verdict": ShowChecks(
            _("验收：终端 {terminal}", terminal="T0001"),
            (
                CheckLine("TLS", en("this terminal's certificate"), "kiosk enrol", Tone.BAD),
                *_FOUND,
                *(CheckLine(f"/dev/ttyS{n}", tone=Tone.GOOD) for n in range(8)),
            ),
            note=en("NOT fit for service: {count} to mend", count=1),
            note_tone=Tone.BAD,
            actions=(
                _AGAIN,
                Action("print", _("打印报告"), "printer"),
                Action("serve", _("投入使用"), "check", _("先处理不合格的")),
            ),
        ),
        "97-setup-failed": ShowChecks(
            _("没有做成"),
            note="/etc/kiosk/terminal.toml: Permission denied",
            note_tone=Tone.BAD,
            actions=(Action("again", _("从头再来"), "again"),),
        ),
    }
