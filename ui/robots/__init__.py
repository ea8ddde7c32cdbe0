"""Hands and eyes of tests, demo and bench: what looks at a screen and presses it."""
