"""Pairs of values in a sorted list that add up to a target, each pair once."""

# ruff: noqa
# mypy: ignore-errors


def two_sum_pairs(values, target):
    left, right = 0, len(values) - 1
    pairs = []
    while left < right:
        total = values[left] + values[right]
        if total < target:
            left += 1
        elif total > target:
            right -= 1
        else:
            pairs.append((values[left], values[right]))
            left += 1
            right -= 1
            while left < right and values[left] == values[left - 1]:
                left += 1
    return pairs


TESTS = r"""
two_sum_pairs([1, 2, 3, 4], 5) == [(1, 4), (2, 3)]
two_sum_pairs([], 5) == []
two_sum_pairs([1, 1, 1, 3, 3], 4) == [(1, 3)]
two_sum_pairs([2], 4) == []
two_sum_pairs([2, 2], 4) == [(2, 2)]
two_sum_pairs([-3, -1, 0, 1, 3], 0) == [(-3, 3), (-1, 1)]
two_sum_pairs([1, 1, 2, 2, 2], 3) == [(1, 2)]
"""

BUGS = r"""
-    while left < right:
+    while left <= right:

-            while left < right and values[left] == values[left - 1]:
-                left += 1
     return pairs

-            while left < right and values[left] == values[left - 1]:
+            while left < right and values[left] == values[left + 1]:
"""
