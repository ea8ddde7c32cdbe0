"""Papers about an operation that is done: 业务回单 or 业务回执, and a copy of what was agreed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from kiosk.centre.document_orders import AgreementCopyOrder, OperationReceiptOrder
from kiosk.centre.models import CentreWords
from kiosk.centre.operations import Operation
from kiosk.operation import OperationState
from kiosk.privacy import mask
from kiosk.renminbi import in_words
from kiosk.workshop.sandbox.accounts import Accounts, worded_day
from kiosk.workshop.sandbox.bugs import CentreBug
from kiosk.workshop.sandbox.operations import DeskRecord, OperationDesk
from kiosk.workshop.sandbox.paper_words import ELECTRONIC, PaperContent, worded
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.sessions import TokenHolder
from kiosk.workshop.sandbox.sheets import SheetBody, SheetLine, SheetPart

WITHDRAWALS, STANDING = "withdrawal", "standing"
"""Groups of operations."""


class OperationPapers:
    """Writes the receipt of an operation of the visitor's; the fields of a withdrawal's are those
    of Beijing's template (二联回单). The centre's own half is its electronic archive."""

    def __init__(
        self,
        operations: OperationDesk,
        accounts: Accounts,
        bugs: frozenset[CentreBug] = frozenset(),
    ) -> None:
        self._operations = operations
        self._accounts = accounts
        self._whole = CentreBug.COPY_WITHOUT_TEXT not in bugs

    def receipt(self, visitor: TokenHolder, order: OperationReceiptOrder) -> PaperContent:
        """提取业务回单 of a withdrawal, 业务回执 of any other. Refuses not-found,
        operation-not-done."""
        record = self._done(visitor, order.operation)
        operation = record.operation
        withdrawal = record.group == WITHDRAWALS
        what = "回单" if withdrawal else "回执"
        return PaperContent(
            subject=operation.reference,
            unit=record.unit or "",
            title=CentreWords(
                zh=f"{operation.title.zh}业务{what}", en=f"Receipt: {operation.title.en}"
            ),
            series=f"业{what[1]}",
            body=SheetBody(
                title="住房公积金提取业务回单" if withdrawal else "住房公积金业务回执",
                title_en="Receipt of a Housing Provident Fund Operation",
                parts=(
                    SheetPart(fields=self._fields(visitor, record, withdrawal=withdrawal)),
                    *_agreed(operation),
                ),
                notes=(
                    f"本{what}仅证明上列{_proved(operation)}。",
                    "本中心存根联以电子档案保存。",
                    ELECTRONIC,
                ),
            ),
        )

    def agreement(self, visitor: TokenHolder, order: AgreementCopyOrder) -> PaperContent:
        """协议副本: the texts as they stood when the citizen confirmed. Refuses not-found,
        operation-not-done, nothing-agreed."""
        record = self._done(visitor, order.operation)
        operation, person = record.operation, visitor.person
        if not operation.texts:
            raise Refused("nothing-agreed")
        about = [
            SheetLine("业务流水号", operation.reference),
            SheetLine("签署时间", f"{datetime.fromisoformat(record.ended_at):%Y-%m-%d %H:%M}"),
            SheetLine("姓名", person["name"]),
            SheetLine("证件号码", mask(person["number"], 3, 4)),
            *_numbers(record),
        ]
        if record.group == STANDING and operation.amount is not None:
            about.append(SheetLine("每月提取", worded(operation.amount)))
        return PaperContent(
            subject=operation.reference,
            unit=record.unit or "",
            title=CentreWords(
                zh=f"{operation.title.zh}协议副本",
                en=f"Copy of the agreement: {operation.title.en}",
            ),
            series="业协",
            body=SheetBody(
                title="住房公积金业务协议副本",
                title_en="Copy of an Agreement on a Housing Provident Fund Operation",
                parts=(
                    SheetPart(fields=_paired(about)),
                    *(
                        SheetPart(
                            heading=f"{text.title.zh}（{text.version}）",
                            statement=text.text.replace("\n", "\n\u3000\u3000")
                            if self._whole
                            else text.short.zh,
                        )
                        for text in operation.texts
                    ),
                ),
                notes=("本副本与本中心电子档案中签署的文本一致。", ELECTRONIC),
            ),
        )

    def _done(self, visitor: TokenHolder, operation: str) -> DeskRecord:
        """Refuses not-found, operation-not-done."""
        record = self._operations.record(visitor, operation)
        if record.operation.state is not OperationState.DONE:
            raise Refused("operation-not-done")
        return record

    def _fields(
        self, visitor: TokenHolder, record: DeskRecord, *, withdrawal: bool
    ) -> tuple[SheetLine, ...]:
        operation, person = record.operation, visitor.person
        fields = [
            SheetLine("业务流水号", operation.reference),
            SheetLine("办理时间", f"{datetime.fromisoformat(record.ended_at):%Y-%m-%d %H:%M}"),
            SheetLine("姓名", person["name"]),
            SheetLine("证件号码", mask(person["number"], 3, 4)),
            SheetLine("提取原因" if withdrawal else "业务", operation.title.zh),
            SheetLine("办理渠道", f"自助终端 {record.terminal}"),
        ]
        fields += _numbers(record)
        employer = next(
            (
                account.employer
                for account in self._accounts.accounts(visitor)
                if account.number.reveal() == record.account
            ),
            None,
        )
        if employer:
            fields.append(SheetLine("单位名称", employer, wide=True))
        fields += _money(operation, withdrawal=withdrawal)
        for change in operation.changes:
            fields += [
                SheetLine(f"原{change.label.zh}", change.before.reveal().zh),
                SheetLine(f"新{change.label.zh}", change.after.reveal().zh),
            ]
        if operation.referral:
            fields += [
                SheetLine("对方中心", operation.referral.centre.zh, wide=True),
                SheetLine("申请内容", operation.referral.about.zh, wide=True),
            ]
        if operation.next_possible:
            fields.append(SheetLine("下次提取时间", worded_day(operation.next_possible)))
        fields += [
            SheetLine("" if number else "说明", effect.zh, wide=True)
            for number, effect in enumerate(operation.effects)
        ]
        return _paired(fields)


def _numbers(record: DeskRecord) -> list[SheetLine]:
    """What the operation is about, under the centre's own numbers."""
    numbers = (
        ("个人账号", record.account),
        ("贷款账号", record.loan),
        ("单位账号", record.unit),
    )
    return [SheetLine(label, number) for label, number in numbers if number]


def _proved(operation: Operation) -> str:
    """What a receipt proves, and what it does not."""
    if operation.referral:
        return "申请已经受理；能不能办由对方中心决定"
    if operation.amount is None or not (operation.payee or operation.business.moves_money):
        return "业务已经办成"
    moves = "到账" if operation.payee else "扣款"
    return f"业务已经办成；{moves}时间以银行为准"


def _paired(lines: list[SheetLine]) -> tuple[SheetLine, ...]:
    """Two lines a row; one that has no neighbour takes the whole row."""
    paired: list[SheetLine] = []
    left = False  # whether the last line stands alone in its row so far
    for line in lines:
        if line.wide and left:
            paired[-1] = replace(paired[-1], wide=True)
        paired.append(line)
        left = not (line.wide or left)
    if left:
        paired[-1] = replace(paired[-1], wide=True)
    return tuple(paired)


def _money(operation: Operation, *, withdrawal: bool) -> list[SheetLine]:
    amount = operation.amount
    if amount is None:
        return []
    lines = []
    if withdrawal:
        interest = operation.interest or Decimal("0.00")
        lines = [
            SheetLine("提取金额", worded(amount - interest)),
            SheetLine("发生利息额", worded(interest)),
        ]
    total = "本次提取总额" if withdrawal else "金额"
    words = f"人民币{in_words(amount)}"
    lines.append(SheetLine(total, f"¥ {amount:,.2f}", words, wide=True, strong=True))
    if operation.balance_after is not None:
        lines.append(SheetLine("办理后余额", worded(operation.balance_after)))
    if operation.payee:
        card = f"**** **** **** {operation.payee.tail}"
        lines += [SheetLine("收款银行", operation.payee.bank), SheetLine("收款银行卡号", card)]
    return lines


def _agreed(operation: Operation) -> tuple[SheetPart, ...]:
    """What the citizen has agreed to, in one sentence each; the texts are in the archive."""
    if not operation.texts:
        return ()
    texts = tuple(
        SheetLine(
            "" if number else "已同意",
            f"《{text.title.zh}》（{text.version}）",
            text.short.zh,
            wide=True,
        )
        for number, text in enumerate(operation.texts)
    )
    return (SheetPart(heading="承诺与授权", fields=texts),)
