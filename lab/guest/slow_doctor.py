"""``kiosk doctor`` at the pace of an emulated processor: only its patience differs."""

from __future__ import annotations

from drivers.hosting import process_host
from kiosk.__main__ import main
from kiosk.doctor import devices

# An interpreter with OpenCV starts in 12 s on a busy host, and all devices are looked at at once.
process_host.START_S = 60.0
process_host.OPEN_S = 60.0
process_host.STATUS_S = 20.0
devices.SECONDS = 240.0
devices.AGAIN_S = 90.0

if __name__ == "__main__":
    main()
