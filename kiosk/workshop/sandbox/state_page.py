"""The page behind the QR code of an operation: its business, its state and the time; nobody's name.

Plain HTML without a script, as ``phone_page``. The address is opaque and says nothing by itself.
"""

from __future__ import annotations

from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from kiosk.papers.receipt import STATE_ON_SLIP, state_on_slip
from kiosk.words import Language, say
from kiosk.workshop.sandbox.asking import AtCentre
from kiosk.workshop.sandbox.offers import HOTLINE
from kiosk.workshop.sandbox.phone_page import page

router = APIRouter(prefix="/state", include_in_schema=False)


@router.get("/{token}")
def state(centre: AtCentre, token: str) -> HTMLResponse:
    """How far the operation has come."""
    found = centre.operations.public_state(token)
    if found is None:
        return page("没有查到", "<p>请核对二维码，或拨打 12329。</p>", status=404)
    operation, at = found
    referred = operation.referral is not None
    state = state_on_slip(operation) if referred else STATE_ON_SLIP[operation.state]
    word, business = say(state, Language.ZH), operation.title.zh
    return page(
        word,
        f"""<dl><dt>业务</dt><dd id="business">{escape(business)}</dd>
<dt>状态</dt><dd id="state">{escape(word)}</dd>
<dt>时间</dt><dd id="at"><time datetime="{at.isoformat()}">{at:%Y-%m-%d %H:%M}</time></dd></dl>
<p>办成没办成，都会短信告诉本人。本页不作为证明。有疑问请拨 {HOTLINE}。</p>""",
    )
