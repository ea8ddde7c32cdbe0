"""The page on the citizen's phone: which terminal asks, the two digits, agree or decline.

Stands here in place of the app of a real province, whose own login tells whose phone it is; in the
demo the page asks. Plain HTML without a script: it works in every browser.
"""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from kiosk.workshop.sandbox import personas
from kiosk.workshop.sandbox.asking import AtCentre
from kiosk.workshop.sandbox.logins import PhoneView
from kiosk.workshop.sandbox.offers import CENTRE
from kiosk.workshop.sandbox.refusals import Refused

PLACE = "云岭汽车站候车大厅(演示)"
"""Where the terminals of the demo stand."""
router = APIRouter(prefix="/phone", include_in_schema=False)
_STYLE = (
    "body{font:20px/1.6 sans-serif;max-width:30em;margin:1em auto;padding:0 1em;color:#14233a}"
    "button,select,input{font:inherit;padding:.6em 1em;margin:.3em 0;border-radius:.4em;"
    "max-width:100%;box-sizing:border-box}"
    "button{width:100%;border:2px solid #0b4a86}.yes{background:#0b4a86;color:#fff}"
    "dt{color:#5a6b80}dd{margin:0 0 .6em;font-weight:bold}"
)
_SAFE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
MOST = 4096
"""Longest body of a form, in bytes."""


@router.get("/{code}")
def ask(centre: AtCentre, code: str) -> HTMLResponse:
    """Show which terminal asks, and ask for the two digits on its screen."""
    view = centre.logins.view(code)
    if view is None or view.state not in ("waiting", "opened"):
        return told("二维码已失效", "请回到终端，换一个新的二维码。", status=410)
    return _form(centre, view)


@router.post("/{code}")
async def answer(centre: AtCentre, code: str, request: Request) -> HTMLResponse:
    """Agree with the digits, or decline."""
    body = await request.body()
    if len(body) > MOST:
        return told("内容太长", "请重新扫码。", status=413)
    form = parse_qs(body.decode("utf-8", "replace"))
    view = centre.logins.view(code)
    if form.get("answer") == ["no"]:
        centre.logins.decline(code)
        if view is not None and view.operation:
            return told("没有同意", "这笔业务没有办理。")
        return told("没有登录", "您没有同意，终端上不会显示您的任何信息。")
    person = form.get("person", [""])[0]
    if person not in personas.load() or view is None:
        return told("二维码已失效", "请回到终端，换一个新的二维码。", status=410)
    match centre.logins.agree(code, form.get("digits", [""])[0].strip(), person):
        case "agreed":
            return told("已同意", "请看终端屏幕，继续办理。")
        case "wrong":
            return _form(centre, view, wrong="数字不对，请看终端屏幕上的两位数字。")
    return told("二维码已失效", "请回到终端，换一个新的二维码。", status=410)


def _form(centre: AtCentre, view: PhoneView, wrong: str = "") -> HTMLResponse:
    what = centre.operations.summary(view.operation) if view.operation else ""
    said = f'<dt>业务</dt><dd id="business">{escape(what)}</dd>' if what else ""
    return page(
        "同意办理这笔业务？" if what else "在自助终端登录？",
        f"""<dl>{said}<dt>终端</dt><dd id="terminal">{escape(view.terminal)}</dd>
<dt>地点</dt><dd id="place">{PLACE}</dd></dl>
<p>只有您本人正站在这台终端前，才请同意。</p>
<p id="wrong" role="alert">{wrong}</p>
<form method="post"><p><label>这台手机是谁的（演示）<br>
<select name="person">{people()}</select></label></p>
<p><label>终端屏幕上的两位数字<br>
<input name="digits" inputmode="numeric" pattern="[0-9]{{2}}" maxlength="2" size="4"
 autocomplete="off" required></label></p>
<button class="yes" name="answer" value="yes">{"同意办理" if what else "同意登录"}</button>
<button name="answer" value="no" formnovalidate>不同意</button></form>""",
    )


def people() -> str:
    """Whose phone it is, to choose from in the demo."""
    return "".join(
        f'<option value="{id_}">{escape(each.full_name)}</option>'
        for id_, each in personas.load().items()
    )


def told(title: str, text: str, *, status: int = 200) -> HTMLResponse:
    """A page that only says something."""
    return page(title, f"<p>{text}</p>", status=status)


def refused(refusal: Refused) -> HTMLResponse:
    """What the centre refuses a phone, in the words that a terminal would show."""
    words = refusal.body
    return told(escape(words.reason.zh), escape(words.next_step.zh))


def page(title: str, body: str, *, status: int = 200) -> HTMLResponse:
    """A page of the centre for a phone; ``title`` and ``body`` are HTML."""
    html = f"""<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{_STYLE}</style></head>
<body><p>{escape(CENTRE)}</p><h1>{title}</h1>{body}</body></html>"""
    return HTMLResponse(html, status_code=status, headers=_SAFE)
