"""An operation in a visit: what is shown, what is asked, and that nothing is kept or lost."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal as D
from types import SimpleNamespace
from typing import Any

import pytest

from drivers.device import DeviceError, Kind, Reason
from kiosk.centre.operations import WithdrawalOrder
from kiosk.operation import Business, OperationState
from kiosk.visit import money, undertaking
from kiosk.visit.operation_steps import (
    ASK,
    CONFIRM,
    AwaitResult,
    ConfirmOperation,
    Deciding,
    ReadText,
    ShowOutcome,
)
from kiosk.visit.operation_words import AGAIN, CANCEL, in_flight, not_done
from kiosk.visit.steps import (
    RESEND,
    SLIP,
    EnterNumber,
    EnterSmsCode,
    Farewell,
    Menu,
    PrintingSlip,
    Problem,
    Rate,
    ShowStatement,
)
from kiosk.visit.troubles import MENU, RETRY, STANDING_WORDS, Standing
from kiosk.visit.visit import Left, NoCommitter, TimedOut, Visit, WentBack
from kiosk.words import Language, say
from tests.services.money import CODE, MoneyModel, S, no, silence
from tests.services.script import Line, Played, World, slip_printed, world
from tests.ui.operation_samples import AMOUNT_STEP, QUOTE, TRUE
from ui.contents import AwaitResultContent
from ui.views import Look, derive

BACK = WentBack()
GONE: tuple[Line, ...] = ((Menu, Left()), (Rate, "skip"), (Farewell, None))
UNRATED: tuple[Line, ...] = ((Menu, Left()), (Farewell, None))


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("centre")) as here:
        yield here


@pytest.fixture
def here(centre: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The real centre, and pauses a hundred times as short."""
    for name in ("TAKEN_S", "LAST_LOOK_S", "ASK_AGAIN_S", "PATIENCE_S"):
        monkeypatch.setattr(money, name, getattr(money, name) / 100)
    for name in ("RETRIES_S", "QUERIES_S"):
        monkeypatch.setattr(money, name, tuple(each / 100 for each in getattr(money, name)))
    centre.reset()
    return centre


def order(amount: str) -> WithdrawalOrder:
    return WithdrawalOrder(
        business=Business.REPAY_LOAN_WITHDRAWAL, account="a1", loan="l1", amount=D(amount)
    )


def withdraw(visit: Visit) -> None:
    """As a service of the counter: how much, the quote, confirmed and committed."""
    amount = visit.ask(AMOUNT_STEP)
    visit.confirm_and_commit(visit.draft(order(str(amount))))


def run(
    here: World,
    model: MoneyModel,
    *lines: Line,
    service: Callable[[Visit], None] = withdraw,
    greeted: tuple[Line, ...] = (),
) -> Played:
    begin = (*here.signed_in("P03"), *greeted, (Menu, "account"))
    return here.play(
        *begin, *lines, services={"account": service}, committer=model, operations=model
    )


PRESS: tuple[Line, ...] = (
    (EnterNumber, "14412.24"),
    (ConfirmOperation, CONFIRM),
    (EnterSmsCode, CODE),
)


def words(step: object) -> str:
    return " ".join(say(getattr(step, name), Language.ZH) for name in ("title", "lead"))


def slip_text(played: Played) -> str:
    """All that stands on the slip that was printed last."""
    return str(played.last(PrintingSlip).request.slip.elements)


# -- the draft ------------------------------------------------------------------------------------


def test_a_withdrawal_is_quoted_confirmed_committed_and_told(here: World) -> None:
    model = MoneyModel()
    played = run(here, model, *PRESS, (ShowOutcome, MENU), *GONE)
    assert len(model.moved) == 1
    assert model.told_of == model.moved
    assert model.calls.count("confirm") == model.calls.count("commit") == 1
    outcome = played.last(ShowOutcome)
    assert outcome.amount == D("14412.24")
    assert [type(step) for step in played.script.steps].count(Deciding) == 1
    at = played.script.steps.index(played.last(Deciding))
    assert played.script.backs[at:] == [False] * len(played.script.backs[at:])


def test_the_same_order_keeps_its_operation_when_the_citizen_goes_back_and_forward(
    here: World,
) -> None:
    model = MoneyModel()
    there_and_back: tuple[Line, ...] = ((EnterNumber, "14412.24"), (ConfirmOperation, BACK))
    run(here, model, *there_and_back, *there_and_back, *PRESS, (ShowOutcome, MENU), *GONE)
    assert len(model.operations) == 1


def test_another_amount_is_another_operation_and_the_first_amount_a_third(here: World) -> None:
    model = MoneyModel()
    run(
        here,
        model,
        (EnterNumber, "100"),
        (ConfirmOperation, BACK),
        (EnterNumber, "200"),
        (ConfirmOperation, BACK),
        (EnterNumber, "100"),
        (ConfirmOperation, CONFIRM),
        (EnterSmsCode, CODE),
        (ShowOutcome, MENU),
        *GONE,
    )
    states = [operation.state for operation in model.operations.values()]
    assert states == [S.SUPERSEDED, S.SUPERSEDED, S.DONE]


def test_a_lost_answer_to_the_draft_is_asked_for_with_the_same_key(here: World) -> None:
    model = MoneyModel()
    model.spoil("draft", silence(), carried_out=True)
    run(
        here,
        model,
        (EnterNumber, "14412.24"),
        (Problem, "retry"),
        *PRESS[1:],
        (ShowOutcome, MENU),
        *GONE,
    )
    assert len(model.operations) == 1


def test_a_new_intent_with_the_same_amount_is_a_new_operation(here: World) -> None:
    model = MoneyModel()
    again: tuple[Line, ...] = ((Menu, "account"), *PRESS, (ShowOutcome, MENU))
    run(here, model, *PRESS, (ShowOutcome, MENU), *again, *GONE)
    assert len(model.moved) == 2


@pytest.mark.parametrize("state", [S.CONFIRMED, S.IN_PROGRESS])
def test_what_is_in_flight_is_shown_before_another_one_begins(
    here: World, state: OperationState
) -> None:
    model = MoneyModel()

    def meanwhile(_step: object) -> str:
        model.put(state=state, commit_ttl_s=300)  # at another terminal
        return "14412.24"

    wait: Line = (ShowStatement, "wait") if state is S.CONFIRMED else (AwaitResult, MENU)
    run(here, model, (EnterNumber, meanwhile), wait, *UNRATED)
    assert len(model.operations) == 1


def test_an_untold_end_is_shown_before_another_one_begins(here: World) -> None:
    model = MoneyModel()
    before = []

    def meanwhile(_step: object) -> str:
        before.append(model.put(state=S.DONE, reference="T0001-260114-0001").id)
        return "14412.24"

    first: Line = (EnterNumber, meanwhile)
    run(here, model, first, (ShowOutcome, MENU), *PRESS[1:], (ShowOutcome, MENU), *GONE)
    assert model.told_of == [*before, *model.moved]


def test_the_centres_other_refusals_of_a_draft_are_a_page_of_trouble(here: World) -> None:
    model = MoneyModel()
    model.spoil("draft", no("amount-above"))
    run(here, model, PRESS[0], (Problem, MENU), *UNRATED)


def test_a_draft_that_has_ended_is_drafted_anew(here: World) -> None:
    model = MoneyModel()

    def expired(_step: object) -> Any:
        (only,) = model.operations
        model._change(only, state=S.EXPIRED)
        return BACK

    again: tuple[Line, ...] = (PRESS[0], (ConfirmOperation, expired))
    run(here, model, *again, *PRESS, (ShowOutcome, MENU), *GONE)
    assert model.calls.count("draft") == 3


def test_a_centre_whose_drafts_have_all_ended_is_asked_no_more(
    here: World,
) -> None:
    model = MoneyModel(QUOTE.model_copy(update={"state": S.EXPIRED}))
    played = run(here, model, PRESS[0], (Problem, MENU), *UNRATED)
    assert model.calls.count("draft") == 1 + undertaking.MOST_RENEWED
    assert "公积金中心的回应不完整" in words(played.last(Problem))


# -- before the press -----------------------------------------------------------------------------


def test_the_agreed_text_is_read_and_the_quote_comes_back(here: World) -> None:
    model = MoneyModel()
    run(
        here,
        model,
        PRESS[0],
        (ConfirmOperation, TRUE.id),
        (ReadText, BACK),
        *PRESS[1:],
        (ShowOutcome, MENU),
        *GONE,
    )


def test_from_the_code_the_citizen_goes_back_to_the_quote(here: World) -> None:
    model = MoneyModel()
    run(
        here,
        model,
        *PRESS[:2],
        (EnterSmsCode, BACK),
        *PRESS[1:],
        (ShowOutcome, MENU),
        *GONE,
    )
    assert model.calls.count("send_code") == 1


def test_a_new_code_is_sent_when_the_citizen_asks(here: World) -> None:
    model = MoneyModel()
    model.spoil("send_code", no("sms-too-soon"))
    played = run(
        here,
        model,
        *PRESS[:2],
        (EnterSmsCode, RESEND),
        (EnterSmsCode, CODE),
        (ShowOutcome, MENU),
        *GONE,
    )
    assert model.calls.count("send_code") == 2
    assert played.last(EnterSmsCode).business == QUOTE.title


def test_no_code_at_all_is_a_page_of_trouble(here: World) -> None:
    model = MoneyModel()
    model.spoil("send_code", no("not-drafted"))
    run(here, model, *PRESS[:2], (Problem, MENU), *UNRATED)


def test_a_quote_whose_time_is_over_is_ended_by_the_centre_not_by_the_clock(here: World) -> None:
    model = MoneyModel()

    def expire(_step: object) -> str:
        (only,) = model.operations
        model._change(only, state=S.EXPIRED)
        return ASK

    played = run(
        here,
        model,
        PRESS[0],
        (ConfirmOperation, ASK),  # the terminal's clock was fast
        (ConfirmOperation, expire),
        (Problem, MENU),
        *UNRATED,
    )
    assert "没有办成，钱没有动" in words(played.last(Problem))
    assert model.moved == []


def test_a_quote_that_is_shown_again_counts_on(here: World) -> None:
    played = run(
        here,
        MoneyModel(),
        PRESS[0],
        (ConfirmOperation, TRUE.id),
        (ReadText, BACK),
        (ConfirmOperation, CONFIRM),
        (EnterSmsCode, BACK),
        (ConfirmOperation, BACK),
        *PRESS,
        (ShowOutcome, MENU),
        *GONE,
    )
    quotes = [step for step in played.script.steps if isinstance(step, ConfirmOperation)]
    assert len(quotes) == 4
    assert quotes[0].until == quotes[1].until == quotes[2].until
    assert 590 < quotes[0].valid_for_s <= 600
    late = replace(quotes[0], until=time.monotonic() - 5)
    assert late.valid_for_s == 1, "the page asks the centre, which alone knows"
    assert replace(quotes[0], until=None).valid_for_s == 0


def test_a_quote_without_an_end_has_no_countdown(here: World) -> None:
    model = MoneyModel(QUOTE.model_copy(update={"draft_ttl_s": None}))
    played = run(here, model, *PRESS, (ShowOutcome, MENU), *GONE)
    assert played.last(ConfirmOperation).until is None


def test_what_this_terminal_cannot_confirm_is_refused_before_the_press(here: World) -> None:
    model = MoneyModel(QUOTE.model_copy(update={"confirmed_by": (("face",), ("sms", "pin"))}))
    played = run(here, model, PRESS[0], (Problem, MENU), *UNRATED)
    assert "本机还不能确认" in words(played.last(Problem))


def test_a_wrong_code_is_told_on_the_page_of_the_code(here: World) -> None:
    model = MoneyModel()
    played = run(
        here,
        model,
        *PRESS[:2],
        (EnterSmsCode, "000000"),
        (EnterSmsCode, CODE),
        (ShowOutcome, MENU),
        *GONE,
    )
    assert say(played.last(EnterSmsCode).wrong or "", Language.ZH).startswith("不行code-wrong")
    assert model.calls.count("confirm") == 2


def test_a_locked_operation_is_cancelled_and_told(here: World) -> None:
    model = MoneyModel()
    model.spoil("confirm", no("operation-locked"))
    played = run(here, model, *PRESS, (Problem, MENU), *GONE)
    assert words(played.last(Problem)) == "不行operation-locked。 没有办成，钱没有动"
    assert len(model.told_of) == 1


def test_what_a_risk_rule_stops_at_the_press_is_cancelled_and_says_why(
    here: World, caplog: pytest.LogCaptureFixture
) -> None:
    model = MoneyModel()
    model.spoil("confirm", no("risk-card"))
    played = run(here, model, *PRESS, (Problem, AGAIN), *PRESS, (ShowOutcome, MENU), *GONE)
    page = next(step for step in played.script.steps if isinstance(step, Problem))
    assert words(page) == "不行risk-card。 没有办成，钱没有动"
    assert (model.calls.count("cancel"), len(model.moved)) == (1, 1)
    told = [line for line in caplog.records if line.message == "stopped by a risk rule"]
    assert [(each.reference, each.reason) for each in told] == [(page.reference, "risk-card")]  # type: ignore[attr-defined]


# -- from the press on ----------------------------------------------------------------------------


def test_a_confirmation_that_never_arrives_is_cancelled(here: World) -> None:
    model = MoneyModel()
    model.spoil("confirm", silence(), times=4)
    played = run(here, model, *PRESS, (Problem, AGAIN), *PRESS, (ShowOutcome, MENU), *GONE)
    assert model.calls.count("cancel") == 1
    assert len(model.moved) == 1
    assert len(model.operations) == 2, "the first was cancelled, the second done"
    assert played.last(ShowOutcome)


def test_a_lost_answer_to_the_confirmation_is_no_second_confirmation(here: World) -> None:
    model = MoneyModel()
    model.spoil("confirm", silence(), times=2, carried_out=True)
    run(here, model, *PRESS, (ShowOutcome, MENU), *GONE)
    assert len(model.moved) == 1


def test_a_committer_that_does_not_take_it_leads_to_a_cancellation(here: World) -> None:
    model = MoneyModel()
    model.takes = False
    played = run(here, model, *PRESS, (Problem, MENU), *GONE)
    assert model.calls.count("commit") >= 2
    assert model.moved == []
    assert "没有办成，钱没有动" in words(played.last(Problem))


def test_no_answer_to_the_cancellation_is_page_08_and_the_citizen_may_leave(here: World) -> None:
    model = MoneyModel()
    model.takes = False
    model.spoil("cancel", silence(), times=1000)
    run(here, model, *PRESS, (AwaitResult, Left()), (Farewell, None))
    assert model.told_of == []


def test_the_result_comes_by_the_session_when_the_committer_is_silent(here: World) -> None:
    model = MoneyModel()
    model.says_outcome = False
    run(here, model, *PRESS, (ShowOutcome, MENU), *GONE)
    assert len(model.moved) == 1


def test_in_progress_is_shown_as_such_and_its_slip_says_so(here: World) -> None:
    model = MoneyModel()
    model.books = {"state": S.IN_PROGRESS}

    def home(step: object) -> Any:
        assert isinstance(step, AwaitResult)
        assert step.accepted
        return MENU

    played = run(
        here,
        model,
        *PRESS,
        (AwaitResult, SLIP),
        (PrintingSlip, slip_printed),
        (AwaitResult, home),
        *UNRATED,
    )
    assert "已受理" in slip_text(played)
    assert "已到账" not in slip_text(played)
    assert model.told_of == []


def test_page_08_stays_the_same_page_however_often_the_centre_is_asked(here: World) -> None:
    model = MoneyModel()
    model.books = {"state": S.IN_PROGRESS}

    def asked_often(step: object) -> bool:
        return isinstance(step, AwaitResult) and model.calls.count("operation") >= 4

    played = run(here, model, *PRESS, (asked_often, MENU), *UNRATED)
    at = played.script.steps.index(played.last(Deciding))
    pages = [type(step) for step in played.script.steps[at:]]
    assert pages == [Deciding, AwaitResult, AwaitResult, Menu, Farewell], "announced, pressed"
    assert len(played.script.amended) >= 3


def test_the_end_is_on_the_screen_before_the_catalogue_is_asked_for(here: World) -> None:
    model = MoneyModel()
    calls: list[int] = []

    class Counting(Kept):
        def __call__(self, visit: Visit) -> None:
            ask = visit.centre.catalogue

            def counted() -> Any:
                calls.append(1)
                return ask()

            visit.centre.catalogue = counted  # type: ignore[method-assign]
            super().__call__(visit)

    asked: list[int] = []

    def shown(_step: object) -> str:
        asked.append(len(calls))
        return MENU

    run(here, model, *PRESS, (ShowOutcome, shown), *GONE, service=Counting())
    assert asked == [0]
    assert len(calls) == 1, "the menu asks anew"


def test_a_refused_operation_is_told_with_its_reason(here: World) -> None:
    from tests.ui.operation_samples import REFUSED

    model = MoneyModel()
    model.books = {"state": S.REFUSED, "refusal": REFUSED.refusal}
    played = run(here, model, *PRESS, (Problem, MENU), *GONE)
    assert "收款银行户名与您的姓名不符" in words(played.last(Problem))
    assert "钱没有动" in words(played.last(Problem))


def test_of_a_change_no_page_says_that_the_money_has_not_moved() -> None:
    """Every page of an operation that has not been done, or whose end is not known."""
    quote = QUOTE.model_copy(update={"business": Business.PHONE_CHANGE, "amount": None})
    ends = (S.REFUSED, S.EXPIRED, S.CANCELLED, S.SUPERSEDED)
    pages = [not_done(quote.model_copy(update={"state": end}), again=True) for end in ends]
    said = [words(page) for page in (*pages, in_flight(quote))]
    page = derive(AwaitResult(quote), Look())
    assert isinstance(page, AwaitResultContent)
    assert all("什么都没有变" in each for each in said)
    assert not [each for each in (*said, page.note) if "钱" in each]


@pytest.mark.parametrize("business", [Business.UNIT_BACK_PAYMENT, Business.UNIT_REMITTANCE])
def test_of_a_payment_every_page_says_that_the_money_has_not_moved(business: Business) -> None:
    quote = QUOTE.model_copy(update={"business": business})
    ends = (S.REFUSED, S.EXPIRED)
    pages = [not_done(quote.model_copy(update={"state": end}), again=True) for end in ends]
    assert all("钱没有动" in words(page) for page in (*pages, in_flight(quote)))


def test_done_without_an_answer_in_the_session_shows_no_amount(here: World) -> None:
    model = MoneyModel()
    model.spoil("operation", silence(), times=10)
    played = run(here, model, *PRESS, (ShowOutcome, MENU), *GONE)
    outcome = played.last(ShowOutcome)
    assert outcome.amount is None
    assert not outcome.note, "an unknown amount differs from no other"
    assert "T0001-260115-0042" in [fact.value for fact in outcome.facts]


def test_another_amount_than_was_confirmed_is_shown_and_said(
    here: World, caplog: pytest.LogCaptureFixture
) -> None:
    model = MoneyModel()
    model.books |= {"amount": D("14000.00")}
    played = run(here, model, *PRESS, (ShowOutcome, MENU), *GONE)
    assert played.last(ShowOutcome).amount == D("14000.00")
    assert played.last(ShowOutcome).note
    assert "amount differs" in caplog.text


def test_an_end_that_could_not_be_told_is_an_event(
    here: World, caplog: pytest.LogCaptureFixture
) -> None:
    model = MoneyModel()
    model.spoil("told", silence())
    run(here, model, *PRESS, (ShowOutcome, MENU), *GONE)
    assert "end not reported" in caplog.text


def test_the_slip_is_printed_once_and_names_nobody(here: World) -> None:
    model = MoneyModel()
    played = run(
        here,
        model,
        *PRESS,
        (ShowOutcome, SLIP),
        (PrintingSlip, slip_printed),
        (ShowOutcome, MENU),
        *GONE,
    )
    slip = slip_text(played)
    assert "王*" in slip
    assert "王强" not in slip
    assert "本凭条不作为证明" in slip
    assert played.last(ShowOutcome).actions[0].closed is not None
    assert model.told_of == model.moved, "told once, although the page was shown twice"


def test_without_paper_for_the_slip_the_result_stays_and_nothing_is_done_again(
    here: World,
) -> None:
    model = MoneyModel()
    empty = DeviceError(Reason.PAPER_OUT, device=Kind.RECEIPT_PRINTER, pages=0)
    played = run(
        here,
        model,
        *PRESS,
        (ShowOutcome, SLIP),
        (PrintingSlip, empty),
        (Problem, MENU),
        (ShowOutcome, MENU),
        *GONE,
    )
    assert say(played.last(ShowOutcome).title, Language.ZH).endswith("已办成")
    assert len(model.moved) == 1


def test_a_limit_during_page_08_ends_the_visit_and_the_next_one_tells(here: World) -> None:
    model = MoneyModel()
    model.books = {"state": S.IN_PROGRESS}
    begin = (*here.signed_in("P03"), (Menu, "account"))
    played = here.play(
        *begin,
        *PRESS,
        (AwaitResult, TimedOut("limit")),
        services={"account": withdraw},
        committer=model,
        operations=model,
    )
    assert played.how == "limit"


def test_after_the_end_nothing_is_remembered(here: World) -> None:
    model = MoneyModel()
    asked = []

    def service(visit: Visit) -> None:
        visit.look_up(lambda: asked.append(1))
        withdraw(visit)
        visit.look_up(lambda: asked.append(2))
        visit.look_up(lambda: (_ for _ in ()).throw(silence()))

    played = run(
        here, model, *PRESS, (ShowOutcome, MENU), (Problem, MENU), *UNRATED, service=service
    )
    assert asked == [1, 2]
    assert [action.key for action in played.last(Problem).actions] == [MENU], "no 再试一次"
    assert "已经办理的业务不受影响" in words(played.last(Problem))
    assert played.calls["GET /v1/catalogue"] == 2


def test_a_catalogue_that_cannot_be_had_after_the_end_stays_as_it_was(here: World) -> None:
    model = MoneyModel()

    def cut(_step: object) -> str:
        here.fault("/v1/catalogue", "status", status=503, times=3)
        return CODE

    played = run(here, model, *PRESS[:2], (EnterSmsCode, cut), (ShowOutcome, MENU), *GONE)
    assert len(model.moved) == 1
    assert played.calls["GET /v1/catalogue"] == 2


# -- what this visit knows of the ends ------------------------------------------------------------


class Kept:
    """A service that withdraws, and keeps its visit in the test's sight."""

    visit: Visit

    def __call__(self, visit: Visit) -> None:
        self.visit = visit
        withdraw(visit)

    @property
    def standing(self) -> Standing:
        return self.visit.ends.standing


def a_bug(*_arguments: object, **_options: object) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("where", ["operation_ended", "present"])
def test_a_bug_between_the_end_and_its_page_leaves_the_end_open(
    here: World, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def break_down(_step: object) -> str:
        monkeypatch.setattr(Visit, where, a_bug)
        return CODE

    kept = Kept()
    with pytest.raises(ZeroDivisionError):
        run(here, MoneyModel(), *PRESS[:2], (EnterSmsCode, break_down), service=kept)
    assert kept.standing is Standing.UNDECIDED


def test_who_leaves_page_08_goes_on_with_an_open_end(here: World) -> None:
    model, kept = MoneyModel(), Kept()
    model.books = {"state": S.IN_PROGRESS}
    run(here, model, *PRESS, (AwaitResult, MENU), *UNRATED, service=kept)
    assert kept.standing is Standing.UNDECIDED


@pytest.mark.parametrize("state", [S.CONFIRMED, S.IN_PROGRESS])
def test_what_an_earlier_visit_confirmed_has_an_open_end(
    here: World, state: OperationState
) -> None:
    model, kept = MoneyModel(), Kept()
    model.put(state=state, commit_ttl_s=300)
    page: Line = (ShowStatement, "wait") if state is S.CONFIRMED else (AwaitResult, MENU)
    left: tuple[Line, ...] = ((EnterNumber, Left()), (Farewell, None))
    run(here, model, *left, service=kept, greeted=(page,))
    assert kept.standing is Standing.UNDECIDED


def test_a_trouble_after_page_08_claims_nothing(here: World) -> None:
    model = MoneyModel()
    model.books = {"state": S.IN_PROGRESS}

    def service(visit: Visit) -> None:
        if model.moved or "commit" in model.calls:
            raise silence()
        withdraw(visit)

    again: tuple[Line, ...] = ((Menu, "account"), (Problem, MENU))
    played = run(here, model, *PRESS, (AwaitResult, MENU), *again, *UNRATED, service=service)
    assert "请不要再提交" in words(played.last(Problem))


def test_an_end_that_was_shown_is_known(here: World) -> None:
    kept = Kept()
    run(here, MoneyModel(), *PRESS, (ShowOutcome, MENU), *GONE, service=kept)
    assert kept.standing is Standing.ENDED


def test_evidence_that_is_not_accepted_confirms_nothing(here: World) -> None:
    kept = Kept()
    wrong: tuple[Line, ...] = ((EnterSmsCode, "000000"), (EnterSmsCode, Left()))
    run(here, MoneyModel(), *PRESS[:2], *wrong, (Farewell, None), service=kept)
    assert kept.standing is Standing.UNCHANGED


# -- what an earlier visit has left ---------------------------------------------------------------


def test_an_untold_end_greets_the_citizen_and_its_slip_is_a_copy(here: World) -> None:
    model = MoneyModel()
    model.put(state=S.DONE, reference="T0001-260114-0001")
    played = run(
        here,
        model,
        (EnterNumber, Left()),
        (Farewell, None),
        greeted=((ShowOutcome, SLIP), (PrintingSlip, slip_printed), (ShowOutcome, MENU)),
    )
    assert "补打" in slip_text(played)
    assert len(model.told_of) == 1


def test_an_untold_refusal_greets_without_a_way_back_into_the_service(here: World) -> None:
    model = MoneyModel()
    model.put(state=S.REFUSED, reference="T0001-260114-0001")
    played = run(here, model, (EnterNumber, Left()), (Farewell, None), greeted=((Problem, MENU),))
    assert [action.key for action in played.last(Problem).actions] == [MENU]


def test_what_is_confirmed_can_be_taken_back(here: World) -> None:
    model = MoneyModel()
    model.put(state=S.CONFIRMED, commit_ttl_s=300)
    played = run(
        here,
        model,
        (EnterNumber, Left()),
        (Farewell, None),
        greeted=((ShowStatement, CANCEL), (Problem, MENU)),
    )
    assert "没有办成，钱没有动" in words(played.last(Problem))
    assert model.calls.count("cancel") == 1


def test_a_cancellation_without_an_answer_is_never_shown_as_cancelled(here: World) -> None:
    model = MoneyModel()
    operation = model.put(state=S.CONFIRMED, commit_ttl_s=300)
    model.spoil("cancel", silence())

    real = model.cancel

    def cancel(id: str) -> Any:
        if model.calls.count("cancel") == 1:
            model.end(operation.id)  # the commit that lay at the committer passes now
        return real(id)

    model.cancel = cancel  # type: ignore[method-assign]
    played = run(
        here,
        model,
        (EnterNumber, Left()),
        (Farewell, None),
        greeted=((ShowStatement, CANCEL), (ShowOutcome, MENU)),
    )
    assert not played.last(AwaitResult).accepted
    assert model.operations[operation.id].told


def test_what_is_in_progress_greets_and_its_end_is_told(here: World) -> None:
    model = MoneyModel()
    operation = model.put(state=S.IN_PROGRESS)
    looks = itertools.count()
    real = model.operation

    def look(id: str) -> Any:
        if next(looks) == 2:
            model.end(operation.id)
        return real(id)

    model.operation = look  # type: ignore[method-assign]
    played = run(
        here, model, (EnterNumber, Left()), (Farewell, None), greeted=((ShowOutcome, MENU),)
    )
    assert played.last(AwaitResult).resumed
    assert model.told_of == [operation.id]


def test_who_does_not_wait_is_greeted_by_the_next_operation_and_the_menu(here: World) -> None:
    model = MoneyModel()
    model.put(state=S.IN_PROGRESS)
    model.put(state=S.CONFIRMED, commit_ttl_s=300)
    run(
        here,
        model,
        (EnterNumber, Left()),
        (Farewell, None),
        greeted=((AwaitResult, MENU), (ShowStatement, "wait")),
    )


def test_what_is_committed_while_another_one_is_shown_is_shown_as_it_is_now(
    here: World,
) -> None:
    model = MoneyModel()
    operations = [model.put(state=S.CONFIRMED, commit_ttl_s=300) for _ in range(2)]
    model.spoil("operation", silence())

    def reads(_step: object) -> str:
        model.end(operations[1].id)
        return "wait"

    played = run(
        here,
        model,
        (EnterNumber, Left()),
        (Farewell, None),
        greeted=((ShowStatement, reads), (Problem, RETRY), (ShowOutcome, MENU)),
    )
    assert say(STANDING_WORDS[Standing.UNDECIDED], Language.ZH) in words(played.last(Problem))
    assert model.told_of == [operations[1].id]


def test_what_had_ended_at_sign_in_is_not_asked_for_again(here: World) -> None:
    model = MoneyModel()
    operations = [model.put(state=S.CONFIRMED) for _ in range(2)]
    for operation in operations:
        model.end(operation.id)
    model.spoil("operation", silence())
    run(
        here,
        model,
        (EnterNumber, Left()),
        (Farewell, None),
        greeted=((ShowOutcome, MENU), (ShowOutcome, MENU)),
    )
    assert model.told_of == [operation.id for operation in operations]


def test_a_terminal_without_a_committer_opens_no_money() -> None:
    line = NoCommitter()
    assert not line.open
    line.commit("7f" * 16, Business.PREPAYMENT)
    assert line.hear(0.0) is None


def test_a_confirmation_needs_a_citizen() -> None:
    with pytest.raises(RuntimeError, match="after the citizen"):
        undertaking._Undertaking(_Bare(), QUOTE)._confirm()  # type: ignore[arg-type]


class _Bare:
    """As much of a visit as an undertaking is made with."""

    centre = SimpleNamespace(operations=None)
    committer = NoCommitter()
