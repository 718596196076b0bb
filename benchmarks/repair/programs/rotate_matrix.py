"""Turns a square matrix by 90 degrees in place, clockwise."""

# ruff: noqa
# mypy: ignore-errors


def rotate_matrix(matrix):
    n = len(matrix)
    for i in range(n):
        for j in range(i + 1, n):
            matrix[i][j], matrix[j][i] = matrix[j][i], matrix[i][j]
    for row in matrix:
        row.reverse()
    return matrix


TESTS = r"""
rotate_matrix([]) == []
rotate_matrix([[1]]) == [[1]]
rotate_matrix([[1, 2], [3, 4]]) == [[3, 1], [4, 2]]
rotate_matrix([[1, 2, 3], [4, 5, 6], [7, 8, 9]]) == [[7, 4, 1], [8, 5, 2], [9, 6, 3]]
rotate_matrix(rotate_matrix([[1, 2], [3, 4]])) == [[4, 3], [2, 1]]
rotate_matrix([[0, 0, 1], [0, 0, 0], [0, 0, 0]]) == [[0, 0, 0], [0, 0, 0], [0, 0, 1]]
"""

BUGS = r"""
-        for j in range(i + 1, n):
+        for j in range(n):

-        row.reverse()
-    return matrix
+        row.sort()
+    return matrix

-    for row in matrix:
-        row.reverse()
+    matrix.reverse()

-            matrix[i][j], matrix[j][i] = matrix[j][i], matrix[i][j]
+            matrix[i][j] = matrix[j][i]
"""
