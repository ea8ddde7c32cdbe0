"""The resident ID card 居民身份证 and its relatives, read by a reader with a SAM."""
