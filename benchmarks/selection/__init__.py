"""Choosing among many systems' patches for real issues: rules beside each other, by what hidden tests say."""
