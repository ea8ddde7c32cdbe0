"""缴存证明: the terminal has the centre make a certificate, checks it, shows it and prints it."""

from __future__ import annotations

from drivers.device import Kind
from kiosk.centre.document_orders import DepositCertificateOrder
from kiosk.centre.models import Account
from kiosk.services.catalogue import Needs, service
from kiosk.services.choosing import choose_account, choose_purpose
from kiosk.visit.printing import document_key, make_and_print
from kiosk.visit.visit import Visit
from kiosk.words import _

CERTIFICATE = _("缴存证明")


@service("deposit-certificate", icon="certificate", needs=Needs(devices=(Kind.DOCUMENT_PRINTER,)))
def print_certificate(visit: Visit) -> None:
    certify(visit, choose_account(visit))


def certify(visit: Visit, account: Account) -> None:
    """Ask the purpose, then make and print the certificate."""
    visit.checkers.prepare()
    purpose = choose_purpose(visit, "deposit-certificate", account)
    order = visit.once(
        lambda: DepositCertificateOrder(
            kind="deposit-certificate", account=account.id, purpose=purpose, key=document_key()
        )
    )
    make_and_print(visit, "deposit-certificate", order, CERTIFICATE)
