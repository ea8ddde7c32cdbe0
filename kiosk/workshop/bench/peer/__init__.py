"""A Chromium kiosk with a site of six pages, to be measured beside the terminal."""
