"""Devices of a bank's machine, behind services that speak XFS4IoT (CEN CWA 17852)."""
