"""The drivers: how devices are spoken to. No driver knows the screen or a rule of business."""
