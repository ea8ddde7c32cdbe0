"""How a step looks. No driver, no rule of business."""
