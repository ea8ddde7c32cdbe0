"""Asks at the console what nobody can find out; each question has its answer as an option too."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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

Say = Callable[[str], str]
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


def ask(
    given: GivenAnswers, found: Discovery, before: PresentSettings, *, quiet: bool, say: Say
) -> SiteFacts:
    """The facts of the site: from the options, the console, or the settings so far, which are the
    defaults. ``quiet``: ask nobody, and take the defaults. Raises :class:`Unanswered`."""

    def answer(
        option: str, told: str, question: str, default: str, check: Callable[[str], str]
    ) -> str:
        if told or quiet:
            if not (told or default):
                raise Unanswered(option)
            try:
                return check(told or default)
            except click.UsageError as error:
                raise click.ClickException(f"{option}: {error.format_message()}") from None
        return str(click.prompt(say(question), default=default or None, value_proc=check))

    def number(said: str) -> str:
        if not _NUMBER.fullmatch(said.strip()):
            raise click.UsageError(say(en("letters, digits and hyphens, at most 32")))
        return said.strip()

    def address(said: str) -> str:
        said = said.strip().rstrip("/")
        try:
            parts = urlsplit(said)
            good = parts.scheme in ("https", "http") and bool(parts.hostname)
        except ValueError:
            good = False
        if not good:
            raise click.UsageError(say(en("an address like https://gjj.example.gov.cn")))
        return said

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
    kinds = ", ".join(profiles())
    return SiteFacts(
        terminal=answer(
            "--terminal",
            given.terminal,
            en("The terminal's number at the centre"),
            str(before.value("terminal") or usual),
            number,
        ),
        centre=answer(
            "--centre",
            given.centre,
            en("The centre's address"),
            str(before.value("centre", "url") or ""),
            address,
        ),
        sealer=answer(
            "--sealer",
            given.sealer,
            en("Who seals the centre's papers (organisation in the certificate)"),
            str(before.value("centre", "sealer") or _only_organisation(_SEAL_ROOTS)),
            any_text,
        ),
        place=answer(
            "--place",
            given.place,
            en("Where the terminal stands ({kinds})", kinds=kinds),
            before.profile or guess_place(found),
            profile,
        ),
        height_mm=int(
            answer(
                "--height-mm",
                told_mm,
                en("Panel's lower edge above the floor, in mm (0: not measured)"),
                str(before.value("screen", "mounted_mm") or 0),
                height,
            )
        ),
    )


def choose(found: Discovery, *, quiet: bool, say: Say) -> Mapping[Kind, FoundDevice]:
    """Which of several devices of one class is to be used; ``quiet``: nobody is asked. A device of
    the settings that answers is not put into question."""
    chosen: dict[Kind, FoundDevice] = {}
    for kind in Kind:
        several = found.of(kind)
        if quiet or len(several) < 2 or any(one.known for one in several):
            continue
        click.echo(say(en("several devices of the class {kind}:", kind=kind)))
        for index, one in enumerate(several, 1):
            click.echo(f"  {index}  {say(one.title)}")
        index = click.prompt(say(en("Which one")), default=1, type=click.IntRange(1, len(several)))
        chosen[kind] = several[index - 1]
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
