"""The largest product of a stretch of numbers."""

# ruff: noqa
# mypy: ignore-errors


def max_product(numbers):
    if not numbers:
        return None
    best = high = low = numbers[0]
    for number in numbers[1:]:
        if number < 0:
            high, low = low, high
        high = max(number, high * number)
        low = min(number, low * number)
        best = max(best, high)
    return best


TESTS = r"""
max_product([]) is None
max_product([2, 3, -2, 4]) == 6
max_product([-2, 0, -1]) == 0
max_product([-2, 3, -4]) == 24
max_product([-3]) == -3
max_product([2, -5, -2, -4, 3]) == 24
max_product([0, 2]) == 2
max_product([-1, -2, -3, -4]) == 24
"""

BUGS = r"""
-        if number < 0:
-            high, low = low, high
         high = max(number, high * number)

-        best = max(best, high)
-    return best
+    return high

-    best = high = low = numbers[0]
+    best = high = low = 1

-        low = min(number, low * number)
+        low = min(number, high * number)
"""
