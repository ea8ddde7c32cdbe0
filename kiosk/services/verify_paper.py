"""验真: is this paper the centre's, and does it still stand; by its QR code or its digits."""

from __future__ import annotations

import re

from drivers.device import Kind
from kiosk.centre.verification import Verdict, Verification, VerificationRequest
from kiosk.privacy import mask_name
from kiosk.services.catalogue import EVERYBODY, service
from kiosk.visit.public_steps import ScanPaper
from kiosk.visit.steps import Action, EnterDigits, Fact, OtherWay, ShowStatement, Tone
from kiosk.visit.troubles import MENU, closed_by
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _

LEAST, MOST = 8, 20
"""Digits of a code on a paper."""
AGAIN = "another"
_NOT_PLAIN = re.compile(r"[^\x21-\x7e]")
"""What no code of a centre holds: such a paper is not known."""


@service("verify-paper", icon="scan", needs=EVERYBODY)
def verify_paper(visit: Visit) -> None:
    request = VerificationRequest(code=_on_the_paper(visit))
    found = visit.look_up(lambda: visit.centre.public.verify(request))
    if visit.ask(verdict_page(found, visit.catalogue.hotline)) == AGAIN:
        verify_paper(visit)


def _on_the_paper(visit: Visit) -> str:
    """What the QR code holds; the typed digits where there is no scanner, or the citizen would
    rather type."""
    if closed_by(visit.statuses(), (Kind.CODE_SCANNER,)) is None:
        try:
            return _NOT_PLAIN.sub("", visit.ask(ScanPaper()).text)[:200] or "?"
        except OtherWay:
            pass
    return visit.ask(
        EnterDigits(
            _("请输入验证码"),
            _("印在证明的二维码旁边"),
            _("验证码"),
            least=LEAST,
            most=MOST,
        )
    ).reveal()


_VERDICTS: dict[Verdict, tuple[Sayable, Sayable, Sayable, Tone]] = {
    "genuine": (_("这份证明是真的"), _("由本中心出具，现在有效"), _("有效"), Tone.GOOD),
    "void": (
        _("这份证明已经失效"),
        _("由本中心出具，但不能再作为证明"),
        _("已失效"),
        Tone.ATTENTION,
    ),
}


def verdict_page(found: Verification, hotline: str) -> ShowStatement:
    """What the centre knows of the paper; for one that it does not know, what to do now."""
    actions = (Action(AGAIN, _("再查一份"), "scan"), Action(MENU, _("返回首页"), "home"))
    if found.verdict == "unknown":
        return ShowStatement(
            _("没有查到这份证明"),
            (Fact(_("查验结果"), _("查不到"), Tone.BAD),),
            lead=_("请核对验证码再查一次"),
            note=_("查不到的证明可能是伪造的，请拨打 {hotline} 核实。", hotline=hotline),
            note_tone=Tone.BAD,
            actions=actions,
        )
    title, lead, word, tone = _VERDICTS[found.verdict]
    facts = [
        Fact(_("查验结果"), word, tone),
        Fact(_("证明"), found.title or ""),
        Fact(_("编号"), found.number),
        Fact(_("出具日期"), found.made or ""),
    ]
    note = _("请和手里的证明核对编号和日期；不一样的，就是假的。")
    if found.holder:
        # Masked here once more: whoever holds a paper need not be whom it is about.
        facts.insert(3, Fact(_("姓名"), mask_name(found.holder)))
        note = _("请和手里的证明核对姓名、编号和日期；不一样的，就是假的。")
    if found.valid_until:
        facts.append(Fact(_("有效期至"), found.valid_until))
    return ShowStatement(title, tuple(facts), lead=lead, note=note, actions=actions)
