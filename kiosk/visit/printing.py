"""One sealed document, from the order to the sheet in the hand: fetch, check, show, print, slip."""

from __future__ import annotations

import secrets
from contextlib import closing
from typing import TYPE_CHECKING

from drivers.device import Kind
from kiosk.centre.document_orders import DocumentOrder
from kiosk.centre.models import Document
from kiosk.papers.pictures import CannotDraw, PaperPages
from kiosk.papers.receipt import document_slip
from kiosk.papers.sealed import Flaw, NotOurs
from kiosk.privacy import Sensitive
from kiosk.visit.steps import CANNOT_DRAW, SLIP, Action, PaperReady, Preview
from kiosk.visit.troubles import MENU, closed_by
from kiosk.words import Text, _

if TYPE_CHECKING:
    from kiosk.visit.visit import Visit

HOME = Action(MENU, _("返回首页"), "home")


def document_key() -> str:
    """A new key for an order: the centre makes one document per key, even when the terminal sends
    the same order again."""
    return secrets.token_hex(16)


def make_and_print(visit: Visit, service: str, order: DocumentOrder, paper: Text) -> None:
    """Have the centre make the document, check, show and print it, then offer a slip. ``service``
    is what the citizen may rate, ``paper`` what the document is called on its pages."""
    document, pdf = make_and_check(visit, order)
    if visit.ask(preview(document, pdf, paper)) == CANNOT_DRAW:
        raise CannotDraw("a page of the document")
    if not visit.print_document(document, pdf, paper):
        return
    visit.count_as_done(service)
    no_slip = closed_by(visit.statuses(), (Kind.RECEIPT_PRINTER,))
    slip = Action(SLIP, _("打印凭条"), "receipt", closed=no_slip)
    out = PaperReady(
        _("{paper}打好了，请取走", paper=paper),
        _("如需凭条请按“打印凭条”，凭条上有编号和验证二维码。"),
        Kind.DOCUMENT_PRINTER,
        document.pages,
        actions=(slip, HOME),
    )
    if visit.ask(out) == SLIP and visit.print_slip(document_slip(visit.terms(), document)):
        visit.ask(PaperReady(_("凭条打好了，请取走"), _("凭条不作为证明。"), actions=(HOME,)))


def make_and_check(visit: Visit, order: DocumentOrder) -> tuple[Document, Sensitive[bytes]]:
    """The document that the centre has made, and its sealed file, checked."""
    visit.checkers.prepare()  # while the centre makes it
    document = visit.look_up(lambda: visit.centre.make_document(order))
    return document, visit.look_up(lambda: _fetch(visit, document))


def preview(document: Document, pdf: Sensitive[bytes], paper: Text) -> Preview:
    """The page on which the citizen checks the document before it is printed."""
    button = Action("print", _("打印{paper}", paper=paper), "printer")
    return Preview(document, pdf, actions=(button,))


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
