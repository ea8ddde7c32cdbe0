"""The staff of the terminal: the roster as the terminal keeps it, and their wrong PINs."""
