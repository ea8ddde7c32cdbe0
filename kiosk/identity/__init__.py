"""Who stands there: documents and ways to prove it."""
