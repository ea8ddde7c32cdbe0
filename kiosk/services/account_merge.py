"""账户合并: several accounts of one citizen made into the one that is paid into."""

from __future__ import annotations

from kiosk.centre.transfer_orders import AccountMergeOrder
from kiosk.operation import Business
from kiosk.services.catalogue import Needs, service
from kiosk.services.changing import must_be_possible
from kiosk.services.reasons import given
from kiosk.visit.visit import Visit


@service("account-merge", icon="account", needs=Needs(committer=True))
def merge_accounts(visit: Visit) -> None:
    terms = must_be_possible(visit, Business.ACCOUNT_MERGE, "transfer")
    order = AccountMergeOrder(business=Business.ACCOUNT_MERGE, account=given(terms.account))
    visit.confirm_and_commit(visit.draft(order))
