"""The centre's page for technicians: allow new terminals, sign tickets, take terminals out of use.

Plain HTML without a script, as :mod:`kiosk.workshop.sandbox.phone_page`. A real centre asks its
technicians to sign in first; the stand-in serves this machine only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from urllib.parse import parse_qs

import qrcode
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from qrcode.image.svg import SvgPathImage

from kiosk.centre.roster import OF_MAINTENANCE, StaffRole
from kiosk.workshop.sandbox.asking import AtCentre, ContractAddress
from kiosk.workshop.sandbox.businesses import ASKING
from kiosk.workshop.sandbox.centre import StandInCentre
from kiosk.workshop.sandbox.enrolment import KEY_PLACES, TICKET_HOURS, NotAllowed
from kiosk.workshop.sandbox.phone_page import page
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.staff import StaffMember
from kiosk.workshop.sandbox.tickets import MOST_HOURS, maintenance_ticket

router = APIRouter(prefix="/terminals", include_in_schema=False)
MOST = 65536
"""Longest body of a form, in bytes: a list of some hundred terminals."""
MOST_TICKET_HOURS = 720
"""Longest time for which a ticket of enrolment is good: a month on the way to a terminal."""
_ROLE_NAMES: dict[str, str] = {
    StaffRole.TECHNICIAN: "维护人员",
    StaffRole.ATTENDANT: "值守人员",
    StaffRole.CLERK: "柜员",
}


def _select(field: str, options: Mapping[str, str]) -> str:
    shown = "".join(f'<option value="{key}">{name}</option>' for key, name in options.items())
    return f'<select name="{field}">{shown}</select>'


_OF_TICKETS = {role: name for role, name in _ROLE_NAMES.items() if role in OF_MAINTENANCE}
_NUMBER = (
    '<p><label>编号<br><input name="number" maxlength="32" required></label></p>'
    '<p><label>地点<br><input name="place" maxlength="100"></label></p>'
    '<p><label><input type="checkbox" name="exchange" value="yes"> '
    "更换主板：旧证书作废</label></p>"
)


@router.get("")
def overview(centre: AtCentre) -> HTMLResponse:
    """What waits, the forms, and the enrolled terminals."""
    return _overview(centre)


@router.post("/allow")
async def allow(centre: AtCentre, request: Request) -> Response:
    """Allow or refuse the terminal whose screen shows the code."""
    form = await _form(request)
    code = form.get("code", "")
    try:
        if form.get("answer") == "no":
            centre.enrolments.refuse(code)
        else:
            centre.enrolments.allow(
                code,
                form.get("number", ""),
                form.get("place", ""),
                exchange="exchange" in form,
            )
    except NotAllowed as error:
        return _overview(centre, wrong=str(error))
    return _back()


@router.post("/list")
async def list_keys(centre: AtCentre, request: Request) -> Response:
    """Allow a batch beforehand: the whole of it, or nothing."""
    if len(await request.body()) > MOST:
        return _overview(centre, wrong="名单太长，请分几次登记")
    try:
        centre.enrolments.list_keys((await _form(request)).get("lines", ""))
    except NotAllowed as error:
        return _overview(centre, wrong=str(error))
    return _back()


@router.post("/ticket")
async def sign_ticket(centre: AtCentre, url: ContractAddress, request: Request) -> Response:
    """A ticket for the request of one terminal, as a file."""
    form = await _form(request)
    try:
        text = centre.enrolments.ticket(
            form.get("request", "").replace("\r\n", "\n"),
            form.get("number", ""),
            form.get("place", ""),
            url,
            exchange="exchange" in form,
            hours=_hours(form, MOST_TICKET_HOURS),
        )
    except NotAllowed as error:
        return _overview(centre, wrong=str(error))
    name = f'attachment; filename="{form["number"]}.ticket"'
    return Response(text, media_type="application/jwt", headers={"Content-Disposition": name})


@router.post("/maintenance")
async def sign_maintenance(centre: AtCentre, request: Request) -> Response:
    """A ticket that opens a terminal for maintenance, as a QR code for the technician's phone."""
    form = await _form(request)
    try:
        text = maintenance_ticket(
            centre.enrolments.ca,
            form.get("number", ""),
            order=form.get("order", ""),
            number=form.get("staff", ""),
            name=form.get("name", ""),
            role=StaffRole(form.get("role", StaffRole.TECHNICIAN)),
            hours=_hours(form, MOST_HOURS),
        )
    except NotAllowed as error:
        return _overview(centre, wrong=str(error))
    except (Refused, ValueError):
        return _overview(centre, wrong="终端、工单号、工号或姓名不对")
    code = qrcode.make(text, border=4, image_factory=SvgPathImage)
    return page(
        "维护工单",
        f"""<p>终端 {escape(form["number"])} · 工单 {escape(form["order"])}</p>
<div style="max-width:26em">{code.to_string(encoding="unicode")}</div>
<p id="ticket" style="overflow-wrap:anywhere"><small>{text}</small></p>
<p>给维护人员：在终端首页连按左上角标志五次，选“扫维护工单”，把这个码对准扫码窗。</p>""",
    )


@router.post("/staff")
async def put_on_roster(centre: AtCentre, request: Request) -> Response:
    """Put somebody of the staff on the roster, or take them off."""
    form = await _form(request)
    number = form.get("number", "")
    if form.get("answer") == "off":
        centre.staff.take_off(number)
        return _back()
    name, role, card, pin = (form.get(field, "") for field in ("name", "role", "card", "pin"))
    try:
        centre.staff.put(StaffMember(number, name, role, card, pin))
    except Refused:
        return _overview(centre, wrong="工号、姓名、卡号或密码不对，或这张卡已是别人的")
    return _back()


@router.post("/clerk")
async def ask_for_clerk(centre: AtCentre, request: Request) -> Response:
    """Have a clerk approve each operation of a service, or have nobody."""
    form = await _form(request)
    try:
        centre.offers.ask_for_clerk(form.get("service", ""), wanted=form.get("answer") == "on")
    except Refused:
        return _overview(centre, wrong="没有这项业务")
    return _back()


@router.post("/stop")
async def stop(centre: AtCentre, request: Request) -> Response:
    """Take a terminal out of use, or serve it again."""
    form = await _form(request)
    if form.get("answer") == "resume":
        centre.enrolments.resume(form.get("number", ""))
    else:
        centre.enrolments.stop(form.get("number", ""), form.get("because", ""))
    return _back()


async def _form(request: Request) -> dict[str, str]:
    body = (await request.body())[:MOST]
    return {name: said[0] for name, said in parse_qs(body.decode("utf-8", "replace")).items()}


def _hours(form: dict[str, str], most: int) -> int:
    """For how many hours a ticket shall be good, 1 to ``most``. Raises :class:`NotAllowed`: a
    ticket for another time than somebody has asked for is worse than none."""
    said = form.get("hours", "").strip()
    if not re.fullmatch(r"[0-9]{1,3}", said) or not 1 <= int(said) <= most:
        raise NotAllowed(f"有效小时要写 1 到 {most} 之间的整数")
    return int(said)


def _back() -> RedirectResponse:
    return RedirectResponse("/terminals", 303)


def _overview(centre: StandInCentre, wrong: str = "") -> HTMLResponse:
    waiting = "".join(
        f"""<li class="waiting"><b>{row["code"]}</b> · {KEY_PLACES[row["key_place"]]}<br>
<small style="overflow-wrap:anywhere">{row["key"]}</small></li>"""
        for row in centre.enrolments.waiting()
    )
    enrolled = "".join(
        f"""<li class="terminal"><b>{escape(row["number"])}</b> {escape(row["place"])}
 · 证书至 {row["until"] or "—"} {"· 已停用：" + escape(row["because"]) if row["stopped"] else ""}
<form method="post" action="/terminals/stop">
<input type="hidden" name="number" value="{escape(row["number"])}">{_lever(row["stopped"])}
</form></li>"""
        for row in centre.enrolments.terminals()
    )
    staff = "".join(
        f"""<li class="staff"><b>{escape(one.number)}</b> {escape(one.name)}
 · {_ROLE_NAMES[one.role]}
<form method="post" action="/terminals/staff">
<input type="hidden" name="number" value="{escape(one.number)}">
<button name="answer" value="off">移出名单</button></form></li>"""
        for one in centre.staff.members()
    )
    offers = centre.offers.catalogue().offers
    services = {one.service: one.title.zh for one in offers if one.service in ASKING}
    approved = "、".join(one.title.zh for one in offers if one.clerk)
    return page(
        "终端入网",
        f"""<p id="wrong" role="alert">{escape(wrong)}</p>
<h2>等待同意</h2><p>代码要和终端屏幕上的一样；密钥散列要和屏幕二维码里的一样。</p>
<ul id="waiting">{waiting}</ul>
<form method="post" action="/terminals/allow">
<p><label>屏幕上的代码<br><input name="code" maxlength="16" autocomplete="off" required></label></p>
{_NUMBER}<button class="yes" name="answer" value="yes">同意入网</button>
<button name="answer" value="no" formnovalidate>拒绝</button></form>
<h2>批量</h2><form method="post" action="/terminals/list">
<p><label>每行：公钥散列 编号 地点<br>
<textarea name="lines" rows="4" cols="40"></textarea></label></p>
<button>登记</button></form>
<h2>没有网络：签发入网票</h2><form method="post" action="/terminals/ticket">
<p><label>证书请求 (kiosk enrol --request)<br>
<textarea name="request" rows="4" cols="40" required></textarea></label></p>{_NUMBER}
<p><label>有效小时<br><input name="hours" value="{TICKET_HOURS}" size="4"></label></p>
<button>签发</button></form>
<h2>维护工单</h2><form method="post" action="/terminals/maintenance">
<p><label>终端编号<br><input name="number" maxlength="32" required></label></p>
<p><label>工单号<br><input name="order" maxlength="24" required></label></p>
<p><label>工号<br><input name="staff" maxlength="14" required></label></p>
<p><label>姓名<br><input name="name" maxlength="20" required></label></p>
<p><label>身份<br>{_select("role", _OF_TICKETS)}</label></p>
<p><label>有效小时<br><input name="hours" value="4" size="4"></label></p>
<button>签发</button></form>
<h2>工作人员名单</h2><p>终端一分钟内会取到；密码是 6 位数字。</p><ul id="staff">{staff}</ul>
<form method="post" action="/terminals/staff">
<p><label>工号<br><input name="number" maxlength="14" required></label></p>
<p><label>姓名<br><input name="name" maxlength="20" required></label></p>
<p><label>身份<br>{_select("role", _ROLE_NAMES)}</label></p>
<p><label>卡号（身份证、银行卡或工作卡）<br><input name="card" maxlength="32" required></label></p>
<p><label>密码<br><input name="pin" maxlength="6" autocomplete="off" required></label></p>
<button name="answer" value="on">登记</button></form>
<h2>柜员授权</h2><p>要柜员授权的业务：<span id="approved">{escape(approved) or "没有"}</span></p>
<form method="post" action="/terminals/clerk">
<p><label>业务<br>{_select("service", services)}</label></p>
<button name="answer" value="on">要授权</button>
<button name="answer" value="off">不要授权</button></form>
<h2>已入网</h2><ul id="terminals">{enrolled}</ul>""",
    )


def _lever(stopped: int) -> str:
    if stopped:
        return '<button name="answer" value="resume">恢复使用</button>'
    return (
        '<input name="because" placeholder="停用原因" required>'
        '<button name="answer" value="stop">停用</button>'
    )
