"""Moves a date by months, to the last day of a shorter one."""

# ruff: noqa
# mypy: ignore-errors

from datetime import date, timedelta


def last_day(year, month):
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).day


def add_months(day, months):
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    month += 1
    return date(year, month, min(day.day, last_day(year, month)))


TESTS = r"""
add_months(date(2024, 1, 15), 1) == date(2024, 2, 15)
add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
add_months(date(2023, 12, 1), 1) == date(2024, 1, 1)
add_months(date(2024, 3, 31), -1) == date(2024, 2, 29)
add_months(date(2024, 1, 10), -1) == date(2023, 12, 10)
add_months(date(2024, 5, 31), 0) == date(2024, 5, 31)
last_day(2023, 12) == 31
add_months(date(2023, 6, 30), 30) == date(2025, 12, 30)
"""

BUGS = r"""
-    total = day.year * 12 + day.month - 1 + months
+    total = day.year * 12 + day.month + months

-    month += 1
     return date(year, month, min(day.day, last_day(year, month)))

-    return date(year, month, min(day.day, last_day(year, month)))
+    return date(year, month, day.day)

-    return date(year, month, min(day.day, last_day(year, month)))
+    return date(year, month, min(day.day, last_day(day.year, day.month)))
"""
