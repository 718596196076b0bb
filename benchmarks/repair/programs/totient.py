"""Euler's totient: how many numbers up to n share no factor with it."""

# ruff: noqa
# mypy: ignore-errors


def totient(n):
    result = n
    factor = 2
    while factor * factor <= n:
        if n % factor == 0:
            while n % factor == 0:
                n //= factor
            result -= result // factor
        factor += 1
    if n > 1:
        result -= result // n
    return result


TESTS = r"""
totient(1) == 1
totient(2) == 1
totient(9) == 6
totient(10) == 4
totient(36) == 12
totient(97) == 96
totient(100) == 40
totient(30) == 8
"""

BUGS = r"""
-    while factor * factor <= n:
+    while factor * factor < n:

-    if n > 1:
+    if n > 2:

-            while n % factor == 0:
-                n //= factor
-            result -= result // factor
+            n //= factor
+            result -= result // factor

-            result -= result // factor
+            result -= n // factor
"""
