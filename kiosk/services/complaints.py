"""投诉建议: choose a subject and what it is about, be called back or not; the receipt number."""

from __future__ import annotations

import secrets

from kiosk.centre.complaints import Complaint, ComplaintReceipt, Subject
from kiosk.centre.handovers import ComplaintHandover
from kiosk.centre.operations import Operation
from kiosk.privacy import Sensitive, mask_phone
from kiosk.services.catalogue import EVERYBODY, service
from kiosk.visit.handover import HANDOVER, hand_over
from kiosk.visit.steps import Action, Choose, Confirm, EnterDigits, Fact, Option, ShowStatement
from kiosk.visit.troubles import MENU
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, Text, _

SUBJECTS: dict[Subject, tuple[Text, str]] = {
    "wait": (_("排队太久"), "clock"),
    "staff": (_("服务态度"), "people"),
    "terminal": (_("自助机器"), "machine"),
    "paper": (_("证明有问题"), "certificate"),
    "result": (_("办理结果"), "account"),
    "idea": (_("提个建议"), "message"),
}
AT_COUNTERS = ("wait", "staff", "result")
"""The subjects of which an outlet can be chosen."""
NOWHERE = "nowhere"


@service("complaints", icon="message", needs=EVERYBODY)
def complain(visit: Visit) -> None:
    options = tuple(Option(key, title, "", icon) for key, (title, icon) in SUBJECTS.items())
    chosen = visit.ask(Choose(_("想反映什么？"), options, _("不用登录，也不用打字")))
    subject = next(each for each in SUBJECTS if each == chosen)
    about, named = _about(visit, subject)
    _hand_in(visit, subject, named, about=about)


def complain_of(visit: Visit, operation: Operation) -> None:
    """A complaint about one of the citizen's own operations."""
    _hand_in(visit, "result", operation.title, operation=operation.id)


def _hand_in(
    visit: Visit,
    subject: Subject,
    named: Sayable,
    *,
    about: str = "",
    operation: str | None = None,
) -> None:
    """Ask whether to call back, show all of it, send it once, and show the number to quote. What
    there is to tell in one's own words is written on a phone."""
    phone = _phone(visit)
    key = visit.once(lambda: secrets.token_hex(16))
    if not visit.ask(summary(subject, named, phone)):
        return
    complaint = Complaint(key=key, subject=subject, about=about, operation=operation, phone=phone)
    receipt = visit.look_up(lambda: visit.centre.public.complain(complaint))
    page = receipt_page(receipt, phone, write=visit.catalogue.handover)
    if visit.ask(page) == HANDOVER:
        hand_over(visit, ComplaintHandover(topic="complaint", complaint=key), _("补充说明"))


def _about(visit: Visit, subject: Subject) -> tuple[str, Sayable]:
    """What the complaint is about: how the centre names it, and how the citizen reads it."""
    if subject == "terminal":
        return "", _("这台机器")
    if subject == "paper":
        code = visit.ask(
            EnterDigits(_("请输入验证码"), _("印在证明的二维码旁边"), _("验证码"), least=8, most=20)
        ).reveal()
        return code, code
    if subject not in AT_COUNTERS:
        return "", ""
    outlets = visit.look_up(visit.centre.outlets.outlets)
    places = tuple(Option(each.id, each.name, "", "place") for each in outlets)
    nowhere = Option(NOWHERE, _("其他地方"), "", "more")
    chosen = visit.ask(Choose(_("在哪个网点？"), (*places, nowhere)))
    return next(((each.id, each.name) for each in outlets if each.id == chosen), ("", ""))


def _phone(visit: Visit) -> Sensitive[str] | None:
    """The number to call back; None where the citizen wants no call."""
    wanted = visit.ask(
        Choose(
            _("要我们回电话吗？"),
            (
                Option("yes", _("要，我留号码"), "", "call"),
                Option("no", _("不用"), _("凭编号也能查"), "forward"),
            ),
            _("号码只用于这次答复，答复后删除"),
        )
    )
    if wanted == "no":
        return None
    wrong: Sayable | None = None
    while True:
        number = visit.ask(
            EnterDigits(
                _("请输入手机号"),
                _("只用于这次答复"),
                _("手机号"),
                least=11,
                most=11,
                first=3,
                wrong=wrong,
            )
        )
        if number.reveal().startswith("1"):
            return number
        wrong = _("手机号以 1 开头")


def summary(subject: Subject, named: Sayable, phone: Sensitive[str] | None) -> Confirm:
    """Everything that is sent, before it is sent."""
    facts = [Fact(_("反映的事"), SUBJECTS[subject][0])]
    if named:
        facts.append(Fact(_("和什么有关"), named))
    call = mask_phone(phone.reveal()) if phone else _("不用回电话")
    facts.append(Fact(_("回电话"), call))
    return Confirm(
        _("请核对，然后提交"), tuple(facts), _("提交"), _("不提交"), note=_("由中心专人处理")
    )


def receipt_page(
    receipt: ComplaintReceipt, phone: Sensitive[str] | None, *, write: bool = False
) -> ShowStatement:
    """The number to quote, and until when there is an answer. ``write``: the citizen may write on a
    phone what there is to tell."""
    by_phone = (Action(HANDOVER, _("用手机写说明"), "phone"),) if write else ()
    how = _("会打您留的电话") if phone else _("拨打 12329 报编号可查")
    return ShowStatement(
        _("已经收到"),
        (
            Fact(_("受理编号"), receipt.number),
            Fact(_("最晚答复"), receipt.answered_by),
            Fact(_("怎么知道结果"), how),
        ),
        lead=_("请记下编号"),
        actions=(*by_phone, Action(MENU, _("返回首页"), "home")),
    )
