"""A terminal of the lab: its package on a machine of its own, from boot to power cut."""
