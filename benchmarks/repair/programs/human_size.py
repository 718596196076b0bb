"""Sizes of files for people, and back."""

# ruff: noqa
# mypy: ignore-errors

UNITS = ["B", "KB", "MB", "GB", "TB"]


def human_size(size):
    value = float(size)
    unit = 0
    while value >= 1024 and unit < len(UNITS) - 1:
        value /= 1024
        unit += 1
    if unit == 0:
        return f"{size} B"
    return f"{value:.1f} {UNITS[unit]}"


def from_human(text):
    number, unit = text.split()
    return int(float(number) * 1024 ** UNITS.index(unit.upper()))


TESTS = r"""
human_size(0) == "0 B"
human_size(1023) == "1023 B"
human_size(1024) == "1.0 KB"
human_size(1536) == "1.5 KB"
human_size(5 * 1024 ** 3) == "5.0 GB"
human_size(3000 * 1024 ** 4) == "3000.0 TB"
from_human("1.5 KB") == 1536
from_human("7 b") == 7
"""

BUGS = r"""
-    while value >= 1024 and unit < len(UNITS) - 1:
+    while value > 1024 and unit < len(UNITS) - 1:

-    while value >= 1024 and unit < len(UNITS) - 1:
+    while value >= 1024 and unit < len(UNITS):

-        value /= 1024
-        unit += 1
+        value //= 1024
+        unit += 1

-    return int(float(number) * 1024 ** UNITS.index(unit.upper()))
+    return int(float(number) * 1024 ** UNITS.index(unit))
"""
