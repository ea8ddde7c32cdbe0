"""What a citizen applies for about accounts here and at other centres: 转移.

One model for each business, part of ``kiosk.centre.operations.Order``.
"""

from __future__ import annotations

from typing import Literal

from kiosk.centre.models import Named, WireModel
from kiosk.operation import Business


class AccountMergeOrder(WireModel):
    """账户合并: close the citizen's sealed accounts here, and book what is in them to ``account``,
    which stays."""

    business: Literal[Business.ACCOUNT_MERGE]
    account: Named


class TransferInOrder(WireModel):
    """异地转入: have what ``centre`` holds of the citizen booked to ``account`` here. ``centre`` is
    the code of one of the catalogue's; that centre finds the citizen's account by itself."""

    business: Literal[Business.TRANSFER_IN]
    account: Named
    centre: Named


class CrossProvinceOrder(WireModel):
    """跨省通办: have ``centre``, in another province, do ``item`` for the citizen; both are codes
    of the catalogue's."""

    business: Literal[Business.CROSS_PROVINCE]
    centre: Named
    item: Named
