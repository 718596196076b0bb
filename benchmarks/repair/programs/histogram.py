"""Bins of values, and a bar chart of them."""

# ruff: noqa
# mypy: ignore-errors


def bin_counts(values, low, high, bins):
    counts = [0] * bins
    width = (high - low) / bins
    for value in values:
        if not low <= value <= high:
            continue
        index = int((value - low) / width)
        counts[min(index, bins - 1)] += 1
    return counts


def bars(counts, size=10):
    most = max(counts, default=0)
    if most == 0:
        return ["" for _ in counts]
    return ["#" * round(count * size / most) for count in counts]


TESTS = r"""
bin_counts([], 0, 10, 2) == [0, 0]
bin_counts([1, 2, 7], 0, 10, 2) == [2, 1]
bin_counts([0, 5, 10], 0, 10, 2) == [1, 2]
bin_counts([-1, 11, 3], 0, 10, 1) == [1]
bin_counts([12, 14, 18], 10, 20, 5) == [0, 1, 1, 0, 1]
bars([1, 2], 4) == ["##", "####"]
bars([0, 0]) == ["", ""]
bars([]) == []
"""

BUGS = r"""
-        counts[min(index, bins - 1)] += 1
+        counts[index] += 1

-        if not low <= value <= high:
-            continue
         index = int((value - low) / width)

-        index = int((value - low) / width)
+        index = int(value / width)

-    if most == 0:
-        return ["" for _ in counts]
     return ["#" * round(count * size / most) for count in counts]
"""
