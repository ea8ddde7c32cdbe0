"""A script in place of the citizen: which steps must come, and what each is answered.

No thread, no screen, no mock: a :class:`ServiceScript` is a :class:`kiosk.visit.visit.Asker`, and
the visit that it answers talks to the real stand-in centre over TLS.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import requests

from drivers.device import Kind, State, Status
from drivers.document_printer.types import PagesPrinted
from drivers.id_card.record import decode_record, encode_record
from drivers.id_card.types import IdCard
from drivers.receipt_printer.types import Printed
from kiosk.centre.client import CentreClient
from kiosk.centre.publication import KeptPublication
from kiosk.endings import How
from kiosk.identity.face.booth import closed_for_models
from kiosk.identity.sign_in import identify
from kiosk.keeper.channel import Login
from kiosk.login import LoginEvent
from kiosk.privacy import Sensitive
from kiosk.services import SERVICES, menu, public_menu
from kiosk.settings import CentreSettings, Settings
from kiosk.terminal.terminal import prove_for
from kiosk.visit.face_steps import FaceTaken
from kiosk.visit.money import CommitLine
from kiosk.visit.operation_steps import CONFIRM, ConfirmOperation, ShowOutcome
from kiosk.visit.pin_steps import PinTaken
from kiosk.visit.steps import (
    OTHER,
    WITHOUT_SIGN_IN,
    Attract,
    Cell,
    ConfirmName,
    DeviceStep,
    EnterSmsCode,
    Farewell,
    Menu,
    NotAnAnswer,
    PollStep,
    PresentIdCard,
    PrintingDocument,
    PrintingSlip,
    Problem,
    Rate,
    ShowPhoneCode,
    ShowStatement,
    ShowTable,
    Step,
)
from kiosk.visit.troubles import MENU
from kiosk.visit.visit import Left, Visit, WentBack
from kiosk.words import Language, Sayable, say
from kiosk.workshop.sandbox import personas
from kiosk.workshop.sandbox.server import CentreAddresses, serving_both
from kiosk.workshop.sandbox.tls import SandboxCa

T = TypeVar("T")

Expected = type[Step[Any]] | Callable[[Step[Any]], bool]
Line = tuple[Expected, Any]
"""A step (its type, or a question to it) and its answer: a value, an exception, or a callable of
the step that gives one of these."""

WELL = {
    kind: Status(State.ONLINE)
    for kind in (Kind.ID_CARD, Kind.RECEIPT_PRINTER, Kind.DOCUMENT_PRINTER)
}
"""All devices of a terminal, and nothing wrong with them."""


PATIENCE_S = 30.0
"""Seconds after which a page that nothing ends fails a test."""


class ServiceScript:
    """Plays ``lines`` in order; a step that was not expected fails with both lists."""

    def __init__(self, *lines: Line, language: Language = Language.ZH, large: bool = False) -> None:
        self.language = language
        self.large = large
        self.steps: list[Step[Any]] = []
        self.backs: list[bool] = []  # whether 返回 was there, step by step
        self.amended: list[Step[Any]] = []
        self.greeting = ""
        self._waited = 0.0  # seconds on pages that nobody pressed
        self._lines = deque(lines)

    def announce(self, step: Step[Any]) -> None:
        self.steps.append(step)
        self.backs.append(False)

    def amend(self, step: Step[Any]) -> None:
        self.amended.append(step)

    def heard(self, step: Step[T], seconds: float) -> T | None:
        """The answer of the next line, where it expects ``step``; else nothing is pressed."""
        if self._lines and fits(step, self._lines[0][0]):
            return self.ask(step, back=False)
        self._waited += min(seconds, 0.01)
        if self._waited > PATIENCE_S:
            raise AssertionError(f"nothing ends the wait, but {self._story()}")
        time.sleep(min(seconds, 0.01))
        return None

    def ask(self, step: Step[T], *, back: bool, on_screen: Callable[[], None] | None = None) -> T:
        self.steps.append(step)
        self.backs.append(back)
        if on_screen:
            on_screen()
        if not self._lines:
            raise AssertionError(f"nothing more was expected, but {self._story()}")
        expected, answer = self._lines.popleft()
        if not fits(step, expected):
            wanted = getattr(expected, "__name__", expected)
            raise AssertionError(f"{wanted} was expected, but {self._story()}")
        if callable(answer) and not isinstance(answer, type):
            answer = answer(step)
        if isinstance(answer, WentBack) and not back:
            raise AssertionError(f"no way back, but {self._story()}")
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, FaceTaken | PinTaken):
            return answer  # type: ignore[return-value]
        if isinstance(step, DeviceStep | PollStep) and answer != OTHER:
            return answer  # type: ignore[no-any-return]  # JSON
        try:
            return step.check(answer)
        except NotAnAnswer as wrong:
            raise AssertionError(f"{answer!r} is no answer: {wrong.hint.message}") from None

    def greet(self, name: Sensitive[str], *, agent: bool = False) -> None:
        self.greeting = ("经办人 " if agent else "") + name.reveal()

    def over(self) -> None:
        """Everything that was expected has come."""
        rest = [getattr(expected, "__name__", expected) for expected, _ in self._lines]
        if rest:
            raise AssertionError(f"{rest} were still expected, but {self._story()}")

    def last(self, kind: type[T]) -> T:
        """The newest step of this kind."""
        return next(step for step in reversed(self.steps) if isinstance(step, kind))

    def _story(self) -> str:
        return "came " + " → ".join(name(step) for step in self.steps)


def fits(step: Step[Any], expected: Expected) -> bool:
    """Whether ``step`` is what was expected."""
    return isinstance(step, expected) if isinstance(expected, type) else expected(step)


def name(step: Step[Any]) -> str:
    """A step as a failed test shows it: its type, and its title where it has one."""
    title = getattr(step, "title", "")
    return f"{type(step).__name__}({say(title, Language.ZH)})" if title else type(step).__name__


@dataclass(frozen=True)
class Played:
    """What came of a visit."""

    how: How
    script: ServiceScript
    calls: Counter[str]  # requests to the centre by endpoint
    visit: Visit
    logins: list[tuple[LoginEvent, str, str]]  # what the audit log is told

    def last(self, kind: type[T]) -> T:
        return self.script.last(kind)

    def titles(self) -> list[str]:
        return [name(step) for step in self.script.steps]


class World:
    """The stand-in centre over TLS, and a terminal that works with it, known by its certificate.
    Levers and the pages for phones are beside, over plain HTTP."""

    def __init__(self, at: CentreAddresses, directory: Path) -> None:
        self.url = at.api
        self.beside = at.beside
        self._ca = SandboxCa(directory)
        certified = self._ca.terminal("T0001")
        self.settings = Settings(
            terminal="T0001",
            centre=CentreSettings(
                url=self.url,
                ca=self._ca.root,
                certificate=certified,
                key=certified,
                seal_roots=directory / "root.pem",
                revocation_list=True,
            ),
        )
        self._http = requests.Session()
        self._http.trust_env = False

    def close(self) -> None:
        self._http.close()

    # -- terminals ----------------------------------------------------------------------------

    def client(self, terminal: str = "", **options: Any) -> CentreClient:
        """The client of a visit at ``terminal``, or at this one."""
        terminal = terminal or self.settings.terminal
        return CentreClient(self.url, terminal, **self.known(terminal), **options)

    def known(self, terminal: str) -> dict[str, Any]:
        """By which files ``terminal`` and the centre know each other, as clients take them."""
        return {"ca": self._ca.root, "certificate": self._ca.terminal(terminal)}

    # -- the levers of the centre -------------------------------------------------------------

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http.request(method, f"{self.beside}/sandbox{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def reset(self) -> None:
        self.ask("POST", "/reset")
        self.ask("PUT", "/agreement", {"wanted": False})

    def fault(self, match: str, kind: str, **facts: Any) -> None:
        self.ask("POST", "/faults", {"match": match, "kind": kind, **facts})

    def code(self, _step: object = None) -> str:
        """The newest code, as the citizen reads it from their phone."""
        return str(self.ask("GET", "/messages")[0]["code"])

    def phone(
        self, persona: str, *, answer: str = "yes", digits: str | None = None
    ) -> Callable[[Any], Any]:
        """An answer to the page with the code: what comes when this person scans it and answers."""

        def scan(step: Any) -> Any:
            assert isinstance(step, ShowPhoneCode)
            assert self.settings.terminal in self.scan(step).text
            given = {"person": persona, "answer": answer, "digits": digits or step.digits}
            self._http.post(step.content.reveal(), data=given, timeout=60)
            return step.poll()

        return scan

    def scan(self, step: ShowPhoneCode) -> requests.Response:
        """The page that a phone shows for the code on the screen."""
        return self._http.get(step.content.reveal(), timeout=60)

    def sessions(self) -> list[dict[str, Any]]:
        """The sessions that are open."""
        return list(self.ask("GET", "/sessions"))

    # -- playing ------------------------------------------------------------------------------

    def play(
        self,
        *lines: Line,
        statuses: Mapping[Kind, Status] = WELL,
        language: Language = Language.ZH,
        large: bool = False,
        services: Mapping[str, Callable[[Visit], None]] | None = None,
        menu_of: Callable[[Visit], Menu] = menu,
        committer: CommitLine | None = None,
        operations: Any = None,
        kept: KeptPublication | None = None,
        identify_by: Callable[[Visit], None] = identify,
    ) -> Played:
        """A whole visit: all of ``lines`` must come, and the session must be closed after it."""
        script, calls = ServiceScript(*lines, language=language, large=large), Counter[str]()
        logins: list[tuple[LoginEvent, str, str]] = []

        def note(event: LoginEvent, id: str, detail: str) -> None:
            word = msgspec.json.encode(Login(event, id, detail))
            msgspec.json.decode(word, type=Login)  # the keeper would kill the visit
            logins.append((event, id, detail))

        client = self.client(
            read_s=self.settings.centre.read_s,
            on_time=lambda endpoint, _seconds: calls.update([endpoint]),
            on_login=note,
        )
        if operations is not None:
            client.operations = operations
        runs = services or {id_: service.run for id_, service in SERVICES.items()}
        with client:
            visit = Visit(
                script,
                client,
                Fixed(statuses),
                self.settings,
                committer,
                lambda: kept,
                lambda: closed_for_models(self.settings.face.models),
            )
            how = visit.run(identify_by, menu_of, runs, prove_for, public_menu)
        script.over()
        assert self.sessions() == []
        return Played(how, script, calls, visit, logins)

    def look(self, service: str, *lines: Line, **options: Any) -> Played:
        """Somebody who does not sign in chooses ``service``; then ``lines``, and away, with the
        paper in their hands where some came out."""
        begin: tuple[Line, ...] = ((Attract, WITHOUT_SIGN_IN), (PUBLIC_MENU, service))
        printed = any(line[0] is PrintingSlip for line in lines)
        end: tuple[Line, ...] = ((Farewell, None),) if printed else ()
        return self.play(*begin, *lines, (PUBLIC_MENU, Left()), *end, **options)

    def kept(self) -> KeptPublication:
        """What a terminal keeps of this centre."""
        with self.client() as client:
            return KeptPublication(catalogue=client.catalogue(), publication=client.publication())

    def serve(self, persona: str, service: str, *lines: Line, **options: Any) -> Played:
        """``persona`` signs in, chooses ``service``; then ``lines``, and away without a rating."""
        end = (Farewell, None)
        rated = (Rate, "skip")
        ways_out = {"rated": (LEAVE, rated, end), "unrated": (LEAVE, end)}
        way_out = ways_out["unrated" if options.pop("unrated", False) else "rated"]
        begin = (*self.signed_in(persona), (Menu, service))
        return self.play(*begin, *lines, *way_out, **options)

    def signed_in(self, persona: str) -> tuple[Line, ...]:
        """From the first touch to the menu."""
        person = personas.load()[persona]
        cut: tuple[Line, ...] = ((ConfirmName, "yes"),) if person.card()["name_cut"] else ()
        return ((Attract, None), (PresentIdCard, card(persona)), *cut, (EnterSmsCode, self.code))


@dataclass(frozen=True)
class Fixed:
    """Devices that stay as they are."""

    of: Mapping[Kind, Status]

    def statuses(self) -> Mapping[Kind, Status]:
        return self.of


@contextmanager
def world(directory: Path, **options: Any) -> Iterator[World]:
    """The centre in a thread, and everything about it, for the length of the block."""
    with serving_both(directory, **options) as addresses:
        here = World(addresses, directory)
        try:
            yield here
        finally:
            here.close()


# -- answers --------------------------------------------------------------------------------------

LEAVE: Line = (Menu, Left())


def confirmed(here: World) -> tuple[Line, ...]:
    """The quote, its own code, the end."""
    return ((ConfirmOperation, CONFIRM), (EnterSmsCode, here.code), (ShowOutcome, MENU))


def PUBLIC_MENU(step: Step[Any]) -> bool:  # noqa: N802 - stands where a type of step stands
    """The menu of what needs no sign-in."""
    return isinstance(step, Menu) and step.public


def card(persona: str, **changes: Any) -> IdCard:
    """What the reader gives for the persona's card: written to the chip's record and read back."""
    facts = {**personas.load()[persona].card(), **changes}
    until = facts["valid_to"]
    facts["valid_to"] = None if until == "长期" else until.replace("-", "")
    return decode_record(encode_record(msgspec.convert(facts, IdCard)))


def printed(step: Step[Any]) -> PagesPrinted:
    """The A4 printer has printed all pages."""
    assert isinstance(step, PrintingDocument)
    return PagesPrinted(step.request.job, step.request.pages)


def slip_printed(step: Step[Any]) -> Printed:
    assert isinstance(step, PrintingSlip)
    return Printed(step.request.job)


def titled(title: str) -> Callable[[Step[Any]], bool]:
    """A step with this Chinese title."""

    def fits(step: Step[Any]) -> bool:
        return say(getattr(step, "title", ""), Language.ZH) == title

    fits.__name__ = f"“{title}”"
    return fits


def option(title: str) -> Callable[[Any], str]:
    """The key of the option whose Chinese title or hint contains ``title``."""

    def choose(step: Any) -> str:
        found = [
            each.key
            for each in step.options
            if title in say(each.title, Language.ZH) or title in say(each.hint, Language.ZH)
        ]
        assert len(found) == 1, f"{len(found)} options with {title}"
        return str(found[0])

    return choose


def facts(step: object, language: Language = Language.ZH) -> dict[str, str]:
    """What a statement says, by its labels; amounts in full."""
    assert isinstance(step, ShowStatement)
    return {say(each.label, language): say(each.value, language) for each in step.facts}


def column(step: object, title: str) -> list[object]:
    """The values of a table in the column with this Chinese title, from the top."""
    assert isinstance(step, ShowTable)
    at = [say(each.title, Language.ZH) for each in step.columns].index(title)
    cells = [row[at] for row in step.rows]
    return [cell.value if isinstance(cell, Cell) else cell for cell in cells]


def action(key: str) -> Callable[[Any], str]:
    """Press the button ``key``; it must be there and enabled."""

    def press(step: Any) -> str:
        found = {each.key: each for each in step.actions}
        assert key in found, f"{key} is not among {list(found)}"
        assert found[key].closed is None, f"{key} is closed"
        return key

    return press


def texts(value: object) -> list[Sayable]:
    """All that a problem page says, in order."""
    assert isinstance(value, Problem)
    advice = [text for pair in value.advice for text in pair]
    return [value.title, value.lead, *advice, *(each.title for each in value.actions)]
