"""The speaker: short sounds, and spoken sentences that say what to do now."""
