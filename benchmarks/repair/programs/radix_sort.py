"""Radix sort of integers that are not negative, one decimal digit a pass."""

# ruff: noqa
# mypy: ignore-errors


def radix_sort(numbers):
    if not numbers:
        return []
    ordered = list(numbers)
    place = 1
    while place <= max(ordered):
        groups = [[] for _ in range(10)]
        for number in ordered:
            groups[number // place % 10].append(number)
        ordered = [number for group in groups for number in group]
        place *= 10
    return ordered


TESTS = r"""
radix_sort([]) == []
radix_sort([170, 45, 75, 90, 802, 24, 2, 66]) == [2, 24, 45, 66, 75, 90, 170, 802]
radix_sort([10, 1, 100, 1000]) == [1, 10, 100, 1000]
radix_sort([0]) == [0]
radix_sort([100, 99]) == [99, 100]
radix_sort([3, 2, 1, 1]) == [1, 1, 2, 3]
radix_sort([10, 9]) == [9, 10]
"""

BUGS = r"""
-    while place <= max(ordered):
+    while place < max(ordered):

-            groups[number // place % 10].append(number)
+            groups[number % 10].append(number)

-    if not numbers:
-        return []
     ordered = list(numbers)

-        place *= 10
+        place += 10
"""
