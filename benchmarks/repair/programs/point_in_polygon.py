"""Whether a point lies inside a polygon, by crossings of a ray."""

# ruff: noqa
# mypy: ignore-errors


def point_in_polygon(point, corners):
    x, y = point
    inside = False
    x1, y1 = corners[-1]
    for x2, y2 in corners:
        if (y1 > y) != (y2 > y):
            crossing = x1 + (y - y1) * (x2 - x1) / (y2 - y1)
            if x < crossing:
                inside = not inside
        x1, y1 = x2, y2
    return inside


TESTS = r"""
point_in_polygon((1, 1), [(0, 0), (2, 0), (2, 2), (0, 2)])
not point_in_polygon((3, 1), [(0, 0), (2, 0), (2, 2), (0, 2)])
not point_in_polygon((-1, 1), [(0, 0), (2, 0), (2, 2), (0, 2)])
not point_in_polygon((1, 3), [(0, 0), (2, 0), (2, 2), (0, 2)])
point_in_polygon((1, 1), [(0, 0), (5, 0), (0, 5)])
not point_in_polygon((4, 4), [(0, 0), (5, 0), (0, 5)])
not point_in_polygon((2, 3), [(0, 0), (4, 0), (4, 4), (2, 1), (0, 4)])
point_in_polygon((3.5, 2), [(0, 0), (4, 0), (4, 4), (2, 1), (0, 4)])
"""

BUGS = r"""
-        if (y1 > y) != (y2 > y):
+        if (y1 > y) == (y2 > y):

-                inside = not inside
+                inside = True

-        x1, y1 = x2, y2
     return inside

-            crossing = x1 + (y - y1) * (x2 - x1) / (y2 - y1)
+            crossing = x1 + (y - y1) * (y2 - y1) / (x2 - x1)
"""
