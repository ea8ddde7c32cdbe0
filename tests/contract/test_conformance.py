"""The check of a centre passes the stand-in, and finds every bug that a centre could have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from kiosk.centre.evidence import CardEvidence
from kiosk.privacy import Sensitive
from kiosk.workshop.commands import centre as command
from kiosk.workshop.conformance import (
    CHECKS,
    CheckedTerminal,
    CheckPlan,
    ContractCheck,
    results,
)
from kiosk.workshop.sandbox import personas
from kiosk.workshop.sandbox.bugs import CentreBug
from kiosk.workshop.sandbox.server import serving
from kiosk.workshop.sandbox.tls import SandboxCa

PERSON = personas.load()["P03"]
FOUND_BY = {
    CentreBug.COMMITS_DONE_AGAIN: "A commit moves the money once",
    CentreBug.COMMITS_PROGRESS_AGAIN: "What is in progress moves once",
    CentreBug.COMMITS_DRAFTED: "A commit of what is only drafted",
    CentreBug.COMMITS_EXPIRED: "Once a query says expired",
    CentreBug.COMMITS_CANCELLED: "What is cancelled is not carried out",
    CentreBug.EXPIRY_NOT_STORED: "Once a query says expired",
    CentreBug.CANCELS_PROGRESS: "What is in progress moves once",
    CentreBug.MANY_IN_FLIGHT: "While one of a person and kind",
    CentreBug.FLIGHT_ONLY_AT_CONFIRMATION: "While one of a person and kind",
    CentreBug.TWO_LIVE_DRAFTS: "A newer draft",
    CentreBug.NEXT_BEFORE_TOLD: "The end of a confirmed operation is told",
    CentreBug.FORGETS_ID: "A commit moves the money once",
}


def plan_of(directory: Path) -> CheckPlan:
    ca = SandboxCa(directory)
    return CheckPlan(
        terminals=tuple(
            CheckedTerminal(id=id, certificate=ca.terminal(id)) for id in ("YL-0001", "YL-0002")
        ),
        card=CardEvidence(
            kind="resident", name=Sensitive(PERSON.name), number=Sensitive(PERSON.number)
        ),
        ca=ca.root,
        levers=True,
    )


def wrong(directory: Path, checks: Sequence[ContractCheck], *bugs: CentreBug) -> list[str]:
    with serving(directory, tls=True, codes_per_day=1000, bugs=frozenset(bugs)) as url:
        return [result.why for result in results(url, plan_of(directory), checks) if result.why]


def test_the_stand_in_keeps_the_contract(tmp_path: Path) -> None:
    assert wrong(tmp_path, CHECKS) == []


@pytest.mark.parametrize("bug", CentreBug)
def test_a_wrong_centre_is_found(tmp_path: Path, bug: CentreBug) -> None:
    checks = [check for check in CHECKS if check.sentence.startswith(FOUND_BY[bug])]
    assert len(wrong(tmp_path, checks, bug)) == 1


def test_the_command_says_each_result_in_a_line(tmp_path: Path) -> None:
    plan, served = tmp_path / "plan.toml", tmp_path / "centre"
    ca = SandboxCa(served)
    terminals = "\n".join(
        f'[[terminals]]\nid = "{id}"\ncertificate = "{ca.terminal(id)}"'
        for id in ("YL-0001", "YL-0002")
    )
    plan.write_text(
        f'code = "123456"\nca = "{ca.root}"\n{terminals}\n'
        f'[card]\nkind = "resident"\nname = "{PERSON.name}"\nnumber = "{PERSON.number}"\n',
        encoding="utf-8",
    )
    with serving(served, tls=True, fixed_code="123456", codes_per_day=1000) as url:
        done = CliRunner().invoke(command, ["check", url, "--plan", str(plan)])
    lines = done.output.splitlines()
    assert (done.exit_code, lines[-1]) == (0, "The centre keeps the contract."), done.output
    assert [line[:2] for line in lines[:-1]] == ["- " if check.levers else "ok" for check in CHECKS]


def test_the_command_says_what_is_wrong_with_the_plan(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text("terminals = 1", encoding="utf-8")
    done = CliRunner().invoke(command, ["check", "https://127.0.0.1:1", "--plan", str(plan)])
    assert done.exit_code == 2
    assert "plan.toml" in done.output
