"""Drivers, clients and daemons against what stands at their other end."""
