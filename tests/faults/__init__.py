"""What goes wrong: killed processes, torn wires, naughty drivers, bad input."""
