"""Words for the codes of JGJ/T 320-2014, in two languages, plain ones beside the official ones."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

from kiosk.words import Language


class Table(StrEnum):
    """The code tables by their number in appendix A; the local ones have a name."""

    DOCUMENT_KIND = "A.1"  # 证件类型
    EMPLOYER_STATUS = "A.4"  # 单位账户状态
    BOOKING_KIND = "A.5"  # 归集和提取业务类型
    ACCOUNT_STATUS = "A.6"  # 个人账户状态
    WITHDRAWAL_REASON = "A.7"  # 提取原因
    WITHDRAWAL_WAY = "A.8"  # 提取方式
    REVERSAL = "A.9"  # 冲账标识
    SECURITY = "A.10"  # 担保类型
    REPAYMENT_WAY = "A.11"  # 还款方式
    LOAN_KIND = "A.12"  # 贷款类型
    HOUSE_KIND = "A.13"  # 房屋性质
    LOAN_RISK = "A.14"  # 风险等级
    LOAN_BOOKING_KIND = "A.15"  # 贷款业务明细类型
    LOAN_STATE = "loan"  # 贷款账户状态, local
    TRANSFER_STAGE = "transfer"  # 异地转入业务状态, of the national platform
    SEX = "sex"  # GB/T 2261.1
    NATION = "nation"  # GB/T 3304


@dataclass(frozen=True, slots=True)
class CodeWord:
    """One code and its words. ``say`` gives the official word, ``explain`` a plain one."""

    code: str
    zh: str
    en: str
    plain_zh: str = ""  # "" where the official word is plain enough
    plain_en: str = ""

    def say(self, language: Language) -> str:
        return self.zh if language is Language.ZH else self.en

    def explain(self, language: Language) -> str:
        """The meaning in plain words; the official word where nothing needs explaining."""
        plain = self.plain_zh if language is Language.ZH else self.plain_en
        return plain or self.say(language)


def word(table: Table | str, code: str) -> CodeWord:
    """The words of ``code`` in ``table`` (``"A.6"`` for short).

    A code without words is normal: 其他(xx), Other (xx). An unknown table is a ``ValueError``.
    """
    known = _tables()[Table(table)].get(code)
    return known or CodeWord(code, f"其他({code})", f"Other ({code})")


def known(table: Table) -> Mapping[str, CodeWord]:
    """All codes of ``table`` that have words, by code, in the order of the standard."""
    return _tables()[table]


@cache
def _tables() -> dict[Table, dict[str, CodeWord]]:
    path = resources.files("assets") / "codes.toml"
    text = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        table: {code: CodeWord(code, **words) for code, words in text[table].items()}
        for table in Table
    }
