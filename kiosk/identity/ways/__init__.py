"""All ways in that this program knows, by their names at the centre: one file for each."""

from kiosk.identity.way import Way
from kiosk.identity.ways import (
    bank_card,
    face,
    fund_code,
    id_card,
    password,
    phone,
    pin,
    sms,
    social_security_card,
    unit_account,
)

WAYS: dict[str, Way] = {
    way.id: way
    for way in (
        id_card.WAY,
        phone.WAY,
        social_security_card.WAY,
        bank_card.WAY,
        fund_code.WAY,
        unit_account.WAY,
        pin.WAY,
        sms.WAY,
        face.WAY,
        password.WAY,
    )
}
"""In the order of the page that offers them."""
