"""缴存证明: the terminal has the centre make a certificate, checks it, shows it and prints it."""

from __future__ import annotations

import secrets
from contextlib import closing

from drivers.device import Kind
from kiosk.centre.models import Account, Document, DocumentRequest
from kiosk.papers.pictures import CannotDraw, PaperPages
from kiosk.papers.receipt import document_slip
from kiosk.papers.sealed import Flaw, NotOurs
from kiosk.privacy import Sensitive
from kiosk.services.catalogue import Needs, service
from kiosk.services.choosing import choose_account
from kiosk.visit.steps import CANNOT_DRAW, Action, Choose, Option, PaperReady, Preview
from kiosk.visit.troubles import MENU, closed_by
from kiosk.visit.visit import Visit
from kiosk.words import _

_HOME = Action(MENU, _("返回首页"), "home")


@service("deposit-certificate", icon="certificate", needs=Needs(devices=(Kind.DOCUMENT_PRINTER,)))
def print_certificate(visit: Visit) -> None:
    make_and_print(visit, choose_account(visit))


def make_and_print(visit: Visit, account: Account) -> None:
    """Ask the purpose, order the certificate, check, show and print it, then offer a slip."""
    visit.checkers.prepare()
    purpose = _choose_purpose(visit)
    order = visit.once(lambda: _order(account, purpose))
    document = visit.look_up(lambda: visit.centre.make_document(order))
    pdf = visit.look_up(lambda: _fetch(visit, document))
    preview = Preview(document, pdf, actions=(Action("print", _("打印证明"), "printer"),))
    if visit.ask(preview) == CANNOT_DRAW:
        raise CannotDraw("a page of the document")
    if not visit.print_document(document, pdf):
        return
    visit.count_as_done("deposit-certificate")
    no_slip = closed_by(visit.statuses(), (Kind.RECEIPT_PRINTER,))
    slip = Action("slip", _("打印凭条"), "receipt", closed=no_slip)
    out = PaperReady(
        _("证明打好了，请取走"),
        _("如需凭条请按“打印凭条”，凭条上有证明编号和验证二维码。"),
        actions=(slip, _HOME),
    )
    if visit.ask(out) == "slip" and visit.print_slip(document_slip(visit.terms(), document)):
        visit.ask(PaperReady(_("凭条打好了，请取走"), _("凭条不作为证明。"), actions=(_HOME,)))


def _choose_purpose(visit: Visit) -> str:
    """The code of the purpose: the citizen chooses where the centre offers several."""
    purposes = visit.offer("deposit-certificate").purposes
    if len(purposes) < 2:
        return purposes[0].code if purposes else ""
    options = tuple(Option(p.code, p.name, icon="certificate") for p in purposes)
    making = _("中心正在开具证明，一般 3 秒")
    return visit.ask(Choose(_("证明用来做什么？"), options, _("会写在证明上"), waits=making))


def _order(account: Account, purpose: str) -> DocumentRequest:
    """An order with a new key: the centre makes one document per key, even when the terminal
    sends the same order again."""
    return DocumentRequest(
        kind="deposit-certificate", account=account.id, purpose=purpose, key=secrets.token_hex(16)
    )


def _fetch(visit: Visit, document: Document) -> Sensitive[bytes]:
    """The sealed file. Raises ``NotOurs`` for a file without the centre's seal, or a file that is
    not this citizen's, ``NotChecked`` when this terminal cannot tell, and ``CannotDraw`` when it
    cannot show the pages."""
    pdf = visit.centre.document_file(document)
    visit.checkers.check(
        pdf, document=document, holder=visit.holder(), now=visit.now(), revoked=visit.revoked()
    )
    with closing(PaperPages(pdf)) as pages:
        if pages.count != document.pages:
            raise NotOurs(Flaw.PAGE_COUNT, f"{pages.count} to be drawn")
    return Sensitive(pdf)
