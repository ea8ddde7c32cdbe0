"""The command line: run, demo, desk, visit, sandbox, bench, doctor."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path

import click

from kiosk.settings import SettingsError, profiles

_PROFILE = click.option(
    "--profile",
    type=click.Choice(profiles()),
    default="supermarket",
    show_default=True,
    help="What kind of machine.",
)
_SETTINGS = click.option(
    "--settings",
    "settings_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("/etc/kiosk/terminal.toml"),
    show_default=True,
    help="The terminal's settings.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="provident-kiosk", prog_name="kiosk")
def main() -> None:
    """The self-service terminal of a housing provident fund centre (住房公积金自助终端)."""


@main.command()
@_SETTINGS
@click.option("--visits", type=int, hidden=True, help="Stop after so many visits.")
def run(settings_path: Path, visits: int | None) -> None:
    """Run the terminal: the keeper, and its visits one after another."""
    from kiosk.keeper import keeper

    try:
        sys.exit(keeper.run(settings_path, keeper.visit_command(settings_path), visits=visits))
    except SettingsError as error:
        raise click.ClickException(str(error)) from None


@main.command(hidden=True)
@_SETTINGS
@click.option(
    "--channel", "channel_fd", type=int, required=True, help="Descriptor of the keeper's channel."
)
@click.option("--play", type=click.Path(path_type=Path), help="Play the demo; pictures go here.")
@click.option("--measure", type=click.Path(path_type=Path), help="Plan and trace of the bench.")
@click.option("--desk", type=click.Path(path_type=Path), help="Control socket of the hardware.")
@click.option("--trace", type=click.Path(path_type=Path), help="Which page, and where to press it.")
@click.option("--watch", type=click.Path(path_type=Path), help="Socket of who looks and presses.")
def visit(
    settings_path: Path,
    channel_fd: int,
    play: Path | None,
    measure: Path | None,
    desk: Path | None,
    trace: Path | None,
    watch: Path | None,
) -> None:
    """One visit; started by the keeper."""
    from ui import app

    sys.exit(
        app.run(
            settings_path,
            channel_fd,
            play=play,
            measure=measure,
            desk=desk,
            trace=trace,
            watch=watch,
        )
    )


@main.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), show_default=True)
@click.option("--offscreen", is_flag=True, help="Play the main job without a display.")
@_PROFILE
@click.option("--landscape", is_flag=True, help="1920×1080 whatever the profile says.")
@click.option("--trace", type=click.Path(path_type=Path), hidden=True)
def demo(out: Path, offscreen: bool, profile: str, landscape: bool, trace: Path | None) -> None:
    """Everything on this machine: the stand-in centre, emulated hardware, the terminal.

    Opens the terminal in a window beside the desk, which plays the hardware. Without a display it
    plays the main job offscreen and leaves pictures, papers and times in OUT.
    """
    from kiosk.workshop import demo as demonstration

    sys.exit(
        demonstration.run(
            out, offscreen=offscreen, profile=profile, landscape=landscape, trace=trace
        )
    )


@main.group(invoke_without_command=True)
@click.option(
    "--directory",
    type=click.Path(path_type=Path),
    required=True,
    help="Where its control socket and ports lie.",
)
@click.option(
    "--settings",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The terminal beside it; there is no desk where it is in production.  "
    "[default: /etc/kiosk/terminal.toml, if there is one]",
)
@click.option("--centre", help="Address of the stand-in centre, whose messages it shows.")
@click.option("--headless", is_flag=True, help="No window: orders come over the socket only.")
@_PROFILE
@click.option("--landscape", is_flag=True, help="The terminal's window beside it is a wide one.")
@click.pass_context
def desk(
    context: click.Context,
    directory: Path,
    settings: Path | None,
    centre: str | None,
    headless: bool,
    profile: str,
    landscape: bool,
) -> None:
    """Emulated hardware, and a window to play it; a command hands orders to a desk that runs."""
    from ui.desk import app

    terminal = settings or app.TERMINAL
    context.obj = directory, terminal
    if context.invoked_subcommand is None:
        sys.exit(
            app.run(
                directory,
                centre=centre,
                headless=headless,
                profile=profile,
                landscape=landscape,
                terminal=terminal,
            )
        )


@desk.command()
@click.argument("script")
@click.option(
    "--wait", type=click.FloatRange(0, 3600), metavar="SECONDS", help="See the script end."
)
@click.pass_context
def tell(context: click.Context, script: str, wait: float | None) -> None:
    """Begin a fault SCRIPT: "printer: paper out after 12 lines; refill after 5 s"; "-" reads it.

    docs/fault-scripts.md has the language and all orders.
    """
    from ui.desk import app

    directory, terminal = context.obj
    text = sys.stdin.read() if script == "-" else script
    sys.exit(app.tell(directory, text, wait=wait, terminal=terminal))


@desk.command()
@click.argument("device")
@click.pass_context
def look(context: click.Context, device: str) -> None:
    """Print what one would see at DEVICE (printer, a4, reader, …), as JSON."""
    from ui.desk import app

    directory, terminal = context.obj
    sys.exit(app.look(directory, device, terminal=terminal))


@main.command()
@click.option("--directory", type=click.Path(path_type=Path), required=True, help="Its data.")
@click.option("--port", type=int, default=0, help="0 takes a free one.")
@click.option("--delay", type=float, default=0.0, help="Seconds added to every answer.")
def sandbox(directory: Path, port: int, delay: float) -> None:
    """The stand-in centre 模拟中心, for demo, training and tests."""
    from kiosk.workshop.sandbox import server

    server.run(directory, port, delay=(delay, delay))


@main.command()
@click.argument("parts", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
@click.option("--quick", is_flag=True, help="Fewer runs.")
def bench(parts: tuple[str, ...], as_json: bool, quick: bool) -> None:
    """Measure the terminal on this machine, beside floors and targets: median, p99, how often.

    \b
    PARTS; left out, all of them:
      visits   starts, pages, sign-in, memory, processor time
      devices  readers, slips and recovery, with hardware emulated on the wire
      faults   some 700 device faults at every step of visits; 1 when one is not met as it should be

    What this machine lacks a daemon for, or --quick the time, is left out, and stderr says why.
    """
    from kiosk.workshop import bench as benchmark

    if unknown := set(parts) - set(benchmark.PARTS):
        raise click.BadParameter(
            f"{', '.join(sorted(unknown))}; there are {', '.join(benchmark.PARTS)}"
        )
    sys.exit(benchmark.run(parts or tuple(benchmark.PARTS), json=as_json, quick=quick))


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
    from kiosk import settings
    from kiosk.doctor import acceptance, chinese, examination, history, trial_prints
    from kiosk.doctor.text import text

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that is not UTF-8 gets its report too
            stream.reconfigure(errors="backslashreplace")
    try:
        loaded = settings.load(settings_path)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    at = datetime.now(UTC).replace(microsecond=0)
    printed = trial_prints.run(loaded, at) if prints else ()
    report = examination.examine(loaded, printed, keep, settings_path)
    say = chinese.say if chinese.is_spoken() else str
    click.echo(report.json() if as_json else text(report, say, colour=sys.stdout.isatty()))
    try:
        history.keep(report.json(), report.at, keep)
    except OSError as error:
        click.echo(say(f"not kept: {error.strerror or type(error).__name__}"), err=True)
    if pdf:
        pictures = trial_prints.pictures(loaded, at, printed) if prints else ()
        if why := acceptance.write(pdf, report, loaded.profile, pictures):
            click.echo(say(f"no acceptance report: {why}"), err=True)
    sys.exit(0 if report.fit else 1)


if __name__ == "__main__":
    main()
