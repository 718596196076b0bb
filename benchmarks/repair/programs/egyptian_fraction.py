"""A fraction as a sum of different unit fractions, greedily."""

# ruff: noqa
# mypy: ignore-errors

from fractions import Fraction


def egyptian_fraction(numerator, denominator):
    rest = Fraction(numerator, denominator)
    units = []
    while rest > 0:
        unit = -(-rest.denominator // rest.numerator)
        units.append(unit)
        rest -= Fraction(1, unit)
    return units


TESTS = r"""
egyptian_fraction(0, 3) == []
egyptian_fraction(1, 2) == [2]
egyptian_fraction(3, 4) == [2, 4]
egyptian_fraction(6, 14) == [3, 11, 231]
egyptian_fraction(2, 3) == [2, 6]
egyptian_fraction(4, 13) == [4, 18, 468]
egyptian_fraction(2, 2) == [1]
"""

BUGS = r"""
-        unit = -(-rest.denominator // rest.numerator)
+        unit = rest.denominator // rest.numerator + 1

-        unit = -(-rest.denominator // rest.numerator)
+        unit = -(-rest.numerator // rest.denominator)

-    while rest > 0:
+    while rest.numerator > 1:
"""
