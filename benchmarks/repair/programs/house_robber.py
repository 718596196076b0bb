"""The largest sum of values no two of which are neighbours."""

# ruff: noqa
# mypy: ignore-errors


def house_robber(values):
    taken, skipped = 0, 0
    for value in values:
        taken, skipped = skipped + value, max(taken, skipped)
    return max(taken, skipped)


TESTS = r"""
house_robber([]) == 0
house_robber([5]) == 5
house_robber([1, 2, 3, 1]) == 4
house_robber([2, 7, 9, 3, 1]) == 12
house_robber([5, 1, 1, 5]) == 10
house_robber([1, 9, 1]) == 9
house_robber([4, 1, 2, 7, 5, 3, 1]) == 14
"""

BUGS = r"""
-        taken, skipped = skipped + value, max(taken, skipped)
+        taken, skipped = taken + value, max(taken, skipped)

-        taken, skipped = skipped + value, max(taken, skipped)
+        taken, skipped = skipped + value, taken

-    return max(taken, skipped)
+    return skipped

-        taken, skipped = skipped + value, max(taken, skipped)
+        taken = skipped + value
+        skipped = max(taken, skipped)
"""
