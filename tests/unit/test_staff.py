"""The roster of the staff: what a centre may send, how long it counts, what the doctor says."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import ValidationError

from kiosk.centre.errors import CentreUnavailable, Trouble
from kiosk.centre.roster import (
    MOST_STAFF,
    StaffEntry,
    StaffRole,
    StaffRoster,
    Worker,
    hash_of_card,
    hash_of_pin,
)
from kiosk.doctor import staff as doctor
from kiosk.doctor.findings import Verdict
from kiosk.privacy import Sensitive
from kiosk.settings import CentreSettings, MaintenanceSettings, Settings
from kiosk.staff.roster_file import FILE, FOLDER, KeptRoster, RosterFile, roster_of_now
from tests.logged import messages

NOW = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SALT = "ab" * 16
OF = "https://gjj.example T0001"
CARD, PIN = Sensitive("11010119800101001x"), Sensitive("602100")


def entry(**facts: Any) -> dict[str, Any]:
    usual = {"number": "6021", "name": "陈工", "role": "technician"}
    return {**usual, "card": "1" * 64, "pin": "2" * 64, **facts}


def roster(edition: int = 1, *staff: dict[str, Any]) -> StaffRoster:
    return StaffRoster.model_validate({"edition": edition, "salt": SALT, "staff": staff})


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    return tmp_path


@pytest.fixture
def settings(state: Path) -> Settings:
    centre = CentreSettings(url="https://gjj.example", seal_roots=Path("roots.pem"))
    return Settings(
        terminal="T0001", centre=centre, maintenance=MaintenanceSettings(staff_hours=48)
    )


# -- what a centre may send -----------------------------------------------------------------------


def test_the_roster_knows_a_card_and_its_pin() -> None:
    hashes = {"card": hash_of_card(SALT, CARD), "pin": hash_of_pin(SALT, "6021", PIN)}
    ours = roster(1, entry(**hashes))
    found = ours.whose(Sensitive(" 11010119800101001X"))
    assert found
    assert found.worker == Worker("6021", "陈工", StaffRole.TECHNICIAN)
    assert ours.is_pin(found, PIN)
    assert not ours.is_pin(found, Sensitive("602101"))
    assert ours.whose(Sensitive("110101198001010010")) is None


def test_who_has_a_role_that_this_terminal_does_not_know_is_nobody_here() -> None:
    assert StaffEntry.model_validate(entry(role="inspector")).worker is None


@pytest.mark.parametrize(
    ("since", "until", "good"),
    [
        (None, None, True),
        (NOW, None, True),
        (NOW + HOUR, None, False),
        (None, NOW, False),
        (None, NOW + HOUR, True),
        (NOW - HOUR, NOW + HOUR, True),
    ],
)
def test_a_card_counts_within_its_time(
    since: datetime | None, until: datetime | None, good: bool
) -> None:
    assert StaffEntry.model_validate(entry(since=since, until=until)).is_good(NOW) is good


MANY = [entry(number=str(1 + n), card=f"{n:064x}") for n in range(MOST_STAFF + 1)]
BAD_ROSTERS: dict[str, dict[str, Any]] = {
    "edition 0": {"edition": 0},
    "no salt": {"salt": ""},
    "a salt with a line feed": {"salt": SALT + "\n"},
    "one more than may be": {"staff": MANY},
    "a number twice": {"staff": [entry(), entry(card="3" * 64)]},
    "a card twice": {"staff": [entry(), entry(number="6022")]},
    "a card number in clear": {"staff": [entry(card="110101198001010010")]},
    "a PIN in clear": {"staff": [entry(pin="602100")]},
    "a hash with a line feed": {"staff": [entry(pin="2" * 64 + "\n")]},
    "a number for no audit word": {"staff": [entry(number="110101198001010010")]},
    "a number with a line feed": {"staff": [entry(number="6021\n")]},
    "nobody's name": {"staff": [entry(name="")]},
    "a name of two lines": {"staff": [entry(name="陈\n工")]},
    "a moment without an offset": {"staff": [entry(until="2026-01-01T00:00:00")]},
    "no list": {"staff": "6021"},
}


@pytest.mark.parametrize("changed", BAD_ROSTERS.values(), ids=BAD_ROSTERS.keys())
def test_a_bad_roster_is_refused_as_a_whole(changed: dict[str, Any]) -> None:
    usual = {"edition": 1, "salt": SALT, "staff": [entry()]}
    StaffRoster.model_validate_json(json.dumps(usual))
    with pytest.raises(ValidationError):
        StaffRoster.model_validate_json(json.dumps({**usual, **changed}))


def test_as_many_as_may_be_are_taken() -> None:
    assert len(roster(1, *MANY[:MOST_STAFF]).staff) == MOST_STAFF


# -- what the terminal keeps ----------------------------------------------------------------------


class Centre:
    """Gives the roster of an edition, and counts how often it was asked."""

    def __init__(self, edition: int) -> None:
        self.edition = edition
        self.asked = 0

    def __call__(self) -> StaffRoster:
        self.asked += 1
        return roster(self.edition, entry())


def out_of_order() -> StaffRoster:
    raise CentreUnavailable(Trouble.NONSENSE, "not fitting the contract")


def test_an_edition_is_fetched_once_and_confirmed_by_each_catalogue(
    state: Path, settings: Settings
) -> None:
    file, centre = RosterFile(settings), Centre(7)
    changed = [file.follow(7, centre, NOW + HOUR * late) for late in (0, 0.5, 1, 2)]
    assert changed == [True, False, True, True]
    assert centre.asked == 1
    assert file.kept() == KeptRoster(of=OF, confirmed=NOW + 2 * HOUR, roster=roster(7, entry()))
    assert (state / FOLDER / FILE).stat().st_mode & 0o077 == 0
    file.follow(8, Centre(8), NOW)
    kept = file.kept()
    assert kept
    assert kept.roster.edition == 8


def test_a_centre_without_a_roster_leaves_none(settings: Settings) -> None:
    file = RosterFile(settings)
    assert file.follow(0, out_of_order, NOW) is False
    file.follow(7, Centre(7), NOW)
    assert file.follow(0, out_of_order, NOW) is True
    assert file.kept() is None


def test_what_the_centre_does_not_give_leaves_the_earlier_roster_as_old_as_it_is(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    file = RosterFile(settings)
    file.follow(7, Centre(7), NOW)
    file.follow(8, out_of_order, NOW + 5 * HOUR)
    assert file.kept() == KeptRoster(of=OF, confirmed=NOW, roster=roster(7, entry()))
    assert messages(caplog, "kiosk.staff") == ["staff roster taken", "staff roster not taken"]


def test_a_roster_of_another_edition_than_the_catalogue_names_confirms_nothing(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """A cache before the centre may go on giving an old one, with somebody who was taken off."""
    file = RosterFile(settings)
    file.follow(7, Centre(7), NOW)
    caplog.set_level(logging.WARNING)
    assert file.follow(8, Centre(7), NOW + 5 * HOUR) is False
    assert file.kept() == KeptRoster(of=OF, confirmed=NOW, roster=roster(7, entry()))
    assert messages(caplog, "kiosk.staff")[-1] == "staff roster not taken"


def test_a_disk_that_takes_nothing_is_an_event(
    state: Path, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    (state / FOLDER).write_text("")  # a file where the folder should be
    RosterFile(settings).follow(7, Centre(7), NOW)
    assert messages(caplog, "kiosk.staff") == ["staff roster not kept"]


def test_a_spoilt_file_is_fetched_again(state: Path, settings: Settings) -> None:
    (state / FOLDER).mkdir()
    for spoilt in (b"", b"{", b"\xff", b"[" * 100_000, b'{"confirmed": 1, "roster": {}}'):
        (state / FOLDER / FILE).write_bytes(spoilt)
        assert roster_of_now(settings, NOW).unreadable
        RosterFile(settings).follow(7, Centre(7), NOW)
        assert roster_of_now(settings, NOW).roster == roster(7, entry())


@pytest.mark.parametrize("moved", ["terminal", "centre"])
def test_the_roster_of_another_terminal_or_centre_counts_for_nobody(
    settings: Settings, moved: str
) -> None:
    """A disk may be copied, or a terminal moved from the test centre, with equal editions."""
    RosterFile(settings).follow(7, Centre(7), NOW)
    there = msgspec.structs.replace(settings.centre, url="https://test.example")
    new: dict[str, Any] = {"terminal": "T0002"} if moved == "terminal" else {"centre": there}
    here, centre = msgspec.structs.replace(settings, **new), Centre(7)
    assert roster_of_now(here, NOW).roster is None
    assert RosterFile(here).follow(7, centre, NOW) is True
    assert centre.asked == 1
    assert roster_of_now(here, NOW).roster == roster(7, entry())
    assert roster_of_now(settings, NOW).roster is None


@pytest.mark.parametrize(
    ("later", "counts"),
    [
        (timedelta(0), True),
        (48 * HOUR, True),
        (48 * HOUR + timedelta(seconds=1), False),
        (-HOUR, True),  # the clock was set by less
        (-HOUR - timedelta(seconds=1), False),
        (NOW.replace(year=1970) - NOW, False),  # an empty battery of the board
    ],
)
def test_the_roster_counts_for_some_hours(
    settings: Settings, later: timedelta, counts: bool
) -> None:
    RosterFile(settings).follow(7, Centre(7), NOW)
    found = roster_of_now(settings, NOW + later)
    assert (found.roster is not None) is counts
    assert found.stale_since == (None if counts else NOW)


def test_a_roster_that_each_catalogue_confirms_counts_all_the_time(settings: Settings) -> None:
    """Also with the fewest hours that may be set: not every confirmation is kept."""

    def may_be(hours: int) -> bool:
        with suppress(msgspec.ValidationError):
            return bool(msgspec.convert({"staff_hours": hours}, MaintenanceSettings))
        return False

    fewest = MaintenanceSettings(staff_hours=next(filter(may_be, range(720))))
    here = msgspec.structs.replace(settings, maintenance=fewest)
    file, centre, second = RosterFile(here), Centre(7), timedelta(seconds=1)
    for passed in range(0, 8000, 55):
        file.follow(7, centre, NOW + passed * second)
        assert roster_of_now(here, NOW + (passed + 54) * second).roster


def test_without_a_file_nobodys_card_counts(settings: Settings) -> None:
    found = roster_of_now(settings, NOW)
    assert (found.roster, found.stale_since, found.unreadable) == (None, None, False)


# -- what the doctor says -------------------------------------------------------------------------


def told(settings: Settings) -> tuple[Verdict, str, str]:
    (found,) = doctor.look(settings)
    return found.verdict, str(found.seen), str(found.mend)


def test_the_doctor_tells_how_old_the_roster_is(state: Path, settings: Settings) -> None:
    assert told(settings)[1] == "no roster: only maintenance tickets open the terminal"
    now, file = datetime.now(UTC), RosterFile(settings)
    file.follow(7, Centre(7), now - 3 * HOUR)
    assert told(settings) == (
        Verdict.GOOD,
        "people: 1; confirmed 3 h ago, counts for 48 h",
        "",
    )
    (state / FOLDER / FILE).unlink()
    file.follow(7, Centre(7), now + HOUR / 2)  # the clock was set back
    assert told(settings)[1] == "people: 1; confirmed 0 h ago, counts for 48 h"
    others = roster(8, entry(role="clerk"), entry(number="6022", role="cook", card="3" * 64))
    file.follow(8, lambda: others, now)
    assert told(settings)[:2] == (
        Verdict.NOTE,
        "nobody on the roster may open the terminal now: only maintenance tickets do",
    )
    for later, seen, mend in (
        (-50 * HOUR, "confirmed 50 h ago, more than 48: no card counts", "the way to the centre"),
        (5 * HOUR, "the roster was confirmed later than now: this clock", "set the clock"),
    ):
        (state / FOLDER / FILE).unlink()
        file.follow(7, Centre(7), now + later)
        verdict, said, do = told(settings)
        assert verdict is Verdict.NOTE
        assert said.startswith(seen)
        assert do.startswith(mend)
        assert do.endswith("a maintenance ticket opens the terminal meanwhile")


def test_the_doctor_tells_of_a_file_that_cannot_be_read(state: Path, settings: Settings) -> None:
    """Of what does not fit only the place is told: the file holds hashes."""
    file = state / FOLDER / FILE
    file.parent.mkdir()
    nobody = {"edition": 1, "salt": SALT, "staff": [entry(name="")]}
    for spoilt, where in (
        ("{", "the top"),
        ("7", "the top"),
        (json.dumps({"confirmed": NOW.isoformat(), "roster": nobody}), "roster.staff.0.name"),
    ):
        file.write_text(spoilt)
        no_card = "the roster cannot be read, no card opens the terminal"
        assert told(settings)[1] == f"{no_card}: does not fit at {where}"
    file.unlink()
    file.mkdir()
    assert told(settings)[1:] == (f"{file}: Is a directory", "run this command as root")
