"""Enrols a terminal whose key lies in a TPM 2.0 (swtpm), and renews its certificate with that key.

A process of its own, under ``dbus-run-session``: the provider for the TPM stays in a process for
good.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from kiosk import settings
from kiosk.__main__ import main
from kiosk.centre.enrolment import RenewalRequest
from kiosk.centre.enrolment_client import EnrolmentClient
from kiosk.workshop.swtpm import running


def play(directory: Path, settings_path: Path) -> None:
    """Enrol, then renew over mutual TLS, and say so."""
    with running(directory):
        main(["enrol", "--settings", str(settings_path)], standalone_mode=False)
        found = settings.load(settings_path)
        assert found.enrolled
        centre = found.centre
        with EnrolmentClient(
            centre.url, found.terminal, ca=centre.ca, certificate=centre.certificate, key=centre.key
        ) as client:
            asked = RenewalRequest(request=found.enrolled.request.read_text())
            took = []
            for _round in range(5):
                client.close()  # every round has a handshake of its own
                began = time.perf_counter()
                client.renew(asked)
                took.append((time.perf_counter() - began) * 1000)
        print(f"renewed, {sorted(took)[2]:.0f} ms")


if __name__ == "__main__":
    play(Path(sys.argv[1]), Path(sys.argv[2]))
