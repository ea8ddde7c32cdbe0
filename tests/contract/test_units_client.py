"""What a visit asks about units, and which answers it takes for none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from kiosk.centre.client import CentreClient
from kiosk.centre.errors import CentreUnavailable, Trouble
from tests.centre_server import CentreServer, reply

YEAR: dict[str, Any] = {"year": 2025, "years": [2025], "months": [], "paid": "0.00", "owed": "0.00"}
LIST: dict[str, Any] = {"hbjny": "2025-12", "shares": [], "fse": "0.00"}


@pytest.fixture
def server() -> Iterator[CentreServer]:
    with CentreServer() as server:
        yield server


@pytest.fixture
def visit(server: CentreServer) -> Iterator[CentreClient]:
    with CentreClient(server.url, "YL-0001", whole_s=2.0) as client:
        yield client


def test_the_months_of_another_year_are_no_answer(
    server: CentreServer, visit: CentreClient
) -> None:
    server.on("GET", "/v1/units/u-1/remittances", reply(200, YEAR), reply(200, YEAR))
    assert visit.units.remittances("u-1", 2025).year == 2025
    with pytest.raises(CentreUnavailable) as caught:
        visit.units.remittances("u-1", 2024)
    assert caught.value.trouble is Trouble.NONSENSE


def test_the_list_of_another_month_is_no_answer(server: CentreServer, visit: CentreClient) -> None:
    server.on("GET", "/v1/units/u-1/month", reply(200, LIST), reply(200, LIST))
    assert visit.units.month("u-1", date(2025, 12, 1)).shares == ()
    with pytest.raises(CentreUnavailable) as caught:
        visit.units.month("u-1", date(2025, 11, 1))
    assert caught.value.trouble is Trouble.NONSENSE
