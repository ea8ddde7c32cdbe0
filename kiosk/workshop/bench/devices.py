"""Measures the drivers against hardware emulated on the wire: readers, slips, recovery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kiosk.workshop.bench import readers, recovery, slips
from kiosk.workshop.bench.figures import Figure, Name, NotMeasured
from kiosk.workshop.bench.hardware import emulated

NAMES: Mapping[str, Name] = {**readers.NAMES, **slips.NAMES, **recovery.NAMES}
"""All figures of this part; the modules readers, slips and recovery explain their own."""


@dataclass(frozen=True, slots=True)
class DevicesScale:
    """How often the modules of this part measure."""

    readers: readers.ReadersScale
    slips: slips.SlipsScale
    recovery: recovery.RecoveryScale


FULL = DevicesScale(
    readers.ReadersScale(reads=12, codes=40, films=5, film_s=2.0),
    slips.SlipsScale(slips=5, slow_slips=("text", "rare", "raster")),
    recovery.RecoveryScale(plugs=6, restarts=5, kills=6),
)
QUICK = DevicesScale(
    readers.ReadersScale(reads=2, codes=10, films=2, film_s=0.5),
    slips.SlipsScale(slips=2, slow_slips=("text", "rare")),
    recovery.RecoveryScale(plugs=1, restarts=1, kills=1),
)


def run(quick: bool) -> dict[str, Figure | NotMeasured]:
    """See :func:`measure`."""
    return measure(QUICK if quick else FULL)


def measure(scale: DevicesScale) -> dict[str, Figure | NotMeasured]:
    """All figures of :data:`NAMES`. A figure is :class:`NotMeasured` when this machine lacks the
    daemon for it, or a quick bench the time. Raises ``BenchError``."""
    with emulated() as hardware:
        return {
            **readers.measure(hardware, scale.readers),
            **slips.measure(hardware, scale.slips),
            **recovery.measure(hardware, scale.recovery),
        }
