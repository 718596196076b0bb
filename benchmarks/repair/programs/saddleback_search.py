"""Looks for a value in a matrix whose rows and columns rise."""

# ruff: noqa
# mypy: ignore-errors


def saddleback_search(matrix, target):
    if not matrix or not matrix[0]:
        return None
    row, column = 0, len(matrix[0]) - 1
    while row < len(matrix) and column >= 0:
        value = matrix[row][column]
        if value == target:
            return (row, column)
        if value > target:
            column -= 1
        else:
            row += 1
    return None


TESTS = r"""
saddleback_search([], 1) is None
saddleback_search([[1, 4, 7], [2, 5, 8], [3, 6, 9]], 6) == (2, 1)
saddleback_search([[1, 4, 7], [2, 5, 8], [3, 6, 9]], 1) == (0, 0)
saddleback_search([[1, 4, 7], [2, 5, 8], [3, 6, 9]], 10) is None
saddleback_search([[1, 4, 7], [2, 5, 8], [3, 6, 9]], 0) is None
saddleback_search([[1, 2, 3, 4]], 1) == (0, 0)
saddleback_search([[]], 3) is None
"""

BUGS = r"""
-    while row < len(matrix) and column >= 0:
+    while row < len(matrix) and column > 0:

-    while row < len(matrix) and column >= 0:
+    while row < len(matrix) or column >= 0:

-        if value > target:
+        if value < target:
"""
