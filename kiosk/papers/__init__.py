"""What stands on paper: receipts laid out here, documents made and sealed by the centre."""
