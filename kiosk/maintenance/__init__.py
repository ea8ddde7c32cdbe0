"""The technician at the terminal: who may open it, what is to be done, and each act on record."""
