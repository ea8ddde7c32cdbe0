"""The machine side of XFS4IoT: a publisher and its services, with faults on order."""

from drivers.emulators.xfs4iot.machine import XfsMachine

__all__ = ["XfsMachine"]
