"""One visit 办理过程: its steps, the answers that it keeps, and the words for its troubles."""
