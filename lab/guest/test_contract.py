"""The contract suite, with the devices of the lab in place of the emulators' own ports."""

from __future__ import annotations

from typing import Any

import pytest

from lab.guest.stand import STAND
from tests.contract import test_contract as contract
from tests.contract.test_contract import desk, stand

__all__ = ["desk", "stand"]
KINDS = tuple(STAND.values())


def _places(test: Any) -> dict[str, tuple[Any, str]]:
    """The devices that ``test`` is for, each in a thread host: a process host does not differ by
    device, and is slow here."""
    holds = getattr(test, "only", lambda kind, where: True)
    return {name: (kind, "thread") for name, kind in STAND.items() if holds(kind, "thread")}


# A test that holds for none of the lab's devices would be an empty set, which pytest refuses.
globals().update(
    {n: each for n, each in vars(contract).items() if n.startswith("test_") and _places(each)}
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    places = _places(metafunc.function)
    metafunc.parametrize("desk", places.values(), ids=places, indirect=True, scope="module")
