"""One stand-in centre for all tests of the services; every test finds it as after a start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from services.script import World, world


@pytest.fixture(scope="session")
def _centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("centre")) as here:
        yield here


@pytest.fixture
def here(_centre: World) -> World:
    _centre.reset()
    return _centre
