"""The requests to a code scanner, and the text of a code."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.device import Request


@dataclass(frozen=True, slots=True, repr=False)
class Code:
    """The text of one code, without its line end; 1 to 4096 bytes on the wire.

    ``repr`` shows the symbology only: a code may name a citizen or open an account.
    """

    text: str
    symbology: str = ""  # XFS4IoT's name ("qrCode"); "" when the scanner does not report it

    def __repr__(self) -> str:
        return f"Code(symbology={self.symbology!r})"


@dataclass(frozen=True, slots=True)
class ReadCode(Request[Code]):
    """Wait for one code until the deadline. A code that was shown before the request is not
    read."""
