"""Ways in: which proof a service asks for, what raises the level, and what never does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from drivers.code_scanner.types import Code
from drivers.device import DeviceError, Kind, Reason, State, Status
from drivers.emulators.pin_pad import (
    BANK_KEY,
    BANK_KEY_SERIAL,
    MASTER_KEYS,
    decrypt,
    encrypt,
    format_0,
)
from drivers.pin_pad.frames import pan_field
from drivers.pin_pad.types import Algorithm, PinBlock
from drivers.smart_card.types import BankCard, BankCardKind, SocialSecurityCard
from kiosk.centre.client import CentreClient
from kiosk.centre.errors import Refusal
from kiosk.centre.level import Level
from kiosk.identity.proving import OVER, WHY
from kiosk.login import LoginEvent
from kiosk.services.catalogue import SERVICES, Needs, menu
from kiosk.visit.pin_steps import EnterPin, PinTaken, PresentBankCard
from kiosk.visit.steps import (
    OTHER,
    Attract,
    ChooseWay,
    EnterPassword,
    EnterSmsCode,
    Farewell,
    IsItYou,
    Menu,
    PresentIdCard,
    PresentSocialSecurityCard,
    Problem,
    Rate,
    ShowFundCode,
    ShowPhoneCode,
    ShowStatement,
)
from kiosk.visit.troubles import MENU, RETRY
from kiosk.visit.visit import Left, TimedOut, Visit, WentBack
from kiosk.words import Language, _, say
from kiosk.workshop.sandbox import personas, sessions
from kiosk.workshop.sandbox.pins import PASSWORD, PIN
from tests.services.script import LEAVE, WELL, World, action, card, titled

AWAY = (LEAVE, (Farewell, None))
RATED = (LEAVE, (Rate, "skip"), (Farewell, None))
WITH_SCANNER = {**WELL, Kind.CODE_SCANNER: Status(State.ONLINE)}


@pytest.fixture(autouse=True)
def _strong(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account needs the level that money needs."""
    strong = replace(SERVICES["account"], needs=Needs(Level.STRONG))
    monkeypatch.setitem(SERVICES, "account", strong)


def alarms(here: World) -> list[str]:
    return [alarm["kind"] for alarm in here.ask("GET", "/alarms")]


def ways(step: Any) -> dict[str, bool]:
    """The ways of the page, and whether each is open."""
    assert isinstance(step, ChooseWay)
    return {tile.way: tile.closed is None for tile in step.ways}


def test_a_service_is_not_opened_where_no_way_leads_to_its_level(here: World) -> None:
    here.ask("PUT", "/ways/phone", {"open": False})
    closed = titled("本机现在不能进一步核验身份")
    played = here.play(*here.signed_in("P01"), (Menu, "account"), (closed, action(MENU)), *AWAY)
    assert played.calls["GET /v1/accounts"] == 0


def test_the_phone_is_asked_for_only_where_it_is_needed_and_the_page_says_why(here: World) -> None:
    played = here.play(
        *here.signed_in("P01"),
        (Menu, "withdrawals"),
        (lambda step: not isinstance(step, ChooseWay), WentBack()),
        (Menu, "account"),
        (ChooseWay, "phone"),
        (ShowPhoneCode, here.phone("P01")),
        (IsItYou, "yes"),
        (ShowStatement, WentBack()),
        (Menu, "account"),
        (ShowStatement, WentBack()),
        *RATED,
    )
    page = played.last(ChooseWay)
    assert page.lead == WHY
    assert ways(page) == {"phone": True}
    assert played.last(IsItYou).name.reveal() == "张*"
    assert alarms(here) == []


def test_a_code_that_somebody_else_scans_signs_nobody_in(here: World) -> None:
    """Whoever photographs the code does not see the two digits, or is another person."""
    played = here.play(
        *here.signed_in("P01"),
        (Menu, "account"),
        (ChooseWay, "phone"),
        (ShowPhoneCode, here.phone("P02")),
        (IsItYou, "yes"),
        (titled("这不是刚才登录的人。"), action(MENU)),
        *AWAY,
    )
    assert played.calls["GET /v1/accounts"] == 0
    assert alarms(here) == ["other-person"]


def test_the_name_on_the_phone_is_not_theirs(here: World) -> None:
    """Somebody has agreed, so the page does not say that nobody has; and it is noted."""
    played = here.play(
        *here.signed_in("P01"),
        (Menu, "account"),
        (ChooseWay, "phone"),
        (ShowPhoneCode, here.phone("P02")),
        (IsItYou, "no"),
        (titled("在手机上同意的不是您"), action(MENU)),
        *AWAY,
    )
    assert alarms(here) == []
    refused = [detail for event, _, detail in played.logins if event is LoginEvent.REFUSED]
    assert refused == ["other-phone"]


def test_the_citizen_declines_on_the_phone(here: World) -> None:
    here.play(
        *here.signed_in("P01"),
        (Menu, "account"),
        (ChooseWay, "phone"),
        (ShowPhoneCode, here.phone("P01", answer="no")),
        (titled("手机上没有同意登录"), action(MENU)),
        *AWAY,
    )


@pytest.mark.parametrize("end", [WentBack(), Left(), OTHER], ids=["back", "leave", "other"])
def test_a_code_is_void_when_its_page_is_left(here: World, end: object) -> None:
    seen: list[ShowPhoneCode] = []

    def go(step: Any) -> object:
        seen.append(step)
        return end

    after: tuple[Any, ...] = ((Farewell, None),)
    if isinstance(end, WentBack):
        after = ((ChooseWay, WentBack()), *AWAY)
    elif end == OTHER:
        after = ((ChooseWay, "phone"), (ShowPhoneCode, Left()), (Farewell, None))
    here.play(
        *here.signed_in("P01"),
        (Menu, "account"),
        (ChooseWay, "phone"),
        (ShowPhoneCode, go),
        *after,
        statuses=WITH_SCANNER,
    )
    assert here.scan(seen[0]).status_code == 410


@pytest.mark.parametrize("end", [WentBack(), Left(), TimedOut()], ids=["back", "leave", "idle"])
def test_a_code_is_void_when_nobody_says_who_agreed(here: World, end: Exception) -> None:
    after: tuple[Any, ...] = ((Farewell, None),) if isinstance(end, Left) else ()
    if isinstance(end, WentBack):  # to the page of the code, which gets another one
        over = (ShowPhoneCode, lambda step: step.poll())
        after = (over, (ShowPhoneCode, Left()), (Farewell, None))
    played = here.play(
        *here.signed_in("P01"),
        (Menu, "account"),
        (ChooseWay, "phone"),
        (ShowPhoneCode, here.phone("P01")),
        (IsItYou, end),
        *after,
    )
    assert played.calls["DELETE /v1/logins/{id}"] == played.calls["POST /v1/logins"]


def test_a_code_whose_digits_were_guessed_is_replaced_by_another(here: World) -> None:
    def guess(step: Any) -> Any:
        for wrong in range(3):
            here.phone("P02", digits=f"{(int(step.digits) + 1 + wrong) % 100:02}")(step)
        return step.poll()

    played = here.play(
        *here.signed_in("P01"),
        (Menu, "account"),
        (ChooseWay, "phone"),
        (ShowPhoneCode, guess),
        (ShowPhoneCode, here.phone("P01")),
        (IsItYou, "yes"),
        (ShowStatement, WentBack()),
        *RATED,
    )
    assert played.calls["POST /v1/logins"] == 2


def test_the_fund_code_serves_once(here: World) -> None:
    code = here.ask("POST", "/fund-codes/P01")
    shown = (Menu, "account"), (ChooseWay, "fund-code"), (ShowFundCode, Code(code))
    lines = (*here.signed_in("P01"), *shown, (ShowStatement, WentBack()), *RATED)
    here.play(*lines, statuses=WITH_SCANNER)
    over = (titled("这个亮码已经用过或过期。"), action(MENU))
    here.play(*here.signed_in("P01"), *shown, over, *AWAY, statuses=WITH_SCANNER)
    assert alarms(here) == ["code-replayed"]


@pytest.mark.parametrize(
    "text", ["9" * 4096, "]Q1" + "公积金" * 900, "\ufeffABC"], ids=["4096", "long", "BOM"]
)
def test_a_code_of_any_form_is_the_centres_to_judge(here: World, text: str) -> None:
    shown = (Menu, "account"), (ChooseWay, "fund-code"), (ShowFundCode, Code(text))
    over = (titled("这个亮码已经用过或过期。"), action(MENU))
    here.play(*here.signed_in("P01"), *shown, over, *AWAY, statuses=WITH_SCANNER)
    assert alarms(here) == []


def test_a_code_that_is_no_text_is_not_the_scanners_fault(here: World) -> None:
    garbled = DeviceError(Reason.GARBLED, device=Kind.CODE_SCANNER)
    code = here.ask("POST", "/fund-codes/P01")
    here.play(
        *here.signed_in("P01"),
        (Menu, "account"),
        (ChooseWay, "fund-code"),
        (ShowFundCode, garbled),
        (titled("这不是本机能读的码"), action(RETRY)),
        (ChooseWay, "fund-code"),
        (ShowFundCode, Code(code)),
        (ShowStatement, WentBack()),
        *RATED,
        statuses=WITH_SCANNER,
    )


def test_a_way_whose_device_is_down_is_greyed_with_the_reason(here: World) -> None:
    broken = {**WELL, Kind.CODE_SCANNER: Status(State.HARDWARE_ERROR)}
    played = here.play(
        *here.signed_in("P01"),
        (Menu, "account"),
        (ChooseWay, WentBack()),
        *AWAY,
        statuses=broken,
    )
    page = played.last(ChooseWay)
    assert ways(page) == {"phone": True, "fund-code": False}
    closed = next(tile.closed for tile in page.ways if tile.way == "fund-code")
    assert closed is not None
    assert say(closed, Language.ZH) == "扫码器暂时不可用"


def test_a_way_that_the_centre_has_closed_is_greyed_with_its_reason(here: World) -> None:
    because = {"zh": "闽政通正在维护", "en": "The app is being maintained"}
    here.ask("PUT", "/ways/phone", {"open": False, "because": because})
    played = here.play(
        *here.signed_in("P01"),
        (Menu, "account"),
        (ChooseWay, WentBack()),
        *AWAY,
        statuses=WITH_SCANNER,
    )
    page = played.last(ChooseWay)
    assert ways(page) == {"phone": False, "fund-code": True}
    assert [say(tile.closed, Language.ZH) for tile in page.ways if tile.closed] == [because["zh"]]


# -- signing in -----------------------------------------------------------------------------------


def test_another_way_than_the_sms(here: World) -> None:
    *card, _code = here.signed_in("P01")
    played = here.play(
        *card,
        (EnterSmsCode, OTHER),
        (ChooseWay, "password"),
        (EnterPassword, "000000"),
        (EnterPassword, PASSWORD),
        LEAVE,
        (Farewell, None),
    )
    wrong = played.last(EnterPassword).wrong
    assert wrong is not None
    assert "查询密码不对" in say(wrong, Language.ZH)
    assert played.script.greeting == "张*"


@pytest.mark.parametrize("code", sorted(OVER))
def test_a_way_that_the_centre_ends_leaves_the_others(here: World, code: str) -> None:
    """Who has asked for codes all day, and begins anew with the card, would come here again."""
    here.fault("/v1/sessions/current/sms", "refusal", code=code, times=1)
    *card, _code = here.signed_in("P01")
    played = here.play(
        *card,
        (ChooseWay, "password"),
        (EnterPassword, OTHER),
        (ChooseWay, "password"),
        (EnterPassword, PASSWORD),
        *AWAY,
    )
    for page in (each for each in played.script.steps if isinstance(each, ChooseWay)):
        assert ways(page)["sms"] is False
    assert played.script.greeting == "张*"


def test_the_only_way_that_the_centre_ends_ends_the_proof(here: World) -> None:
    for way in ("phone", "password"):
        here.ask("PUT", f"/ways/{way}", {"open": False})
    here.fault("/v1/sessions/current/sms", "refusal", code="sms-daily-limit", times=1)
    *card, _code = here.signed_in("P01")
    here.play(*card, (titled("今天向您手机发送的验证码已达上限。"), Left()), (Farewell, None))


def test_delays_grow_and_the_centre_keeps_the_count_over_visits(here: World) -> None:
    *card, _code = here.signed_in("P01")
    guess = (EnterPassword, "000000")
    here.play(
        *card,
        (EnterSmsCode, OTHER),
        (ChooseWay, "password"),
        *[guess] * 4,
        (EnterPassword, Left()),
        (Farewell, None),
    )
    played = here.play(
        *card,
        (EnterSmsCode, OTHER),
        (ChooseWay, "password"),
        (EnterPassword, PASSWORD),
        (EnterPassword, Left()),
        (Farewell, None),
    )
    wrong = played.last(EnterPassword).wrong
    assert wrong is not None
    assert "秒后再试" in say(wrong, Language.ZH), "even the right one waits"
    assert not any(isinstance(step, Problem) for step in played.script.steps)


def test_two_further_proofs_are_kept_when_the_citizen_tries_again(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A centre that wants three proofs, and is out of reach for a moment after the third."""
    levels = {1: Level.PUBLIC, 2: Level.HELD, 3: Level.PROVED, 4: Level.STRONG}
    monkeypatch.setattr(sessions, "level_of", lambda shown: levels[len(shown)])
    here.fault("/v1/person", "status", times=3)
    played = here.play(
        *here.signed_in("P01"),
        (ShowPhoneCode, here.phone("P01")),
        (IsItYou, "yes"),
        (Problem, action(RETRY)),
        LEAVE,
        (Farewell, None),
    )
    assert played.script.greeting == "张*"
    assert played.calls["POST /v1/logins"] == 1


# -- the first way in -----------------------------------------------------------------------------

TOUCH = (Attract, None)
WITH_SLOT = {**WITH_SCANNER, Kind.SMART_CARD: Status(State.ONLINE)}


def slot_card(persona: str) -> SocialSecurityCard:
    person = personas.load()[persona]
    return SocialSecurityCard(
        card_id="9901010000000000000000000000000A",
        card_number="A12345678",
        number=person.number,
        name="",
        sex="",
        nation="",
        birth=None,
        birthplace="",
        issued=None,
        expires=None,
    )


def test_the_first_page_leads_to_the_other_ways(here: World) -> None:
    played = here.play(TOUCH, (PresentIdCard, OTHER), (ChooseWay, Left()), statuses=WITH_SLOT)
    assert ways(played.last(ChooseWay)) == {
        "id-card": True,
        "phone": True,
        "social-security-card": True,
        "bank-card": True,
        "fund-code": True,
        "unit-account": True,
    }


# -- the bank card and its PIN --------------------------------------------------------------------

WITH_PAD = {**WITH_SLOT, Kind.PIN_PAD: Status(State.ONLINE)}
BY_BANK_CARD = (TOUCH, (PresentIdCard, OTHER), (ChooseWay, "bank-card"))


def bank_card(number: str = "9999990000000000014") -> BankCard:
    return BankCard(
        number=number,
        holder="",
        expires=None,
        sequence=1,
        aid="A000000333010101",
        label="PBOC DEBIT",
        kind=BankCardKind.DEBIT,
        bank="",
        bank_en="",
    )


def at_pad(pin: str, *, of_bank: bool = False) -> Callable[[Any], PinTaken]:
    """What a pad makes of ``pin``: under the centre's key, or under the bank's own."""

    def take(step: Any) -> PinTaken:
        assert isinstance(step, EnterPin)
        pan = pan_field(step.number.reveal())
        if of_bank:
            algorithm, key = BANK_KEY
            block = encrypt(algorithm, key, format_0(pin, pan, 8))
            return PinTaken(PinBlock(algorithm, BANK_KEY_SERIAL, block))
        master = MASTER_KEYS[Algorithm.SM4]
        key = decrypt(Algorithm.SM4, master, bytes.fromhex(step.key.encrypted))
        block = encrypt(Algorithm.SM4, key, format_0(pin, pan, 16))
        return PinTaken(PinBlock(Algorithm.SM4, step.key.serial, block))

    return take


@pytest.mark.parametrize("of_bank", [False, True], ids=["the centre's key", "the bank's key"])
def test_a_bank_card_with_its_pin_signs_in(here: World, of_bank: bool) -> None:
    played = here.play(
        *BY_BANK_CARD,
        (PresentBankCard, bank_card()),
        (EnterPin, at_pad("000000", of_bank=of_bank)),
        (EnterPin, at_pad(PIN, of_bank=of_bank)),
        *AWAY,
        statuses=WITH_PAD,
    )
    wrong = played.last(EnterPin).wrong
    assert say(wrong, Language.ZH) == "银行卡密码不对。请再输入一次。"  # type: ignore[arg-type]
    assert played.script.greeting == "张*"
    assert played.calls["GET /v1/sessions/current/pin-key"] == 2, "a key serves for one PIN"


def test_a_bank_card_is_only_held_until_the_code(here: World) -> None:
    """A terminal without a pad, and a centre that verifies no PIN, offer the other ways alone."""
    card = *BY_BANK_CARD, (PresentBankCard, bank_card())
    here.play(*card, (EnterSmsCode, here.code), *AWAY, statuses=WITH_SLOT)
    here.ask("PUT", "/ways/pin", {"open": False})
    played = here.play(
        *card, (EnterSmsCode, OTHER), (ChooseWay, Left()), (Farewell, None), statuses=WITH_PAD
    )
    assert ways(played.last(ChooseWay))["pin"] is False


def test_the_centre_counts_wrong_pins_over_visits_and_delays(here: World) -> None:
    card = *BY_BANK_CARD, (PresentBankCard, bank_card())
    guess = (EnterPin, at_pad("000000"))
    away = (EnterPin, Left()), (Farewell, None)
    here.play(*card, *[guess] * 4, *away, statuses=WITH_PAD)
    played = here.play(*card, (EnterPin, at_pad(PIN)), *away, statuses=WITH_PAD)
    assert "秒后再试" in say(played.last(EnterPin).wrong, Language.ZH)  # type: ignore[arg-type]


def test_a_pad_that_fails_leads_to_the_other_ways_and_is_greyed(here: World) -> None:
    """Another try where that can help; a pad without keys is not offered again in this visit."""
    silent = PinTaken(why_not=_("密码键盘没有响应"), again=True)
    keyless = PinTaken(why_not=_("本机密码键盘没有可用的密钥"))
    played = here.play(
        *BY_BANK_CARD,
        (PresentBankCard, bank_card()),
        (EnterPin, silent),
        (titled("密码键盘没有响应"), "again"),
        (EnterPin, keyless),
        (titled("本机密码键盘没有可用的密钥"), OTHER),
        (ChooseWay, "sms"),
        (EnterSmsCode, here.code),
        *AWAY,
        statuses=WITH_PAD,
    )
    tiles = {tile.way: tile for tile in played.last(ChooseWay).ways}
    assert tiles["pin"].closed == keyless.why_not
    assert played.script.greeting == "张*"


def test_where_no_way_is_left_open_no_page_without_a_way_is_shown(here: World) -> None:
    for way in ("sms", "phone", "fund-code", "password"):
        here.ask("PUT", f"/ways/{way}", {"open": False})
    keyless = PinTaken(why_not=_("本机密码键盘没有可用的密钥"))
    here.play(
        *BY_BANK_CARD,
        (PresentBankCard, bank_card()),
        (EnterPin, keyless),
        (titled("本机密码键盘没有可用的密钥"), OTHER),
        (titled("本机现在不能进一步核验身份"), Left()),
        (Farewell, None),
        statuses=WITH_PAD,
    )


def test_a_pad_that_dies_before_another_try_of_the_visit_takes_nobody_to_another_way(
    here: World,
) -> None:
    """A replay runs the way that the citizen was on, though its device is down by then."""
    here.fault("/v1/person", "status", times=3)
    statuses = dict(WITH_PAD)

    def again(step: Any) -> Any:
        statuses[Kind.PIN_PAD] = Status(State.OFFLINE)
        return action(RETRY)(step)

    played = here.play(
        *BY_BANK_CARD,
        (PresentBankCard, bank_card()),
        (EnterPin, at_pad(PIN)),
        (Problem, again),
        *AWAY,
        statuses=statuses,
    )
    assert played.script.greeting == "张*"
    assert played.calls["POST /v1/sessions/current/sms"] == 0


def test_a_pin_whose_answer_was_lost_is_entered_anew(here: World) -> None:
    """The key serves for one PIN: sent again, the block would count as a wrong one."""
    here.fault("/v1/sessions/current/proofs", "drop", times=1)
    played = here.play(
        *BY_BANK_CARD,
        (PresentBankCard, bank_card()),
        (EnterPin, at_pad(PIN)),
        (Problem, action(RETRY)),
        (EnterPin, at_pad(PIN)),
        *AWAY,
        statuses=WITH_PAD,
    )
    assert played.script.greeting == "张*"
    assert played.last(EnterPin).wrong is None
    assert played.calls["GET /v1/sessions/current/pin-key"] == 2


def test_cancel_at_the_pad_is_another_way(here: World) -> None:
    here.play(
        *BY_BANK_CARD,
        (PresentBankCard, bank_card()),
        (EnterPin, OTHER),
        (ChooseWay, "password"),
        (EnterPassword, PASSWORD),
        *AWAY,
        statuses=WITH_PAD,
    )


@pytest.mark.parametrize(
    ("number", "title"),
    [
        ("6225750000000006", "这是信用卡，不能用来登录。"),
        ("6228480402564890018", "这张银行卡没有在本中心登记。"),
    ],
)
def test_a_card_that_signs_nobody_in(here: World, number: str, title: str) -> None:
    here.play(
        *BY_BANK_CARD,
        (PresentBankCard, bank_card(number)),
        (titled(title), action(RETRY)),
        (PresentIdCard, Left()),
        (Farewell, None),
        statuses=WITH_PAD,
    )


def test_the_phone_alone_signs_in_and_a_card_is_asked_for_what_is_risky(here: World) -> None:
    played = here.play(
        TOUCH,
        (PresentIdCard, OTHER),
        (ChooseWay, "phone"),
        (ShowPhoneCode, here.phone("P03")),
        (IsItYou, "yes"),
        (Menu, "account"),
        (ChooseWay, "id-card"),
        (PresentIdCard, card("P03")),
        (ShowStatement, WentBack()),
        *RATED,
    )
    assert played.script.greeting == "王*"
    assert played.calls["POST /v1/sessions/current/sms"] == 0


@pytest.mark.parametrize("old", [False, True], ids=["18 digits", "15 digits"])
def test_a_social_security_card_is_only_held_until_the_code(here: World, old: bool) -> None:
    shown = slot_card("P12")
    if old:
        shown = replace(shown, number=shown.number[:6] + shown.number[8:17])
    played = here.play(
        TOUCH,
        (PresentIdCard, OTHER),
        (ChooseWay, "social-security-card"),
        (PresentSocialSecurityCard, shown),
        (EnterSmsCode, here.code),
        *AWAY,
        statuses=WITH_SLOT,
    )
    assert played.script.greeting == "欧*㛃"


def test_somebody_elses_card_as_a_further_proof_is_refused(here: World) -> None:
    here.play(
        TOUCH,
        (PresentIdCard, OTHER),
        (ChooseWay, "phone"),
        (ShowPhoneCode, here.phone("P03")),
        (IsItYou, "yes"),
        (Menu, "account"),
        (ChooseWay, "id-card"),
        (PresentIdCard, card("P01")),
        (titled("这不是刚才登录的人。"), action(MENU)),
        *AWAY,
    )
    assert alarms(here) == ["other-person"]


def test_a_session_at_two_terminals_is_over_with_an_alarm(here: World) -> None:
    seen: list[CentreClient] = []

    def at_another(step: object) -> object:
        """Somebody has copied the token of this visit to another terminal."""
        other = here.client("T0666")
        with other:
            other._session = seen[0].session
            with pytest.raises(Refusal):
                other.accounts()
            other._session = None
        return "withdrawals"

    def keep(visit: Visit) -> Menu:
        seen.append(visit.centre)
        return menu(visit)

    here.play(
        *here.signed_in("P01"),
        (Menu, at_another),
        (titled("本次办理已结束或超时。"), action("leave")),
        (Farewell, None),
        menu_of=keep,
    )
    assert alarms(here)[0] == "session-elsewhere"


def test_a_u_key_that_the_centre_offers_is_greyed_with_the_reason(here: World) -> None:
    """An agent of a unit may look for it; this terminal has no reader for any."""
    here.ask("PUT", "/ways/u-key", {"open": True})
    played = here.play((Attract, None), (PresentIdCard, OTHER), (ChooseWay, Left()))
    tile = next(tile for tile in played.last(ChooseWay).ways if tile.way == "u-key")
    assert tile.closed is not None
    assert say(tile.closed, Language.ZH) == "本机没有 U 盾接口，请用其他方式"
    here.ask("PUT", "/ways/u-key", {"open": False, "because": {"zh": "停用", "en": "Ended"}})
    played = here.play((Attract, None), (PresentIdCard, OTHER), (ChooseWay, Left()))
    tile = next(tile for tile in played.last(ChooseWay).ways if tile.way == "u-key")
    assert tile.closed is not None
    assert say(tile.closed, Language.ZH) == "停用"
