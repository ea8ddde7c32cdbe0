"""``python -m kiosk.workshop.sandbox DIRECTORY [PORT]``: the stand-in centre on this machine."""

from __future__ import annotations

import argparse
from pathlib import Path

from kiosk.workshop.sandbox.server import run


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
    given = parser.parse_args()
    run(given.directory, given.port, delay=tuple(given.delay), fixed_code=given.fixed_code)


if __name__ == "__main__":
    main()
