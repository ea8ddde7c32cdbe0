"""What is asked of a code scanner, and what a code says."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.device import Request


@dataclass(frozen=True, slots=True, repr=False)
class Code:
    """The text of one code, without the line end behind it; 1 to 4096 bytes on the wire.

    ``repr`` shows the symbology only: a code may name a citizen or open an account.
    """

    text: str
    symbology: str = ""  # as XFS4IoT names it ("qrCode"), where the scanner tells

    def __repr__(self) -> str:
        return f"Code(symbology={self.symbology!r})"


@dataclass(frozen=True, slots=True)
class ReadCode(Request[Code]):
    """Wait for one code until the deadline. What was shown before the request does not count."""
