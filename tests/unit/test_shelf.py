"""What everybody may read is kept in one file: whole, or the one before, or none."""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path

import pytest

from kiosk.centre.publication import Article, Guide, KeptPublication
from kiosk.centre.shelf import FILE, Shelf
from kiosk.workshop.sandbox.clock import Clock
from kiosk.workshop.sandbox.offers import Offers
from kiosk.workshop.sandbox.publication import edition
from tests.logged import messages

INFORMATION = KeptPublication(catalogue=Offers(Clock()).catalogue(), publication=edition())


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    assert shelf.read() is None
    shelf.keep(INFORMATION)
    assert Shelf(tmp_path).read() == INFORMATION
    newer = INFORMATION.model_copy(
        update={"publication": INFORMATION.publication.model_copy(update={"version": 2})}
    )
    shelf.keep(newer)
    assert shelf.read() == newer
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize(
    "broken",
    [b"", b"{", b"{}", b"\xff\xfe", b'{"catalogue": null}', b'{"more": ' + b"[" * 100_000],
    ids=["empty", "cut", "nothing", "not-utf-8", "null", "nested"],
)
def test_a_broken_file_is_as_none(tmp_path: Path, broken: bytes) -> None:
    (tmp_path / FILE).write_bytes(broken)
    assert Shelf(tmp_path).read() is None


def test_a_disk_that_cannot_be_written_is_an_event(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        Shelf(tmp_path / "nowhere").keep(INFORMATION)
    assert messages(caplog, "kiosk.centre.shelf") == ["public information not kept"]


def test_the_rates_of_a_day() -> None:
    rates = edition()
    assert rates.rates_on(date(2025, 5, 7)).since == date(2024, 5, 18)
    assert rates.rates_on(date(2025, 5, 8)).since == date(2025, 5, 8)
    assert rates.rates_on(date(1999, 1, 1)).since == date(2022, 10, 1)


def test_every_text_has_a_name_and_a_version_of_its_own() -> None:
    texts: list[Article | Guide] = [*edition().articles, *edition().guides]
    assert len({each.id for each in texts}) == len(texts)
    assert all(each.version for each in texts)
    assert [article.kind for article in edition().articles_of(("policy",))] == ["policy"] * 2
