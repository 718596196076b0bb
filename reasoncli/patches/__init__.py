"""Completions become patches."""
