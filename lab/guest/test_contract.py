"""The contract suite, with the devices of the lab in place of the emulators' own ports."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.contract.test_contract")

from tests.contract import test_contract as contract

globals().update({n: each for n, each in vars(contract).items() if n.startswith("test_")})


@pytest.fixture
def where() -> str:
    """In a thread; the process host is the same for all, and slow on an emulated processor."""
    return "thread"
