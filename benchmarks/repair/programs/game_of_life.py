"""One step of the game of life on a grid with edges."""

# ruff: noqa
# mypy: ignore-errors


def neighbours(board, row, column):
    count = 0
    for r in range(max(row - 1, 0), min(row + 2, len(board))):
        for c in range(max(column - 1, 0), min(column + 2, len(board[0]))):
            if (r, c) != (row, column):
                count += board[r][c]
    return count


def step(board):
    following = [[0] * len(line) for line in board]
    for row, line in enumerate(board):
        for column, alive in enumerate(line):
            near = neighbours(board, row, column)
            if near == 3 or (alive and near == 2):
                following[row][column] = 1
    return following


TESTS = r"""
step([[0]]) == [[0]]
step([[1]]) == [[0]]
step([[0, 1, 0], [0, 1, 0], [0, 1, 0]]) == [[0, 0, 0], [1, 1, 1], [0, 0, 0]]
step([[1, 1], [1, 1]]) == [[1, 1], [1, 1]]
step([[1, 1], [1, 0]]) == [[1, 1], [1, 1]]
neighbours([[1, 1, 1], [1, 1, 1], [1, 1, 1]], 1, 1) == 8
neighbours([[1, 1, 1], [1, 1, 1], [1, 1, 1]], 2, 2) == 3
step([[1, 1, 1], [1, 1, 1], [1, 1, 1]]) == [[1, 0, 1], [0, 0, 0], [1, 0, 1]]
"""

BUGS = r"""
-            if near == 3 or (alive and near == 2):
+            if alive and near in (2, 3):

-            if near == 3 or (alive and near == 2):
+            if near == 3 or near == 2:

-    for r in range(max(row - 1, 0), min(row + 2, len(board))):
+    for r in range(max(row - 1, 0), min(row + 1, len(board))):

-            if (r, c) != (row, column):
-                count += board[r][c]
+            count += board[r][c]
"""
