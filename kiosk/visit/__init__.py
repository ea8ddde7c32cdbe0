"""One visit 办理过程: what it asks, which answers it keeps, the words for what goes wrong."""
