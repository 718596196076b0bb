"""Shell sort in place with halving gaps."""

# ruff: noqa
# mypy: ignore-errors


def shell_sort(values):
    gap = len(values) // 2
    while gap > 0:
        for i in range(gap, len(values)):
            moved = values[i]
            j = i
            while j >= gap and values[j - gap] > moved:
                values[j] = values[j - gap]
                j -= gap
            values[j] = moved
        gap //= 2
    return values


TESTS = r"""
shell_sort([]) == []
shell_sort([2, 1]) == [1, 2]
shell_sort([9, 8, 7, 6, 5, 4, 3, 2, 1]) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
shell_sort([3, 0, 2, 1]) == [0, 1, 2, 3]
shell_sort([1, 1, 0, 1]) == [0, 1, 1, 1]
shell_sort([-4, 12, 0, -9, 3, 3, 8]) == [-9, -4, 0, 3, 3, 8, 12]
shell_sort([5]) == [5]
"""

BUGS = r"""
-    while gap > 0:
+    while gap > 1:

-                j -= gap
+                j -= 1

-            while j >= gap and values[j - gap] > moved:
+            while values[j - gap] > moved:
"""
