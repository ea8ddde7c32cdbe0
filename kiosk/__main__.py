"""The command line of a terminal; and the names of the workshop's commands."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NoReturn, TextIO

import click

WORKSHOP = "kiosk.workshop.commands"
"""The module of the workshop's commands; not imported here: a terminal in the field lacks it."""
WORKSHOP_COMMANDS = ("bench", "centre", "demo", "desk", "sandbox")
WORKSHOP_DISTRIBUTION = "provident-kiosk-workshop"
_SETTINGS = click.option(
    "--settings",
    "settings_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("/etc/kiosk/terminal.toml"),
    show_default=True,
    help="The terminal's settings.",
)


class CommandLine(click.Group):
    """The terminal's own commands and the workshop's. Where the workshop is not installed, each of
    its commands says what to install."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *WORKSHOP_COMMANDS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in WORKSHOP_COMMANDS:
            return super().get_command(ctx, cmd_name)
        try:
            workshop = importlib.import_module(WORKSHOP)
        except ModuleNotFoundError as error:
            if error.name is None or not WORKSHOP.startswith(error.name):
                raise  # a library that the workshop needs is missing, not the workshop
            return _not_installed(cmd_name)
        command: click.Command = getattr(workshop, cmd_name)
        return command


def _not_installed(name: str) -> click.Command:
    """A command ``name`` for the list of commands, which says what to install and fails."""

    @click.command(
        name,
        help=f"Not on this machine: install {WORKSHOP_DISTRIBUTION}.",
        add_help_option=False,
        context_settings={"ignore_unknown_options": True},
    )
    @click.argument("anything", nargs=-1, type=click.UNPROCESSED)
    def refuse(anything: tuple[str, ...]) -> None:
        raise click.ClickException(
            f"`kiosk {name}` belongs to the workshop, which is not on this machine; "
            f"install {WORKSHOP_DISTRIBUTION}"
        )

    return refuse


@click.group(cls=CommandLine, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="provident-kiosk", prog_name="kiosk")
def main() -> None:
    """The self-service terminal of a housing provident fund centre (住房公积金自助终端)."""


def prepared(arguments: Sequence[str]) -> Callable[[int], NoReturn]:
    """The command of ``arguments``, which lack the ``--channel``, to be called with the channel's
    descriptor: the fork server reads the arguments once, and its processes do what they say."""
    command = main.commands[arguments[0]]
    context = command.make_context(arguments[0], [*arguments[1:], "--channel", "0"])

    def program(channel: int) -> NoReturn:
        context.params["channel_fd"] = channel
        try:
            command.invoke(context)
        except click.ClickException as error:
            error.show()
            sys.exit(error.exit_code)
        sys.exit()

    return program


@main.command()
@_SETTINGS
@click.option("--visits", type=int, hidden=True, help="Stop after so many visits.")
def run(settings_path: Path, visits: int | None) -> None:
    """Run the terminal: the keeper, and its visits one after another."""
    from kiosk.keeper import rising

    poster = rising.begin(rising.poster_command(settings_path))  # before all other imports
    from kiosk.keeper import keeper, lean, sole
    from kiosk.settings import SettingsError

    lean.grow_lean()  # here, where no thread can be: `kiosk demo` runs a keeper beside others
    command = keeper.visit_command(settings_path)
    try:
        code = keeper.run(
            settings_path,
            command,
            preload=keeper.PRELOAD,
            committer=keeper.committer_command(settings_path),
            poster=poster,
            visits=visits,
        )
    except (SettingsError, sole.NotSole) as error:
        raise click.ClickException(str(error)) from None
    if code == keeper.RESTARTS:  # in the same process: systemd, or the console, has started it
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - itself
    sys.exit(code)


@main.command()
@_SETTINGS
def screen(settings_path: Path) -> None:
    """Become the display server (cage) that the terminal's window fills, or the window manager of
    the X server that the settings name. Its unit starts it. Without settings, for setup: cage on a
    panel as it is built."""
    from kiosk import settings
    from kiosk.display import server

    try:
        try:
            chosen = settings.load(settings_path).screen
        except settings.NoSettings:
            chosen = settings.ScreenSettings(rotation=0)
        server.start(chosen)
    except (settings.SettingsError, server.NoDisplayServer) as error:
        raise click.ClickException(str(error)) from None


@main.command()
@_SETTINGS
def prepare(settings_path: Path) -> None:
    """Bind touches to the panel, switch off other outputs, write what usbguard lets in and what an
    X server is told. Its unit runs it, as root. Settings with a mistake: as if they named
    nothing."""
    from kiosk import settings
    from kiosk.display import rules

    told = []
    try:
        chosen = settings.load(settings_path)
    except settings.SettingsError as error:
        told = [str(error)]
        centre = settings.CentreSettings(url="", seal_roots=Path())
        chosen = settings.Settings(terminal="unknown", centre=centre)
    try:
        told += rules.write(chosen)
    except OSError as error:
        told.append(f"{error.filename}: {error.strerror}")
    if told:
        raise click.ClickException("; ".join(told))


@main.command(hidden=True)
@_SETTINGS
@click.option(
    "--channel", "channel_fd", type=int, required=True, help="Descriptor of the keeper's channel."
)
@click.option(
    "--robot",
    metavar="MODULE:FUNCTION",
    help="Function that plays or measures the visit; never in production.",
)
@click.option("--told", multiple=True, help="An argument of the robot's function.")
def visit(settings_path: Path, channel_fd: int, robot: str | None, told: tuple[str, ...]) -> None:
    """One visit; started by the keeper."""
    from kiosk.settings import SettingsError
    from ui import loading

    try:
        loading.load(settings_path, later=False)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    from ui import app

    sys.exit(app.run(settings_path, channel_fd, robot=robot, told=told))


@main.command(hidden=True)
@_SETTINGS
@click.option(
    "--channel", "channel_fd", type=int, required=True, help="Descriptor of the keeper's channel."
)
def committer(settings_path: Path, channel_fd: int) -> None:
    """Keep the journal, commit operations at the centre; started by the keeper."""
    from kiosk.operations import process

    process.run(settings_path, channel_fd)


@main.command()
@_SETTINGS
@click.option(
    "--journal",
    type=click.Path(path_type=Path, dir_okay=False),
    help="This journal instead of the one that the settings name.",
)
def unresolved(settings_path: Path, journal: Path | None) -> None:
    """List the operations whose end this terminal does not know yet 在途业务; also while it runs.
    Exit code 1: there are some."""
    from kiosk import settings
    from kiosk.operations import copied, process
    from kiosk.operations.rows import JournalUnwritable

    try:
        path = journal or process.journal_path(settings.load(settings_path))
        entries = copied.unresolved(path)
    except (settings.SettingsError, JournalUnwritable, OSError) as error:
        raise click.ClickException(str(error)) from None
    for entry in entries:
        click.echo(f"{entry.operation}  {entry.business}  {entry.event}")
    if entries:
        sys.exit(1)
    click.echo("every operation has ended")


@main.group()
def audit() -> None:
    """The tamper-evident log of this terminal 审计日志."""


@audit.command("export")
@_SETTINGS
def export_audit(settings_path: Path) -> None:
    """Write the audit log to stdout, one JSON object a line; also while the terminal runs."""
    from kiosk import settings
    from kiosk.operations import copied, process
    from kiosk.operations.rows import JournalUnwritable

    try:
        path = process.journal_path(settings.load(settings_path))
        for line in copied.audit_lines(path):
            click.echo(line)
    except (settings.SettingsError, JournalUnwritable, OSError) as error:
        raise click.ClickException(str(error)) from None


@audit.command("verify")
@_SETTINGS
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option(
    "--heads",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The heads that the centre has witnessed, one JSON object a line, instead of asking it.",
)
def verify_audit(settings_path: Path, file: Path | None, heads: Path | None) -> None:
    """Verify an exported log, or this terminal's own, against the heads that the centre has
    witnessed. Exit code 0: intact; 1: BROKEN; 2: not verified; 3: the exported FILE is SHORT, since
    the centre has witnessed more: cut, or exported before. Whatever stands in the log, this command
    tells it in a line."""
    from kiosk.operations import copied

    verdict, why = copied.verdict(settings_path, file, heads)
    if verdict is None:
        click.echo(f"not verified: {why}")
        sys.exit(2)
    if file and verdict.short_of:
        click.echo(
            f"SHORT: {verdict.records} records, {verdict.witnessed} witnessed by the centre, which "
            f"has witnessed {verdict.short_of}: the file is cut short, or was exported before that"
        )
        sys.exit(3)
    if not verdict.intact:
        click.echo(f"BROKEN: {verdict.broken}")
        sys.exit(1)
    click.echo(
        f"intact: {verdict.records} records, {verdict.witnessed} witnessed by the centre, "
        f"{verdict.not_yet_witnessed} not yet witnessed"
    )


@main.group()
def maintenance() -> None:
    """What the staff of a terminal take along 维护."""


@maintenance.command("export")
@_SETTINGS
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--days", type=click.IntRange(1, 366), default=7, show_default=True)
@click.option(
    "--log",
    "source",
    type=click.File(encoding="utf-8", errors="replace"),
    help="These lines instead of the journal of systemd; -: the standard input.",
)
def export_log(settings_path: Path, folder: Path, days: int, source: TextIO | None) -> None:
    """Write the log to FOLDER, such as a USB stick: masked, and signed by this terminal."""
    from kiosk import settings
    from kiosk.maintenance import log_export

    try:
        chosen = settings.load(settings_path)
        lines = log_export.from_journal(days) if source is None else source
        written = log_export.export(chosen, lines, folder)
    except (settings.SettingsError, log_export.NotExported) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{written.lines} lines, {written.left_out} left out")
    click.echo(f"{written.file}\n{written.signature}")


@maintenance.command("verify")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--roots",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="PEM file with the certificates that issue those of terminals.",
)
def verify_log(file: Path, roots: Path) -> None:
    """Verify an exported log against its signature, which lies beside it. Exit code 0: as the
    terminal wrote it. Whatever stands in the files, this command tells it in a line."""
    from kiosk.maintenance import log_export

    try:
        found = log_export.verify(file, roots)
    except log_export.NotVerified as error:
        click.echo(f"NOT GENUINE: {error}")
        sys.exit(1)
    click.echo(f"genuine: {found.lines} lines of {found.terminal}, signed by {found.signer}")


@main.command()
@_SETTINGS
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("/var/lib/kiosk/doctor"),
    show_default=True,
    help="Where the dated results are kept.",
)
@click.option(
    "--pdf",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the acceptance report 验收报告.",
)
@click.option("--print", "prints", is_flag=True, help="Also print a test slip and a test sheet.")
def doctor(settings_path: Path, as_json: bool, keep: Path, pdf: Path | None, prints: bool) -> None:
    """Look at everything: system, devices, network, centre. Exit code 0 says fit for service.
    Without settings: at everything that needs none, and at what is plugged in."""
    from kiosk import settings
    from kiosk.doctor import console

    console.speak_anyway()
    try:
        loaded = settings.load(settings_path)
    except settings.SettingsError as error:
        sys.exit(console.report_without(error, settings_path, as_json, pdf, prints=prints))
    sys.exit(console.report(loaded, settings_path, as_json, keep, pdf, prints=prints))


@main.command()
@_SETTINGS
@click.option("--terminal", default="", help="The terminal's number at the centre, e.g. T0001.")
@click.option("--centre", default="", metavar="URL", help="The centre's address.")
@click.option("--sealer", default="", help="Who seals the centre's papers.")
@click.option(
    "--place",
    default="",
    metavar="PROFILE",
    help="Where the terminal stands: supermarket, bus-station, lowered or branch-stm.",
)
@click.option(
    "--height-mm",
    type=click.IntRange(0, 3000),
    help="How high the panel's lower edge is above the floor; 0: not measured.",
)
@click.option("--output", default="", metavar="NAME", help="The panel's output, e.g. HDMI-A-1.")
@click.option(
    "--rotation",
    type=click.Choice(["auto", "0", "90", "180", "270"]),
    help="How far the panel hangs turned clockwise from how it was built.",
)
@click.option(
    "--touch-turned",
    type=click.Choice(["0", "90", "180", "270"]),
    help="How far the touch layer is built in clockwise against the panel's picture.",
)
@click.option(
    "--server",
    type=click.Choice(["cage", "xorg"]),
    help="The display server: the compositor cage, or Xorg with openbox.",
)
@click.option(
    "--port",
    "ports",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A serial port that the kernel does not list; may be given several times.",
)
@click.option("--machine", default="", metavar="HOST", help="The machine behind XFS4IoT.")
@click.option(
    "--rules",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("/etc/udev/rules.d/60-kiosk.rules"),
    show_default=True,
    help="Where the names of the devices are written (udev).",
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("/var/lib/kiosk/doctor"),
    show_default=True,
    help="Where the doctor's dated results are kept.",
)
@click.option(
    "--pdf",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the acceptance report 验收报告.",
)
@click.option("--no-print", is_flag=True, help="No test slip and no test sheet.")
@click.option("--yes", is_flag=True, help="Ask nothing: take what was found, and write it.")
@click.option("--screen", is_flag=True, help="Ask on the terminal's own screen, by touching.")
def setup(
    settings_path: Path,
    terminal: str,
    centre: str,
    sealer: str,
    place: str,
    height_mm: int | None,
    output: str,
    rotation: str | None,
    touch_turned: str | None,
    server: str | None,
    ports: tuple[Path, ...],
    machine: str,
    rules: Path,
    keep: Path,
    pdf: Path | None,
    no_print: bool,
    yes: bool,
    screen: bool,
) -> None:
    """Put this machine into service: find its devices, ask what nobody can find out, write the
    settings and the names of the devices, then look at everything and print. Run again, it changes
    only what has changed, and shows the change first."""
    from kiosk.doctor import console
    from kiosk.setup import discovery, procedure, questions
    from kiosk.setup.at_console import AtConsole
    from kiosk.words import locale_language, say_sentence

    console.speak_anyway()
    given = questions.GivenAnswers(
        terminal,
        centre,
        sealer,
        place,
        height_mm,
        output,
        rotation or "",
        touch_turned or "",
        server or "",
    )
    order = procedure.SetupOrder(
        settings_path, given, rules, keep, pdf, quiet=yes, prints=not no_print
    )
    search = discovery.SearchPlace(ports=ports, machine=machine)
    if screen:
        if yes:
            raise click.UsageError("--screen asks, --yes does not")
        from ui import setup_app

        setup_app.main(order, search)
    technician = AtConsole(partial(say_sentence, language=locale_language()))
    sys.exit(procedure.run(order, search, technician))


@main.command()
@click.argument("url", required=False)
@_SETTINGS
@click.option(
    "--ca",
    type=click.Path(path_type=Path, dir_okay=False),
    help="What the TLS certificate of URL must come from.  [default: the settings, the system]",
)
@click.option("--anew", is_flag=True, help="With a new key, also where one waits already.")
@click.option("--no-tpm", is_flag=True, help="With a key in a file, also where there is a TPM.")
@click.option(
    "--request",
    "request_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Without a network: write the request for a ticket there, and stop.",
)
@click.option(
    "--ticket",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Without a network: take this signed ticket; -: as the scanner types it.",
)
@click.option(
    "--tickets",
    "signers",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The certificates of those who may sign tickets.  [default: what the settings say]",
)
@click.option(
    "--minutes", type=float, default=30, show_default=True, help="How long to wait for the centre."
)
def enrol(
    url: str | None,
    settings_path: Path,
    ca: Path | None,
    anew: bool,
    no_tpm: bool,
    request_file: Path | None,
    ticket: Path | None,
    signers: Path | None,
    minutes: float,
) -> None:
    """Get this terminal's number, certificate and settings from the centre 入网.

    Shows a code, which a technician allows at the centre's page; or takes a signed ticket."""
    from kiosk.enrolment import command
    from kiosk.enrolment.identity import NotEnrolled
    from kiosk.enrolment.key import KeyUnusable
    from kiosk.enrolment.signed import TicketRefused
    from kiosk.settings import SettingsError
    from kiosk.words import locale_language, say_sentence

    try:
        here = command.EnrolmentCommand(settings_path, click.echo, anew=anew, tpm=not no_tpm)
        if request_file:
            here.write_request(request_file)
        elif ticket:
            here.take_ticket(ticket, signers)
        else:
            here.ask(url, ca, minutes * 60)
    except TicketRefused as error:
        told = error.args[0], command.mend_of(error)
        why, mend = (say_sentence(each, locale_language()) for each in told)
        raise click.ClickException(f"{why}\n→ {mend}") from None
    except (SettingsError, NotEnrolled, KeyUnusable) as error:
        raise click.ClickException(say_sentence(error.args[0], locale_language())) from None
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        raise click.ClickException(f"{place}{error.strerror or error}") from None


@main.group(invoke_without_command=True)
@_SETTINGS
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the model files lie.  [default: what the settings say]",
)
@click.pass_context
def models(context: click.Context, settings_path: Path, folder: Path | None) -> None:
    """Verify the model files of face capture. Exit code 0 says that liveness is available."""
    from kiosk import settings
    from kiosk.identity.face import models as files

    source = ""
    if folder is None:
        try:
            face = settings.load(settings_path).face
        except settings.SettingsError as error:
            raise click.ClickException(f"{error}; or name a --folder") from None
        folder, source = face.models, face.source
    context.obj = folder, source
    if context.invoked_subcommand is None:
        states = files.verify(folder)
        for name, pin in files.pinned().items():
            click.echo(f"{states[name]:9} {pin.use:10} {name}: {pin.what} ({pin.licence})")
        sys.exit(int(any(states[name] != files.FileState.VERIFIED for name in files.LIVENESS)))


@models.command("install")
@click.argument("source", metavar="FOLDER|ADDRESS", required=False)
@click.pass_obj
def install_models(told: tuple[Path, str], source: str | None) -> None:
    """Copy every pinned model file that FOLDER, or the http(s) ADDRESS, has: the one that the
    settings name, unless another is given."""
    from kiosk.identity.face import models as files

    folder, usual = told
    if not (source or usual):
        raise click.UsageError("name a folder or an address, here or as `source` of [face]")
    try:
        for name in files.install(source or usual, folder):
            click.echo(f"installed {name}")
    except files.NotInstalled as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{folder}: {error.strerror or error}") from None


if __name__ == "__main__":
    main()
