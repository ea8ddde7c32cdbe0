"""One command after which a technician knows what is wrong: ``kiosk doctor``."""
