"""The Collatz sequence, and the start below a limit with the longest one."""

# ruff: noqa
# mypy: ignore-errors


def collatz(start):
    sequence = [start]
    while sequence[-1] != 1:
        last = sequence[-1]
        if last % 2 == 0:
            sequence.append(last // 2)
        else:
            sequence.append(3 * last + 1)
    return sequence


def longest_start(limit):
    best, best_length = 1, 1
    for start in range(2, limit):
        length = len(collatz(start))
        if length > best_length:
            best, best_length = start, length
    return best


TESTS = r"""
collatz(1) == [1]
collatz(6) == [6, 3, 10, 5, 16, 8, 4, 2, 1]
collatz(2) == [2, 1]
longest_start(2) == 1
longest_start(10) == 9
longest_start(7) == 6
longest_start(3) == 2
longest_start(14) == 9
"""

BUGS = r"""
-        if length > best_length:
-            best, best_length = start, length
+        if length > best_length:
+            best = start

-    for start in range(2, limit):
+    for start in range(2, limit + 1):

-            sequence.append(3 * last + 1)
+            sequence.append(3 * last - 1)
"""
