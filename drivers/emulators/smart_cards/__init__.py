"""The parts of the emulated chip card reader: its cards, and its own PC/SC service."""
