"""What a citizen can do: one file per service 服务事项. Importing this enters them all."""

from kiosk.services import account, certificate, ledger, loan, withdrawals
from kiosk.services.catalogue import SERVICES, menu

__all__ = ["SERVICES", "account", "certificate", "ledger", "loan", "menu", "withdrawals"]
