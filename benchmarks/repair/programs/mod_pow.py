"""Raises to a power modulo m by repeated squaring."""

# ruff: noqa
# mypy: ignore-errors


def mod_pow(base, exponent, modulus):
    if modulus == 1:
        return 0
    result = 1
    base %= modulus
    while exponent > 0:
        if exponent & 1:
            result = result * base % modulus
        base = base * base % modulus
        exponent >>= 1
    return result


TESTS = r"""
mod_pow(2, 10, 1000) == 24
mod_pow(3, 0, 7) == 1
mod_pow(5, 3, 1) == 0
mod_pow(5, 0, 1) == 0
mod_pow(7, 13, 11) == 7 ** 13 % 11
mod_pow(123456, 789, 1009) == pow(123456, 789, 1009)
mod_pow(-3, 3, 5) == 3
"""

BUGS = r"""
-        exponent >>= 1
+        exponent >>= 2

-    if modulus == 1:
-        return 0
     result = 1

-        if exponent & 1:
+        if exponent & 2:

-            result = result * base % modulus
+            result = result * result % modulus
"""
