"""Numbers to Roman numerals and back."""

# ruff: noqa
# mypy: ignore-errors

PAIRS = [
    (1000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
]


def to_roman(number):
    if not 0 < number < 4000:
        raise ValueError(number)
    letters = []
    for value, letter in PAIRS:
        count, number = divmod(number, value)
        letters.append(letter * count)
    return "".join(letters)


def from_roman(text):
    values = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
    total = 0
    previous = 0
    for letter in reversed(text.upper()):
        value = values[letter]
        if value < previous:
            total -= value
        else:
            total += value
            previous = value
    return total


TESTS = r"""
to_roman(1) == "I"
to_roman(1994) == "MCMXCIV"
to_roman(3999) == "MMMCMXCIX"
from_roman("IX") == 9
from_roman("mcmxciv") == 1994
from_roman("III") == 3
all(from_roman(to_roman(n)) == n for n in range(1, 200))
raises(ValueError, to_roman, 0)
raises(ValueError, to_roman, 4000)
"""

BUGS = r"""
-        if value < previous:
+        if value <= previous:

-            total += value
-            previous = value
+            total += value

-    for letter in reversed(text.upper()):
+    for letter in text.upper():

-    if not 0 < number < 4000:
+    if not 0 <= number < 4000:
"""
