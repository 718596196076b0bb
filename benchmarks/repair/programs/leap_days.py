"""Leap years, days of a month, and the day of a year."""

# ruff: noqa
# mypy: ignore-errors


def is_leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year, month):
    if month == 2:
        return 29 if is_leap(year) else 28
    if month in (4, 6, 9, 11):
        return 30
    return 31


def day_of_year(year, month, day):
    return sum(days_in_month(year, earlier) for earlier in range(1, month)) + day


def from_day_of_year(year, number):
    month = 1
    while number > days_in_month(year, month):
        number -= days_in_month(year, month)
        month += 1
    return month, number


TESTS = r"""
[y for y in (1900, 2000, 2023, 2024, 2100) if is_leap(y)] == [2000, 2024]
days_in_month(2024, 2) == 29
days_in_month(2023, 2) == 28
[days_in_month(2023, m) for m in (4, 7, 11, 12)] == [30, 31, 30, 31]
day_of_year(2024, 1, 1) == 1
day_of_year(2024, 3, 1) == 61
day_of_year(2023, 12, 31) == 365
from_day_of_year(2024, 60) == (2, 29)
from_day_of_year(2023, 31) == (1, 31)
from_day_of_year(2023, 365) == (12, 31)
"""

BUGS = r"""
-    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
+    return year % 4 == 0 and year % 100 != 0

-    return sum(days_in_month(year, earlier) for earlier in range(1, month)) + day
+    return sum(days_in_month(year, earlier) for earlier in range(1, month + 1)) + day

-    while number > days_in_month(year, month):
+    while number >= days_in_month(year, month):

-    if month in (4, 6, 9, 11):
+    if month in (4, 6, 9, 10):
"""
