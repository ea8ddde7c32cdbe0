"""The services 服务事项, one file each. Importing this package enters them all in ``SERVICES``."""

from kiosk.services import (
    account,
    certificate,
    ledger,
    loan,
    monthly_offset,
    personal_data,
    prepay,
    progress,
    query_password,
    signing,
    withdraw,
    withdrawals,
)
from kiosk.services.catalogue import SERVICES, menu

__all__ = [
    "SERVICES",
    "account",
    "certificate",
    "ledger",
    "loan",
    "menu",
    "monthly_offset",
    "personal_data",
    "prepay",
    "progress",
    "query_password",
    "signing",
    "withdraw",
    "withdrawals",
]
