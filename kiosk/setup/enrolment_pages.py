"""Enrolment on the terminal's own screen: a code that the centre allows, or a ticket by QR."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from queue import Empty
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from drivers.sentence import words_of
from kiosk import settings
from kiosk.centre.enrolment import EnrolledTerminal
from kiosk.centre.enrolment_client import EnrolmentClient
from kiosk.enrolment import key as keys
from kiosk.enrolment import ticket as tickets
from kiosk.enrolment.command import mend_of
from kiosk.enrolment.enrolling import EnrolmentRefused, EnrolmentView, enrol
from kiosk.enrolment.identity import NotEnrolled, TerminalIdentity
from kiosk.enrolment.key import KeyUnusable, TerminalKey
from kiosk.enrolment.signed import TicketRefused
from kiosk.settings import SettingsError
from kiosk.setup import questions, vouched
from kiosk.visit.setup_steps import CheckLine, EnterText, ShowChecks, ShowEnrolment
from kiosk.visit.steps import Action, Choose, Option, Tone
from kiosk.visit.visit import WentBack
from kiosk.visit.waits import WORKING
from kiosk.words import Sayable, _

if TYPE_CHECKING:
    from kiosk.setup.at_screen import AtScreen

_CENTRE, _TICKET, _LATER = "centre", "ticket", "later"
WAYS = Choose(
    _("入网：向中心要编号和证书"),
    (
        Option(_CENTRE, _("连得上中心"), _("屏幕出代码，在中心的网页上准许"), "globe"),
        Option(_TICKET, _("没有网络"), _("中心签的入网票，用扫码器扫"), "scan"),
        Option(_LATER, _("先不入网"), _("自己填编号和盖章单位，以后 kiosk enrol"), "clock"),
    ),
    waits=WORKING,
)

SHA256 = EnterText(
    _("中心证书的 SHA-256"),
    _("没有公认的机构为它的证书担保：请中心告诉您 SHA-256，输入 64 位，或者扫码"),
)


def address_page(question: Sayable, usual: str) -> EnterText:
    """Asks for an address of the centre, with keys for what most of them are made of."""
    lead, pieces = _("中心给的，以 https:// 开头"), ("https://", "gjj.", ".gov.cn")
    return EnterText(question, lead, usual or "https://", pieces)


class EnrolmentPages:
    """The enrolment of the terminal with the settings in ``file``, which may not be there yet."""

    def __init__(self, at: AtScreen, file: Path) -> None:
        self._at = at
        self._asked, state = settings.before_enrolment(file)
        self._identity = TerminalIdentity(state)

    def enrolled(self) -> bool:
        """Enrol. False: somebody has put it off. Raises :class:`~kiosk.visit.visit.Left`."""
        if self._is_already():
            return True
        while True:
            way = self._at.ask(WAYS)
            if way == _LATER:
                return False
            try:
                granted = self._by_centre() if way == _CENTRE else self._by_ticket()
            except WentBack:
                continue
            except TicketRefused as error:
                self._failed(words_of(error), mend_of(error))
            except EnrolmentRefused as error:
                self._failed(_("中心拒绝这台终端：{why}", why=error.because))
            except (NotEnrolled, KeyUnusable, SettingsError, ValueError) as error:
                self._failed(words_of(error))
            except OSError as error:
                self._failed(f"{error.filename or ''} {error.strerror or error}".strip())
            else:
                self._done(granted)
                return True

    def _is_already(self) -> bool:
        with suppress(NotEnrolled):  # damaged: enrol again
            if stand := self._identity.stand():
                page = ShowChecks(
                    _("这台终端已经入网"),
                    _told(stand.terminal, stand.place),
                    actions=(
                        Action("anew", _("重新入网"), "again"),
                        Action("on", _("继续"), "forward"),
                    ),
                )
                return self._at.ask(page) == "on"
        return False

    # -- by the centre ----------------------------------------------------------------------------

    def _by_centre(self) -> EnrolledTerminal:
        asked = address_page(_("中心的入网网址"), self._asked.url)
        address = self._at.typed(asked, partial(questions.address, say=self._at.say), back=True)
        key = self._key()
        try:
            granted = self._granted(address, key, self._asked.ca)
        except _Untrusted:
            with TemporaryDirectory() as folder:
                ca = Path(folder) / "ca.pem"
                ca.write_text(self._certificate(address), encoding="ascii")
                granted = self._granted(address, key, ca)
        self._identity.accept(key, granted)
        return granted

    def _granted(self, address: str, key: TerminalKey, ca: Path | None) -> EnrolledTerminal:
        """What the centre grants, whose certificate comes from one of ``ca``. Raises
        :class:`_Untrusted` where it does not, unless the technician has vouched for ``ca``."""
        page = ShowEnrolment(
            _("等中心准许"),
            _("代码半小时有效，过期自动换新的"),
            (
                _("打开中心的入网页面，或给中心打电话"),
                _("输入代码、本机编号、放在哪里"),
                _("核对公钥的 SHA-256 相同，准许；这里会自动继续"),
            ),
            key.hash,
            key.hash,
        )
        self._at.show(page, back=True)

        def show(view: EnrolmentView) -> None:
            nonlocal page
            trouble: Sayable = ""
            if view.untrusted and ca == self._asked.ca:
                raise _Untrusted
            if view.trouble:
                trouble = _("现在连不上中心：{why}。查网线和网址，这里会一直再试", why=view.trouble)
            page = replace(page, code=view.code, trouble=trouble)
            self._at.amend(page)

        def wait(pause: float) -> None:
            with suppress(Empty):
                self._at.heard(page, pause)

        with EnrolmentClient(address, ca=ca) as centre:
            return enrol(centre, self._identity.request(key), show, wait)

    def _certificate(self, address: str) -> str:
        """The certificate that the centre's comes from, in PEM, by the SHA-256 that the centre has
        told the technician."""
        found = ""

        def same(said: str) -> str:
            nonlocal found
            told = vouched.sha256_of(said, self._at.say)
            found = vouched.certificate_with(told, address, self._at.say)
            return told

        self._at.typed(SHA256, same, back=True)
        return found

    # -- by a ticket ------------------------------------------------------------------------------

    def _by_ticket(self) -> EnrolledTerminal:
        key = self._key()
        signers = self._asked.tickets
        closed: Sayable | None = None
        trouble: Sayable = ""
        if not self._at.scans:
            closed = _("没有扫码器，请用 kiosk enrol --ticket")
        elif not signers.exists():
            closed = _("缺签票人的证书")
            trouble = _("没有签票人的证书 {file}：先在文本控制台放好", file=str(signers))
        page = ShowEnrolment(
            _("用入网票"),
            _("只给这一个密钥，只用一次。终端不读 U 盘：票在 U 盘上，到文本控制台做"),
            (
                _("用手机扫这个码，把读出的请求发给中心"),
                _("中心为它签入网票，发回几个二维码"),
                _("按“扫入网票”，逐个对准扫码窗，先后不论"),
            ),
            key.hash,
            self._identity.request(key).request,
            trouble=trouble,
            actions=(Action("scan", _("扫入网票"), "scan", closed),),
        )
        self._at.ask(page, back=True)
        read = tickets.check(self._scanned(), signers, key.hash)
        self._identity.accept(key, read.terminal, read.id)
        return read.terminal

    def _scanned(self) -> str:
        """The ticket, read part by part."""
        parts: list[str] = []
        lead: Sayable = ""
        while True:
            said, why = self._at.scanned(lead)
            if why:
                self._failed(why, back=True)
                continue
            if not said:
                raise WentBack
            parts.append(said)
            try:
                return tickets.assembled(parts)
            except tickets.TicketIncomplete as rest:
                lead = _("已扫 {found} 张，共 {many} 张", found=rest.found, many=rest.many)

    # -- both -------------------------------------------------------------------------------------

    def _key(self) -> TerminalKey:
        """The key that waits for its certificate; in the TPM where there is one."""
        return self._identity.key(tpm=not keys.why_no_tpm())

    def _done(self, granted: EnrolledTerminal) -> None:
        page = ShowChecks(
            _("入网完成"),
            _told(granted.terminal, granted.place),
            actions=(Action("on", _("继续"), "forward"),),
        )
        self._at.ask(page)

    def _failed(self, why: Sayable, mend: str = "", *, back: bool = False) -> None:
        page = ShowChecks(
            _("没有入网"),
            (CheckLine(mend),) if mend else (),
            lead=_("什么也没有改；可以再试，也可以先不入网"),
            note=why,
            note_tone=Tone.BAD,
            actions=(Action("on", _("再选一次"), "again"),),
        )
        self._at.ask(page, back=back)


class _Untrusted(Exception):
    """The certificate of the centre comes from nobody who is trusted here."""


def _told(terminal: str, place: str) -> tuple[CheckLine, ...]:
    lines = (CheckLine(_("编号"), terminal, tone=Tone.GOOD),)
    return (*lines, CheckLine(_("地点"), place, tone=Tone.GOOD)) if place else lines
