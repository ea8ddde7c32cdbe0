"""The lab: a small emulated machine in which real kernel drivers meet gadget hardware."""
