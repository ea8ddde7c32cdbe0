"""The page on the citizen's phone that goes on where a terminal stops: prove who, look, or confirm.

Stands here in place of the centre's own app. Plain HTML without a script, as
:mod:`kiosk.workshop.sandbox.phone_page`. The address opens nothing personal: the citizen first
proves who they are, and every later form carries the token of the phone's own session.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from decimal import Decimal
from html import escape
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from kiosk.centre import codes
from kiosk.centre.operations import (
    Confirmation,
    DraftRequest,
    Eligibility,
    Evidence,
    Operation,
    Order,
    PersonalDataOrder,
    WithdrawalOrder,
    digest_of,
)
from kiosk.operation import OPERATION_ID, Business, OperationState
from kiosk.papers.receipt import STATE_ON_SLIP, state_on_slip
from kiosk.privacy import Sensitive
from kiosk.words import Language, say
from kiosk.workshop.sandbox import personas
from kiosk.workshop.sandbox.asking import AtCentre, PagesForPhones
from kiosk.workshop.sandbox.business_words import TITLES
from kiosk.workshop.sandbox.centre import StandInCentre
from kiosk.workshop.sandbox.handovers import PhoneWork
from kiosk.workshop.sandbox.offers import HOTLINE
from kiosk.workshop.sandbox.phone_page import PLACE, page, people, refused, told
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.sessions import TokenHolder

router = APIRouter(prefix="/handover", include_in_schema=False)
MOST = 16384
"""Longest body of a form, in bytes: 500 characters, each as nine bytes, and the rest."""
MOST_WORDS = 500
NEWEST = 12
"""Bookings, withdrawals or instalments on one page."""
_AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?")
_TITLES = {
    "account": "账户查询",
    "withdrawals": "提取记录",
    "loan": "我的贷款",
    "requests": "我的办件",
}


@router.get("/{code}")
def ask(centre: AtCentre, code: str) -> HTMLResponse:
    """Ask who holds the phone; of a complaint, what they have to say."""
    found = centre.handovers.waiting(code)
    if found is None:
        return _over()
    terminal, work = found
    if work.complaint is not None:
        return _words_form(centre.complaints.number(work.complaint))
    return _proof(terminal, work)


@router.post("/{code}")
async def answer(
    centre: AtCentre, pages: PagesForPhones, code: str, request: Request
) -> HTMLResponse:
    """Prove who holds the phone, then go on form by form."""
    body = await request.body()
    if len(body) > MOST:
        return told("内容太长", "请重新扫码。", status=413)
    parsed = parse_qs(body.decode("utf-8", "replace"))
    form = {name: values[0].strip() for name, values in parsed.items()}
    if "token" in form:
        goes_on = centre.handovers.goes_on(code, form["token"])
        return _over() if goes_on is None else _go_on(centre, *goes_on, form, pages)
    found = centre.handovers.waiting(code)
    if found is not None and found[1].complaint is not None:
        return _take_words(centre, code, found[1].complaint, form.get("words", ""))
    person = form.get("person", "")
    known = person in personas.load()
    try:
        visitor = centre.handovers.take(code, person, form.get("password", "")) if known else None
    except Refused as refusal:
        return refused(refusal)
    if visitor is not None:
        work = centre.handovers.goes_on(code, visitor.token)
        return _over() if work is None else _go_on(centre, *work, {}, pages)
    found = centre.handovers.waiting(code)
    return _over() if found is None else _proof(*found, wrong="密码不对，或这不是您的业务。")


def _over() -> HTMLResponse:
    return told("二维码已失效", "请回到终端，换一个新的二维码。", status=410)


def _proof(terminal: str, work: PhoneWork, wrong: str = "") -> HTMLResponse:
    return page(
        "在手机上继续",
        f"""<dl><dt>业务</dt><dd id="business">{escape(_title(work))}</dd>
<dt>终端</dt><dd id="terminal">{escape(terminal)}</dd><dt>地点</dt><dd>{PLACE}</dd></dl>
<p id="wrong" role="alert">{wrong}</p>
<form method="post"><p><label>您是谁（演示）<br>
<select name="person">{people()}</select></label></p>
<p><label>您的查询密码<br>
<input name="password" type="password" inputmode="numeric" maxlength="6" size="6"
 autocomplete="off" required></label></p>
<button class="yes" name="answer" value="go">继续</button></form>""",
    )


def _title(work: PhoneWork) -> str:
    return TITLES[work.business].zh if work.business else _TITLES[work.topic]


# -- a complaint in one's own words ---------------------------------------------------------------


def _words_form(number: str, wrong: str = "") -> HTMLResponse:
    return page(
        "补充说明",
        f"""<dl><dt>受理编号</dt><dd id="number">{escape(number)}</dd></dl>
<p id="wrong" role="alert">{wrong}</p>
<form method="post"><p><label>请写下来，最多 {MOST_WORDS} 字<br>
<textarea name="words" rows="8" maxlength="{MOST_WORDS}" required></textarea></label></p>
<button class="yes" name="answer" value="send">提交</button></form>""",
    )


def _take_words(centre: StandInCentre, code: str, complaint: int, words: str) -> HTMLResponse:
    if not 0 < len(words) <= MOST_WORDS:
        return _words_form(centre.complaints.number(complaint), f"请写 1 到 {MOST_WORDS} 字。")
    if not centre.handovers.told(code, words):
        return _over()
    return told("已经收到", "谢谢，由中心专人处理。")


# -- after the proof ------------------------------------------------------------------------------


def _go_on(
    centre: StandInCentre, visitor: TokenHolder, work: PhoneWork, form: dict[str, str], base: str
) -> HTMLResponse:
    try:
        match work.topic:
            case "account":
                return _account(centre, visitor, work)
            case "withdrawals":
                return _withdrawals(centre, visitor, work)
            case "loan":
                return _loan(centre, visitor, work)
            case "requests":
                return _requests(centre, visitor)
        return _fill_in(centre, visitor, work, form, base)
    except Refused as refusal:
        return refused(refusal)


def _account(centre: StandInCentre, visitor: TokenHolder, work: PhoneWork) -> HTMLResponse:
    handle = visitor.handle(str(work.account))
    account = centre.accounts.account(visitor, centre.accounts.find(visitor, handle))
    ledger = centre.accounts.ledger(visitor, handle, None)
    return page(
        _TITLES["account"],
        _facts(
            ("账户余额", _yuan(account.balance.reveal()), "balance"),
            ("账户状态", _word("A.6", account.status), "state"),
            ("缴存单位", account.employer, "employer"),
            ("月缴存额", _yuan(account.monthly), "monthly"),
        )
        + _table(
            f"{ledger.year} 年明细（元）",
            (
                (f"{each.booked:%m-%d}", _word("A.5", each.kind), f"{each.amount:,.2f}")
                for each in ledger.entries[:NEWEST]
            ),
        ),
    )


def _withdrawals(centre: StandInCentre, visitor: TokenHolder, work: PhoneWork) -> HTMLResponse:
    records = centre.accounts.withdrawals(visitor, visitor.handle(str(work.account)))
    return page(
        _TITLES["withdrawals"],
        _table(
            "最近的提取（元）",
            (
                (f"{each.booked}", _word("A.7", each.reason), f"{each.amount:,.2f}")
                for each in records[:NEWEST]
            ),
        ),
    )


def _loan(centre: StandInCentre, visitor: TokenHolder, work: PhoneWork) -> HTMLResponse:
    handle = visitor.handle(str(work.loan))
    loan = next(each for each in centre.accounts.loans(visitor) if each.id == handle)
    paid = centre.accounts.repayments(visitor, handle)
    comes = f"{loan.next_due} · {_yuan(loan.next_amount)}" if loan.next_amount else "—"
    return page(
        _TITLES["loan"],
        _facts(
            ("贷款余额", _yuan(loan.balance.reveal()), "balance"),
            ("下次还款", comes, "next"),
        )
        + _table(
            "还款明细（元）",
            (
                (f"{each.due}", "已还" if each.paid_on else "未还", f"{each.amount:,.2f}")
                for each in paid[:NEWEST]
            ),
        ),
    )


def _requests(centre: StandInCentre, visitor: TokenHolder) -> HTMLResponse:
    operations = centre.operations.operations(visitor, only_open=False)
    rows = [
        (f"{each.begun}", each.title.zh, say(state_on_slip(each), Language.ZH))
        for each in operations[:NEWEST]
    ]
    return page(
        _TITLES["requests"], _table("最近的业务", rows) if rows else "<p>还没有办过业务。</p>"
    )


# -- a form, its quote, its code ------------------------------------------------------------------


def _fill_in(
    centre: StandInCentre, visitor: TokenHolder, work: PhoneWork, form: dict[str, str], base: str
) -> HTMLResponse:
    id_ = form.get("operation", "")
    if re.fullmatch(OPERATION_ID, id_):
        return _decide(centre, visitor, id_, form)
    eligible = _eligible(centre, visitor, work)
    given = form.get("given", "")
    if not given:
        return _rest(visitor, work, eligible)
    order = _order(visitor, work, eligible, given)
    if order is None:
        return _rest(visitor, work, eligible, "请重新填写。")
    request = DraftRequest(key=secrets.token_hex(16), order=order)
    draft, _new = centre.operations.draft(visitor, request, base)
    if ("sms",) not in draft.confirmed_by:
        centre.operations.cancel(visitor, draft.id)
        raise Refused("evidence-closed")
    centre.operations.send_code(visitor, draft.id)
    return _quote(visitor, draft)


def _eligible(centre: StandInCentre, visitor: TokenHolder, work: PhoneWork) -> Eligibility:
    """The centre's word of now on the form's business. Refuses not-found."""
    change = work.business is Business.PERSONAL_DATA_CHANGE
    account = visitor.handle(work.account) if work.account else None
    for each in centre.operations.eligibility(visitor, "change" if change else "withdrawal"):
        if each.business is work.business and (change or each.account in (account, None)):
            return each
    raise Refused("not-found")


def _rest(
    visitor: TokenHolder, work: PhoneWork, eligible: Eligibility, wrong: str = ""
) -> HTMLResponse:
    """What the terminal had not asked yet."""
    if eligible.refusal is not None:
        said = eligible.refusal
        return told(escape(said.reason.zh), escape(said.next_step.zh))
    if work.business is Business.PERSONAL_DATA_CHANGE:
        field = next(each for each in eligible.fields if each.field == work.field)
        choices = "".join(
            f'<option value="{escape(each.code)}">{escape(each.words.reveal().zh)}</option>'
            for each in field.choices
        )
        asked = f"""<p><label>{escape(field.label.zh)}改成<br>
<select name="given">{choices}</select></label></p>"""
    else:
        asked = f"""<p><label>提取多少（{eligible.least:,.2f} 到 {eligible.most:,.2f} 元）<br>
<input name="given" inputmode="decimal" size="12" autocomplete="off" required></label></p>"""
    return page(
        escape(_title(work)),
        f"""<p>您在终端上已经选好：<b id="chosen">{escape(_title(work))}</b></p>
<p id="wrong" role="alert">{wrong}</p>
<form method="post">{_token(visitor)}{asked}
<button class="yes" name="answer" value="next">下一步</button></form>""",
    )


def _order(
    visitor: TokenHolder, work: PhoneWork, eligible: Eligibility, given: str
) -> Order | None:
    """The order that ``given`` completes; None where it is no answer."""
    if work.business is Business.PERSONAL_DATA_CHANGE:
        return PersonalDataOrder(
            business=work.business, field=str(work.field), value=Sensitive(given[:64])
        )
    if not _AMOUNT.fullmatch(given) or not Decimal(given):
        return None
    facts = {"business": work.business, "account": eligible.account, "amount": Decimal(given)}
    if work.loan:
        facts["loan"] = visitor.handle(work.loan)
    return WithdrawalOrder.model_validate(facts)


def _quote(visitor: TokenHolder, draft: Operation, wrong: str = "") -> HTMLResponse:
    changes = ((each.label.zh, each.after.reveal().zh, "after") for each in draft.changes)
    payee = ("收款银行卡", f"尾号 {draft.payee.tail}", "payee") if draft.payee else None
    amount = ("金额", _yuan(draft.amount), "amount") if draft.amount is not None else None
    effects = "".join(f"<li>{escape(each.zh)}</li>" for each in draft.effects)
    texts = "".join(
        f"<h2>{escape(each.title.zh)}</h2><p>{escape(each.text)}</p>" for each in draft.texts
    )
    return page(
        "请核对后确认",
        _facts(("业务", draft.title.zh, "business"), *filter(None, (amount, payee)), *changes)
        + f"""<ul>{effects}</ul>{texts}
<p>验证码已发到 {escape(draft.phone)}。只有您本人要办，才请输入。</p>
<p id="wrong" role="alert">{wrong}</p>
<form method="post">{_token(visitor)}<input type="hidden" name="operation" value="{draft.id}">
<p><label>短信验证码<br><input name="code" inputmode="numeric" pattern="[0-9]{{6}}" maxlength="6"
 size="6" autocomplete="one-time-code" required></label></p>
<button class="yes" name="answer" value="confirm">确认办理</button>
<button name="answer" value="no" formnovalidate>不办了</button></form>""",
    )


def _decide(
    centre: StandInCentre, visitor: TokenHolder, id: str, form: dict[str, str]
) -> HTMLResponse:
    """Confirm with the operation's own code, and carry it out: once, however often it is asked."""
    desk = centre.operations
    operation = desk.operation(visitor, id)
    if form.get("answer") == "no":
        desk.cancel(visitor, id)
    else:
        code = form.get("code", "")
        evidence = Evidence(kind="sms", value=Sensitive(code if len(code) == 6 else "none"))
        given = Confirmation(evidence=(evidence,), digest=digest_of(operation))
        try:
            desk.confirm(visitor, id, given)
        except Refused as refusal:
            if desk.operation(visitor, id).state is OperationState.DRAFTED:
                return _quote(visitor, operation, escape(refusal.body.reason.zh))
        else:
            if desk.operation(visitor, id).state is OperationState.CONFIRMED:
                desk.commit(visitor.terminal, id)
    ended = desk.operation(visitor, id)
    if ended.state.final:
        desk.told(visitor, id)
    serial = ("业务流水号", ended.reference, "reference") if ended.reference else None
    return page(
        escape(_state(ended.state)),
        _facts(("业务", ended.title.zh, "business"), *filter(None, (serial,)))
        + f"<p>办成没办成，都会短信告诉您。有疑问请拨 {HOTLINE}。</p>",
    )


# -- parts ----------------------------------------------------------------------------------------


def _token(visitor: TokenHolder) -> str:
    return f'<input type="hidden" name="token" value="{visitor.token}">'


def _facts(*facts: tuple[str, str, str]) -> str:
    rows = (f'<dt>{escape(what)}</dt><dd id="{id_}">{escape(is_)}</dd>' for what, is_, id_ in facts)
    return f"<dl>{''.join(rows)}</dl>"


def _table(title: str, rows: Iterable[tuple[str, ...]]) -> str:
    lines = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<h2>{title}</h2><table>{lines}</table>"


def _yuan(amount: Decimal | None) -> str:
    return f"{amount:,.2f} 元"


def _word(table: str, code: str) -> str:
    return say(codes.word(table, code), Language.ZH)


def _state(state: OperationState) -> str:
    return say(STATE_ON_SLIP[state], Language.ZH)
