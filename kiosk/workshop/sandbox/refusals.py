"""All refusals of the stand-in centre: code, HTTP status, reason, and what the citizen does now."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.centre.errors import reference_number
from kiosk.centre.models import CentreWords, RefusalBody
from kiosk.operation import OperationState
from kiosk.workshop.sandbox import business_words


@dataclass(frozen=True, slots=True)
class _Wording:
    status: int
    reason: CentreWords
    next_step: CentreWords


class Refused(Exception):
    """Raised anywhere below an endpoint; ``body`` becomes the endpoint's answer. ``operation``: id
    and state of the operation that stands in the way."""

    def __init__(
        self,
        code: str,
        *,
        retry_after_s: int | None = None,
        operation: tuple[str, OperationState] | None = None,
        **values: object,
    ) -> None:
        super().__init__(code)
        wording = _WORDINGS[code]
        self.status = wording.status
        self.retry_after_s = retry_after_s
        self.body = RefusalBody(
            code=code,
            reason=_filled(wording.reason, values),
            next_step=_filled(wording.next_step, values),
            reference=reference_number(),
            operation=operation[0] if operation else None,
            state=operation[1] if operation else None,
        )


def known_codes() -> tuple[str, ...]:
    return tuple(_WORDINGS)


def status_of(code: str) -> int:
    return _WORDINGS[code].status


def _filled(words: CentreWords, values: dict[str, object]) -> CentreWords:
    return CentreWords(zh=words.zh.format(**values), en=words.en.format(**values))


def _no(status: int, reason: tuple[str, str], next_step: tuple[str, str]) -> _Wording:
    return _Wording(
        status,
        CentreWords(zh=reason[0], en=reason[1]),
        CentreWords(zh=next_step[0], en=next_step[1]),
    )


_COUNTER = (
    "请到任一管理部窗口办理，或拨打12329咨询。",
    "Please go to any branch counter, or call 12329.",
)
_AGAIN = ("请返回首页重新开始。", "Please go back to the start and begin again.")

_WORDINGS = {
    # -- who is there
    "card-expired": _no(
        403,
        ("您的证件已过有效期。", "Your identity document has expired."),
        (
            "请到公安机关换领新证件后再来；急需办理可带户口簿到管理部窗口，或拨打12329咨询。",
            (
                "Please renew it at a police station. If it is urgent, ask at a branch counter "
                "or call 12329."
            ),
        ),
    ),
    "card-lost": _no(
        403,
        (
            "这张证件已被登记挂失，不能用来办理业务。",
            "This identity document has been reported lost and cannot be used here.",
        ),
        (
            (
                "如已领取新证，请使用新证；如证件已找回，请先到公安机关办理。"
                "也可带有效证件到管理部窗口，或拨打12329。"
            ),
            (
                "Please use your new document. If you have found the old one, go to a police "
                "station first, or ask at a branch counter or on 12329."
            ),
        ),
    ),
    "card-not-on-file": _no(
        404,
        ("这张银行卡没有在本中心登记。", "This bank card is not on file at this centre."),
        (
            "请用登记的收款银行卡，或换一种方式登录。",
            "Please use the card on file, or sign in another way.",
        ),
    ),
    "card-is-credit": _no(
        403,
        ("这是信用卡，不能用来登录。", "This is a credit card, which signs nobody in."),
        (
            "请用登记的储蓄卡，或换一种方式登录。",
            "Please use the debit card on file, or sign in another way.",
        ),
    ),
    "no-account": _no(
        404,
        (
            "没有查到您在本中心的住房公积金账户。",
            "We found no housing provident fund account of yours at this centre.",
        ),
        (
            (
                "请向单位经办人确认是否已为您开户；灵活就业人员可到管理部窗口或网上大厅自愿开户，"
                "咨询电话12329。"
            ),
            (
                "Please ask your employer whether an account was opened for you. If you work for "
                "yourself you may open one at a branch counter or online; call 12329 for help."
            ),
        ),
    ),
    "card-name-differs": _no(
        403,
        (
            "证件上的信息与中心登记的不一致。",
            "Your document does not match what the centre has on file.",
        ),
        (
            "请带身份证和户口簿到管理部窗口更正登记信息，或拨打12329。",
            (
                "Please bring your ID card and household register to a branch counter to have it "
                "corrected, or call 12329."
            ),
        ),
    ),
    "name-not-confirmed": _no(
        403,
        (
            "姓名没有得到确认，不能继续办理。",
            "The name was not confirmed, so we cannot go on.",
        ),
        (
            "如姓名确实是您本人，请重新放置证件并确认；如有出入，请到管理部窗口更正。",
            (
                "If it is your name, start again and confirm it. If it is not quite right, have it "
                "corrected at a branch counter."
            ),
        ),
    ),
    "session-over": _no(
        401,
        ("本次办理已结束或超时。", "This visit has ended or timed out."),
        _AGAIN,
    ),
    "proof-needed": _no(
        403,
        ("还需要核实您的身份。", "We still need to make sure that it is you."),
        ("请先完成短信验证码核验。", "Please confirm with the code sent to your phone."),
    ),
    "risk-sign-ins": _no(
        429,
        (
            "短时间内太多人在这台终端登录，暂停登录。",
            "Too many people have signed in at this terminal within minutes.",
        ),
        (
            "请几分钟后再来，或到任一管理部窗口办理。",
            "Please come back in a few minutes, or go to any branch counter.",
        ),
    ),
    # -- the audit log
    "audit-differs": _no(
        409,
        (
            "终端的审计日志与中心留存的不一致。",
            "The terminal's audit log differs from what the centre has witnessed.",
        ),
        ("请联系中心技术人员。", "Please call the centre's technicians."),
    ),
    "way-closed": _no(
        409,
        ("这种方式现在不能用。", "This way is not available now."),
        ("请换一种方式。", "Please choose another way."),
    ),
    "other-person": _no(
        403,
        ("这不是刚才登录的人。", "This is not the person who signed in."),
        (
            "一次只能办理一个人的业务，请返回首页重新开始。",
            "One visit serves one person. Please begin again.",
        ),
    ),
    "login-over": _no(
        409,
        ("这个二维码已经失效。", "This code is no longer valid."),
        ("请返回重新选择，换一个新的二维码。", "Please go back and take a new code."),
    ),
    "fund-code-over": _no(
        409,
        ("这个亮码已经用过或过期。", "This code was used already, or its time has passed."),
        ("请在手机上刷新，再扫一次。", "Please refresh it on your phone and scan it again."),
    ),
    "pin-wrong": _no(
        403,
        ("银行卡密码不对。", "That is not the PIN of the card."),
        ("请再输入一次。", "Please enter it again."),
    ),
    "password-wrong": _no(
        403,
        ("查询密码不对。", "That is not your query password."),
        (
            "请再输入一次；忘记了可以换一种方式。",
            "Please enter it again; if you have forgotten it, choose another way.",
        ),
    ),
    "unit-wrong": _no(
        403,
        ("单位账号或密码不对。", "The account or the password of the employer is wrong."),
        (
            "请再输入一次；忘记密码请到管理部窗口重设。",
            "Please enter both again; a forgotten password is set anew at a branch.",
        ),
    ),
    "unit-only": _no(
        403,
        ("这次登录只办这个单位的业务。", "This sign-in serves one employer only."),
        (
            "办个人业务请退出后用本人证件登录。",
            "For your own business, sign in with your own card.",
        ),
    ),
    "try-later": _no(
        429,
        ("连续输错，暂时不能再试。", "Too many wrong tries in a row."),
        ("请{seconds}秒后再试，或换一种方式。", "Try again in {seconds} seconds, or another way."),
    ),
    # -- terminals
    "terminal-stopped": _no(
        403,
        ("本终端已停用。", "This terminal is out of service."),
        ("请换一台终端或到柜台。", "Please use another terminal or a counter."),
    ),
    # -- codes by SMS
    "handover-closed": _no(
        403,
        ("现在不能转到手机上继续。", "It cannot be continued on a phone now."),
        ("请在这台机器上继续办。", "Please go on at this machine."),
    ),
    "sms-too-soon": _no(
        429,
        (
            "验证码刚刚发出，请留意短信。",
            "A code has just been sent. Please look at your phone.",
        ),
        (
            "如未收到，请在{seconds}秒后重新获取。",
            "If nothing has come, ask for another one in {seconds} seconds.",
        ),
    ),
    "sms-daily-limit": _no(
        429,
        (
            "今天向您手机发送的验证码已达上限。",
            "No more codes can be sent to your phone today.",
        ),
        (
            "请明天再来，或带身份证到管理部窗口办理；号码已停用的，请到窗口变更。",
            (
                "Please come back tomorrow, or bring your ID card to a branch counter; there you "
                "can also change your phone number."
            ),
        ),
    ),
    "code-wrong": _no(
        403,
        ("验证码不正确。", "The code is not right."),
        (
            "请核对短信后重新输入，还可以输入{left}次。",
            "Please check the message and type it again. {left} more tries.",
        ),
    ),
    "code-expired": _no(
        409,
        ("验证码已失效。", "The code is no longer valid."),
        ("请重新获取验证码。", "Please ask for a new code."),
    ),
    "code-locked": _no(
        403,
        (
            "验证码连续输错，本次核验已锁定。",
            "The code was wrong too often; this check is now locked.",
        ),
        (
            "为保护您的账户，请返回首页重新开始；如未收到短信，请到管理部窗口核对手机号，或拨打12329。",
            (
                "To protect your account, please start again. If no message came, have your phone "
                "number checked at a branch counter or call 12329."
            ),
        ),
    ),
    # -- faces
    "face-closed": _no(
        403,
        ("现在不能用人脸核验。", "Checking faces is closed now."),
        ("请换其他方式。", "Please choose another way."),
    ),
    "face-expired": _no(
        409,
        ("这次刷脸已失效。", "This face check is no longer valid."),
        ("请再刷一次，或换其他方式。", "Please try again, or choose another way."),
    ),
    "face-unreadable": _no(
        400,
        ("没有收到清楚的照片。", "No readable picture has arrived."),
        ("请再刷一次，或换其他方式。", "Please try again, or choose another way."),
    ),
    "face-foreign": _no(
        403,
        ("这张照片不属于这次办理。", "This picture does not belong to this visit."),
        ("请换其他方式，或拨打12329。", "Please choose another way, or call 12329."),
    ),
    "face-not-live": _no(
        403,
        ("没有确认是您本人在场。", "It could not be confirmed that you are present."),
        ("请再刷一次，或换其他方式。", "Please try again, or choose another way."),
    ),
    "face-locked": _no(
        403,
        ("刷脸没有成功的次数太多，已停用。", "The face check failed too often and is closed."),
        ("请换其他方式，或到管理部窗口办理。", "Please choose another way, or go to a counter."),
    ),
    # -- accounts and papers
    "not-found": _no(
        404,
        ("没有找到您要查询的内容。", "We could not find what you asked for."),
        ("请返回重新选择。", "Please go back and choose again."),
    ),
    "account-closed": _no(
        409,
        (
            "该账户已销户，不能出具缴存证明。",
            "This account is closed; no certificate can be issued for it.",
        ),
        _COUNTER,
    ),
    "account-frozen": _no(
        409,
        (
            "您的账户已被司法冻结（{since}起），冻结期间不能出具缴存证明。",
            (
                "Your account was frozen by a court ({since}). While it is, no certificate can be "
                "issued."
            ),
        ),
        (
            (
                "查询不受影响。冻结由人民法院作出，请向作出冻结的法院了解情况；"
                "也可拨打12329转人工查询冻结机关。"
            ),
            (
                "You can still look everything up. The court that ordered it can tell you why; to "
                "learn which court it was, call 12329 and ask for an operator."
            ),
        ),
    ),
    "outlet-closed": _no(
        409,
        ("这个网点现在不办公。", "This outlet is closed now."),
        ("请看办公时间，或换一个网点。", "Please look at its hours, or choose another one."),
    ),
    "tickets-gone": _no(
        409,
        ("这个网点今天的号已经取完。", "This outlet has no tickets left for today."),
        ("请换一个网点，或预约其他日期。", "Please choose another one, or make an appointment."),
    ),
    "slot-gone": _no(
        409,
        ("这个时间刚被约满。", "This time has just been taken."),
        ("请换一个时间。", "Please choose another time."),
    ),
    "print-limit": _no(
        429,
        (
            "今天这份证明已打印{limit}次，达到上限。",
            "This document has been printed {limit} times today, which is the most allowed.",
        ),
        (
            "请明天再来，或到管理部窗口打印。",
            "Please come back tomorrow, or have it printed at a branch counter.",
        ),
    ),
    "seal-unavailable": _no(
        409,
        (
            "电子印章服务暂时不可用，证明没有生成。",
            "The electronic seal is not available at the moment; no certificate was made.",
        ),
        (
            "请稍后再试，或到管理部窗口打印。已做的操作不会重复。",
            "Please try again later or go to a branch counter. Nothing will be done twice.",
        ),
    ),
    "purpose-unknown": _no(
        422,
        ("没有这个用途选项。", "There is no such purpose."),
        ("请返回重新选择用途。", "Please go back and choose again."),
    ),
    "addressee-unknown": _no(
        422,
        ("没有这个中心可选。", "There is no such centre to choose."),
        ("请返回重新选择中心。", "Please go back and choose again."),
    ),
    "no-bookings": _no(
        409,
        ("{year}年没有缴存记录，不能出对账单。", "There are no entries in {year}."),
        ("请返回选择别的年份。", "Please go back and choose another year."),
    ),
    "operation-not-done": _no(
        409,
        (
            "这笔业务还没有办成，不能出回单。",
            "This operation is not done yet, so there is no receipt.",
        ),
        (
            "办成以后，在办成的页面上可以打印。",
            "Once it is done, print the receipt on the page that says so.",
        ),
    ),
    "nothing-agreed": _no(
        409,
        (
            "这笔业务没有签协议，没有副本可打印。",
            "Nothing was signed with this operation, so there is no copy.",
        ),
        (
            "请返回，打印回单。",
            "Go back and print the receipt.",
        ),
    ),
    "loan-not-settled": _no(
        409,
        (
            "这笔贷款还没有结清（还欠本金{balance}元），不能出结清证明。",
            "This loan is not settled yet ({balance} yuan of principal are owed), so there is no "
            "settlement certificate.",
        ),
        (
            "可以打印还款明细或还款计划；想提前结清，请返回首页选“提前还款”。",
            "You can print the repayments or the plan instead. To settle the loan now, choose "
            "Repay early on the start page.",
        ),
    ),
    "no-plan": _no(
        409,
        (
            "这笔贷款已在{day}结清，没有待还的期次。",
            "This loan was settled on {day}; no instalment is to come.",
        ),
        (
            "可以打印贷款结清证明或还款明细。",
            "You can print the settlement certificate or the repayments instead.",
        ),
    ),
    "key-reused": _no(
        409,
        ("该请求编号已用于另一份证明。", "This request key belongs to another document."),
        _AGAIN,
    ),
    "service-closed": _no(
        409,
        ("该业务目前暂停办理。", "This service is closed at the moment."),
        (
            "请在服务时间内再来，或拨打12329咨询。",
            "Please come back during service hours, or call 12329.",
        ),
    ),
    "service-busy": _no(
        429,
        ("系统繁忙。", "The centre is busy."),
        ("请稍等片刻再试。", "Please wait a moment and try again."),
    ),
    # -- requests that are not understood
    "request-invalid": _no(
        422,
        ("终端发送的内容不符合接口规定。", "The terminal sent something that is not allowed."),
        _COUNTER,
    ),
    "request-not-served": _no(
        404,
        ("中心没有这个接口。", "The centre does not know this request."),
        _COUNTER,
    ),
}
_WORDINGS |= {code: _no(*words) for code, words in business_words.REFUSALS.items()}
