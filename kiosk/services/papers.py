"""对账单等: the statement of an account year by year, and the papers of a loan."""

from __future__ import annotations

from typing import Literal

from drivers.device import Kind
from kiosk.centre.document_orders import MOST_YEARS, LoanPaperOrder, StatementOrder
from kiosk.centre.errors import Refusal, reference_number
from kiosk.centre.models import Account, Loan
from kiosk.services.catalogue import Needs, menu, service
from kiosk.services.choosing import choose_account, choose_loan
from kiosk.visit.printing import document_key, make_and_print
from kiosk.visit.steps import Action, Choose, Option
from kiosk.visit.visit import Visit
from kiosk.visit.waits import MAKING
from kiosk.words import Text, _

STATEMENT = _("对账单")
LOAN_PAPERS: dict[
    str, tuple[Literal["repayment-record", "repayment-plan", "settlement-certificate"], Text]
] = {
    "record": ("repayment-record", _("还款明细表")),
    "plan": ("repayment-plan", _("还款计划表")),
    "settlement": ("settlement-certificate", _("结清证明")),
}
PAPERS_PAGE = Choose(
    _("要打印哪一种？"),
    (
        Option("statement", _("个人账户对账单"), _("按年列出缴存、提取、结息"), "ledger"),
        Option("record", _("贷款还款明细"), _("已还和逾期的每一期"), "loan"),
        Option("plan", _("贷款还款计划"), _("以后每一期还多少"), "calendar"),
        Option("settlement", _("贷款结清证明"), _("贷款还清以后才有"), "certificate"),
    ),
    _("由中心盖电子印章，当场取走"),
)


@service("papers", icon="ledger", needs=Needs(devices=(Kind.DOCUMENT_PRINTER,)))
def print_paper(visit: Visit) -> None:
    visit.checkers.prepare()
    paper = visit.ask(PAPERS_PAGE)
    if paper == "statement":
        print_statement(visit, choose_account(visit))
    else:
        print_loan_paper(visit, paper, choose_loan(visit))


def print_statement(visit: Visit, account: Account) -> None:
    """Ask the years, then make and print the statement of the account."""
    visit.checkers.prepare()
    _print_years(visit, account, _choose_years(visit, account))


def _print_years(visit: Visit, account: Account, years: tuple[int, ...]) -> None:
    order = visit.once(
        lambda: StatementOrder(
            kind="account-statement", account=account.id, years=years, key=document_key()
        )
    )
    make_and_print(visit, "papers", order, STATEMENT)


def print_year(visit: Visit, account: Account, year: int) -> None:
    """Make and print the statement of one year of the account."""
    _print_years(visit, account, (year,))


PRINT = "print"


def print_way(visit: Visit, title: Text) -> Action | None:
    """The button under a table that prints what the table shows; None where the centre offers no
    such papers."""
    tile = next((each for each in menu(visit).tiles if each.service == "papers"), None)
    return Action(PRINT, title, "printer", closed=tile.closed) if tile else None


def print_loan_paper(visit: Visit, paper: str, loan: Loan) -> None:
    """Make and print ``paper``, a key of ``LOAN_PAPERS``. The centre refuses a certificate of
    settlement while the loan is open, and a plan once it is settled."""
    kind, name = LOAN_PAPERS[paper]
    order = visit.once(lambda: LoanPaperOrder(kind=kind, loan=loan.id, key=document_key()))
    make_and_print(visit, "papers", order, name)


def _choose_years(visit: Visit, account: Account) -> tuple[int, ...]:
    """One year, or the newest years together; asked only where the account has several."""
    years = visit.look_up(lambda: visit.centre.ledger(account.id)).years[:MOST_YEARS]
    if not years:
        raise Refusal(
            "no-bookings",
            _("这个账户还没有记录，不能出对账单"),
            _("单位缴存以后就有；请向单位经办人咨询"),
            reference_number(),
        )
    if len(years) == 1:
        return years
    chosen = visit.ask(years_page(years))
    return years if chosen == "all" else (int(chosen),)


def years_page(years: tuple[int, ...]) -> Choose:
    """All of the ``years``, the newest first, or one of them."""
    all_years = Option(
        "all",
        _("{first}—{last} 年", first=str(years[-1]), last=str(years[0])),
        _("共 {count} 年，每年单独成页", count=len(years)),
        "calendar",
    )
    each = (Option(str(year), _("{year} 年", year=str(year)), "", "calendar") for year in years)
    return Choose(
        _("要哪几年的对账单？"),
        (all_years, *each),
        _("每年列出逐笔明细、缴存和结息"),
        waits=MAKING,
    )
