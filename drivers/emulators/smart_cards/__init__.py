"""What the emulated chip card reader is made of: cards, and a PC/SC service of its own."""
