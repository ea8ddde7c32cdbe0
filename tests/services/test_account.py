"""账户查询, page by page: what each citizen of the demo is shown, and the ways on."""

from __future__ import annotations

from decimal import Decimal

import pytest

from drivers.device import Kind, Reason, State, Status
from kiosk.centre.models import Masking, MaskingRules
from kiosk.endings import How
from kiosk.services.account import usual_page
from kiosk.services.catalogue import SERVICES
from kiosk.services.choosing import choose_account
from kiosk.visit.steps import (
    Choose,
    Farewell,
    Menu,
    PaperReady,
    Preview,
    PrintingDocument,
    Rate,
    ShowStatement,
    Tone,
)
from kiosk.visit.visit import Left, TimedOut, Visit, WentBack
from kiosk.words import Language, say
from tests.services.script import LEAVE, WELL, World, action, facts, option, printed, titled

BACK = WentBack()
ACCOUNT = titled("您的公积金账户")
LEDGER = titled("缴存明细")


def balance(account: ShowStatement) -> Decimal:
    assert account.headline is not None
    return account.headline.amount.reveal()


def test_the_account_of_somebody_at_work(here: World) -> None:
    played = here.serve("P01", "account", (ACCOUNT, BACK))
    account = played.last(ShowStatement)
    assert balance(account) == Decimal("56958.05")
    assert account.headline is not None
    assert say(account.headline.under, Language.ZH) == "截至 2026年1月15日 · 个人账号 99********001"
    assert facts(account) == {
        "账户状态": "正常",
        "缴存单位": "云岭市第一中学(演示)",
        "月缴存额": "1,920.00 元",
        "其中单位 / 个人": "960.00 / 960.00 元",
        "缴存基数": "8,000.00 元",
        "缴至年月": "2026年1月",
        "开户日期": "2019年7月1日",
    }
    assert account.facts[0].tone is Tone.GOOD
    assert account.note == ""
    assert played.how == "left"
    assert played.script.greeting == "张*"


def test_the_page_that_is_made_ahead_has_its_title_and_its_buttons(here: World) -> None:
    played = here.serve("P01", "account", (ACCOUNT, BACK))
    shown, ahead = played.last(ShowStatement), usual_page(played.visit.catalogue, WELL)
    assert (ahead.title, ahead.actions) == (shown.title, shown.actions)


@pytest.mark.parametrize(
    ("persona", "amount", "status", "tone", "says"),
    [
        ("P02", "41309.41", "封存", Tone.ATTENTION, "封存"),
        ("P08", "73182.60", "冻结", Tone.BAD, "冻结"),
        ("P18", "17363.80", "正常 · 欠缴 5 个月", Tone.ATTENTION, "单位已有5个月没有为您缴存"),
    ],
)
def test_a_state_that_needs_explaining_is_explained(
    here: World, persona: str, amount: str, status: str, tone: Tone, says: str
) -> None:
    account = here.serve(persona, "account", (ACCOUNT, BACK)).last(ShowStatement)
    assert balance(account) == Decimal(amount)
    assert facts(account)["账户状态"] == status
    assert (account.facts[0].tone, account.note_tone) == (tone, tone)
    assert says in say(account.note, Language.ZH)
    assert "12329" in say(account.note, Language.ZH)
    assert "12329" in say(account.note, Language.EN)


@pytest.mark.parametrize(("persona", "reason"), [("P01", None), ("P08", "冻结期间不能开具")])
def test_what_the_account_forbids_is_closed_with_the_reason(
    here: World, persona: str, reason: str | None
) -> None:
    account = here.serve(persona, "account", (ACCOUNT, BACK)).last(ShowStatement)
    ways = {each.key: each.closed for each in account.actions}
    assert ways["ledger"] is None
    closed = ways["deposit-certificate"]
    assert (closed and say(closed, Language.ZH)) == reason


def test_numbers_to_choose_from_are_masked_as_the_centre_says(here: World) -> None:
    def service(visit: Visit) -> None:
        rules = MaskingRules(account=Masking(first=0, last=2))
        visit._catalogue = visit.catalogue.model_copy(update={"masking": rules})
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
        (ACCOUNT, BACK),
        (Choose, option("封存")),
        (ACCOUNT, BACK),
        (Choose, BACK),
    )
    shown = [step for step in played.script.steps if isinstance(step, ShowStatement)]
    assert [balance(account) for account in shown] == [
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
        (ACCOUNT, action("ledger")),
        (LEDGER, "2025"),
        (LEDGER, "2024"),
        (LEDGER, BACK),
        (ACCOUNT, BACK),
    )
    assert played.calls["GET /v1/accounts"] == 1
    assert played.calls["GET /v1/accounts/{id}/ledger"] == 3


def test_from_the_account_to_the_certificate(here: World) -> None:
    here.serve(
        "P01",
        "account",
        (ACCOUNT, action("deposit-certificate")),
        (Choose, option("签证")),
        (Preview, BACK),
        (Choose, BACK),
        (ACCOUNT, action("deposit-certificate")),
        (Choose, option("签证")),
        (Preview, action("print")),
        (PrintingDocument, printed),
        (PaperReady, action("menu")),
    )


def test_a_way_on_that_cannot_be_had_says_why(here: World) -> None:
    empty = Status(State.USER_ERROR, problem=Reason.PAPER_OUT)
    devices = {Kind.DOCUMENT_PRINTER: empty, Kind.RECEIPT_PRINTER: Status(State.ONLINE)}
    played = here.serve("P01", "account", (ACCOUNT, BACK), statuses=devices)
    ways = {each.key: each.closed for each in played.last(ShowStatement).actions}
    assert ways["ledger"] is None
    assert say(ways["deposit-certificate"] or "", Language.ZH) == "A4 打印机缺纸"
    tiles = {tile.service: tile.closed for tile in played.last(Menu).tiles}
    assert say(tiles["deposit-certificate"] or "", Language.ZH) == "A4 打印机缺纸"
    assert [name for name, closed in tiles.items() if closed is None] == [
        "account",
        "ledger",
        "progress",
        "withdrawals",
        "loan",
        "outlets",
    ]


def test_what_the_centre_closes_says_why(here: World) -> None:
    because = {"zh": "年度结息，暂停到 18:00", "en": "Yearly interest: closed until 18:00"}
    here.ask("PUT", "/offers/ledger", {"open": False, "because": because})
    played = here.play(*here.signed_in("P01"), LEAVE, (Farewell, None))
    tiles = {tile.service: tile.closed for tile in played.last(Menu).tiles}
    assert say(tiles["ledger"] or "", Language.EN) == because["en"]


def test_an_unknown_offer_is_on_the_menu_only_while_the_centre_says_that_it_is_closed(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(SERVICES, "progress")
    monkeypatch.delitem(SERVICES, "phone")
    because = {"zh": "系统升级", "en": "Upgrade"}
    here.ask("PUT", "/offers/phone", {"open": False, "because": because})
    played = here.play(*here.signed_in("P01"), LEAVE, (Farewell, None))
    tiles = {tile.service: tile for tile in played.last(Menu).tiles}
    phone = tiles["phone"]
    assert "progress" not in tiles
    assert (say(phone.title, Language.ZH), phone.group) == ("手机号", "change")
    assert say(phone.closed or "", Language.ZH) == because["zh"]


# -- coming and going -----------------------------------------------------------------------------


def test_the_rating_is_for_what_was_done_last(here: World) -> None:
    played = here.play(
        *here.signed_in("P01"),
        (Menu, "account"),
        (ACCOUNT, BACK),
        (Menu, "ledger"),
        (LEDGER, Left()),
        (Rate, "4"),
        (Farewell, None),
    )
    assert here.ask("GET", "/ratings") == [{"service": "account", "level": 4}]
    assert played.how == "left"


def test_a_rating_may_be_skipped(here: World) -> None:
    here.serve("P01", "account", (ACCOUNT, BACK))
    assert here.ask("GET", "/ratings") == []


@pytest.mark.parametrize("end", [Left(), TimedOut("idle")])
def test_a_rating_may_be_walked_away_from(here: World, end: Exception) -> None:
    begin = (*here.signed_in("P01"), (Menu, "account"), (ACCOUNT, BACK), LEAVE)
    assert here.play(*begin, (Rate, end), (Farewell, None)).how == "left"
    assert here.ask("GET", "/ratings") == []


def test_a_rating_that_cannot_be_delivered_bothers_nobody(here: World) -> None:
    here.fault("/v1/ratings", "status")
    begin = (*here.signed_in("P01"), (Menu, "account"), (ACCOUNT, BACK), LEAVE)
    assert here.play(*begin, (Rate, "5"), (Farewell, None)).how == "left"


def test_nothing_done_nothing_to_rate(here: World) -> None:
    here.play(*here.signed_in("P01"), LEAVE, (Farewell, None))


@pytest.mark.parametrize("how", ["idle", "limit"])
def test_whoever_goes_away_is_signed_out_without_a_word(here: World, how: How) -> None:
    begin = (*here.signed_in("P01"), (Menu, "account"))
    assert here.play(*begin, (ACCOUNT, TimedOut(how))).how == how
