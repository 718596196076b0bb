"""Sorts by turning over beginnings of the list only."""

# ruff: noqa
# mypy: ignore-errors


def flip(stack, size):
    stack[:size] = reversed(stack[:size])


def pancake_sort(stack):
    flips = []
    for size in range(len(stack), 1, -1):
        largest = max(range(size), key=lambda index: stack[index])
        if largest == size - 1:
            continue
        if largest > 0:
            flip(stack, largest + 1)
            flips.append(largest + 1)
        flip(stack, size)
        flips.append(size)
    return flips


TESTS = r"""
(lambda s: (pancake_sort(s), s))([3, 1, 2]) == ([3, 2], [1, 2, 3])
(lambda s: (pancake_sort(s), s))([1, 2, 3]) == ([], [1, 2, 3])
(lambda s: (pancake_sort(s), s)[1])([5, 2, 9, 1, 7]) == [1, 2, 5, 7, 9]
(lambda s: (pancake_sort(s), s)[1])([2, 1]) == [1, 2]
(lambda s: (pancake_sort(s), s)[1])([1, 3, 2, 3]) == [1, 2, 3, 3]
pancake_sort([]) == []
pancake_sort([4, 1, 3]) == [3]  or pancake_sort([4, 1, 3]) == [3, 2]
"""

BUGS = r"""
-            flip(stack, largest + 1)
-            flips.append(largest + 1)
+            flip(stack, largest)
+            flips.append(largest)

-        largest = max(range(size), key=lambda index: stack[index])
+        largest = max(range(len(stack)), key=lambda index: stack[index])

-        flips.append(size)
     return flips
"""
