"""The check of a centre passes the stand-in, and finds every bug that a centre could have."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from kiosk.centre.evidence import CardEvidence
from kiosk.centre.operations import Operation
from kiosk.privacy import Sensitive
from kiosk.workshop.commands import centre as command
from kiosk.workshop.conformance import (
    CHECKS,
    CheckedTerminal,
    CheckPlan,
    CheckStand,
    ContractCheck,
    results,
)
from kiosk.workshop.sandbox import personas
from kiosk.workshop.sandbox.bugs import CentreBug
from kiosk.workshop.sandbox.offers import CENTRE
from kiosk.workshop.sandbox.personas import Persona
from kiosk.workshop.sandbox.seal import ROOT_FILE
from kiosk.workshop.sandbox.server import serving, serving_both
from kiosk.workshop.sandbox.tls import SandboxCa

PERSON, AGENT = (personas.load()[id] for id in ("P03", "A1"))
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
    CentreBug.ANYBODYS_OPERATION: "An operation is nobody's",
    CentreBug.TRIAL_SUPERSEDES: "A trial creates nothing",
    CentreBug.PAID_AT_ONCE: "Money is under way",
    CentreBug.CANCELLABLE_AFTER_END: "What can be taken back",
    CentreBug.CONFIRMS_WITHOUT_CONSENT: "What waits for a spouse",
    CentreBug.CONFIRMS_WITHOUT_CLERK: "What a clerk must approve",
    CentreBug.ANYBODY_APPROVES: "What a clerk must approve",
    CentreBug.APPROVES_OWN: "What a clerk must approve",
    CentreBug.FORGETS_AGREED_SUM: "What is agreed on a month",
    CentreBug.FORGETS_WHO_DECIDES: "An application to another centre",
    CentreBug.GRANTED_AT_ONCE: "An application is done here",
    CentreBug.DECIDES_WITHDRAWN: "What was taken back from another centre",
    CentreBug.KEEPS_STAFF: "Who was taken off",
    CentreBug.GUESSABLE_ENROLMENT: "A request for a certificate",
    CentreBug.UNSIGNED_REQUEST: "A request that its key has not signed",
    CentreBug.CERTIFIES_NEWEST_KEY: "What was allowed gets a certificate",
    CentreBug.CODE_FOR_EVER: "What was refused, or has waited",
    CentreBug.RENEWS_ANY_KEY: "A renewal is for",
    CentreBug.SERVES_STOPPED: "A terminal out of use",
    CentreBug.NUMBER_TWICE: "One number is one key's",
    CentreBug.OLD_BOARD_SERVED: "One number is one key's",
    CentreBug.TICKET_FOR_NUMBER: "A ticket enrols",
    CentreBug.OTHER_EDITION: "The catalogue names the edition",
    CentreBug.CLOSED_WAY_OPENS: "A way in that the catalogue",
    CentreBug.LOGIN_FOR_ALL: "A code for a phone",
    CentreBug.HANDOVER_FOR_ALL: "A hand-over is over",
    CentreBug.HANDOVER_OF_ANY_ACCOUNT: "A phone goes on with 提取记录",
    CentreBug.COPY_WITHOUT_TEXT: "The copy of an agreement",
    CentreBug.COPY_UNSEALED: "The copy of an agreement",
}


def card_of(person: Persona) -> CardEvidence:
    return CardEvidence(
        kind="resident", name=Sensitive(person.name), number=Sensitive(person.number)
    )


def plan_of(directory: Path, beside: str = "") -> CheckPlan:
    ca = SandboxCa(directory)
    return CheckPlan(
        terminals=tuple(
            CheckedTerminal(id=id, certificate=ca.terminal(id)) for id in ("YL-0001", "YL-0002")
        ),
        card=card_of(PERSON),
        agent=card_of(AGENT),
        enrolment=beside,
        ca=ca.root,
        seal_roots=directory / ROOT_FILE,
        sealer=CENTRE,
        levers=True,
    )


def source(check: ContractCheck) -> str:
    """What the check does, as it is written."""
    return inspect.getsource(check.run)


def checks_of(bug: CentreBug) -> list[ContractCheck]:
    return [check for check in CHECKS if check.sentence.startswith(FOUND_BY[bug])]


def wrong(directory: Path, checks: Sequence[ContractCheck], *bugs: CentreBug) -> list[str]:
    with serving_both(directory, codes_per_day=1000, bugs=frozenset(bugs)) as at:
        found = list(results(at.api, plan_of(directory, at.beside), checks))
        assert [each.left_out for each in found if each.left_out] == []
        return [result.why for result in found if result.why]


def test_the_stand_in_keeps_the_contract(tmp_path: Path) -> None:
    assert wrong(tmp_path, CHECKS) == []


@pytest.mark.parametrize("bug", CentreBug)
def test_a_wrong_centre_is_found(tmp_path: Path, bug: CentreBug) -> None:
    assert len(wrong(tmp_path, checks_of(bug), bug)) == 1


def test_an_account_of_nobody_is_tried_without_an_agent_too(tmp_path: Path) -> None:
    bug = CentreBug.HANDOVER_OF_ANY_ACCOUNT
    with serving(tmp_path, tls=True, bugs=frozenset({bug})) as url:
        plan = plan_of(tmp_path).model_copy(update={"agent": None})
        (found,) = results(url, plan, checks_of(bug))
    assert found.why == "a hand-over of an account of nobody is not refused"


def test_without_roots_of_the_seal_no_agreement_is_committed(tmp_path: Path) -> None:
    def agrees(stand: CheckStand) -> None:
        agreed.append(stand.agreement())

    agreed: list[Operation] = []
    (copy,) = checks_of(CentreBug.COPY_UNSEALED)
    with serving(tmp_path, tls=True, codes_per_day=1000) as url:
        plan = plan_of(tmp_path).model_copy(update={"seal_roots": None})
        (found,) = results(url, plan, [copy])
        assert found.left_out == "the plan names no roots of the seal"
        # Without the reset between two checks: a second agreement would be refused.
        again = plan.model_copy(update={"levers": False})
        (found,) = results(url, again, [ContractCheck("An agreement.", agrees, levers=False)])
    assert (found.why, len(agreed)) == (None, 1)


def test_an_application_under_way_leaves_no_check_out(tmp_path: Path) -> None:
    def applies_twice(stand: CheckStand) -> None:
        stand.confirm(stand.application())
        stand.application()

    (why,) = wrong(tmp_path, [ContractCheck("An application.", applies_twice, levers=True)])
    assert "in-flight" in why


def test_the_command_says_each_result_in_a_line(tmp_path: Path) -> None:
    plan, served = tmp_path / "plan.toml", tmp_path / "centre"
    ca = SandboxCa(served)
    terminals = "\n".join(
        f'[[terminals]]\nid = "{id}"\ncertificate = "{ca.terminal(id)}"'
        for id in ("YL-0001", "YL-0002")
    )
    with serving_both(served, fixed_code="123456", codes_per_day=1000) as at:
        plan.write_text(
            f'code = "123456"\nca = "{ca.root}"\nenrolment = "{at.beside}"\n{terminals}\n'
            f'[card]\nkind = "resident"\nname = "{PERSON.name}"\nnumber = "{PERSON.number}"\n',
            encoding="utf-8",
        )
        done = CliRunner().invoke(command, ["check", at.api, "--plan", str(plan)])
    lines = done.output.splitlines()
    assert (done.exit_code, lines[-1]) == (0, "The centre keeps the contract."), done.output
    first = ["- " if check.levers or "agent()" in source(check) else "ok" for check in CHECKS]
    assert [line[:2] for line in lines[:-1]] == first
    assert "Left out: the plan names no agent of a unit." in done.output


def test_the_command_says_what_is_wrong_with_the_plan(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text("terminals = 1", encoding="utf-8")
    done = CliRunner().invoke(command, ["check", "https://127.0.0.1:1", "--plan", str(plan)])
    assert done.exit_code == 2
    assert "plan.toml" in done.output
