"""Suspects and an issue become prompts."""
