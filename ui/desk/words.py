"""What the desk says, in Chinese and in English.

Apart from the catalogue of the terminal's words: no citizen sees the desk, and whoever translates
the terminal need not translate this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from kiosk.words import Language


class DeskWords(NamedTuple):
    """One thing in both languages."""

    zh: str
    en: str

    def say(self, language: Language) -> str:
        return self.zh if language is Language.ZH else self.en


DESK: Mapping[str, DeskWords] = {
    "title": DeskWords("操作台", "The desk"),
    "lead": DeskWords(
        "代替终端旁的人、手机和硬件；只用于演示和培训",
        "Plays the people, the phone and the hardware; for demo and training only",
    ),
    "all well": DeskWords("全部恢复正常", "All well"),
    "well": DeskWords("复原", "Mend"),
    "language": DeskWords("EN", "中文"),
    "people": DeskWords("来办事的人", "Who comes"),
    "put": DeskWords("放卡", "Put the card"),
    "lift": DeskWords("拿起卡", "Lift the card"),
    "in hand": DeskWords("在手里", "in the hand"),
    "phone": DeskWords("手机", "The phone"),
    "no message": DeskWords("还没有短信", "No message yet"),
    "no centre": DeskWords("没有连接模拟中心", "No stand-in centre"),
    "papers": DeskWords("出来的纸", "What came out"),
    "slips": DeskWords("凭条", "Slips"),
    "sheets": DeskWords("A4 纸", "A4"),
    "tear": DeskWords("撕下", "Tear off"),
    "take": DeskWords("取走", "Take"),
    "nothing": DeskWords("还没有", "Nothing yet"),
    "close": DeskWords("点任意处或按 Esc 关闭", "Click anywhere, or Esc, to close"),
    "reset": DeskWords("数据复原", "Reset data"),
    "film": DeskWords("镜头前的画面", "What it films"),
    "lens off": DeskWords("没有在拍", "Not filming"),
    "code": DeskWords("码里的内容", "What the code says"),
    "show": DeskWords("出示", "Show"),
    "remove": DeskWords("拿开", "Take away"),
    "pin": DeskWords("请输密码", "Enter the PIN"),
    "pad off": DeskWords("没有要密码", "No PIN is asked for"),
    "clear": DeskWords("清除", "Clear"),
    "backspace": DeskWords("退格", "Back"),
    "cancel": DeskWords("取消", "Cancel"),
    "enter": DeskWords("确认", "Enter"),
    "lights": DeskWords("指示灯", "Guide lights"),
    "dark": DeskWords("都不亮", "all dark"),
    "absent": DeskWords("没有", "Not here"),
}
"""The fixed words of the window, by the names that QML knows."""

FACTS: Mapping[str, DeskWords] = {
    "sex": DeskWords("性别", "Sex"),
    "birth": DeskWords("出生", "Born"),
    "number": DeskWords("号码", "Number"),
    "valid": DeskWords("有效期", "Valid"),
}
"""What stands on a card."""

LIES: Mapping[str, tuple[DeskWords, DeskWords]] = {
    "id_card": (
        DeskWords("在读卡区", "on the reader"),
        DeskWords("读卡区上是另一张卡", "another card lies on the reader"),
    ),
    "smart_card": (
        DeskWords("在插卡口", "in the slot"),
        DeskWords("插卡口里是另一张卡", "another card is in the slot"),
    ),
}
"""Where a card is, by part; and that another one is there."""

KINDS: Mapping[str, DeskWords] = {
    "resident": DeskWords("居民身份证", "Resident ID card"),
    "hk-macao": DeskWords("港澳居民居住证", "Residence permit, Hong Kong and Macao"),
    "taiwan": DeskWords("台湾居民居住证", "Residence permit, Taiwan"),
    "foreigner": DeskWords("外国人永久居留身份证", "Foreign permanent resident ID card"),
}

PURPOSES: Mapping[str, str] = {
    "P01": "The general case: look up the account, print the certificate",
    "P02": "The account is sealed (left the employer in September 2024)",
    "P03": "Has a fund loan that is being repaid",
    "P04": "Retired, the account is sealed by the employer",
    "P05": "Not yet of retiring age; the number ends in X",
    "P06": "Loan paid off in June 2025",
    "P07": "Two accounts: one normal, one sealed",
    "P08": "The account is frozen by a court",
    "P09": "Holds a residence permit for Hong Kong and Macao residents",
    "P10": "Holds a foreign permanent resident ID card without a Chinese name",
    "P11": "The name is longer than the chip holds, and must be confirmed",
    "P12": "Rare characters in the name",
    "P13": "The ID card has expired",
    "P14": "No provident fund account",
    "P15": "Two instalments of the loan are overdue",
    "P16": "Holds a residence permit for Taiwan residents; flexible employment",
    "P17": "The ID card is reported lost",
    "P18": "The employer is in arrears; paid up to August 2025",
    "S1": "Spouse and co-borrower of P03; no fund account",
    "S2": "Spouse of P11; no fund account",
}
"""The personas' purposes in English, by id; the Chinese ones stand with the personas."""
