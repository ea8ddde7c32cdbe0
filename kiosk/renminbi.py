"""Money in words 人民币大写, as papers and confirmations write it beside the figures."""

from __future__ import annotations

from decimal import Decimal

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_UNITS = ((10**8, "亿"), (10**4, "万"), (1000, "仟"), (100, "佰"), (10, "拾"))


def in_words(amount: Decimal) -> str:
    """``amount`` in 人民币大写, from 0 up to below 10^16 yuan, two places.

    Frozen choices where usage differs: 0.05 is 伍分, 100000.10 is 壹拾万元壹角整, a missing jiao
    between yuan and fen is 零 (1.05 is 壹元零伍分). Raises ``ValueError`` outside the range.
    """
    if not 0 <= amount < 10**16 or amount != round(amount, 2):
        raise ValueError("an amount from 0 with two places is needed")
    yuan, fen = divmod(int(amount * 100), 100)
    jiao, fen = divmod(fen, 10)
    words = _whole_in_words(yuan) + "元" if yuan else ""
    if jiao:
        words += _DIGITS[jiao] + "角"
    elif fen and yuan:
        words += "零"
    if fen:
        return words + _DIGITS[fen] + "分"
    return (words or "零元") + "整"


def _whole_in_words(number: int) -> str:
    """The words of a whole number from 1 up, with one 零 for every gap."""
    for unit, name in _UNITS:
        if number >= unit:
            high, low = divmod(number, unit)
            gap = "零" if 0 < low < unit // 10 else ""
            return _whole_in_words(high) + name + gap + (_whole_in_words(low) if low else "")
    return _DIGITS[number]
