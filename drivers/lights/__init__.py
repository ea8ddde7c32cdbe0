"""The lights of the terminal: guide lights beside the devices, the fill light of the camera."""
