"""The determinant of a matrix, along its first row."""

# ruff: noqa
# mypy: ignore-errors


def minor(matrix, row, column):
    return [[value for c, value in enumerate(line) if c != column] for r, line in enumerate(matrix) if r != row]


def determinant(matrix):
    if not matrix:
        return 1
    total = 0
    for column, value in enumerate(matrix[0]):
        sign = -1 if column % 2 else 1
        total += sign * value * determinant(minor(matrix, 0, column))
    return total


TESTS = r"""
determinant([[5]]) == 5
determinant([[1, 2], [3, 4]]) == -2
determinant([[2, 0, 0], [0, 3, 0], [0, 0, 4]]) == 24
determinant([[1, 2, 3], [4, 5, 6], [7, 8, 9]]) == 0
determinant([[6, 1, 1], [4, -2, 5], [2, 8, 7]]) == -306
minor([[1, 2, 3], [4, 5, 6], [7, 8, 9]], 1, 0) == [[2, 3], [8, 9]]
determinant([]) == 1
"""

BUGS = r"""
-        sign = -1 if column % 2 else 1
+        sign = 1 if column % 2 else -1

-        total += sign * value * determinant(minor(matrix, 0, column))
+        total += value * determinant(minor(matrix, 0, column))

-        return 1
+        return 0

-        total += sign * value * determinant(minor(matrix, 0, column))
+        total += sign * value * determinant(minor(matrix, column, 0))
"""
