"""Tests that a model writes of an issue: read from its answers, placed, and held against what the issue says."""
