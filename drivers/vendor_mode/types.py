"""The requests about vendor mode, in which the bank's technician has the machine.

The machine asks every program to release the devices, and hands them to the technician when all
programs have agreed. It asks again when the technician has finished (XFS4IoT ``VendorMode``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from drivers.device import Request


class Mode(StrEnum):
    """Who has the machine (XFS4IoT ``VendorMode`` ``service``)."""

    INACTIVE = "inactive"  # the terminal has the machine
    ENTER_PENDING = "enterPending"  # the technician asks for the machine
    ACTIVE = "active"  # the technician has the machine
    EXIT_PENDING = "exitPending"  # the technician gives the machine back
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ReadMode(Request[Mode]):
    """Read the current mode."""


@dataclass(frozen=True, slots=True)
class AwaitMode(Request[Mode]):
    """Wait until the mode differs from ``known``; returns the new mode. ``TIMEOUT`` if it stays."""

    known: Mode


@dataclass(frozen=True, slots=True)
class Agree(Request[None]):
    """Agree to the pending change of the mode: the terminal has released the devices, or takes them
    back.

    ``UNSUPPORTED`` when no change is pending.
    """
