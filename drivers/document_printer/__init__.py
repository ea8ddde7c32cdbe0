"""The A4 printer for documents A4 打印机."""
