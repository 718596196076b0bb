"""The largest rectangle under a histogram."""

# ruff: noqa
# mypy: ignore-errors


def largest_rectangle(heights):
    stack = []
    best = 0
    for i, height in enumerate([*heights, 0]):
        start = i
        while stack and stack[-1][1] >= height:
            start, tall = stack.pop()
            best = max(best, tall * (i - start))
        stack.append((start, height))
    return best


TESTS = r"""
largest_rectangle([]) == 0
largest_rectangle([3]) == 3
largest_rectangle([2, 1, 5, 6, 2, 3]) == 10
largest_rectangle([2, 4]) == 4
largest_rectangle([1, 1, 1, 1]) == 4
largest_rectangle([5, 4, 3, 2, 1]) == 9
largest_rectangle([1, 2, 3, 4, 5]) == 9
"""

BUGS = r"""
-    for i, height in enumerate([*heights, 0]):
+    for i, height in enumerate(heights):

-            best = max(best, tall * (i - start))
+            best = max(best, height * (i - start))

-            best = max(best, tall * (i - start))
+            best = max(best, tall * (i - start + 1))

-            start, tall = stack.pop()
+            _, tall = stack.pop()
"""
