"""Settles how Qt draws before anybody imports it; what Qt says fails a test."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections.abc import Generator, Iterator

import hypothesis
import pytest

from tests import qt_messages, waiting

# Before anybody imports Qt: no display is needed, and every picture is drawn the same way.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_QUICK_BACKEND", "software")
os.environ.setdefault("QSG_RENDER_LOOP", "basic")
os.environ.setdefault("QML_DISABLE_DISK_CACHE", "1")

# Images of containers often forbid bytecode: every worker process would compile all tests, and
# every process that a test starts the whole terminal.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# How long a single case takes on busy cores says nothing of what is tested.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")

LONGEST = (
    "faults/test_visits.py",
    "contract/test_contract.py",
    "contract/test_xfs4iot_contract.py",
    "ui/test_fit.py",
    "ui/test_goldens.py",
    "contract/test_centre_contract.py",
    "ui/test_real_window.py",
    "faults/test_keeper.py",
    "contract/test_smart_card.py",
    "faults/test_bad_input.py",
    "faults/test_device_faults.py",
    "unit/test_bench.py",
    "contract/test_receipt_printer.py",
    "contract/test_face_capture.py",
    "contract/test_distributions.py",
    "faults/test_process_host.py",
)
"""Each of these files takes half a minute or more on one worker process."""


CENTRES = ("stand-in centre", "AnyIO worker thread")
"""Threads of the stand-in centre that serves all files of the services."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect the tests without the collector of garbage, which would look through all of them
    again and again while they grow in number, and never look at them afterwards."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True)
def _qt_says_nothing() -> Iterator[None]:
    qt_messages.said.clear()
    yield
    said = list(qt_messages.said)
    qt_messages.said.clear()
    if said:
        pytest.fail("Qt said:\n" + "\n".join(said), pytrace=False)


@pytest.fixture(scope="module", autouse=True)
def _nothing_goes_on() -> Iterator[None]:
    """What a file has begun ends with the file: a thread that goes on logs into the tests of
    another file, and an object that nobody has closed warns there, when it is collected."""
    before = set(threading.enumerate())

    def goes_on() -> list[str]:
        return sorted(one.name for one in threading.enumerate() if not allowed(one))

    def allowed(one: threading.Thread) -> bool:
        foreign = isinstance(one, threading._DummyThread)  # of Qt, or of another library
        return one in before or foreign or one.name in CENTRES

    def wait(seconds: float) -> None:
        end = time.monotonic() + seconds
        while goes_on() and time.monotonic() < end:
            time.sleep(0.005)

    yield
    wait(1)
    gc.collect()  # an object that is collected now may tell its thread to end
    wait(waiting.PATIENCE_S)
    if names := goes_on():
        pytest.fail(f"threads of this file still run: {', '.join(names)}", pytrace=False)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the files that take longest to the front, and the unit tests last: short files at the
    end keep all worker processes busy."""

    def place(item: pytest.Item) -> tuple[int, bool]:
        file = f"{item.path.parent.name}/{item.path.name}"
        first = LONGEST.index(file) if file in LONGEST else len(LONGEST)
        return first, item.path.parent.name == "unit"

    items.sort(key=place)
