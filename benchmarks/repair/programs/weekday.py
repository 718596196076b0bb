"""The day of the week of a date, by Zeller's rule."""

# ruff: noqa
# mypy: ignore-errors

NAMES = ["Saturday", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]


def weekday(year, month, day):
    if month < 3:
        month += 12
        year -= 1
    century, rest = divmod(year, 100)
    number = day + 13 * (month + 1) // 5 + rest + rest // 4 + century // 4 - 2 * century
    return NAMES[number % 7]


TESTS = r"""
weekday(2000, 1, 1) == "Saturday"
weekday(2024, 2, 29) == "Thursday"
weekday(1969, 7, 20) == "Sunday"
weekday(2023, 3, 1) == "Wednesday"
weekday(1900, 12, 31) == "Monday"
weekday(2022, 11, 11) == "Friday"
weekday(2021, 6, 15) == "Tuesday"
"""

BUGS = r"""
-        month += 12
-        year -= 1
+        month += 12

-    if month < 3:
+    if month <= 3:

-    number = day + 13 * (month + 1) // 5 + rest + rest // 4 + century // 4 - 2 * century
+    number = day + 13 * month // 5 + rest + rest // 4 + century // 4 - 2 * century

-    century, rest = divmod(year, 100)
+    rest, century = divmod(year, 100)
"""
