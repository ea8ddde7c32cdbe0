"""The programs and tests that run inside the emulated machine."""
