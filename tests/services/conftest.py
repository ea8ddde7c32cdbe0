"""One stand-in centre for all tests of the services, as after a start; a hall for each file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults import nurseries
from tests.services import script
from tests.services.hall import Hall, hall
from tests.services.script import World, world
from tests.waiting import PATIENCE_S


@pytest.fixture(scope="session")
def _centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("centre")) as here:
        yield here


@pytest.fixture
def here(_centre: World) -> World:
    _centre.reset()
    return _centre


@pytest.fixture(scope="module")
def _hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with hall(tmp_path_factory.mktemp("hall")) as one:
        yield one


@pytest.fixture(scope="module")
def checkers() -> Iterator[None]:
    """Checks of documents are forked, as in a visit with its nursery. The signature library is
    loaded once: a process that loads it for itself needs 0.8 s of CPU before it checks."""
    with nurseries.tended(nurseries.CHECKERS) as (nursery, _process):
        nursery._control.settimeout(PATIENCE_S)  # the first check waits for the library
        yield


@pytest.fixture
def faces(here: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The centre checks faces, and the terminal has the models."""
    monkeypatch.setattr(script, "closed_for_models", lambda folder: None)
    here.ask("POST", "/faces", {"open": True})
    yield here
    here.ask("POST", "/faces", {"open": False})
