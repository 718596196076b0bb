"""Area and orientation of a polygon by its corners."""

# ruff: noqa
# mypy: ignore-errors


def signed_area(points):
    total = 0
    for i, (x1, y1) in enumerate(points):
        x2, y2 = points[(i + 1) % len(points)]
        total += x1 * y2 - x2 * y1
    return total / 2


def area(points):
    return abs(signed_area(points))


def is_clockwise(points):
    return signed_area(points) < 0


TESTS = r"""
area([(0, 0), (4, 0), (4, 3), (0, 3)]) == 12
area([(0, 0), (4, 0), (0, 3)]) == 6
area([(0, 0), (0, 3), (4, 0)]) == 6
is_clockwise([(0, 0), (0, 3), (4, 0)])
not is_clockwise([(0, 0), (4, 0), (0, 3)])
area([(1, 1), (5, 1), (5, 5), (3, 3), (1, 5)]) == 12
signed_area([(2, 2), (3, 2), (3, 3)]) == 0.5
"""

BUGS = r"""
-        x2, y2 = points[(i + 1) % len(points)]
+        x2, y2 = points[i - 2]

-        total += x1 * y2 - x2 * y1
+        total += x1 * y2 + x2 * y1

-    return total / 2
+    return total // 2

-    return abs(signed_area(points))
+    return signed_area(points)
"""
