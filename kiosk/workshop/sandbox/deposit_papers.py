"""Papers about an account: 缴存证明, 异地贷款职工住房公积金缴存使用证明, 个人账户明细对账单."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from kiosk import calculations as rules
from kiosk.centre import codes
from kiosk.centre.document_orders import (
    DepositCertificateOrder,
    OutOfTownCertificateOrder,
    StatementOrder,
)
from kiosk.centre.models import Account, CentreWords, Ledger, LedgerEntry, Loan
from kiosk.privacy import mask
from kiosk.renminbi import in_words
from kiosk.words import Language
from kiosk.workshop.sandbox.accounts import CLOSED, FROZEN, NORMAL, SEALED, Accounts, worded_day
from kiosk.workshop.sandbox.offers import CENTRE, purpose_name
from kiosk.workshop.sandbox.other_centres import centre_of
from kiosk.workshop.sandbox.paper_words import (
    ELECTRONIC,
    VALID_MONTHS,
    PaperContent,
    card_name,
    worded,
    worded_month,
)
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.sessions import TokenHolder
from kiosk.workshop.sandbox.sheets import SheetBody, SheetColumn, SheetLine, SheetPart

_BLANK = "________________"


class DepositPapers:
    """Writes the papers about an account of the visitor's; refuses what a paper cannot say."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def certificate(
        self, visitor: TokenHolder, order: DepositCertificateOrder, today: date
    ) -> PaperContent:
        """Refuses not-found, purpose-unknown, account-closed, account-frozen."""
        account = self._certifiable(visitor, order.account)
        purpose = purpose_name("deposit-certificate", order.purpose)
        statement = (
            f"兹证明，截至{worded_day(today)}，{visitor.person['name']}"
            f"（{card_name(visitor)}号码 {visitor.person['number']}）"
            "在本中心缴存住房公积金的情况如下："
        )
        return PaperContent(
            subject=account.number.reveal(),
            about=order.purpose,
            title=CentreWords(zh="个人住房公积金缴存证明", en="Certificate of contributions"),
            series="缴证",
            valid_months=VALID_MONTHS,
            body=SheetBody(
                title="个人住房公积金缴存证明",
                title_en="Certificate of Housing Provident Fund Contributions",
                parts=(
                    SheetPart(
                        statement=statement, fields=self._certified(visitor, account, purpose)
                    ),
                ),
                notes=(
                    f"本证明自出具之日起{VALID_MONTHS}个月内有效；账户余额为截至出具之日的数额。",
                    "本证明仅用于所列用途，不得用于担保、抵押；涂改无效。",
                    ELECTRONIC,
                ),
            ),
        )

    def out_of_town(
        self, visitor: TokenHolder, order: OutOfTownCertificateOrder, today: date
    ) -> PaperContent:
        """Refuses not-found, purpose-unknown, addressee-unknown, account-closed, account-frozen."""
        account = self._certifiable(visitor, order.account)
        purpose = purpose_name("out-of-town-certificate", order.purpose)
        addressee = centre_of(order.addressee).name.zh
        return PaperContent(
            subject=account.number.reveal(),
            about=f"{order.addressee} {order.purpose}",
            title=CentreWords(
                zh="异地贷款职工住房公积金缴存使用证明",
                en="Certificate for a home loan in another city",
            ),
            series="异贷证",
            valid_months=VALID_MONTHS,
            body=SheetBody(
                title="异地贷款职工住房公积金缴存使用证明",
                title_en="Certificate of Contributions for a Housing Provident Fund Loan Elsewhere",
                parts=(
                    SheetPart(
                        addressed=f"致　{addressee}：",
                        statement=f"截至{worded_day(today)}，下列职工在本中心缴存、使用住房公积金的"
                        "情况如下，供贵中心审核其异地贷款申请：",
                        fields=self._used(visitor, account, purpose),
                    ),
                ),
                notes=(
                    "本中心对以上情况的真实性负责。职工在贵中心取得贷款后，请将回执寄回本中心，"
                    "本中心据此登记其贷款记录。",
                    f"本证明自出具之日起{VALID_MONTHS}个月内有效；涂改无效，两页缺一不可。",
                    ELECTRONIC,
                ),
                tail=SheetPart(
                    heading="回　　执",
                    addressed=f"致　{CENTRE}：",
                    statement=f"你中心职工{visitor.person['name']}"
                    f"（个人账号 {account.number.reveal()}）在我中心申请住房公积金个人住房贷款，"
                    "审核结果如下：",
                    fields=(
                        SheetLine("审核结果", "□ 准予贷款　　□ 不予贷款", wide=True),
                        SheetLine("贷款金额", f"{_BLANK}元"),
                        SheetLine("贷款期限", f"{_BLANK}月"),
                        SheetLine("贷款期间", "____年__月__日 至 ____年__月__日", wide=True),
                        SheetLine("还款方式", _BLANK),
                        SheetLine("月还本息", f"{_BLANK}元"),
                        SheetLine("经办人", _BLANK),
                        SheetLine("联系电话", _BLANK),
                        SheetLine("中心（盖章）", "\n\n　　　　　　　　____年__月__日", wide=True),
                    ),
                    new_page=True,
                ),
            ),
        )

    def statement(self, visitor: TokenHolder, order: StatementOrder, today: date) -> PaperContent:
        """Years in their order, each on pages of its own. Of a frozen or closed account too.
        Refuses not-found, no-bookings."""
        account = self._accounts.account(visitor, self._accounts.find(visitor, order.account))
        years = sorted(set(order.years))
        ledgers = [self._accounts.ledger(visitor, order.account, year) for year in years]
        empty = next((ledger.year for ledger in ledgers if not ledger.entries), None)
        if empty is not None:
            raise Refused("no-bookings", year=empty)
        parts = [_year(account, ledger, today) for ledger in ledgers]
        return PaperContent(
            subject=account.number.reveal(),
            about=" ".join(map(str, years)),
            title=CentreWords(zh="个人账户明细对账单", en="Account statement"),
            series="对账",
            body=SheetBody(
                title="住房公积金个人账户明细对账单",
                title_en="Housing Provident Fund Account Statement",
                parts=(SheetPart(fields=self._head(visitor, account)), *_on_pages(parts)),
                notes=(
                    "发生额中支出为负数；住房公积金自存入之日起计息，每年6月30日结息，"
                    f"结息年利率{rules.DEPOSIT_RATE:.2%}。",
                    f"对账单所列为截至{worded_day(today)}的入账情况；如有不符，"
                    "请在30日内向管理部查询。",
                    ELECTRONIC,
                ),
                framed=False,
            ),
        )

    # -- inside -------------------------------------------------------------------------------

    def _certifiable(self, visitor: TokenHolder, handle: str) -> Account:
        """Refuses not-found, account-closed, account-frozen."""
        row = self._accounts.find(visitor, handle)
        account = self._accounts.account(visitor, row)
        if account.status in CLOSED:
            raise Refused("account-closed")
        if account.status == FROZEN:
            raise Refused("account-frozen", since=row["frozen_on"])
        return account

    def _certified(
        self, visitor: TokenHolder, account: Account, purpose: str
    ) -> tuple[SheetLine, ...]:
        person = visitor.person
        balance = account.balance.reveal()
        status = codes.word(codes.Table.ACCOUNT_STATUS, account.status).say(Language.ZH)
        arrears = account.months_in_arrears
        loan = "有，尚未结清" if account.has_loan else (
            "有，已结清" if self._accounts.has_had_loan(person["id"]) else "无贷款记录"
        )  # fmt: skip
        return (
            SheetLine("姓名", person["name"]),
            SheetLine("证件类型", card_name(visitor)),
            SheetLine("证件号码", person["number"]),
            SheetLine("个人账号", account.number.reveal()),
            SheetLine("单位名称", account.employer),
            SheetLine("单位账号", account.employer_number),
            SheetLine("开户日期", worded_day(account.opened)),
            SheetLine(
                "账户状态", f"欠缴（{arrears}个月）" if arrears else status, alert=bool(arrears)
            ),
            SheetLine("月缴存基数", worded(account.base)),
            SheetLine("缴存比例", _ratios(account)),
            SheetLine(
                "月缴存额",
                worded(account.monthly),
                f"单位{worded(account.employer_amount)} + 个人{worded(account.personal_amount)}",
            ),
            SheetLine("缴至年月", worded_month(account.paid_to)),
            SheetLine("连续缴存", f"{account.continuous_months}个月"),
            SheetLine("公积金贷款", loan),
            SheetLine(
                "账户余额",
                f"¥ {balance:,.2f}",
                f"人民币{in_words(balance)}",
                wide=True,
                strong=True,
            ),
            SheetLine("用途", purpose, wide=True),
        )

    def _used(self, visitor: TokenHolder, account: Account, purpose: str) -> tuple[SheetLine, ...]:
        balance = account.balance.reveal()
        loans = self._accounts.loans(visitor)
        owed = sum((loan.balance.reveal() for loan in loans), start=rules.FEN * 0)
        granted = sum((loan.granted for loan in loans), start=rules.FEN * 0)
        return (
            SheetLine("职工姓名", visitor.person["name"]),
            SheetLine("身份证号", visitor.person["number"]),
            SheetLine("个人账号", account.number.reveal()),
            SheetLine("开户时间", worded_month(account.opened)),
            SheetLine("单位名称", account.employer, wide=True),
            SheetLine("账户状态", _ticked_status(account), wide=True),
            SheetLine("缴存基数", worded(account.base)),
            SheetLine("缴存比例", _ratios(account)),
            SheetLine("月缴存额", worded(account.monthly)),
            SheetLine("最近连续缴存", _continuous(account)),
            SheetLine(
                "缴存余额",
                f"¥ {balance:,.2f}",
                f"人民币{in_words(balance)}",
                wide=True,
                strong=True,
            ),
            SheetLine("贷款记录", _ticked_loans(loans), wide=True),
            SheetLine("贷款次数", f"{len(loans)}次（含异地）"),
            SheetLine("累计贷款金额", worded(granted)),
            SheetLine("未清偿余额", worded(owed), f"人民币{in_words(owed)}", wide=True),
            SheetLine("用途", purpose, wide=True),
        )

    def _head(self, visitor: TokenHolder, account: Account) -> tuple[SheetLine, ...]:
        """Masked where a terminal in a public place prints it: the number of the card."""
        return (
            SheetLine("姓名", visitor.person["name"]),
            SheetLine("证件号码", mask(visitor.person["number"], 3, 4)),
            SheetLine("个人账号", account.number.reveal()),
            SheetLine(
                "账户状态",
                codes.word(codes.Table.ACCOUNT_STATUS, account.status).say(Language.ZH)
                + ("（已冻结）" if account.status == FROZEN else "（未冻结）"),
                alert=account.status == FROZEN,
            ),
            SheetLine("单位名称", account.employer),
            SheetLine("单位账号", account.employer_number),
            SheetLine("账户余额", f"¥ {account.balance.reveal():,.2f}", wide=True, strong=True),
        )


def _ratios(account: Account) -> str:
    return f"单位{account.employer_ratio:.0%} · 个人{account.personal_ratio:.0%}"


def _ticked(choices: tuple[str, ...], chosen: str) -> str:
    return "　".join(f"{'☑' if choice == chosen else '□'} {choice}" for choice in choices)


def _ticked_status(account: Account) -> str:
    status = (
        "欠缴"
        if account.months_in_arrears
        else {NORMAL: "正常", SEALED: "封存"}.get(account.status, "其他")
    )
    return _ticked(("正常", "封存", "欠缴", "其他"), status)


def _ticked_loans(loans: list[Loan]) -> str:
    kinds = ("无贷款记录", "仅有一次且已还清", "有两次以上且已还清", "未还清")
    if any(loan.settled_on is None for loan in loans):
        return _ticked(kinds, kinds[3])
    return _ticked(kinds, kinds[min(len(loans), 2)])


def _continuous(account: Account) -> str:
    """起—止 of the months without a gap; a dash where the account is in arrears or sealed."""
    if not account.continuous_months or account.paid_to is None:
        return "—"
    first = rules.add_months(account.paid_to, 1 - account.continuous_months)
    return f"{worded_month(first)}至{worded_month(account.paid_to)}"


_BOOKINGS = (
    SheetColumn("序号", 0.55),
    SheetColumn("记账日期", 1.15),
    SheetColumn("业务类型", 1.1),
    SheetColumn("汇缴年月", 0.95),
    SheetColumn("单位发生额", 1.2, right=True),
    SheetColumn("个人发生额", 1.2, right=True),
    SheetColumn("发生额", 1.25, right=True),
    SheetColumn("余额", 1.3, right=True),
)


def _on_pages(parts: Sequence[SheetPart]) -> tuple[SheetPart, ...]:
    """Every part but the first begins a page."""
    return (parts[0], *(replace(part, new_page=True) for part in parts[1:]))


def _year(account: Account, ledger: Ledger, today: date) -> SheetPart:
    """年度对账单 of one year: what there was, what came and went, the interest 结息, what is."""
    entries = ledger.entries[::-1]
    opening = entries[0].balance - entries[0].amount
    ends = "年末余额" if ledger.year < today.year else f"{today.month}月{today.day}日余额"
    return SheetPart(
        heading=f"{ledger.year}年度",
        fields=(
            SheetLine("年初余额", worded(opening)),
            SheetLine(ends, worded(entries[-1].balance)),
            SheetLine("本年缴存", worded(ledger.paid_in)),
            SheetLine("本年提取", worded(ledger.withdrawn)),
            SheetLine("本年结息", worded(ledger.interest), wide=True),
        ),
        columns=_BOOKINGS,
        rows=tuple(_booking(account, number, entry) for number, entry in enumerate(entries, 1)),
    )


def _booking(account: Account, number: int, entry: LedgerEntry) -> tuple[str, ...]:
    paid = entry.amount == account.monthly and entry.kind == "01"
    return (
        str(number),
        entry.booked.isoformat(),
        codes.word("A.5", entry.kind).say(Language.ZH),
        f"{entry.month:%Y-%m}" if entry.month else "—",
        f"{account.employer_amount:,.2f}" if paid else "—",
        f"{account.personal_amount:,.2f}" if paid else "—",
        f"{entry.amount:,.2f}",
        f"{entry.balance:,.2f}",
    )
