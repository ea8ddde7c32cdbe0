"""The display server, and what keeps a terminal's screen and sockets for the terminal alone."""
