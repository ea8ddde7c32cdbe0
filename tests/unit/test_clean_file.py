"""The marker file: there only while no device holds anything of a citizen."""

import errno
import logging
from pathlib import Path

import pytest

from kiosk.keeper.clean_file import CleanFile
from tests.logged import logged


def test_it_stands_only_after_it_was_set(tmp_path: Path) -> None:
    clean = CleanFile(tmp_path)
    assert not clean.stands(), "nobody knows what was before"
    for wanted in (True, True, False, False, True):
        clean.set(wanted)
        assert clean.stands() is wanted
        assert CleanFile(tmp_path).stands() is wanted, "also for the next terminal"


def test_without_a_directory_the_last_run_counts_as_clean() -> None:
    clean = CleanFile(None)
    clean.set(False)
    assert clean.stands()


def test_a_disk_that_refuses_is_told_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clean = CleanFile(tmp_path / "gone")
    with caplog.at_level(logging.ERROR):
        clean.set(True)
    assert not clean.stands()
    (line,) = logged(caplog, "kiosk.keeper.clean_file")
    assert vars(line)["code"] == errno.ENOENT
