"""The requests to the lights of the cabinet (XFS4IoT ``Lights``)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from drivers.device import Request


class Light(StrEnum):
    """The places of lights, by the names of XFS4IoT ``Lights.SetLight`` where it has them."""

    CARD_READER = "cardReader"
    CONTACTLESS = "contactless"  # the plate for ID cards
    PIN_PAD = "pinPad"
    RECEIPT_PRINTER = "receiptPrinter"
    DOCUMENT_PRINTER = "documentPrinter"
    SCANNER = "scanner"  # the window for codes
    FASCIA = "fasciaLight"  # the light over the whole front
    CAMERA = "camera"  # 补光灯; our own name, XFS4IoT has none


class FlashRate(StrEnum):
    """How a light flashes (XFS4IoT ``flashRate``); slow is about 1 Hz, medium 2 Hz, quick 4 Hz."""

    OFF = "off"
    SLOW = "slow"
    MEDIUM = "medium"
    QUICK = "quick"
    CONTINUOUS = "continuous"


class Colour(StrEnum):
    """The colours of XFS4IoT ``color``. A light with one colour ignores the requested colour."""

    RED = "red"
    GREEN = "green"
    YELLOW = "yellow"
    BLUE = "blue"
    CYAN = "cyan"
    MAGENTA = "magenta"
    WHITE = "white"


@dataclass(frozen=True, slots=True)
class SetLight(Request[None]):
    """Switch one light; it keeps its state until the next switch. ``UNSUPPORTED``: no such
    light."""

    light: Light
    rate: FlashRate
    colour: Colour = Colour.GREEN


@dataclass(frozen=True, slots=True)
class AllOff(Request[None]):
    """Switch every light off."""
