"""异地贷款证明: a certificate for another city's centre, which gives the citizen a home loan."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.device import Kind
from kiosk.centre.document_orders import OutOfTownCertificateOrder
from kiosk.centre.models import Purpose
from kiosk.services.catalogue import Needs, service
from kiosk.services.choosing import centre_options, choose_account, choose_purpose
from kiosk.visit.printing import document_key, make_and_print
from kiosk.visit.steps import Choose
from kiosk.visit.visit import Visit
from kiosk.words import _

SERVICE = "out-of-town-certificate"


@service(SERVICE, icon="place", needs=Needs(devices=(Kind.DOCUMENT_PRINTER,)))
def print_out_of_town(visit: Visit) -> None:
    account = choose_account(visit)
    visit.checkers.prepare()
    addressee = visit.ask(addressee_page(visit.offer(SERVICE).addressees))
    purpose = choose_purpose(visit, SERVICE, account)
    order = visit.once(
        lambda: OutOfTownCertificateOrder(
            kind="out-of-town-certificate",
            account=account.id,
            purpose=purpose,
            addressee=addressee,
            key=document_key(),
        )
    )
    make_and_print(visit, SERVICE, order, _("异地贷款证明"))


def addressee_page(centres: Sequence[Purpose]) -> Choose:
    """出具给哪个中心: the centre that gives the loan."""
    lead = _("选贷款所在地的公积金中心，会写在证明上")
    return Choose(_("证明出具给哪个中心？"), centre_options(centres), lead)
