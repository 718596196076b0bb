"""Sorts a list of 0, 1 and 2 in one pass."""

# ruff: noqa
# mypy: ignore-errors


def dutch_flag(colours):
    low, mid, high = 0, 0, len(colours) - 1
    while mid <= high:
        if colours[mid] == 0:
            colours[low], colours[mid] = colours[mid], colours[low]
            low += 1
            mid += 1
        elif colours[mid] == 1:
            mid += 1
        else:
            colours[mid], colours[high] = colours[high], colours[mid]
            high -= 1
    return colours


TESTS = r"""
dutch_flag([]) == []
dutch_flag([2, 0, 1]) == [0, 1, 2]
dutch_flag([1, 0]) == [0, 1]
dutch_flag([2, 2, 0, 0]) == [0, 0, 2, 2]
dutch_flag([0, 1, 2, 0, 1, 2]) == [0, 0, 1, 1, 2, 2]
dutch_flag([2, 0]) == [0, 2]
dutch_flag([1]) == [1]
"""

BUGS = r"""
-    while mid <= high:
+    while mid < high:

-            high -= 1
+            high -= 1
+            mid += 1

-            low += 1
-            mid += 1
-        elif colours[mid] == 1:
+            low += 1
+        elif colours[mid] == 1:
"""
