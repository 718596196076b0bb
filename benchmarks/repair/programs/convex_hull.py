"""The convex hull of points, by two monotone chains."""

# ruff: noqa
# mypy: ignore-errors


def cross(o, a, b):
    return (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0])


def half_hull(points):
    hull = []
    for point in points:
        while len(hull) >= 2 and cross(hull[-2], hull[-1], point) <= 0:
            hull.pop()
        hull.append(point)
    return hull


def convex_hull(points):
    points = sorted(set(points))
    if len(points) <= 2:
        return points
    lower = half_hull(points)
    upper = half_hull(points[::-1])
    return lower[:-1] + upper[:-1]


TESTS = r"""
convex_hull([]) == []
convex_hull([(1, 1), (1, 1)]) == [(1, 1)]
convex_hull([(0, 0), (2, 0), (2, 2), (0, 2), (1, 1)]) == [(0, 0), (2, 0), (2, 2), (0, 2)]
convex_hull([(0, 0), (1, 0), (2, 0), (1, 1)]) == [(0, 0), (2, 0), (1, 1)]
convex_hull([(3, 1), (0, 0)]) == [(0, 0), (3, 1)]
cross((0, 0), (1, 0), (0, 1)) == 1
convex_hull([(0, 3), (1, 1), (2, 2), (4, 4), (0, 0), (1, 2), (3, 1), (3, 3)]) == [(0, 0), (3, 1), (4, 4), (0, 3)]
"""

BUGS = r"""
-        while len(hull) >= 2 and cross(hull[-2], hull[-1], point) <= 0:
+        while len(hull) >= 2 and cross(hull[-2], hull[-1], point) < 0:

-        while len(hull) >= 2 and cross(hull[-2], hull[-1], point) <= 0:
+        if len(hull) >= 2 and cross(hull[-2], hull[-1], point) <= 0:

-    return lower[:-1] + upper[:-1]
+    return lower + upper[:-1]

-    upper = half_hull(points[::-1])
+    upper = half_hull(points)
"""
