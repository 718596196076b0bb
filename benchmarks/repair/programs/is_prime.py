"""Trial division by 2, 3 and numbers beside multiples of 6."""

# ruff: noqa
# mypy: ignore-errors


def is_prime(n):
    if n < 2:
        return False
    if n < 4:
        return True
    if n % 2 == 0 or n % 3 == 0:
        return False
    divisor = 5
    while divisor * divisor <= n:
        if n % divisor == 0 or n % (divisor + 2) == 0:
            return False
        divisor += 6
    return True


TESTS = r"""
[n for n in range(30) if is_prime(n)] == [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]
not is_prime(-7)
not is_prime(25)
not is_prime(49)
is_prime(97)
not is_prime(121)
not is_prime(91)
is_prime(7919)
"""

BUGS = r"""
-    while divisor * divisor <= n:
+    while divisor * divisor < n:

-    if n % 2 == 0 or n % 3 == 0:
+    if n % 2 == 0 and n % 3 == 0:

-    if n < 2:
+    if n < 1:

-        if n % divisor == 0 or n % (divisor + 2) == 0:
+        if n % divisor == 0:
"""
