"""What everybody may read without signing in: rates, news, questions, guides, housing projects.

Names and forms follow ``kiosk.centre.models``. The terminal keeps the whole of it for the time when
the centre cannot be reached (``kiosk.centre.shelf``), so nothing here is about a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from kiosk.calculations import LoanPolicy, Rounding
from kiosk.centre.models import Catalogue, CentreWords, Day, Money, Rate, Ratio, WireModel, line

Version = Annotated[str, line(32, least=1)]
"""Which edition of a text this is, such as 2026-01."""
ArticleId = Annotated[str, line(32, least=1)]

LONG_TERM_YEARS = 5
"""Loans of more years have the long rate (A.2: 五年以下, 五年以上)."""


class LoanRates(WireModel):
    """The yearly rates of loans 个人住房公积金贷款利率 from ``since`` on, until a later table."""

    since: Day
    first_short: Rate  # first home 首套, five years at most (A.2 01)
    first_long: Rate  # first home, longer (A.2 02)
    second_short: Rate  # second home 二套
    second_long: Rate

    def rate(self, years: int, *, first_home: bool) -> Decimal:
        """The rate of a loan of so many years."""
        short = years <= LONG_TERM_YEARS
        if first_home:
            return self.first_short if short else self.first_long
        return self.second_short if short else self.second_long


class Parameters(WireModel):
    """The centre's policy parameters 政策参数 (JGJ/T 320 table 4.0.4): they differ by city."""

    least_ratio: Ratio = Field(alias="grjcblxx")
    most_ratio: Ratio = Field(alias="grjcblsx")
    least_base: Money
    most_base: Money
    rounding: Rounding
    most_loan: Money = Field(alias="grzfdkzged")  # of one borrower
    most_loan_together: Money  # of a couple that both contribute
    balance_times: int = Field(ge=1, le=100)  # so many times the balance of the account
    share_of_price: Ratio = Field(alias="grzfdkzgdkbl")
    share_of_income: Ratio  # the instalment may be this fraction of the monthly income
    most_years: int = Field(alias="grzfdkzcnx", ge=1, le=40)

    @property
    def loan_policy(self) -> LoanPolicy:
        """What bounds the amount of a loan."""
        return LoanPolicy(
            most=self.most_loan,
            most_together=self.most_loan_together,
            balance_times=Decimal(self.balance_times),
            share_of_price=self.share_of_price,
            share_of_income=self.share_of_income,
            years=self.most_years,
        )


class Article(WireModel):
    """One text of the centre: news 动态, a question 常见问题 with its answer, a policy 政策."""

    id: ArticleId
    kind: Literal["news", "question", "policy"]
    version: Version
    day: Day  # since when this edition stands
    title: CentreWords
    paragraphs: tuple[CentreWords, ...] = Field(min_length=1, max_length=40)


class Guide(WireModel):
    """办事指南: what to bring to the counter for one business, and how long it takes there."""

    id: ArticleId
    version: Version
    day: Day
    title: CentreWords
    bring: tuple[CentreWords, ...] = Field(min_length=1, max_length=12)
    takes: CentreWords  # 办理时限
    here: CentreWords | None = None  # how it can be done at a terminal instead


class Project(WireModel):
    """合作楼盘: a housing project whose buyers may have fund loans. ``initial``: of the name in
    pinyin, by which it is found."""

    id: ArticleId
    name: CentreWords
    initial: str = Field(pattern=r"^[A-Z]$")
    county: CentreWords  # 区县
    address: CentreWords
    developer: CentreWords
    since: Day  # from when on loans are granted there


class Publication(WireModel):
    """All of it, in one edition: ``version`` is what the catalogue names."""

    version: int = Field(ge=1, le=2**53)
    deposit_rate: Rate  # of personal accounts 个人账户存款利率
    rates: tuple[LoanRates, ...] = Field(min_length=1, max_length=20)  # newest first
    parameters: Parameters
    articles: tuple[Article, ...] = Field(default=(), max_length=200)
    guides: tuple[Guide, ...] = Field(default=(), max_length=60)
    projects: tuple[Project, ...] = Field(default=(), max_length=500)

    def rates_on(self, day: date) -> LoanRates:
        """The rates of ``day``; before the oldest table, the oldest."""
        return next((each for each in self.rates if each.since <= day), self.rates[-1])

    def articles_of(self, kinds: Sequence[str]) -> tuple[Article, ...]:
        """The articles of these kinds, in the centre's order."""
        return tuple(article for article in self.articles if article.kind in kinds)


class KeptPublication(WireModel):
    """What a terminal keeps for the time without a centre: its offers, and what everybody may
    read."""

    catalogue: Catalogue
    publication: Publication
