"""The businesses that the stand-in centre carries out, by kind and group."""

from __future__ import annotations

from kiosk.operation import Business
from kiosk.workshop.sandbox import (
    changes,
    cross_province,
    merging,
    repayments,
    signings,
    standing,
    transfers,
    unit_data,
    unit_people,
    unit_rules,
    withdrawals,
)
from kiosk.workshop.sandbox.cases import BusinessRule

RULES: dict[Business, BusinessRule] = {
    rule.business: rule
    for part in (
        withdrawals,
        standing,
        repayments,
        signings,
        changes,
        merging,
        transfers,
        cross_province,
        unit_rules,
        unit_people,
        unit_data,
    )
    for rule in part.RULES
}
ASKING = frozenset(rule.service for rule in RULES.values())
"""The services that carry out operations."""
