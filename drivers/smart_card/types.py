"""The requests to a chip card reader, and the data of a card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from drivers.device import Request


class BankCardKind(StrEnum):
    """The kind of account behind a bank card; the centre pays out to debit cards only."""

    DEBIT = "debit"  # 借记卡
    CREDIT = "credit"  # 贷记卡, 准贷记卡
    UNKNOWN = "unknown"  # neither chip nor table of BINs tells, or the two disagree


@dataclass(frozen=True, slots=True, repr=False)
class BankCard:
    """A PBOC or EMV card (JR/T 0025, EMV Book 3). Of track 2 (tag 57) the driver
    keeps at most number and expiry.

    ``repr`` shows the kind only: this is a citizen's data.
    """

    number: str  # PAN, tag 5A: 8 to 19 digits, Luhn digit checked except UnionPay's
    holder: str  # tag 5F20, unchanged; "" on most Chinese cards
    expires: date | None  # tag 5F24: the last valid day; None: not on the card
    sequence: int | None  # tag 5F34: 0 to 99, tells cards with the same number apart
    aid: str  # hexadecimal, capitals: "A000000333010101"
    label: str  # tag 50: "PBOC DEBIT"; may be ""
    kind: BankCardKind
    bank: str  # Chinese name by the BIN; "" when the table does not have the BIN
    bank_en: str

    def __repr__(self) -> str:
        return f"BankCard(kind={self.kind.value})"


@dataclass(frozen=True, slots=True, repr=False)
class SocialSecurityCard:
    """The data of a social security card (LD/T 32) that need no PIN. They prove only that the
    citizen holds the card.

    The number identifies the person: the name is GBK and may lack its rare characters. ``repr`` is
    empty: this is a citizen's data.
    """

    card_id: str  # 卡识别码, 32 hexadecimal digits in capitals, the first six the issuing region
    card_number: str  # 社会保障卡号, up to 9 characters; "" when not on the card
    number: str  # 社会保障号码: the ID number, 18 characters (15 on very old cards)
    name: str  # may be "": shown, never compared
    sex: str  # GB/T 2261.1: "1" male, "2" female; "" when not on the card
    nation: str  # GB/T 3304: "01" to "56", "97", "98"; "" when not on the card
    birth: date | None
    birthplace: str  # GB/T 2260, six digits; "" when not on the card
    issued: date | None
    expires: date | None
    name_cut: bool = False  # True when the name fills its field: the holder's name may be longer

    def __repr__(self) -> str:
        return "SocialSecurityCard()"


@dataclass(frozen=True, slots=True)
class ReadBankCard(Request[BankCard]):
    """Wait for a bank card until the deadline, read it once. The card may be in already."""


@dataclass(frozen=True, slots=True)
class ReadSocialSecurityCard(Request[SocialSecurityCard]):
    """Wait for a social security card until the deadline, read it once. The card may be in
    already."""


@dataclass(frozen=True, slots=True)
class ReadAnyCard(Request[BankCard | SocialSecurityCard]):
    """Wait for a bank card or a social security card until the deadline, read it once. A card that
    is both (社保卡 with a bank account) is read as social security card; :class:`ReadBankCard`
    reads its account."""


@dataclass(frozen=True, slots=True)
class AwaitRemoval(Request[None]):
    """Wait until no card is in the reader, or the deadline."""
