"""Who has won a game of tic-tac-toe."""

# ruff: noqa
# mypy: ignore-errors


def lines(board):
    size = len(board)
    yield from board
    for column in range(size):
        yield [row[column] for row in board]
    yield [board[i][i] for i in range(size)]
    yield [board[i][size - 1 - i] for i in range(size)]


def winner(board):
    for line in lines(board):
        if line[0] != " " and all(cell == line[0] for cell in line):
            return line[0]
    if any(" " in row for row in board):
        return None
    return "draw"


TESTS = r"""
winner(["   ", "   ", "   "]) is None
winner(["XXX", "OO ", "   "]) == "X"
winner(["XO ", "XO ", " O "]) == "O"
winner(["XO ", "OX ", "  X"]) == "X"
winner(["XXO", "XO ", "O  "]) == "O"
winner(["XOX", "XOO", "OXX"]) == "draw"
winner(["XOX", "OXO", "OX "]) is None
"""

BUGS = r"""
-    yield [board[i][size - 1 - i] for i in range(size)]
+    yield [board[i][size - i] for i in range(size)]

-        if line[0] != " " and all(cell == line[0] for cell in line):
+        if all(cell == line[0] for cell in line):

-        if line[0] != " " and all(cell == line[0] for cell in line):
+        if line[0] != " " and any(cell == line[0] for cell in line):

-    for column in range(size):
-        yield [row[column] for row in board]
     yield [board[i][i] for i in range(size)]
"""
