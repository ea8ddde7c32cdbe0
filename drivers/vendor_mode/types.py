"""What is asked about the vendor's mode, in which the machine belongs to its technician.

The machine asks every program to let go of the devices, and hands them over when all have agreed;
the same when the technician has finished (XFS4IoT ``VendorMode``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from drivers.device import Request


class Mode(StrEnum):
    """Whose the machine is (XFS4IoT ``VendorMode`` ``service``)."""

    INACTIVE = "inactive"  # ours
    ENTER_PENDING = "enterPending"  # it is asked for
    ACTIVE = "active"  # the technician's
    EXIT_PENDING = "exitPending"  # it is offered back
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ReadMode(Request[Mode]):
    """Whose the machine is now."""


@dataclass(frozen=True, slots=True)
class AwaitMode(Request[Mode]):
    """Wait until the mode differs from ``known``, and give the new one; ``TIMEOUT`` if it stays."""

    known: Mode


@dataclass(frozen=True, slots=True)
class Agree(Request[None]):
    """Say yes to what is asked for: no device is in use here, or: they are taken back.

    ``UNSUPPORTED`` when nothing is asked for.
    """
