"""The score of a game of ten-pin bowling."""

# ruff: noqa
# mypy: ignore-errors


def bowling(rolls):
    total = 0
    roll = 0
    for _ in range(10):
        if rolls[roll] == 10:
            total += 10 + rolls[roll + 1] + rolls[roll + 2]
            roll += 1
        elif rolls[roll] + rolls[roll + 1] == 10:
            total += 10 + rolls[roll + 2]
            roll += 2
        else:
            total += rolls[roll] + rolls[roll + 1]
            roll += 2
    return total


TESTS = r"""
bowling([0] * 20) == 0
bowling([1] * 20) == 20
bowling([10] * 12) == 300
bowling([5] * 21) == 150
bowling([10, 3, 4] + [0] * 16) == 24
bowling([5, 5, 3] + [0] * 17) == 16
bowling([0] * 18 + [10, 1, 0]) == 11
bowling([9, 0] * 10) == 90
"""

BUGS = r"""
-            total += 10 + rolls[roll + 1] + rolls[roll + 2]
-            roll += 1
+            total += 10 + rolls[roll + 1] + rolls[roll + 2]
+            roll += 2

-            total += 10 + rolls[roll + 2]
+            total += 10 + rolls[roll + 1]

-    for _ in range(10):
+    for _ in range(9):

-        elif rolls[roll] + rolls[roll + 1] == 10:
+        elif rolls[roll] + rolls[roll + 1] > 10:
"""
