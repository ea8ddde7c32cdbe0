"""缴存证明 from the purpose to the sheet in the hand, and everything that can hold it up."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest

from drivers.device import DeviceError, Kind, Reason, State, Status
from drivers.document_printer.types import PrintDocument
from drivers.receipt_printer.types import Pair, Paragraph, Qr
from kiosk.endings import How
from kiosk.papers.pictures import PaperPages
from kiosk.visit.remedies import DONE, ShowRemedy, remedy_for
from kiosk.visit.steps import (
    CANNOT_DRAW,
    STAFF,
    Choose,
    Farewell,
    Menu,
    PaperReady,
    Preview,
    PrintingDocument,
    PrintingSlip,
    Problem,
    Rate,
    ShowStatement,
    Step,
)
from kiosk.visit.troubles import MENU, RETRY
from kiosk.visit.visit import Left, TimedOut, WentBack
from kiosk.words import Language, _, say
from tests.services.script import WELL, World, action, option, printed, slip_printed, texts, titled

pytestmark = pytest.mark.usefixtures("checkers")

BACK = WentBack()
CERTIFICATE = "deposit-certificate"
CHOSEN = ((Choose, option("购房贷款")), (Preview, action("print")))
READY = (titled("缴存证明打好了，请取走"), action(MENU))
SLIP_READY = (titled("凭条打好了，请取走"), action(MENU))


def reports(here: World) -> list[tuple[int | None, bool]]:
    """What the centre was told: pages and whether all came out, job by job."""
    return [(each["pages"], bool(each["complete"])) for each in here.ask("GET", "/prints")]


def fails(reason: Reason, pages: int | None = 0) -> DeviceError:
    return DeviceError(reason, "as the driver says it", pages=pages)


def codes_read(pdf: bytes) -> set[str]:
    """What OpenCV reads in the QR code of the first page, drawn in several sizes: some codes need
    another size than others."""
    read = set()
    with closing(PaperPages(pdf)) as pages:
        for width in (1000, 1240, 1654, 2480):
            page = pages.picture(0, width)
            pixels = np.frombuffer(page.pixels, np.uint8).reshape(page.height, page.width, 4)
            grey = cv2.cvtColor(pixels, cv2.COLOR_BGRA2GRAY)
            read.add(cv2.QRCodeDetector().detectAndDecode(grey)[0])
    return read


def zh(value: Any) -> str:
    return say(value, Language.ZH)


# -- as it should be ------------------------------------------------------------------------------


def test_the_certificate_and_its_slip(here: World) -> None:
    played = here.serve(
        "P01",
        CERTIFICATE,
        *CHOSEN,
        (PrintingDocument, printed),
        (titled("缴存证明打好了，请取走"), action("slip")),
        (PrintingSlip, slip_printed),
        SLIP_READY,
    )
    assert reports(here) == [(1, True)]
    assert played.calls["POST /v1/documents"] == 1
    assert played.last(Farewell).papers
    document = played.last(Preview).document
    sheet = played.last(PrintingDocument).request
    assert sheet.pdf == played.last(Preview).pdf.reveal()
    number, _, own = sheet.title.rpartition(" ")
    assert number == document.number, "nothing personal on the printer's own panel"
    assert re.fullmatch(r"[0-9a-f]{8}", own), "and nothing of the document"
    slip = played.last(PrintingSlip).request.slip
    lines = [each.text for each in slip.elements if isinstance(each, Paragraph)]
    facts = {each.label: each.value for each in slip.elements if isinstance(each, Pair)}
    assert "本凭条不作为证明" in lines
    assert facts["编号"] == document.number
    assert facts["姓名"] == "张*"
    (code,) = (each.data for each in slip.elements if isinstance(each, Qr))
    assert code == document.verify_url
    assert document.verify_url in codes_read(sheet.pdf)


def test_who_leaves_with_the_paper_is_asked_about_the_paper(here: World) -> None:
    """Also when the account's page led to the paper: the paper is what the citizen came for."""
    here.play(
        *here.signed_in("P01"),
        (Menu, "account"),
        (ShowStatement, action(CERTIFICATE)),
        *CHOSEN,
        (PrintingDocument, printed),
        (titled("缴存证明打好了，请取走"), Left()),
        (Rate, "5"),
        (Farewell, None),
    )
    assert here.ask("GET", "/ratings") == [{"service": CERTIFICATE, "level": 5}]


@pytest.mark.parametrize(("large", "scale"), [(False, 1), (True, 2)])
def test_who_reads_large_letters_has_them_on_the_slip(here: World, large: bool, scale: int) -> None:
    slip = ((PrintingDocument, printed), (PaperReady, action("slip")), (PrintingSlip, slip_printed))
    played = here.serve("P01", CERTIFICATE, *CHOSEN, *slip, SLIP_READY, large=large)
    assert played.last(PrintingSlip).request.slip.scale == scale


def test_without_a_slip(here: World) -> None:
    played = here.serve("P01", CERTIFICATE, *CHOSEN, (PrintingDocument, printed), READY)
    assert played.last(Farewell).papers


def test_there_may_be_no_slip_to_have(here: World) -> None:
    jammed = Status(State.USER_ERROR, problem=Reason.JAM)
    played = here.serve(
        "P01",
        CERTIFICATE,
        *CHOSEN,
        (PrintingDocument, printed),
        READY,
        statuses={**WELL, Kind.RECEIPT_PRINTER: jammed},
    )
    closed = {each.key: each.closed for each in played.last(PaperReady).actions}
    assert zh(closed["slip"]) == "凭条打印机卡纸"


def test_another_purpose_is_another_certificate(here: World) -> None:
    played = here.serve(
        "P01",
        CERTIFICATE,
        (Choose, option("购房贷款")),
        (Preview, BACK),
        (Choose, option("其他")),
        (Preview, action("print")),
        (PrintingDocument, printed),
        READY,
    )
    shown = [step.document.id for step in played.script.steps if isinstance(step, Preview)]
    assert len(set(shown)) == 2
    assert played.calls["GET /v1/accounts"] == 1


def test_nothing_leads_back_over_what_was_printed(here: World) -> None:
    played = here.serve(
        "P07",
        CERTIFICATE,
        (Choose, option("云岭软件")),
        (Choose, option("购房贷款")),
        (Preview, action("print")),
        (PrintingDocument, fails(Reason.JAM)),
        (Problem, action(RETRY)),
        (PrintingDocument, printed),
        (PaperReady, action("slip")),
        (PrintingSlip, slip_printed),
        SLIP_READY,
    )
    back = dict(zip(map(type, played.script.steps), played.script.backs, strict=True))
    assert back[Choose]
    assert back[Preview]
    assert not any(back[kind] for kind in (PrintingDocument, Problem, PaperReady, PrintingSlip))


# -- the printer ----------------------------------------------------------------------------------


def test_out_of_paper_then_again(here: World) -> None:
    played = here.serve(
        "P01",
        CERTIFICATE,
        *CHOSEN,
        (PrintingDocument, fails(Reason.PAPER_OUT)),
        (titled("A4 打印机缺纸，缴存证明还没有打完"), action(RETRY)),
        (PrintingDocument, printed),
        READY,
    )
    assert reports(here) == [(0, False), (1, True)]
    assert played.calls["POST /v1/documents"] == 1, "the same document"
    jobs = [s.request.job for s in played.script.steps if isinstance(s, PrintingDocument)]
    assert len(set(jobs)) == 2, "another job: the first must not be printed later"
    assert "不会丢失" in zh(played.last(Problem).lead)


def test_who_looks_after_the_place_sees_how_to_mend_the_printer(here: World) -> None:
    played = here.serve(
        "P01",
        CERTIFICATE,
        *CHOSEN,
        (PrintingDocument, fails(Reason.JAM)),
        (Problem, action(STAFF)),
        (ShowRemedy, DONE),
        (titled("A4 打印机卡纸，缴存证明还没有打完"), action(RETRY)),
        (PrintingDocument, printed),
        READY,
    )
    shown = played.last(ShowRemedy)
    assert shown.remedy is remedy_for(Kind.DOCUMENT_PRINTER, Reason.JAM)
    assert played.calls["POST /v1/documents"] == 1, "the same document"


@pytest.mark.parametrize(
    ("pages", "title", "says"),
    [(0, "还没有打完", "没有计入打印次数"), (None, "可能没有打全", "请查看出纸口")],
)
def test_a_printer_that_dies_and_the_citizen_goes_home(
    here: World, pages: int | None, title: str, says: str
) -> None:
    played = here.serve(
        "P01",
        CERTIFICATE,
        *CHOSEN,
        (PrintingDocument, fails(Reason.OFFLINE, pages)),
        (titled(f"A4 打印机没有响应，缴存证明{title}"), action(MENU)),
    )
    assert reports(here) == [(pages, False)]
    assert says in zh(played.last(Problem).lead)
    assert played.last(Farewell).papers is (pages is None), "a sheet may lie there"


def test_after_an_unseen_print_the_printer_is_asked_what_came_of_it(here: World) -> None:
    played = here.serve(
        "P01",
        CERTIFICATE,
        *CHOSEN,
        (PrintingDocument, fails(Reason.OFFLINE, 0)),
        (titled("A4 打印机没有响应，缴存证明还没有打完"), action(RETRY)),
        (PrintingDocument, fails(Reason.OFFLINE, None)),
        (Problem, action(RETRY)),
        (PrintingDocument, fails(Reason.OFFLINE, 0)),
        (titled("A4 打印机没有响应，缴存证明可能没有打全"), action(RETRY)),
        (PrintingDocument, printed),
        READY,
    )
    again = [s.request.again for s in played.script.steps if isinstance(s, PrintingDocument)]
    assert again == [False, False, True, True]
    assert reports(here) == [(0, False), (None, False), (None, False), (1, True)]


def test_leaving_at_a_printer_in_trouble(here: World) -> None:
    played = here.play(
        *here.signed_in("P01"),
        (Menu, "account"),
        (ShowStatement, BACK),
        (Menu, CERTIFICATE),
        *CHOSEN,
        (PrintingDocument, fails(Reason.JAM, None)),
        (Problem, Left()),
        (Rate, "skip"),
        (Farewell, None),
    )
    assert played.how == "left"
    assert reports(here) == [(None, False)]


@pytest.mark.parametrize("reason", [Reason.JAM, Reason.PAPER_OUT, Reason.COVER_OPEN])
def test_a_slip_that_does_not_come_out(here: World, reason: Reason) -> None:
    played = here.serve(
        "P01",
        CERTIFICATE,
        *CHOSEN,
        (PrintingDocument, printed),
        (PaperReady, action("slip")),
        (PrintingSlip, fails(reason)),
        (Problem, action(RETRY)),
        (PrintingSlip, fails(reason)),
        (Problem, action(MENU)),
    )
    assert "凭条没有打出来" in zh(played.last(Problem).title)
    assert "凭条可以不要" in zh(played.last(Problem).lead)
    assert played.last(Farewell).papers, "the certificate did come out"
    assert reports(here) == [(1, True)]


def test_a_print_that_cannot_be_reported_is_still_handed_over(here: World) -> None:
    here.fault("/v1/documents/", "status", method="POST")
    here.serve("P01", CERTIFICATE, *CHOSEN, (PrintingDocument, printed), READY)
    assert reports(here) == []


def test_too_many_prints_in_a_day(here: World) -> None:
    once = ((Menu, CERTIFICATE), *CHOSEN, (PrintingDocument, printed), READY)
    played = here.play(
        *here.signed_in("P01"),
        *once * 3,
        (Menu, CERTIFICATE),
        (Choose, option("购房贷款")),
        (Problem, action(MENU)),
        (Menu, Left()),
        (Rate, "skip"),
        (Farewell, None),
    )
    assert "已打印3次" in zh(played.last(Problem).title)


# -- the centre -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("persona", "says"), [("P08", "司法冻结"), ("P08", "2025"), ("P08", "不能出具缴存证明")]
)
def test_a_frozen_account_gets_no_certificate(here: World, persona: str, says: str) -> None:
    played = here.serve(
        persona, CERTIFICATE, (Choose, option("其他")), (Problem, action(MENU)), unrated=True
    )
    page = played.last(Problem)
    assert says in zh(page.title)
    assert "12329" in "".join(map(zh, texts(page)))


def test_a_document_is_made_once_however_often_its_file_is_cut(here: World) -> None:
    here.fault("/v1/documents/", "cut", method="GET", times=3)
    played = here.serve(
        "P01",
        CERTIFICATE,
        (Choose, option("购房贷款")),
        (titled("公积金中心的回应不完整"), action(RETRY)),
        (Preview, action("print")),
        (PrintingDocument, printed),
        READY,
    )
    assert played.calls["POST /v1/documents"] == 1
    assert played.last(Preview).document.number.endswith("第00000001号")


def test_a_document_whose_answer_is_lost_is_the_same_when_asked_again(here: World) -> None:
    here.fault("/v1/documents", "drop", method="POST", times=3)
    played = here.serve(
        "P01",
        CERTIFICATE,
        (Choose, option("购房贷款")),
        (titled("公积金中心的回应不完整"), action(RETRY)),
        (Preview, BACK),
        (Choose, BACK),
    )
    assert played.last(Preview).document.number.endswith("第00000001号"), "one, not four"


def test_a_document_that_is_not_sealed_by_our_centre_stops(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sealed under the same root, but by another than the settings name."""
    settings = here.settings
    other = msgspec.structs.replace(settings.centre, sealer="另一家")
    monkeypatch.setattr(here, "settings", msgspec.structs.replace(settings, centre=other))
    played = here.serve(
        "P01", CERTIFICATE, (Choose, option("其他")), (Problem, action(MENU)), unrated=True
    )
    problem = played.last(Problem)
    assert zh(problem.title) == "文件没有通过核验，不能打印"
    assert "再开一次" not in [zh(title) for title, _ in problem.advice], "it would not help"
    assert reports(here) == []


def test_a_document_that_this_terminal_cannot_check_is_no_forgery(
    here: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole = here.settings.centre.seal_roots.read_bytes()
    roots = tmp_path / "roots.pem"
    roots.write_bytes(b"")
    centre = msgspec.structs.replace(here.settings.centre, seal_roots=roots)
    monkeypatch.setattr(here, "settings", msgspec.structs.replace(here.settings, centre=centre))

    def mended(step: Step[Any]) -> str:
        roots.write_bytes(whole)
        return RETRY

    played = here.serve(
        "P01", CERTIFICATE, *CHOSEN[:1], (Problem, mended), (Preview, BACK), (Choose, BACK)
    )
    assert zh(played.last(Problem).title) == "这台机器没能核验文件"
    assert reports(here) == []


def test_a_document_that_cannot_be_drawn_is_not_printed(here: World) -> None:
    played = here.serve(
        "P01",
        CERTIFICATE,
        *CHOSEN[:1],
        (Preview, CANNOT_DRAW),
        (Problem, action(MENU)),
        unrated=True,
    )
    problem = played.last(Problem)
    assert zh(problem.title) == "文件显示不出来，不能打印"
    assert [each.key for each in problem.actions] == [MENU]
    assert reports(here) == []


def test_printing_has_a_time_that_grows_with_the_pages() -> None:
    def seconds(pages: int) -> float:
        return PrintingDocument(PrintDocument("job", b"", pages), _("缴存证明")).seconds

    assert (seconds(1), seconds(50)) == (120, 120 + 49 * 4)


def test_nothing_is_asked_of_the_centre_while_it_prints(here: World) -> None:
    """The step that prints is given everything it needs: nothing can fail between the pages."""
    seen: list[int] = []

    def count(step: Step[Any]) -> Any:
        seen.append(len(here.ask("GET", "/prints")))
        return printed(step)

    here.serve("P01", CERTIFICATE, *CHOSEN, (PrintingDocument, count), READY)
    assert seen == [0]


@pytest.mark.parametrize("how", ["idle", "limit"])
def test_whoever_walks_away_from_a_preview_leaves_no_paper(here: World, how: How) -> None:
    begin = (*here.signed_in("P01"), (Menu, CERTIFICATE), (Choose, option("其他")))
    played = here.play(*begin, (Preview, TimedOut(how)))
    assert played.how == how
    assert reports(here) == []
