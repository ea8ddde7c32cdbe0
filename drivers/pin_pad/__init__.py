"""The PIN pad 密码键盘: PINs that leave it only encrypted."""
