"""The sensors of the cabinet: call button, door, proximity, mains power, volume knob."""
