"""Puts a visit together with this terminal: settings, devices, centre, screen, cabinet."""
