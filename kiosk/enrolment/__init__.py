"""How a terminal gets its number, its certificate and its settings, and keeps them in force."""
