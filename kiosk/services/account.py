"""账户查询: the balance of an account, its state and its facts."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from drivers.device import Kind
from kiosk.centre import codes
from kiosk.centre.handovers import AccountHandover
from kiosk.centre.models import Account, Catalogue, MaskingRules
from kiosk.privacy import Sensitive
from kiosk.services.catalogue import menu, service, usual_menu
from kiosk.services.certificate import certify
from kiosk.services.choosing import choose_account
from kiosk.services.ledger import show_years
from kiosk.visit.handover import hand_over, ways_to_phone
from kiosk.visit.steps import Action, Fact, Headline, Menu, ShowStatement, Tone
from kiosk.visit.visit import Visit
from kiosk.words import Month, Sayable, _

_TITLE = _("您的公积金账户")
_BALANCE = _("账户余额（元）")


@service("account", icon="account")
def show_account(visit: Visit) -> None:
    account = choose_account(visit)
    ways = _ways_on(visit.catalogue, menu(visit), account.no_certificate)
    match visit.ask(account_statement(account, visit.catalogue.masking, ways)):
        case "ledger":
            show_years(visit, account)
        case "deposit-certificate":
            certify(visit, account)
        case "handover":
            hand_over(visit, AccountHandover(topic="account", account=account.id), _("账户查询"))


def usual_page(catalogue: Catalogue, devices: Iterable[Kind]) -> ShowStatement:
    """What :func:`show_account` shows, with the buttons that it mostly has, of nobody's account.
    ``devices``: those of the terminal."""
    ways = _ways_on(catalogue, usual_menu(catalogue, devices))
    return ShowStatement(_TITLE, (), Headline(_BALANCE, Sensitive(Decimal(0)), ""), actions=ways)


def account_statement(
    account: Account, masking: MaskingRules, actions: tuple[Action, ...] = ()
) -> ShowStatement:
    """The page of an account: its balance, its state and its facts."""
    tone = _tone(account)
    monthly = _("{amount} 元", amount=account.monthly)
    split = _(
        "{employer} / {personal} 元",
        employer=account.employer_amount,
        personal=account.personal_amount,
    )
    base = _("{amount} 元", amount=account.base)
    return ShowStatement(
        _TITLE,
        (
            Fact(_("账户状态"), _state(account), tone),
            Fact(_("缴存单位"), account.employer),
            Fact(_("月缴存额"), monthly, hidden=True),
            Fact(_("其中单位 / 个人"), split, hidden=True),
            Fact(_("缴存基数"), base, hidden=True),
            Fact(_("缴至年月"), Month(account.paid_to) if account.paid_to else "—"),
            Fact(_("开户日期"), account.opened),
        ),
        Headline(
            _BALANCE,
            account.balance,
            _(
                "截至 {day} · 个人账号 {number}",
                day=account.as_of,
                number=masking.account.mask(account.number),
            ),
        ),
        note=account.note or "",
        note_tone=Tone.BAD if tone is Tone.BAD else Tone.ATTENTION,
        actions=actions,
    )


def _state(account: Account) -> Sayable:
    status = codes.word("A.6", account.status)
    if not account.months_in_arrears:
        return status
    return _("{status} · 欠缴 {months} 个月", status=status, months=account.months_in_arrears)


def _tone(account: Account) -> Tone:
    if account.status == "06":  # frozen
        return Tone.BAD
    paid = account.status == "01" and account.months_in_arrears == 0
    return Tone.GOOD if paid else Tone.ATTENTION


def _ways_on(
    catalogue: Catalogue, offered: Menu, no_certificate: Sayable | None = None
) -> tuple[Action, ...]:
    """The services of the menu that lead on from the account, and the phone; a closed service
    carries its reason. ``no_certificate``: why there is none of this account."""
    ways = {
        "ledger": (_("看缴存明细"), "ledger"),
        "deposit-certificate": (_("打印证明"), "printer"),
    }
    why_not = {"deposit-certificate": no_certificate}
    services = tuple(
        Action(tile.service, *ways[tile.service], closed=why_not.get(tile.service) or tile.closed)
        for tile in offered.tiles
        if tile.service in ways
    )
    return (*services, *ways_to_phone(catalogue))
