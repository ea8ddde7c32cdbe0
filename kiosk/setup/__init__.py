"""Puts a machine into service: finds what is plugged in, and writes settings and device names."""
