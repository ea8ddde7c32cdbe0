"""The whole of ``kiosk setup``: look, ask, show the change, write, name, examine, print."""

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from drivers.device import Kind
from drivers.sentence import en, joined
from kiosk import settings as settings_file
from kiosk.doctor import examination, names, panels, plugged, processes
from kiosk.doctor.panels import ScreenFacts
from kiosk.doctor.text import moment
from kiosk.settings import NoSettings, Settings, SettingsError
from kiosk.setup import (
    discovery,
    proposal,
    questions,
    rules_file,
    screen_questions,
    toml_file,
    writing,
)
from kiosk.setup.discovery import Discovery, SearchPlace
from kiosk.setup.proposal import PresentSettings, Proposal, SiteFacts
from kiosk.setup.questions import GivenAnswers
from kiosk.setup.technician import Say, Technician

_UDEV = Path("/run/udev/control")
_SETTLE_S = 20


@dataclass(frozen=True, slots=True)
class SetupOrder:
    """What the options of the command line say."""

    file: Path
    """The settings to write."""
    given: GivenAnswers
    rules: Path = names.RULES
    keep: Path = Path("/var/lib/kiosk/doctor")
    """Where the doctor's results are kept."""
    pdf: Path | None = None
    quiet: bool = False
    """Ask nobody; take what was found, and write."""
    prints: bool = True


def run(order: SetupOrder, place: SearchPlace, technician: Technician) -> int:
    """Set the machine up. Returns the exit code: 0 says fit for service. Raises
    :class:`click.ClickException` with one sentence, before anything was written."""
    text, before = _present(order.file, technician.say)
    _check_way(order.file, technician.say)
    if order.quiet:
        _ask(order, Discovery(), before, technician)  # what lacks is told before the search
    found = _found(place, before, technician)
    if technician.enrolled(order.file):
        text, before = _present(order.file, technician.say)
        order = replace(order, given=_as_enrolled(order.given, before))
    pressed: dict[int, int] = {}
    made = technician.through(
        partial(_planned, order, place.root, found, text, before, technician, pressed)
    )
    if made is None:
        technician.note(en("nothing was written"))
        return 1
    # The rules come first: once there are settings, the machine starts into service and no more
    # into setup by touching, which would make the names that the settings lean on.
    if made.rules != made.old_rules:
        _write(order.rules, made.rules, 0o644, technician)
    if made.text != text:
        _write(order.file, made.text, 0o640, technician)
    # Also where only the settings are new: after a setup that was broken off between the two writes
    # udev has not read the rules.
    if made.rules != made.old_rules or made.text != text:
        _name(order.rules, place, technician)
    return technician.accept(made.loaded, order.file, order.keep, order.pdf, prints=order.prints)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be written, and what it says."""

    text: str
    loaded: Settings
    rules: str
    old_rules: str


def _found(place: SearchPlace, before: PresentSettings, technician: Technician) -> Discovery:
    while True:
        technician.announce(en("looking at everything that is plugged in (up to half a minute)…"))
        found = discovery.look(place, before.devices)
        _tell(found, technician)
        if technician.content(found):
            return found


def _planned(
    order: SetupOrder,
    root: Path,
    found: Discovery,
    text: str,
    before: PresentSettings,
    technician: Technician,
    pressed: dict[int, int],
) -> _Plan | None:
    """Ask what nobody can find out, and show what would be written; None: it shall not be.
    ``pressed``: as of :func:`screen_questions.ask`."""
    say, quiet = technician.say, order.quiet
    site = _ask(order, found, before, technician)
    found = _at_usual_places(found, site, before)
    chosen = questions.choose(found, technician, quiet=quiet)
    there = replace(before, merged=_at_the_place(before, site))
    output = screen_questions.output(order.given, found, there, technician, quiet=quiet)
    if output:
        found = replace(found, screen=panels.look(root, output=output))
    panel = screen_questions.ask(
        order.given, found, there, output, technician, pressed, quiet=quiet
    )
    old_rules = _rules_of(order.rules, say)
    made = proposal.make(found, site, before, chosen, panel, old_rules)
    _tell_choice(made, before, technician)
    new, loaded = _edited(text, made, order.file, say)
    # The file under /etc goes before the package's of the same name: what is in that one goes on.
    so_far = old_rules or names.shipped()
    new_rules = rules_file.edited(so_far, made.named, found.nodes, say)
    if new_rules != old_rules:
        _check_writable(order.rules, say)
    changes = [
        writing.difference(order.file, text, new),
        writing.difference(order.rules, old_rules, new_rules),
    ]
    if not any(changes):
        technician.note(en("the settings fit this machine: nothing to write"))
    elif not technician.agrees("\n".join(filter(None, changes)), ask=not order.quiet):
        return None
    return _Plan(new, loaded, new_rules, old_rules)


def _as_enrolled(given: GivenAnswers, before: PresentSettings) -> GivenAnswers:
    """``given``, and what the centre has told."""
    return replace(
        given,
        terminal=given.terminal or str(before.value("terminal")),
        centre=given.centre or str(before.value("centre", "url")),
        sealer=given.sealer or str(before.value("centre", "sealer")),
    )


def _ask(
    order: SetupOrder, found: Discovery, before: PresentSettings, technician: Technician
) -> SiteFacts:
    try:
        return questions.ask(order.given, found, before, technician, quiet=order.quiet)
    except questions.Unanswered as error:
        raise click.ClickException(
            technician.say(en("nobody is asked with --yes: say {option} too", option=str(error)))
        ) from None


def _present(file: Path, say: Say) -> tuple[str, PresentSettings]:
    """The text and the tables of the settings so far."""
    try:
        try:
            settings_file.load(file)
            text = file.read_text(encoding="utf-8")
        except NoSettings:
            text = ""
        own = tomllib.loads(text)
        merged = settings_file.with_enrolled(own)
    except SettingsError as error:
        mend = examination.mend_of(error, file)
        raise click.ClickException(f"{error}\n→ {say(mend)}") from None
    return text, PresentSettings(own, merged, toml_file.withheld(text))


def _check_way(file: Path, say: Say) -> None:
    """Complain now of what would hinder the writing, not after all questions."""
    if terminal := processes.terminal_of(file):
        seen = en("the terminal runs (process {pid}), and has the devices", pid=terminal.pid)
        raise click.ClickException(
            say(joined("; ", seen, en("end it first: {command}", command="systemctl stop kiosk")))
        )
    _check_writable(file, say)


def _check_writable(file: Path, say: Say) -> None:
    if why := writing.obstacle(file):
        seen = en("{file} cannot be written: {why}", file=file, why=why)
        mend = en("run this command as root, or name another --settings and --rules")
        raise click.ClickException(say(joined("; ", seen, mend)))


def _rules_of(file: Path, say: Say) -> str:
    """The rules so far; "" where there are none."""
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise click.ClickException(say(joined(": ", str(file), str(error)))) from None


def _edited(text: str, made: Proposal, file: Path, say: Say) -> tuple[str, Settings]:
    """The new text of the settings, and what it says."""
    try:
        new = toml_file.edited(text, made.assignments, _heading(say), say)
        return new, settings_file.parse(new, file)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    except ValueError as error:
        raise click.ClickException(say(joined(": ", str(file), str(error)))) from None


def _at_usual_places(found: Discovery, site: SiteFacts, before: PresentSettings) -> Discovery:
    """``found``, and what answers at the addresses of the profile that nobody told of: a printer
    that does not speak mDNS stands at a fixed address."""
    if site.place == before.profile:
        return found  # these addresses were asked
    usual = settings_file.profile_table(site.place)["devices"]
    there = {one.kind for one in found.devices}
    missing = {Kind(kind): table for kind, table in usual.items() if kind not in there}
    more = [one for one in discovery.ask(missing) if isinstance(one, discovery.FoundDevice)]
    return replace(found, devices=(*found.devices, *more))


def _at_the_place(before: PresentSettings, site: SiteFacts) -> Mapping[str, Any]:
    """The settings as they will be at the place of ``site``: its profile says how pages stand."""
    return settings_file.over(dict(before.own), settings_file.profile_table(site.place))


def _heading(say: Say) -> tuple[str, ...]:
    day = moment(datetime.now(UTC)).partition(" ")[0]
    written = en("The settings of this terminal, first written by `kiosk setup` on {day}.", day=day)
    again = en("Run it again after a change of devices: what you change here by hand stays.")
    return say(written), say(again)


# -- what is told ---------------------------------------------------------------------------------


def _tell(found: Discovery, technician: Technician) -> None:
    for one in found.devices:
        technician.tell("ok", one.title, one.kind)
    for unused in found.unused:
        technician.tell("..", unused.why, unused.title, unused.mend)
    technician.tell("ok" if found.screen.size else "..", _screen(found.screen))
    touch = ", ".join(found.screen.touch)
    technician.tell("ok" if touch else "..", touch or en("none"), en("touch panel"))
    if not found.devices:
        technician.note(en("no device was found: are all cables in, is everything switched on?"))


def _screen(screen: ScreenFacts) -> str:
    if screen.size is None:
        return en("screen: none is connected")
    width, height = screen.size
    seen = en("screen {title}, {width}x{height}", title=screen.title, width=width, height=height)
    if screen.millimetres is None:
        return seen
    wide, high = screen.millimetres
    return joined(", ", seen, en("{wide} x {high} mm", wide=wide, high=high))


def _tell_choice(made: Proposal, before: PresentSettings, technician: Technician) -> None:
    for one in made.spare:
        seen = en("not used: {title}", title=one.title)
        if one.kind in before.withheld:
            seen = joined("; ", seen, en("its class stands in `without` of the settings"))
        technician.tell("..", seen)
    for kind in made.absent:
        technician.tell("..", en("the profile has a {kind}, and none was found", kind=kind))
    if made.unguarded:
        technician.tell("..", made.unguarded)


# -- what is written ------------------------------------------------------------------------------


def _write(path: Path, text: str, mode: int, technician: Technician) -> None:
    try:
        kept = writing.replace(path, text, mode)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise click.ClickException(
            technician.say(en("{file} cannot be written: {why}", file=path, why=why))
        ) from None
    if kept:
        technician.note(en("written: {file}; before: {kept}", file=path, kept=kept))
    else:
        technician.note(en("written: {file}", file=path))


def _name(path: Path, place: SearchPlace, technician: Technician) -> None:
    """Have udev give the names of ``path`` now, where it is the one that reads these rules."""
    if place.root == plugged.ROOT and path == names.RULES and _UDEV.exists():
        give_names(technician)


def give_names(technician: Technician) -> None:
    """Have udev read its rules again and name what is plugged in. A failure is told; the doctor,
    who comes next, says which names are missing."""
    for step in (["control", "--reload"], ["trigger"], ["settle", f"--timeout={_SETTLE_S}"]):
        try:
            subprocess.run(
                ["udevadm", *step],
                capture_output=True,
                text=True,
                timeout=_SETTLE_S + 5,
                check=True,
            )
        except subprocess.CalledProcessError as error:
            why = error.stderr.strip() or en("exit code {code}", code=error.returncode)
        except (OSError, subprocess.TimeoutExpired) as error:
            why = str(error)
        else:
            continue
        told = en("udev has not named the devices: {why}", why=why)
        technician.complain(told)
        return
