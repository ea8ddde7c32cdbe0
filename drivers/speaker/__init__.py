"""The speaker: short sounds after a read, a finished step or an error."""
