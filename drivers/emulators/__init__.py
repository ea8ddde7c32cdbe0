"""Emulated hardware: each emulator speaks its device's protocol at the other end of the wire.

Each emulator has ``address`` (for the driver's settings), ``start``, ``stop``,
``obey(order, **facts)`` for faults and acts of people, and ``look()``: what a person beside the
device would see.
"""
