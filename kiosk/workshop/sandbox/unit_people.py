"""人员增减、基数、比例: how the stand-in judges and carries out what changes a unit's payments."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

from kiosk import calculations as rules
from kiosk.centre.evidence import CardEvidence
from kiosk.centre.models import CentreWords
from kiosk.centre.operations import AgreedText, Change, TrialLine
from kiosk.operation import Business
from kiosk.privacy import Sensitive, mask_name
from kiosk.workshop.sandbox.cases import (
    BusinessRule,
    Movement,
    OrderTarget,
    PersonCase,
    Terms,
    words,
)
from kiosk.workshop.sandbox.recognition import names_person
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.store import Row, fen, yuan
from kiosk.workshop.sandbox.unit_plans import (
    MOST_NAMED,
    PAYMENTS,
    YUAN,
    Planner,
    UnitPlan,
    accounts_of,
    changes_by,
    effects_by,
    first_unpaid,
    judge_units,
    limits,
    monthly,
    must_be_idle,
    must_be_lawful,
    must_be_within,
    must_owe_nothing,
    note,
    parts,
    paying,
    trial_by,
    unit_of,
    worded_month,
)
from kiosk.workshop.sandbox.units import masked, why_no_sealing, why_no_unsealing

_OPENED, _UNSEALED, _SEALED, _NEW_BASE, _OTHER = "03", "04", "05", "10", "99"
"""A.5."""
RATIO_STAYS_MONTHS = 12
"""So long a ratio stays as it is."""
RESOLUTION = AgreedText(
    id="unit-resolution",
    version="2026-01",
    title=words("决议承诺书", "Resolution"),
    short=words(
        "单位承诺：调整已经职工代表大会或工会讨论通过。",
        "The employer promises: the employees' assembly or the union has agreed.",
    ),
    text="本单位承诺：本次缴存比例调整已经本单位职工代表大会或者工会讨论通过，决议原件由本单位留存，"
    "住房公积金管理中心可以随时查验。承诺不实的，本单位依法承担责任，并恢复原缴存比例、补缴差额。",
)


# -- 封存、启封 -----------------------------------------------------------------------------------


def _judge_people(business: Business, case: PersonCase) -> list[Terms]:
    def terms(unit: Row) -> Terms:
        must_be_idle(case, unit, PAYMENTS)
        return Terms(business, unit=unit, payee=False, limits=limits())

    return judge_units(case, business, terms)


def _plan_sealing(case: PersonCase, target: OrderTarget) -> UnitPlan:
    unit = unit_of(case, target)["number"]
    chosen = accounts_of(case, target, json.loads(target.value or "[]"))
    month = case.today.replace(day=1)
    for row in chosen:
        if no := why_no_sealing(row, month):
            raise no
    before = paying(case, unit)
    names = _names(chosen)
    since = rules.add_months(month, 1)
    sum_before = sum(map(monthly, before))
    return UnitPlan(
        title=words(f"封存{len(chosen)}人", f"Seal {len(chosen)} accounts"),
        people=(len(before), len(before) - len(chosen)),
        monthly=(sum_before, sum_before - sum(map(monthly, chosen))),
        since=since,
        lines=_named(chosen),
        effects=(
            words(
                f"封存{names}，{worded_month(since)}起不再缴存。",
                f"Sealed: {names}; nothing is paid from {since:%Y-%m} on.",
            ),
        ),
    )


def _seal(case: PersonCase, target: OrderTarget, terms: Terms, serial: str) -> list[Movement]:
    for at, row in enumerate(accounts_of(case, target, json.loads(target.value or "[]"))):
        case.store.run(
            "UPDATE account SET status = '02', sealed_on = ? WHERE number = ?",
            case.today.isoformat(),
            row["number"],
        )
        note(case, row["number"], _SEALED, f"{serial}{at:03}")
    return []


def _plan_unsealing(case: PersonCase, target: OrderTarget) -> UnitPlan:
    unit = unit_of(case, target)
    chosen = accounts_of(case, target, json.loads(target.value or "[]"))
    for row in chosen:
        if no := why_no_unsealing(case.store, row):
            raise no
    before, since = paying(case, unit["number"]), first_unpaid(case, unit["number"])
    new = [(row, sum(_parts_of(row, unit))) for row in chosen]
    names, sum_before = _names(chosen), sum(map(monthly, before))
    return UnitPlan(
        title=words(f"启封{len(chosen)}人", f"Unseal {len(chosen)} accounts"),
        people=(len(before), len(before) + len(chosen)),
        monthly=(sum_before, sum_before + sum(amount for _, amount in new)),
        since=since,
        lines=tuple(_line(row, amount) for row, amount in new[:MOST_NAMED]),
        effects=(
            words(
                f"启封{names}，{worded_month(since)}起按单位现在的比例缴存。",
                f"Unsealed: {names}; paid for from {since:%Y-%m} on, with today's ratios.",
            ),
        ),
    )


def _unseal(case: PersonCase, target: OrderTarget, terms: Terms, serial: str) -> list[Movement]:
    unit = unit_of(case, target)
    since = first_unpaid(case, unit["number"])
    for at, row in enumerate(accounts_of(case, target, json.loads(target.value or "[]"))):
        employer, personal = _parts_of(row, unit)
        case.store.run(
            "UPDATE account SET status = '01', sealed_on = NULL, base = ?, employer_ratio = ?, "
            "personal_ratio = ?, employer_amount = ?, personal_amount = ?, paid_to = ? "
            "WHERE number = ?",
            _base_of(row),
            unit["employer_ratio"],
            unit["personal_ratio"],
            employer,
            personal,
            rules.add_months(since, -1).isoformat(),
            row["number"],
        )
        note(case, row["number"], _UNSEALED, f"{serial}{at:03}")
    return []


def _base_of(row: Row) -> int:
    """The base of an account that is unsealed: its own, at least the city's least."""
    return max(int(row["base"]), fen(limits().least_base))


def _parts_of(row: Row, unit: Row) -> tuple[int, int]:
    return parts(_base_of(row), unit["employer_ratio"], unit["personal_ratio"])


# -- 基数、比例 -----------------------------------------------------------------------------------


def _judge_base(case: PersonCase) -> list[Terms]:
    def terms(unit: Row) -> Terms:
        must_be_idle(case, unit, PAYMENTS)
        must_owe_nothing(case, unit)
        return Terms(Business.UNIT_BASE_CHANGE, unit=unit, payee=False, limits=limits())

    return judge_units(case, Business.UNIT_BASE_CHANGE, terms)


def _plan_bases(case: PersonCase, target: OrderTarget) -> UnitPlan:
    unit = unit_of(case, target)["number"]
    new: dict[str, int] = json.loads(target.value or "{}")
    chosen = accounts_of(case, target, list(new))
    before, since = paying(case, unit), first_unpaid(case, unit)
    if any(row not in before for row in chosen):
        raise Refused("not-found")
    for base in new.values():
        must_be_within(base)
    if all(row["base"] == new[row["number"]] for row in chosen):
        raise Refused("base-same")
    after = [(row, sum(_with_base(row, new[row["number"]]))) for row in chosen]
    names, sum_before = _names(chosen), sum(map(monthly, before))
    return UnitPlan(
        title=words(f"调整{len(chosen)}人的基数", f"New bases of {len(chosen)} people"),
        people=(len(before), len(before)),
        monthly=(
            sum_before,
            sum_before + sum(amount - monthly(row) for row, amount in after),
        ),
        since=since,
        lines=tuple(_line(row, amount) for row, amount in after[:MOST_NAMED]),
        effects=(
            words(
                f"{names}的缴存基数调整，{worded_month(since)}起执行。",
                f"New bases of {names} from {since:%Y-%m} on.",
            ),
        ),
    )


def _with_base(row: Row, base: int) -> tuple[int, int]:
    return parts(base, row["employer_ratio"], row["personal_ratio"])


def _set_bases(case: PersonCase, target: OrderTarget, terms: Terms, serial: str) -> list[Movement]:
    new: dict[str, int] = json.loads(target.value or "{}")
    for at, row in enumerate(accounts_of(case, target, list(new))):
        employer, personal = _with_base(row, new[row["number"]])
        case.store.run(
            "UPDATE account SET base = ?, employer_amount = ?, personal_amount = ? "
            "WHERE number = ?",
            new[row["number"]],
            employer,
            personal,
            row["number"],
        )
        note(case, row["number"], _NEW_BASE, f"{serial}{at:03}")
    return []


def _judge_ratio(case: PersonCase) -> list[Terms]:
    def terms(unit: Row) -> Terms:
        must_be_idle(case, unit, PAYMENTS)
        must_owe_nothing(case, unit)
        again = rules.add_months(date.fromisoformat(unit["ratio_since"]), RATIO_STAYS_MONTHS)
        if again > case.today:
            raise Refused("ratio-not-yet", day=again.isoformat())
        return Terms(
            Business.UNIT_RATIO_CHANGE,
            unit=unit,
            payee=False,
            texts=(RESOLUTION,),
            limits=limits(),
        )

    return judge_units(case, Business.UNIT_RATIO_CHANGE, terms)


def _plan_ratio(case: PersonCase, target: OrderTarget) -> UnitPlan:
    unit = unit_of(case, target)
    employer, personal = json.loads(target.value or "[0, 0]")
    must_be_lawful((employer, personal))
    if (employer, personal) == (unit["employer_ratio"], unit["personal_ratio"]):
        raise Refused("ratio-same")
    before, since = paying(case, unit["number"]), first_unpaid(case, unit["number"])
    new = [parts(row["base"], employer, personal) for row in before]
    theirs, own = (sum(each) for each in zip(*new, strict=True)) if new else (0, 0)
    return UnitPlan(
        title=_both(employer, personal),
        people=(len(before), len(before)),
        monthly=(sum(map(monthly, before)), theirs + own),
        since=since,
        lines=(
            TrialLine(
                label=words("单位每月缴", "Employer's part a month"), money=yuan(theirs), unit=YUAN
            ),
            TrialLine(
                label=words("个人每月缴", "Personal part a month"), money=yuan(own), unit=YUAN
            ),
        ),
        effects=(
            words(
                f"缴存比例由单位{unit['employer_ratio']}%、个人{unit['personal_ratio']}%"
                f"调整为单位{employer}%、个人{personal}%，{worded_month(since)}起执行，"
                f"{RATIO_STAYS_MONTHS}个月内不再调整。",
                f"Ratios from {unit['employer_ratio']} % and {unit['personal_ratio']} % to "
                f"{employer} % and {personal} % from {since:%Y-%m} on, for "
                f"{RATIO_STAYS_MONTHS} months at least.",
            ),
        ),
        more=(
            Change(
                field="ratio",
                label=words("缴存比例", "ratios"),
                before=Sensitive(_both(unit["employer_ratio"], unit["personal_ratio"])),
                after=Sensitive(_both(employer, personal)),
            ),
        ),
    )


def _both(employer: int, personal: int) -> CentreWords:
    return words(
        f"单位{employer}%、个人{personal}%", f"employer {employer} %, personal {personal} %"
    )


def _set_ratio(case: PersonCase, target: OrderTarget, terms: Terms, serial: str) -> list[Movement]:
    employer, personal = json.loads(target.value or "[0, 0]")
    assert target.unit
    for at, row in enumerate(paying(case, target.unit)):
        theirs, own = parts(row["base"], employer, personal)
        case.store.run(
            "UPDATE account SET employer_ratio = ?, personal_ratio = ?, employer_amount = ?, "
            "personal_amount = ? WHERE number = ?",
            employer,
            personal,
            theirs,
            own,
            row["number"],
        )
        note(case, row["number"], _OTHER, f"{serial}{at:03}")
    case.store.run(
        "UPDATE unit SET employer_ratio = ?, personal_ratio = ?, ratio_since = ? WHERE number = ?",
        employer,
        personal,
        case.today.isoformat(),
        target.unit,
    )
    return []


# -- 职工开户 -------------------------------------------------------------------------------------


def _newcomer(case: PersonCase, target: OrderTarget) -> tuple[Row, int]:
    """Whom the card names, and the base in fen. Refuses card-expired, employee-unknown, card-lost,
    card-name-differs, employee-has-account, base-outside."""
    read = json.loads(target.value or "{}")
    base = read.pop("base")
    card = CardEvidence.model_validate(read)
    if card.valid_to and card.valid_to < f"{case.today:%Y%m%d}":
        raise Refused("card-expired")
    person = case.store.one(
        "SELECT * FROM person WHERE number = ? AND card_kind = ?", card.number.reveal(), card.kind
    )
    if person is None:
        raise Refused("employee-unknown")
    if person["lost"]:
        raise Refused("card-lost")
    if not names_person(card, person):
        raise Refused("card-name-differs")
    if case.store.one(
        "SELECT 1 FROM account WHERE person = ? AND status NOT IN ('03', '04', '05')",
        person["id"],
    ):
        raise Refused("employee-has-account")
    must_be_within(base)
    return person, base


def _plan_enrolment(case: PersonCase, target: OrderTarget) -> UnitPlan:
    unit = unit_of(case, target)
    person, base = _newcomer(case, target)
    before, since = paying(case, unit["number"]), first_unpaid(case, unit["number"])
    theirs, own = parts(base, unit["employer_ratio"], unit["personal_ratio"])
    name, sum_before = mask_name(person["name"] or person["name_latin"]), sum(map(monthly, before))
    return UnitPlan(
        title=words(f"为{name}开户", f"An account for {name}"),
        people=(len(before), len(before) + 1),
        monthly=(sum_before, sum_before + theirs + own),
        since=since,
        lines=(
            TrialLine(label=words("缴存基数", "Base"), money=yuan(base), unit=YUAN),
            TrialLine(
                label=words("单位每月缴", "Employer's part a month"), money=yuan(theirs), unit=YUAN
            ),
            TrialLine(
                label=words("个人每月缴", "Personal part a month"), money=yuan(own), unit=YUAN
            ),
        ),
        effects=(
            words(
                f"为{name}开立个人账户，{worded_month(since)}起缴存。",
                f"An account for {name}, paid for from {since:%Y-%m} on.",
            ),
        ),
    )


def _enrol(case: PersonCase, target: OrderTarget, terms: Terms, serial: str) -> list[Movement]:
    unit = unit_of(case, target)
    person, base = _newcomer(case, target)
    theirs, own = parts(base, unit["employer_ratio"], unit["personal_ratio"])
    known = case.store.count("SELECT count(*) FROM account")
    number = f"99{case.today:%y%m%d}{known + 1:05}"
    since = first_unpaid(case, unit["number"])
    case.store.insert(
        "account",
        {
            "number": number,
            "person": person["id"],
            "employer": unit["number"],
            "status": "01",
            "opened": case.today.isoformat(),
            "base": base,
            "personal_ratio": unit["personal_ratio"],
            "employer_ratio": unit["employer_ratio"],
            "personal_amount": own,
            "employer_amount": theirs,
            "balance": 0,
            "paid_to": rules.add_months(since, -1).isoformat(),
        },
    )
    note(case, number, _OPENED, f"{serial}000")
    return []


# -- inside ---------------------------------------------------------------------------------------


def _names(rows: list[Row]) -> str:
    return "、".join(masked(row) for row in rows)


def _named(rows: list[Row]) -> tuple[TrialLine, ...]:
    return tuple(_line(row, monthly(row)) for row in rows[:MOST_NAMED])


def _line(row: Row, amount: int) -> TrialLine:
    return TrialLine(label=CentreWords(zh=masked(row), en=masked(row)), money=yuan(amount),
                     unit=YUAN)  # fmt: skip


def _rule(
    business: Business,
    service: str,
    judge: Callable[[PersonCase], list[Terms]],
    carry_out: Callable[[PersonCase, OrderTarget, Terms, str], list[Movement]],
    plan: Planner,
) -> BusinessRule:
    """One business about a unit's people: what is tried, quoted and changed comes of its plan."""
    return BusinessRule(
        business=business,
        group="unit",
        kind="unit-people",
        service=service,
        judge=judge,
        carry_out=carry_out,
        trial=trial_by(plan),
        changes=changes_by(plan),
        effects=effects_by(plan),
    )


def _about_people(
    business: Business,
    carry_out: Callable[[PersonCase, OrderTarget, Terms, str], list[Movement]],
    plan: Planner,
) -> BusinessRule:
    return _rule(
        business, "unit-people", lambda case: _judge_people(business, case), carry_out, plan
    )


RULES = (
    _about_people(Business.UNIT_ENROLMENT, _enrol, _plan_enrolment),
    _about_people(Business.UNIT_SEALING, _seal, _plan_sealing),
    _about_people(Business.UNIT_UNSEALING, _unseal, _plan_unsealing),
    _rule(Business.UNIT_BASE_CHANGE, "unit-base", _judge_base, _set_bases, _plan_bases),
    _rule(Business.UNIT_RATIO_CHANGE, "unit-ratio", _judge_ratio, _set_ratio, _plan_ratio),
)
