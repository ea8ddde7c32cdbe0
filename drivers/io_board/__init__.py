"""The I/O board: guide lights, buttons and sensors of the cabinet behind one Modbus RTU line."""
