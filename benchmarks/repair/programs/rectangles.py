"""Overlaps of rectangles given as left, bottom, right, top."""

# ruff: noqa
# mypy: ignore-errors


def overlap(a, b):
    left = max(a[0], b[0])
    bottom = max(a[1], b[1])
    right = min(a[2], b[2])
    top = min(a[3], b[3])
    if left >= right or bottom >= top:
        return None
    return (left, bottom, right, top)


def size(rectangle):
    left, bottom, right, top = rectangle
    return (right - left) * (top - bottom)


def shared_area(a, b):
    common = overlap(a, b)
    return 0 if common is None else size(common)


TESTS = r"""
overlap((0, 0, 2, 2), (1, 1, 3, 3)) == (1, 1, 2, 2)
overlap((0, 0, 1, 1), (2, 2, 3, 3)) is None
overlap((0, 0, 1, 1), (1, 0, 2, 1)) is None
overlap((0, 0, 1, 1), (0, 1, 1, 2)) is None
shared_area((0, 0, 4, 4), (1, 1, 2, 3)) == 2
shared_area((0, 0, 1, 1), (5, 0, 6, 1)) == 0
overlap((0, 0, 5, 1), (2, -3, 3, 4)) == (2, 0, 3, 1)
size((1, 2, 4, 8)) == 18
"""

BUGS = r"""
-    if left >= right or bottom >= top:
+    if left >= right and bottom >= top:

-    if left >= right or bottom >= top:
+    if left > right or bottom > top:

-    bottom = max(a[1], b[1])
+    bottom = min(a[1], b[1])

-    return (right - left) * (top - bottom)
+    return (right - left) * (top + bottom)
"""
