"""What the cabinet notices: call button, door, somebody in front, mains power, volume knob."""
