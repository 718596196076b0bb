"""Paints the connected area around a cell of a grid."""

# ruff: noqa
# mypy: ignore-errors


def flood_fill(grid, row, column, colour):
    old = grid[row][column]
    if old == colour:
        return grid
    pending = [(row, column)]
    while pending:
        r, c = pending.pop()
        if not (0 <= r < len(grid) and 0 <= c < len(grid[0])):
            continue
        if grid[r][c] != old:
            continue
        grid[r][c] = colour
        pending.extend([(r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)])
    return grid


TESTS = r"""
flood_fill([[0]], 0, 0, 1) == [[1]]
flood_fill([[1, 1], [0, 1]], 0, 0, 2) == [[2, 2], [0, 2]]
flood_fill([[1, 0, 1], [1, 0, 1]], 0, 0, 3) == [[3, 0, 1], [3, 0, 1]]
flood_fill([[1, 1, 1]], 0, 2, 5) == [[5, 5, 5]]
flood_fill([[1], [1], [2]], 1, 0, 2) == [[2], [2], [2]]
flood_fill([[7, 7], [7, 7]], 1, 1, 7) == [[7, 7], [7, 7]]
flood_fill([[1, 0], [0, 1]], 0, 0, 4) == [[4, 0], [0, 1]]
"""

BUGS = r"""
-    if old == colour:
-        return grid
     pending = [(row, column)]

-        if not (0 <= r < len(grid) and 0 <= c < len(grid[0])):
+        if not (0 <= r < len(grid) and 0 <= c <= len(grid[0])):

-        if not (0 <= r < len(grid) and 0 <= c < len(grid[0])):
+        if not (0 < r < len(grid) and 0 < c < len(grid[0])):

-        pending.extend([(r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)])
+        pending.extend([(r + 1, c), (r - 1, c), (r, c + 1), (r, c + 1)])
"""
