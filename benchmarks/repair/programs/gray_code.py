"""Gray codes and back."""

# ruff: noqa
# mypy: ignore-errors


def to_gray(number):
    return number ^ (number >> 1)


def from_gray(gray):
    number = gray
    shift = 1
    while gray >> shift:
        number ^= gray >> shift
        shift += 1
    return number


def gray_sequence(bits):
    return [format(to_gray(n), f"0{bits}b") for n in range(2**bits)]


TESTS = r"""
[to_gray(n) for n in range(5)] == [0, 1, 3, 2, 6]
from_gray(6) == 4
all(from_gray(to_gray(n)) == n for n in range(64))
gray_sequence(1) == ["0", "1"]
gray_sequence(2) == ["00", "01", "11", "10"]
len(gray_sequence(4)) == 16
gray_sequence(3)[-1] == "100"
"""

BUGS = r"""
-    return number ^ (number >> 1)
+    return number ^ (number << 1)

-    return number ^ (number >> 1)
+    return number & (number >> 1)

-        number ^= gray >> shift
+        number |= gray >> shift

-    number = gray
-    shift = 1
+    number = gray
+    shift = 0
"""
