"""The workshop's commands of the command line: demo, desk, sandbox, centre, bench."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from kiosk.settings import profiles

_PROFILE = click.option(
    "--profile",
    type=click.Choice(profiles()),
    default="supermarket",
    show_default=True,
    help="What kind of machine.",
)


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("out/demo"), show_default=True)
@click.option("--offscreen", is_flag=True, help="Play the main job without a display.")
@_PROFILE
@click.option("--landscape", is_flag=True, help="1920×1080 whatever the profile says.")
@click.option("--trace", type=click.Path(path_type=Path), hidden=True)
def demo(out: Path, offscreen: bool, profile: str, landscape: bool, trace: Path | None) -> None:
    """Everything on this machine: the stand-in centre, emulated hardware, the terminal.

    Opens the terminal in a window beside the desk, which plays the hardware. Without a display it
    plays the main job offscreen and leaves pictures, papers and times in OUT, which must be empty
    or hold those of an earlier demo.
    """
    from kiosk.workshop import demo as demonstration

    try:
        code = demonstration.run(
            out, offscreen=offscreen, profile=profile, landscape=landscape, trace=trace
        )
    except demonstration.OccupiedError as error:
        raise click.BadParameter(str(error), param_hint="--out") from None
    sys.exit(code)


@click.group(invoke_without_command=True)
@click.option(
    "--directory",
    type=click.Path(path_type=Path),
    help="Where its control socket and ports lie.  [required]",
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
    directory: Path | None,
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
                _told(directory),
                centre=centre,
                headless=headless,
                profile=profile,
                landscape=landscape,
                terminal=terminal,
            )
        )


def _told(directory: Path | None) -> Path:
    """Not a required option of the group: ``kiosk desk tell --help`` needs no desk."""
    if directory is None:
        raise click.UsageError("Missing option '--directory'.")
    return directory


@desk.command()
@click.argument("script")
@click.option(
    "--wait", type=click.FloatRange(0, 3600), metavar="SECONDS", help="See the script end."
)
@click.pass_context
def tell(context: click.Context, script: str, wait: float | None) -> None:
    """Begin a fault SCRIPT: "printer: paper out after 12 lines; refill after 5 s"; "-" reads it.

    For a desk that runs: kiosk desk --directory DIR tell "…"; `kiosk demo` says its DIR.
    "citizen: put who=P03" puts a card, "camera: face who=live" has a person stand there.
    docs/fault-scripts.md has the language, every way in, and all orders.
    """
    from ui.desk import app

    directory, terminal = _told(context.obj[0]), context.obj[1]
    text = sys.stdin.read() if script == "-" else script
    sys.exit(app.tell(directory, text, wait=wait, terminal=terminal))


@desk.command()
@click.argument("device")
@click.pass_context
def look(context: click.Context, device: str) -> None:
    """Print what a person would see at DEVICE (printer, a4, reader, …), as JSON."""
    from ui.desk import app

    directory, terminal = _told(context.obj[0]), context.obj[1]
    sys.exit(app.look(directory, device, terminal=terminal))


@click.command()
@click.option("--directory", type=click.Path(path_type=Path), required=True, help="Its data.")
@click.option("--port", type=int, default=0, help="0 takes a free one.")
@click.option("--delay", type=float, default=0.0, help="Seconds added to every answer.")
@click.option(
    "--people",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Other people than the demo's, in the form of personas.toml.",
)
@click.option("--codes", type=click.IntRange(1), help="SMS codes that a phone gets a day.")
@click.option(
    "--no-risk",
    "unlimited",
    is_flag=True,
    help="Without 稽核, for many visits in a few minutes.",
)
@click.option(
    "--tls",
    metavar="TERMINAL",
    help="TLS only, and write a certificate for this terminal; a second port, whose address is "
    "printed after the first, has levers and phones.",
)
def sandbox(
    directory: Path,
    port: int,
    delay: float,
    people: Path | None,
    codes: int | None,
    unlimited: bool,
    tls: str | None,
) -> None:
    """The stand-in centre 模拟中心, for demo, training and tests."""
    from kiosk.workshop.sandbox import personas, server
    from kiosk.workshop.sandbox.tls import SandboxCa

    if people:
        personas.use(people)
    if tls:
        SandboxCa(directory).terminal(tls)
    options: dict[str, Any] = {} if codes is None else {"codes_per_day": codes}
    if unlimited:
        options["risk"] = None
    server.run(directory, port, tls=bool(tls), delay=(delay, delay), **options)


@click.group()
def centre() -> None:
    """For whoever builds a centre's side of the contract."""


@centre.command()
@click.argument("url")
@click.option(
    "--plan",
    "plan_path",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="TOML: the terminals, the test person, the CA; docs/centre-check.md has an example.",
)
def check(url: str, plan_path: Path) -> None:
    """Check that the centre at URL keeps the contract of operations; 1 when it does not.

    Signs a test person in and drafts, confirms and takes back operations. Where the plan says that
    the centre has a stand-in's levers, money moves and time passes as well.
    """
    from kiosk.workshop import conformance

    try:
        plan = conformance.read_plan(plan_path)
    except (ValueError, OSError) as error:
        raise click.BadParameter(f"{plan_path.name}: {error}") from None
    sys.exit(conformance.run(url, plan, click.echo))


@click.command()
@click.argument("parts", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
@click.option("--quick", is_flag=True, help="Fewer runs.")
@click.option(
    "--throttle",
    type=click.FloatRange(0.05, 1.0),
    default=1.0,
    help="Part of one CPU for what peer measures; stderr says by which means.",
)
@click.option(
    "--visits",
    type=click.IntRange(min=40),
    default=2000,
    show_default=True,
    help="How many visits come and go for flat.",
)
def bench(parts: tuple[str, ...], as_json: bool, quick: bool, throttle: float, visits: int) -> None:
    """Measure the terminal on this machine, beside floors and targets: median, p99, how often.

    \b
    PARTS; left out, all of them but flat:
      visits     starts, pages, sign-in, memory, processor time
      money      the end of a withdrawal, a statement of twenty years, the journal
      face       a face capture: speed by stage, its process, attacks and people, with intervals
      devices    readers, slips and recovery, with hardware emulated on the wire
      enrolment  what a technician does, and waits for, until a new terminal has its certificate
      peer       a Chromium kiosk in turn with the terminal, and the ratios; five minutes
      flat       what stays of memory, descriptors, disk while visits come and go; an hour
      faults     some 700 device faults at every step; 1 when one is not met as it should be

    What this machine lacks a daemon for, or --quick the time, is left out, and stderr says why.
    """
    from kiosk.workshop import bench as benchmark

    if unknown := set(parts) - set(benchmark.PARTS):
        raise click.BadParameter(
            f"{', '.join(sorted(unknown))}; there are {', '.join(benchmark.PARTS)}"
        )
    sys.exit(
        benchmark.run(
            parts or benchmark.UNASKED,
            json=as_json,
            quick=quick,
            throttle=throttle,
            visits=visits,
        )
    )
