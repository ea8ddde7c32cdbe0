"""The acts that print a test: a slip, and an A4 sheet."""

from __future__ import annotations

import secrets
from datetime import datetime

from drivers.device import Kind
from drivers.document_printer.types import PrintDocument
from drivers.receipt_printer.types import PrintSlip
from kiosk.doctor import trial_prints
from kiosk.maintenance.acts import ALL_ROLES, maintenance_act
from kiosk.maintenance.session import MaintenanceSession
from kiosk.visit.steps import PrintingDocument, PrintingSlip
from kiosk.words import Sayable, _


@maintenance_act(
    "test-slip",
    title=_("试打凭条"),
    icon="receipt",
    device=Kind.RECEIPT_PRINTER,
    front=True,
    roles=ALL_ROLES,
)
def print_test_slip(session: MaintenanceSession) -> Sayable:
    """Print the doctor's test slip."""
    slip = trial_prints.trial_slip(session.settings.terminal, datetime.now().astimezone())
    session.ask(PrintingSlip(PrintSlip(secrets.token_hex(8), slip)))
    return _("试打凭条已出纸，请看横线、二维码和生僻字")


@maintenance_act(
    "test-sheet",
    title=_("试打 A4"),
    icon="printer",
    device=Kind.DOCUMENT_PRINTER,
    front=True,
    roles=ALL_ROLES,
)
def print_test_sheet(session: MaintenanceSession) -> Sayable:
    """Print the doctor's test sheet."""
    sheet = trial_prints.trial_sheet(session.settings.terminal, datetime.now().astimezone(), "pdf")
    request = PrintDocument(secrets.token_hex(8), sheet, 1, "test print")
    session.ask(PrintingDocument(request, _("试打页")))
    return _("试打页已出纸，请看四边线和文字")
