"""The agreement of the stand-in centre: the texts of the demo, and the bank that a lever adds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import get_args

from kiosk.centre.models import Agreement, CentreWords, NoticePoint, Subject
from kiosk.workshop.sandbox.cases import words

VERSION = "2026-01"


_POINTS: Mapping[Subject, tuple[CentreWords, CentreWords]] = {
    "what": (
        words("用到哪些信息", "What is used"),
        words("证件信息、公积金账户和本次办理的内容", "Your document, your account, what you do"),
    ),
    "why": (
        words("做什么用", "What for"),
        words("只用来确认是您本人、为您办理公积金业务", "To know that it is you, and to serve you"),
    ),
    "kept": (
        words("本机不保存", "Not kept here"),
        words("离开时本机上的信息全部清除", "All of it leaves this machine when you leave"),
    ),
    "who": (
        words("谁来处理", "Who does it"),
        words(
            "云岭市住房公积金管理中心（演示），电话 12329",
            "Yunling Housing Provident Fund Centre (demo), 12329",
        ),
    ),
}
_FULL = (
    words(
        "一、服务。您可以在本机查询、打印、办理住房公积金业务。所有业务不收取任何费用。",
        "1. Service. You may look up, print and apply here. All of it is free of charge.",
    ),
    words(
        "二、您本人办理。请使用您本人的证件、手机和银行卡。借用或冒用他人身份的，由使用人承担责任。",
        "2. Yourself. Use your own document, phone and bank card only.",
    ),
    words(
        "三、处理的信息。为确认是您本人，读取证件上的姓名、号码和有效期；为办理业务，查询您的账户、"
        "贷款和提取记录。刷脸前另行征得您的单独同意。",
        "3. What is processed. Name, number and validity of your document; your account, loans and "
        "withdrawals. Before a face is taken, you are asked apart.",
    ),
    words(
        "四、保存。本机不保存您的信息，您离开时全部清除。中心按档案管理规定保存业务记录。",
        "4. Keeping. This machine keeps nothing. The centre keeps records of what was done.",
    ),
    words(
        "五、您的权利。您可以查询、更正您的信息，可以不同意并到柜台办理。电话 12329。",
        "5. Your rights. You may see and correct your data, or go to the counter. Call 12329.",
    ),
)


def agreement(bank: CentreWords | None) -> Agreement:
    """The agreement in its version of today; on the machine of ``bank``, it names the bank."""
    paragraphs: tuple[CentreWords, ...] = _FULL
    if bank is not None:
        zh, en = bank.zh, bank.en
        paragraphs += (
            words(
                f"六、合作银行。本机由{zh}提供和维护。核验银行卡密码时，{zh}处理您的卡号和加密后的密码。",
                f"6. The bank. This machine is {en}'s, which checks the PIN of a bank card.",
            ),
        )
    return Agreement(
        title=words("自助终端服务协议和隐私政策", "User agreement and privacy notice"),
        version=VERSION,
        effective=date(2026, 1, 1),
        points=tuple(
            NoticePoint(about=about, title=_POINTS[about][0], text=_POINTS[about][1])
            for about in get_args(Subject)
        ),
        full=paragraphs,
        bank=bank,
    )
