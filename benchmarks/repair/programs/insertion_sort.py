"""Insertion sort of a copy, with an optional key."""

# ruff: noqa
# mypy: ignore-errors


def insertion_sort(items, key=None):
    if key is None:
        key = lambda item: item
    result = list(items)
    for i in range(1, len(result)):
        current = result[i]
        j = i - 1
        while j >= 0 and key(result[j]) > key(current):
            result[j + 1] = result[j]
            j -= 1
        result[j + 1] = current
    return result


TESTS = r"""
insertion_sort([]) == []
insertion_sort([1]) == [1]
insertion_sort([3, 1, 2]) == [1, 2, 3]
insertion_sort([5, 4, 3, 2, 1, 0]) == [0, 1, 2, 3, 4, 5]
insertion_sort(["bb", "a", "ccc"], key=len) == ["a", "bb", "ccc"]
insertion_sort([(1, "x"), (0, "y"), (1, "a")], key=lambda p: p[0]) == [(0, "y"), (1, "x"), (1, "a")]
insertion_sort([2, 2, 1]) == [1, 2, 2]
"""

BUGS = r"""
-        while j >= 0 and key(result[j]) > key(current):
+        while j > 0 and key(result[j]) > key(current):

-        while j >= 0 and key(result[j]) > key(current):
+        while j >= 0 and key(result[j]) >= key(current):

-        result[j + 1] = current
+        result[j] = current
"""
