"""How many trials find the floor from which eggs break."""

# ruff: noqa
# mypy: ignore-errors


def egg_drop(eggs, floors):
    trials = 0
    reach = [0] * (eggs + 1)
    while reach[eggs] < floors:
        trials += 1
        for egg in range(eggs, 0, -1):
            reach[egg] += reach[egg - 1] + 1
    return trials


TESTS = r"""
egg_drop(1, 0) == 0
egg_drop(1, 7) == 7
egg_drop(2, 6) == 3
egg_drop(2, 100) == 14
egg_drop(3, 14) == 4
egg_drop(3, 15) == 5
egg_drop(2, 1) == 1
"""

BUGS = r"""
-        for egg in range(eggs, 0, -1):
+        for egg in range(1, eggs + 1):

-            reach[egg] += reach[egg - 1] + 1
+            reach[egg] += reach[egg - 1]

-    while reach[eggs] < floors:
+    while reach[eggs] <= floors:

-        for egg in range(eggs, 0, -1):
+        for egg in range(eggs, 1, -1):
"""
