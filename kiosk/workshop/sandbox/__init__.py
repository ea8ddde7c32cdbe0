"""A stand-in centre with real rules and a real database, for demo, training and tests."""
