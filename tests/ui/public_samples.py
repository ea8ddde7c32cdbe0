"""One step of every kind that needs no sign-in, with the figures of the vectors."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from typing import Any

from kiosk.calculations import loan_limits
from kiosk.services.calculating import EQUAL_PRINCIPAL, instalments, loan_plan, loan_years
from kiosk.services.catalogue import SERVICES
from kiosk.services.contribution_calculator import contribution_statement
from kiosk.services.loan_calculator import loan_statement_of
from kiosk.services.rates import rates_table
from kiosk.services.retirement_calculator import retirement_statement
from kiosk.visit.steps import EnterNumber, Menu, Step, Tile
from kiosk.words import _
from kiosk.workshop.sandbox.offers import PUBLIC
from kiosk.workshop.sandbox.publication import edition

TODAY = date(2026, 1, 15)
RATE = D("0.026")
_AMOUNT = D(600_000)
PLAN = loan_plan(_AMOUNT, RATE, 360)
_PARAMETERS = edition().parameters


def public_samples() -> dict[str, Step[object]]:
    """Every page by the name of its picture."""
    limits = loan_limits(
        _PARAMETERS.loan_policy,
        balance=D("56958.05"),
        price=D(900_000),
        income=D(8000),
        rate=RATE,
        years=30,
        together=True,
    )
    falling = loan_plan(_AMOUNT, RATE, 360, EQUAL_PRINCIPAL)
    steps: dict[str, Any] = {
        "06-public-menu": Menu(
            tuple(
                Tile(
                    offer.service,
                    offer.short or offer.title,
                    offer.hint,
                    SERVICES[offer.service].icon,
                    group=offer.group,
                )
                for offer in PUBLIC
            ),
            public=True,
        ),
        "90-loan-years": loan_years(PLAN, _AMOUNT, RATE, "01", TODAY),
        "90-loan-years-falling": loan_years(falling, _AMOUNT, RATE, EQUAL_PRINCIPAL, TODAY),
        "90-loan-years-few": loan_years(
            loan_plan(D(300_000), D("0.021"), 60), D(300_000), D("0.021"), "01", TODAY
        ),
        "91-every-instalment": instalments(PLAN, date(2026, 2, 15)),
        "92-loan-amount": loan_statement_of(limits, _PARAMETERS, RATE, 30),
        "93-contribution": contribution_statement(D(8000), D("0.12"), D("0.12"), _PARAMETERS),
        "94-retirement": retirement_statement("man", _("男职工"), date(1966, 1, 1), TODAY),
        "95-rates": rates_table(edition(), edition().rates[0]),
        "96-years": EnterNumber(
            _("贷多少年？"),
            _("年限"),
            _("年"),
            least=D(1),
            most=D(30),
            lead=_("最长 {years} 年", years=30),
            places=0,
            whole=False,
        ),
    }
    return steps
