"""What the fork server of the crash harness imports for its visits."""

from pathlib import Path


def load(settings: Path) -> None:
    import tests.crashes.visitor  # noqa: F401
