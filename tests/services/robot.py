"""A visit whose citizen is a robot: the program's own command, real pages, real clicks.

``robot.py visit …`` is ``kiosk visit …`` with one more robot to name, ``__main__:attach``, which is
told the directory ``ORDERS``, the desk's socket and the centre's address. The file ``ORDERS/plan``
holds a persona and the point of the main job at which the robot stands still; the robot reads it
when the visit goes live, and leaves the point's name in ``ORDERS/reached``; a robot that is
``asleep`` never begins.
"""

from __future__ import annotations

from pathlib import Path

from kiosk.__main__ import main
from ui.robots.player import Robot, Story
from ui.visit_app import VisitApp

POINTS = (
    "attract",
    "card",
    "code",
    "menu",
    "account",
    "ledger",
    "preview",
    "printing",
    "printed",
    "slip",
    "slip-printed",
    "rate",
    "farewell",
)
"""Where the main job can stop, in order. Past the last one the visit ends by itself."""


class RobotCitizen(Robot):
    """Plays the main job of one persona up to a point."""

    def __init__(self, visit_app: VisitApp, orders: Path, desk: Path, centre: str) -> None:
        super().__init__(visit_app, desk, centre)
        self._orders = orders
        self._persona, self._point = (orders / "plan").read_text().split(maxsplit=1)
        if self._point != "asleep":
            self.play(self._main_job())

    def _fail(self, why: str) -> None:
        self._note(f"failed: {self._visit_app.page.page}: {why}")
        super()._fail(why)

    def _note(self, what: str) -> None:
        fresh = self._orders / "reached.new"
        fresh.write_text(what)
        fresh.replace(self._orders / "reached")

    def _at(self, point: str, page: str) -> Story:
        yield self.page(page)
        self._note(point)
        if point == self._point:
            self._timer.stop()

    def _main_job(self) -> Story:
        yield from self._at("attract", "AttractPage")
        self.press("start")
        yield from self._at("card", "PresentCardPage")
        self.put_card(self._persona)
        yield from self._at("code", "EnterCodePage")
        self.lift_card()
        self.type_code()
        yield from self._at("menu", "MenuPage")
        self.press("account")
        yield from self._at("account", "StatementPage")
        self.touch("eye")
        self.press("ledger")
        yield from self._at("ledger", "TablePage")
        self.press("back")
        yield self.page("StatementPage")
        self.press("deposit-certificate")
        yield self.page("ChoosePage")
        self.press(self.first_option())
        yield from self._at("preview", "PreviewPage")
        self.press("print")
        yield from self._at("printing", "PrintingPage")
        yield from self._at("printed", "PaperReadyPage")
        self.press("slip")
        yield from self._at("slip", "PrintingPage")
        yield from self._at("slip-printed", "PaperReadyPage")
        self.press("menu")
        yield self.page("MenuPage")
        self.press("leave")
        yield from self._at("rate", "RatePage")
        self.press("4")
        yield from self._at("farewell", "FarewellPage")


def attach(visit_app: VisitApp, orders: str, desk: str, centre: str) -> None:
    def begin() -> None:
        visit_app.keep(RobotCitizen(visit_app, Path(orders), Path(desk), centre))

    visit_app.live.connect(begin)


if __name__ == "__main__":
    main()
