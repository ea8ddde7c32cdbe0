"""Every fault of every device says what somebody without a key can do, or whom to call."""

from __future__ import annotations

import pytest

from drivers.device import Kind, Reason, State, Status
from kiosk.visit.remedies import DONE, ShowRemedy, by_hand, remedy_for
from kiosk.visit.steps import STAFF, Attract, NotAnAnswer, RemedyAsked
from kiosk.words import Language, say
from tests.unit.test_house import ROOT

PICTURES = ROOT / "assets" / "icons"
HANDY = {
    (Kind.RECEIPT_PRINTER, Reason.PAPER_OUT),
    (Kind.RECEIPT_PRINTER, Reason.JAM),
    (Kind.RECEIPT_PRINTER, Reason.COVER_OPEN),
    (Kind.DOCUMENT_PRINTER, Reason.PAPER_OUT),
    (Kind.DOCUMENT_PRINTER, Reason.JAM),
    (Kind.DOCUMENT_PRINTER, Reason.COVER_OPEN),
    (Kind.DOCUMENT_PRINTER, Reason.TONER_OUT),
}
"""What can be mended by hand. Where it is no change of paper, the last step says whom to call."""


@pytest.mark.parametrize("problem", [None, *Reason])
@pytest.mark.parametrize("kind", Kind)
def test_every_fault_has_its_steps_with_pictures_or_whom_to_call(
    kind: Kind, problem: Reason | None
) -> None:
    found = remedy_for(kind, problem)
    assert found.by_hand is ((kind, problem) in HANDY)
    assert found.steps
    assert all((PICTURES / f"remedy-{step.picture}.svg").is_file() for step in found.steps)
    if problem is not Reason.PAPER_OUT or not found.by_hand:
        assert found.steps[-1].picture == "call"
    for language in Language:
        for text in (found.title, *(step.text for step in found.steps)):
            said = say(text, language)
            assert said
            assert "{" not in said


def test_every_picture_is_shown_somewhere() -> None:
    shown = {
        step.picture
        for kind in Kind
        for problem in (None, *Reason)
        for step in remedy_for(kind, problem).steps
    }
    assert shown == {path.stem.removeprefix("remedy-") for path in PICTURES.glob("remedy-*.svg")}


def test_a_jam_says_what_becomes_of_a_citizens_paper() -> None:
    for kind in (Kind.RECEIPT_PRINTER, Kind.DOCUMENT_PRINTER):
        words = [say(step.text, Language.ZH) for step in remedy_for(kind, Reason.JAM).steps]
        assert any("请撕碎" in each for each in words)


def test_what_can_be_done_now_by_hand() -> None:
    jammed = Status(State.USER_ERROR, problem=Reason.JAM)
    lost = Status(State.NO_DEVICE, problem=Reason.NO_DEVICE)
    well = Status(State.ONLINE)
    assert by_hand({}) is None
    assert by_hand({Kind.DOCUMENT_PRINTER: well, Kind.CAMERA: lost}) is None
    assert by_hand({Kind.RECEIPT_PRINTER: lost}) is None
    found = by_hand({Kind.RECEIPT_PRINTER: well, Kind.DOCUMENT_PRINTER: jammed})
    assert found is remedy_for(Kind.DOCUMENT_PRINTER, Reason.JAM)


def test_the_pages_take_only_their_own_answers() -> None:
    step = ShowRemedy(remedy_for(Kind.CAMERA, None), "T0001")
    assert step.check(DONE) == DONE
    with pytest.raises(NotAnAnswer):
        step.check("leave")
    with pytest.raises(RemedyAsked):
        Attract(helps=True).check(STAFF)
    assert Attract().check(STAFF) is False
