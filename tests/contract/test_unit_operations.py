"""What an agent does for a unit at the stand-in centre, to the fen, by the terminal's clients."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import pytest

from kiosk.centre.document_orders import AgreementCopyOrder
from kiosk.centre.errors import Refusal
from kiosk.centre.evidence import CardEvidence
from kiosk.centre.models import CentreWords
from kiosk.centre.operations import Eligibility, Operation, Order, TrialLine
from kiosk.centre.unit_orders import (
    NewBase,
    UnitBackPaymentOrder,
    UnitBaseOrder,
    UnitDataOrder,
    UnitEnrolmentOrder,
    UnitOpeningOrder,
    UnitPeopleOrder,
    UnitRatioOrder,
    UnitRemittanceOrder,
)
from kiosk.centre.units import Employee, Unit
from kiosk.operation import Business, OperationState
from kiosk.privacy import Sensitive
from kiosk.workshop.sandbox import personas
from tests.contract.test_operations import (
    OperationVisit,
    ServedCentre,
    Visits,
    centre,
    refused,
    visits,
)

__all__ = ["centre", "visits"]
D = Decimal
BUILDERS, TRADE = "云岭建设集团(演示)", "云岭商贸(演示)"
JANUARY = date(2026, 1, 1)


class Agent:
    """The agent's visit, and what it asks about its units."""

    def __init__(self, visit: OperationVisit) -> None:
        self.visit = visit

    def unit(self, name: str) -> Unit:
        return next(unit for unit in self.visit.ask.units.units() if unit.name == name)

    def staff(self, name: str) -> dict[str, Employee]:
        return {each.name: each for each in self.visit.ask.units.employees(self.unit(name).id)}

    def judged(self, business: Business) -> dict[str | None, Eligibility]:
        """The centre's word on ``business`` by the name of the unit."""
        names = {unit.id: unit.name for unit in self.visit.ask.units.units()}
        found = self.visit.money.eligibility("unit")
        return {
            names.get(each.unit or "", each.unit): each
            for each in found
            if each.business is business
        }

    def people(
        self,
        business: Literal[Business.UNIT_SEALING, Business.UNIT_UNSEALING],
        unit: str,
        *names: str,
    ) -> UnitPeopleOrder:
        staff = self.staff(unit)
        chosen = tuple(staff[name].id for name in names)
        return UnitPeopleOrder(business=business, unit=self.unit(unit).id, employees=chosen)

    def seal(self, unit: str, *names: str) -> UnitPeopleOrder:
        return self.people(Business.UNIT_SEALING, unit, *names)

    def unseal(self, unit: str, *names: str) -> UnitPeopleOrder:
        return self.people(Business.UNIT_UNSEALING, unit, *names)

    def ratio(self, unit: str, employer: str, personal: str) -> UnitRatioOrder:
        return UnitRatioOrder(
            business=Business.UNIT_RATIO_CHANGE,
            unit=self.unit(unit).id,
            employer_ratio=D(employer),
            personal_ratio=D(personal),
        )

    def bases(self, unit: str, **bases: str) -> UnitBaseOrder:
        """``bases``: by the employees' masked names, whose star is left out."""
        staff = self.staff(unit)
        return UnitBaseOrder(
            business=Business.UNIT_BASE_CHANGE,
            unit=self.unit(unit).id,
            bases=tuple(
                NewBase(employee=staff[f"{name}*"].id, base=D(base)) for name, base in bases.items()
            ),
        )

    def back(self, unit: str) -> UnitBackPaymentOrder:
        return UnitBackPaymentOrder(business=Business.UNIT_BACK_PAYMENT, unit=self.unit(unit).id)

    def month(self, unit: str, month: date = JANUARY) -> UnitRemittanceOrder:
        return UnitRemittanceOrder(
            business=Business.UNIT_REMITTANCE, unit=self.unit(unit).id, month=month
        )

    def enrol(self, persona: str, base: str = "5000.00", **changes: Any) -> UnitEnrolmentOrder:
        facts = personas.load()[persona].card()
        until = str(facts["valid_to"]).replace("-", "")
        card = CardEvidence.model_validate(
            {
                "kind": facts["kind"],
                "name": facts["name"],
                "number": facts["number"],
                "valid_to": None if until == "长期" else until,
            }
            | changes
        )
        return UnitEnrolmentOrder(
            business=Business.UNIT_ENROLMENT,
            unit=self.unit(BUILDERS).id,
            card=card,
            base=D(base),
        )

    def sums(self, order: Order) -> dict[str, str]:
        """What the trial of ``order`` says, by its labels."""
        (choice,) = self.visit.money.trial(order).choices
        return {line.label.zh: _worded(line) for line in choice.lines}

    def done(self, order: Order) -> Operation:
        return self.visit.carried_out(order)

    def refuses(self, order: Order, code: str) -> None:
        """The centre refuses a trial and a draft of ``order`` alike."""
        for ask in (self.visit.money.trial, self.visit.drafted):
            with pytest.raises(Refusal) as refusal:
                ask(order)
            assert refused(refusal) == (code, None)


def _worded(line: TrialLine) -> str:
    return str(line.value)


@pytest.fixture
def agent(visits: Visits) -> Agent:
    return Agent(visits("A1"))


def after(operation: Operation) -> list[str]:
    return [change.after.reveal().zh for change in operation.changes]


# -- 封存、启封 -----------------------------------------------------------------------------------


def test_two_builders_are_sealed(agent: Agent) -> None:
    order = agent.seal(BUILDERS, "孙*", "冯*")
    assert agent.sums(order) == {
        "孙*": "1800.00",
        "冯*": "1728.00",
        "办理后人数": "1",
        "现在月缴存额": "5928.00",
        "办理后月缴存额": "2400.00",
        "起始日期": "2026-02-01",
    }
    done = agent.done(order)
    assert after(done) == ["1人", "2,400.00元"]
    assert [effect.zh for effect in done.effects] == ["封存孙*、冯*，2026年2月起不再缴存。"]
    unit = agent.unit(BUILDERS)
    assert (unit.people, unit.sealed, unit.due, unit.paid) == (1, 2, D("5928.00"), True)
    staff = agent.staff(BUILDERS)
    assert [staff[name].status for name in ("王*", "孙*", "冯*")] == ["01", "02", "02"]
    assert staff["孙*"].no_unsealing is None
    assert agent.visit.moved() == []
    agent.refuses(agent.seal(BUILDERS, "孙*"), "employee-sealed")
    agent.refuses(agent.unseal(BUILDERS, "王*"), "employee-in-use")


def test_who_was_sealed_may_be_unsealed_again(agent: Agent) -> None:
    agent.done(agent.seal(BUILDERS, "孙*"))
    agent.done(agent.unseal(BUILDERS, "孙*"))
    unit = agent.unit(BUILDERS)
    assert (unit.people, unit.sealed, unit.paid) == (3, 0, True)


def test_a_trader_is_sealed_only_when_everything_is_paid(agent: Agent) -> None:
    agent.refuses(agent.seal(TRADE, "杨*"), "seal-unpaid")
    agent.refuses(agent.month(TRADE), "unit-owes-first")
    no = agent.staff(TRADE)["杨*"].no_sealing
    assert no
    assert no.zh == "要先缴到2026年1月才能封存。"
    assert agent.done(agent.back(TRADE)).amount == D("3200.00")
    assert agent.done(agent.month(TRADE)).amount == D("800.00")
    agent.done(agent.seal(TRADE, "杨*"))
    assert agent.unit(TRADE).people == 0
    assert [amount for _, amount in agent.visit.moved()] == [80000] * 5


def test_p02_is_unsealed_with_the_ratios_of_now(agent: Agent) -> None:
    """Sealed with 10 %, unsealed with the unit's 8 %: 560.00 each."""
    order = agent.unseal(TRADE, "李*")
    assert agent.sums(order) == {
        "李*": "1120.00",
        "办理后人数": "2",
        "现在月缴存额": "800.00",
        "办理后月缴存额": "1920.00",
        "起始日期": "2026-01-01",
    }
    agent.done(order)
    unit = agent.unit(TRADE)
    assert (unit.people, unit.sealed, unit.due) == (2, 1, D("1920.00"))
    assert (unit.months_in_arrears, unit.arrears) == (4, D("3200.00"))
    listed = agent.visit.ask.units.month(unit.id, JANUARY)
    assert sorted(share.amount for share in listed.shares) == [D("800.00"), D("1120.00")]
    agent.refuses(agent.unseal(TRADE, "吴*"), "employee-elsewhere")


def test_an_employee_of_another_unit_is_not_found(agent: Agent) -> None:
    stranger = agent.staff(TRADE)["杨*"].id
    order = agent.seal(BUILDERS, "孙*")
    agent.refuses(order.model_copy(update={"employees": (stranger,)}), "not-found")


# -- 比例、基数 -----------------------------------------------------------------------------------


def test_the_builders_ratios_become_ten_per_cent(agent: Agent) -> None:
    order = agent.ratio(BUILDERS, "0.10", "0.10")
    assert agent.sums(order) == {
        "单位每月缴": "2470.00",
        "个人每月缴": "2470.00",
        "办理后人数": "3",
        "现在月缴存额": "5928.00",
        "办理后月缴存额": "4940.00",
        "起始日期": "2026-02-01",
    }
    draft = agent.visit.drafted(order)
    assert [text.id for text in draft.texts] == ["unit-resolution"]
    assert agent.visit.confirm(draft) is OperationState.CONFIRMED
    assert agent.visit.committer.commit(draft.id).state is OperationState.DONE
    agent.visit.money.told(draft.id)
    copy = AgreementCopyOrder(kind="agreement-copy", operation=draft.id, key="k" * 16)
    agent.visit.ask.make_document(copy)
    unit = agent.unit(BUILDERS)
    assert [record.unit for record in agent.visit.ask.documents()] == [unit.id]
    assert (unit.employer_ratio, unit.personal_ratio) == (D("0.10"), D("0.10"))
    assert unit.due == 5928
    listed = agent.visit.ask.units.month(unit.id, JANUARY)
    assert [share.employer_amount for share in listed.shares] == [900, 864, 1200]
    refusal = agent.judged(Business.UNIT_RATIO_CHANGE)[BUILDERS].refusal
    assert refusal
    assert "2027-01-15" in refusal.reason.zh


@pytest.mark.parametrize(
    ("unit", "employer", "personal", "code"),
    [
        (BUILDERS, "0.12", "0.12", "ratio-same"),
        (BUILDERS, "0.13", "0.12", "ratio-outside"),
        (BUILDERS, "0.12", "0.04", "ratio-outside"),
        (TRADE, "0.10", "0.10", "unit-owes-first"),
    ],
)
def test_ratios_that_are_refused(
    agent: Agent, unit: str, employer: str, personal: str, code: str
) -> None:
    agent.refuses(agent.ratio(unit, employer, personal), code)


def test_employer_and_employee_may_pay_differently(agent: Agent) -> None:
    agent.done(agent.ratio(BUILDERS, "0.12", "0.05"))
    unit = agent.unit(BUILDERS)
    assert (unit.employer_ratio, unit.personal_ratio) == (D("0.12"), D("0.05"))
    assert sum(each.amount for each in agent.staff(BUILDERS).values()) == D("4199.00")


def test_bases_are_adjusted_in_july_only_unless_the_centre_opens_them(agent: Agent) -> None:
    order = agent.bases(BUILDERS, 王="12000.00", 孙="7500.00")
    with pytest.raises(Refusal, match="service-closed"):
        agent.visit.drafted(order)
    agent.visit.lever("PUT", "/offers/unit-base", {"open": True})
    assert agent.sums(order) == {
        "王*": "2880.00",
        "孙*": "1800.00",
        "办理后人数": "3",
        "现在月缴存额": "5928.00",
        "办理后月缴存额": "6408.00",
        "起始日期": "2026-02-01",
    }
    agent.done(order)
    assert agent.staff(BUILDERS)["王*"].base == D("12000.00")


@pytest.mark.parametrize(
    ("base", "code"),
    [("2199.99", "base-outside"), ("28000.01", "base-outside"), ("10000.00", "base-same")],
)
def test_bases_that_are_refused(agent: Agent, base: str, code: str) -> None:
    agent.visit.lever("PUT", "/offers/unit-base", {"open": True})
    agent.refuses(agent.bases(BUILDERS, 王=base), code)


def test_bases_of_a_unit_that_owes_or_of_who_is_sealed_are_not_adjusted(agent: Agent) -> None:
    agent.visit.lever("PUT", "/offers/unit-base", {"open": True})
    agent.refuses(agent.bases(TRADE, 杨="6000.00"), "unit-owes-first")
    agent.done(agent.seal(BUILDERS, "王*"))
    agent.refuses(agent.bases(BUILDERS, 王="12000.00"), "not-found")


# -- 汇缴 -----------------------------------------------------------------------------------------


def test_the_month_is_paid_once_and_only_the_present_one(agent: Agent) -> None:
    agent.refuses(agent.month(BUILDERS), "month-paid")
    agent.done(agent.back(TRADE))
    agent.refuses(agent.month(TRADE, date(2026, 2, 1)), "month-not-payable")
    assert agent.sums(agent.month(TRADE)) == {
        "缴存月数": "1",
        "人次": "1",
        "单位部分": "400.00",
        "个人部分": "400.00",
        "合计": "800.00",
    }
    agent.done(agent.month(TRADE))
    unit = agent.unit(TRADE)
    assert (unit.paid, unit.paid_to) == (True, JANUARY)
    agent.refuses(agent.month(TRADE), "month-paid")


def test_nothing_is_changed_while_a_payment_is_under_way(agent: Agent) -> None:
    draft = agent.visit.drafted(agent.back(TRADE))
    assert agent.visit.confirm(draft) is OperationState.CONFIRMED
    agent.refuses(agent.unseal(TRADE, "李*"), "unit-under-way")
    agent.refuses(agent.ratio(TRADE, "0.10", "0.10"), "unit-under-way")
    agent.visit.drafted(agent.seal(BUILDERS, "孙*"))  # another unit
    assert agent.visit.committer.commit(draft.id).state is OperationState.DONE


def test_nothing_is_paid_while_people_change(agent: Agent) -> None:
    draft = agent.visit.drafted(agent.unseal(TRADE, "李*"))
    assert agent.visit.confirm(draft) is OperationState.CONFIRMED
    agent.refuses(agent.back(TRADE), "unit-under-way")


def test_no_other_amount_is_paid_than_was_confirmed(agent: Agent) -> None:
    """Somebody is unsealed between the draft of a payment and its confirmation."""
    agent.done(agent.back(TRADE))
    draft = agent.visit.drafted(agent.month(TRADE))
    agent.done(agent.unseal(TRADE, "李*"))
    assert draft.amount == D("800.00")
    assert agent.visit.confirm(draft) is OperationState.CONFIRMED
    assert agent.visit.committer.commit(draft.id).state is OperationState.REFUSED
    refusal = agent.visit.money.operation(draft.id).refusal
    assert refusal
    assert refusal.code == "quote-outdated"
    agent.visit.money.told(draft.id)
    assert agent.done(agent.month(TRADE)).amount == D("1920.00")


# -- 职工开户 -------------------------------------------------------------------------------------


def test_a_newcomer_gets_an_account_and_can_sign_in(
    agent: Agent, visits: Visits, centre: ServedCentre
) -> None:
    order = agent.enrol("P14")
    assert agent.sums(order) == {
        "缴存基数": "5000.00",
        "单位每月缴": "600.00",
        "个人每月缴": "600.00",
        "办理后人数": "4",
        "现在月缴存额": "5928.00",
        "办理后月缴存额": "7128.00",
        "起始日期": "2026-02-01",
    }
    done = agent.done(order)
    assert [effect.zh for effect in done.effects] == ["为褚*开立个人账户，2026年2月起缴存。"]
    unit = agent.unit(BUILDERS)
    assert (unit.people, unit.due, unit.paid) == (4, D("5928.00"), True)
    agent.refuses(agent.enrol("P14"), "employee-has-account")
    newcomer = visits("P14", terminal="YL-0002")
    (account,) = newcomer.ask.accounts()
    assert (account.balance.reveal(), account.base) == (D("0.00"), D("5000.00"))
    assert account.employer == BUILDERS


@pytest.mark.parametrize(
    ("persona", "changes", "code"),
    [
        ("P13", {}, "card-expired"),
        ("P17", {}, "card-lost"),
        ("P01", {}, "employee-has-account"),
        ("P14", {"name": "褚英"}, "card-name-differs"),
        ("P14", {"number": "110105194912310026"}, "employee-unknown"),
        ("P14", {"base": "2199.99"}, "base-outside"),
    ],
)
def test_cards_that_get_no_account(
    agent: Agent, persona: str, changes: dict[str, str], code: str
) -> None:
    agent.refuses(agent.enrol(persona, **changes), code)


# -- 信息变更、单位开户 ---------------------------------------------------------------------------


def data(agent: Agent, unit: str, field: str, at: int = 0) -> UnitDataOrder:
    fields = {each.field: each for each in agent.judged(Business.UNIT_DATA_CHANGE)[unit].fields}
    return UnitDataOrder(
        business=Business.UNIT_DATA_CHANGE,
        unit=agent.unit(unit).id,
        field=field,
        value=Sensitive(fields[field].choices[at].code),
    )


def closed(eligibility: Eligibility) -> dict[str, str | None]:
    return {each.field: each.refusal.code if each.refusal else None for each in eligibility.fields}


def test_what_the_market_register_says_is_taken_over(agent: Agent) -> None:
    judged = agent.judged(Business.UNIT_DATA_CHANGE)
    assert closed(judged[BUILDERS]) == {
        "address": None,
        "representative": "as-in-register",
        "pay_day": None,
    }
    assert closed(judged[TRADE])["address"] == "as-in-register"
    agent.done(data(agent, BUILDERS, "address"))
    agent.done(data(agent, BUILDERS, "pay_day"))
    agent.done(data(agent, TRADE, "representative"))
    builders = agent.unit(BUILDERS)
    assert builders.address == "演示省云岭市示范区建设路18号"
    assert builders.pay_day == 5
    assert agent.unit(TRADE).representative.reveal() == "林芳"
    assert closed(agent.judged(Business.UNIT_DATA_CHANGE)[BUILDERS])["address"] == "as-in-register"


def test_a_unit_gets_no_data_that_the_centre_does_not_offer(agent: Agent) -> None:
    order = data(agent, BUILDERS, "address")
    other = order.model_copy(update={"unit": agent.unit(TRADE).id})
    with pytest.raises(Refusal, match="not-offered-here"):
        agent.visit.drafted(other)


def opening(terms: Eligibility, employer: str = "0.08") -> UnitOpeningOrder:
    assert terms.unit
    return UnitOpeningOrder(
        business=Business.UNIT_OPENING,
        unit=terms.unit,
        employer_ratio=D(employer),
        personal_ratio=D("0.08"),
    )


def companies(visit: OperationVisit) -> dict[CentreWords | None, Eligibility]:
    found = visit.money.eligibility("unit")
    return {
        each.fields[0].held.reveal() if each.fields else None: each
        for each in found
        if each.business is Business.UNIT_OPENING
    }


def test_a_company_gets_an_account_and_its_agent_may_act_for_it(agent: Agent) -> None:
    found = {name.zh: each for name, each in companies(agent.visit).items() if name}
    codes = {name: each.refusal.code if each.refusal else "" for name, each in found.items()}
    assert codes == {
        BUILDERS: "company-has-account",
        TRADE: "company-has-account",
        "云岭餐饮(演示)": "",
    }
    order = opening(found["云岭餐饮(演示)"])
    with pytest.raises(Refusal, match="ratio-outside"):
        agent.visit.drafted(opening(found["云岭餐饮(演示)"], "0.13"))
    agent.done(order)
    unit = agent.unit("云岭餐饮(演示)")
    assert (unit.people, unit.due, unit.paid, unit.paid_to) == (0, D("0.00"), True, None)
    assert (unit.status, unit.employer_ratio) == ("02", D("0.08"))
    with pytest.raises(Refusal, match="company-has-account"):
        agent.visit.drafted(order)
    with pytest.raises(Refusal, match="not-found"):
        agent.visit.drafted(order.model_copy(update={"unit": "nobody"}))


@pytest.mark.parametrize(("persona", "code"), [("P06", "company-revoked"), ("P01", "no-company")])
def test_companies_that_get_no_account(visits: Visits, persona: str, code: str) -> None:
    (terms,) = companies(visits(persona)).values()
    assert terms.refusal
    assert terms.refusal.code == code


def test_who_is_no_agent_can_do_nothing_for_units(visits: Visits) -> None:
    found = visits("P03").money.eligibility("unit")
    assert {each.refusal.code for each in found if each.refusal} == {"not-agent", "no-company"}


@pytest.mark.parametrize("chosen", [(), ("e", "e"), tuple(map(str, range(21)))])
def test_an_order_names_each_employee_once_and_twenty_at_most(chosen: Sequence[str]) -> None:
    with pytest.raises(ValueError, match="employees"):
        UnitPeopleOrder.model_validate(
            {"business": "unit-sealing", "unit": "u", "employees": chosen}
        )


def test_an_order_names_each_base_once() -> None:
    base = {"employee": "e", "grjcjs": "5000.00"}
    with pytest.raises(ValueError, match="bases"):
        UnitBaseOrder.model_validate(
            {"business": "unit-base-change", "unit": "u", "bases": [base, base]}
        )
