"""Index of an element that is not smaller than its neighbours, by halving."""

# ruff: noqa
# mypy: ignore-errors


def find_peak(heights):
    low, high = 0, len(heights) - 1
    while low < high:
        middle = (low + high) // 2
        if heights[middle] < heights[middle + 1]:
            low = middle + 1
        else:
            high = middle
    return low


TESTS = r"""
find_peak([1]) == 0
find_peak([1, 2, 3]) == 2
find_peak([3, 2, 1]) == 0
find_peak([1, 5, 2]) == 1
find_peak([0, 1, 2, 3, 9, 4, 1]) == 4
find_peak([0, 9, 4, 3, 2, 1, 0, -1]) == 1
find_peak([1, 2]) == 1
"""

BUGS = r"""
-            low = middle + 1
+            low = middle

-        if heights[middle] < heights[middle + 1]:
+        if heights[middle] > heights[middle + 1]:

-    low, high = 0, len(heights) - 1
+    low, high = 0, len(heights)
"""
