"""The desk: a window that plays the hardware, for demo and training."""
