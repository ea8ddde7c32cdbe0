"""Way in: 亮码可办, the code on the citizen's phone before the scanner. Proves the phone."""

from __future__ import annotations

from drivers.device import Kind
from kiosk.centre.evidence import FundCodeEvidence
from kiosk.identity.way import Present, Proves, Way
from kiosk.privacy import Sensitive
from kiosk.visit.steps import ShowFundCode
from kiosk.visit.visit import Visit
from kiosk.words import _


def scan_fund_code(visit: Visit, present: Present, others: bool) -> None:
    """Scan the code and pass it on as it is: only the centre knows what it means."""
    code = visit.ask(ShowFundCode(others=others))
    visit.look_up(lambda: present(FundCodeEvidence(code=Sensitive(code.text))))


WAY = Way(
    "fund-code",
    Proves.PHONE,
    _("亮码可办"),
    _("把手机上的码对准扫码窗"),
    "scan",
    scan_fund_code,
    devices=(Kind.CODE_SCANNER,),
    begins=True,
    seconds=15,
)
