"""Counts the connected groups of land in a grid of characters."""

# ruff: noqa
# mypy: ignore-errors


def count_islands(rows):
    land = {(r, c) for r, row in enumerate(rows) for c, cell in enumerate(row) if cell == "#"}
    islands = 0
    while land:
        islands += 1
        stack = [land.pop()]
        while stack:
            r, c = stack.pop()
            for near in ((r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1)):
                if near in land:
                    land.remove(near)
                    stack.append(near)
    return islands


TESTS = r"""
count_islands([]) == 0
count_islands(["..."]) == 0
count_islands(["#.#"]) == 2
count_islands(["##", "##"]) == 1
count_islands(["#.", ".#"]) == 2
count_islands(["###", "..#", "###"]) == 1
count_islands(["#..#", "#..#", ".##."]) == 3
"""

BUGS = r"""
-                    land.remove(near)
-                    stack.append(near)
+                    land.remove(near)

-        islands += 1
-        stack = [land.pop()]
+        islands = 1
+        stack = [land.pop()]

-            for near in ((r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1)):
+            for near in ((r - 1, c - 1), (r + 1, c), (r, c - 1), (r, c + 1)):

-                    land.remove(near)
-                    stack.append(near)
+                    stack.append(near)
"""
