"""A camera: the newest picture, and whether it is one."""
