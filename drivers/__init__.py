"""How a device is spoken to. Nothing in here knows a screen or a rule of business."""
