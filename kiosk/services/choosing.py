"""The citizen's account or loan, a paper's purpose; asked only where there are several."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.centre import codes
from kiosk.centre.errors import Refusal, reference_number
from kiosk.centre.models import Account, Loan, Masking, Offer, Purpose
from kiosk.visit.steps import Choose, Fact, Option
from kiosk.visit.visit import Visit
from kiosk.visit.waits import MAKING
from kiosk.words import _

_SEALED = "02"
"""A.6."""


def choose_account(visit: Visit) -> Account:
    """The citizen's account; with several accounts, the citizen chooses."""
    accounts = visit.look_up(visit.centre.accounts)
    if not accounts:
        raise Refusal(
            "no-account",
            _("没有查到您的公积金账户"),
            _("请向单位经办人咨询，或带身份证到柜台查询"),
            reference_number(),
        )
    if len(accounts) == 1:
        return accounts[0]
    masking = visit.catalogue.masking.account
    options = tuple(_account_option(account, masking) for account in accounts)
    question = Choose(
        title=_("请选择一个账户"),
        options=options,
        lead=_("您有 {count} 个账户；封存的可以办理合并", count=len(accounts))
        if any(account.status == _SEALED for account in accounts)
        else _("您有 {count} 个账户", count=len(accounts)),
    )
    key = visit.ask(question)
    return next(account for account in accounts if account.id == key)


def choose_loan(visit: Visit) -> Loan:
    """The citizen's loan; with several loans, the citizen chooses."""
    loans = visit.look_up(visit.centre.loans)
    if not loans:
        raise Refusal(
            "no-loan",
            _("您名下没有公积金贷款"),
            _("如果是配偶名下的贷款，请由借款人本人查询"),
            reference_number(),
        )
    if len(loans) == 1:
        return loans[0]
    masking = visit.catalogue.masking.account
    options = tuple(_loan_option(loan, masking) for loan in loans)
    key = visit.ask(Choose(_("请选择一笔贷款"), options))
    return next(loan for loan in loans if loan.id == key)


def centre_options(centres: Sequence[Purpose]) -> tuple[Option, ...]:
    """Other centres to choose from, in the centre's order."""
    return tuple(Option(each.code, each.name, icon="place") for each in centres)


def choose_purpose(visit: Visit, service: str, account: Account) -> str:
    """The code of the purpose of a paper of ``account``; the citizen chooses where the centre
    offers several, which stand in the centre's order: the most used first."""
    offer = visit.offer(service)
    if len(offer.purposes) < 2:
        return offer.purposes[0].code if offer.purposes else ""
    so_far = (
        Fact(_("要打的证明"), offer.title),
        Fact(_("缴存单位"), account.employer),
    )
    return visit.ask(
        Choose(
            _("证明用来做什么？"), purpose_options(offer), _("会写在证明上"), so_far, waits=MAKING
        )
    )


def purpose_options(offer: Offer) -> tuple[Option, ...]:
    """What a paper of ``offer`` may be for."""
    return tuple(Option(purpose.code, purpose.name) for purpose in offer.purposes)


def _account_option(account: Account, masking: Masking) -> Option:
    number = masking.mask(account.number)
    status = codes.word("A.6", account.status)
    hint = _("{status} · 个人账号 {number}", status=status, number=number)
    return Option(account.id, account.employer, hint, "account")


def _loan_option(loan: Loan, masking: Masking) -> Option:
    number = masking.mask(loan.number)
    hint = _("{state} · 贷款账号 {number}", state=codes.word("loan", loan.state), number=number)
    return Option(loan.id, loan.bank, hint, "loan")
