"""What of an interval is left when others are taken away."""

# ruff: noqa
# mypy: ignore-errors


def subtract_intervals(whole, holes):
    start, end = whole
    left = []
    for hole_start, hole_end in sorted(holes):
        if hole_end <= start:
            continue
        if hole_start >= end:
            break
        if hole_start > start:
            left.append((start, hole_start))
        start = hole_end
    if start < end:
        left.append((start, end))
    return left


TESTS = r"""
subtract_intervals((0, 10), []) == [(0, 10)]
subtract_intervals((0, 10), [(3, 5)]) == [(0, 3), (5, 10)]
subtract_intervals((0, 10), [(8, 12), (-2, 1)]) == [(1, 8)]
subtract_intervals((0, 10), [(0, 10)]) == []
subtract_intervals((5, 10), [(1, 5), (10, 12)]) == [(5, 10)]
subtract_intervals((0, 10), [(2, 4), (6, 7)]) == [(0, 2), (4, 6), (7, 10)]
subtract_intervals((0, 4), [(20, 30)]) == [(0, 4)]
"""

BUGS = r"""
-        if hole_start >= end:
-            break
         if hole_start > start:

-        start = hole_end
+        start = hole_start

-    if start < end:
+    if start <= end:

-            left.append((start, hole_start))
+            left.append((hole_start, hole_end))
"""
