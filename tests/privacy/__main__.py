"""``make privacy``: a day of synthetic citizens, and then a search for what is left of them.

It counts only when every leak that was seeded on purpose is found, in every form.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from kiosk.centre.level import Level
from kiosk.identity.ways import WAYS
from kiosk.services import SERVICES
from tests.privacy import wire
from tests.privacy.day import PrivacyReport, Stay, play_day

SHORT = (Stay("P04", "id-card", ("account", "withdraw")),)
"""The day of ``make test``."""
UNITS, NOBODY = "A1", ""
"""Who acts for units, and who does not sign in."""
_WAYS = (
    Stay("P01", "password", ("account", "ledger", "deposit-certificate", "query-password")),
    Stay("P03", "id-card", ("withdraw", "loan", "prepay", "monthly-offset", "papers")),
    Stay("P02", "social-security-card", ("payee-card",)),
    Stay("P12", "fund-code", ("phone", "personal-data")),
    Stay("P04", "phone", ("account", "withdraw"), killed=True),
    Stay("P05", "pin", ("account",)),
    Stay("P15", "bank-card", ("loan",)),
    Stay("P06", "face", ("account",)),
    Stay("A1", "unit-account", ("unit",)),
    Stay("P09", "id-card", ("account", "signing")),  # a residence permit
    Stay("P10", "id-card", ("account",)),  # a foreigner's permit
    Stay("P07", "id-card", ("account-merge",)),  # two accounts
    Stay("P11", "id-card", ("withdraw",)),  # a name that the chip cuts
)

_OPENING = (Stay("A1", "id-card", ("unit-opening",)),)
"""An agent, for themselves, who has one unit more then, which owes nothing: after all others."""


def whole_day() -> tuple[Stay, ...]:
    """Every way in, and every service of this program: a new one too is gone through."""
    named = {service for stay in (*_WAYS, *_OPENING) for service in stay.services}
    left = {id: each.needs for id, each in SERVICES.items() if id not in named}
    public = [id for id, needs in left.items() if needs.level is Level.PUBLIC]
    units = [id for id, needs in left.items() if needs.unit]
    others = [id for id in left if id not in public and id not in units]
    return (
        *_WAYS,
        Stay("P01", "id-card", others),
        Stay(UNITS, "id-card", units),
        *_OPENING,
        Stay(NOBODY, "", public),
    )


def unused_ways(stays: Sequence[Stay]) -> list[str]:
    """Ways in of this program that nobody uses; the code by SMS follows a card."""
    return sorted(WAYS.keys() - {"sms"} - {stay.way for stay in stays})


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
    stays = SHORT if told.short else whole_day()
    with tempfile.TemporaryDirectory(prefix="privacy-") as directory:
        report = play_day(Path(directory), stays, told.seed, alone=alone)
    if not told.short:
        report.unused = unused_ways(stays)
    if told.report:
        told.report.write_text(json.dumps(report.plain(), ensure_ascii=False, indent=1))
    show(report)
    return int(bool(report.complaints()))


def show(report: PrivacyReport) -> None:
    """Print what was played, searched and found."""
    print(f"{len(report.stays)} visits in {report.seconds:.0f} s: {', '.join(report.stays)}")
    print(f"{len(report.served)} services: {', '.join(report.served)}")
    print(
        f"{report.values} texts, each one citizen's alone, and {report.pictures} pictures of faces "
        "and pages"
    )
    print(f"  {len(report.in_the_visit)} of them stood in the live visit, where they may")
    for place, many in report.searched.items():
        print(f"  {many / 1e6:9.1f} MB searched: {place}")
    for each in report.instead:
        print(f"played in place of the way in: {each}")
    if report.uncaptured:
        print(f"the wire was not captured: {report.uncaptured}")
    if report.unasked:
        print(f"no X server was asked: {report.unasked}")
    for why in report.complaints():
        print(why)
    print("nothing remains" if not report.complaints() else "NOT GOOD")


if __name__ == "__main__":
    sys.exit(main())
