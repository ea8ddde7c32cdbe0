"""Papers about a loan: 还款明细, 还款计划, 贷款结清证明."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal

from kiosk import calculations as rules
from kiosk.centre import codes
from kiosk.centre.document_orders import LoanPaperOrder
from kiosk.centre.models import CentreWords, Loan
from kiosk.privacy import mask
from kiosk.renminbi import in_words
from kiosk.words import Language
from kiosk.workshop.sandbox.accounts import Accounts, worded_day
from kiosk.workshop.sandbox.paper_words import ELECTRONIC, PaperContent, card_name, worded
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.sessions import TokenHolder
from kiosk.workshop.sandbox.sheets import SheetBody, SheetColumn, SheetLine, SheetPart


class LoanPapers:
    """Writes the papers about a loan of the visitor's; refuses what a paper cannot say."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._papers: Mapping[str, Callable[[TokenHolder, Loan, date], PaperContent]] = {
            "repayment-record": self._record,
            "repayment-plan": self._plan,
            "settlement-certificate": self._settlement,
        }

    def paper(self, visitor: TokenHolder, order: LoanPaperOrder, today: date) -> PaperContent:
        """Refuses not-found, loan-not-settled (a certificate of settlement), no-plan."""
        self._accounts.find_loan(visitor, order.loan)
        loan = next(loan for loan in self._accounts.loans(visitor) if loan.id == order.loan)
        return self._papers[order.kind](visitor, loan, today)

    def _record(self, visitor: TokenHolder, loan: Loan, today: date) -> PaperContent:
        entries = self._accounts.repayments(visitor, loan.id)[::-1]
        owed = [entry for entry in entries if entry.paid_on is None]
        paid = [entry for entry in entries if entry.paid_on]
        rows = tuple(
            (
                str(entry.term),
                entry.due.isoformat(),
                entry.paid_on.isoformat() if entry.paid_on else "未还",
                codes.word("A.15", entry.kind).say(Language.ZH),
                f"{entry.principal:,.2f}",
                f"{entry.interest:,.2f}",
                f"{entry.penalty:,.2f}",
                f"{entry.amount:,.2f}",
                f"{entry.balance:,.2f}",
            )
            for entry in entries
        )
        sums = (
            SheetLine("已还本金", worded(_sum(entry.principal for entry in paid))),
            SheetLine("已还利息", worded(_sum(entry.interest for entry in paid))),
            SheetLine(
                "逾期未还",
                f"{len(owed)}期，合计{worded(_sum(entry.amount for entry in owed))}"
                if owed
                else "无",
                alert=bool(owed),
                wide=True,
            ),
        )
        return PaperContent(
            subject=loan.number.reveal(),
            title=CentreWords(zh="贷款还款明细", en="Repayments of the loan"),
            series="还明",
            body=SheetBody(
                title="住房公积金贷款还款明细",
                title_en="Repayments of a Housing Provident Fund Loan",
                parts=(
                    SheetPart(
                        fields=(*_head(visitor, loan), *sums),
                        columns=_REPAYMENTS,
                        rows=rows,
                        empty="还没有还款记录",
                    ),
                ),
                notes=(
                    f"以上为截至{worded_day(today)}的还款情况；逾期期次的合计含罚息。",
                    ELECTRONIC,
                ),
                framed=False,
            ),
        )

    def _plan(self, visitor: TokenHolder, loan: Loan, today: date) -> PaperContent:
        if loan.settled_on:
            raise Refused("no-plan", day=loan.settled_on.isoformat())
        entries = self._accounts.plan(visitor, loan.id)
        rows = tuple(
            (
                str(entry.term),
                entry.due.isoformat(),
                f"{entry.amount:,.2f}",
                f"{entry.principal:,.2f}",
                f"{entry.interest:,.2f}",
                f"{entry.balance:,.2f}",
            )
            for entry in entries
        )
        sums = (
            SheetLine("待还期数", f"{len(entries)}期"),
            SheetLine("待还利息", worded(_sum(entry.interest for entry in entries))),
            SheetLine("待还本息合计", worded(_sum(entry.amount for entry in entries)), wide=True),
        )
        return PaperContent(
            subject=loan.number.reveal(),
            title=CentreWords(zh="贷款还款计划", en="Repayment plan of the loan"),
            series="还计",
            body=SheetBody(
                title="住房公积金贷款还款计划",
                title_en="Repayment Plan of a Housing Provident Fund Loan",
                parts=(
                    SheetPart(
                        fields=(*_head(visitor, loan), *sums),
                        columns=_PLAN,
                        rows=rows,
                        empty="没有待还的期次",
                    ),
                ),
                notes=(
                    f"以上为截至{worded_day(today)}的计划；提前还款或利率调整后，以新的计划为准。",
                    ELECTRONIC,
                ),
                framed=False,
            ),
        )

    def _settlement(self, visitor: TokenHolder, loan: Loan, today: date) -> PaperContent:
        if not loan.settled_on:
            raise Refused("loan-not-settled", balance=f"{loan.balance.reveal():,.2f}")
        person = visitor.person
        return PaperContent(
            subject=loan.number.reveal(),
            title=CentreWords(zh="贷款结清证明", en="Certificate of settlement"),
            number=self._accounts.settlement_number(loan.number.reveal()),
            body=SheetBody(
                title="住房公积金贷款结清证明",
                title_en="Certificate of Settlement of a Housing Provident Fund Loan",
                parts=(
                    SheetPart(
                        statement=f"兹证明，{person['name']}（{card_name(visitor)}号码 "
                        f"{person['number']}）在本中心的住房公积金个人住房贷款已于"
                        f"{worded_day(loan.settled_on)}全部还清，借款合同终止。",
                        fields=(
                            SheetLine("借款人", person["name"]),
                            SheetLine("证件号码", person["number"]),
                            SheetLine("贷款账号", loan.number.reveal()),
                            SheetLine("借款合同编号", loan.contract.reveal()),
                            SheetLine(
                                "借款金额",
                                f"¥ {loan.granted:,.2f}",
                                f"人民币{in_words(loan.granted)}",
                                wide=True,
                                strong=True,
                            ),
                            SheetLine("借款期限", f"{loan.terms}期"),
                            SheetLine("年利率", _rate(loan)),
                            SheetLine("放款日期", worded_day(loan.granted_on)),
                            SheetLine("结清日期", worded_day(loan.settled_on)),
                            SheetLine("贷款余额", worded(loan.balance.reveal())),
                            SheetLine("担保方式", codes.word("A.10", loan.security).zh),
                            SheetLine("受托银行", loan.bank, wide=True),
                            SheetLine("房屋坐落", loan.house.reveal(), wide=True),
                        ),
                    ),
                ),
                notes=(
                    "本证明仅作为贷款结清使用，不做他用；涂改无效。",
                    "办理抵押注销登记，请持本证明到不动产登记机构办理。",
                    ELECTRONIC,
                ),
            ),
        )


def _head(visitor: TokenHolder, loan: Loan) -> tuple[SheetLine, ...]:
    """Masked where a terminal in a public place prints it: the number of the card."""
    return (
        SheetLine("借款人", visitor.person["name"]),
        SheetLine("证件号码", mask(visitor.person["number"], 3, 4)),
        SheetLine("贷款账号", loan.number.reveal()),
        SheetLine("借款合同编号", loan.contract.reveal()),
        SheetLine("放款金额", worded(loan.granted)),
        SheetLine("放款日期", worded_day(loan.granted_on)),
        SheetLine("期限", f"{loan.terms}期"),
        SheetLine("年利率", _rate(loan)),
        SheetLine("还款方式", codes.word("A.11", loan.way).zh),
        SheetLine("贷款余额", worded(loan.balance.reveal())),
    )


def _rate(loan: Loan) -> str:
    return f"{loan.rate * 100:.3f}".rstrip("0").rstrip(".") + "%"


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, start=rules.FEN * 0)


_PLAN = (
    SheetColumn("期次", 0.6),
    SheetColumn("还款日期", 1.2),
    SheetColumn("应还金额", 1.2, right=True),
    SheetColumn("本金", 1.2, right=True),
    SheetColumn("利息", 1.2, right=True),
    SheetColumn("贷款余额", 1.4, right=True),
)
_REPAYMENTS = (
    SheetColumn("期次", 0.6),
    SheetColumn("应还日", 1.2),
    SheetColumn("实还日", 1.2),
    SheetColumn("类型", 1.1),
    SheetColumn("本金", 1.1, right=True),
    SheetColumn("利息", 1.1, right=True),
    SheetColumn("罚息", 0.8, right=True),
    SheetColumn("合计", 1.1, right=True),
    SheetColumn("余额", 1.3, right=True),
)
