"""Counts in sentences."""

from __future__ import annotations


def count(n: int, noun: str, plural: str = "") -> str:
    """`1 vote`, `2 votes`."""
    return f"{n} {noun}" if n == 1 else f"{n} {plural or noun + 's'}"


def number(value: float) -> str:
    """A number of votes: whole where it is whole, else with one decimal."""
    if 0 < value < 0.05:
        return "less than 0.1"
    return f"{value:.0f}" if value == round(value) else f"{value:.1f}"
