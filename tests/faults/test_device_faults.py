"""A readable sample of the matrix of ``kiosk bench faults``, and whether that can fail at all.

One terminal in processes, real drivers on emulated wires, a citizen who presses on.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from functools import partial

import pytest

from drivers.device import Kind
from kiosk.workshop.bench import faults, trial
from kiosk.workshop.bench.cabinets import SLIP_END, SLIP_HEAD, Kiosk
from kiosk.workshop.bench.cases import FAULTS, STATES, USED_AT, FaultCase, cases
from kiosk.workshop.bench.figures import Figure
from kiosk.workshop.bench.stand import stand
from kiosk.workshop.bench.trial import CaseVerdict
from tests.waiting import PATIENCE_S

SAMPLE = (
    (Kind.ID_CARD, "absent", "attract"),
    (Kind.ID_CARD, "lifted", "card"),
    (Kind.ID_CARD, "unplugged", "card"),
    (Kind.ID_CARD, "unreadable", "card"),
    (Kind.ID_CARD, "silence", "ledger"),
    (Kind.DOCUMENT_PRINTER, "cover", "code"),
    (Kind.DOCUMENT_PRINTER, "silence", "preview"),
    (Kind.DOCUMENT_PRINTER, "jam", "printing"),
    (Kind.DOCUMENT_PRINTER, "unplugged", "printing"),
    (Kind.DOCUMENT_PRINTER, "killed", "printing"),
    (Kind.DOCUMENT_PRINTER, "empty", "slip"),
    (Kind.RECEIPT_PRINTER, "garbage", "purpose"),
    (Kind.RECEIPT_PRINTER, "jam", "slip"),
    (Kind.RECEIPT_PRINTER, "killed", "slip"),
    (Kind.RECEIPT_PRINTER, "empty", "problem"),
    (Kind.RECEIPT_PRINTER, "absent", "rate"),
)
STOOD_STILL_MS = 500.0
"""Whoever waits for a device in the screen's thread waits longer: the drivers' shortest time-out
is 0.8 s. The figure itself is the bench's, which has a machine to itself."""


def case(device: str, kind: str, state: str) -> FaultCase:
    return FaultCase(next(f for f in FAULTS if (f.device, f.kind) == (device, kind)), state)


LEFT_ALONE = [
    FaultCase(case(device, kind, state).fault, state, lasting=True)
    for device, kind, state in (
        (Kind.DOCUMENT_PRINTER, "jam", "printing"),
        (Kind.RECEIPT_PRINTER, "cover", "slip"),
    )
]
WRONG = replace(case(Kind.DOCUMENT_PRINTER, "empty", "account").fault, says="卡纸")
"""No printer says that: the trial must complain."""


@pytest.fixture(scope="module")
def verdicts() -> dict[str, CaseVerdict]:
    sample = [case(*each) for each in SAMPLE]
    found, _calm = faults.try_all([*sample, *LEFT_ALONE, FaultCase(WRONG, "account")])
    assert len(found) == len(SAMPLE) + 3, "every case came to its end"
    return {str(each.case) + each.case.fault.says: each for each in found}


@pytest.mark.parametrize("each", SAMPLE, ids="-".join)
def test_the_citizen_reads_what_is_wrong_and_no_paper_is_lost(
    verdicts: dict[str, CaseVerdict], each: tuple[str, str, str]
) -> None:
    one = case(*each)
    verdict = verdicts[str(one) + one.fault.says]
    assert verdict.complaints == []
    assert verdict.stall_ms < STOOD_STILL_MS
    if verdict.to_page_ms is not None:
        assert one.met
    if one.met and one.early:
        assert verdict.met, "it stood in the citizen's way"


@pytest.mark.parametrize("one", LEFT_ALONE, ids=str)
def test_who_comes_after_a_fault_gets_their_own_paper_alone(
    verdicts: dict[str, CaseVerdict], one: FaultCase
) -> None:
    verdict = verdicts[str(one) + one.fault.says]
    assert verdict.complaints == []


def test_a_card_reader_is_unplugged_in_the_middle_of_its_read(
    verdicts: dict[str, CaseVerdict],
) -> None:
    one = case(Kind.ID_CARD, "unplugged", "card")
    assert verdicts[str(one) + one.fault.says].met


def test_a_page_with_another_reason_is_a_complaint(verdicts: dict[str, CaseVerdict]) -> None:
    (complaint,) = verdicts[str(FaultCase(WRONG, "account")) + "卡纸"].complaints
    assert complaint[0] == "fault_without_page"
    assert "缺纸" in complaint[1]


def test_a_screen_that_stands_still_is_seen() -> None:
    with stand(partial(Kiosk, bystanders=False)) as its:
        assert its.page().name == "AttractPage"
        its.look()
        pid = its.live_pid()
        os.kill(pid, signal.SIGSTOP)
        time.sleep(0.4)
        os.kill(pid, signal.SIGCONT)
        its.look()
        deadline = time.monotonic() + PATIENCE_S
        while max((stall.ms for stall in its.stalls), default=0) <= 300:  # a busy machine has more
            assert time.monotonic() < deadline, its.stalls
            its.look()


@pytest.mark.parametrize(
    ("out", "said", "doubtful", "figure"),
    [
        (1, 1, False, None),
        (0, 0, False, None),
        (1, 0, True, None),  # the page said: look whether it is there
        (1, 0, False, "fault_paper_lost"),
        (0, 1, False, "fault_paper_lost"),
        (2, 1, False, "fault_paper_twice"),
        (2, 1, True, "fault_paper_twice"),
    ],
)
def test_paper_is_what_was_said_of_it(
    out: int, said: int, doubtful: bool, figure: str | None
) -> None:
    found = trial.judge_paper("slip", out, said, doubtful)
    assert [name for name, _ in found] == ([figure] if figure else [])


SLIP = f"{SLIP_HEAD} 姓名 孙* {SLIP_END}"


@pytest.mark.parametrize(
    ("texts", "well"),
    [
        ([SLIP], True),
        ([f"{SLIP_HEAD} 姓名 张*", SLIP], True),  # cut off before the next one's
        ([f"{SLIP_HEAD} 姓名 张*{SLIP}"], False),
        ([f"{SLIP_HEAD}{SLIP}"], False),
        ([SLIP.replace("孙", "张")], False),
    ],
)
def test_a_slip_is_one_persons(texts: list[str], well: bool) -> None:
    found = trial.judge_slips(texts, "孙*", ["张*"])
    assert [name for name, _ in found] == ([] if well else ["fault_paper_others"])


def test_what_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    one, other = case(Kind.CAMERA, "absent", "menu"), case(Kind.ID_CARD, "absent", "card")
    found = faults.figures(
        [
            CaseVerdict(one, stall_ms=131.0),
            CaseVerdict(
                other,
                to_page_ms=250.0,
                met=True,
                complaints=[("fault_without_page", "reads nothing")],
            ),
        ],
        calm=[12.0, 30.0],
    )
    assert set(found) == set(faults.NAMES)
    assert found["faults_run"] == Figure((2.0,))
    assert found["faults_met"] == Figure((1.0,))
    assert found["fault_without_page"] == found["fault_stalled"] == Figure((1.0,))
    assert found["fault_paper_lost"] == Figure((0.0,))
    assert capsys.readouterr().err.splitlines() == [
        "bench: camera absent at menu: the screen stood still for 131 ms",
        "bench: id_card absent at card: reads nothing",
    ]


def test_the_matrix_is_whole() -> None:
    every = cases()
    assert len(every) == len(set(every)) >= 500
    assert {each.state for each in every} == set(STATES)
    for device in USED_AT:
        kinds = {each.fault.kind for each in every if each.fault.device == device}
        assert {"absent", "unplugged", "garbage", "silence", "slowness"} <= kinds
    for device in (Kind.DOCUMENT_PRINTER, Kind.RECEIPT_PRINTER):
        kinds = {each.fault.kind for each in every if each.fault.device == device}
        assert {"jam", "empty", "cover"} <= kinds
