"""All ways in that this program knows, by their names at the centre: one file for each."""

from kiosk.identity.way import Way
from kiosk.identity.ways import face, id_card, sms

WAYS: dict[str, Way] = {way.id: way for way in (id_card.WAY, sms.WAY, face.WAY)}
"""In the order of the page that offers them."""
