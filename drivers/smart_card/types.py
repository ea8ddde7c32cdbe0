"""What is asked of a chip card reader, and what a card says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from drivers.device import Request


class BankCardKind(StrEnum):
    """What kind of account stands behind a bank card; payouts go to debit cards only."""

    DEBIT = "debit"  # 借记卡
    CREDIT = "credit"  # 贷记卡, 准贷记卡
    UNKNOWN = "unknown"  # the card does not say, or the card and the table of BINs disagree


@dataclass(frozen=True, slots=True, repr=False)
class BankCard:
    """A PBOC or EMV card (JR/T 0025, EMV Book 3). Track 2 (tag 57) is never read out of a record.

    ``repr`` shows the kind only: this is a citizen's data.
    """

    number: str  # PAN, tag 5A: 8 to 19 digits, Luhn digit checked
    holder: str  # tag 5F20, as it stands; most Chinese cards leave it blank: ""
    expires: date | None  # tag 5F24: the last day; None when the card does not say
    sequence: int | None  # tag 5F34: 0 to 99, which of the cards with this number
    aid: str  # hexadecimal, capitals: "A000000333010101"
    label: str  # tag 50: "PBOC DEBIT"; may be ""
    kind: BankCardKind
    bank: str  # Chinese name by the BIN; "" when the table does not know it
    bank_en: str

    def __repr__(self) -> str:
        return f"BankCard(kind={self.kind.value})"


@dataclass(frozen=True, slots=True, repr=False)
class SocialSecurityCard:
    """What a social security card (LD/T 32) says without a PIN. Who holds it proves no more.

    The number is the key: a name is GBK and may lack its rare characters. ``repr`` is empty: this
    is a citizen's data.
    """

    card_id: str  # 卡识别码, 32 hexadecimal digits in capitals, the first six the issuing region
    card_number: str  # 社会保障卡号, up to 9 characters; "" when the card does not say
    number: str  # 社会保障号码: the ID number, 18 characters (15 on very old cards)
    name: str  # may be "": shown, never compared
    sex: str  # GB/T 2261.1: "1" male, "2" female; "" when the card does not say
    nation: str  # GB/T 3304: "01" to "56", "97", "98"; "" when the card does not say
    birth: date | None
    birthplace: str  # GB/T 2260, six digits; "" when the card does not say
    issued: date | None
    expires: date | None
    name_cut: bool = False  # True when the name fills its field: the real one may be longer

    def __repr__(self) -> str:
        return "SocialSecurityCard()"


@dataclass(frozen=True, slots=True)
class ReadBankCard(Request[BankCard]):
    """Wait for a bank card until the deadline, read it once. One that is already in will do."""


@dataclass(frozen=True, slots=True)
class ReadSocialSecurityCard(Request[SocialSecurityCard]):
    """The same for a social security card."""


@dataclass(frozen=True, slots=True)
class ReadAnyCard(Request[BankCard | SocialSecurityCard]):
    """Wait for either. A card that is both (社保卡 with a bank account) is read as social security
    card; ask for the bank card to have its account."""


@dataclass(frozen=True, slots=True)
class AwaitRemoval(Request[None]):
    """Wait until no card is in the reader, or the deadline."""
