"""The page on the spouse's phone: what is asked, who the spouse is, agree or decline.

Stands here in place of the centre's own app. Plain HTML without a script, as
:mod:`kiosk.workshop.sandbox.phone_page`.
"""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from kiosk.centre.operations import Operation
from kiosk.workshop.sandbox import personas
from kiosk.workshop.sandbox.asking import AtCentre
from kiosk.workshop.sandbox.phone_page import MOST, page, people, refused, told
from kiosk.workshop.sandbox.refusals import Refused

router = APIRouter(prefix="/consent", include_in_schema=False)


@router.get("/{code}")
def ask(centre: AtCentre, code: str) -> HTMLResponse:
    """Show what the spouse is asked to agree to, with its text."""
    operation = centre.operations.asked_to_consent(code)
    return _over() if operation is None else _form(operation)


@router.post("/{code}")
async def answer(centre: AtCentre, code: str, request: Request) -> HTMLResponse:
    """Agree or decline, with the spouse's own query password."""
    body = await request.body()
    if len(body) > MOST:
        return told("内容太长", "请重新扫码。", status=413)
    form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    operation = centre.operations.asked_to_consent(code)
    person, password = form.get("person", ""), form.get("password", "").strip()
    if operation is None or person not in personas.load():
        return _over()
    agrees = form.get("answer") == "yes"
    try:
        answered = centre.operations.consent(code, person, password, agrees=agrees)
    except Refused as refusal:
        return refused(refusal)
    match answered:
        case "agreed":
            return told("已同意", "请配偶在终端上核对后确认。")
        case "declined":
            return told("没有同意", "这笔业务已取消，什么都没有变。")
        case "wrong":
            return _form(operation, wrong="密码不对，或您不是这笔业务要问的人。")
    return _over()


def _over() -> HTMLResponse:
    return told("二维码已失效", "请在终端上换一个新的二维码。", status=410)


def _form(operation: Operation, wrong: str = "") -> HTMLResponse:
    effects = "".join(f"<li>{escape(each.zh)}</li>" for each in operation.effects)
    texts = "".join(
        f"<h2>{escape(each.title.zh)}</h2><p>{escape(each.text).replace(chr(10), '<br>')}</p>"
        for each in operation.texts
    )
    return page(
        "同意和配偶一起办理？",
        f"""<dl><dt>业务</dt><dd id="business">{escape(operation.title.zh)}</dd></dl>
<ul>{effects}</ul>{texts}
<p id="wrong" role="alert">{wrong}</p>
<form method="post"><p><label>您是谁（演示）<br>
<select name="person">{people()}</select></label></p>
<p><label>您自己的查询密码<br>
<input name="password" type="password" inputmode="numeric" maxlength="6" size="6"
 autocomplete="off" required></label></p>
<button class="yes" name="answer" value="yes">同意</button>
<button name="answer" value="no">不同意</button></form>""",
    )
