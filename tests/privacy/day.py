"""Plays a day of synthetic citizens, and then looks everywhere for what is left of them."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kiosk.operations.copied import audit_lines
from kiosk.operations.journal import FILE
from kiosk.services import SERVICES
from kiosk.workshop.sandbox.offers import BASES
from tests.privacy import wire, x_server
from tests.privacy.citizens import Cast, cast
from tests.privacy.files import search_tree
from tests.privacy.memory import memory_of, plant, traces_of
from tests.privacy.needles import Leak, Needles, long_enough
from tests.privacy.plays import SyntheticCitizen
from tests.privacy.spellings import spellings
from tests.privacy.stand import PlayedTerminal, StoryError, below, played_terminal

SEED = "seeded leak"
SEEDED = "龘㛃𬭎鸞 seeded 990100199900990099"
"""What is leaked on purpose, in every form at every place: a search that finds less is blind."""
SEEDED_PIXELS = b"".join(bytes((each, each * 7 % 256, 255 - each, 0)) for each in range(256))
"""A row of a picture that is leaked on purpose."""
STRANGER = ("192.0.2.1", 9)
"""An address that nobody has: RFC 5737."""


_WIRE = "wire, to {}:{}"
_BEARER = re.compile(rb"Authorization: Bearer ([\x21-\x7e]{16,})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stay:
    """One visit of the day: who, by which way in ("": without signing in), and what they do.
    ``killed``: the visit does not end by itself, but as by a crash."""

    person: str
    way: str
    services: Sequence[str] = ()
    killed: bool = False

    @property
    def for_unit(self) -> bool:
        """Whether the person acts for a unit, as all of its services want or none."""
        return any(SERVICES[service].needs.unit for service in self.services)


SEARCHED = frozenset({"keeper", "committer", "fork server", "visit", "standby"})
"""Whose memory must be searched: all that outlive a visit, and the next visit."""


NOT_THROUGH = frozenset({"ReasonsPage", "ProblemPage"})
"""The pages of a service that cannot be had: who sees no other has not gone through it."""


@dataclass(slots=True)
class PrivacyReport:
    """What was played, where was searched, and what was found."""

    stays: list[str] = field(default_factory=list)
    served: dict[str, list[str]] = field(default_factory=dict)
    """The pages of every service that was gone through."""
    failed: list[str] = field(default_factory=list)
    """What could not be played, and why."""
    instead: list[str] = field(default_factory=list)
    """What was played in place of a way in, and why."""
    unused: list[str] = field(default_factory=list)
    """Ways in that nobody used on a whole day."""
    values: int = 0
    """How many texts that are one citizen's alone were looked for."""
    pictures: int = 0
    """How many pictures of faces, and stretches of pages, were looked for."""
    in_the_visit: list[str] = field(default_factory=list)
    """Which of them stood in the live visit, where they may: the search would find them."""
    searched: dict[str, int] = field(default_factory=dict)
    """Bytes, by place."""
    leaks: list[str] = field(default_factory=list)
    blind: list[str] = field(default_factory=list)
    """Seeded leaks that were not found: place and form."""
    core_limits: dict[str, str] = field(default_factory=dict)
    """By process, soft and hard limit of core files."""
    undead: list[int] = field(default_factory=list)
    """Processes of visits that had ended and still run."""
    desktop: list[str] = field(default_factory=list)
    """Titles of the window and texts of the clipboard."""
    uncaptured: str = ""
    """Why the wire was not captured; empty where it was."""
    unasked: str = ""
    """Why there was no X server to ask; empty where there was one."""
    strangers: list[str] = field(default_factory=list)
    """Who was spoken to beside this machine; the terminal's whole world is on it."""
    log: str = ""
    """The log of all processes, without the seeded leak."""
    audit: list[str] = field(default_factory=list)
    """Kind and detail of every record of the audit log about a login."""
    seconds: float = 0.0

    def plain(self) -> dict[str, Any]:
        return asdict(self)

    def complaints(self) -> list[str]:
        """Why this day shows no privacy; empty for a good one."""
        return [
            *(f"leak: {each}" for each in self.leaks),
            *(f"blind: {each}" for each in self.blind),
            *(f"not played: {each}" for each in self.failed),
            *(f"not played: the way in {way}" for way in self.unused),
            *(f"not gone through: {service}" for service, pages in self.served.items()
              if not set(pages) - NOT_THROUGH),
            *(f"spoke to a stranger: {each}" for each in self.strangers),
            *(f"undead: process {pid}" for pid in self.undead),
            *(f"core files: {who} {limits}" for who, limits in self.core_limits.items()
              if limits != "0 0"),
            *(f"not searched: {each}" for each in sorted(SEARCHED) if not self.searched.get(each)),
            *(["the search found nothing in the live visit"] if not self.in_the_visit else []),
        ]  # fmt: skip


class Day:
    """The citizens of one day, one after the other, at one terminal."""

    def __init__(self, terminal: PlayedTerminal, tap: wire.WireTap | None) -> None:
        self.terminal = terminal
        self.report = PrivacyReport(uncaptured="" if tap else "no network namespace of its own")
        self._tap = tap
        self._centre = urlsplit(terminal.place.centre).port or 0
        self._values: dict[str, str] = {}
        self._pictures: dict[str, bytes] = {}
        self._visits: set[int] = set()
        self._x_told: set[tuple[str, bytes]] = set()  # by the X server, while citizens were there
        if not terminal.x:
            self.report.unasked = x_server.MISSING

    def play(self, stay: Stay) -> None:
        """One whole visit; until the next one is on the screen."""
        terminal, report = self.terminal, self.report
        shown = len(terminal.events("visit shown"))
        self._visits.add(terminal.live())
        citizen = SyntheticCitizen(terminal, stay.person)
        had = balances_of(terminal, stay.person)
        report.stays.append(f"{stay.person} by {stay.way}" if stay.way else "somebody")
        well = True
        try:
            citizen.sign_in(stay.way, for_unit=stay.for_unit)
            for service in stay.services:
                citizen.sees("MenuPage", "UnitMenuPage")
                report.served.setdefault(service, []).extend(citizen.serve(service))
        except (StoryError, OSError) as error:  # OSError: the visit has ended, and its hands
            well = False
            report.failed.append(f"{report.stays[-1]}: {error}; seen: {citizen.pages[-5:]}")
        if citizen.instead:
            report.instead.append(f"{report.stays[-1]}: {citizen.instead}")
        self._know(terminal.cast, citizen, had)
        if not report.in_the_visit:
            found = Needles(self._values, self._pictures).found_in_pieces(
                memory_of(terminal.live())
            )[1]
            report.in_the_visit = sorted({leak.what for leak in found})
        if terminal.x:
            self._x_told |= set(terminal.x.tells())
        if stay.killed or not well:
            os.kill(terminal.live(), signal.SIGKILL)
        else:
            citizen.leave()
        terminal.next_visit(shown)

    def _know(self, cast: Cast, citizen: SyntheticCitizen, had: set[str]) -> None:
        """Remember all that is this citizen's alone: what their cards and the centre hold, what
        they typed, and their balances after the visit and before it (``had``). The ids of their
        logins are not personal: the audit log keeps them."""
        who, terminal = citizen.person, self.terminal
        if not who:
            return
        visit = len(self.report.stays)  # the same person may come again
        self._pictures |= {f"{who}'s {what} of {visit}": p for what, p in citizen.shown.items()}
        theirs = cast.values[who] | {f"{k} of {visit}": v for k, v in citizen.typed.items()}
        balances = sorted(had | balances_of(terminal, who))
        theirs |= {f"balance {number} of {visit}": text for number, text in enumerate(balances)}
        self._values |= {
            f"{who}'s {kind}": value for kind, value in theirs.items() if long_enough(value)
        }

    # -- afterwards -----------------------------------------------------------------------------

    def look(self) -> PrivacyReport:
        """Seed the leaks and search everything; nobody is at the terminal, a standby is ready."""
        terminal, report = self.terminal, self.report
        terminal.until(lambda: "standby" in terminal.processes(), "no standby")
        forms = spellings(SEEDED)
        self._pictures = of_one_person(self._pictures)
        self._values |= terminal.cast.employers()
        # Of who did not come, too: of a unit's employees, of spouses.
        for who, theirs in terminal.cast.values.items():
            self._values |= {f"{who}'s {k}": v for k, v in theirs.items() if long_enough(v)}
        said = self._hear(forms) if self._tap else {}
        for flow, text in said.items():
            # A token opens a session as long as the session lasts.
            tokens = set(_BEARER.findall(text)) if flow.touches(self._centre) else ()
            self._values |= {f"token {len(self._values)}": token.decode() for token in tokens}
        processes = terminal.processes()
        needles = Needles({**self._values, SEED: SEEDED}, {**self._pictures, SEED: SEEDED_PIXELS})
        report.values = len(self._values)
        report.pictures = len(self._pictures)
        found: set[Leak] = set()
        report.log = terminal.log.read_text(encoding="utf-8", errors="replace")
        report.audit = _logins(terminal.places["STATE_DIRECTORY"])
        for name, pid in processes.items():
            with suppress(FileNotFoundError, ProcessLookupError):  # a device's process has ended
                report.core_limits[name] = _core_limits(pid)
                plant(pid, b"\0".join((*forms, SEEDED_PIXELS)))
                many, leaks = needles.found_in_pieces(memory_of(pid), name)
                for what, data in traces_of(pid):
                    leaks |= needles.found_in(data, f"{what} of the {name}")
                report.searched[name] = many
                found |= leaks
        every = (*forms.values(), "bytes")
        expected = {(place, form) for place in report.searched for form in every}
        report.undead = [pid for pid in self._visits if Path(f"/proc/{pid}").exists()]
        expected |= self._seed_files(forms)
        with _leaky_process() as pid:
            for what, data in traces_of(pid):
                found |= needles.found_in(data, what)
        expected |= {(what, "utf-8") for what in TRACES}
        for root in (terminal.directory, terminal.place.directory):
            world = [terminal.place.directory / "centre"]
            many, leaks = search_tree(needles, root, but=world)
            report.searched[root.name] = many
            found |= leaks
        if terminal.x:
            found |= self._search_x(terminal.x, needles, forms)
            expected |= {(x_server.NAME, form) for form in every}
            expected |= {(f"{x_server.NAME}, {place}", "utf-8") for place in x_server.PLACES}
        report.desktop = sorted(terminal.told_the_desktop)
        found |= needles.found_in("\n".join(report.desktop).encode(), "window and clipboard")
        if self._tap:
            found |= self._search_wire(needles, said)
            expected |= {(_WIRE.format(*STRANGER), form) for form in forms.values()}
        report.leaks = sorted(str(leak) for leak in found if leak.what != SEED)
        seen = {(leak.place, leak.form) for leak in found if leak.what == SEED}
        report.blind = sorted(f"{place}: {form}" for place, form in expected - seen)
        return report

    def _search_x(
        self, x: x_server.SearchedXServer, needles: Needles, forms: Mapping[bytes, str]
    ) -> set[Leak]:
        """What the X server told while citizens were there, what it tells now, and its memory; each
        with a leak of its own."""
        told = {*self._x_told, *x.tells()}
        x.leak(SEEDED.encode(), SEEDED_PIXELS)
        plant(x.pid, b"\0".join(forms))
        many, found = needles.found_in_pieces(memory_of(x.pid), x_server.NAME)
        self.report.searched[x_server.NAME] = many
        for what, data in {*told, *x.tells()}:
            found |= needles.found_in(data, f"{x_server.NAME}, {what}")
        return found

    def _seed_files(self, forms: Mapping[bytes, str]) -> set[tuple[str, str]]:
        """Leak into the log, and into a file, a name and a link in each place where a program may
        leave one. Returns what must be found: place and form."""
        terminal = self.terminal
        leaky, expected = [terminal.log], set[tuple[str, str]]()
        for place in (*terminal.places.values(), terminal.place.directory):
            leaky.append(place / SEEDED)
            (place / "seed").symlink_to(SEEDED)
            expected |= {
                (f"name of {place / SEEDED}", "utf-8"),
                (f"link {place / 'seed'}", "utf-8"),
            }
        for path in leaky:
            with path.open("ab") as file:
                file.write(b"\n".join((*forms, SEEDED_PIXELS)))
            expected |= {(str(path), form) for form in (*forms.values(), "bytes")}
        return expected

    def _hear(self, forms: Iterable[bytes]) -> dict[wire.Flow, bytes]:
        """Leak to a stranger, and end the capture: all that was said."""
        assert self._tap
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.sendto(b"\n".join(forms), STRANGER)
        return self._tap.close()

    def _search_wire(self, needles: Needles, said: Mapping[wire.Flow, bytes]) -> set[Leak]:
        """What was said to anyone but the centre. What a camera sends is its own, and so is the
        wire between the emulated chip card and the emulated reader."""
        report, found = self.report, set[Leak]()
        report.searched["wire"] = 0
        desk = self.terminal.place.hardware.pid
        devices = wire.listening_ports(desk)
        cards = {port for pid in below(desk) for port in wire.listening_ports(pid)}
        for flow, text in said.items():
            if flow.touches(self._centre) or any(map(flow.touches, cards)):
                continue
            if flow.source_port in devices:
                continue
            end = flow.target, flow.target_port
            if not ip_address(flow.target).is_loopback and end != STRANGER:
                report.strangers.append(str(flow))
            report.searched["wire"] += len(text)
            found |= needles.found_in(text, _WIRE.format(*end))
        return found


def balances_of(terminal: PlayedTerminal, who: str) -> set[str]:
    """The balance of each account of ``who`` at this moment, as pages and as programs write it;
    without those that are too short to be found."""
    rows = terminal.at_centre(
        "SELECT balance FROM account WHERE person = ? AND balance > 9999999", who
    )
    return {f"{fen / 100:{form}}" for (fen,) in rows for form in (",.2f", ".2f")}


def of_one_person(pictures: Mapping[str, bytes]) -> dict[str, bytes]:
    """Of the ``pictures`` ("P01's page 3"), each once that one person alone has seen: what two have
    seen, a heading or a button, is nobody's."""
    whose: dict[bytes, dict[str, str]] = {}
    for what, picture in pictures.items():
        whose.setdefault(picture, {}).setdefault(what.partition("'s ")[0], what)
    return {
        next(iter(people.values())): picture
        for picture, people in whose.items()
        if len(people) == 1
    }


def _logins(state: Path) -> list[str]:
    records = [json.loads(line) for line in audit_lines(state / FILE)]
    logins = [record for record in records if record["kind"].startswith("login-")]
    return [f"{record['kind']} {record['detail']}" for record in logins]


TRACES = ("cmdline", "environ", "name of an open file", "content of an open file")
"""Where the kernel shows something of a process beside its memory, as ``traces_of`` names it."""


@contextmanager
def _leaky_process() -> Iterator[int]:
    """A process that leaks wherever the kernel shows something of it."""
    with tempfile.NamedTemporaryFile(prefix=SEEDED) as file:
        file.write(SEEDED.encode())
        file.flush()
        process = subprocess.Popen(
            [sys.executable, "-S", "-c", "print(flush=True); input()", SEEDED],
            env={"LEAK": SEEDED},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(file.fileno(),),
        )
    try:
        assert process.stdout
        process.stdout.readline()  # the kernel shows all of it from then on
        yield process.pid
    finally:
        process.kill()
        process.communicate()


def _core_limits(pid: int) -> str:
    limits = Path(f"/proc/{pid}/limits").read_text()
    (line,) = (line for line in limits.splitlines() if line.startswith("Max core file size"))
    return " ".join(line.split()[4:6])


def play_day(directory: Path, stays: Sequence[Stay], seed: int, *, alone: bool) -> PrivacyReport:
    """Start everything in ``directory``, play ``stays``, and look. ``alone``: this process has a
    network namespace of its own, whose traffic is captured."""
    began = time.monotonic()
    tap = wire.begin_alone() if alone else None
    with played_terminal(directory, cast(seed)) as terminal:
        terminal.lever("PUT", f"/offers/{BASES}", {"open": True})  # closed but in July
        day = Day(terminal, tap)
        for stay in stays:
            day.play(stay)
        report = day.look()
    report.seconds = round(time.monotonic() - began, 1)
    return report
