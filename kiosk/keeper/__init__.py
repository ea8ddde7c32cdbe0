"""Starts, watches and replaces visits; the channel between the keeper and a visit."""
