"""Whether repeated sums of squared digits end at 1."""

# ruff: noqa
# mypy: ignore-errors


def digit_square_sum(n):
    total = 0
    while n > 0:
        n, digit = divmod(n, 10)
        total += digit * digit
    return total


def is_happy(n):
    seen = set()
    while n != 1 and n not in seen:
        seen.add(n)
        n = digit_square_sum(n)
    return n == 1


TESTS = r"""
is_happy(1)
is_happy(19)
not is_happy(4)
is_happy(100)
not is_happy(2)
digit_square_sum(82) == 68
digit_square_sum(0) == 0
[n for n in range(1, 32) if is_happy(n)] == [1, 7, 10, 13, 19, 23, 28, 31]
"""

BUGS = r"""
-    while n != 1 and n not in seen:
-        seen.add(n)
-        n = digit_square_sum(n)
+    while n != 1 and n not in seen:
+        n = digit_square_sum(n)
+        seen.add(n)

-        n, digit = divmod(n, 10)
+        digit, n = divmod(n, 10)

-        total += digit * digit
+        total += digit * 2

-    return n == 1
+    return n in seen
"""
