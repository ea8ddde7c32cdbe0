"""Robots that watch and press a visit's pages, for tests, demo and bench."""
