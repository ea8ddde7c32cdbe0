"""Hardware that is not there, played on the wire side of the driver.

Each emulator has ``address`` (what the driver's settings must say), ``start``, ``stop``,
``obey(order, **facts)`` for faults and acts of people, and ``look()``: what one would see.
"""
