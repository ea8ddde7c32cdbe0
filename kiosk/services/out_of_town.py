"""异地贷款证明: a certificate for another city's centre, which gives the citizen a home loan."""

from __future__ import annotations

from drivers.device import Kind
from kiosk.centre.document_orders import OutOfTownCertificateOrder
from kiosk.services.catalogue import Needs, service
from kiosk.services.certificate import CERTIFICATE
from kiosk.services.choosing import choose_account, choose_purpose
from kiosk.services.printing import key, make_and_print
from kiosk.visit.steps import Choose, Option
from kiosk.visit.visit import Visit
from kiosk.words import _

SERVICE = "out-of-town-certificate"


@service(SERVICE, icon="place", needs=Needs(devices=(Kind.DOCUMENT_PRINTER,)))
def print_out_of_town(visit: Visit) -> None:
    account = choose_account(visit)
    visit.checkers.prepare()
    addressee = _choose_addressee(visit)
    purpose = choose_purpose(visit, SERVICE)
    order = visit.once(
        lambda: OutOfTownCertificateOrder(
            kind="out-of-town-certificate",
            account=account.id,
            purpose=purpose,
            addressee=addressee,
            key=key(),
        )
    )
    make_and_print(visit, SERVICE, order, CERTIFICATE)


def _choose_addressee(visit: Visit) -> str:
    """The code of the centre that gives the loan 出具给哪个中心."""
    options = tuple(
        Option(each.code, each.name, icon="place") for each in visit.offer(SERVICE).addressees
    )
    lead = _("选贷款所在地的公积金中心，会写在证明上")
    return visit.ask(Choose(_("证明出具给哪个中心？"), options, lead))
