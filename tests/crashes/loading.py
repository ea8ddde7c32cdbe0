"""What the fork server of the crash harness imports for its visits and its committers."""

from pathlib import Path


def load(settings: Path) -> None:
    import kiosk.operations.process  # noqa: F401
    import tests.crashes.visitor  # noqa: F401
