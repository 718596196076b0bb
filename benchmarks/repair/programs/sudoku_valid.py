"""Whether a sudoku, 0 for empty, has no number twice in a row, column or box."""

# ruff: noqa
# mypy: ignore-errors


def sudoku_valid(board):
    seen = set()
    for row in range(9):
        for column in range(9):
            value = board[row][column]
            if value == 0:
                continue
            keys = {("row", row, value), ("column", column, value), ("box", row // 3, column // 3, value)}
            if keys & seen:
                return False
            seen |= keys
    return True


def board_with(*cells):
    board = [[0] * 9 for _ in range(9)]
    for row, column, value in cells:
        board[row][column] = value
    return board


TESTS = r"""
sudoku_valid(board_with())
sudoku_valid(board_with((0, 0, 1), (0, 1, 2)))
not sudoku_valid(board_with((0, 0, 1), (0, 8, 1)))
not sudoku_valid(board_with((0, 0, 1), (8, 0, 1)))
not sudoku_valid(board_with((0, 0, 5), (1, 1, 5)))
sudoku_valid(board_with((0, 0, 5), (3, 3, 5)))
sudoku_valid(board_with((2, 2, 5), (3, 1, 5)))
not sudoku_valid(board_with((6, 6, 9), (8, 7, 9)))
sudoku_valid(board_with((0, 3, 7), (3, 0, 7), (1, 8, 7)))
"""

BUGS = r"""
-            if value == 0:
-                continue
             keys = {("row", row, value), ("column", column, value), ("box", row // 3, column // 3, value)}

-            keys = {("row", row, value), ("column", column, value), ("box", row // 3, column // 3, value)}
+            keys = {("row", row, value), ("column", column, value), ("box", row % 3, column % 3, value)}

-            keys = {("row", row, value), ("column", column, value), ("box", row // 3, column // 3, value)}
+            keys = {("row", row, value), ("column", row, value), ("box", row // 3, column // 3, value)}
"""
