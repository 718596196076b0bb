"""Isolated places to run a candidate in."""
