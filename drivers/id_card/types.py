"""The requests to an ID card reader, and the data of a card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from drivers.device import Request


class CardKind(StrEnum):
    """The layouts of the text record, by the UTF-16 unit at byte 248."""

    RESIDENT = "resident"  # ' ' 居民身份证
    HMT_RESIDENT = "hmt-resident"  # 'J' 港澳台居民居住证
    FOREIGNER_2017 = "foreigner-2017"  # 'I' 外国人永久居留身份证 (2017)
    FOREIGNER_2023 = "foreigner-2023"  # 'Y' 外国人永久居留身份证 (2023)


@dataclass(frozen=True, slots=True, repr=False)
class IdCard:
    """The data on the chip, as text. The driver makes dates of two fields and replaces private code
    points by the characters that they stand for; it changes nothing else.

    ``repr`` shows the kind only: this is a citizen's data.
    """

    kind: CardKind
    name: str  # Chinese name; for foreigners possibly empty. At most 15 UTF-16 units: may be cut
    name_latin: str  # foreigners only, else ""
    sex: str  # GB/T 2261.1: "1" male, "2" female
    nation: str  # GB/T 3304 code "01".."56", "97", "98"; "" in a layout without a nation
    birth: date | None  # None: blank, or a day that no calendar has
    address: str
    number: str  # 公民身份号码 or permit number; 18 characters, 15 on the 2017 permit
    issuer: str
    valid_from: date | None  # None as for `birth`
    valid_to: str | None  # YYYYMMDD as on the card, also a day that no calendar has; None: 长期
    pass_number: str = ""  # HMT: 通行证号码
    issues: str = ""  # how often the card was issued or renewed; "" in a layout without it
    nationality: str = ""  # ISO 3166 code as on the card
    photo: bytes = b""  # 1024 bytes WLT, opaque without the vendor's decoder
    name_cut: bool = False  # True when the name fills its field: the holder's name may be longer

    def __repr__(self) -> str:
        return f"IdCard(kind={self.kind.value})"


@dataclass(frozen=True, slots=True)
class ReadCard(Request[IdCard]):
    """Wait for a card until the deadline, read it once. A card that was read before must be lifted
    and put again."""


@dataclass(frozen=True, slots=True)
class LookForCard(Request[IdCard | None]):
    """Read the card that was put since the last card was read; None: there is none. Waits for
    nobody. The next :class:`ReadCard` gives that card too while it lies there: it need not be
    lifted first."""


@dataclass(frozen=True, slots=True)
class AwaitLift(Request[None]):
    """Wait until no card lies on the reader, or the deadline."""
