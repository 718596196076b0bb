"""Who is left when every k-th in a circle goes."""

# ruff: noqa
# mypy: ignore-errors


def josephus(people, k):
    circle = list(people)
    order = []
    position = 0
    while len(circle) > 1:
        position = (position + k - 1) % len(circle)
        order.append(circle.pop(position))
    return circle[0], order


TESTS = r"""
josephus([1], 3) == (1, [])
josephus([1, 2], 1) == (2, [1])
josephus("abcde", 2) == ("c", ["b", "d", "a", "e"])
josephus(range(1, 8), 3) == (4, [3, 6, 2, 7, 5, 1])
josephus([1, 2, 3], 3) == (2, [3, 1])
josephus(range(41), 3)[0] == 30
josephus([5, 6, 7, 8], 1) == (8, [5, 6, 7])
"""

BUGS = r"""
-        position = (position + k - 1) % len(circle)
+        position = (position + k) % len(circle)

-        position = (position + k - 1) % len(circle)
+        position = (k - 1) % len(circle)

-    while len(circle) > 1:
+    while len(circle) > 2:

-        order.append(circle.pop(position))
+        order.append(circle.pop())
"""
