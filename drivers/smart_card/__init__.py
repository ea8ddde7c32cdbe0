"""Chip cards read over PC/SC: the bank card 银行卡 and the social security card 社会保障卡."""
