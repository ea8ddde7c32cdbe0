"""Turns a step into the content of its page: pure functions of frozen dataclasses, without Qt.

This module hides amounts, not the page: an amount that the citizen has not asked for never reaches
the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar, cast
from unicodedata import category

from drivers.device import Kind
from kiosk.centre.models import Catalogue, Notice
from kiosk.centre.operations import TrialLine
from kiosk.centre.outlets import Outlet
from kiosk.renminbi import in_words
from kiosk.settings import Side
from kiosk.visit.face_steps import CaptureFace, ConsentToFace, ReadNotice
from kiosk.visit.handover import ON_PHONE
from kiosk.visit.handover_steps import ShowHandover
from kiosk.visit.maintenance_steps import (
    DeviceCard,
    EnterStaffPin,
    MaintenanceHome,
    PresentStaffCard,
    PresentStaffIdCard,
    ScanTicket,
    Todo,
)
from kiosk.visit.operation_steps import (
    LATER,
    AwaitClerk,
    AwaitConsent,
    AwaitResult,
    ChooseReason,
    CompareTrial,
    ConfirmOperation,
    Deciding,
    ReadText,
    ShowOutcome,
)
from kiosk.visit.operation_words import PAYS_OUT, amount_label, card, changed, referred
from kiosk.visit.outlet_steps import TICKET, ChooseOutlet, way
from kiosk.visit.pin_steps import PIN_DIGITS, EnterPin, PresentBankCard
from kiosk.visit.public_steps import ReadArticle, ReadGuide, ScanPaper, ShowLoanYears
from kiosk.visit.remedies import DONE, FOR_STAFF, ShowRemedy
from kiosk.visit.setup_steps import MOST_TYPED, CheckLine, EnterText, ShowChecks, ShowEnrolment
from kiosk.visit.steps import (
    OTHER,
    SIGN_IN,
    Action,
    AgreeToTerms,
    Attract,
    Cell,
    Choose,
    ChooseWay,
    Column,
    Confirm,
    ConfirmName,
    EnterDigits,
    EnterNewPassword,
    EnterNumber,
    EnterPassword,
    EnterSmsCode,
    Fact,
    Farewell,
    HeldUp,
    IsItYou,
    Menu,
    OpenKind,
    Option,
    OutOfService,
    PaperReady,
    PresentIdCard,
    PresentNewBankCard,
    PresentSocialSecurityCard,
    Preview,
    PrintingDocument,
    PrintingSlip,
    Problem,
    Rate,
    ShowFundCode,
    ShowPhoneCode,
    ShowStatement,
    ShowTable,
    Step,
    Tone,
    WayTile,
)
from kiosk.visit.trial_steps import AimCamera, TouchTest
from kiosk.visit.unit_steps import ChooseEmployees, PresentEmployeeCard, UnitMenu
from kiosk.visit.waits import WORKING
from kiosk.words import HIDDEN, Language, Month, Sayable, Text, _, say
from ui import attract_words, charts
from ui.contents import (
    ActionPart,
    AdvicePart,
    AgreementContent,
    AimCameraContent,
    AttractContent,
    AwaitResultContent,
    CheckPart,
    ChooseContent,
    ColumnPart,
    CompareContent,
    ConfirmNameContent,
    ConfirmOperationContent,
    DecidingContent,
    EnterCodeContent,
    EnterDigitsContent,
    EnterNumberContent,
    EnterPinContent,
    EnterTextContent,
    FaceCaptureContent,
    FaceConsentContent,
    FactPart,
    FarewellContent,
    GuideContent,
    LinePart,
    LoanYearsContent,
    MaintenanceContent,
    MenuContent,
    MenuRowPart,
    NoticeContent,
    OptionPart,
    OutcomeContent,
    OutletPart,
    OutletsContent,
    OutOfServiceContent,
    PageContent,
    PaperReadyContent,
    PhoneCodeContent,
    PickManyContent,
    PointPart,
    PresentCardContent,
    PresentThingContent,
    PreviewContent,
    PrintingContent,
    ProblemContent,
    RateContent,
    ReadTextContent,
    ReasonsContent,
    RemedyContent,
    RemedyPart,
    ShowChecksContent,
    ShowEnrolmentContent,
    StatementContent,
    TableContent,
    TabPart,
    TouchTestContent,
    UnitMenuContent,
    WayPart,
)

T = TypeVar("T")

MEASURED = 8
"""Texts of a column that its page measures."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a content depends on besides its step."""

    language: Language = Language.ZH
    revealed: bool = False  # the citizen has asked to see the amounts
    catalogue: Catalogue | None = None
    where: Mapping[Kind, Side] = field(default_factory=dict)  # the sides of the machine's devices
    now: datetime | None = None  # the centre's time

    def word(self, value: Sayable, *, hidden: bool = False) -> str:
        """``value`` in the citizen's language; with ``hidden``, its amounts are dots until the
        citizen asks to see them."""
        return say(value, self.language, hidden=hidden and not self.revealed)

    @property
    def comma(self) -> str:
        """What stands between the items of a list."""
        return "、" if self.language is Language.ZH else ", "

    @property
    def hotline(self) -> str:
        return self.catalogue.hotline if self.catalogue else "12329"


def derive(step: Step[Any], look: Look) -> PageContent:
    """The content of the page of ``step``."""
    return _CONTENTS[type(step)](step, look)


def legible(value: T, drawable: Callable[[str], bool]) -> T:
    """``value``, a text or a content made of texts, with its code point, ``[U+323AF]``, in place of
    every character that no font has: an empty box in a name would tell the citizen nothing."""
    if isinstance(value, str):
        return cast(T, _spelled(value, drawable))
    if isinstance(value, tuple):
        items = tuple(legible(item, drawable) for item in value)
        changed = any(new is not old for new, old in zip(items, value, strict=True))
        return cast(T, items if changed else value)
    if is_dataclass(value) and not isinstance(value, type):
        parts = ((field.name, getattr(value, field.name)) for field in fields(value))
        spelled = {k: new for k, v in parts if (new := legible(v, drawable)) is not v}
        return cast(T, replace(value, **spelled)) if spelled else value
    return value


def _spelled(text: str, drawable: Callable[[str], bool]) -> str:
    if text.isascii() or not any(_rare(character) for character in text):
        return text
    return "".join(
        f"[U+{ord(character):04X}]" if _rare(character) and not drawable(character) else character
        for character in text
    )


def _rare(character: str) -> bool:
    """Whether a font may lack ``character``: it is neither Latin nor among the 20,902 ideographs of
    GBK, nor a mark that only changes the character before it."""
    code = ord(character)
    common = code < 0x0250 or 0x2000 <= code < 0x2070 or 0x3000 <= code < 0x3040
    common = common or 0x4E00 <= code < 0x9FA6 or 0xFF00 <= code < 0xFFF0
    return not common and category(character) not in ("Mn", "Cf")


_SIDES: dict[Side, Text] = {
    "left": _("屏幕左边"),
    "right": _("屏幕右边"),
    "above": _("屏幕上方"),
    "below": _("屏幕下方"),
    "below-left": _("屏幕左下方"),
    "below-right": _("屏幕右下方"),
}


# -- coming and going -----------------------------------------------------------------------------


def _attract(step: Attract, look: Look) -> AttractContent:
    lines: tuple[Sayable, ...] = (step.fault,) if step.fault else attract_words.LINES
    return AttractContent(
        lines=tuple(map(look.word, lines)),
        lead=look.word(
            _("其他办法：旁边的自助终端，或到柜台办理") if step.fault else attract_words.LEAD
        ),
        start=look.word(_("看其他办法") if step.fault else attract_words.START),
        public=look.word(attract_words.PUBLIC),
        clock=f"{look.now:%H:%M}" if look.now else "",
        hours=tuple(map(look.word, step.hours)),
        now=look.word(_("现在能办")) if step.possible else "",
        possible=tuple(_possible(kind, look) for kind in step.possible),
        fault=step.fault is not None,
        staff=look.word(FOR_STAFF.title) if step.helps else "",
    )


def _possible(kind: OpenKind, look: Look) -> str:
    what = look.comma.join(map(look.word, kind.titles))
    word = _GROUPS.get(kind.group, _GROUPS["other"])[0]
    return look.word(_("{kind}：{what}", kind=word, what=what))


def _out_of_service(step: OutOfService, look: Look) -> OutOfServiceContent:
    known = look.catalogue.places if look.catalogue else ()
    places = sorted(known, key=lambda place: place.distance_m)
    return OutOfServiceContent(
        title=look.word(_("设备维护中")),
        lead=look.word(_("请到旁边的机器或柜台办理")),
        until=look.word(_("预计 {time} 恢复", time=f"{step.until:%H:%M}")) if step.until else "",
        places=look.word(_("离这里最近的")) if places else "",
        nearest=tuple(
            FactPart(look.word(place.name), look.word(_distance(place.distance_m)))
            for place in places[:_NEAREST]
        ),
    )


_NEAREST = 3
"""Places at most to which the page of a terminal out of service sends the citizen."""


def _present_card(step: PresentIdCard, look: Look) -> PresentCardContent:
    reader, side, to = _where(Kind.ID_CARD, _("感应区"), look)
    return PresentCardContent(
        title=look.word(_("请把身份证放在感应区")),
        lead=look.word(
            _("感应区上还有一张证件，请先拿开") if step.lies else _("平放，屏幕变化前不要移开")
        ),
        help=look.word(
            _("没带身份证？电子身份证和代办请到柜台，电话 {hotline}", hotline=look.hotline)
        ),
        reader=reader,
        side=side,
        to=to,
        lies=step.lies,
        actions=_others(step.others, look),
    )


def _present_employee_card(step: PresentEmployeeCard, look: Look) -> PresentCardContent:
    return replace(
        _present_card(step, look),
        title=look.word(_("请放新职工的身份证")),
        lead=look.word(
            _("感应区上还有一张证件，请先拿开")
            if step.lies
            else _("要用本人的原件，读完请还给本人")
        ),
        help=look.word(_("只读姓名、号码和有效期，交中心核对")),
    )


def _present_staff_id_card(step: PresentStaffIdCard, look: Look) -> PresentCardContent:
    return replace(
        _present_card(step, look),
        title=look.word(_("请放工作人员的身份证")),
        help=look.word(_("只认名单上的工作人员，接着要输入工作密码")),
    )


def _others(others: bool, look: Look) -> tuple[ActionPart, ...]:
    return _actions((Action(OTHER, _("换其他方式"), "more"),), look) if others else ()


def _show_phone_code(step: ShowPhoneCode, look: Look) -> PhoneCodeContent:
    lead = _("扫码后在手机上点“同意”，这里会自动进入")
    if step.business:
        lead = _("在手机上同意“{business}”，这里会自动继续", business=step.business)
    return PhoneCodeContent(
        title=look.word(_("请用手机扫一扫")),
        lead=look.word(lead),
        rows=_qr_rows(step.content.reveal()),
        whole=step.valid_s,
        rest=step.valid_for_s,
        left=look.word(_("还有 {time} 失效", time="%1")),
        steps=tuple(
            look.word(each)
            for each in (_("手机点“扫一扫”"), _("对准上面的码"), _("在手机上点“同意”"))
        ),
        note=look.word(_("手机上会要您输入这两位数字：")),
        digits=step.digits,
        actions=_others(step.others, look),
    )


def _await_consent(step: AwaitConsent, look: Look) -> PhoneCodeContent:
    name = step.operation.consent_of
    return PhoneCodeContent(
        title=look.word(_("请 {name} 用自己的手机扫一扫", name=name)),
        lead=look.word(_("“{business}”要配偶同意", business=step.operation.title)),
        rows=_qr_rows(step.content.reveal()),
        whole=step.valid_s,
        rest=step.valid_for_s,
        left=look.word(_("还有 {time} 失效", time="%1")),
        steps=tuple(
            look.word(each)
            for each in (_("配偶扫码"), _("用自己的密码证明身份"), _("看协议，点“同意”"))
        ),
        note=look.word(_("人不在旁边？先离开，之后在任一终端“办理进度”里继续")),
        digits="",
        actions=_actions((Action(LATER, _("先离开，以后再办"), "clock"),), look),
    )


def _show_handover(step: ShowHandover, look: Look) -> PhoneCodeContent:
    prove = _("用自己的密码证明身份") if step.proves else _("打开网页")
    note = _("二维码只能用一次，里面没有您的信息；在手机上证明身份后才看得到")
    return PhoneCodeContent(
        title=look.word(_("请用手机扫一扫")),
        lead=look.word(_("在手机上继续“{business}”", business=step.what)),
        rows=_qr_rows(step.content.reveal()),
        whole=step.valid_s,
        rest=step.valid_for_s,
        left=look.word(_("还有 {time} 失效", time="%1")),
        steps=tuple(look.word(each) for each in (_("手机点“扫一扫”"), prove, _("接着办"))),
        note=look.word(note if step.proves else _("二维码只能用一次，里面没有您的信息")),
        digits="",
        actions=(),
    )


def _qr_rows(text: str) -> tuple[str, ...]:
    """The modules of the QR code (GB/T 18284) of ``text``, without a quiet zone."""
    from qrcode.constants import ERROR_CORRECT_M
    from qrcode.main import QRCode

    code = QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(text)
    return tuple("".join("1" if dark else "0" for dark in row) for row in code.get_matrix())


def _is_it_you(step: IsItYou, look: Look) -> ConfirmNameContent:
    return ConfirmNameContent(
        title=look.word(_("是您吗？")),
        lead=look.word(_("手机上已经同意，请核对姓名")),
        name=step.name.reveal(),
        otherwise=look.word(_("不是您？按“不是”，手机上的同意就作废，不会显示任何人的信息")),
        yes=look.word(_("是我")),
        no=look.word(_("不是")),
    )


def _where(kind: Kind, name: Text, look: Look) -> tuple[str, str, str]:
    """The device's name, the side of the screen where it lies in words, and that side."""
    to = look.where.get(kind)
    return (look.word(name), look.word(_SIDES[to]), to) if to else ("", "", "")


def _thing(
    kind: Kind,
    title: Sayable,
    lead: Sayable,
    help: Sayable,
    look: Look,
    actions: tuple[ActionPart, ...] = (),
) -> PresentThingContent:
    icon, name = _THINGS[kind]
    device, side, to = _where(kind, name, look)
    return PresentThingContent(
        look.word(title), look.word(lead), icon, look.word(help), device, side, to, actions
    )


_THINGS: dict[Kind, tuple[str, Text]] = {
    Kind.SMART_CARD: ("slot", _("插卡口")),
    Kind.CODE_SCANNER: ("scan", _("扫码窗")),
}
"""The icon and the name of the device before which the citizen presents something."""


def _show_fund_code(step: ShowFundCode, look: Look) -> PresentThingContent:
    return _thing(
        Kind.CODE_SCANNER,
        _("请把手机上的码对准扫码窗"),
        _("打开全国住房公积金小程序，点“亮码可办”"),
        _("码一分钟换一次，只能用一次"),
        look,
        _others(step.others, look),
    )


def _present_social_security_card(
    step: PresentSocialSecurityCard, look: Look
) -> PresentThingContent:
    return _thing(
        Kind.SMART_CARD,
        _("请插入社保卡"),
        _("芯片朝上，读完再取出"),
        _("不需要社保卡密码"),
        look,
        _others(step.others, look),
    )


def _present_bank_card(step: PresentBankCard, look: Look) -> PresentThingContent:
    return _thing(
        Kind.SMART_CARD,
        _("请插入银行卡"),
        _("芯片朝上，读完再取出"),
        _("要用在公积金中心登记的储蓄卡"),
        look,
        _others(step.others, look),
    )


def _enter_pin(step: EnterPin, look: Look) -> EnterPinContent:
    lead = _("输完按“确认”，输错按“更正”")
    if step.checking:
        lead = _("正在核对，请稍候")
    return EnterPinContent(
        title=look.word(_("请在密码键盘输入密码")),
        lead=look.word(lead),
        wrong=look.word(step.wrong or ""),
        length=PIN_DIGITS,
        entered=step.entered,
        help=look.word(_("密码在键盘里就加密了，这台机器看不到")),
        actions=_others(step.others, look),
    )


def _present_new_bank_card(_step: PresentNewBankCard, look: Look) -> PresentThingContent:
    return _thing(
        Kind.SMART_CARD,
        _("请插入新的银行卡"),
        _("芯片朝上，读完再取出"),
        _("只读卡号，不需要银行卡密码"),
        look,
        _actions((Action(OTHER, _("改为输入卡号"), "keypad"),), look),
    )


def _enter_password(step: EnterPassword, look: Look) -> EnterCodeContent:
    if step.unit:
        title, lead = _("请输入单位密码"), _("单位在公积金中心设置的 6 位数字")
    else:
        title, lead = _("请输入查询密码"), _("您在公积金中心设置的 6 位数字")
    return _secret_digits(
        title,
        lead,
        step.wrong,
        look,
        other=_("换其他方式") if step.others else "",
    )


def _enter_new_password(step: EnterNewPassword, look: Look) -> EnterCodeContent:
    if step.again:
        title, lead = _("请再输入一次新密码"), _("和刚才输入的一样")
    else:
        title, lead = _("请输入新的查询密码"), _("自己选 6 位数字")
    return _secret_digits(title, lead, step.wrong, look)


def _secret_digits(
    title: Sayable, lead: Sayable, wrong: Sayable | None, look: Look, *, other: Sayable = ""
) -> EnterCodeContent:
    return EnterCodeContent(
        title=look.word(title),
        lead=look.word(lead),
        wrong=look.word(wrong or ""),
        length=6,
        resend_after=0,
        resend="",
        resend_in="",
        confirm=look.word(_("确认")),
        help=look.word(_("输入时请留意旁边有没有人")),
        secret=True,
        other=look.word(other),
    )


def _confirm_name(step: ConfirmName, look: Look) -> ConfirmNameContent:
    return ConfirmNameContent(
        title=look.word(_("这是您的全名吗？")),
        lead=look.word(_("证件芯片放不下很长的姓名，请核对")),
        name=step.name.reveal(),
        otherwise=look.word(
            _(
                "不是您的姓名？按“不是”，这次不会登录；请带身份证到柜台，或拨 {hotline}",
                hotline=look.hotline,
            )
        ),
        yes=look.word(_("是，这是我的姓名")),
        no=look.word(_("不是")),
    )


def _choose_way(step: ChooseWay, look: Look) -> ChooseContent:
    known = [tile.seconds for tile in step.ways if tile.closed is None and tile.seconds]
    quickest = min(known) if len(known) > 1 else 0
    return ChooseContent(
        title=look.word(step.title),
        lead=look.word(step.lead),
        so_far=_facts(step.so_far, look),
        options=tuple(_way(tile, quickest, look) for tile in step.ways),
    )


def _way(tile: WayTile, quickest: int, look: Look) -> OptionPart:
    compared = quickest > 0 and tile.seconds > 0 and tile.closed is None
    best = compared and tile.seconds == quickest
    lasts = _("约 {seconds} 秒", seconds=tile.seconds)
    if best:
        lasts = _("最快，约 {seconds} 秒", seconds=tile.seconds)
    return OptionPart(
        tile.way,
        look.word(tile.title),
        look.word(tile.closed or tile.hint),
        tile.icon,
        enabled=tile.closed is None,
        badge=look.word(lasts) if compared else "",
        best=best,
    )


def _facts(facts: Sequence[Fact], look: Look) -> tuple[FactPart, ...]:
    return tuple(
        FactPart(look.word(each.label), look.word(each.value, hidden=each.hidden), each.tone.value)
        for each in facts
    )


def _enter_code(step: EnterSmsCode, look: Look) -> EnterCodeContent:
    title, lead = _("请输入短信验证码"), _("已发到您登记的手机 {phone}", phone=step.phone)
    if step.business:
        title = _("请输入这笔业务的验证码")
        lead = _("短信写着“{business}”，发到 {phone}", business=step.business, phone=step.phone)
    return EnterCodeContent(
        title=look.word(title),
        lead=look.word(lead),
        wrong=look.word(step.wrong) if step.wrong else "",
        length=6,
        resend_after=step.resend_in_s,
        resend=look.word(_("重新发送")),
        resend_in=look.word(_("{seconds} 秒后可重新发送", seconds="%1")),
        confirm=look.word(_("确认")),
        help="" if step.business else look.word(_("换了手机号？请带身份证到柜台更新")),
        other=look.word(_("换其他方式")) if step.others else "",
    )


_GROUPS: dict[str, tuple[Sayable, str]] = {
    "query": (_("查询"), "account"),
    "paper": (_("证明"), "certificate"),
    "withdrawal": (_("提取"), "withdrawals"),
    "loan": (_("贷款"), "loan"),
    "change": (_("变更"), "change"),
    "transfer": (_("转移"), "again"),
    "calculate": (_("计算"), "keypad"),
    "read": (_("了解"), "info"),
    "help": (_("帮助"), "call"),
    "other": (_("其他"), "more"),
}
"""The kinds of business in the order of the menu, each with its word and its icon."""
_A_ROW = 3
"""Tiles beside each other at most."""


def _menu(step: Menu, look: Look) -> MenuContent:
    groups: dict[str, list[OptionPart]] = {group: [] for group in _GROUPS}
    closed: dict[str, list[str]] = {}  # the titles of the services closed for the same reason
    for tile in step.tiles:
        why = look.word(tile.closed) if tile.closed is not None else ""
        part = OptionPart(
            tile.service,
            look.word(tile.title),
            why or look.word(tile.hint),
            tile.icon,
            enabled=tile.closed is None,
        )
        groups[tile.group if tile.group in groups else "other"].append(part)
        if why:
            closed.setdefault(why, []).append(part.title)
    filled = [(group, parts) for group, parts in groups.items() if parts]
    reasons = [
        look.word(_("{services}：{reason}", services=look.comma.join(titles), reason=why))
        if len(titles) <= _A_ROW
        else why
        for why, titles in closed.items()
    ]
    return MenuContent(
        title=look.word(_("不登录也能办") if step.public else _("想办什么？")),
        lead=look.word(_("查账户、办业务请登录") if step.public else _("点一下就行，随时可以退出")),
        hotline=look.word(_("有疑问请拨 {hotline}", hotline=look.hotline)),
        note="\n".join(sorted(reasons, key=len, reverse=True)),
        not_now=look.word(_("暂不能办")),
        rows=tuple(
            MenuRowPart(
                look.word(_GROUPS[group][0]) if at == 0 else "",
                _GROUPS[group][1] if at == 0 else "",
                tuple(parts[at : at + _A_ROW]),
            )
            for group, parts in filled
            for at in range(0, len(parts), _A_ROW)
        ),
        first=(
            *(parts[0] for _group, parts in filled),
            *(part for _group, parts in filled for part in parts[1:]),
        ),
        actions=_actions((Action(SIGN_IN, _("登录办业务"), "account"),), look)
        if step.public
        else (),
    )


def _unit_menu(step: UnitMenu, look: Look) -> UnitMenuContent:
    unit = step.unit
    owes = _("欠缴 {months} 个月", months=unit.months_in_arrears)
    badge = _("已缴清") if unit.paid else owes if unit.months_in_arrears else _("待缴")
    month = Month(unit.paid_to) if unit.paid_to else "—"
    employer, personal = f"{unit.employer_ratio:.0%}", f"{unit.personal_ratio:.0%}"
    return UnitMenuContent(
        title=look.word(unit.name),
        lead=look.word(_("单位账号 {number}", number=unit.number)),
        label=look.word(_("{month} 应缴（元）", month=Month(unit.month))),
        number=look.word(unit.due),
        badge=look.word(badge),
        badge_tone=(Tone.GOOD if unit.paid else Tone.ATTENTION).value,
        under=look.word(_("缴存 {people} 人 · 缴至 {month}", people=unit.people, month=month)),
        ratios=look.word(
            _("单位、个人各 {ratio}", ratio=employer)
            if employer == personal
            else _("单位 {employer}、个人 {personal}", employer=employer, personal=personal)
        ),
        hotline=look.word(_("有疑问请拨 {hotline}", hotline=look.hotline)),
        tiles=tuple(
            OptionPart(
                tile.service,
                look.word(tile.title),
                look.word(tile.hint if tile.closed is None else tile.closed),
                tile.icon,
                enabled=tile.closed is None,
            )
            for tile in step.tiles
        ),
    )


def _choose(step: Choose, look: Look) -> ChooseContent:
    return ChooseContent(
        title=look.word(step.title),
        lead=look.word(step.lead),
        so_far=_facts(step.so_far, look),
        options=tuple(_option(option, look) for option in step.options),
        leave=step.leave,
    )


def _option(option: Option, look: Look) -> OptionPart:
    return OptionPart(
        option.key,
        look.word(option.title),
        look.word(option.hint),
        option.icon,
        tone=option.tone.value,
    )


def _choose_employees(step: ChooseEmployees, look: Look) -> PickManyContent:
    return PickManyContent(
        title=look.word(step.title),
        lead=look.word(step.lead),
        options=tuple(
            OptionPart(
                pick.key,
                look.word(pick.title),
                look.word(pick.hint if pick.closed is None else pick.closed),
                "",
                enabled=pick.closed is None,
            )
            for pick in step.picks
        ),
        most=step.most,
        none=look.word(_("请选择职工")),
        confirm=look.word(_("选好了（{count} 人）", count="%1")),
        full=look.word(_("一次最多 {most} 人", most=step.most)),
    )


def _rate(step: Rate, look: Look) -> RateContent:
    levels = (
        ("5", _("非常满意"), Tone.GOOD),
        ("4", _("满意"), Tone.GOOD),
        ("3", _("基本满意"), Tone.PLAIN),
        ("2", _("不满意"), Tone.ATTENTION),
        ("1", _("非常不满意"), Tone.BAD),
    )
    return RateContent(
        title=look.word(_("您对这次服务满意吗？")),
        lead=look.word(_("不记名，可以跳过")),
        done=(FactPart(look.word(_("刚办的业务")), look.word(step.title)),),
        levels=tuple(
            OptionPart(key, look.word(text), "", f"face-{key}", tone=tone.value)
            for key, text, tone in levels
        ),
        skip=look.word(_("跳过")),
    )


def _farewell(step: Farewell, look: Look) -> FarewellContent:
    lead = _("拿走后本页自动关闭") if step.lies else step.words
    return FarewellContent(
        title=look.word(step.words if step.lies else _("再见")),
        lead=look.word(step.why or lead),
        lies=step.lies,
        note=look.word(_("本机不保留您的任何信息")),
    )


# -- looking --------------------------------------------------------------------------------------


def _show_statement(step: ShowStatement, look: Look) -> StatementContent:
    headline = step.headline
    secret = headline is not None and not headline.plain
    hides = secret or any(fact.hidden for fact in step.facts)
    return StatementContent(
        title=look.word(step.title),
        lead=look.word(step.lead),
        label=look.word(headline.label) if headline else "",
        number=look.word(headline.amount.reveal(), hidden=secret) if headline else "",
        under=look.word(headline.under) if headline else "",
        note=look.word(step.note, hidden=hides),
        note_tone=step.note_tone.value,
        facts=_facts(step.facts, look),
        actions=_actions(step.actions, look),
        revealed=look.revealed or not hides,
        eye=_eye(look) if hides else "",
    )


def _show_table(step: ShowTable, look: Look) -> TableContent:
    hides = any(column.hidden for column in step.columns) and bool(step.rows)
    lines = tuple(_line(row, step.columns, look) for row in step.rows)
    on = step.action
    why_not = ""
    if on and on.closed is not None:
        why_not = look.word(_("{kind}：{what}", kind=on.title, what=on.closed))
        on = None
    return TableContent(
        title=look.word(step.title),
        lead=" · ".join(filter(None, (look.word(step.lead, hidden=hides), why_not))),
        sums=_facts(step.sums, look),
        tabs=tuple(
            TabPart(tab.key, look.word(tab.title), current=tab.key == step.tab) for tab in step.tabs
        ),
        columns=tuple(
            ColumnPart(
                at,
                look.word(column.title),
                strong=column.weight == "strong",
                quiet=column.weight == "quiet",
                right=column.right,
                wide=column.wide,
                widest=_widest(line.texts[at] for line in lines if line.tones[at] != "hidden"),
                dots=HIDDEN if any(line.tones[at] == "hidden" for line in lines) else "",
            )
            for at, column in enumerate(step.columns)
        ),
        lines=lines,
        empty=look.word(step.empty),
        revealed=look.revealed,
        eye=_eye(look) if hides else "",
        on=on.key if on else "",
        on_title=look.word(on.title) if on else "",
        phone=step.phone.key if step.phone else "",
        phone_title=look.word(step.phone.title) if step.phone else "",
    )


def _widest(texts: Iterable[str]) -> tuple[str, ...]:
    """The few of ``texts`` of which one is the widest. The page measures them: measuring all texts
    of a statement of twenty years takes longer than everything else on the page."""
    return tuple(sorted(set(texts), key=_ems, reverse=True)[:MEASURED])


def _ems(text: str) -> int:
    """About how wide ``text`` is, in halves of a Chinese character."""
    return len(text) + sum(not char.isascii() for char in text)


def _line(row: Sequence[Sayable | Cell], columns: Sequence[Column], look: Look) -> LinePart:
    texts, tones = [], []
    for cell, column in zip(row, columns, strict=True):
        text = _short(cell.value if isinstance(cell, Cell) else cell, column, look)
        texts.append(text)
        tones.append(
            cell.tone.value if isinstance(cell, Cell) else "hidden" if text == HIDDEN else ""
        )
    return LinePart(tuple(texts), tuple(tones))


def _short(value: Sayable, column: Column, look: Look) -> str:
    """``value`` as a table shows it: days and months in figures only."""
    match value:
        case Month():
            return value.of.isoformat()[:7]
        case date():
            return value.isoformat()
        case Decimal() if column.signed and look.revealed:
            return f"{value:+,.2f}"
        case _:
            return look.word(value, hidden=column.hidden)


# -- entering and confirming ----------------------------------------------------------------------


def _enter_number(step: EnterNumber, look: Look) -> EnterNumberContent:
    rest = step.rest
    return EnterNumberContent(
        title=look.word(step.title),
        lead=look.word(step.lead),
        label=look.word(step.label),
        unit=look.word(step.unit),
        places=step.places,
        least=float(step.least),
        most=float(step.most),
        too_small=look.word(step.too_small),
        too_large=look.word(step.too_large),
        rest=look.word(rest.label) if rest else "",
        rest_of=float(rest.of) if rest else 0.0,
        all=look.word(_("全部 {number}", number=step.written(step.most))) if step.whole else "",
        clear=look.word(_("清空")),
        confirm=look.word(_("下一步")),
        grouped=step.grouped,
        phone=look.word(ON_PHONE.title) if step.phone else "",
    )


def _enter_digits(step: EnterDigits, look: Look) -> EnterDigitsContent:
    return EnterDigitsContent(
        title=look.word(step.title),
        lead=look.word(step.lead),
        label=look.word(step.label),
        least=step.least,
        most=step.most,
        first=step.first,
        wrong=look.word(step.wrong) if step.wrong else "",
        confirm=look.word(_("下一步")),
        other=look.word(_("换其他方式")) if step.others else "",
    )


def _confirm(step: Confirm, look: Look) -> StatementContent:
    actions = (Action("no", step.no, ""), Action("yes", step.yes, ""))
    statement = ShowStatement(
        step.title,
        tuple(replace(fact, hidden=False) for fact in step.facts),
        step.headline,
        lead=step.lead,
        note=step.note,
        note_tone=Tone.ATTENTION,
        actions=actions,
    )
    return replace(_show_statement(statement, replace(look, revealed=True)), eye="")


# -- operations -----------------------------------------------------------------------------------


def _confirm_operation(step: ConfirmOperation, look: Look) -> ConfirmOperationContent:
    operation = step.operation
    pays = operation.business in PAYS_OUT
    agreed = [look.word(each) for each in operation.effects]
    agreed += [look.word(text.short) for text in operation.texts]
    facts: list[tuple[Sayable, Sayable]] = [(_("业务"), operation.title)]
    facts += [(fact.label, fact.value) for fact in changed(operation, before=True)]
    facts += [(fact.label, fact.value) for fact in referred(operation)]
    if operation.interest is not None:
        facts.append((_("其中利息"), _("{amount} 元", amount=operation.interest)))
    if operation.payee:
        facts.append((_("收款银行卡"), card(operation)))
        facts.append((_("户名"), _("{name}（本人）", name=step.holder)))
    if operation.arrives:
        facts.append((_("预计到账") if pays else _("办理时间"), operation.arrives))
    if operation.balance_after is not None:
        facts.append((_("办理后余额"), _("{amount} 元", amount=operation.balance_after)))
    if operation.next_possible:
        facts.append((_("下次可办"), operation.next_possible))
    amount = operation.amount
    return ConfirmOperationContent(
        title=look.word(_("请核对后确认")),
        lead=look.word(_("确认后提交中心，不能在本机撤回")),
        label=look.word(
            _("到账金额（元）")
            if pays
            else _("{what}（元）", what=amount_label(operation.business))
        ),
        amount="" if amount is None else look.word(amount),
        capitals=f"人民币{in_words(amount)}" if amount and look.language is Language.ZH else "",
        facts=tuple(FactPart(look.word(label), look.word(value)) for label, value in facts),
        agreed=look.word(
            _("确认即表示：{what}", what=(" " if look.language is Language.EN else "").join(agreed))
        )
        if agreed
        else "",
        texts=tuple(
            ActionPart(
                text.id,
                look.word(_("看《{title}》全文", title=text.title)),
                "certificate",
                enabled=True,
                closed="",
            )
            for text in operation.texts
        ),
        seconds=step.valid_for_s,
        left=look.word(_("还有 {time} 可以确认", time="%1")),
        hold=look.word(_("按住两秒确认")),
        holding=look.word(_("继续按住…")),
        in_two=look.word(_("按住不方便？改为分两步确认")),
        first=look.word(_("第一步：我已核对")),
        second=look.word(_("第二步：确认办理")),
    )


def _choose_reason(step: ChooseReason, look: Look) -> ReasonsContent:
    return ReasonsContent(
        title=look.word(step.title),
        lead=look.word(step.lead),
        can_title=look.word(_("现在可以办")) if step.can else "",
        can=tuple(_option(option, look) for option in step.can),
        cannot_title=look.word(_("现在还不能办")) if step.cannot else "",
        cannot=tuple(_option(option, look) for option in step.cannot),
        note=look.word(step.note),
    )


def _choose_outlet(step: ChooseOutlet, look: Look) -> OutletsContent:
    longest = max((outlet.distance_m for outlet in step.outlets), default=0) or 1
    return OutletsContent(
        title=look.word(_("去哪里办最快？")),
        lead=look.word(step.lead),
        here=look.word(_("您在这里")),
        outlets=tuple(_outlet(outlet, longest, look) for outlet in step.outlets),
        actions=_actions(step.actions, look),
    )


def _outlet(outlet: Outlet, longest: int, look: Look) -> OutletPart:
    key = way(outlet)
    state, tone = _queue(outlet)
    return OutletPart(
        key or outlet.id,
        look.word(outlet.name),
        look.word(_distance(outlet.distance_m)),
        outlet.distance_m / longest,
        look.word(_("{reach} · {hours}", reach=outlet.reach, hours=_hours_today(outlet))),
        look.word(state),
        tone.value,
        look.word(_("取号") if key.startswith(TICKET) else _("预约")) if key else "",
    )


def _distance(metres: int) -> Sayable:
    if metres < 1000:
        return _("{metres} 米", metres=metres)
    return _("{kilometres} 公里", kilometres=f"{metres / 1000:.1f}")


def _hours_today(outlet: Outlet) -> Sayable:
    if outlet.hours is None:
        return _("今天不开")
    if (outlet.hours.opens, outlet.hours.closes) == ("00:00", "23:59"):
        return _("24 小时")
    return _("今天 {opens}–{closes}", opens=outlet.hours.opens, closes=outlet.hours.closes)


def _queue(outlet: Outlet) -> tuple[Sayable, Tone]:
    """Who waits there, as a word, and its colour: green up to a quarter of an hour."""
    if not outlet.open:
        return _("现在不办公"), Tone.ATTENTION
    queue = outlet.queue
    if queue is None:
        return _("不用排队"), Tone.GOOD
    if not outlet.tickets:
        return _("今天的号已取完"), Tone.ATTENTION
    wait = _("前面 {ahead} 人，约 {minutes} 分钟", ahead=queue.ahead, minutes=queue.minutes)
    return wait, Tone.GOOD if queue.minutes <= _SHORT_WAIT else Tone.ATTENTION


_SHORT_WAIT = 15


def _compare_trial(step: CompareTrial, look: Look) -> CompareContent:
    trial = step.trial
    longest = max((len(choice.balances) for choice in trial.choices), default=0)
    first = look.catalogue.clock.year if look.catalogue else 0
    ticks = range(0, longest + 1, max(1, longest // 5)) if longest > 1 and first else range(0)
    return CompareContent(
        title=look.word(step.title),
        lead=look.word(step.lead),
        ways=tuple(
            WayPart(
                choice.way,
                look.word(choice.title),
                look.word(_("选“{way}”", way=choice.title)),
                tuple(_trial_line(line, look) for line in choice.lines),
                tuple(str(balance) for balance in choice.balances),
            )
            for choice in trial.choices
        ),
        chart=look.word(_("贷款余额（元）")) if longest > 1 else "",
        years=tuple(str(first + tick) for tick in ticks),
        note=look.word(trial.note or _("试算，仅供参考，以办理结果为准")),
    )


def _trial_line(line: TrialLine, look: Look) -> FactPart:
    value = look.word(Month(line.value) if isinstance(line.value, date) else line.value)
    unit = look.word(line.unit) if line.unit else ""
    return FactPart(look.word(line.label), f"{value} {unit}".strip())


def _read_text(step: ReadText, look: Look) -> ReadTextContent:
    return ReadTextContent(
        title=look.word(step.text.title),
        lead=look.word(_("版本 {version}", version=step.text.version)),
        paragraphs=tuple(line for line in step.text.text.splitlines() if line.strip()),
    )


def _deciding(step: Deciding, look: Look) -> DecidingContent:
    operation = step.operation
    what: Sayable = operation.title
    if operation.amount is not None:
        what = _("{amount} 元", amount=operation.amount)
        if operation.payee:
            what = _("{amount}，到尾号 {tail} 的银行卡", amount=what, tail=operation.payee.tail)
    tell = (
        _("短信同时发到 {phone}", phone=operation.phone) if operation.phone else _("短信同时告诉您")
    )
    return DecidingContent(
        title=look.word(_("正在提交，请稍候")),
        lead=look.word(_("一般不到 5 秒。请不要离开，也不用再按一次")),
        steps=(
            AdvicePart(look.word(_("您已确认")), look.word(what)),
            AdvicePart(look.word(_("中心正在受理")), ""),
            AdvicePart(look.word(_("得到结果")), look.word(tell)),
        ),
        waited=look.word(_("已等 {seconds} 秒", seconds="%1")),
        note=look.word(
            _("就算现在断网或停电，这笔业务最多只办一次，不会重复。办成没办成，都会短信告诉您。")
        ),
    )


def _await_result(step: AwaitResult, look: Look) -> AwaitResultContent:
    operation = step.operation
    phone = operation.phone
    under = look.word(operation.title)
    if operation.amount is not None:
        under += " " + look.word(_("{amount} 元", amount=operation.amount))
    if operation.payee:
        under += " · " + look.word(_("尾号 {tail}", tail=operation.payee.tail))
    lead = (
        _("中心已受理，还在办理，请不要再提交一次")
        if step.accepted
        else _("中心还没有答复，请不要再提交一次")
    )
    sent = (
        _("结果会发短信到 {phone}，不用再来办", phone=phone)
        if phone
        else _("结果会发短信告诉您，不用再来办")
    )
    advice = [
        (_("在这里等一等"), _("系统会自动查询，有结果马上显示")),
        (_("先离开也可以"), sent),
        (_("想自己查"), _("下次来按“办理进度”，或拨 {hotline} 报编号", hotline=look.hotline)),
    ]
    if not step.free:
        advice = advice[:1]
    return AwaitResultContent(
        title=look.word(_("您有一笔在途业务") if step.resumed else _("结果确认中")),
        lead=look.word(lead),
        note=look.word(
            _("您的钱是安全的：这笔业务最多只会办一次，办成没办成，都会查清楚并发短信告诉您。")
            if operation.business.moves_money
            else _("请放心：这笔业务最多只会办一次，办成没办成，都会查清楚并发短信告诉您。")
        ),
        code_label=look.word(_("查询编号")),
        code=operation.code,
        under=under,
        advice=tuple(AdvicePart(look.word(title), look.word(text)) for title, text in advice),
        seconds=step.asks_in_s,
        asks=""
        if step.next_s is None
        else look.word(_("正在自动查询，{seconds} 秒后再查；有结果马上显示", seconds="%1")),
        free=step.free,
        actions=_actions(step.actions, look) if step.free else (),
        rows=_qr_rows(operation.status_url) if operation.status_url else (),
        scan=look.word(_("扫码看进度")) if operation.status_url else "",
    )


def _outcome(step: ShowOutcome, look: Look) -> OutcomeContent:
    return OutcomeContent(
        title=look.word(step.title),
        lead=look.word(step.lead),
        label=look.word(step.amount_label),
        amount="" if step.amount is None else look.word(_("{amount} 元", amount=step.amount)),
        facts=tuple(FactPart(look.word(each.label), look.word(each.value)) for each in step.facts),
        note=look.word(step.note),
        actions=_actions(step.actions, look),
    )


# -- without signing in ---------------------------------------------------------------------------


def _show_loan_years(step: ShowLoanYears, look: Look) -> LoanYearsContent:
    years = step.years
    scale = charts.scale_of(years)
    debt = years[0].balance + years[0].principal
    principal, interest = look.word(_("本金")), look.word(_("利息"))
    hidden = step.own and not look.revealed
    left = _("剩余贷款（{debt} 万 → 0）", debt=charts.in_units(round(debt / charts.UNIT, 2)))
    return LoanYearsContent(
        title=look.word(step.title),
        lead=look.word(step.lead),
        unit=look.word(_("每年还多少（万元）")),
        principal=principal,
        interest=interest,
        balance=look.word(_("剩余贷款") if hidden else left),
        scale=tuple("" if hidden else charts.in_units(figure) for figure in scale),
        years=charts.bars_of(years, scale[-1]),
        balance_top=charts.BALANCE_TOP,
        spoken=look.word(
            _(
                "从 {first} 年到 {last} 年，第一年还本金 {principal} 元、利息 {interest} 元",
                first=str(years[0].year),
                last=str(years[-1].year),
                principal=years[0].principal,
                interest=years[0].interest,
            ),
            hidden=step.own,
        ),
        facts=_facts(step.facts, look),
        note=look.word(step.note),
        actions=_actions(step.actions, look),
        revealed=not hidden,
        eye=_eye(look) if step.own else "",
    )


def _read_article(step: ReadArticle, look: Look) -> ReadTextContent:
    article = step.article
    lead: Sayable = article.day
    if article.kind != "news":
        lead = _("{version} 版，{day}起执行", version=article.version, day=article.day)
    return ReadTextContent(
        title=look.word(article.title),
        lead=look.word(lead),
        paragraphs=tuple(map(look.word, article.paragraphs)),
    )


def _scan_paper(_step: ScanPaper, look: Look) -> PresentThingContent:
    return _thing(
        Kind.CODE_SCANNER,
        _("请把证明上的二维码对准扫码窗"),
        _("屏幕变化后就可以拿开"),
        _("只查真假，不保存您的证明"),
        look,
        _actions((Action(OTHER, _("改为输入验证码"), "keypad"),), look),
    )


def _read_guide(step: ReadGuide, look: Look) -> GuideContent:
    guide = step.guide
    return GuideContent(
        title=look.word(_("{business}要带什么", business=guide.title)),
        lead=look.word(_("{version} 版，{day}起执行", version=guide.version, day=guide.day)),
        here=look.word(_("这里也能办：{how}", how=guide.here)) if guide.here else "",
        bring=tuple(map(look.word, guide.bring)),
        facts=tuple(FactPart(look.word(each.label), look.word(each.value)) for each in step.facts),
        actions=_actions(step.actions, look),
    )


# -- paper and trouble ----------------------------------------------------------------------------


def _preview(step: Preview, look: Look) -> PreviewContent:
    pages, number = step.document.pages, step.document.print_number
    again = _("第 {number} 次打印，注明补打 · 共 {pages} 页 A4", number=number, pages=pages)
    first = _("中心电子签章已核验 · 共 {pages} 页 A4", pages=pages)
    return PreviewContent(
        title=look.word(_("请核对，然后打印")),
        lead=look.word(again if number > 1 else first),
        pages=pages,
        actions=_actions(step.actions, look),
    )


def _printing_document(step: PrintingDocument, look: Look) -> PrintingContent:
    if step.held_up:
        advice = _("不想等可以退出，换一台终端打印；{paper}不会丢失", paper=step.paper)
        return _held_up(step.held_up, advice, "a4", look)
    return PrintingContent(
        title=look.word(_("正在打印{paper}", paper=step.paper)),
        lead=look.word(_("共 {pages} 页，请不要离开", pages=step.request.pages)),
        paper="a4",
    )


def _printing_slip(step: PrintingSlip, look: Look) -> PrintingContent:
    if step.held_up:
        advice = _("不想等可以退出；凭条可以不要，业务不受影响")
        return _held_up(step.held_up, advice, "slip", look)
    return PrintingContent(
        title=look.word(_("正在打印凭条")),
        lead=look.word(_("几秒钟就好")),
        paper="slip",
    )


def _held_up(held_up: HeldUp, advice: Text, paper: str, look: Look) -> PrintingContent:
    return PrintingContent(
        title=look.word(held_up.title),
        lead=look.word(advice),
        paper=paper,
        waits=look.word(_("{waits_for} · %1 秒", waits_for=held_up.waits_for)),
        waited=held_up.waited_s,
    )


def _paper_ready(step: PaperReady, look: Look) -> PaperReadyContent:
    a4 = step.printer is Kind.DOCUMENT_PRINTER
    count = _("共 {sheets} 张 A4", sheets=step.sheets) if a4 else _("共一张")
    slot = _("A4 出纸口") if a4 else _("凭条出口")
    to = look.where.get(step.printer)
    return PaperReadyContent(
        title=look.word(step.title),
        lead=look.word(step.lead),
        paper="a4" if a4 else "slip",
        sheets=step.sheets,
        count="\n".join(look.word(each) for each in ((_SIDES[to], count) if to else (count,))),
        slot=look.word(slot),
        to=to or "",
        actions=_actions(step.actions, look),
    )


def _problem(step: Problem, look: Look) -> ProblemContent:
    return ProblemContent(
        title=look.word(step.title),
        lead=look.word(step.lead),
        tone=step.tone.value,
        advice=tuple(AdvicePart(look.word(title), look.word(text)) for title, text in step.advice),
        reference_label=look.word(_("需要人工帮助请拨 {hotline}，报编号", hotline=look.hotline)),
        reference=step.reference,
        actions=_actions(step.actions, look),
    )


def _touch_test(_step: TouchTest, look: Look) -> TouchTestContent:
    return TouchTestContent(
        title=look.word(_("触摸测试")),
        lead=look.word(_("用手指划过每一格，划过的格子变绿")),
        actions=_actions((Action(DONE, _("测完了"), "check"),), look),
    )


def _aim_camera(_step: AimCamera, look: Look) -> AimCameraContent:
    return AimCameraContent(
        title=look.word(_("摄像头对准")),
        lead=look.word(_("站到市民的位置：脸要在椭圆正中。画面只在这一页，不保存")),
        picture=look.word(_("摄像头的画面")),
        actions=_actions((Action(DONE, _("对好了"), "check"),), look),
    )


def _show_checks(step: ShowChecks, look: Look) -> ShowChecksContent:
    return ShowChecksContent(
        title=look.word(step.title),
        lead=look.word(step.lead),
        note=look.word(step.note),
        note_tone=step.note_tone.value,
        checks=tuple(_check(each, look) for each in step.checks),
        actions=_actions(step.actions, look),
        working=look.word(WORKING) if step.works else "",
    )


def _check(check: CheckLine, look: Look) -> CheckPart:
    return CheckPart(
        _CHECK_ICONS[check.tone],
        check.tone.value,
        look.word(check.title),
        look.word(check.text),
        look.word(check.mend),
    )


_CHECK_ICONS = {
    Tone.PLAIN: "info",
    Tone.GOOD: "check",
    Tone.ATTENTION: "warning",
    Tone.BAD: "refused",
}


def _enter_text(step: EnterText, look: Look) -> EnterTextContent:
    return EnterTextContent(
        title=look.word(step.title),
        lead=look.word(step.lead),
        wrong=look.word(step.wrong),
        typed=step.typed,
        most=MOST_TYPED,
        pieces=step.pieces,
        confirm=look.word(_("下一步")),
        scan=look.word(_("扫码输入")) if step.scans else "",
    )


def _show_enrolment(step: ShowEnrolment, look: Look) -> ShowEnrolmentContent:
    key = step.key_hash
    return ShowEnrolmentContent(
        title=look.word(step.title),
        lead=look.word(step.lead),
        note=look.word(step.trouble),
        code_label=look.word(_("代码")),
        code=step.code,
        hash_label=look.word(_("公钥的 SHA-256，要与中心看到的相同")),
        groups=tuple(key[at : at + 8] for at in range(0, len(key), 8)),
        rows=_qr_rows(step.scan),
        steps=tuple(map(look.word, step.steps)),
        actions=_actions(step.actions, look),
    )


def _show_remedy(step: ShowRemedy, look: Look) -> RemedyContent:
    done = _("弄好了") if step.remedy.by_hand else _("知道了")
    return RemedyContent(
        title=look.word(step.remedy.title),
        lead=look.word(_("给店里的工作人员 · 终端编号 {terminal}", terminal=step.terminal)),
        steps=tuple(
            RemedyPart(str(number), f"remedy-{each.picture}", look.word(each.text))
            for number, each in enumerate(step.remedy.steps, 1)
        ),
        actions=_actions((Action(DONE, done, "check"),), look),
    )


# -- the face -------------------------------------------------------------------------------------

_POINT_ICONS = {"what": "camera", "why": "face", "kept": "trash", "who": "certificate"}
_RING_TICKS = 60


def _agree_to_terms(step: AgreeToTerms, look: Look) -> AgreementContent:
    agreement = step.agreement
    lead: Sayable = _("同意后才能办理；不同意可以退出，到柜台办理")
    if agreement.bank is not None:
        lead = _("{bank}也处理您的信息", bank=agreement.bank)
    return AgreementContent(
        title=look.word(_("开始前，请先看这几点")),
        lead=look.word(lead),
        points=_points(agreement, look, {**_POINT_ICONS, "what": "id-card", "why": "account"}),
        notice=look.word(_("《{title}》", title=agreement.title)),
        version=look.word(_version(agreement)),
        whole=look.word(_("看全文")),
        tick=look.word(_("我已阅读并同意")),
        agree=look.word(_("继续")),
        untold=look.word(_("请先打勾")),
    )


def _points(notice: Notice, look: Look, icons: Mapping[str, str]) -> tuple[PointPart, ...]:
    return tuple(
        PointPart(icons[point.about], look.word(point.title), look.word(point.text))
        for point in notice.points
    )


def _consent_to_face(step: ConsentToFace, look: Look) -> FaceConsentContent:
    notice = step.notice
    return FaceConsentContent(
        title=look.word(_("用刷脸确认是您本人？")),
        lead=look.word(_("可以不刷脸，换别的方式一样能办")),
        points=_points(notice, look, _POINT_ICONS),
        notice=look.word(_("《{title}》", title=notice.title)),
        version=look.word(_version(notice)),
        whole=look.word(_("看全文")),
        agree=look.word(_("同意并刷脸")),
        decline=look.word(_("不用刷脸，换其他方式")),
    )


def _read_notice(step: ReadNotice, look: Look) -> NoticeContent:
    return NoticeContent(
        title=look.word(step.notice.title),
        lead=look.word(_version(step.notice)),
        paragraphs=tuple(look.word(paragraph) for paragraph in step.notice.full),
        close=look.word(_("看完了")),
    )


def _version(notice: Notice) -> Sayable:
    return _("{version} 版，{day}起生效", version=notice.version, day=notice.effective)


def _capture_face(step: CaptureFace, look: Look) -> FaceCaptureContent:
    now = step.coaching
    return FaceCaptureContent(
        ticks=round(now.share * _RING_TICKS),
        step=look.word(_("第 {step} 步，共 {steps} 步", step=now.step, steps=now.steps)),
        say=look.word(now.say),
        lead=look.word(now.lead),
        note=look.word(_("只用于这一次核验，不保存照片和录像")),
        other=look.word(_("不刷脸了，换其他方式")),
        preview=look.word(_("摄像头的画面")),
    )


# -- the technician ------------------------------------------------------------------------------


def _scan_ticket(_step: ScanTicket, look: Look) -> PresentThingContent:
    return _thing(
        Kind.CODE_SCANNER,
        _("请把工单上的二维码对准扫码窗"),
        _("中心签发、写着本机编号的维护工单"),
        _("没有网络也能用"),
        look,
    )


def _present_staff_card(_step: PresentStaffCard, look: Look) -> PresentThingContent:
    return _thing(
        Kind.SMART_CARD,
        _("请插入工作卡"),
        _("芯片朝上，读完再取出"),
        _("在本机登记过的卡"),
        look,
    )


def _enter_staff_pin(step: EnterStaffPin, look: Look) -> EnterCodeContent:
    return _secret_digits(_("请输入工作密码"), _("登记这张卡时设的 6 位数字"), step.wrong, look)


def _maintenance_home(step: MaintenanceHome, look: Look) -> MaintenanceContent:
    first, tone = _first_of_maintenance(step)
    return MaintenanceContent(
        title=look.word(
            _("{count} 项要处理", count=len(step.todo)) if step.todo else _("没有要处理的")
        ),
        lead=f"{look.word(step.heading)}\n{look.word(step.who)}",
        band=look.word(_("维护中 · 暂停对外服务")),
        rest=look.word(_("工单还剩 %1 分钟")),
        left_s=step.left_s,
        note=look.word(first),
        note_tone=tone.value,
        note_icon="check" if tone is Tone.GOOD else "warning",
        devices=tuple(
            OptionPart(
                card.device,
                look.word(card.title),
                look.word(_state_of(card)),
                card.icon,
                tone=card.tone.value,
            )
            for card in step.devices
        ),
        counters=_facts(step.counters, look),
        acts=_actions(step.acts, look),
        end=look.word(_("结束维护，恢复服务")),
    )


def _state_of(card: DeviceCard) -> Sayable:
    if not card.line:
        return card.state
    return _("{state} · {line}", state=card.state, line=card.line)


def _first_of_maintenance(step: MaintenanceHome) -> tuple[Sayable, Tone]:
    """What the technician reads first: what the last act came to, or the worst that is to be
    done."""
    if step.said:
        return step.said, Tone.GOOD
    if not step.todo:
        return _("所有设备正常"), Tone.GOOD
    worst = step.todo[0]
    return _todo(worst), worst.tone


def _todo(todo: Todo) -> Sayable:
    return _("{what}：{mend}", what=todo.title, mend=todo.mend) if todo.mend else todo.title


# -- parts ----------------------------------------------------------------------------------------


def _actions(actions: Sequence[Action], look: Look) -> tuple[ActionPart, ...]:
    return tuple(
        ActionPart(
            action.key,
            look.word(action.title),
            action.icon,
            enabled=action.closed is None,
            closed=look.word(action.closed) if action.closed else "",
        )
        for action in actions
    )


def _eye(look: Look) -> str:
    return look.word(_("隐藏金额") if look.revealed else _("显示金额"))


_CONTENTS: dict[type[Step[Any]], Callable[[Any, Look], PageContent]] = {
    Attract: _attract,
    OutOfService: _out_of_service,
    ScanTicket: _scan_ticket,
    PresentStaffCard: _present_staff_card,
    EnterStaffPin: _enter_staff_pin,
    MaintenanceHome: _maintenance_home,
    PresentIdCard: _present_card,
    PresentEmployeeCard: _present_employee_card,
    PresentStaffIdCard: _present_staff_id_card,
    ConfirmName: _confirm_name,
    ShowPhoneCode: _show_phone_code,
    IsItYou: _is_it_you,
    ShowFundCode: _show_fund_code,
    PresentSocialSecurityCard: _present_social_security_card,
    PresentNewBankCard: _present_new_bank_card,
    PresentBankCard: _present_bank_card,
    EnterPin: _enter_pin,
    EnterPassword: _enter_password,
    EnterNewPassword: _enter_new_password,
    ChooseWay: _choose_way,
    EnterSmsCode: _enter_code,
    Menu: _menu,
    UnitMenu: _unit_menu,
    Choose: _choose,
    ChooseEmployees: _choose_employees,
    Rate: _rate,
    Farewell: _farewell,
    ShowStatement: _show_statement,
    ShowTable: _show_table,
    EnterNumber: _enter_number,
    EnterDigits: _enter_digits,
    Confirm: _confirm,
    Preview: _preview,
    ChooseReason: _choose_reason,
    ChooseOutlet: _choose_outlet,
    CompareTrial: _compare_trial,
    ConfirmOperation: _confirm_operation,
    ReadText: _read_text,
    Deciding: _deciding,
    AwaitConsent: _await_consent,
    AwaitClerk: _choose_way,
    ShowHandover: _show_handover,
    AwaitResult: _await_result,
    ShowOutcome: _outcome,
    ShowLoanYears: _show_loan_years,
    ReadArticle: _read_article,
    ReadGuide: _read_guide,
    ScanPaper: _scan_paper,
    PrintingDocument: _printing_document,
    PrintingSlip: _printing_slip,
    PaperReady: _paper_ready,
    Problem: _problem,
    ShowRemedy: _show_remedy,
    ShowChecks: _show_checks,
    EnterText: _enter_text,
    ShowEnrolment: _show_enrolment,
    TouchTest: _touch_test,
    AimCamera: _aim_camera,
    AgreeToTerms: _agree_to_terms,
    ConsentToFace: _consent_to_face,
    ReadNotice: _read_notice,
    CaptureFace: _capture_face,
}
"""The function that makes the content, for every kind of step; similar steps share a page."""
