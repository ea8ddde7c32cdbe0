"""单位证明: what a unit has paid, and that it owes nothing, sealed by the centre."""

from __future__ import annotations

from typing import Literal

from drivers.device import Kind
from kiosk.centre.document_orders import UnitCertificateOrder
from kiosk.services.acting import acted_for
from kiosk.services.catalogue import Needs, service
from kiosk.visit.printing import document_key, make_and_print
from kiosk.visit.steps import Choose, Option
from kiosk.visit.visit import Visit
from kiosk.visit.waits import MAKING
from kiosk.words import _

SERVICE = "unit-certificate"
UNIT_CERTIFICATE = _("单位证明")
_KINDS: dict[str, Literal["unit-deposit-certificate", "unit-clear-certificate"]] = {
    "deposits": "unit-deposit-certificate",
    "clear": "unit-clear-certificate",
}
CERTIFICATES_PAGE = Choose(
    _("要打印哪一种证明？"),
    (
        Option("deposits", _("单位缴存证明"), _("人数、比例、缴至年月"), "certificate"),
        Option("clear", _("单位无欠缴证明"), _("投标、贷款、上市用"), "certificate"),
    ),
    _("由中心盖电子印章，当场取走"),
    waits=MAKING,
)


@service(SERVICE, icon="certificate", needs=Needs(devices=(Kind.DOCUMENT_PRINTER,), unit=True))
def certify_unit(visit: Visit) -> None:
    visit.checkers.prepare()
    unit = acted_for(visit)
    kind = _KINDS[visit.ask(CERTIFICATES_PAGE)]
    order = visit.once(lambda: UnitCertificateOrder(kind=kind, unit=unit.id, key=document_key()))
    make_and_print(visit, SERVICE, order, UNIT_CERTIFICATE)
