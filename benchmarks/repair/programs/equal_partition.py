"""Whether numbers can be split in two groups of equal sum."""

# ruff: noqa
# mypy: ignore-errors


def equal_partition(numbers):
    total = sum(numbers)
    if total % 2:
        return False
    reachable = {0}
    for number in numbers:
        reachable |= {known + number for known in reachable}
    return total // 2 in reachable


TESTS = r"""
equal_partition([])
equal_partition([1, 5, 11, 5])
not equal_partition([1, 2, 3, 5])
not equal_partition([1])
equal_partition([2, 2])
not equal_partition([2, 6])
not equal_partition([1, 1, 1])
equal_partition([3, 1, 1, 2, 2, 1])
"""

BUGS = r"""
-    reachable = {0}
+    reachable = set()

-        reachable |= {known + number for known in reachable}
+        reachable = {known + number for known in reachable}

-    return total // 2 in reachable
+    return total in reachable

-    if total % 2:
-        return False
     reachable = {0}
"""
