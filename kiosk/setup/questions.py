"""Asks what nobody can find out; each question has its answer as an option too."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import click
from cryptography import x509
from cryptography.x509.oid import NameOID

from drivers.device import Kind
from drivers.sentence import en
from kiosk.settings import profiles
from kiosk.setup.discovery import Discovery, FoundDevice
from kiosk.setup.proposal import PresentSettings, SiteFacts, guess_place
from kiosk.setup.technician import Check, Say, Technician

_NUMBER = re.compile(r"[A-Za-z0-9-]{1,32}")
_SEAL_ROOTS = Path("/etc/kiosk/seal-roots.pem")
MOST_MM = 3000


class Unanswered(Exception):
    """A question has no answer and nobody may be asked: the option that gives it."""


@dataclass(frozen=True, slots=True)
class GivenAnswers:
    """What the options of the command line answer; "" and ``None``: not given."""

    terminal: str = ""
    centre: str = ""
    sealer: str = ""
    place: str = ""
    height_mm: int | None = None
    output: str = ""
    rotation: str = ""  # "auto", or degrees
    touch_turned: str = ""  # degrees
    server: str = ""  # the display server


def ask(
    given: GivenAnswers,
    found: Discovery,
    before: PresentSettings,
    technician: Technician,
    *,
    quiet: bool,
) -> SiteFacts:
    """The facts of the site: from the options, the technician, or the settings so far, which are
    the defaults. ``quiet``: ask nobody, and take the defaults. Raises :class:`Unanswered`."""
    say = technician.say

    def answer(
        option: str, told: str, default: str, check: Check, ask: Callable[[str, Check], str]
    ) -> str:
        if told or quiet:
            if not (told or default):
                raise Unanswered(option)
            try:
                return check(told or default)
            except click.UsageError as error:
                raise click.ClickException(f"{option}: {error.format_message()}") from None
        return ask(default, check)

    def number(said: str) -> str:
        if not _NUMBER.fullmatch(said.strip()):
            raise click.UsageError(say(en("letters, digits and hyphens, at most 32")))
        return said.strip()

    def any_text(said: str) -> str:
        if not said.strip() or not said.isprintable():
            raise click.UsageError(say(en("a name")))
        return said.strip()

    def profile(said: str) -> str:
        if said.strip() not in profiles():
            raise click.UsageError(say(en("one of: {names}", names=", ".join(profiles()))))
        return said.strip()

    def height(said: str) -> str:
        if not said.strip().isdecimal() or int(said) > MOST_MM:
            raise click.UsageError(say(en("millimetres, 0 to {most}", most=MOST_MM)))
        return said.strip()

    host = platform.node()
    usual = host if _NUMBER.fullmatch(host) and any(one.isdigit() for one in host) else ""
    told_mm = "" if given.height_mm is None else str(given.height_mm)
    return SiteFacts(
        terminal=answer(
            "--terminal",
            given.terminal,
            str(before.value("terminal") or usual),
            number,
            partial(technician.text, en("The terminal's number at the centre")),
        ),
        centre=answer(
            "--centre",
            given.centre,
            str(before.value("centre", "url") or ""),
            partial(address, say=say),
            partial(technician.address, en("The centre's address")),
        ),
        sealer=answer(
            "--sealer",
            given.sealer,
            str(before.value("centre", "sealer") or _only_organisation(_SEAL_ROOTS)),
            any_text,
            partial(
                technician.text,
                en("Who seals the centre's papers (organisation in the certificate)"),
            ),
        ),
        place=answer(
            "--place",
            given.place,
            before.profile or guess_place(found),
            profile,
            lambda default, _check: technician.choose(
                en("Where the terminal stands"),
                {name: _PLACES.get(name, name) for name in profiles()},
                default,
            ),
        ),
        height_mm=int(
            answer(
                "--height-mm",
                told_mm,
                str(before.value("screen", "mounted_mm") or 0),
                height,
                lambda default, check: technician.number(
                    en("Panel's lower edge above the floor, in mm (0: not measured)"),
                    default,
                    MOST_MM,
                    check,
                ),
            )
        ),
    )


def address(said: str, say: Say) -> str:
    """The address that ``said`` is. Raises ``click.UsageError``."""
    said = said.strip().rstrip("/")
    try:
        parts = urlsplit(said)
        good = parts.scheme in ("https", "http") and bool(parts.hostname)
    except ValueError:
        good = False
    if not good:
        raise click.UsageError(say(en("an address like https://gjj.example.gov.cn")))
    return said


_PLACES = {
    "supermarket": en("supermarket: upright, for people who stand"),
    "bus-station": en("bus station: a wide screen in bright light"),
    "lowered": en("lowered: for people who sit"),
    "branch-stm": en("bank branch: the bank's own machine, XFS4IoT"),
}
"""What the profiles are for."""


def choose(found: Discovery, technician: Technician, *, quiet: bool) -> Mapping[Kind, FoundDevice]:
    """Which of several devices of one class is to be used; ``quiet``: nobody is asked. A device of
    the settings that answers is not put into question."""
    chosen: dict[Kind, FoundDevice] = {}
    for kind in Kind:
        several = found.of(kind)
        if quiet or len(several) < 2 or any(one.known for one in several):
            continue
        heading = en("several devices of the class {kind}:", kind=kind)
        index = technician.pick(heading, [one.title for one in several], en("Which one"))
        chosen[kind] = several[index]
    return chosen


def _only_organisation(path: Path) -> str:
    """The organisation of the only certificate of ``path``: who issues it often seals too."""
    try:
        certificates = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        return ""
    subjects = {
        str(one.value)
        for certificate in certificates
        for one in certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    }
    return subjects.pop() if len(subjects) == 1 else ""
