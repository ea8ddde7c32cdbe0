"""Whole terminals under kills, against the stand-in centre; ``make faults`` runs many."""

from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from kiosk.centre.commit_client import CommitClient
from kiosk.centre.errors import CentreUnavailable
from kiosk.operation import Business, OperationState
from tests.contract.test_operations import OperationVisit, ServedCentre, served
from tests.crashes import proxy
from tests.crashes.__main__ import BUG_PLAN, BUGS, FaultsDone, report
from tests.crashes.proxy import READ, FaultProxy
from tests.crashes.terminals import (
    TERMINAL,
    BrokenTerminal,
    DeadTerminal,
    RoundPlan,
    run_round,
)
from tests.simulation import bugs


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedCentre]:
    with served(tmp_path_factory.mktemp("centre")) as centre:
        yield centre


TWO = (("P03", Business.REPAY_LOAN_WITHDRAWAL), ("P04", Business.RETIREMENT_WITHDRAWAL))
HEARD = {"delivered twice": 2, "delivered late": 0, "another operation's answer": 1}
"""How many of two commits have an answer; of a fate that is not here, none need have."""


@pytest.mark.parametrize("fate", READ)
def test_no_line_has_money_moved_twice_or_another_answer_believed(
    centre: ServedCentre, fate: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy, "HOLE_S", 0.2)
    centre.lever("POST", "/reset")
    certificate = centre.ca.terminal(TERMINAL)
    line = FaultProxy(centre.url, 1, centre.ca, certificate, chance=1.0, fates=(fate,))
    monkeypatch.setattr(line._random, "uniform", lambda *_: 0.0)
    heard = 0
    with closing(line):
        for person, business in TWO:
            visit = OperationVisit(centre, person, TERMINAL)
            visit.authorise()
            draft = visit.confirmed(business)
            certified = CommitClient(line.url, TERMINAL, ca=centre.ca.root, certificate=certificate)
            with certified as committer, suppress(CentreUnavailable):
                said = committer.commit(draft.id)
                assert (said.id, said.state) == (draft.id, OperationState.DONE)
                heard += 1
            visit.ask.close()
        line.calm = True
    assert heard == HEARD.get(fate, heard)
    assert line.fates[fate] == 2
    moved = centre.moved()
    assert len(moved) == len(set(moved))


def test_a_run_in_which_a_point_or_a_fate_never_comes_is_not_green() -> None:
    def seldom(counted: dict[str, int]) -> list[str]:
        return [each.what for each in report(counted, 1, 50) if each.done < each.least]

    least: list[FaultsDone] = report({}, 1, 50)
    assert seldom({}) == [each.what for each in least]
    whole = {each.what: each.least for each in least} | {"committer at any moment": 40}
    assert seldom(whole) == []
    for missing in ("committer at C12 unknown written", "line: 502 page", "disk fault"):
        assert seldom(whole | {missing: 0}) == [missing]


def test_the_seeded_bugs_of_the_harness_are_those_of_the_simulation() -> None:
    assert set(BUGS) <= set(bugs.BUGS)


@pytest.mark.soak
def test_no_kill_moves_money_twice_or_loses_an_operation(tmp_path: Path) -> None:
    plan = RoundPlan(committers=10, terminals=1, visits=1, freezes=1, operations=5)
    counted = run_round(tmp_path, 1, plan)
    assert sum(times for what, times in counted.items() if what.startswith("committer at ")) == 10
    assert (counted["terminal"], counted["visit"], counted["freeze"]) == (1, 1, 1)
    assert counted["operation"] >= 5


@pytest.mark.soak
def test_a_seeded_bug_is_seen(tmp_path: Path) -> None:
    with pytest.raises(BrokenTerminal) as seen:
        run_round(tmp_path, 1, BUG_PLAN, bug="in progress written as DONE")
    assert not isinstance(seen.value, DeadTerminal)
