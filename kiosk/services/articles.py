"""动态、常见问题、政策: the centre's texts, which nobody signs in for."""

from __future__ import annotations

from kiosk.centre.publication import Article
from kiosk.services.catalogue import KEPT, service
from kiosk.visit.public_steps import ReadArticle
from kiosk.visit.steps import Action, Choose, Option, ShowStatement
from kiosk.visit.troubles import MENU
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, Text, _


@service("news", icon="message", needs=KEPT)
def read_news(visit: Visit) -> None:
    _read(visit, "news", _("中心动态"), _("新的在前"))


@service("questions", icon="info", needs=KEPT)
def read_questions(visit: Visit) -> None:
    _read(visit, "question", _("常见问题"), _("没有找到？请拨 {hotline}", hotline=_hotline(visit)))


@service("policies", icon="text", needs=KEPT)
def read_policies(visit: Visit) -> None:
    _read(visit, "policy", _("政策法规"), _("点开看现行版本"))


def _hotline(visit: Visit) -> str:
    return visit.catalogue.hotline


def _read(visit: Visit, kind: str, title: Text, lead: Text) -> None:
    """The titles of ``kind``, then the whole text of one; 返回 leads to the titles again."""
    articles = visit.publication.articles_of((kind,))
    if not articles:
        home = Action(MENU, _("返回首页"), "home")
        visit.ask(ShowStatement(title, (), lead=_("现在没有内容"), actions=(home,)))
        return
    options = tuple(Option(each.id, each.title, _hint(each)) for each in articles)
    chosen = visit.ask(Choose(title, options, lead))
    visit.ask(ReadArticle(next(each for each in articles if each.id == chosen)))


def _hint(article: Article) -> Sayable:
    """News have a day; other texts have an edition, and a question its answer one press away."""
    if article.kind == "question":
        return ""
    return article.day if article.kind == "news" else _("版本 {version}", version=article.version)
