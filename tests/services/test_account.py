"""账户查询, page by page: what each citizen of the demo is shown, and the ways on."""

from __future__ import annotations

from decimal import Decimal

import pytest

from drivers.device import Reason, State, Status
from kiosk.centre.models import Masking, MaskingRules
from kiosk.services.choosing import choose_account
from kiosk.visit.steps import (
    Choose,
    Farewell,
    Menu,
    PaperReady,
    Preview,
    PrintingDocument,
    Rate,
    ShowAccount,
    ShowLedger,
)
from kiosk.visit.visit import Left, TimedOut, Visit, WentBack
from kiosk.words import Language, say
from tests.services.script import LEAVE, World, action, option, printed

BACK = WentBack()


def test_the_account_of_somebody_at_work(here: World) -> None:
    played = here.serve("P01", "account", (ShowAccount, BACK))
    account = played.last(ShowAccount).account
    assert account.balance.reveal() == Decimal("56958.05")
    assert (account.status, account.months_in_arrears) == ("01", 0)
    assert account.note is None
    assert played.how == "left"
    assert played.script.greeting == "张*"


@pytest.mark.parametrize(
    ("persona", "balance", "status", "says"),
    [
        ("P02", "41309.41", "02", "封存"),
        ("P08", "73182.60", "06", "冻结"),
        ("P18", "17363.80", "01", "单位已有5个月没有为您缴存"),
    ],
)
def test_a_state_that_needs_explaining_is_explained(
    here: World, persona: str, balance: str, status: str, says: str
) -> None:
    account = here.serve(persona, "account", (ShowAccount, BACK)).last(ShowAccount).account
    assert account.balance.reveal() == Decimal(balance)
    assert account.status == status
    assert account.note is not None
    assert says in account.note.zh
    assert "12329" in account.note.zh
    assert "12329" in account.note.en


def test_numbers_to_choose_from_are_masked_as_the_centre_says(here: World) -> None:
    def service(visit: Visit) -> None:
        rules = MaskingRules(account=Masking(first=0, last=2))
        visit._offered = visit.catalogue.model_copy(update={"masking": rules})
        choose_account(visit)

    played = here.play(
        *here.signed_in("P07"),
        (Menu, "account"),
        (Choose, BACK),
        LEAVE,
        (Rate, "skip"),
        (Farewell, None),
        services={"account": service},
    )
    for each in played.last(Choose).options:
        masked = say(each.hint, Language.ZH).split()[-1]
        assert masked[:-2] == "*" * 11
        assert masked[-2:].isdecimal()


def test_with_two_accounts_the_citizen_chooses(here: World) -> None:
    played = here.serve(
        "P07",
        "account",
        (Choose, option("云岭软件")),
        (ShowAccount, BACK),
        (Choose, option("封存")),
        (ShowAccount, BACK),
        (Choose, BACK),
    )
    shown = [s.account for s in played.script.steps if isinstance(s, ShowAccount)]
    assert [account.balance.reveal() for account in shown] == [
        Decimal("12331.39"),
        Decimal("4365.22"),
    ]
    question = played.last(Choose)
    assert "2 个账户" in say(question.lead, Language.ZH)
    for each in question.options:
        assert "*" in say(each.hint, Language.ZH), "account numbers are masked"
    assert played.calls["GET /v1/accounts"] == 1, "going back asks nothing twice"


def test_from_the_account_to_its_ledger_and_back(here: World) -> None:
    played = here.serve(
        "P01",
        "account",
        (ShowAccount, action("ledger")),
        (ShowLedger, "2025"),
        (ShowLedger, "2024"),
        (ShowLedger, BACK),
        (ShowAccount, BACK),
    )
    assert played.calls["GET /v1/accounts"] == 1
    assert played.calls["GET /v1/accounts/{id}/ledger"] == 3


def test_from_the_account_to_the_certificate(here: World) -> None:
    here.serve(
        "P01",
        "account",
        (ShowAccount, action("deposit-certificate")),
        (Choose, option("签证")),
        (Preview, BACK),
        (Choose, BACK),
        (ShowAccount, action("deposit-certificate")),
        (Choose, option("签证")),
        (Preview, action("print")),
        (PrintingDocument, printed),
        (PaperReady, action("menu")),
    )


def test_a_way_on_that_cannot_be_had_says_why(here: World) -> None:
    empty = Status(State.USER_ERROR, problem=Reason.PAPER_OUT)
    devices = {"document_printer": empty, "receipt_printer": Status(State.ONLINE)}
    played = here.serve("P01", "account", (ShowAccount, BACK), statuses=devices)
    ways = {each.key: each.closed for each in played.last(ShowAccount).actions}
    assert ways["ledger"] is None
    assert say(ways["deposit-certificate"] or "", Language.ZH) == "打印机缺纸"
    tiles = {tile.service: tile.closed for tile in played.last(Menu).tiles}
    assert say(tiles["deposit-certificate"] or "", Language.ZH) == "打印机缺纸"
    assert [name for name, closed in tiles.items() if closed is None] == [
        "account",
        "ledger",
        "withdrawals",
        "loan",
    ]


def test_what_the_centre_closes_says_why(here: World) -> None:
    because = {"zh": "年度结息，暂停到 18:00", "en": "Yearly interest: closed until 18:00"}
    here.ask("PUT", "/offers/ledger", {"open": False, "because": because})
    played = here.play(*here.signed_in("P01"), LEAVE, (Farewell, None))
    tiles = {tile.service: tile.closed for tile in played.last(Menu).tiles}
    assert say(tiles["ledger"] or "", Language.EN) == because["en"]


# -- coming and going -----------------------------------------------------------------------------


def test_the_rating_is_for_what_was_done_last(here: World) -> None:
    played = here.play(
        *here.signed_in("P01"),
        (Menu, "account"),
        (ShowAccount, BACK),
        (Menu, "ledger"),
        (ShowLedger, Left()),
        (Rate, "4"),
        (Farewell, None),
    )
    assert here.ask("GET", "/ratings") == [{"service": "account", "level": 4}]
    assert played.how == "left"


def test_a_rating_may_be_skipped(here: World) -> None:
    here.serve("P01", "account", (ShowAccount, BACK))
    assert here.ask("GET", "/ratings") == []


@pytest.mark.parametrize("end", [Left(), TimedOut("idle")])
def test_a_rating_may_be_walked_away_from(here: World, end: Exception) -> None:
    begin = (*here.signed_in("P01"), (Menu, "account"), (ShowAccount, BACK), LEAVE)
    assert here.play(*begin, (Rate, end), (Farewell, None)).how == "left"
    assert here.ask("GET", "/ratings") == []


def test_a_rating_that_cannot_be_delivered_bothers_nobody(here: World) -> None:
    here.fault("/v1/ratings", "status")
    begin = (*here.signed_in("P01"), (Menu, "account"), (ShowAccount, BACK), LEAVE)
    assert here.play(*begin, (Rate, "5"), (Farewell, None)).how == "left"


def test_nothing_done_nothing_to_rate(here: World) -> None:
    here.play(*here.signed_in("P01"), LEAVE, (Farewell, None))


@pytest.mark.parametrize("how", ["idle", "limit"])
def test_whoever_goes_away_is_signed_out_without_a_word(here: World, how: str) -> None:
    begin = (*here.signed_in("P01"), (Menu, "account"))
    assert here.play(*begin, (ShowAccount, TimedOut(how))).how == how
