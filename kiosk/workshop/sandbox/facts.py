"""What the centre and other agencies know of the demo's people: marriage, homes, banks' loans."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from kiosk.workshop.sandbox import other_centres, personas, pins
from kiosk.workshop.sandbox.store import Store


@dataclass(frozen=True, slots=True)
class _Facts:
    """``marital`` is GB/T 2261.2: 10 未婚, 20 已婚. ``sms_signed``, ``card_signed``: 短信签约 and
    银行卡签约 of the centre itself."""

    marital: str = "10"
    spouse: str | None = None  # id of a persona
    retired_on: str | None = None
    owns_home: int = 0
    pays_elsewhere: int = 0  # 异地已继续缴存
    sms_signed: int = 1
    card_signed: int = 1
    card_closed: int = 0  # the bank has closed the card on file


_FACTS = {
    "P02": _Facts(marital="40"),
    "P03": _Facts(marital="20", spouse="S1", owns_home=1),
    "P04": _Facts(marital="20", retired_on="2025-08-20", owns_home=1),
    "P05": _Facts(marital="20", owns_home=1),
    "P06": _Facts(marital="20", owns_home=1),
    "P09": _Facts(sms_signed=0),
    "P10": _Facts(card_signed=0),
    "P11": _Facts(marital="20", spouse="S2", owns_home=1),
    "P15": _Facts(owns_home=1),
    "S1": _Facts(marital="20", spouse="P03", owns_home=1),
    "S2": _Facts(marital="20", spouse="P11", owns_home=1),
}
_OLD_ADDRESS = "演示省云岭市示范区旧街1号"
_MARITAL_ON_FILE = {"P02": "20"}
"""Whose marital status on file is not the one of the civil affairs register."""
_MORTGAGES = (
    {
        "contract": "演贷2023-000011",
        "person": "P11",
        "bank": "演示银行",
        "principal": 680_000_00,
        "repaid": 38_400_00,  # in the last twelve months
        "overdue": 0,
    },
)


def fill(store: Store) -> None:
    """One row of facts for each persona, what the centre has on file, and the banks' loans."""
    for person in personas.load():
        known = _FACTS.get(person, _Facts())
        store.insert("fact", {"person": person} | asdict(known))
        on_file = {
            "person": person,
            "address": _OLD_ADDRESS,
            "email": f"{person.lower()}@example.com",
            "marital": _MARITAL_ON_FILE.get(person, known.marital),
            "password": pins.password_digest(person, pins.PASSWORD),
        }
        store.insert("on_file", on_file)
    store.insert_all("mortgage", _MORTGAGES)
    other_centres.fill(store)
