"""What of the kept edition stands on the attract page, read without the centre's models."""

from __future__ import annotations

from pathlib import Path

import msgspec

from kiosk.words import Language

FILE = "public.json"
"""Where :class:`kiosk.centre.shelf.Shelf` keeps it, in the state directory."""
NEWS_TOLD = 3
"""Headlines of news on the attract page, at most."""


class KeptWords(msgspec.Struct, frozen=True):
    """A text in both languages of the screen."""

    zh: str
    en: str

    def say(self, language: Language) -> str:
        return self.zh if language is Language.ZH else self.en


class _KeptCatalogue(msgspec.Struct, frozen=True):
    short_name: KeptWords
    demo: bool
    notices: tuple[KeptWords, ...] = ()


class _KeptArticle(msgspec.Struct, frozen=True):
    kind: str
    title: KeptWords


class _KeptArticles(msgspec.Struct, frozen=True):
    articles: tuple[_KeptArticle, ...] = ()


class Headlines(msgspec.Struct, frozen=True):
    """The few fields of :class:`kiosk.centre.publication.KeptPublication` that the poster needs:
    the models take a quarter of a second to import."""

    catalogue: _KeptCatalogue
    publication: _KeptArticles

    @property
    def bulletins(self) -> tuple[KeptWords, ...]:
        """What the centre announces, then its newest news."""
        news = [each.title for each in self.publication.articles if each.kind == "news"]
        return (*self.catalogue.notices, *news[:NEWS_TOLD])


def read(directory: Path) -> Headlines | None:
    """What was kept last; None when there is nothing, or nothing that can be used."""
    try:
        return msgspec.json.decode((directory / FILE).read_bytes(), type=Headlines)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
