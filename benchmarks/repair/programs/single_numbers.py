"""Numbers that appear once, or once among triples."""

# ruff: noqa
# mypy: ignore-errors


def single_number(numbers):
    result = 0
    for number in numbers:
        result ^= number
    return result


def two_singles(numbers):
    both = single_number(numbers)
    lowest = both & -both
    first = second = 0
    for number in numbers:
        if number & lowest:
            first ^= number
        else:
            second ^= number
    return sorted([first, second])


def single_among_triples(numbers):
    ones = twos = 0
    for number in numbers:
        ones = (ones ^ number) & ~twos
        twos = (twos ^ number) & ~ones
    return ones


TESTS = r"""
single_number([4, 1, 2, 1, 2]) == 4
single_number([7]) == 7
two_singles([1, 2, 1, 3, 2, 5]) == [3, 5]
two_singles([0, 9]) == [0, 9]
single_among_triples([2, 2, 3, 2]) == 3
single_among_triples([0, 1, 0, 1, 0, 1, 99]) == 99
two_singles([6, 4, 4, 12]) == [6, 12]
"""

BUGS = r"""
-    for number in numbers:
-        result ^= number
-    return result
+    for number in numbers:
+        result |= number
+    return result

-    lowest = both & -both
+    lowest = both

-        twos = (twos ^ number) & ~ones
+        twos = (twos ^ number) & ones

-        ones = (ones ^ number) & ~twos
+        ones = (ones ^ number) & twos
"""
