"""One visit 办理过程: the questions it asks, the answers it keeps, the words for what goes wrong."""
