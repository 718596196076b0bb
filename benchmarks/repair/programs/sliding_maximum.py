"""The maximum of each window over a list."""

# ruff: noqa
# mypy: ignore-errors

from collections import deque


def sliding_maximum(values, width):
    candidates = deque()
    result = []
    for i, value in enumerate(values):
        while candidates and values[candidates[-1]] <= value:
            candidates.pop()
        candidates.append(i)
        if candidates[0] <= i - width:
            candidates.popleft()
        if i >= width - 1:
            result.append(values[candidates[0]])
    return result


TESTS = r"""
sliding_maximum([], 3) == []
sliding_maximum([1, 3, -1, -3, 5, 3, 6, 7], 3) == [3, 3, 5, 5, 6, 7]
sliding_maximum([1, 2], 1) == [1, 2]
sliding_maximum([4, 3, 2, 1], 2) == [4, 3, 2]
sliding_maximum([1], 2) == []
sliding_maximum([9, 1, 2, 3], 3) == [9, 3]
sliding_maximum([2, 2, 1, 1], 2) == [2, 2, 1]
"""

BUGS = r"""
-        if candidates[0] <= i - width:
+        if candidates[0] < i - width:

-        if i >= width - 1:
+        if i >= width:

-            candidates.pop()
-        candidates.append(i)
+            candidates.popleft()
+        candidates.append(i)

-            result.append(values[candidates[0]])
+            result.append(values[candidates[-1]])
"""
