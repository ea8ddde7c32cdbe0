"""``make privacy``: a day of synthetic citizens, and then a search for what is left of them.

It counts only when every leak that was seeded on purpose is found, in every form.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from tests.privacy import wire
from tests.privacy.day import PrivacyReport, Stay, play_day

SHORT = (Stay("P04", "id-card", ("account", "withdraw")),)
"""The day of ``make test``."""
DAY = SHORT


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.privacy", description=__doc__)
    parser.add_argument("--short", action="store_true", help="one citizen only")
    parser.add_argument("--seed", type=int, default=1, help="whose values the citizens have")
    parser.add_argument("--report", type=Path, help="file for the whole report, as JSON")
    told = parser.parse_args()
    alone = wire.ALONE in os.environ
    if not alone and wire.can_be_alone():
        command = wire.alone([sys.executable, "-m", "tests.privacy", *sys.argv[1:]])
        os.execvp(command[0], command)
    stays = SHORT if told.short else DAY
    with tempfile.TemporaryDirectory(prefix="privacy-") as directory:
        report = play_day(Path(directory), stays, told.seed, alone=alone)
    if told.report:
        told.report.write_text(json.dumps(report.plain(), ensure_ascii=False, indent=1))
    show(report)
    return int(bool(report.complaints()))


def show(report: PrivacyReport) -> None:
    """Print what was played, searched and found."""
    print(f"{len(report.stays)} visits in {report.seconds:.0f} s: {', '.join(report.stays)}")
    print(f"{len(report.served)} services: {', '.join(report.served)}")
    print(f"{report.values} texts, each one citizen's alone; {len(report.in_the_visit)} of them")
    print("  stood in the live visit, which ends with its process")
    for place, many in report.searched.items():
        print(f"  {many / 1e6:9.1f} MB searched: {place}")
    if report.uncaptured:
        print(f"the wire was not captured: {report.uncaptured}")
    for why in report.complaints():
        print(why)
    print("nothing remains" if not report.complaints() else "NOT GOOD")


if __name__ == "__main__":
    sys.exit(main())
