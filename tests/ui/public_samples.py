"""One step of every kind that needs no sign-in, with the figures of the vectors."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from typing import Any

from kiosk.calculations import loan_limits
from kiosk.centre.complaints import ComplaintReceipt
from kiosk.centre.models import CentreWords
from kiosk.centre.verification import Verification
from kiosk.privacy import Sensitive
from kiosk.services.calculating import EQUAL_PRINCIPAL, instalments, loan_plan, loan_years
from kiosk.services.catalogue import SERVICES
from kiosk.services.complaints import SUBJECTS, receipt_page, summary
from kiosk.services.contribution_calculator import contribution_statement
from kiosk.services.guides import outlet_facts
from kiosk.services.loan_calculator import loan_statement_of
from kiosk.services.projects import county_page, letter_page, projects_table
from kiosk.services.rates import rates_table
from kiosk.services.retirement_calculator import retirement_statement
from kiosk.services.verify_paper import verdict_page
from kiosk.visit.public_steps import ReadArticle, ReadGuide, ScanPaper
from kiosk.visit.steps import Action, Choose, EnterNumber, Fact, Menu, Option, Step, Tile
from kiosk.words import _
from kiosk.workshop.sandbox.offers import PUBLIC
from kiosk.workshop.sandbox.publication import edition
from tests.ui.outlet_samples import OUTLETS

TODAY = date(2026, 1, 15)
RATE = D("0.026")
_AMOUNT = D(600_000)
PLAN = loan_plan(_AMOUNT, RATE, 360)
_PARAMETERS = edition().parameters
_GUIDES = {guide.id: guide for guide in edition().guides}


GENUINE = Verification(
    verdict="genuine",
    title=CentreWords(zh="住房公积金个人缴存证明", en="Certificate of contributions"),
    number="云岭缴存〔2026〕第00000012号",
    made=date(2026, 1, 12),
    valid_until=date(2026, 4, 12),
    holder="张*",
)


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
        "97-scan-paper": ScanPaper(),
        "97-verify": verdict_page(GENUINE, "12329"),
        "97-verify-unknown": verdict_page(Verification(verdict="unknown"), "12329"),
        "98-complaint": Choose(
            _("想反映什么？"),
            tuple(Option(key, title, "", icon) for key, (title, icon) in SUBJECTS.items()),
            _("不用登录，也不用打字"),
        ),
        "98-complaint-check": summary("wait", OUTLETS[1].name, Sensitive("13800000003")),
        "98-complaint-taken": receipt_page(
            ComplaintReceipt(number="TS260115-0001", answered_by=date(2026, 1, 30)),
            None,
            write=True,
        ),
        "97-article": ReadArticle(edition().articles_of(("policy",))[0]),
        "97-guide": ReadGuide(
            _GUIDES["rent"],
            (Fact(_("办理时限"), _GUIDES["rent"].takes), *outlet_facts(OUTLETS[1])),
            actions=(
                Action("ticket", _("取号"), "place"),
                Action("slip", _("打印清单"), "receipt"),
            ),
        ),
        "97-guides": Choose(
            _("去柜台办哪件事？"),
            tuple(Option(each.id, each.title, each.takes) for each in edition().guides),
            _("看要带什么，少跑一趟"),
        ),
        "97a-projects": county_page(edition().projects),
        "97b-projects-letter": letter_page(edition().projects),
        "97c-projects-found": projects_table(edition().projects, _("全部区县")),
        "97-questions": Choose(
            _("常见问题"),
            tuple(Option(each.id, each.title) for each in edition().articles_of(("question",))),
            _("没有找到？请拨 {hotline}", hotline="12329"),
        ),
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
