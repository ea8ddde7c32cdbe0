"""What the terminal lays before the centre to prove who stands there: one model for each way in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from kiosk.centre.models import AsRead, CardDay, Count, Id, WireModel, line
from kiosk.privacy import Sensitive

_DIGITS = StringConstraints(pattern=r"^[0-9]{6}$")


def same_number(one: str, other: str) -> bool:
    """Whether two numbers are one person's. An old social security card has the number in its form
    of 15 digits (GB 11643-1989), without the check character and the century, which is the 20th."""
    short, long = sorted((one.upper(), other.upper()), key=len)
    if (len(short), len(long)) == (15, 18):
        return long[6:8] == "19" and short == long[:6] + long[8:17]
    return short == long


class _Evidence(WireModel):
    @property
    def holder(self) -> Sensitive[str] | None:
        """The ID number of the citizen, where the evidence has it."""
        return None


class CardEvidence(_Evidence):
    """What was read from an identity card, unchanged: the centre decides whether it is enough."""

    way: Literal["id-card"] = "id-card"
    kind: Literal["resident", "hmt-resident", "foreigner-2017", "foreigner-2023"]
    name: AsRead
    name_latin: AsRead = Sensitive("")
    name_cut: bool = False
    number: AsRead
    valid_to: CardDay | None = None  # None: 长期
    reader: Id = ""  # the SAM number of the reader

    @property
    def holder(self) -> Sensitive[str]:
        return self.number


class SocialSecurityEvidence(_Evidence):
    """What was read from a social security card 社会保障卡 without its PIN. The number identifies
    the citizen: the name on the chip may lack its rare characters and is not compared."""

    way: Literal["social-security-card"] = "social-security-card"
    card_id: AsRead  # 卡识别码
    card_number: AsRead = Sensitive("")
    number: AsRead  # 社会保障号码
    expires: CardDay | None = None

    @property
    def holder(self) -> Sensitive[str]:
        return self.number


class BankCardEvidence(_Evidence):
    """What was read from a bank card: its number only. It proves nothing until a PIN is verified,
    or another way is added."""

    way: Literal["bank-card"] = "bank-card"
    number: AsRead  # PAN
    sequence: int | None = Field(default=None, ge=0, le=99)


class PinEvidence(_Evidence):
    """An ISO 9564-1 block (format 0) with the PIN of the bank card that opened the session,
    encrypted in the PIN pad for whoever verifies it. ``key_serial`` names the key: one that the
    centre gave as a ``PinKey`` and that serves once, or, from a bank's own machine, one of the
    bank's, to which the centre passes the block on. For SM4 both fields of the block fill 16 bytes:
    the PIN padded with F at its right, the twelve digits of the PAN with 0 at their left."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "way": "pin",
                    "algorithm": "sm4",
                    "key_serial": "5f1c2a90",
                    "block": "8c1d2b7e40f39a6655aa01c4d2e8f713",
                }
            ]
        }
    )
    way: Literal["pin"] = "pin"
    algorithm: Literal["tdea", "sm4"]
    key_serial: Annotated[str, line(16, least=1)]
    block: Sensitive[Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{16}){1,2}$")]]


class PhoneEvidence(_Evidence):
    """A login that the citizen has agreed to on their phone, by the id of the login."""

    way: Literal["phone"] = "phone"
    login: Id


class FundCodeEvidence(_Evidence):
    """亮码可办: the code that the citizen's phone shows. Opaque to the terminal, and good once."""

    way: Literal["fund-code"] = "fund-code"
    code: Sensitive[Annotated[str, StringConstraints(min_length=1, max_length=4096)]]


class PasswordEvidence(_Evidence):
    """查询密码: the six digits that the citizen has chosen at the centre."""

    way: Literal["password"] = "password"
    password: Sensitive[Annotated[str, _DIGITS]]


class UnitAccountEvidence(_Evidence):
    """单位登录: the number of a unit's account and the six digits that the unit has set at the
    centre. The session is the agent's, serves this unit and nothing else, and needs a further
    proof, such as a code to the agent's phone on file."""

    way: Literal["unit-account"] = "unit-account"
    number: Sensitive[Annotated[str, StringConstraints(pattern=r"^[0-9]{4,20}$")]]  # dwzh
    password: Sensitive[Annotated[str, _DIGITS]]


LoginEvidence = Annotated[
    CardEvidence
    | SocialSecurityEvidence
    | BankCardEvidence
    | PinEvidence
    | PhoneEvidence
    | FundCodeEvidence
    | PasswordEvidence
    | UnitAccountEvidence,
    Field(discriminator="way"),
]
"""The evidence of any way in; ``way`` tells which."""


class SignIn(WireModel):
    """Opens a session: one per visit. ``agreement``: the version that the citizen has agreed to."""

    terminal: Annotated[str, line(32, least=1)]
    agreement: Annotated[str, line(32)] = ""
    evidence: LoginEvidence


class FurtherProof(WireModel):
    """Raises the level of the session with further evidence of the same citizen."""

    evidence: LoginEvidence


class PhoneLogin(WireModel):
    """A login that waits for the citizen's phone. ``content`` stands in the QR code; the phone asks
    for ``digits``, which only the screen of this terminal shows, so that a code photographed by
    somebody else signs nobody in."""

    id: Id
    content: Sensitive[Annotated[str, line(500, least=1)]]
    digits: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")]
    valid_s: Count


class PhoneLoginState(WireModel):
    """How far the phone is. ``over``: the code was used, voided, or its time has passed. ``name``
    is the masked name of whoever agreed."""

    state: Literal["waiting", "opened", "agreed", "declined", "over"]
    name: Sensitive[Annotated[str, line(40)]] = Sensitive("")


class PinKey(WireModel):
    """The session key (TPK) for the PIN pad: hexadecimal, encrypted under the pad's master key. It
    serves for one PIN. A pad in which a bank keeps its own key does not load it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "algorithm": "sm4",
                    "serial": "5f1c2a90",
                    "encrypted": "3d66234c49e4296ff9c78d8bacbd6a76",
                    "check_value": "861e83",
                }
            ]
        }
    )
    algorithm: Literal["tdea", "sm4"]
    serial: Annotated[str, line(16, least=1)]
    encrypted: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{2}){16,24}$")]
    check_value: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{2}){3,8}$")]
