"""The A4 printer for documents 证明打印机."""
