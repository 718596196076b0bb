"""Reads a matrix in a spiral."""

# ruff: noqa
# mypy: ignore-errors


def spiral_order(matrix):
    result = []
    if not matrix:
        return result
    top, bottom, left, right = 0, len(matrix) - 1, 0, len(matrix[0]) - 1
    while top <= bottom and left <= right:
        result.extend(matrix[top][left : right + 1])
        top += 1
        for row in range(top, bottom + 1):
            result.append(matrix[row][right])
        right -= 1
        if top <= bottom:
            result.extend(reversed(matrix[bottom][left : right + 1]))
            bottom -= 1
        if left <= right:
            for row in range(bottom, top - 1, -1):
                result.append(matrix[row][left])
            left += 1
    return result


TESTS = r"""
spiral_order([]) == []
spiral_order([[1]]) == [1]
spiral_order([[1, 2], [3, 4]]) == [1, 2, 4, 3]
spiral_order([[1, 2, 3], [4, 5, 6], [7, 8, 9]]) == [1, 2, 3, 6, 9, 8, 7, 4, 5]
spiral_order([[1, 2, 3, 4]]) == [1, 2, 3, 4]
spiral_order([[1], [2], [3]]) == [1, 2, 3]
spiral_order([[1, 2, 3], [4, 5, 6]]) == [1, 2, 3, 6, 5, 4]
spiral_order([[1, 2], [3, 4], [5, 6]]) == [1, 2, 4, 6, 5, 3]
"""

BUGS = r"""
-        right -= 1
         if top <= bottom:

-        if top <= bottom:
-            result.extend(reversed(matrix[bottom][left : right + 1]))
-            bottom -= 1
+        result.extend(reversed(matrix[bottom][left : right + 1]))
+        bottom -= 1

-            for row in range(bottom, top - 1, -1):
+            for row in range(bottom, top, -1):

-        for row in range(top, bottom + 1):
+        for row in range(top, bottom):
"""
