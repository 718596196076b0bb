"""Joins intervals that touch or overlap."""

# ruff: noqa
# mypy: ignore-errors


def merge_intervals(intervals):
    merged = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return [tuple(interval) for interval in merged]


TESTS = r"""
merge_intervals([]) == []
merge_intervals([(1, 3), (2, 6)]) == [(1, 6)]
merge_intervals([(5, 6), (1, 2)]) == [(1, 2), (5, 6)]
merge_intervals([(1, 4), (4, 5)]) == [(1, 5)]
merge_intervals([(1, 10), (2, 3), (4, 5)]) == [(1, 10)]
merge_intervals([(8, 9), (1, 3), (2, 4), (15, 18), (17, 20)]) == [(1, 4), (8, 9), (15, 20)]
merge_intervals([(1, 1)]) == [(1, 1)]
"""

BUGS = r"""
-        if merged and start <= merged[-1][1]:
+        if merged and start < merged[-1][1]:

-            merged[-1][1] = max(merged[-1][1], end)
+            merged[-1][1] = end

-    for start, end in sorted(intervals):
+    for start, end in intervals:

-        if merged and start <= merged[-1][1]:
+        if merged and start <= merged[-1][0]:
"""
