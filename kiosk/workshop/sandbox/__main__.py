"""``python -m kiosk.workshop.sandbox DIRECTORY [PORT]``: the stand-in centre on this machine."""

from __future__ import annotations

import argparse
from pathlib import Path

from kiosk.workshop.sandbox.server import run
from kiosk.workshop.sandbox.tls import SandboxCa


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="kiosk.workshop.sandbox", description="The stand-in centre"
    )
    parser.add_argument("directory", type=Path, help="where its database and its seal are kept")
    parser.add_argument("port", type=int, nargs="?", default=0, help="0: a free one")
    parser.add_argument("--fixed-code", help="every SMS code, 6 digits; random without")
    parser.add_argument(
        "--delay", type=float, nargs=2, default=(0.0, 0.0), metavar=("LEAST", "MOST"),
        help="seconds every answer takes",
    )  # fmt: skip
    parser.add_argument(
        "--tls", metavar="TERMINAL", help="only TLS, and write a certificate for this terminal"
    )
    given = parser.parse_args()
    if given.tls:
        SandboxCa(given.directory).terminal(given.tls)
    run(
        given.directory,
        given.port,
        tls=bool(given.tls),
        delay=tuple(given.delay),
        fixed_code=given.fixed_code,
    )


if __name__ == "__main__":
    main()
