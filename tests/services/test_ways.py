"""Ways in: which proof a service asks for, what raises the level, and what never does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.centre.level import Level
from kiosk.identity.proving import WHY
from kiosk.services.catalogue import SERVICES, Needs
from kiosk.visit.steps import ChooseWay, Farewell, Menu, Problem
from kiosk.visit.troubles import MENU
from tests.services.script import LEAVE, World, action, titled


@pytest.fixture
def _strong(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account needs the level that money needs."""
    strong = replace(SERVICES["account"], needs=Needs(Level.STRONG))
    monkeypatch.setitem(SERVICES, "account", strong)


@pytest.mark.usefixtures("_strong")
def test_a_service_is_not_opened_where_no_way_leads_to_its_level(here: World) -> None:
    closed = titled("本机现在不能进一步核验身份")
    played = here.play(
        *here.signed_in("P01"), (Menu, "account"), (closed, action(MENU)), LEAVE, (Farewell, None)
    )
    assert played.calls["GET /v1/accounts"] == 0
    assert isinstance(played.last(Problem), Problem)
    assert not any(isinstance(step, ChooseWay) for step in played.script.steps)
    assert WHY
