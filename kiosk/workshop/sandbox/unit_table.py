"""The demo's units 单位 with their agents 经办人: a checked table, and what fills the database."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from kiosk.workshop.sandbox.store import Store


@dataclass(frozen=True, slots=True)
class _UnitRow:
    """One unit that an agent may act for at a terminal. Ratios in hundredths."""

    number: str
    organisation: str
    address: str
    representative: str
    agent: str  # id of a persona
    opened: str
    employer_ratio: int
    personal_ratio: int
    bank: str = "演示银行云岭支行"
    bank_account: str = "尾号 6688"
    pay_day: int = 15
    ratio_since: str = "2024-07-01"


UNITS = (
    _UnitRow("9818010100002", "91990101MA0DEMO02X", "演示省云岭市示范区建设路2号", "郭伟", "A1",
             "2018-01-01", 12, 12),
    _UnitRow("9818010100004", "91990101MA0DEMO04X", "演示省云岭市示范区商贸街4号", "高英", "A1",
             "2018-01-01", 8, 8),
)  # fmt: skip
"""Numbers as in the table of employers; the second one has not paid since September 2025."""


def fill(store: Store) -> None:
    """Each unit of the table, with its agent."""
    store.insert_all("unit", (asdict(row) for row in UNITS))
