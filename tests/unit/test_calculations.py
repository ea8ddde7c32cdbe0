"""The field's arithmetic, to the fen, against vectors that were computed apart from it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import calculations
from kiosk.calculations import deposit_interest, equal_instalment
from kiosk.renminbi import in_words

RATE = D("0.026")


def test_equal_instalments_600000_360() -> None:
    plan = list(calculations.equal_instalments(D(600000), RATE, 360))
    assert len(plan) == 360
    assert plan[0].amount == D("2402.04")
    assert [(p.principal, p.interest, p.balance) for p in (plan[0], plan[1], plan[5], plan[6])] == [
        (D("1102.04"), D("1300.00"), D("598897.96")),
        (D("1104.43"), D("1297.61"), D("597793.53")),
        (D("1114.03"), D("1288.01"), D("593351.84")),
        (D("1116.44"), D("1285.60"), D("592235.40")),
    ]
    assert plan[11].balance == D("586616.79")
    last = plan[-1]
    assert (last.amount, last.principal, last.interest) == (D("2401.11"), D("2395.92"), D("5.19"))
    assert sum(p.interest for p in plan) == D("264733.47")


def test_equal_principal_600000_360() -> None:
    plan = list(calculations.equal_principal(D(600000), RATE, 360))
    assert (plan[0].amount, plan[0].principal) == (D("2966.67"), D("1666.67"))
    assert plan[1].amount == D("2963.06")
    assert plan[-1].amount == D("1669.08")
    assert sum(p.interest for p in plan) == D("234649.55")


@pytest.mark.parametrize(
    ("principal", "terms", "rate", "amount", "last", "interest"),
    [
        (500000, 240, "0.026", "2673.94", None, "141745.64"),
        (450000, 300, "0.026", "2041.51", None, "162454.15"),
        (300000, 60, "0.021", "5271.46", "5271.60", "16287.74"),
    ],
)
def test_equal_instalments(
    principal: int, terms: int, rate: str, amount: str, last: str | None, interest: str
) -> None:
    plan = list(calculations.equal_instalments(D(principal), D(rate), terms))
    assert plan[0].amount == equal_instalment(D(principal), D(rate), terms) == D(amount)
    assert last is None or plan[-1].amount == D(last)
    assert sum(p.interest for p in plan) == D(interest)


def test_prepayment_that_keeps_the_term() -> None:
    plan = list(calculations.equal_instalments(D("493351.84"), RATE, 354, first_term=7))
    first = plan[0]
    assert (first.amount, first.principal, first.interest) == (
        D("1997.21"),
        D("928.28"),
        D("1068.93"),
    )
    assert (first.term, plan[-1].term, plan[-1].balance) == (7, 360, D("0.00"))
    assert sum(p.interest for p in plan) == D("213662.06")


def test_prepayment_that_keeps_the_payment() -> None:
    plan = list(calculations.equal_instalments(D("493351.84"), RATE, 354, payment=D("2402.04")))
    assert len(plan) == 273
    assert plan[-1].amount == D("119.29")
    assert sum(p.interest for p in plan) == D("160122.33")


@pytest.mark.parametrize(
    ("balance", "interest"), [("593351.84", "1157.04"), ("100000.00", "195.00")]
)
def test_accrued_interest_of_a_loan(balance: str, interest: str) -> None:
    assert calculations.accrued_loan_interest(D(balance), RATE, 27) == D(interest)


@pytest.mark.parametrize(
    ("due", "days", "penalty"),
    [(date(2025, 11, 20), 55, "12.16"), (date(2025, 12, 20), 25, "5.53")],
)
def test_penalty(due: date, days: int, penalty: str) -> None:
    assert calculations.days_30_360(due, date(2026, 1, 15)) == days
    assert calculations.penalty(D("2041.51"), RATE, days) == D(penalty)


def test_a_prepayment_both_ways() -> None:
    plans = calculations.prepaid(D("593351.84"), RATE, 354, D(100000), payment=D("2402.04"))
    interest = calculations.total_interest
    assert [len(plan) for plan in (plans.without, plans.shorter, plans.lower)] == [354, 273, 354]
    assert plans.without[-1].amount == D("2401.11")
    assert (plans.shorter[0].amount, plans.shorter[-1].amount) == (D("2402.04"), D("119.29"))
    assert (plans.lower[0].amount, plans.lower[0].balance) == (D("1997.21"), D("492423.56"))
    assert interest(plans.shorter) == D("160122.33")
    assert interest(plans.without) - interest(plans.shorter) == D("96847.06")
    assert interest(plans.lower) == D("213662.06")
    assert interest(plans.without) - interest(plans.lower) == D("43307.33")
    assert calculations.prepaid(D("593351.84"), RATE, 354, D(100000)) == plans


def test_a_plan_by_years() -> None:
    plan = list(calculations.equal_instalments(D(600000), RATE, 360))
    years = calculations.by_year(plan, date(2025, 7, 20))
    assert [years[0].year, years[1].year, years[-1].year] == [2025, 2026, 2055]
    assert (years[0].principal, years[0].interest) == (D("6648.16"), D("7764.08"))
    assert years[0].balance == D("593351.84")
    assert years[-1].balance == 0
    assert sum(year.principal for year in years) == 600000
    assert calculations.total_interest(plan) - years[0].interest == D("256969.39")
    half = next(year.year for year in years if year.balance <= 300000)
    assert half == 2043


def test_a_loan_without_interest() -> None:
    plan = list(calculations.equal_instalments(D(100), D(0), 3))
    assert [line.amount for line in plan] == [D("33.33"), D("33.33"), D("33.34")]
    assert plan[-1].balance == 0


POLICY = calculations.LoanPolicy(
    most=D(500000),
    most_together=D(800000),
    balance_times=D(15),
    share_of_price=D("0.8"),
    share_of_income=D("0.5"),
    years=30,
)


def limits(**given: object) -> dict[str, D]:
    facts = {
        "balance": D("56958.05"),
        "price": D(900000),
        "income": D(8000),
        "rate": RATE,
        "years": 30,
        "together": True,
    }
    found = calculations.loan_limits(POLICY, **(facts | given))  # type: ignore[arg-type]
    assert list(found) == sorted(found, key=lambda each: each.amount)
    return {each.reason: each.amount for each in found}


def test_how_much_can_be_borrowed() -> None:
    # 4000.00 a month for 360 months at 2.6 % pay off 999,150.69: floor to a thousand.
    assert limits() == {"price": 720000, "most": 800000, "balance": 854000, "income": 999000}
    assert limits(together=False)["most"] == 500000
    assert limits(years=10, rate=D(0))["income"] == 480000
    assert limits(balance=D(0))["balance"] == 0


@pytest.mark.parametrize("years", [1, 5, 20, 30])
def test_the_bearable_loan_has_a_bearable_instalment(years: int) -> None:
    most = limits(years=years)["income"]
    assert equal_instalment(most, RATE, years * 12) <= 4000
    assert equal_instalment(most + 1001, RATE, years * 12) > 4000


def test_deposit_interest_counts_the_first_day_and_not_the_last() -> None:
    deposits = [(calculations.add_months(date(2024, 7, 15), n), D(1920)) for n in range(12)]
    start, settled = date(2024, 7, 1), date(2025, 6, 30)
    assert deposit_interest(D(20000), deposits, start, settled) == D("478.05")
    assert deposit_interest(D(0), [(date(2025, 6, 15), D(500))], start, settled) == D("0.31")
    assert deposit_interest(D(100), [(settled, D(9999))], start, settled) == D("1.52")


@pytest.mark.parametrize(
    ("base", "ratio", "amount"), [("8000", "0.12", "960.00"), ("3333.33", "0.05", "166.67")]
)
def test_contribution(base: str, ratio: str, amount: str) -> None:
    assert calculations.contribution(D(base), D(ratio)) == D(amount)


@pytest.mark.parametrize(
    ("rounding", "amount"),
    [
        ("fen-half-up", "166.67"),
        ("yuan-half-up", "167.00"),
        ("yuan-floor", "166.00"),
        ("yuan-ceiling", "167.00"),
    ],
)
def test_how_a_contribution_is_rounded(rounding: calculations.Rounding, amount: str) -> None:
    found = calculations.contribution(D("3333.33"), D("0.05"), rounding)
    assert str(found) == amount


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2025, 1, 31), 1, date(2025, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2025, 11, 20), 2, date(2026, 1, 20)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2026, 1, 15), 2, date(2026, 3, 15)),
        (date(2025, 12, 31), 12, date(2026, 12, 31)),
    ],
)
def test_add_months(day: date, months: int, later: date) -> None:
    assert calculations.add_months(day, months) == later


@given(st.dates(date(1970, 1, 1), date(2100, 1, 1)), st.integers(-400, 400))
def test_months_between_undoes_add_months(day: date, months: int) -> None:
    assert calculations.months_between(day, calculations.add_months(day, months)) == months


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0.00", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("1.05", "壹元零伍分"),
        ("10.00", "壹拾元整"),
        ("1001.00", "壹仟零壹元整"),
        ("1010.10", "壹仟零壹拾元壹角整"),
        ("100000.10", "壹拾万元壹角整"),
        ("100000.00", "壹拾万元整"),
        ("100001.00", "壹拾万零壹元整"),
        ("110001.00", "壹拾壹万零壹元整"),
        ("100100000.00", "壹亿零壹拾万元整"),
        ("56958.05", "伍万陆仟玖佰伍拾捌元零伍分"),
        ("148066.23", "壹拾肆万捌仟零陆拾陆元贰角叁分"),
        ("100000000.00", "壹亿元整"),
        ("1000000000000.00", "壹万亿元整"),
        ("1000100000000.00", "壹万零壹亿元整"),
        ("9000000000000000.99", "玖仟万亿元玖角玖分"),
    ],
)
def test_amount_in_words(amount: str, words: str) -> None:
    assert in_words(D(amount)) == words


@pytest.mark.parametrize("amount", ["-0.01", "1.005", "10000000000000000", "-1"])
def test_amounts_that_have_no_words(amount: str) -> None:
    with pytest.raises(ValueError, match="two places"):
        in_words(D(amount))


def _read_back(words: str) -> D:
    """The amount that ``words`` say: an independent, left-to-right reading."""
    total = section = digit = D(0)
    scale = {"拾": 10, "佰": 100, "仟": 1000}
    for character in words:
        if character in "零壹贰叁肆伍陆柒捌玖":
            digit = D("零壹贰叁肆伍陆柒捌玖".index(character))
        elif character in scale:
            section, digit = section + digit * scale[character], D(0)
        elif character == "万":
            total, section, digit = total + (section + digit) * 10**4, D(0), D(0)
        elif character == "亿":
            total, section, digit = (total + section + digit) * 10**8, D(0), D(0)
        elif character == "元":
            total, section, digit = total + section + digit, D(0), D(0)
        elif character in "角分":
            total, digit = total + digit * (D("0.1") if character == "角" else D("0.01")), D(0)
    return total


@given(st.decimals(0, D("9999999999999999.99"), places=2))
def test_words_say_the_amount(amount: D) -> None:
    assert _read_back(in_words(amount)) == amount
    assert "零零" not in in_words(amount)


@pytest.mark.parametrize(
    ("birth", "kind", "month"),
    [
        ((1966, 1, 2), "man", (2026, 5)),
        ((1964, 12, 31), "man", (2024, 12)),
        ((1965, 1, 1), "man", (2025, 2)),
        ((1965, 4, 30), "man", (2025, 5)),
        ((1965, 5, 1), "man", (2025, 7)),
        ((1976, 8, 31), "man", (2039, 7)),
        ((1976, 9, 1), "man", (2039, 9)),
        ((1990, 3, 7), "man", (2053, 3)),
        ((1970, 1, 1), "cadre", (2025, 2)),
        ((1981, 12, 1), "cadre", (2039, 12)),
        ((1975, 1, 1), "worker", (2025, 2)),
        ((1975, 3, 1), "worker", (2025, 5)),
        ((1984, 11, 1), "worker", (2039, 11)),
        ((1990, 1, 1), "worker", (2045, 1)),
    ],
)
def test_retirement_month(
    birth: tuple[int, int, int],
    kind: calculations.Worker,
    month: tuple[int, int],
) -> None:
    assert calculations.retirement_month(date(*birth), kind) == date(*month, 1)
