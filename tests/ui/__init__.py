"""Pages on a screen without a display: pictures, fit, clicks, names."""
