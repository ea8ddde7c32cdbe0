"""The demo's units 单位 with their agents 经办人: a checked table, and what fills the database."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from kiosk.workshop.sandbox.pins import password_digest
from kiosk.workshop.sandbox.store import Store

UNIT_PASSWORD = "335577"  # noqa: S105 - of invented units
"""The password of every unit of the table. A unit that is opened at a terminal has none: its agent
signs in with an own card until the unit has set one at the counter."""


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
    password: str = UNIT_PASSWORD


UNITS = (
    _UnitRow("9818010100002", "91990101MA0DEMO02X", "演示省云岭市示范区建设路2号", "郭伟", "A1",
             "2018-01-01", 12, 12),
    _UnitRow("9818010100004", "91990101MA0DEMO04X", "演示省云岭市示范区商贸街4号", "高英", "A1",
             "2018-01-01", 8, 8),
)  # fmt: skip
"""Numbers as in the table of employers; the second one has not paid since September 2025."""


@dataclass(frozen=True, slots=True)
class _Company:
    """A company as the market register 市场监管登记 has it. ``agent``: the persona who is its
    registered agent 联络员."""

    organisation: str
    name: str
    address: str
    representative: str
    agent: str
    revoked: int = 0  # 吊销


REGISTER = (
    _Company("91990101MA0DEMO02X", "云岭建设集团(演示)", "演示省云岭市示范区建设路18号", "郭伟",
             "A1"),
    _Company("91990101MA0DEMO04X", "云岭商贸(演示)", "演示省云岭市示范区商贸街4号", "林芳", "A1"),
    _Company("91990101MA0DEMO07X", "云岭餐饮(演示)", "演示省云岭市示范区河滨路7号", "刘洋", "A1"),
    _Company("91990101MA0DEMO08X", "云岭旧货(演示)", "演示省云岭市示范区旧街8号", "周敏", "P06",
             revoked=1),
)  # fmt: skip
"""The first two are the units above: the builders have moved, the traders have another
representative. The third has no account yet; the fourth has lost its licence."""


def fill(store: Store) -> None:
    """Each unit of the table, with its agent, and the market register."""
    store.insert_all(
        "unit",
        (asdict(row) | {"password": password_digest(row.number, row.password)} for row in UNITS),
    )
    store.insert_all("register", (asdict(row) for row in REGISTER))
