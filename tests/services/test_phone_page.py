"""The page on the citizen's phone 闽政通, in a real browser, beside a visit at the terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kiosk.visit.steps import (
    OTHER,
    Attract,
    ChooseWay,
    IsItYou,
    PresentIdCard,
    ShowPhoneCode,
)
from kiosk.visit.visit import Left
from kiosk.workshop.sandbox.phone_page import PLACE
from tests.services.browser import NEEDS_BROWSER, SCREEN, Phone, phone
from tests.services.script import LEAVE, World

__all__ = ["phone"]  # a fixture
pytestmark = NEEDS_BROWSER
BY_PHONE = (Attract, None), (PresentIdCard, OTHER), (ChooseWay, "phone")


def agree(phone: Phone, person: str, seen: list[str]) -> Callable[[Any], Any]:
    """Scan the code with ``phone``, mistake the digits once, and agree; ``seen``: the address."""

    def scan(step: Any) -> Any:
        seen.append(step.content.reveal())
        phone.open(seen[0])
        assert phone.text("h1") == "在自助终端登录？"
        assert phone.text("#terminal") == "T0001"
        assert phone.text("#place") == PLACE
        assert phone.see("document.querySelector('[name=digits]').value") == ""
        assert phone.see("document.documentElement.scrollWidth") <= SCREEN["width"]
        assert phone.see("getComputedStyle(document.querySelector('.yes')).color") == (
            "rgb(255, 255, 255)"
        ), "the policy of the page lets its style through"
        assert phone.refuses_to_send("yes"), "without digits"
        phone.choose(person)
        phone.type(f"{(int(step.digits) + 1) % 100:02}")
        phone.press("yes")
        assert phone.text("#wrong") == "数字不对，请看终端屏幕上的两位数字。"
        assert step.poll() is None, "the terminal waits on"
        phone.choose(person)
        phone.type(step.digits)
        phone.press("yes")
        assert phone.text("h1") == "已同意"
        return step.poll()

    return scan


def test_the_phone_agrees_with_the_digits_and_the_code_serves_once(
    here: World, phone: Phone
) -> None:
    seen: list[str] = []
    scan = (ShowPhoneCode, agree(phone, "P03", seen))
    played = here.play(*BY_PHONE, scan, (IsItYou, "yes"), LEAVE)
    assert played.script.greeting == "王*"
    phone.open(seen[0])
    assert phone.text("h1") == "二维码已失效"
    assert phone.see("document.querySelector('form')") is None


def test_the_phone_declines_without_digits(here: World, phone: Phone) -> None:
    def decline(step: Any) -> Any:
        phone.open(step.content.reveal())
        phone.press("no")
        assert phone.text("h1") == "没有登录"
        return step.poll()

    declined = lambda step: type(step).__name__ == "Problem"  # noqa: E731
    here.play(*BY_PHONE, (ShowPhoneCode, decline), (declined, Left()))


def test_a_code_whose_page_was_left_opens_nothing(here: World, phone: Phone) -> None:
    seen: list[str] = []

    def leave(step: Any) -> object:
        seen.append(step.content.reveal())
        return Left()

    here.play(*BY_PHONE, (ShowPhoneCode, leave))
    phone.open(seen[0])
    assert phone.text("h1") == "二维码已失效"
