"""The contract suite, with the devices of the lab in place of the emulators' own ports."""

from __future__ import annotations

from typing import Any

import pytest

from lab.guest.stand import STAND
from tests.contract import test_contract as contract
from tests.contract.test_contract import desk, stand

__all__ = ["desk", "stand"]
KINDS = tuple(STAND.values())
globals().update({n: each for n, each in vars(contract).items() if n.startswith("test_")})


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every device in a thread host; a process host does not differ by device, and is slow here."""
    holds: Any = getattr(metafunc.function, "only", lambda kind, where: True)
    places = {name: (kind, "thread") for name, kind in STAND.items() if holds(kind, "thread")}
    metafunc.parametrize("desk", places.values(), ids=places, indirect=True, scope="module")
