"""How many shortest ways there are through a grid with walls."""

# ruff: noqa
# mypy: ignore-errors


def grid_paths(grid):
    if not grid or grid[0][0] == "#":
        return 0
    ways = [0] * len(grid[0])
    ways[0] = 1
    for row in grid:
        for column, cell in enumerate(row):
            if cell == "#":
                ways[column] = 0
            elif column > 0:
                ways[column] += ways[column - 1]
    return ways[-1]


TESTS = r"""
grid_paths([]) == 0
grid_paths(["."]) == 1
grid_paths(["..", ".."]) == 2
grid_paths(["...", "...", "..."]) == 6
grid_paths(["...", ".#.", "..."]) == 2
grid_paths(["#.", ".."]) == 0
grid_paths([".#.", "..."]) == 1
grid_paths([".#", "#."]) == 0
grid_paths(["....", "#..."]) == 3
"""

BUGS = r"""
-                ways[column] = 0
-            elif column > 0:
+                continue
+            elif column > 0:

-                ways[column] += ways[column - 1]
+                ways[column] = ways[column - 1]

-            elif column > 0:
+            elif column > 1:

-    ways[0] = 1
     for row in grid:
"""
