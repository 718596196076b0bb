"""Bubble sort that goes up and down in turns."""

# ruff: noqa
# mypy: ignore-errors


def cocktail_sort(items):
    items = items[:]
    low, high = 0, len(items) - 1
    swapped = True
    while swapped:
        swapped = False
        for i in range(low, high):
            if items[i] > items[i + 1]:
                items[i], items[i + 1] = items[i + 1], items[i]
                swapped = True
        high -= 1
        for i in range(high, low, -1):
            if items[i] < items[i - 1]:
                items[i], items[i - 1] = items[i - 1], items[i]
                swapped = True
        low += 1
    return items


TESTS = r"""
cocktail_sort([]) == []
cocktail_sort([3, 2, 1]) == [1, 2, 3]
cocktail_sort([1, 2, 3, 4, 5, 0]) == [0, 1, 2, 3, 4, 5]
cocktail_sort([5, 0, 1, 2, 3, 4]) == [0, 1, 2, 3, 4, 5]
(lambda given: (cocktail_sort(given), given))([2, 1]) == ([1, 2], [2, 1])
cocktail_sort([4, 6, 2, 8, 8, 1, 0, 3]) == [0, 1, 2, 3, 4, 6, 8, 8]
cocktail_sort([1, 0]) == [0, 1]
"""

BUGS = r"""
-    items = items[:]
     low, high = 0, len(items) - 1

-    low, high = 0, len(items) - 1
+    low, high = 0, len(items)

-        for i in range(low, high):
+        for i in range(low, high - 1):
"""
