"""The contents of a slip 凭条, with personal data masked; a slip is no proof of anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from drivers.receipt_printer.types import Align, Pair, Paragraph, Qr, Rule, Slip, Space
from kiosk.centre.models import Document
from kiosk.words import Language, Sayable, _, say, say_date


@dataclass(frozen=True, slots=True)
class SlipTerms:
    """The facts and the language that all slips of a visit share. ``holder`` is already masked."""

    language: Language
    centre: Sayable
    hotline: str
    terminal: str
    holder: str
    now: datetime
    demo: bool
    large: bool = False


def document_slip(terms: SlipTerms, document: Document) -> Slip:
    """The slip for a sealed document: the document's number and how to verify the document. The QR
    code holds the centre's address for verifying and no personal data."""
    language = terms.language

    def word(text: Sayable) -> str:
        return say(text, language)

    head = [Paragraph(word(terms.centre), Align.CENTRE, bold=True)]
    if terms.demo:
        head.append(Paragraph(word(_("演示数据 · 不作任何证明")), Align.CENTRE))
    return Slip(
        (
            *head,
            Rule(),
            Paragraph(word(document.title), Align.CENTRE, size=2, bold=True),
            Space(),
            Pair(word(_("姓名")), terms.holder),
            Pair(word(_("证明编号")), document.number),
            Pair(word(_("验证码")), document.verification_code),
            Pair(word(_("有效期至")), say_date(document.valid_until, language)),
            Pair(word(_("打印时间")), f"{terms.now:%Y-%m-%d %H:%M}"),
            Pair(word(_("终端编号")), terms.terminal),
            Space(),
            Qr(document.verify_url),
            Paragraph(word(_("扫码或凭验证码查验证明真伪")), Align.CENTRE),
            Rule(),
            Paragraph(word(_("本凭条不作为证明")), Align.CENTRE, bold=True),
            Paragraph(word(_("如有疑问请拨打 {hotline}", hotline=terms.hotline)), Align.CENTRE),
        ),
        scale=2 if terms.large else 1,
    )
