"""The command line of a terminal; and the names of the workshop's commands."""

from __future__ import annotations

import importlib
import sys
from datetime import UTC, datetime
from functools import partial
from io import TextIOWrapper
from pathlib import Path

import click

from kiosk.settings import SettingsError

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


@main.command()
@_SETTINGS
@click.option("--visits", type=int, hidden=True, help="Stop after so many visits.")
def run(settings_path: Path, visits: int | None) -> None:
    """Run the terminal: the keeper, and its visits one after another."""
    from kiosk.keeper import keeper, sole

    command = keeper.visit_command(settings_path)
    try:
        sys.exit(
            keeper.run(
                settings_path,
                command,
                preload=keeper.PRELOAD,
                committer=keeper.committer_command(settings_path),
                visits=visits,
            )
        )
    except (SettingsError, sole.NotSole) as error:
        raise click.ClickException(str(error)) from None


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
    except (SettingsError, JournalUnwritable, OSError) as error:
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
    except (SettingsError, JournalUnwritable, OSError) as error:
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
    witnessed. Exit code 0: intact. Whatever stands in the log, this command tells it in a line."""
    from kiosk.operations import copied

    verdict, why = copied.verdict(settings_path, file, heads)
    if verdict is None:
        click.echo(f"not verified: {why}")
        sys.exit(2)
    if not verdict.intact:
        click.echo(f"BROKEN: {verdict.broken}")
        sys.exit(1)
    click.echo(
        f"intact: {verdict.records} records, {verdict.witnessed} witnessed by the centre, "
        f"{verdict.not_yet_witnessed} not yet witnessed"
    )


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
    """Look at everything: system, devices, network, centre. Exit code 0 says fit for service."""
    from drivers.sentence import en
    from kiosk import settings
    from kiosk.doctor import acceptance, examination, history, trial_prints
    from kiosk.doctor.text import text
    from kiosk.words import locale_language, say_sentence

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a console that is not UTF-8 shows escapes instead
            stream.reconfigure(errors="backslashreplace")
    try:
        loaded = settings.load(settings_path)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    at = datetime.now(UTC).replace(microsecond=0)
    printed = trial_prints.run(loaded, at) if prints else ()
    report = examination.examine(loaded, printed, keep, settings_path)
    say = partial(say_sentence, language=locale_language())
    click.echo(report.json() if as_json else text(report, say, colour=sys.stdout.isatty()))
    try:
        history.keep(report.json(), report.at, keep)
    except OSError as error:
        click.echo(say(en("not kept: {why}", why=error.strerror or type(error).__name__)), err=True)
    if pdf:
        pictures = trial_prints.pictures(loaded, at, printed) if prints else ()
        if why := acceptance.write(pdf, report, loaded.profile, pictures):
            click.echo(say(en("no acceptance report: {why}", why=why)), err=True)
    sys.exit(0 if report.fit else 1)


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

    if folder is None:
        try:
            folder = settings.load(settings_path).face.models
        except SettingsError as error:
            raise click.ClickException(f"{error}; or name a --folder") from None
    context.obj = folder
    if context.invoked_subcommand is None:
        states = files.verify(folder)
        for name, pin in files.pinned().items():
            click.echo(f"{states[name]:9} {pin.use:10} {name}: {pin.what} ({pin.licence})")
        sys.exit(int(any(states[name] != files.FileState.VERIFIED for name in files.LIVENESS)))


@models.command("install")
@click.argument("source", metavar="FOLDER|ADDRESS")
@click.pass_obj
def install_models(folder: Path, source: str) -> None:
    """Copy every pinned model file that FOLDER, or the http(s) ADDRESS, has."""
    from kiosk.identity.face import models as files

    try:
        for name in files.install(source, folder):
            click.echo(f"installed {name}")
    except files.NotInstalled as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{folder}: {error.strerror}") from None


if __name__ == "__main__":
    main()
