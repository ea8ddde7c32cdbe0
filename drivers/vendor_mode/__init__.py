"""The vendor's maintenance mode of a bank's machine."""
