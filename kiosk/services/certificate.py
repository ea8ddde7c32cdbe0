"""缴存证明: the terminal has the centre make a certificate, checks it, shows it and prints it."""

from __future__ import annotations

import secrets

from drivers.device import Kind
from kiosk.centre.models import Account, Document, DocumentRequest
from kiosk.papers.checker import check_in_process
from kiosk.papers.receipt import document_slip
from kiosk.privacy import Sensitive
from kiosk.services.catalogue import Needs, service
from kiosk.services.choosing import choose_account
from kiosk.visit.steps import Action, Choose, Option, PaperReady, Preview
from kiosk.visit.troubles import MENU, closed_by
from kiosk.visit.visit import Visit
from kiosk.words import _

_HOME = Action(MENU, _("返回首页"), "home")


@service("deposit-certificate", icon="certificate", needs=Needs(devices=(Kind.DOCUMENT_PRINTER,)))
def print_certificate(visit: Visit) -> None:
    make_and_print(visit, choose_account(visit))


def make_and_print(visit: Visit, account: Account) -> None:
    """Ask the purpose, order the certificate, check, show and print it, then offer a slip."""
    purpose = _choose_purpose(visit)
    order = visit.once(lambda: _order(account, purpose))
    document = visit.look_up(lambda: visit.centre.make_document(order))
    pdf = visit.look_up(lambda: _fetch(visit, document))
    visit.ask(Preview(document, pdf, actions=(Action("print", _("打印证明"), "printer"),)))
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
    not this citizen's."""
    pdf = visit.centre.document_file(document)
    check_in_process(pdf, document=document, holder=visit.holder(), roots=visit.seal_roots)
    return Sensitive(pdf)
