"""The speaker: short sounds that say that something was read, or did not work."""
