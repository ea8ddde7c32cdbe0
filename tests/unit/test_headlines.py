"""What the poster reads of the kept edition is what a visit reads of it with the models."""

from pathlib import Path

import pytest

from kiosk.centre import headlines
from kiosk.centre.models import CentreWords
from kiosk.centre.publication import KeptPublication
from kiosk.centre.shelf import FILE, Shelf
from kiosk.words import Language
from kiosk.workshop.sandbox.clock import Clock
from kiosk.workshop.sandbox.offers import Offers
from kiosk.workshop.sandbox.publication import edition

NOTICE = CentreWords(zh="今日系统维护。", en="Maintenance today.")
KEPT = KeptPublication(
    catalogue=Offers(Clock()).catalogue().model_copy(update={"notices": (NOTICE,), "demo": False}),
    publication=edition().model_copy(update={"articles": edition().articles * 2}),
)


def test_the_same_is_read_as_with_the_models(tmp_path: Path) -> None:
    assert headlines.read(tmp_path) is None
    Shelf(tmp_path).keep(KEPT)
    read = headlines.read(tmp_path)
    assert read is not None
    assert read.catalogue.demo is False
    news = [article.title for article in KEPT.publication.articles_of(("news",))]
    assert len(news) > headlines.NEWS_TOLD
    for language in Language:
        name = KEPT.catalogue.short_name.say(language)
        assert read.catalogue.short_name.say(language) == name
        told = [each.say(language) for each in (NOTICE, *news[: headlines.NEWS_TOLD])]
        assert [each.say(language) for each in read.bulletins] == told


@pytest.mark.parametrize(
    "broken",
    [b"", b"{", b"{}", b"\xff\xfe", b'{"catalogue": null}', b'{"more": ' + b"[" * 100_000],
    ids=["empty", "cut", "nothing", "not-utf-8", "null", "nested"],
)
def test_a_broken_file_is_as_none(tmp_path: Path, broken: bytes) -> None:
    (tmp_path / FILE).write_bytes(broken)
    assert headlines.read(tmp_path) is None
