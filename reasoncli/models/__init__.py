"""Samplers: what turns prompts into completions."""
