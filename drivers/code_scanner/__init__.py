"""The code scanner 扫码窗: QR codes shown to the terminal, from a phone or from paper."""
