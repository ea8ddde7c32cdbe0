"""稽核 at the stand-in centre: which patterns of which personas are stopped, and which are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from kiosk.centre.evidence import CardEvidence, SignIn
from kiosk.privacy import Sensitive
from kiosk.workshop.sandbox import personas
from kiosk.workshop.sandbox.centre import StandInCentre
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.risk import RiskLimits
from tests.unit.test_sandbox_refusals import CODE, Counter
from tests.unit.test_sandbox_unit_rules import undone

DAY_S = 24 * 3600.0


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandInCentre]:
    centre = StandInCentre(tmp_path_factory.mktemp("risk"), fixed_code=CODE, codes_per_day=999)
    yield centre
    centre.close()


def _rents(centre: StandInCentre, *people: str) -> None:
    """Each withdraws their rent once, and is told."""
    for persona in people:
        at = Counter(centre, persona)
        at.desk.told(at.visitor, at.committed().id)


def _confirmed_and_taken_back(centre: StandInCentre) -> None:
    at = Counter(centre, "P01")
    draft = at.rent()
    at.confirm(draft)
    at.desk.cancel(at.visitor, draft.id)
    at.desk.told(at.visitor, draft.id)


def _changed_cards(centre: StandInCentre, persona: str, *ages_s: float) -> None:
    """The card of ``persona`` was changed so many seconds ago, each time."""
    for number, age in enumerate(ages_s):
        centre.store.insert(
            "operation",
            {
                "id": f"{persona}{number}",
                "key": f"{persona}{number}",
                "person": persona,
                "kind": "card",
                "business": "payee-card-change",
                "target": "{}",
                "terminal": "YL-0009",
                "quote": "{}",
                "state": "done",
                "drafted_at": "",
                "was_confirmed": 1,
                "told": 1,
                "ended": centre.clock.ticks() - age,
            },
        )


def _confirms_after(centre: StandInCentre, happens: Callable[[], None]) -> None:
    """P01 has a draft, then ``happens``, then P01 confirms the draft."""
    at = Counter(centre, "P01")
    draft = at.rent()
    happens()
    at.confirm(draft)


def _pass_the_card_on(centre: StandInCentre, *people: str) -> None:
    """The first one's card is bound to the second, and so on, each after a withdrawal to it."""
    for giver, taker in pairwise(people):
        _rents(centre, giver)
        row = centre.store.one("SELECT bank_card FROM person WHERE id = ?", giver)
        assert row
        centre.store.run("UPDATE person SET bank_card = '9999990000009999' WHERE id = ?", giver)
        centre.store.run("UPDATE person SET bank_card = ? WHERE id = ?", row["bank_card"], taker)


def _sign_in(centre: StandInCentre, *people: str, terminal: str = "YL-1") -> None:
    for persona in people:
        who = personas.load()[persona]
        card = CardEvidence(kind="resident", name=Sensitive(who.name), number=Sensitive(who.number))
        centre.sessions.open(SignIn(terminal=terminal, evidence=card))


def _later(centre: StandInCentre, seconds: float, act: Callable[[], None]) -> None:
    """``act``, after which so many seconds pass."""
    act()
    centre.clock.advance(seconds)


Act = Callable[[StandInCentre], object]
STOPPED: dict[str, tuple[dict[str, int], Act, Act, str, str]] = {
    "P01 rents a third time within a day": (
        {"of_business": 2},
        lambda c: _rents(c, "P01", "P01"),
        lambda c: _rents(c, "P01"),
        "risk-often",
        "many-operations",
    ),
    "P01 has changed the card twice within a month": (
        {},
        lambda c: _changed_cards(c, "P01", 2 * DAY_S, 20 * DAY_S),
        lambda c: _rents(c, "P01"),
        "risk-card",
        "cards-changed",
    ),
    "P01 has a draft while the card is changed twice": (
        {},
        lambda c: None,
        lambda c: _confirms_after(c, lambda: _changed_cards(c, "P01", DAY_S, 2 * DAY_S)),
        "risk-card",
        "cards-changed",
    ),
    "P12 has the card to which P01 withdrew": (
        {"payees": 1},
        lambda c: _pass_the_card_on(c, "P01", "P12"),
        lambda c: _rents(c, "P12"),
        "risk-payee",
        "shared-payee",
    ),
    "a third person signs in within minutes": (
        {"sign_ins": 2},
        lambda c: _sign_in(c, "P01", "P12"),
        lambda c: _sign_in(c, "P03"),
        "risk-sign-ins",
        "many-sign-ins",
    ),
}
PASSES: dict[str, tuple[dict[str, int], Act, Act]] = {
    "P01 rents a second time": (
        {"of_business": 2},
        lambda c: _rents(c, "P01"),
        lambda c: _rents(c, "P01"),
    ),
    "P12 rents after P01 has done so often enough": (
        {"of_business": 1},
        lambda c: _rents(c, "P01"),
        lambda c: _rents(c, "P12"),
    ),
    "a draft is no operation yet": (
        {"of_business": 1},
        lambda c: [Counter(c, "P01").rent() for _ in range(3)],
        lambda c: _rents(c, "P01"),
    ),
    "P01 takes it back": (
        {"of_business": 1},
        _confirmed_and_taken_back,
        lambda c: _rents(c, "P01"),
    ),
    "P01 rents a day later": (
        {"of_business": 1},
        lambda c: _later(c, DAY_S, lambda: _rents(c, "P01")),
        lambda c: _rents(c, "P01"),
    ),
    "one of the two cards was changed long ago": (
        {},
        lambda c: _changed_cards(c, "P01", 2 * DAY_S, 31 * DAY_S),
        lambda c: _rents(c, "P01"),
    ),
    "the cards of P12 are not those of P01": (
        {},
        lambda c: _changed_cards(c, "P12", 2 * DAY_S, 3 * DAY_S),
        lambda c: _rents(c, "P01"),
    ),
    "two persons to one card, where three may": (
        {"payees": 2},
        lambda c: _pass_the_card_on(c, "P01", "P12"),
        lambda c: _rents(c, "P12"),
    ),
    "P01 withdraws to their own card again": (
        {"payees": 1},
        lambda c: _rents(c, "P01"),
        lambda c: _rents(c, "P01"),
    ),
    "P01 signs in often": (
        {"sign_ins": 2},
        lambda c: _sign_in(c, "P01", "P12", "P01"),
        lambda c: _sign_in(c, "P01"),
    ),
    "the third person is at another terminal": (
        {"sign_ins": 2},
        lambda c: _sign_in(c, "P01", "P12"),
        lambda c: _sign_in(c, "P03", terminal="YL-0002"),
    ),
    "the third person comes after five minutes": (
        {"sign_ins": 2},
        lambda c: _later(c, 301, lambda: _sign_in(c, "P01", "P12")),
        lambda c: _sign_in(c, "P03"),
    ),
}


def _alarms(centre: StandInCentre) -> list[dict[str, Any]]:
    rows = centre.store.all("SELECT kind, terminal, session FROM alarm ORDER BY id")
    return [dict(row) for row in rows]


@pytest.mark.parametrize("pattern", STOPPED)
def test_a_pattern_is_stopped_with_a_reason_and_an_alarm(
    pattern: str, centre: StandInCentre
) -> None:
    limits, before, then, code, alarm = STOPPED[pattern]
    centre.risk.limits = RiskLimits(**limits)
    with undone(centre.store):
        before(centre)
        assert _alarms(centre) == []
        with pytest.raises(Refused) as refused:
            then(centre)
        assert refused.value.body.code == code
        assert "管理部窗口" in refused.value.body.next_step.zh, "the way to a counter"
        (sounded,) = _alarms(centre)
        assert (sounded["kind"], sounded["terminal"]) == (alarm, "YL-1")


@pytest.mark.parametrize("pattern", PASSES)
def test_what_is_usual_passes(pattern: str, centre: StandInCentre) -> None:
    limits, before, then = PASSES[pattern]
    centre.risk.limits = RiskLimits(**limits)
    with undone(centre.store):
        before(centre)
        then(centre)
        assert _alarms(centre) == []


@pytest.mark.parametrize("pattern", STOPPED)
def test_without_limits_nothing_is_stopped(pattern: str, centre: StandInCentre) -> None:
    _limits, before, then, _code, _alarm = STOPPED[pattern]
    centre.risk.limits = None
    with undone(centre.store):
        before(centre)
        then(centre)


def test_a_reset_brings_the_limits_back(centre: StandInCentre) -> None:
    centre.risk.limits = None
    centre.reset()
    assert centre.risk.limits == RiskLimits()
