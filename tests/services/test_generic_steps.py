"""A number that is asked for and a confirmation, in services of a few lines."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kiosk.privacy import Sensitive
from kiosk.visit.steps import (
    Confirm,
    EnterNumber,
    Fact,
    Farewell,
    Headline,
    Menu,
    NotAnAnswer,
    Rate,
    Rest,
)
from kiosk.visit.visit import Visit, WentBack
from kiosk.words import Language, say
from tests.services.script import LEAVE, World

AMOUNT = EnterNumber(
    "How much?",
    "Amount",
    "CNY",
    least=Decimal("100.00"),
    most=Decimal("14412.24"),
    rest=Rest("Afterwards", Decimal("61248.93")),
)
TERMS = EnterNumber("How many?", "Terms", "terms", Decimal(12), Decimal(354), places=0)


@pytest.mark.parametrize(
    ("step", "answer", "number"),
    [
        (AMOUNT, "100", "100"),
        (AMOUNT, "14412.24", "14412.24"),
        (AMOUNT, "8000.5", "8000.5"),
        (TERMS, "354", "354"),
    ],
)
def test_a_number_within_its_limits_is_taken(step: EnterNumber, answer: str, number: str) -> None:
    assert step.check(answer) == Decimal(number)


@pytest.mark.parametrize(
    ("step", "answer", "hint"),
    [
        (AMOUNT, "99.99", "最少 100.00 CNY"),
        (AMOUNT, "14412.25", "最多 14,412.24 CNY"),
        (AMOUNT, "200.001", "请输入数字"),
        (AMOUNT, "200.", "请输入数字"),
        (AMOUNT, "-200", "请输入数字"),
        (AMOUNT, "NaN", "请输入数字"),
        (AMOUNT, "１２３", "请输入数字"),
        (AMOUNT, "", "请输入数字"),
        (AMOUNT, 200, "请输入数字"),
        (AMOUNT, "1" * 40, "请输入数字"),
        (TERMS, "12.5", "请输入数字"),
        (TERMS, "11", "最少 12 terms"),
        (TERMS, "355", "最多 354 terms"),
    ],
)
def test_any_other_answer_is_told_what_would_do(
    step: EnterNumber, answer: object, hint: str
) -> None:
    with pytest.raises(NotAnAnswer) as refused:
        step.check(answer)
    assert say(refused.value.hint, Language.ZH) == hint


def test_a_service_asks_for_an_amount_and_confirms_it(here: World) -> None:
    done: list[tuple[Decimal, bool]] = []

    def service(visit: Visit) -> None:
        amount = visit.ask(AMOUNT)
        facts = (Fact("Afterwards", Decimal("61248.93") - amount),)
        headline = Headline("You receive", Sensitive(amount))
        done.append(
            (amount, visit.ask(Confirm("Check", facts, yes="Do", no="Do not", headline=headline)))
        )

    played = here.play(
        *here.signed_in("P01"),
        (Menu, "account"),
        (EnterNumber, "8000"),
        (Confirm, WentBack()),
        (EnterNumber, "14412.24"),
        (Confirm, "no"),
        (Menu, "account"),
        (EnterNumber, "100"),
        (Confirm, "yes"),
        LEAVE,
        (Rate, "skip"),
        (Farewell, None),
        services={"account": service},
    )
    assert done == [(Decimal("14412.24"), False), (Decimal("100"), True)]
    assert played.last(Confirm).facts[0].value == Decimal("61148.93")


def test_a_confirmation_is_answered_by_its_two_buttons_only() -> None:
    step = Confirm("Check", (), yes="Do", no="Do not")
    assert step.check("yes") is True
    assert step.check("no") is False
    for answer in ("", "maybe", True, None):
        with pytest.raises(NotAnAnswer):
            step.check(answer)
